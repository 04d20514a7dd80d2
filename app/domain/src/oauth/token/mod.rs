//! The token endpoint: what is asked, and what becomes of it (RFC 6749 sections 4.1.3, 4.4 and 6, RFC 7636 section 4.6).
//!
//! [`parse`] reads the request of an authenticated client; [`CodeRequest::evaluate`], [`RefreshRequest::evaluate`] and
//! [`ClientCredentialsRequest::evaluate`] judge it over loaded facts: each what is its own, and then all of them by the
//! one pipeline of `Grounds::issue` (requirement 125). The store commits what they say.

use serde::{Deserialize, Serialize};

pub use self::claims::{AccessClaims, Holder};
pub use self::client_credentials::ClientCredentialsRequest;
pub use self::code::{CodeDecision, CodeFacts, CodeRequest};
pub use self::refresh::{RefreshDecision, RefreshFacts, RefreshRequest, Successor};
use super::error::{ErrorCode, OAuthError, invalid_grant, invalid_request};
use super::params::{Params, Sensitive};
use super::standing::Standing;
use super::{Server, authorize};
use crate::client::{Client, ClientType, GrantType};
use crate::role::Permission;
use crate::scope::{Catalogue, ScopeSet};
use crate::time::Timestamp;
use crate::token_policy::{Refresh, TokenPolicy};

mod claims;
mod client_credentials;
mod code;
mod refresh;

/// The parameters that may come once (requirement 59). Several `resource` are `invalid_target`.
const ONCE: [&str; 9] = [
    "audience",
    "code",
    "code_verifier",
    "grant_type",
    "organization",
    "redirect_uri",
    "refresh_token",
    "scope",
    "store",
];

/// A token request of an authenticated client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenRequest {
    /// `grant_type=authorization_code`.
    Code(CodeRequest),
    /// `grant_type=refresh_token`.
    Refresh(RefreshRequest),
    /// `grant_type=client_credentials`.
    ClientCredentials(ClientCredentialsRequest),
}

/// Reads the token request of an authenticated `client`.
pub fn parse(params: &Params, client: &Client, server: &Server) -> Result<TokenRequest, OAuthError> {
    params.once(&ONCE)?;
    let grant = params.get("grant_type").ok_or_else(|| invalid_request("The parameter grant_type is missing."))?;
    let grant: GrantType = grant.parse().map_err(|_| {
        let known = "The grant types are authorization_code, refresh_token and client_credentials.";
        OAuthError::new(ErrorCode::UnsupportedGrantType, known)
    })?;
    may_use(client, grant)?;
    let resource = authorize::resource(params, server)?;
    let required = |name: &str| {
        let value = params.get(name).ok_or_else(|| invalid_request(format!("The parameter {name} is missing.")));
        value.map(Sensitive::from)
    };
    Ok(match grant {
        GrantType::AuthorizationCode => TokenRequest::Code(CodeRequest {
            code: required("code")?,
            redirect_uri: params.get("redirect_uri").map(str::to_owned),
            code_verifier: params.get("code_verifier").map(Sensitive::from),
            resource,
        }),
        GrantType::RefreshToken => TokenRequest::Refresh(RefreshRequest {
            refresh_token: required("refresh_token")?,
            scope: scope(params)?,
            resource,
        }),
        GrantType::ClientCredentials => TokenRequest::ClientCredentials(ClientCredentialsRequest {
            organization: authorize::organization(params)?,
            scope: scope(params)?,
            audience: resource.unwrap_or_else(|| server.default_audience().to_owned()),
        }),
    })
}

/// Whether this grant is open to the client (RFC 6749 section 5.2, requirement 60).
fn may_use(client: &Client, grant: GrantType) -> Result<(), OAuthError> {
    let refuse = |text: &'static str| Err(OAuthError::new(ErrorCode::UnauthorizedClient, text));
    match grant {
        GrantType::AuthorizationCode | GrantType::RefreshToken if !client.grants.allows_code() => {
            refuse("This app gets its tokens by client_credentials only.")
        }
        GrantType::RefreshToken if client.policy.refresh == Refresh::None => refuse("This app has no refresh tokens."),
        GrantType::ClientCredentials if !client.grants.allows_client_credentials() => {
            refuse("client_credentials is not switched on for this app.")
        }
        GrantType::ClientCredentials if client.client_type() == ClientType::Public => {
            refuse("A public client has no credentials of its own.")
        }
        _ => Ok(()),
    }
}

fn scope(params: &Params) -> Result<Option<ScopeSet>, OAuthError> {
    let malformed = || OAuthError::new(ErrorCode::InvalidScope, "The parameter scope is malformed.");
    let Some(text) = params.get("scope") else { return Ok(None) };
    let scopes: ScopeSet = text.parse().map_err(|_| malformed())?;
    if scopes.is_empty() { Err(malformed()) } else { Ok(Some(scopes)) }
}

/// What is issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The scopes of the access token's row: what was granted, narrowed if the request narrows.
    pub scopes: ScopeSet,
    /// `scope` of the response: what the token may do now.
    pub effective: ScopeSet,
    /// `permissions` of a JWT: those of `effective`.
    pub permissions: Vec<Permission>,
    /// What the token is for.
    pub audience: String,
    /// The end of the access token; none when it never ends.
    pub access_expires_at: Option<Timestamp>,
    /// Whether a refresh token belongs to the answer.
    pub refresh: bool,
    /// The end of that refresh token; none when it has none.
    pub refresh_expires_at: Option<Timestamp>,
}

