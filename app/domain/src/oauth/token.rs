//! The token endpoint: what is asked, and what becomes of it (RFC 6749 sections 4.1.3 and 6, RFC 7636 section 4.6).
//!
//! [`parse`] reads the request of an authenticated client; [`CodeRequest::evaluate`] and [`RefreshRequest::evaluate`]
//! judge it over loaded facts. The store commits what they say.

use serde::{Deserialize, Serialize};

use super::error::{ErrorCode, OAuthError, invalid_grant, invalid_request};
use super::params::{Params, Sensitive};
use super::standing::Standing;
use super::{Server, authorize};
use crate::client::{ActorMode, Client, ClientType};
use crate::id::AppId;
use crate::organization::Status;
use crate::pkce::{CodeChallenge, CodeVerifier};
use crate::role::Role;
use crate::scope::{Catalogue, ScopeSet};
use crate::time::Timestamp;
use crate::token_policy::{Refresh, TokenPolicy};

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

/// RFC 6749 section 4.1.3. `scope` is ignored (requirement 48).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRequest {
    /// `code`, as it was sent.
    pub code: Sensitive,
    /// `redirect_uri`, as it was sent.
    pub redirect_uri: Option<String>,
    /// `code_verifier`, as it was sent: one that is malformed is a wrong one, and burns the code.
    pub code_verifier: Option<Sensitive>,
    /// `resource` or `audience`, one of the instance's.
    pub resource: Option<String>,
}

/// RFC 6749 section 6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshRequest {
    /// `refresh_token`, as it was sent.
    pub refresh_token: Sensitive,
    /// `scope`; none asks for all that was granted.
    pub scope: Option<ScopeSet>,
    /// `resource` or `audience`, one of the instance's.
    pub resource: Option<String>,
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

/// What is known of a presented code. A code that no row has is [`unknown`].
#[derive(Clone, Debug)]
pub struct CodeFacts {
    /// The app that it was issued to.
    pub app: AppId,
    /// `redirect_uri` as it was sent to the authorization endpoint.
    pub redirect_uri: Option<String>,
    /// The challenge that was sent there.
    pub code_challenge: Option<CodeChallenge>,
    /// Its end: at that very moment it is over (requirement 45).
    pub expires_at: Timestamp,
    /// When it was redeemed.
    pub used_at: Option<Timestamp>,
    /// When it was burned or revoked.
    pub revoked_at: Option<Timestamp>,
    /// What was granted.
    pub scopes: ScopeSet,
    /// What its tokens are for.
    pub audience: String,
    /// What it rests on, and who will act.
    pub standing: Standing,
    /// Whether the person who consented may sign in: until the exchange that counts in either actor mode.
    pub person: Status,
    /// His role in the target organization; none when he left it.
    pub role: Option<Role>,
    /// Whether he installed it by the Test install button.
    pub test: bool,
}

/// What becomes of a presented code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeDecision {
    /// Redeem it, once, and issue.
    Issue(Issue),
    /// Refuse; nothing changes.
    Deny(OAuthError),
    /// Refuse, and burn the code (requirement 36).
    Burn(OAuthError),
    /// Refuse with `invalid_grant`, and end every token that came of it (requirement 41).
    Replayed,
}

/// What is known of a presented refresh token. One that no row has is [`unknown`].
#[derive(Clone, Debug)]
pub struct RefreshFacts {
    /// The app that it was issued to.
    pub app: AppId,
    /// The idle end, if the policy sets one: at that very moment it is over.
    pub expires_at: Option<Timestamp>,
    /// When the family began.
    pub family_created_at: Timestamp,
    /// When it was rotated away.
    pub used_at: Option<Timestamp>,
    /// When it ended.
    pub revoked_at: Option<Timestamp>,
    /// The token that came after it.
    pub successor: Option<Successor>,
    /// The whole grant, which narrowing does not shrink (requirement 71).
    pub scopes: ScopeSet,
    /// What its tokens are for.
    pub audience: String,
    /// What it rests on.
    pub standing: Standing,
}

/// The refresh token that came after a presented one.
#[derive(Clone, Debug)]
pub struct Successor {
    /// Whether it was itself rotated away: then the presented one is not the immediately preceding one.
    pub used: bool,
    /// Whether it ended.
    pub revoked: bool,
    /// Whether its row still keeps the sealed answer.
    pub sealed: bool,
    /// The scopes of the access token in that answer.
    pub scopes: ScopeSet,
}

/// What becomes of a presented refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefreshDecision {
    /// Rotate (or, under a persistent policy, keep) it, and issue.
    Issue(Issue),
    /// Give the very same answer again, from the successor's row (PROTOCOL section 1, *Refresh replay*).
    Repeat,
    /// Refuse; nothing changes.
    Deny(OAuthError),
    /// Refuse with `invalid_grant`, and end the whole family (requirement 69).
    Replayed,
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

impl CodeRequest {
    /// Judges the code over its facts, for an authenticated client. The order matters: before the code is known to be
    /// this client's, and a replay to be its doing, nothing may end (requirement 42).
    pub fn evaluate(&self, code: &CodeFacts, client: &Client, catalogue: &Catalogue, now: Timestamp) -> CodeDecision {
        if code.app != client.app {
            return CodeDecision::Deny(invalid_grant());
        }
        let verified = self.verified(code);
        if code.used_at.is_some() {
            let counts = verified || client.client_type() == ClientType::Confidential;
            return if counts { CodeDecision::Replayed } else { CodeDecision::Deny(invalid_grant()) };
        }
        if code.revoked_at.is_some() || now >= code.expires_at {
            return CodeDecision::Deny(invalid_grant());
        }
        if !verified {
            return CodeDecision::Burn(invalid_grant());
        }
        if !self.same_redirect_uri(code, client) {
            return CodeDecision::Deny(invalid_grant());
        }
        if let Err(error) = same_audience(self.resource.as_deref(), &code.audience) {
            return CodeDecision::Deny(error);
        }
        if !code.consent_stands(client, catalogue) {
            return CodeDecision::Deny(invalid_grant());
        }
        match code.standing.effective(&code.scopes, client, catalogue) {
            Some(effective) if !effective.is_empty() => CodeDecision::Issue(Issue::new(
                &client.policy,
                (code.scopes.clone(), effective),
                &code.audience,
                now,
                now,
            )),
            _ => CodeDecision::Deny(invalid_grant()),
        }
    }

