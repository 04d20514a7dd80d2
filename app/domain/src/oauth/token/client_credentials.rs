//! Tokens by the app's own credentials (RFC 6749 section 4.4; PROTOCOL section 1, *`client_credentials`*; requirement
//! 61).

use super::super::Server;
use super::super::error::{ErrorCode, OAuthError, invalid_request};
use super::super::standing::{Acting, Standing};
use super::{Grounds, Issue, may_use};
use crate::client::{ActorMode, Client, GrantType};
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// RFC 6749 section 4.4.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCredentialsRequest {
    /// `organization` (alias `store`) as it was sent: an id, a slug or a domain.
    pub organization: Option<String>,
    /// `scope`; none asks for all that the install was granted.
    pub scope: Option<ScopeSet>,
    /// `audience` or `resource`, one of the instance's; its first where none was named.
    pub audience: String,
}

impl ClientCredentialsRequest {
    /// What a client is told of an organization that is missing, unknown, suspended, or without an active install of
    /// the app itself: one and the same, so that nobody can find out who is a customer.
    pub fn no_organization() -> OAuthError {
        invalid_request("Missing or invalid organization. Name one in which this app is installed as itself.")
    }

    /// Judges the request of an authenticated client over the app's own install and the organization to which
    /// `organization` leads; none where it leads to none.
    pub fn evaluate(
        &self,
        standing: Option<&Standing>,
        client: &Client,
        server: &Server,
        now: Timestamp,
    ) -> Result<Issue, OAuthError> {
        may_use(client, GrantType::ClientCredentials)?;
        if !client.actor_modes.allows(ActorMode::App) {
            return Err(OAuthError::new(ErrorCode::UnauthorizedClient, "This app never acts as itself."));
        }
        let standing = standing.filter(|standing| standing.acting == Acting::App && standing.holds(client));
        let standing = standing.ok_or_else(Self::no_organization)?;
        // The app's present scopes bound the install's: what it gave up is not asked for by silence, nor granted.
        let granted = standing.snapshot.intersection(&client.scopes());
        if granted.is_empty() || self.scope.as_ref().is_some_and(|asked| !asked.is_subset(&granted)) {
            let text = "The install was granted less than this, or the app may not ask for it any more.";
            return Err(OAuthError::new(ErrorCode::InvalidScope, text));
        }
        let grounds = Grounds { standing, granted: &granted, audience: &self.audience, began: now };
        let issue = grounds.issue((self.scope.as_ref(), None), client, server, now)?;
        // RFC 6749 section 4.4.3: the credentials themselves are what is presented again.
        Ok(Issue { refresh: false, refresh_expires_at: None, ..issue })
    }
}

#[cfg(test)]
#[path = "client_credentials_tests.rs"]
mod tests;
