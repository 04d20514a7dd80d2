//! What a presented token is worth now: for the resource API and for introspection. One rule for both
//! ([`crate::oauth::standing::Standing::effective`]).

use std::sync::Arc;

use sea_orm::DbErr;

use super::Store;
use super::cache::{Ahead, Read};
use super::grounds::Grounded;
use crate::client::{ActorMode, Client};
use crate::entity::refresh_token;
use crate::id::{AccessTokenId, InstallId, RefreshTokenId, UserId};
use crate::oauth::Server;
use crate::oauth::introspect::{self, Caller, Introspection, TokenFacts};
use crate::portal::OrganizationName;
use crate::scope::ScopeSet;
use crate::secret::{Presented, RefreshToken};
use crate::time::Timestamp;

pub use super::claimed::Verdict;

/// A live access token at the resource API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The token's row.
    pub token: AccessTokenId,
    /// The app, without its redirect URIs: nothing is sent anywhere.
    pub client: Arc<Client>,
    /// The install.
    pub install: InstallId,
    /// The target organization.
    pub organization: OrganizationName,
    /// Who acts.
    pub actor: ActorMode,
    /// The person, for `self`.
    pub user: Option<BearerUser>,
    /// What the token may do now.
    pub scopes: ScopeSet,
    /// Where it is good.
    pub audience: String,
    /// Whether a resource server is registered for that audience: then our own API leaves the token to it.
    pub audience_taken: bool,
    /// When it ends; none means never.
    pub expires_at: Option<Timestamp>,
}

/// The person as whom a token acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BearerUser {
    /// Who.
    pub id: UserId,
    /// His name.
    pub name: String,
    /// His e-mail address.
    pub email: String,
}

impl Store {
    /// The live access token that `text` is, with what it may do now; none for anything else (requirements 81, 87).
    /// The caller still checks its audience and scopes.
    pub async fn bearer(&self, text: &str) -> Result<Option<Bearer>, DbErr> {
        match self.judge_bearer(text).await? {
            Verdict::Live(bearer) => Ok(Some(*bearer)),
            Verdict::Expired { .. } | Verdict::Worthless => Ok(None),
        }
    }

    /// The same, and of a token that was good whether only its end has passed.
    pub async fn judge_bearer(&self, text: &str) -> Result<Verdict, DbErr> {
        let Some(claimed) = self.claimed_afresh(text).await? else { return Ok(Verdict::Worthless) };
        let known = self.known_token(claimed.id()).await?.filter(|known| claimed.fits(&known.row));
        let now = self.now();
        let Some(known) = known else {
            let Some(audience) = claimed.expired(now).map(str::to_owned) else { return Ok(Verdict::Worthless) };
            let audience_taken = Box::pin(self.is_audience_taken(&audience)).await?;
            return Ok(Verdict::Expired { audience, audience_taken });
        };
        let server = self.server().await?;
        let (row, client) = (&known.row, &known.client);
        let Some(scopes) = known.effective(&server.catalogue, now) else {
            let expired = row.revoked_at.is_none() && row.expires_at.is_some_and(|end| now >= end);
            let (audience, audience_taken) = (row.audience.clone(), known.audience_taken);
            return Ok(if expired { Verdict::Expired { audience, audience_taken } } else { Verdict::Worthless });
        };
        Ok(Verdict::Live(Box::new(Bearer {
            token: row.id,
            client: client.clone(),
            install: row.install_id,
            organization: known.organization.clone(),
            actor: row.actor,
            user: known.user.clone(),
            scopes,
            audience: row.audience.clone(),
            audience_taken: known.audience_taken,
            expires_at: row.expires_at,
        })))
    }

    /// Answers an authenticated caller about a token (RFC 7662).
    pub async fn introspect(&self, caller: &Caller, text: &str) -> Result<Introspection, DbErr> {
        self.introspect_after(Ahead::default(), caller, text).await
    }

    /// The same, where some of it was read [`Ahead`].
    pub async fn introspect_after(&self, ahead: Ahead, caller: &Caller, text: &str) -> Result<Introspection, DbErr> {
        let server = self.server().await?;
        let read = match ahead.0 {
            Read::Nothing => self.read_token_of(caller, text).await?,
            read => read,
        };
        let now = self.now();
        match (read, caller) {
            (Read::Access(claimed, Some(known)), _) if claimed.fits(&known.row) => {
                let effective = || known.effective(&server.catalogue, now);
                Ok(introspect::tell(caller, &known.facts, &known.client, &server, effective))
            }
            (Read::Refresh(presented, Some(found)), Caller::App(client)) => {
                Ok(introspect_refresh(caller, client, &presented, *found, &server, now))
            }
            // No resource server is told of a refresh token.
            _ => Ok(Introspection::INACTIVE),
        }
    }

    /// What `text` is, for a caller who proved who he is.
    async fn read_token_of(&self, caller: &Caller, text: &str) -> Result<Read, DbErr> {
        if let Some(claimed) = self.claimed_surely(text).await? {
            let known = self.known_token(claimed.id()).await?;
            return Ok(Read::Access(claimed, known));
        }
        let presented = Presented::<RefreshToken>::parse(&self.settings().brand, text);
        let (Ok(presented), Caller::App(_)) = (presented, caller) else { return Ok(Read::Nothing) };
        let found = Box::pin(self.grounded_refresh(RefreshTokenId(presented.selector()))).await?;
        Ok(Read::Refresh(presented, found.map(Box::new)))
    }

    /// Notes that a token was used now.
    pub fn used(&self, bearer: &Bearer) {
        self.note_install(bearer.client.app, bearer.install);
    }
}

/// Answers `caller`, an app whose client is `client`, about the refresh token `presented`, of which `found` is the row.
fn introspect_refresh(
    caller: &Caller,
    client: &Client,
    presented: &Presented<RefreshToken>,
    found: Grounded<refresh_token::Model>,
    server: &Server,
    now: Timestamp,
) -> Introspection {
    let Grounded { row, standing, .. } = found;
    if row.app_id != client.app || !presented.matches(&row.token_hash) {
        return Introspection::INACTIVE;
    }
    let facts = TokenFacts {
        refresh: true,
        scopes: row.scopes,
        audience: row.audience,
        created_at: row.created_at,
        expires_at: row.expires_at,
        ended_at: row.revoked_at.or(row.used_at),
        standing,
        install: row.install_id,
        organization: row.organization_id,
        user: row.user_id,
    };
    introspect::evaluate(caller, &facts, client, server, now)
}
