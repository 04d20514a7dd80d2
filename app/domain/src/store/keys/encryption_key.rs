//! The instance's encryption key: what keeps private keys sealed in the database (requirement 130).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;

use crate::entropy::Entropy;
use crate::id::SigningKeyId;

/// The bytes of the key.
const KEY_BYTES: usize = 32;
/// The bytes of a nonce; it stands before the ciphertext.
const NONCE_BYTES: usize = 24;
/// Separates the key of this use from every other one.
const LABEL: &[u8] = b"portico signing keys v1";

/// 32 bytes from outside the database. It never prints itself.
#[derive(Clone, PartialEq, Eq)]
pub struct EncryptionKey([u8; KEY_BYTES]);

/// A text that is not 32 bytes in base64 or in hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not 32 bytes in base64 or in hexadecimal digits")]
pub struct InvalidEncryptionKey;

impl EncryptionKey {
    /// The key that these bytes are.
    pub const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// A new key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; KEY_BYTES];
        entropy.fill(&mut bytes);
        Self(bytes)
    }

    /// The key in base64, for the file that keeps it and for nothing else.
    pub fn reveal(&self) -> String {
        STANDARD.encode(self.0)
    }

    fn cipher(&self) -> Option<XChaCha20Poly1305> {
        let mut key = [0; KEY_BYTES];
        Hkdf::<Sha256>::new(None, &self.0).expand(LABEL, &mut key).ok()?;
        Some(XChaCha20Poly1305::new(&key.into()))
    }

    /// Seals the private key `document` of the row `id`.
    pub(super) fn seal(&self, id: SigningKeyId, document: &[u8], entropy: &dyn Entropy) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce);
        let id = id.uuid();
        let payload = Payload { msg: document, aad: id.as_bytes() };
        let mut sealed = nonce.to_vec();
        sealed.extend(self.cipher()?.encrypt(&XNonce::from(nonce), payload).ok()?);
        Some(sealed)
    }

    /// Opens what [`Self::seal`] made with the same key for the same row; anything else gives none.
    pub(super) fn open(&self, id: SigningKeyId, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let id = id.uuid();
        let payload = Payload { msg: sealed, aad: id.as_bytes() };
        self.cipher()?.decrypt(&XNonce::from(*nonce), payload).ok()
    }
}

impl FromStr for EncryptionKey {
    type Err = InvalidEncryptionKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 2 * KEY_BYTES {
            return from_hex(text).ok_or(InvalidEncryptionKey);
        }
        let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let read = [alphabet::STANDARD, alphabet::URL_SAFE]
            .iter()
            .find_map(|alphabet| GeneralPurpose::new(alphabet, config).decode(text).ok());
        read.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(InvalidEncryptionKey)
    }
}

fn from_hex(text: &str) -> Option<EncryptionKey> {
    let mut bytes = [0; KEY_BYTES];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digit = |at: usize| char::from(digits[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(0)? * 16 + digit(1)?;
    }
    Some(EncryptionKey(bytes))
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::EncryptionKey;
    use crate::entropy::SeededEntropy;
    use crate::id::SigningKeyId;

    fn id(byte: u8) -> SigningKeyId {
        SigningKeyId(uuid::Uuid::from_bytes([byte; 16]))
    }

    #[test]
    fn req_130_only_the_same_key_and_row_open_a_sealed_private_key() {
        let (key, entropy) = (EncryptionKey::from_bytes([7; 32]), SeededEntropy::new(1));
        let sealed = key.seal(id(1), b"a private key", &entropy).expect("sealed");
        assert_eq!(key.open(id(1), &sealed).as_deref(), Some(&b"a private key"[..]));
        assert!(key.open(id(2), &sealed).is_none());
        assert!(EncryptionKey::from_bytes([8; 32]).open(id(1), &sealed).is_none());
        assert!(key.open(id(1), &sealed[..sealed.len() - 1]).is_none());
        assert!(key.open(id(1), &sealed[..10]).is_none());
        let again = key.seal(id(1), b"a private key", &entropy).expect("sealed");
        assert_ne!(sealed, again);
    }

    #[test]
    fn a_key_is_read_from_base64_and_hexadecimal_digits_and_printed_by_neither_debug_nor_error() {
        let key = EncryptionKey::from_bytes([0xfb; 32]);
        let hex = "fB".repeat(32);
        let base64 = key.reveal();
        let url_safe = base64.replace('+', "-").replace('/', "_");
        for text in [hex.as_str(), &base64, base64.trim_end_matches('='), &url_safe, url_safe.trim_end_matches('=')] {
            assert_eq!(text.parse::<EncryptionKey>(), Ok(key.clone()), "{text}");
        }
        for text in ["", "AAAA", &"0".repeat(63), &"g".repeat(64), &"A".repeat(44), "é"] {
            assert!(text.parse::<EncryptionKey>().is_err(), "{text}");
        }
        assert_eq!(format!("{key:?}"), "EncryptionKey(…)");
    }
}
