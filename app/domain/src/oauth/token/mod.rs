//! The token endpoint: what is asked, and what becomes of it (RFC 6749 sections 4.1.3 and 6, RFC 7636 section 4.6).
//!
//! [`parse`] reads the request of an authenticated client; [`CodeRequest::evaluate`] and [`RefreshRequest::evaluate`]
//! judge it over loaded facts. The store commits what they say.

use serde::{Deserialize, Serialize};

pub use self::code::{CodeDecision, CodeFacts, CodeRequest};
pub use self::refresh::{RefreshDecision, RefreshFacts, RefreshRequest, Successor};
use super::error::{ErrorCode, OAuthError, invalid_grant, invalid_request};
use super::params::{Params, Sensitive};
use super::{Server, authorize};
use crate::client::Client;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use crate::token_policy::{Refresh, TokenPolicy};

mod code;
mod refresh;

/// The parameters that may come once (requirement 59). `resource` may be repeated (RFC 8707).
const ONCE: [&str; 7] = ["audience", "code", "code_verifier", "grant_type", "redirect_uri", "refresh_token", "scope"];

/// A token request of an authenticated client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenRequest {
    /// `grant_type=authorization_code`.
    Code(CodeRequest),
    /// `grant_type=refresh_token`.
    Refresh(RefreshRequest),
}

/// Reads the token request of an authenticated `client`.
pub fn parse(params: &Params, client: &Client, server: &Server) -> Result<TokenRequest, OAuthError> {
    params.once(&ONCE)?;
    let resource = authorize::resource(params, server)?;
    let required = |name: &str| {
        let value = params.get(name).ok_or_else(|| invalid_request(format!("The parameter {name} is missing.")));
        value.map(Sensitive::from)
    };
    match params.get("grant_type") {
        Some("authorization_code") => Ok(TokenRequest::Code(CodeRequest {
            code: required("code")?,
            redirect_uri: params.get("redirect_uri").map(str::to_owned),
            code_verifier: params.get("code_verifier").map(Sensitive::from),
            resource,
        })),
        Some("refresh_token") if client.policy.refresh == Refresh::None => {
            Err(OAuthError::new(ErrorCode::UnauthorizedClient, "This app has no refresh tokens."))
        }
        Some("refresh_token") => Ok(TokenRequest::Refresh(RefreshRequest {
            refresh_token: required("refresh_token")?,
            scope: scope(params)?,
            resource,
        })),
        Some(_) => Err(OAuthError::new(
            ErrorCode::UnsupportedGrantType,
            "The grant types are authorization_code and refresh_token.",
        )),
        None => Err(invalid_request("The parameter grant_type is missing.")),
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
        audience: &str,
        family_created_at: Timestamp,
        now: Timestamp,
    ) -> Self {
        let idle = policy.refresh_idle_seconds.map(|seconds| now.plus_seconds(seconds));
        let absolute = policy.refresh_absolute_seconds.map(|seconds| family_created_at.plus_seconds(seconds));
        Self {
            scopes,
            effective,
            audience: audience.to_owned(),
            access_expires_at: policy.access_seconds.map(|seconds| now.plus_seconds(seconds)),
            refresh: policy.refresh != Refresh::None,
            refresh_expires_at: [idle, absolute].into_iter().flatten().min(),
        }
    }
}

/// RFC 8707 section 2.2: a token request may repeat the audience of the grant, and name no other.
fn same_audience(named: Option<&str>, granted: &str) -> Result<(), OAuthError> {
    match named {
        Some(named) if named != granted => {
            Err(OAuthError::new(ErrorCode::InvalidTarget, "The grant is for another audience."))
        }
        _ => Ok(()),
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
