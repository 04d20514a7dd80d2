//! Introspection (RFC 7662): who may ask about which token, and the answer (requirements 80 and 81).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::client_auth::{Claim, Denied};
use super::standing::Standing;
use super::token::TokenType;
use crate::client::{ActorMode, Client, ClientId, ClientType};
use crate::id::{InstallId, OrgId, UserId};
use crate::scope::{Catalogue, ScopeSet};
use crate::time::Timestamp;

/// Who asks, authenticated.
#[derive(Clone, Debug)]
pub enum Caller {
    /// A resource server: sees the access tokens for its audience, as long as the instance knows that audience.
    ResourceServer {
        /// Its audience.
        audience: String,
    },
    /// A confidential app: sees its own tokens, refresh tokens included.
    App(Arc<Client>),
}

impl Caller {
    /// An authenticated client as a caller; a public one is refused, because anybody could be it (requirement 80).
    pub fn client(client: Arc<Client>, claim: &Claim) -> Result<Self, Denied> {
        match client.client_type() {
            ClientType::Confidential => Ok(Self::App(client)),
            ClientType::Public => Err(claim.denied()),
        }
    }
}

/// What is known of a presented token. One that no row has is [`Introspection::Inactive`].
#[derive(Clone, Debug)]
pub struct TokenFacts {
    /// Whether it is a refresh token.
    pub refresh: bool,
    /// What it was issued for.
    pub scopes: ScopeSet,
    /// What it is for.
    pub audience: String,
    /// When it was issued.
    pub created_at: Timestamp,
    /// Its end; none when it never ends.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked or, a refresh token, rotated away.
    pub ended_at: Option<Timestamp>,
    /// What it rests on.
    pub standing: Standing,
    /// Its install.
    pub install: InstallId,
    /// The target organization.
    pub organization: OrgId,
    /// The person, for `self`.
    pub user: Option<UserId>,
}

/// The answer. Whatever is not active is exactly `{"active":false}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Introspection {
    /// A live token, to a caller who may see it.
    Active(Box<ActiveToken>),
    /// Everything else.
    Inactive(Inactive),
}

/// `{"active":false}` and nothing else (requirement 81).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inactive {
    active: bool,
}

impl Introspection {
    /// The answer about a token that the caller may not see, or that nobody issued.
    pub const INACTIVE: Self = Self::Inactive(Inactive { active: false });
}

/// A live token (RFC 7662 section 2.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveToken {
    /// Always true.
    pub active: bool,
    /// What the token may do now.
    pub scope: ScopeSet,
    /// The app.
    pub client_id: ClientId,
    /// `Bearer`; a refresh token has none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token_type: Option<TokenType>,
    /// Its end in Unix seconds; none when it never ends.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exp: Option<i64>,
    /// Its issue in Unix seconds.
    pub iat: i64,
    /// Who acts: the person's id for `self`, else the client id.
    pub sub: String,
    /// What it is for.
    pub aud: String,
    /// Who issued it.
    pub iss: String,
    /// The target organization.
    pub organization: OrgId,
    /// Who acts.
    pub actor: ActorMode,
    /// The install.
    pub install: InstallId,
}

/// Answers `caller` about a token of `client`.
pub fn evaluate(
    caller: &Caller,
    token: &TokenFacts,
    client: &Client,
    server: &super::Server,
    now: Timestamp,
) -> Introspection {
    tell(caller, token, client, server, || token.effective(client, &server.catalogue, now))
}

/// The same, where `effective` tells what the token may do now.
pub fn tell(
    caller: &Caller,
    token: &TokenFacts,
    client: &Client,
    server: &super::Server,
    effective: impl FnOnce() -> Option<ScopeSet>,
) -> Introspection {
    if !caller.may_see(token, client, &server.audiences) {
        return Introspection::INACTIVE;
    }
    match effective() {
        Some(scope) => Introspection::Active(Box::new(token.describe(scope, client, &server.issuer))),
        None => Introspection::INACTIVE,
    }
}

impl Caller {
    fn may_see(&self, token: &TokenFacts, client: &Client, audiences: &[String]) -> bool {
        match self {
            Self::ResourceServer { audience } => {
                !token.refresh && token.audience == *audience && audiences.contains(audience)
            }
            Self::App(own) => client.app == own.app,
        }
    }
}

impl TokenFacts {
    /// What the token may do at `now`; none when it is over. The same rule serves whoami and the API's check.
    pub fn effective(&self, client: &Client, catalogue: &Catalogue, now: Timestamp) -> Option<ScopeSet> {
        if self.over(now) { None } else { self.standing.effective(&self.scopes, client, catalogue) }
    }

    /// Whether it has ended or been ended at `now`.
    pub fn over(&self, now: Timestamp) -> bool {
        self.ended_at.is_some() || self.expires_at.is_some_and(|end| now >= end)
    }

    fn describe(&self, scope: ScopeSet, client: &Client, issuer: &str) -> ActiveToken {
        ActiveToken {
            active: true,
            scope,
            client_id: client.client_id.clone(),
            token_type: (!self.refresh).then_some(TokenType::Bearer),
            exp: self.expires_at.map(Timestamp::unix_seconds),
            iat: self.created_at.unix_seconds(),
            sub: self.user.map_or_else(|| client.client_id.to_string(), |user| user.to_string()),
            aud: self.audience.clone(),
            iss: issuer.to_owned(),
            organization: self.organization,
            actor: self.standing.acting.mode(),
            install: self.install,
        }
    }
}

#[cfg(test)]
#[path = "introspect_tests.rs"]
mod tests;