    /// RFC 7636 section 4.6; a verifier without a challenge is a downgrade (RFC 9700 section 2.1.1, requirement 35).
    fn verified(&self, code: &CodeFacts) -> bool {
        match (&code.code_challenge, &self.code_verifier) {
            (None, None) => true,
            (Some(challenge), Some(verifier)) => {
                verifier.expose().parse::<CodeVerifier>().is_ok_and(|verifier| challenge.is_met_by(&verifier))
            }
            _ => false,
        }
    }

    /// RFC 6749 section 4.1.3: the same as at the authorization endpoint. Omitted there, it may still be named here, as
    /// many libraries do, if it is a registered one.
    fn same_redirect_uri(&self, code: &CodeFacts, client: &Client) -> bool {
        match (&code.redirect_uri, &self.redirect_uri) {
            (Some(then), Some(now)) => then == now,
            (Some(_), None) => false,
            (None, Some(now)) => client.redirect_uris.iter().any(|uri| uri.matches(now)),
            (None, None) => true,
        }
    }
}

impl CodeFacts {
    /// Until the exchange the state and role of the person who consented count, in either actor mode (PROTOCOL section
    /// 1): he could consent to this now.
    fn consent_stands(&self, client: &Client, catalogue: &Catalogue) -> bool {
        let Some(role) = self.role.filter(|_| self.person == Status::Active) else { return false };
        match self.standing.acting.mode() {
            ActorMode::Myself => true,
            ActorMode::App => {
                let present = self.scopes.intersection(&client.scopes());
                (role.administers_installs() || self.test && role.makes_apps())
                    && present.within(role, catalogue) == present
            }
        }
    }
}

impl RefreshRequest {
    /// Judges the refresh token over its facts, for an authenticated client.
    pub fn evaluate(
        &self,
        token: &RefreshFacts,
        client: &Client,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> RefreshDecision {
        let deny = || RefreshDecision::Deny(invalid_grant());
        if token.app != client.app || token.revoked_at.is_some() {
            return deny();
        }
        match token.used_at {
            Some(used_at) if !token.within_grace(&client.policy, used_at, now) => return RefreshDecision::Replayed,
            None if token.is_over(&client.policy, now) => return deny(),
            _ => {}
        }
        let retried = token.successor.as_ref().filter(|_| token.used_at.is_some());
        match (self.scopes(token, client, catalogue), retried) {
            (Ok(scopes), None) => {
                let began = token.family_created_at;
                RefreshDecision::Issue(Issue::new(&client.policy, scopes, &token.audience, began, now))
            }
            (Err(error), None) => RefreshDecision::Deny(error),
            (Ok((asked, _)), Some(successor)) if successor.answered(&asked) => RefreshDecision::Repeat,
            // Another question is not a retry: it gets no answer, and ends nothing.
            (_, Some(_)) => deny(),
        }
    }

    /// What the access token gets, and what of it is in force now: less than was granted, or all of it, never more
    /// (requirement 71).
    fn scopes(
        &self,
        token: &RefreshFacts,
        client: &Client,
        catalogue: &Catalogue,
    ) -> Result<(ScopeSet, ScopeSet), OAuthError> {
        let present = token.standing.effective(&token.scopes, client, catalogue).ok_or_else(invalid_grant)?;
        same_audience(self.resource.as_deref(), &token.audience)?;
        let asked = self.scope.clone().unwrap_or_else(|| token.scopes.clone());
        if !asked.is_subset(&token.scopes) {
            return Err(OAuthError::new(ErrorCode::InvalidScope, "A refresh may ask for less, never for more."));
        }
        let effective = present.intersection(&asked);
        if effective.is_empty() { Err(invalid_grant()) } else { Ok((asked, effective)) }
    }
}

impl Successor {
    /// Whether its row keeps the answer to the request for these scopes.
    fn answered(&self, asked: &ScopeSet) -> bool {
        self.sealed && !self.revoked && self.scopes == *asked
    }
}

impl RefreshFacts {
    /// Whether a token that was rotated away at `used_at` is the immediately preceding one, within the grace. A grace
    /// of 0 is over at once, in the same millisecond too (requirement 70).
    fn within_grace(&self, policy: &TokenPolicy, used_at: Timestamp, now: Timestamp) -> bool {
        let Refresh::Rotating { grace_seconds } = policy.refresh else { return false };
        let preceding = self.successor.as_ref().is_some_and(|successor| !successor.used);
        preceding && now < used_at.plus_seconds(grace_seconds)
    }

    /// Idle and absolute end (requirement 72).
    fn is_over(&self, policy: &TokenPolicy, now: Timestamp) -> bool {
        let absolute = policy.refresh_absolute_seconds.map(|seconds| self.family_created_at.plus_seconds(seconds));
        [self.expires_at, absolute].into_iter().flatten().any(|end| now >= end)
    }
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
#[path = "token_tests.rs"]
mod tests;
