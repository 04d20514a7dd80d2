//! Token policies: named sets of formats and lifetimes, chosen per app (PROTOCOL section 1, *Token policy*).

use serde::{Deserialize, Serialize};

use crate::client::ClientType;
use crate::jwt::SigningAlgorithm;

/// The policy of an app that names none, and of one whose policy the configuration no longer has.
pub const STANDARD: &str = "standard";
/// Lifetime of an authorization code in seconds, under each shipped policy (requirement 45).
pub const CODE_SECONDS: i64 = 300;
/// Lifetime of a pending grant in seconds.
pub const PENDING_GRANT_SECONDS: i64 = 600;
/// The longest lifetime of an authorization code in seconds (requirement 45).
pub const MAX_CODE_SECONDS: i64 = 600;
/// The longest grace of a rotating refresh token in seconds.
pub const MAX_GRACE_SECONDS: i64 = 300;
/// The longest lifetime that a policy may name, ten years in seconds: beyond it somebody means "never".
pub const MAX_LIFETIME_SECONDS: i64 = 3650 * 86_400;
/// The longest name of a policy, in bytes.
const MAX_NAME_BYTES: usize = 40;

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
            name: STANDARD.to_owned(),
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

/// What makes no sense in a policy: one of its properties, why, and a value that would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyProblem {
    /// The property, as configuration names it.
    pub property: &'static str,
    /// What is wrong with it.
    pub cause: String,
    /// A good value, as TOML.
    pub example: &'static str,
}

impl PolicyProblem {
    fn new(property: &'static str, cause: impl Into<String>, example: &'static str) -> Self {
        Self { property, cause: cause.into(), example }
    }
}

impl TokenPolicy {
    /// Whether its access tokens end only by a revocation.
    pub const fn never_ends(&self) -> bool {
        self.access_seconds.is_none()
    }

    /// Whether a client of this type may have it: a refresh token that stays the same needs a client that authenticates
    /// (PROTOCOL section 1, *Token policy*).
    pub fn fits(&self, client_type: ClientType) -> bool {
        client_type == ClientType::Confidential || self.refresh != Refresh::Persistent
    }

    /// The policy as a client of this type has it. No app is saved with a policy that does not fit it, but a
    /// configuration may change under a saved one: then its refresh tokens rotate.
    #[must_use]
    pub fn for_client(self, client_type: ClientType) -> Self {
        if self.fits(client_type) { self } else { Self { refresh: Self::standard().refresh, ..self } }
    }

    /// What makes no sense in it; nothing for a good one.
    pub fn problems(&self) -> Vec<PolicyProblem> {
        let mut problems = Vec::new();
        let clean = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        if self.name.is_empty() || self.name.len() > MAX_NAME_BYTES || !self.name.bytes().all(clean) {
            let cause = format!("{:?} is not 1 to {MAX_NAME_BYTES} lower-case letters, digits, - or _", self.name);
            problems.push(PolicyProblem::new("name", cause, "kiosk"));
        }
        problems.extend(within("code_seconds", self.code_seconds, MAX_CODE_SECONDS, "300"));
        let lifetimes = [
            ("access_seconds", self.access_seconds),
            ("refresh_idle_seconds", self.refresh_idle_seconds),
            ("refresh_absolute_seconds", self.refresh_absolute_seconds),
        ];
        for (property, seconds) in lifetimes {
            let seconds = seconds.map(|seconds| within(property, seconds, MAX_LIFETIME_SECONDS, "86400"));
            problems.extend(seconds.flatten());
        }
        problems.extend(self.endless_jwt());
        problems.extend(self.refresh_problems());
        problems
    }

    /// Nobody could ever end it everywhere, so it does not exist.
    fn endless_jwt(&self) -> Option<PolicyProblem> {
        let jwt = matches!(self.access_format, AccessFormat::Jwt(_));
        let cause = "a JWT has to end, and this one never would: services verify it without asking, so a stolen one \
                     could not be taken back";
        (jwt && self.never_ends()).then(|| PolicyProblem::new("access_seconds", cause, "86400"))
    }

