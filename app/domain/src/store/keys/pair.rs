//! A key pair, parsed once: it signs, verifies and describes its public half (RFC 7517, RFC 7518, RFC 8037).

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::jwt::SigningAlgorithm;

/// The bytes of an uncompressed point of P-256: a mark, x, y.
const POINT_BYTES: usize = 65;

/// The library refused: a document that is no such key, or a machine without randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key pair cannot be made or read")]
pub(super) struct BadPair;

enum Private {
    Rs256(RsaKeyPair),
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

/// The half of a pair that verifies.
pub(super) struct PublicKey {
    parsed: ParsedPublicKey,
    /// DER `RSAPublicKey` for RSA, else the point.
    bytes: Vec<u8>,
}

impl PublicKey {
    /// The public key in `bytes`, as [`Self::bytes`] gives them.
    pub(super) fn read(algorithm: SigningAlgorithm, bytes: &[u8]) -> Result<Self, BadPair> {
        let parsed = match algorithm {
            SigningAlgorithm::Rs256 => ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, bytes),
            SigningAlgorithm::Es256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, bytes),
            SigningAlgorithm::EdDsa => ParsedPublicKey::new(&ED25519, bytes),
        };
        Ok(Self { parsed: parsed.map_err(|_| BadPair)?, bytes: bytes.to_vec() })
    }

    /// Its form at rest.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether `signature` is its own over `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(message, signature).is_ok()
    }
}

/// A key pair that is ready to sign and to verify.
pub(super) struct KeyPair {
    private: Private,
    public: PublicKey,
    /// The members of its JWK that its thumbprint is made of, in their order (RFC 7638 section 3.2).
    members: Vec<(&'static str, String)>,
}

impl KeyPair {
    /// A new pair, and its PKCS#8 document. Takes tens to hundreds of milliseconds for RSA.
    pub(super) fn generate(algorithm: SigningAlgorithm) -> Result<(Self, Vec<u8>), BadPair> {
        let document = match algorithm {
            SigningAlgorithm::Rs256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| BadPair)?;
                AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| BadPair)?.as_ref().to_vec()
            }
            SigningAlgorithm::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| BadPair)?;
                pair.to_pkcs8v1().map_err(|_| BadPair)?.as_ref().to_vec()
            }
            SigningAlgorithm::EdDsa => {
                let pair = Ed25519KeyPair::generate().map_err(|_| BadPair)?;
                pair.to_pkcs8v1().map_err(|_| BadPair)?.as_ref().to_vec()
            }
        };
        Ok((Self::read(algorithm, &document)?, document))
    }

    /// The pair in the PKCS#8 document `document`.
    pub(super) fn read(algorithm: SigningAlgorithm, document: &[u8]) -> Result<Self, BadPair> {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (private, public, members) = match algorithm {
            SigningAlgorithm::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(document).map_err(|_| BadPair)?;
                let der = pair.public_key().as_ref();
                let public = PublicKey::read(algorithm, der)?;
                let (modulus, exponent) = rsa_numbers(der).ok_or(BadPair)?;
                let members = vec![("e", text(exponent)), ("kty", "RSA".to_owned()), ("n", text(modulus))];
                (Private::Rs256(pair), public, members)
            }
            SigningAlgorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document).map_err(|_| BadPair)?;
                let point = pair.public_key().as_ref();
                let public = PublicKey::read(algorithm, point)?;
                let whole = (point.len() == POINT_BYTES).then_some(point).ok_or(BadPair)?;
                let (x, y) = (text(&whole[1..33]), text(&whole[33..]));
                let members = vec![("crv", "P-256".to_owned()), ("kty", "EC".to_owned()), ("x", x), ("y", y)];
                (Private::Es256(pair), public, members)
            }
            SigningAlgorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(document).map_err(|_| BadPair)?;
                let point = pair.public_key().as_ref();
                let public = PublicKey::read(algorithm, point)?;
                let x = text(point);
                let members = vec![("crv", "Ed25519".to_owned()), ("kty", "OKP".to_owned()), ("x", x)];
                (Private::EdDsa(pair), public, members)
            }
        };
        Ok(Self { private, public, members })
    }

    /// The signature over `message`, as JWS has it (RFC 7518 section 3).
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, BadPair> {
        match &self.private {
            Private::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
                signed.map(|()| signature).map_err(|_| BadPair)
            }
            Private::Es256(pair) => {
                pair.sign(&SystemRandom::new(), message).map(|made| made.as_ref().to_vec()).map_err(|_| BadPair)
            }
            Private::EdDsa(pair) => pair.try_sign(message).map(|made| made.as_ref().to_vec()).map_err(|_| BadPair),
        }
    }

    /// Whether `signature` is this pair's over `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verifies(message, signature)
    }

    /// The half that verifies.
    pub(super) fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The JWK thumbprint (RFC 7638), the pair's `kid`.
    pub(super) fn thumbprint(&self) -> String {
        // Every member is base64url or a fixed word: nothing needs an escape.
        let members: Vec<_> = self.members.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{{{}}}", members.join(","))))
    }

    /// The public JWK (RFC 7517 section 4).
    pub(super) fn public_jwk(&self, algorithm: SigningAlgorithm, kid: &str) -> Value {
        let mut jwk = json!({ "use": "sig", "alg": algorithm, "kid": kid });
        for (name, value) in &self.members {
            jwk[*name] = Value::from(value.as_str());
        }
        jwk
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPair(…)")
    }
}

