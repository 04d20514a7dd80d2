//! The compact form of a JSON Web Signature (RFC 7515 section 3.1), read strictly (RFC 8725).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::VerifyError;
use crate::jwt::{SigningAlgorithm, TokenKind};

/// The longest token that is looked at, in bytes.
const MAX_BYTES: usize = 16 * 1024;
/// Header parameters that bring a key along or change what the signature means: refused, whatever their value is.
const REFUSED: &[&str] = &["crit", "jwk", "jku", "x5u", "x5c", "b64", "zip", "enc"];

/// Base64url without padding (RFC 7515 section 2).
pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token taken apart; its signature is not checked yet.
#[derive(Debug)]
pub(super) struct Compact<'a> {
    /// What is signed.
    pub(super) message: &'a [u8],
    /// The claims, still encoded.
    payload: &'a str,
    /// The signature.
    pub(super) signature: Vec<u8>,
    /// What its header says that it is signed with.
    pub(super) algorithm: SigningAlgorithm,
    /// The key that its header names.
    pub(super) kid: String,
}

impl<'a> Compact<'a> {
    /// Takes `token`, which must be of `kind`, apart.
    pub(super) fn parse(kind: TokenKind, token: &'a str) -> Result<Self, VerifyError> {
        if token.len() > MAX_BYTES {
            return Err(VerifyError::Malformed);
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(VerifyError::Malformed);
        };
        let message = &token.as_bytes()[..header.len() + 1 + payload.len()];
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| VerifyError::Malformed)?;
        let header = object(header)?;
        if REFUSED.iter().any(|name| header.contains_key(*name)) {
            return Err(VerifyError::Header);
        }
        let member = |name: &str| header.get(name).and_then(Value::as_str);
        let algorithm = member("alg").and_then(|word| word.parse().ok()).ok_or(VerifyError::Algorithm)?;
        if !member("typ").is_some_and(|typ| is_of(kind, typ)) {
            return Err(VerifyError::Kind);
        }
        let key = member("kid").ok_or(VerifyError::UnknownKey)?.to_owned();
        Ok(Self { message, payload, signature, algorithm, kid: key })
    }

    /// The claims. Only a token whose signature is right has any.
    pub(super) fn claims(&self) -> Result<Map<String, Value>, VerifyError> {
        object(self.payload)
    }
}

/// Media types are the same in any case, and `application/` may be left out (RFC 7515 section 4.1.9).
fn is_of(kind: TokenKind, typ: &str) -> bool {
    const PREFIX: &str = "application/";
    let bare = typ.get(..PREFIX.len()).filter(|start| start.eq_ignore_ascii_case(PREFIX)).map_or(0, str::len);
    typ[bare..].eq_ignore_ascii_case(kind.as_str())
}

/// The JSON object in `text`; a member that comes twice is an error (RFC 7515 section 4).
fn object(text: &str) -> Result<Map<String, Value>, VerifyError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| VerifyError::Malformed)?;
    let Object(members) = serde_json::from_slice(&bytes).map_err(|_| VerifyError::Malformed)?;
    Ok(members)
}

struct Object(Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members).map(Self)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut found: A) -> Result<Self::Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = found.next_entry::<String, Value>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member comes twice"));
            }
        }
        Ok(members)
    }
}
