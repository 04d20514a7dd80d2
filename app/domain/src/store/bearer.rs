//! What a presented token is worth now: for the resource API and for introspection. One rule for both
//! ([`crate::oauth::standing::Standing::effective`]).

use sea_orm::DbErr;

use super::Store;
use super::cache::Ahead;
use super::grounds::Grounded;
use crate::client::{ActorMode, Client, ClientId};
use crate::entity::refresh_token;
use crate::id::{AccessTokenId, AppId, InstallId, RefreshTokenId, UserId};
use crate::oauth::Server;
use crate::oauth::introspect::{self, Caller, Introspection, TokenFacts};
use crate::portal::OrganizationName;
use crate::scope::ScopeSet;
use crate::secret::{Hashed, Presented, RefreshToken};
use crate::time::Timestamp;

pub use super::claimed::Verdict;

/// A live access token at the resource API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The token's row.
    pub token: AccessTokenId,
    /// The app.
    pub app: AppId,
    /// The app's public id.
    pub client_id: ClientId,
    /// The app's name.
    pub app_name: String,
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
            app: client.app,
            client_id: client.client_id.clone(),
            app_name: client.name.clone(),
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
        if let Some(claimed) = self.claimed_surely(text).await? {
            let known = self.known_token_after(ahead, claimed.id()).await?;
            let Some(known) = known.filter(|known| claimed.fits(&known.row)) else {
                return Ok(Introspection::INACTIVE);
            };
            let effective = || known.effective(&server.catalogue, self.now());
            return Ok(introspect::tell(caller, &known.facts, &known.client, &server, effective));
        }
        let Ok(presented) = Presented::<RefreshToken>::parse(&self.settings().brand, text) else {
            return Ok(Introspection::INACTIVE);
        };
        // No resource server is told of a refresh token.
        let Caller::App(client) = caller else { return Ok(Introspection::INACTIVE) };
        let found = Box::pin(self.grounded_refresh_after(ahead, RefreshTokenId(presented.selector()))).await?;
        Ok(found.map_or(Introspection::INACTIVE, |found| {
            introspect_refresh(caller, client, &presented, found, &server, self.now())
        }))
    }

    /// Notes that a token was used now.
    pub fn used(&self, bearer: &Bearer) {
        self.note_install(bearer.app, bearer.install);
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
    let genuine = Hashed::from_row(&row.token_hash).is_ok_and(|kept| presented.matches(&kept));
    if row.app_id != client.app || !genuine {
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