/// Modulus and exponent, big-endian without leading zeros, of a DER `RSAPublicKey` (RFC 8017 appendix A.1.1).
fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, rest) = element(der, 0x30)?;
    let (modulus, after) = element(sequence, 0x02)?;
    let (exponent, end) = element(after, 0x02)?;
    let bare = |number: &'_ [u8]| number.iter().take_while(|byte| **byte == 0).count();
    (rest.is_empty() && end.is_empty()).then(|| (&modulus[bare(modulus)..], &exponent[bare(exponent)..]))
}

/// The content of the DER element at the start of `der`, which must have this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = der.split_first_chunk()?;
    if found != tag {
        return None;
    }
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        (digits.iter().try_fold(0usize, |number, &digit| number.checked_mul(256)?.checked_add(digit.into()))?, rest)
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::{KeyPair, SigningAlgorithm, rsa_numbers};

    #[test]
    fn every_algorithm_signs_what_its_own_key_verifies_again_after_a_read() {
        for &algorithm in SigningAlgorithm::ALL {
            let (pair, document) = KeyPair::generate(algorithm).expect("a pair");
            let again = KeyPair::read(algorithm, &document).expect("the same pair");
            assert_eq!(pair.thumbprint(), again.thumbprint());
            let signature = pair.sign(b"a message").expect("signed");
            assert!(again.verifies(b"a message", &signature), "{algorithm}");
            assert!(!again.verifies(b"a massage", &signature), "{algorithm}");
            for &other in SigningAlgorithm::ALL.iter().filter(|other| **other != algorithm) {
                assert!(KeyPair::read(other, &document).is_err(), "{algorithm} as {other}");
                let (stranger, _) = KeyPair::generate(other).expect("a pair");
                assert!(!stranger.verifies(b"a message", &signature), "{algorithm} as {other}");
            }
        }
    }

    #[test]
    fn a_modulus_is_read_without_its_sign_byte_and_nothing_may_follow() {
        let der = [0x30, 0x09, 0x02, 0x02, 0x00, 0xff, 0x02, 0x03, 0x01, 0x00, 0x01];
        assert_eq!(rsa_numbers(&der), Some((&[0xff][..], &[1, 0, 1][..])));
        let mut longer = der.to_vec();
        longer.push(0);
        assert_eq!(rsa_numbers(&longer), None);
        assert_eq!(rsa_numbers(&der[..8]), None);
    }
}
