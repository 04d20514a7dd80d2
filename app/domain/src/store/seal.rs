//! The answer of a refresh, kept sealed for a repeat within the grace (PROTOCOL section 1, *Refresh replay*).
//!
//! The key comes from the secret part of the token that was presented, which no row holds: whoever reads the database
//! cannot open it, and whoever presents another token cannot either.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;

use crate::id::RefreshTokenId;

/// Separates this key from every other use of the secret.
const LABEL: &[u8] = b"portico refresh answer v1";
/// Between the two tokens: no token holds it.
const SEPARATOR: char = '\n';

/// The two tokens of an answer.
pub(crate) struct Answer {
    /// The access token.
    pub(crate) access: String,
    /// The refresh token.
    pub(crate) refresh: String,
}

fn cipher(secret: &[u8], successor: RefreshTokenId) -> Option<ChaCha20Poly1305> {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(successor.uuid().as_bytes()), secret).expand(LABEL, &mut key).ok()?;
    Some(ChaCha20Poly1305::new(&key.into()))
}

/// Seals `answer` for whoever presents `secret` again; `successor` is the row that keeps it. One secret and successor
/// seal once, so the nonce may be constant.
pub(crate) fn seal(secret: &[u8], successor: RefreshTokenId, answer: &Answer) -> Option<Vec<u8>> {
    let text = format!("{}{SEPARATOR}{}", answer.access, answer.refresh);
    let id = successor.uuid();
    let payload = Payload { msg: text.as_bytes(), aad: id.as_bytes() };
    cipher(secret, successor)?.encrypt(&Nonce::default(), payload).ok()
}

/// Opens what [`seal`] made with the same secret and successor; anything else gives none.
pub(crate) fn open(secret: &[u8], successor: RefreshTokenId, sealed: &[u8]) -> Option<Answer> {
    let id = successor.uuid();
    let payload = Payload { msg: sealed, aad: id.as_bytes() };
    let text = cipher(secret, successor)?.decrypt(&Nonce::default(), payload).ok()?;
    let text = String::from_utf8(text).ok()?;
    let (access, refresh) = text.split_once(SEPARATOR)?;
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
}
