//! Token policies: named sets of formats and lifetimes, chosen per app (PROTOCOL section 1, *Token policy*).

use serde::{Deserialize, Serialize};

use crate::jwt::SigningAlgorithm;

/// Lifetime of an authorization code in seconds, under each shipped policy (requirement 45).
pub const CODE_SECONDS: i64 = 300;
/// Lifetime of a pending grant in seconds.
pub const PENDING_GRANT_SECONDS: i64 = 600;

/// What happens with refresh tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refresh {
    /// None is issued.
    None,
    /// The presented one comes back; confidential clients only.
    Persistent,
    /// A new one each time; the preceding one gives the same answer again within the grace.
    Rotating {
        /// 0 to 300; 0 means 0.
        grace_seconds: i64,
    },
}

/// What an access token looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessFormat {
    /// A random text whose hash is kept.
    Opaque,
    /// A signed JWT (RFC 9068); its row is kept all the same, so that it can be listed and ended.
    Jwt(SigningAlgorithm),
}

/// How many live tokens an install may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiveTokens {
    /// A new exchange for the key ends the previous pair in the same transaction.
    One,
    /// Each exchange stands beside the others.
    Many,
}

/// A named policy of the instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPolicy {
    /// Its name, as configuration and the app's row have it.
    pub name: String,
    /// Lifetime of an authorization code in seconds.
    pub code_seconds: i64,
    /// What an access token looks like.
    pub access_format: AccessFormat,
    /// Lifetime of an access token in seconds; none means that it never ends.
    pub access_seconds: Option<i64>,
    /// What happens with refresh tokens.
    pub refresh: Refresh,
    /// A refresh token that is not used for so many seconds ends.
    pub refresh_idle_seconds: Option<i64>,
    /// A family ends so many seconds after the exchange that began it.
    pub refresh_absolute_seconds: Option<i64>,
    /// Whether the response has `expires_at`.
    pub expires_at_in_response: bool,
    /// How many live tokens an install may have.
    pub live_tokens: LiveTokens,
    /// Where an absent `response_type` means `code` and an absent `state` is `invalid_request` (PROTOCOL section 1: `fera`).
    pub state_instead_of_response_type: bool,
    /// Whether the scope `profile` includes the claim `email` (PROTOCOL section 1: `financefeast`).
    pub profile_includes_email: bool,
}

impl TokenPolicy {
    /// `standard`: opaque, 24 h; rotating with a grace of 30 s, idle 90 days; one live token.
    pub fn standard() -> Self {
        Self {
            name: "standard".to_owned(),
            code_seconds: CODE_SECONDS,
            access_format: AccessFormat::Opaque,
            access_seconds: Some(86_400),
            refresh: Refresh::Rotating { grace_seconds: 30 },
            refresh_idle_seconds: Some(90 * 86_400),
            refresh_absolute_seconds: None,
            expires_at_in_response: false,
            live_tokens: LiveTokens::One,
            state_instead_of_response_type: false,
            profile_includes_email: false,
        }
    }

    /// `featureos`: opaque, 24 h; the refresh token that was presented comes back; one live token.
    pub fn featureos() -> Self {
        Self {
            name: "featureos".to_owned(),
            refresh: Refresh::Persistent,
            refresh_idle_seconds: None,
            ..Self::standard()
        }
    }

    /// `fera`: opaque, never ends, no refresh token; many live tokens.
    pub fn fera() -> Self {
        Self {
            name: "fera".to_owned(),
            access_seconds: None,
            refresh: Refresh::None,
            refresh_idle_seconds: None,
            live_tokens: LiveTokens::Many,
            state_instead_of_response_type: true,
            ..Self::standard()
        }
    }

    /// `apiera`: a JWT signed with RS256, 24 h, no refresh token; many live tokens.
    pub fn apiera() -> Self {
        Self {
            name: "apiera".to_owned(),
            access_format: AccessFormat::Jwt(SigningAlgorithm::Rs256),
            refresh: Refresh::None,
            refresh_idle_seconds: None,
            live_tokens: LiveTokens::Many,
            ..Self::standard()
        }
    }

    /// `financefeast`: opaque, 10 days, no refresh token, `expires_at` in the response; many live tokens.
    pub fn financefeast() -> Self {
        Self {
            name: "financefeast".to_owned(),
            access_seconds: Some(864_000),
            refresh: Refresh::None,
            refresh_idle_seconds: None,
            expires_at_in_response: true,
            live_tokens: LiveTokens::Many,
            profile_includes_email: true,
            ..Self::standard()
        }
    }

    /// The five that every instance has (PROTOCOL section 1, *Token policy*).
    pub fn shipped() -> Vec<Self> {
        vec![Self::standard(), Self::featureos(), Self::fera(), Self::apiera(), Self::financefeast()]
    }
}

/// The policies of the instance; `standard` is always among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPolicies(Vec<TokenPolicy>);

impl Default for TokenPolicies {
    fn default() -> Self {
        Self(TokenPolicy::shipped())
    }
}

impl TokenPolicies {
    /// The policy named `name`.
    pub fn get(&self, name: &str) -> Option<&TokenPolicy> {
        self.0.iter().find(|policy| policy.name == name)
    }

    /// Every policy.
    pub fn all(&self) -> &[TokenPolicy] {
        &self.0
    }
}