    fn refresh_problems(&self) -> Vec<PolicyProblem> {
        let mut problems = Vec::new();
        if let Refresh::Rotating { grace_seconds } = self.refresh
            && !(0..=MAX_GRACE_SECONDS).contains(&grace_seconds)
        {
            let cause = format!("{grace_seconds} is not a whole number from 0 to {MAX_GRACE_SECONDS}");
            problems.push(PolicyProblem::new("refresh_grace_seconds", cause, "30"));
        }
        if self.refresh == Refresh::None {
            let ends = [
                ("refresh_idle_seconds", self.refresh_idle_seconds),
                ("refresh_absolute_seconds", self.refresh_absolute_seconds),
            ];
            let given = ends.iter().filter(|(_, seconds)| seconds.is_some());
            let cause = "the policy has no refresh tokens that could end";
            problems.extend(given.map(|(property, _)| PolicyProblem::new(property, cause, "\"never\"")));
        } else if self.never_ends() {
            let cause = "access tokens that never end need no refresh tokens";
            problems.push(PolicyProblem::new("refresh", cause, "\"none\""));
        }
        problems
    }
}

/// What is wrong with a number of seconds.
fn within(property: &'static str, seconds: i64, most: i64, example: &'static str) -> Option<PolicyProblem> {
    let cause = || format!("{seconds} is not a whole number from 1 to {most}");
    (!(1..=most).contains(&seconds)).then(|| PolicyProblem::new(property, cause(), example))
}

/// The policies of the instance; `standard` is always among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPolicies {
    all: Vec<TokenPolicy>,
    offered: Vec<String>,
}

impl Default for TokenPolicies {
    /// The five shipped ones, each offered.
    fn default() -> Self {
        let all = TokenPolicy::shipped();
        let offered = all.iter().map(|policy| policy.name.clone()).collect();
        Self { all, offered }
    }
}

/// Why there is no such set of policies: the operator would offer one that does not exist, or none at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferProblem {
    /// There is no such policy.
    #[error("names {unknown:?}, and there is no such token policy; there are {}", known.join(", "))]
    Unknown {
        /// The name.
        unknown: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// Nobody could register an app.
    #[error("offers nothing: partners need at least one token policy to choose")]
    Nothing,
}

impl TokenPolicies {
    /// `all` over the shipped ones (one of the same name takes its place), of which partners may choose `offered`.
    pub fn new(all: Vec<TokenPolicy>, offered: Vec<String>) -> Result<Self, OfferProblem> {
        let mut policies = TokenPolicy::shipped();
        for policy in all {
            match policies.iter_mut().find(|held| held.name == policy.name) {
                Some(held) => *held = policy,
                None => policies.push(policy),
            }
        }
        if let Some(unknown) = offered.iter().find(|name| !policies.iter().any(|policy| policy.name == **name)) {
            let known = policies.into_iter().map(|policy| policy.name).collect();
            return Err(OfferProblem::Unknown { unknown: unknown.clone(), known });
        }
        if offered.is_empty() { Err(OfferProblem::Nothing) } else { Ok(Self { all: policies, offered }) }
    }

    /// The policy named `name`.
    pub fn get(&self, name: &str) -> Option<&TokenPolicy> {
        self.all.iter().find(|policy| policy.name == name)
    }

    /// The policy of an app whose row says `name`: `standard` where the configuration no longer has it.
    pub fn of_app(&self, name: &str, client_type: ClientType) -> TokenPolicy {
        let policy = self.get(name).or_else(|| self.get(STANDARD)).cloned();
        policy.unwrap_or_else(TokenPolicy::standard).for_client(client_type)
    }

    /// Every policy.
    pub fn all(&self) -> &[TokenPolicy] {
        &self.all
    }

    /// Those that partners may choose, in the operator's order.
    pub fn offered(&self) -> impl Iterator<Item = &TokenPolicy> {
        self.offered.iter().filter_map(|name| self.get(name))
    }

    /// Whether partners may choose the policy named `name`.
    pub fn is_offered(&self, name: &str) -> bool {
        self.offered.iter().any(|offered| offered == name)
    }

    /// The policy that a form of a new app begins with: `standard`, or the first that is offered.
    pub fn first_choice(&self) -> &str {
        let standard = Some(STANDARD).filter(|name| self.is_offered(name));
        standard.or_else(|| self.offered.first().map(String::as_str)).unwrap_or(STANDARD)
    }
}

#[cfg(test)]
#[path = "token_policy_tests.rs"]
mod tests;
