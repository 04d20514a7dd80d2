//! Secrets have two types and one showing.
//!
//! [`Plain`] is made once and shown once; [`Presented`] is what somebody brought; [`Hashed`] is what the database keeps.
//! None of them prints itself. A secret reads `<prefix><selector><secret><checksum>`: the selector is the row's
//! time-ordered id, the secret 160 random bits of which the row keeps the SHA-256, the checksum a CRC-32 that lets junk
//! be refused before the database (PRODUCT A34).

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::base62;
use crate::entropy::Entropy;

/// Bytes of the random part: 160 bits (requirement 128).
const SECRET_BYTES: usize = 20;
/// Base-62 digits of a 128-bit selector.
const SELECTOR_DIGITS: usize = 22;
/// Base-62 digits of the random part.
const SECRET_DIGITS: usize = 27;
/// Base-62 digits of the CRC-32.
const CHECKSUM_DIGITS: usize = 6;

/// The instance's brand in prefixes: `ptc` gives `ptcapp_`, `ptcsec_`, `ptcoc_`, `ptcot_`, `ptcor_`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenBrand(String);

/// A brand that cannot be a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a brand is 2 to 12 lower-case letters or digits and begins with a letter")]
pub struct InvalidBrand;

impl TokenBrand {
    /// The brand as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TokenBrand {
    fn default() -> Self {
        Self("ptc".to_owned())
    }
}

impl FromStr for TokenBrand {
    type Err = InvalidBrand;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let letters = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        if letters && begins && (2..=12).contains(&text.len()) { Ok(Self(text.to_owned())) } else { Err(InvalidBrand) }
    }
}

/// A kind of secret: a type per kind, so that one can never be presented as another (requirement 46).
pub trait Kind: Send + Sync + 'static {
    /// What follows the brand in the prefix.
    const SUFFIX: &'static str;
}

macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident = $suffix:literal;)+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {}

        impl Kind for $name {
            const SUFFIX: &'static str = $suffix;
        }
    )+};
}

kinds! {
    /// A client secret.
    ClientSecret = "sec_";
    /// An authorization code.
    AuthorizationCode = "oc_";
    /// An opaque access token.
    AccessToken = "ot_";
    /// A refresh token.
    RefreshToken = "or_";
    /// The secret of a resource server.
    ResourceServerSecret = "rss_";
    /// The token of a one-time link.
    OneTimeLink = "link_";
    /// The value of a session's cookie.
    Session = "ses_";
    /// The value of the cookie that binds a pending grant to a browser.
    Interaction = "int_";
}

/// A secret at its birth: shown once, by [`Plain::reveal`], and gone.
pub struct Plain<K: Kind> {
    text: String,
    hash: Hashed<K>,
    secret: [u8; SECRET_BYTES],
}

impl<K: Kind> Plain<K> {
    /// Makes the secret of the row `selector`.
    pub fn mint(brand: &TokenBrand, selector: Uuid, entropy: &dyn Entropy) -> Self {
        let mut secret = [0; SECRET_BYTES];
        entropy.fill(&mut secret);
        Self::from_parts(brand, selector, secret)
    }

    /// The secret again from its parts: for the one answer that is given twice, a refresh within its grace.
    pub fn from_parts(brand: &TokenBrand, selector: Uuid, secret: [u8; SECRET_BYTES]) -> Self {
        let body_at = brand.as_str().len() + K::SUFFIX.len();
        let mut text = String::with_capacity(body_at + SELECTOR_DIGITS + SECRET_DIGITS + CHECKSUM_DIGITS);
        text.push_str(brand.as_str());
        text.push_str(K::SUFFIX);
        base62::push(&mut text, selector.as_bytes(), SELECTOR_DIGITS);
        base62::push(&mut text, &secret, SECRET_DIGITS);
        let checksum = crc32fast::hash(&text.as_bytes()[body_at..]);
        base62::push(&mut text, &checksum.to_be_bytes(), CHECKSUM_DIGITS);
        Self { text, hash: Hashed::of(&secret), secret }
    }

    /// What the database keeps.
    pub const fn hashed(&self) -> Hashed<K> {
        self.hash
    }

    /// The random part, for the AEAD that seals a refresh's answer (PROTOCOL section 1, *Refresh replay*).
    pub const fn secret_part(&self) -> &[u8; SECRET_BYTES] {
        &self.secret
    }

    /// The prefix and the last four characters: all that is ever displayed again (requirement 58).
    pub fn hint(&self) -> String {
        let prefix = self.text.split_inclusive('_').next().unwrap_or_default();
        format!("{prefix}…{}", &self.text[self.text.len() - 4..])
    }

