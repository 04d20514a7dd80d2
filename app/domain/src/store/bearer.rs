//! What a presented token is worth now: for the resource API and for introspection. One rule for both
//! ([`crate::oauth::standing::Standing::effective`]).

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::claimed::Claimed;
use super::facts::{self, Ground};
use super::{Store, views};
use crate::client::{ActorMode, Client, ClientId};
use crate::entity::{access_token, app, app_scope, organization, refresh_token};
use crate::id::{AccessTokenId, AppId, InstallId, RefreshTokenId, UserId};
use crate::oauth::Server;
use crate::oauth::introspect::{self, Caller, Introspection, TokenFacts};
use crate::organization::Status;
use crate::portal::OrganizationName;
use crate::scope::{Catalogue, ScopeSet};
use crate::secret::{Hashed, Presented, RefreshToken};
use crate::time::Timestamp;

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

/// A presented token's row, access or refresh.
struct Found {
    app: AppId,
    actor: ActorMode,
    facts: TokenFacts,
    ground: Option<Ground>,
    user: Option<BearerUser>,
}

impl Store {
    /// The live access token that `text` is, with what it may do now; none for anything else (requirements 81, 87).
    /// The caller still checks its audience and scopes.
    pub async fn bearer(&self, text: &str) -> Result<Option<Bearer>, DbErr> {
        let Some(claimed) = self.claimed(text) else { return Ok(None) };
        let Some((row, found)) = self.found_access(&claimed).await? else { return Ok(None) };
        let Some(client) = self.client_of_token(found.app).await? else { return Ok(None) };
        let catalogue = self.catalogue_for(found.actor).await?;
        let Some(scopes) = found.facts.effective(&client, &catalogue, self.now()) else { return Ok(None) };
        let Some(ground) = found.ground else { return Ok(None) };
        Ok(Some(Bearer {
            token: row.id,
            app: client.app,
            client_id: client.client_id,
            app_name: client.name,
            install: row.install_id,
            organization: views::organization_name(&ground.organization),
            actor: row.actor,
            user: found.user,
            scopes,
            audience: row.audience,
            expires_at: row.expires_at,
        }))
    }

    /// Answers an authenticated caller about a token (RFC 7662).
    pub async fn introspect(&self, caller: &Caller, text: &str) -> Result<Introspection, DbErr> {
        let brand = &self.settings().brand;
        let found = if let Some(claimed) = self.claimed(text) {
            self.found_access(&claimed).await?.map(|(_, found)| found)
        } else if let Ok(presented) = Presented::<RefreshToken>::parse(brand, text) {
            self.found_refresh(&presented).await?
        } else {
            None
        };
        let Some(found) = found else { return Ok(Introspection::INACTIVE) };
        let Some(client) = self.client_of_token(found.app).await? else { return Ok(Introspection::INACTIVE) };
        let settings = self.settings();
        let server = Server {
            issuer: settings.issuer.clone(),
            catalogue: self.catalogue_for(found.actor).await?,
            audiences: settings.audiences.clone(),
        };
        Ok(introspect::evaluate(caller, &found.facts, &client, &server, self.now()))
    }

    /// Notes that a token was used now.
    pub fn used(&self, bearer: &Bearer) {
        self.note_install(bearer.app, bearer.install);
    }

    async fn found_access(&self, claimed: &Claimed) -> Result<Option<(access_token::Model, Found)>, DbErr> {
        let row = access_token::Entity::find_by_id(claimed.id()).one(self.reader()).await?;
        let Some(row) = row.filter(|row| claimed.fits(row)) else { return Ok(None) };
        let facts = TokenFacts {
            refresh: false,
            scopes: row.scopes.clone(),
            audience: row.audience.clone(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            ended_at: row.revoked_at,
            standing: Ground::GONE,
            install: row.install_id,
            organization: row.organization_id,
            user: row.user_id,
        };
        let found = self.grounded(row.app_id, row.actor, facts).await?;
        Ok(Some((row, found)))
    }

    async fn found_refresh(&self, presented: &Presented<RefreshToken>) -> Result<Option<Found>, DbErr> {
        let row = refresh_token::Entity::find_by_id(RefreshTokenId(presented.selector())).one(self.reader()).await?;
        let genuine =
            |row: &refresh_token::Model| Hashed::from_row(&row.token_hash).is_ok_and(|kept| presented.matches(&kept));
        let Some(row) = row.filter(genuine) else { return Ok(None) };
        let facts = TokenFacts {
            refresh: true,
            scopes: row.scopes,
            audience: row.audience,
            created_at: row.created_at,
            expires_at: row.expires_at,
            ended_at: row.revoked_at.or(row.used_at),
            standing: Ground::GONE,
            install: row.install_id,
            organization: row.organization_id,
            user: row.user_id,
        };
        Ok(Some(self.grounded(row.app_id, row.actor, facts).await?))
    }

    /// Loads what the token rests on.
    async fn grounded(&self, app: AppId, actor: ActorMode, mut facts: TokenFacts) -> Result<Found, DbErr> {
        let db = self.reader();
        let person = match facts.user {
            Some(user) => facts::person(db, user, facts.organization).await?,
            None => None,
        };
        let ground = facts::ground(db, facts.install, actor, person.as_ref()).await?;
        facts.standing = ground.as_ref().map_or(Ground::GONE, |ground| ground.standing);
        let user = person.map(|person| BearerUser { id: person.id, name: person.name, email: person.email });
        Ok(Found { app, actor, facts, ground, user })
    }

    /// The client of a token, without its redirect URIs: nothing is sent anywhere here.
    async fn client_of_token(&self, id: AppId) -> Result<Option<Client>, DbErr> {
        let db = self.reader();
        let found = app::Entity::find_by_id(id).find_also_related(organization::Entity).one(db).await?;
        let Some((row, owner)) = found else { return Ok(None) };
        let scopes = app_scope::Entity::find().filter(app_scope::Column::AppId.eq(id)).all(db).await?;
        let owner_active = owner.is_some_and(|owner: organization::Model| owner.status == Status::Active);
        Ok(Some(self.as_client(row, owner_active, scopes, Vec::new())))
    }

    /// The catalogue, where a role limits the token; an app's own token needs none.
    async fn catalogue_for(&self, actor: ActorMode) -> Result<Catalogue, DbErr> {
        match actor {
            ActorMode::App => Ok(Catalogue::default()),
            ActorMode::Myself => self.catalogue().await,
        }
    }
}
