//! The answer of a refresh, kept sealed for a repeat within the grace (PROTOCOL section 1, *Refresh replay*).
//!
//! The key comes from the secret part of the token that was presented, which no row holds: whoever reads the database
//! cannot open it, and whoever presents another token cannot either.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};

use crate::id::RefreshTokenId;

/// Separates this key from every other use of the secret.
const LABEL: &[u8] = b"portico refresh answer v1";
/// Between the two tokens: no token holds it.
const SEPARATOR: u8 = b'\n';

/// The two tokens of an answer.
pub(crate) struct Answer {
    /// The access token.
    pub(crate) access: String,
    /// The refresh token.
    pub(crate) refresh: String,
}

/// One secret and successor seal once, so the nonce may be constant.
const NONCE: [u8; 12] = [0; 12];

fn key(secret: &[u8], successor: RefreshTokenId) -> Option<LessSafeKey> {
    let derived = Salt::new(HKDF_SHA256, successor.uuid().as_bytes()).extract(secret);
    let key = derived.expand(&[LABEL], &CHACHA20_POLY1305).ok().map(UnboundKey::from)?;
    Some(LessSafeKey::new(key))
}

/// Seals `answer` for whoever presents `secret` again; `successor` is the row that keeps it.
pub(crate) fn seal(secret: &[u8], successor: RefreshTokenId, answer: &Answer) -> Option<Vec<u8>> {
    let Answer { access, refresh } = answer;
    let mut sealed = Vec::with_capacity(access.len() + 1 + refresh.len() + CHACHA20_POLY1305.tag_len());
    sealed.extend_from_slice(access.as_bytes());
    sealed.push(SEPARATOR);
    sealed.extend_from_slice(refresh.as_bytes());
    let (nonce, aad) = (Nonce::assume_unique_for_key(NONCE), Aad::from(successor.uuid().into_bytes()));
    key(secret, successor)?.seal_in_place_append_tag(nonce, aad, &mut sealed).ok()?;
    Some(sealed)
}

/// Opens what [`seal`] made with the same secret and successor; anything else gives none.
pub(crate) fn open(secret: &[u8], successor: RefreshTokenId, sealed: &[u8]) -> Option<Answer> {
    let mut sealed = sealed.to_vec();
    let (nonce, aad) = (Nonce::assume_unique_for_key(NONCE), Aad::from(successor.uuid().into_bytes()));
    let text = key(secret, successor)?.open_in_place(nonce, aad, &mut sealed).ok()?;
    let (access, refresh) = std::str::from_utf8(text).ok()?.split_once(char::from(SEPARATOR))?;
    Some(Answer { access: access.to_owned(), refresh: refresh.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::{Answer, open, seal};
    use crate::id::RefreshTokenId;

    fn id(byte: u8) -> RefreshTokenId {
        RefreshTokenId(uuid::Uuid::from_bytes([byte; 16]))
    }

    #[test]
    fn req_070_only_the_same_secret_and_successor_open_a_sealed_answer() {
        let answer = Answer { access: "ptcot_a".to_owned(), refresh: "ptcor_b".to_owned() };
        let sealed = seal(&[7; 20], id(1), &answer).expect("sealed");
        let opened = open(&[7; 20], id(1), &sealed).expect("opened");
        assert_eq!((opened.access.as_str(), opened.refresh.as_str()), ("ptcot_a", "ptcor_b"));
        assert!(open(&[8; 20], id(1), &sealed).is_none());
        assert!(open(&[7; 20], id(2), &sealed).is_none());
        assert!(open(&[7; 20], id(1), &sealed[1..]).is_none());
        assert!(!sealed.windows(7).any(|window| window == b"ptcot_a"));
    }

    #[test]
    fn an_answer_is_sealed_with_chacha20_poly1305_under_a_key_of_hkdf_sha256() {
        // Made with another library (pyca/cryptography): RFC 8439 under RFC 5869.
        let known = "f9045dceb5486be994d6fa28b9f8b1ed3173719c0ad1378e40e65b091919dc";
        let answer = Answer { access: "ptcot_a".to_owned(), refresh: "ptcor_b".to_owned() };
        let sealed = seal(&[7; 20], id(1), &answer).expect("sealed");
        let hex = sealed.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        assert_eq!(hex, known);
    }
}