    /// The one showing.
    pub fn reveal(self) -> String {
        self.text
    }
}

impl<K: Kind> fmt::Debug for Plain<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plain<{}>(…)", K::SUFFIX)
    }
}

/// A text that cannot be a secret of this kind: wrong prefix, length, digits or checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a secret of this kind")]
pub struct Malformed;

/// A secret that somebody brought: where to look, and what to compare.
pub struct Presented<K: Kind> {
    selector: Uuid,
    secret: [u8; SECRET_BYTES],
    kind: PhantomData<K>,
}

impl<K: Kind> Presented<K> {
    /// Reads `text`; junk is refused here, before the database.
    pub fn parse(brand: &TokenBrand, text: &str) -> Result<Self, Malformed> {
        let body = text
            .strip_prefix(brand.as_str())
            .and_then(|rest| rest.strip_prefix(K::SUFFIX))
            .filter(|body| body.is_ascii() && body.len() == SELECTOR_DIGITS + SECRET_DIGITS + CHECKSUM_DIGITS)
            .ok_or(Malformed)?;
        let (value, checksum) = body.split_at(SELECTOR_DIGITS + SECRET_DIGITS);
        let checksum: [u8; 4] = base62::read(checksum).ok_or(Malformed)?;
        if checksum != crc32fast::hash(value.as_bytes()).to_be_bytes() {
            return Err(Malformed);
        }
        let (selector, secret) = value.split_at(SELECTOR_DIGITS);
        let selector = base62::read(selector).map(Uuid::from_bytes).ok_or(Malformed)?;
        Ok(Self { selector, secret: base62::read(secret).ok_or(Malformed)?, kind: PhantomData })
    }

    /// The id of the row to look up.
    pub const fn selector(&self) -> Uuid {
        self.selector
    }

    /// Whether this is the secret whose hash a row keeps as `hash`; in constant time (requirement 129).
    pub fn matches(&self, hash: &[u8]) -> bool {
        Hashed::<K>::of(&self.secret).bytes.as_slice().ct_eq(hash).into()
    }

    /// The random part, for the AEAD that seals a refresh's answer (PROTOCOL section 1, *Refresh replay*).
    pub const fn secret_part(&self) -> &[u8; SECRET_BYTES] {
        &self.secret
    }
}

impl<K: Kind> fmt::Debug for Presented<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Presented<{}>(…)", K::SUFFIX)
    }
}

/// The SHA-256 of a secret's random part.
pub struct Hashed<K: Kind> {
    bytes: [u8; 32],
    kind: PhantomData<K>,
}

impl<K: Kind> Hashed<K> {
    fn of(secret: &[u8; SECRET_BYTES]) -> Self {
        Self { bytes: Sha256::digest(secret).into(), kind: PhantomData }
    }

    /// What a row keeps.
    pub fn to_row(self) -> Vec<u8> {
        self.bytes.to_vec()
    }
}

impl<K: Kind> Clone for Hashed<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Kind> Copy for Hashed<K> {}

