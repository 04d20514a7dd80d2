//! The keys in memory, parsed: what signs now, what verifies still, what is published.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::jws;
use super::pair::KeyPair;
use super::pool::Pool;
use crate::id::SigningKeyId;
use crate::jwt::{SigningAlgorithm, TokenKind};
use crate::time::Timestamp;

/// By how many seconds the clocks of two processes differ at most: a key that another one has just made, and whose first
/// moment is still to come here, signs where there is no other. Or each would make its own.
pub(super) const CLOCKS_DIFFER_SECONDS: i64 = 60;

/// The least seconds between two reloads for the sake of unknown key ids: strangers can send as many as they like.
const SURPRISE_SECONDS: i64 = 10;

/// What a key is made of: it never changes.
#[derive(Debug)]
pub(super) struct Material {
    pub(super) kid: String,
    pub(super) algorithm: SigningAlgorithm,
    pub(super) pair: KeyPair,
    /// The encoded headers of its tokens, one for each kind.
    access_header: String,
    id_header: String,
    jwk: Value,
}

impl Material {
    pub(super) fn new(algorithm: SigningAlgorithm, pair: KeyPair) -> Self {
        let kid = pair.thumbprint();
        let header = |kind: TokenKind| jws::encode(json!({ "alg": algorithm, "typ": kind, "kid": kid }).to_string());
        let (access_header, id_header) = (header(TokenKind::AccessToken), header(TokenKind::IdToken));
        let jwk = pair.public_jwk(algorithm, &kid);
        Self { kid, algorithm, pair, access_header, id_header, jwk }
    }

    pub(super) fn header(&self, kind: TokenKind) -> &str {
        match kind {
            TokenKind::AccessToken => &self.access_header,
            TokenKind::IdToken => &self.id_header,
        }
    }
}

/// A key and the moments that bound its use.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) id: SigningKeyId,
    pub(super) material: Arc<Material>,
    pub(super) created_at: Timestamp,
    pub(super) active_from: Timestamp,
    pub(super) retires_at: Option<Timestamp>,
    pub(super) published_until: Option<Timestamp>,
}

impl Key {
    fn signs(&self, now: Timestamp) -> bool {
        self.active_from <= now && self.retires_at.is_none_or(|end| now < end)
    }

    pub(super) fn is_published(&self, now: Timestamp) -> bool {
        self.published_until.is_none_or(|end| now < end)
    }
}

/// Every key of the instance, as this process knows them. It never prints them.
pub struct KeyRing {
    keys: RwLock<Arc<Vec<Key>>>,
    /// Whether the database has a key that this process cannot open.
    misfit: AtomicBool,
    /// Held by the one task of this process that makes keys.
    pub(super) making: Mutex<()>,
    /// When an unknown key id last led to a reload; 0 for never.
    surprised_at: AtomicI64,
    pool: OnceLock<Pool>,
    /// How many tokens wait for a signature at most.
    sign_queue: usize,
}

impl KeyRing {
    /// No key yet, and room for `sign_queue` tokens that wait for a signature.
    pub(crate) fn new(sign_queue: usize) -> Self {
        Self {
            keys: RwLock::default(),
            misfit: AtomicBool::default(),
            making: Mutex::default(),
            surprised_at: AtomicI64::default(),
            pool: OnceLock::new(),
            sign_queue,
        }
    }

    /// The keys as they are known now.
    pub(super) fn keys(&self) -> Arc<Vec<Key>> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn replace(&self, keys: Vec<Key>, misfit: bool) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        self.misfit.store(misfit, Ordering::Relaxed);
    }

    /// Whether every key of the database opened when they were read last.
    pub(super) fn all_open(&self) -> bool {
        !self.misfit.load(Ordering::Relaxed)
    }

    /// The key that signs with `algorithm` now.
    pub(super) fn signer(&self, algorithm: SigningAlgorithm, now: Timestamp) -> Option<Arc<Material>> {
        let keys = self.keys();
        let of_it = || keys.iter().filter(|key| key.material.algorithm == algorithm);
        let usable = of_it().filter(|key| key.signs(now)).max_by_key(|key| (key.active_from, key.id));
        let soon = now.plus_seconds(CLOCKS_DIFFER_SECONDS);
        let next = || of_it().filter(|key| key.signs(soon)).min_by_key(|key| (key.active_from, key.id));
        usable.or_else(next).map(|key| Arc::clone(&key.material))
    }

    /// The published key named `kid`: of now, of the future, or of a past whose tokens have not ended.
    pub(super) fn verifier(&self, kid: &str, now: Timestamp) -> Option<Arc<Material>> {
        let keys = self.keys();
        let named = keys.iter().find(|key| key.material.kid == kid && key.is_published(now));
        named.map(|key| Arc::clone(&key.material))
    }

    /// The key named `kid`, published or not: one that nobody removed yet.
    pub(super) fn named(&self, kid: &str) -> Option<Arc<Material>> {
        self.keys().iter().find(|key| key.material.kid == kid).map(|key| Arc::clone(&key.material))
    }

    /// The public JWKs of `now`.
    pub(super) fn jwks(&self, now: Timestamp) -> Vec<Value> {
        self.keys().iter().filter(|key| key.is_published(now)).map(|key| key.material.jwk.clone()).collect()
    }

    /// Whether the last token of some key has ended at `now`.
    pub(super) fn has_ended(&self, now: Timestamp) -> bool {
        self.keys().iter().any(|key| !key.is_published(now))
    }

    /// Whether an unknown key id may lead to a reload at `now`; at most one caller is told so within some seconds.
    pub(super) fn may_reload(&self, now: Timestamp) -> bool {
        let last = self.surprised_at.load(Ordering::Relaxed);
        let due = last == 0 || now.seconds_since(Timestamp(last)) >= SURPRISE_SECONDS;
        due && self.surprised_at.compare_exchange(last, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// The look came to nothing: the next one that asks may look again.
    pub(super) fn look_again(&self) {
        self.surprised_at.store(0, Ordering::Relaxed);
    }

    /// The threads that sign; they start when first asked for.
    pub(super) fn pool(&self) -> &Pool {
        self.pool.get_or_init(|| Pool::start(self.sign_queue))
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing(…)")
    }
}
