//! Proof Key for Code Exchange, S256 only (RFC 7636; requirements 32 to 37).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The only `code_challenge_method`.
pub const S256: &str = "S256";

/// Characters of an S256 challenge: SHA-256 in base64url without padding.
const CHALLENGE_CHARACTERS: usize = 43;

/// A text that is not an S256 challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a code_challenge is 43 characters of base64url")]
pub struct InvalidChallenge;

/// A text that is not a verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a code_verifier is 43 to 128 unreserved characters")]
pub struct InvalidVerifier;

/// An S256 `code_challenge` (RFC 7636 section 4.2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "store", derive(sea_orm::DeriveValueType))]
#[cfg_attr(feature = "store", sea_orm(value_type = "String"))]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// The challenge as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `verifier` is the one that this challenge was made of; in constant time (requirement 36).
    pub fn is_met_by(&self, verifier: &CodeVerifier) -> bool {
        verifier.challenge().0.as_bytes().ct_eq(self.0.as_bytes()).into()
    }
}

impl FromStr for CodeChallenge {
    type Err = InvalidChallenge;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Decoding is strict: no padding, and the two bits left over in the last character must be zero.
        let decoded = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidChallenge)?;
        if text.len() == CHALLENGE_CHARACTERS && decoded.len() == 32 {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidChallenge)
        }
    }
}

impl TryFrom<String> for CodeChallenge {
    type Error = InvalidChallenge;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<CodeChallenge> for String {
    fn from(challenge: CodeChallenge) -> Self {
        challenge.0
    }
}

impl fmt::Display for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A `code_verifier` (RFC 7636 section 4.1): a secret of the client, so it does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeVerifier(String);

impl CodeVerifier {
    /// The S256 challenge of this verifier.
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge(URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.as_bytes())))
    }
}

impl FromStr for CodeVerifier {
    type Err = InvalidVerifier;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        if (43..=128).contains(&text.len()) && text.bytes().all(unreserved) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidVerifier)
        }
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_rfc_7636_appendix_b_holds() {
        let challenge: CodeChallenge = CHALLENGE.parse().expect("a challenge");
        assert!(challenge.is_met_by(&VERIFIER.parse().expect("a verifier")));
    }

    #[test]
    fn req_037_a_challenge_is_not_its_own_verifier() {
        let challenge: CodeChallenge = CHALLENGE.parse().expect("a challenge");
        assert!(!challenge.is_met_by(&CHALLENGE.parse().expect("well formed as a verifier too")));
    }

    #[test]
    fn req_033_a_challenge_is_43_characters_of_base64url() {
        for bad in [
            "",
            &CHALLENGE[..42],
            &format!("{CHALLENGE}A"),
            &format!("{CHALLENGE}="),
            &CHALLENGE.replace('-', "+"),
            &CHALLENGE.replace('-', "/"),
            &CHALLENGE.replace('-', " "),
            &CHALLENGE.replace("cM", "cN"),
            &CHALLENGE.replace("cM", "c\n"),
        ] {
            assert_eq!(bad.parse::<CodeChallenge>(), Err(InvalidChallenge), "{bad}");
        }
    }

    #[test]
    fn req_033_a_verifier_is_43_to_128_unreserved_characters() {
        for good in [43, 128] {
            assert!("~".repeat(good).parse::<CodeVerifier>().is_ok());
        }
        let long = "a".repeat(43);
        for bad in [
            String::new(),
            "a".repeat(42),
            "a".repeat(129),
            format!("{long}="),
            format!("{long}+"),
            format!("{long}/"),
            format!("{long} "),
            format!("{long}\n"),
            format!("{long}é"),
        ] {
            assert_eq!(bad.parse::<CodeVerifier>(), Err(InvalidVerifier), "{bad}");
        }
    }

    #[test]
    fn req_131_a_verifier_does_not_print_itself() {
        assert!(!format!("{:?}", VERIFIER.parse::<CodeVerifier>()).contains(VERIFIER));
    }
}