impl<K: Kind> fmt::Debug for Hashed<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hashed<{}>(…)", K::SUFFIX)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::entropy::SeededEntropy;

    fn minted() -> (Uuid, String) {
        let entropy = SeededEntropy::new(7);
        let selector = entropy.uuid(crate::time::Timestamp(1_800_000_000_000));
        (selector, Plain::<AccessToken>::mint(&TokenBrand::default(), selector, &entropy).reveal())
    }

    /// A probe whose `by_equality` says whether `T` has `==`: its own answer goes before the trait's.
    struct Probe<T>(PhantomData<T>);

    trait WithoutEquality {
        fn by_equality(&self) -> bool {
            false
        }
    }

    impl<T> WithoutEquality for Probe<T> {}

    impl<T: PartialEq> Probe<T> {
        #[expect(clippy::unused_self, reason = "it stands where the trait's method stands")]
        const fn by_equality(&self) -> bool {
            true
        }
    }

    #[test]
    fn req_129_secrets_and_their_hashes_have_no_equality_but_the_one_in_constant_time() {
        assert!(Probe::<String>(PhantomData).by_equality(), "the probe sees equality where it is");
        assert!(!Probe::<Plain<AccessToken>>(PhantomData).by_equality());
        assert!(!Probe::<Presented<AccessToken>>(PhantomData).by_equality());
        assert!(!Probe::<Hashed<AccessToken>>(PhantomData).by_equality());
    }

    /// Chance that counts up from one, and remembers how much of it was asked for at a time.
    #[derive(Default)]
    struct Counted(Mutex<Vec<usize>>);

    impl Entropy for Counted {
        fn fill(&self, bytes: &mut [u8]) {
            self.0.lock().expect("one thread").push(bytes.len());
            for (byte, number) in bytes.iter_mut().zip(1..) {
                *byte = number;
            }
        }
    }

    /// Mints a secret of the kind `K`: its suffix, what it asked of chance, its text, and what its row keeps.
    fn minted_as<K: Kind>(selector: Uuid) -> (&'static str, Vec<usize>, String, Vec<u8>) {
        let chance = Counted::default();
        let plain = Plain::<K>::mint(&TokenBrand::default(), selector, &chance);
        let row = plain.hashed().to_row();
        let asked = chance.0.into_inner().expect("one thread");
        (K::SUFFIX, asked, plain.reveal(), row)
    }

    #[test]
    fn req_128_every_kind_has_160_random_bits_and_its_row_keeps_their_digest_alone() {
        let random: Vec<u8> = (1..=20).collect();
        let digest = Sha256::digest(&random).to_vec();
        for selector in [Uuid::nil(), Uuid::max()] {
            let kinds = [
                minted_as::<ClientSecret>(selector),
                minted_as::<AuthorizationCode>(selector),
                minted_as::<AccessToken>(selector),
                minted_as::<RefreshToken>(selector),
                minted_as::<ResourceServerSecret>(selector),
                minted_as::<OneTimeLink>(selector),
                minted_as::<Session>(selector),
                minted_as::<Interaction>(selector),
            ];
            for (suffix, asked, text, row) in kinds {
                assert_eq!(asked, [20_usize], "{suffix}: 160 bits of chance, once");
                // The digest of the random part: neither the text nor the id in it is in the row.
                assert_eq!(row, digest, "{suffix}");
                assert_ne!(row, Sha256::digest(&text).to_vec(), "{suffix}");
                assert!(text.starts_with(&format!("ptc{suffix}")), "{suffix}: {text}");
            }
        }
    }

    #[test]
    fn a_minted_secret_is_read_back_and_matches_only_its_own_hash() {
        let entropy = SeededEntropy::new(7);
        let brand = TokenBrand::default();
        let plain = Plain::<ClientSecret>::mint(&brand, entropy.uuid(crate::time::Timestamp(0)), &entropy);
        let other = Plain::<ClientSecret>::mint(&brand, entropy.uuid(crate::time::Timestamp(0)), &entropy);
        let hashed = plain.hashed();
        let hint = plain.hint();
        let text = plain.reveal();
        assert!(text.starts_with("ptcsec_") && hint.starts_with("ptcsec_…") && text.ends_with(&hint[hint.len() - 4..]));
        let presented = Presented::<ClientSecret>::parse(&brand, &text).expect("well formed");
        assert!(presented.matches(&hashed.to_row()));
        assert!(!presented.matches(&other.hashed().to_row()));
        assert!(!presented.matches(&hashed.to_row()[1..]) && !presented.matches(&[]));
    }

    #[test]
    fn req_087_a_changed_token_is_refused_before_the_database() {
        let (selector, text) = minted();
        let brand = TokenBrand::default();
        let parse = |text: &str| Presented::<AccessToken>::parse(&brand, text);
        assert_eq!(parse(&text).expect("well formed").selector(), selector);
        let swapped: String = text
            .chars()
            .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
            .collect();
        for changed in [
            text[..text.len() - 1].to_owned(),
            format!("{text}0"),
            text.replacen("ptcot_", "ptcor_", 1),
            text.replacen("ptcot_", "fooot_", 1),
            swapped,
            String::new(),
            format!("{text}\n"),
            format!("ptcot_{}", "z".repeat(55)),
        ] {
            assert!(parse(&changed).is_err(), "{changed}");
        }
    }

    #[test]
    fn req_046_a_secret_of_one_kind_is_never_another() {
        let (_, text) = minted();
        assert!(Presented::<AuthorizationCode>::parse(&TokenBrand::default(), &text).is_err());
        assert!(Presented::<RefreshToken>::parse(&TokenBrand::default(), &text).is_err());
    }

    #[test]
    fn req_131_no_secret_prints_itself() {
        let entropy = SeededEntropy::new(1);
        let plain = Plain::<AccessToken>::mint(&TokenBrand::default(), Uuid::nil(), &entropy);
        let printed = format!("{plain:?}{:?}", plain.hashed());
        let text = plain.reveal();
        assert!(!printed.contains(&text[6..]) && printed.len() < 60);
    }
}
