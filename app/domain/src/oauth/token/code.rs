//! Redeeming an authorization code (RFC 6749 section 4.1.3, RFC 7636 section 4.6).

use super::super::Server;
use super::super::error::{OAuthError, invalid_grant};
use super::super::params::Sensitive;
use super::super::standing::Standing;
use super::{Grounds, Issue};
use crate::client::{ActorMode, Client, ClientType};
use crate::id::AppId;
use crate::organization::Status;
use crate::pkce::{CodeChallenge, CodeVerifier};
use crate::role::Role;
use crate::scope::{Catalogue, ScopeSet};
use crate::time::Timestamp;

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

/// What is known of a presented code. A code that no row has is [`super::unknown`].
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
    /// When it was burned or revoked, or what came of it ended.
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

impl CodeRequest {
    /// Judges the code over its facts, for an authenticated client. The order matters: before the code is known to be
    /// this client's, and a replay to be its doing, nothing may end (requirement 42).
    pub fn evaluate(&self, code: &CodeFacts, client: &Client, server: &Server, now: Timestamp) -> CodeDecision {
        if code.app != client.app {
            return CodeDecision::Deny(invalid_grant());
        }
        let verified = self.verified(code);
        if code.used_at.is_some() && code.revoked_at.is_none() {
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
        if !code.consent_stands(client, &server.catalogue) {
            return CodeDecision::Deny(invalid_grant());
        }
        let grounds = Grounds { standing: &code.standing, granted: &code.scopes, audience: &code.audience, began: now };
        match grounds.issue((None, self.resource.as_deref()), client, server, now) {
            Ok(issue) => CodeDecision::Issue(issue),
            Err(error) => CodeDecision::Deny(error),
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

#[cfg(test)]
#[path = "code_tests.rs"]
mod tests;
