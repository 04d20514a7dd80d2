//! Signing keys: made at the first start, sealed at rest, published before use and until their last token has ended.
//!
//! The hot path is [`Store::sign`]: it takes the parsed key from memory, and a thread of its own signs.

mod encryption_key;
mod jws;
mod pair;
mod pool;
mod retired;
mod ring;
mod rotation;
mod rows;

use sea_orm::DbErr;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Store;
use crate::jwt::{SigningAlgorithm, TokenKind};

pub use self::encryption_key::{EncryptionKey, InvalidEncryptionKey};
pub use self::ring::KeyRing;
pub use self::rotation::{PUBLISHED_AHEAD_SECONDS, RotationError, SigningKey};

/// How long anybody may keep the JWK set, in seconds: its `max-age`.
pub const JWKS_MAX_AGE_SECONDS: i64 = 3600;

/// Why the keys cannot be loaded or made.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The encryption key is not the one that the database's keys were sealed with.
    #[error("the encryption key does not fit the database")]
    Misfit,
    /// The cryptographic library failed.
    #[error("a key pair cannot be made or read")]
    Library,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<pair::BadPair> for KeyError {
    fn from(_: pair::BadPair) -> Self {
        Self::Library
    }
}

/// Why a token was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// As many tokens wait as may wait: 503 with `Retry-After`.
    #[error("too many tokens wait for their signature")]
    Busy,
    /// There is no key that signs; the log says why.
    #[error("there is no key that signs")]
    NoKey,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Why a token is not one of ours. The caller answers one and the same 401 to all of them (requirement 86).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Not three parts of canonical base64url, or not JSON objects without duplicates.
    #[error("not a compact JWS")]
    Malformed,
    /// A header parameter that brings a key along, or one that must be understood.
    #[error("a header parameter that is never accepted")]
    Header,
    /// Not one of our algorithms, or not that of the key.
    #[error("not the algorithm of the key")]
    Algorithm,
    /// Another kind of token than the one that is asked for (requirement 85).
    #[error("another kind of token")]
    Kind,
    /// No key, or none that we know.
    #[error("not signed by a key of ours")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the signature is wrong")]
    Signature,
    /// Nobody knows: the database could not be asked for the key.
    #[error(transparent)]
    Database(DbErr),
}

impl Store {
    pub(crate) fn key_ring(&self) -> &KeyRing {
        &self.0.keys
    }

    /// Starts the threads that sign. Otherwise they start with the first signature, and are scheduled like the thread that
    /// asks for it.
    pub fn start_signing(&self) {
        self.key_ring().pool();
    }

    /// Signs `claims` off the async threads; the header has `alg`, `typ` and `kid`. The database is asked only where
    /// this process knows no key that signs with `algorithm`.
    pub async fn sign<C: Serialize + Send + Sync>(
        &self,
        algorithm: SigningAlgorithm,
        kind: TokenKind,
        claims: &C,
    ) -> Result<String, SignError> {
        if self.key_ring().signer(algorithm, self.now()).is_none() {
            self.make_missing(&[algorithm]).await.map_err(no_key)?;
        }
        // Asked again: what was made since signs from a later moment on.
        let key = self.key_ring().signer(algorithm, self.now()).ok_or_else(|| {
            tracing::error!(%algorithm, "no key signs: is the clock right?");
            SignError::NoKey
        })?;
        let claims = serde_json::to_vec(claims).map_err(|error| {
            tracing::error!(%error, "claims are not JSON");
            SignError::NoKey
        })?;
        let mut message = String::with_capacity(claims.len() * 4 / 3 + 512);
        message.push_str(key.header(kind));
        message.push('.');
        message.push_str(&jws::encode(claims));
        self.key_ring().pool().sign(key, message).await.map_err(|_| SignError::Busy)?.ok_or(SignError::NoKey)
    }

    /// The claims of `token`, once its header and signature are right: an algorithm of ours and of the key, a published
    /// key, exactly this `kind`. The claims themselves are the caller's to judge.
    pub fn verify(&self, kind: TokenKind, token: &str) -> Result<Map<String, Value>, VerifyError> {
        let parsed = jws::Compact::parse(kind, token)?;
        let key = self.key_ring().verifier(&parsed.kid, self.now()).ok_or(VerifyError::UnknownKey)?;
        if key.algorithm != parsed.algorithm {
            return Err(VerifyError::Algorithm);
        }
        if !key.pair.verifies(parsed.message, &parsed.signature) {
            return Err(VerifyError::Signature);
        }
        parsed.claims()
    }

    /// [`Self::verify`], but a key id that this process does not know leads to one look at the database, at most every
    /// ten seconds unless that fails: another process may have made the key a moment ago.
    pub async fn verify_fresh(&self, kind: TokenKind, token: &str) -> Result<Map<String, Value>, VerifyError> {
        match self.verify(kind, token) {
            Err(VerifyError::UnknownKey) if self.key_ring().may_reload(self.now()) => {
                let outcome = self.reverify(kind, token).await;
                if matches!(outcome, Err(VerifyError::Database(_))) && self.keys_fit() {
                    self.key_ring().look_again();
                }
                outcome
            }
            outcome => outcome,
        }
    }

    /// The same, with a look at the database each time: for those who proved who they are, and whom a wrong "unknown"
    /// would tell that a token has ended.
    pub async fn verify_surely(&self, kind: TokenKind, token: &str) -> Result<Map<String, Value>, VerifyError> {
        match self.verify(kind, token) {
            Err(VerifyError::UnknownKey) => self.reverify(kind, token).await,
            outcome => outcome,
        }
    }

    /// [`Self::verify`] with the keys that the database has.
    async fn reverify(&self, kind: TokenKind, token: &str) -> Result<Map<String, Value>, VerifyError> {
        match self.reload_keys().await {
            Ok(()) => self.verify(kind, token),
            Err(KeyError::Database(error)) => Err(VerifyError::Database(error)),
            // Of the keys that open one may be the token's. Of the others nobody here knows.
            Err(error) => match self.verify(kind, token) {
                Err(VerifyError::UnknownKey) => Err(VerifyError::Database(DbErr::Custom(error.to_string()))),
                outcome => outcome,
            },
        }
    }

    /// [`Self::jwks`] with a key for each algorithm: missing ones are made first.
    pub async fn published_keys(&self) -> Result<Value, KeyError> {
        let now = self.now();
        if SigningAlgorithm::ALL.iter().any(|&algorithm| self.key_ring().signer(algorithm, now).is_none()) {
            self.open_keys().await?;
        }
        Ok(self.jwks())
    }

    /// The JWK set (RFC 7517 section 5), public members only.
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.key_ring().jwks(self.now()) })
    }
}

fn no_key(error: KeyError) -> SignError {
    match error {
        KeyError::Database(error) => SignError::Database(error),
        KeyError::Misfit | KeyError::Library => {
            tracing::error!(%error, "no token can be signed");
            SignError::NoKey
        }
    }
}