/// The answer for a code or refresh token that is malformed or that no row has: no different from any other.
pub fn unknown() -> OAuthError {
    invalid_grant()
}

impl Issue {
    /// Lifetimes as the policy says, from `now`; no refresh token outlives its family's absolute end.
    fn new(
        policy: &TokenPolicy,
        (scopes, effective): (ScopeSet, ScopeSet),
        (audience, catalogue): (&str, &Catalogue),
        family_created_at: Timestamp,
        now: Timestamp,
    ) -> Self {
        let idle = policy.refresh_idle_seconds.map(|seconds| now.plus_seconds(seconds));
        let absolute = policy.refresh_absolute_seconds.map(|seconds| family_created_at.plus_seconds(seconds));
        Self {
            scopes,
            permissions: catalogue.permissions(&effective),
            effective,
            audience: audience.to_owned(),
            access_expires_at: policy.access_seconds.map(|seconds| now.plus_seconds(seconds)),
            refresh: policy.refresh != Refresh::None,
            refresh_expires_at: [idle, absolute].into_iter().flatten().min(),
        }
    }
}

/// What tokens are asked from, whatever the grant: what it rests on, and what was granted.
struct Grounds<'a> {
    /// Install, organization and person, as they stand now.
    standing: &'a Standing,
    /// What was granted.
    granted: &'a ScopeSet,
    /// For which audience.
    audience: &'a str,
    /// When the family of the tokens began.
    began: Timestamp,
}

impl Grounds<'_> {
    /// The one pipeline behind every grant (requirement 125): app in use, install and organization active and, for
    /// `self`, the person an active member; within the grant, the install's snapshot, the app's present scopes and, for
    /// `self`, his present role; in an actor mode that the app still has; for the audience of the grant, which the
    /// instance still knows; as the policy says. The store asks the same again where
    /// it commits; the snapshot only where it was remembered, as no verb makes it smaller.
    fn issue(
        &self,
        (scope, resource): (Option<&ScopeSet>, Option<&str>),
        client: &Client,
        server: &Server,
        now: Timestamp,
    ) -> Result<Issue, OAuthError> {
        let catalogue = &server.catalogue;
        let present = self.standing.effective(self.granted, client, catalogue).ok_or_else(invalid_grant)?;
        let known = server.audiences.iter().any(|audience| audience == self.audience);
        if !known || !client.actor_modes.allows(self.standing.acting.mode()) {
            return Err(invalid_grant());
        }
        // RFC 8707 section 2.2: a token request may repeat the audience of the grant, and name no other.
        if resource.is_some_and(|named| named != self.audience) {
            return Err(OAuthError::new(ErrorCode::InvalidTarget, "The grant is for another audience."));
        }
        let asked = scope.unwrap_or(self.granted);
        if !asked.is_subset(self.granted) {
            return Err(OAuthError::new(
                ErrorCode::InvalidScope,
                "A request may ask for less than was granted, never for more.",
            ));
        }
        let effective = present.intersection(asked);
        if effective.is_empty() {
            return Err(invalid_grant());
        }
        Ok(Issue::new(&client.policy, (asked.clone(), effective), (self.audience, catalogue), self.began, now))
    }
}

/// The answer of the token endpoint (RFC 6749 section 5.1; requirement 63).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    /// The access token: its one showing.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: TokenType,
    /// Whole seconds until the access token ends; none when it never does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_in: Option<i64>,
    /// The refresh token: its one showing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refresh_token: Option<String>,
    /// The ID token of a code with the scope `openid` ([`super::id_token`]); a refresh brings none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id_token: Option<String>,
    /// What the token may do.
    pub scope: ScopeSet,
    /// The end in Unix seconds, where the policy has it in the response.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<i64>,
}

words! {
    /// `token_type` (RFC 6750).
    TokenType {
        /// Whoever holds it may use it.
        Bearer = "Bearer",
    }
}

impl TokenResponse {
    /// The answer that carries `access_token` and `refresh_token` as `issue` says.
    pub fn new(
        issue: &Issue,
        policy: &TokenPolicy,
        access_token: String,
        refresh_token: Option<String>,
        now: Timestamp,
    ) -> Self {
        let mut response = Self {
            access_token,
            token_type: TokenType::Bearer,
            expires_in: None,
            refresh_token,
            id_token: None,
            scope: issue.effective.clone(),
            expires_at: None,
        };
        response.count_down(issue.access_expires_at, policy, now);
        response
    }

    /// Sets `expires_in` and `expires_at` as of `now`: an answer that is given again counts down.
    pub fn count_down(&mut self, access_expires_at: Option<Timestamp>, policy: &TokenPolicy, now: Timestamp) {
        self.expires_in = access_expires_at.map(|end| end.seconds_since(now).max(0));
        // From the same two numbers as `expires_in`, so that the two never disagree.
        let end = self.expires_in.map(|seconds| now.unix_seconds() + seconds);
        self.expires_at = end.filter(|_| policy.expires_at_in_response);
    }
}

impl std::fmt::Debug for TokenResponse {
    /// Without the tokens (requirement 131).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenResponse")
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
