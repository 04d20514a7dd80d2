//! An access token with everything that it rests on, in one statement.

use std::sync::{Arc, OnceLock};

use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Query, SelectStatement};
use sea_orm::{DbErr, FromQueryResult, QueryResult};
use uuid::Uuid;

use super::claimant::{self, Claimant};
use super::statement::{columns, columns_but};
use super::{Cache, Ticket};
use crate::client::{ActorMode, Client, InstallStatus};
use crate::entity::{access_token, app, install, membership, organization, resource_server, user};
use crate::id::{AccessTokenId, UserId};
use crate::oauth::introspect::TokenFacts;
use crate::oauth::standing::{Acting, Standing};
use crate::organization::Status;
use crate::portal::OrganizationName;
use crate::role::Role;
use crate::scope::{Catalogue, ScopeSet};
use crate::store::Store;
use crate::store::bearer::BearerUser;
use crate::store::lookup::{Part, asked, asked_column};
use crate::time::Timestamp;

const TOKEN: &str = "access_tokens";
const APP: &str = "apps";
const OWNER: &str = "owner";
const INSTALL: &str = "installs";
const TARGET: &str = "organizations";
const PERSON: &str = "users";
const MEMBER: &str = "memberships";

/// An access token and what it rests on, as loaded. What it is worth is judged at each use.
pub(crate) struct Known {
    /// Its row, without hint and last use.
    pub(crate) row: access_token::Model,
    /// For the rules.
    pub(crate) facts: TokenFacts,
    /// Its client, without redirect URIs: nothing is sent anywhere.
    pub(crate) client: Arc<Client>,
    /// The target organization.
    pub(crate) organization: OrganizationName,
    /// The person, for `self`.
    pub(crate) user: Option<BearerUser>,
    /// Whether a resource server is registered for its audience.
    pub(crate) audience_taken: bool,
    /// What it may do as long as it lives: all that this follows from is here, or is forgotten with it.
    present: OnceLock<Option<ScopeSet>>,
}

impl Known {
    /// What the token may do at `now`; none when it is over ([`TokenFacts::effective`]).
    pub(crate) fn effective(&self, catalogue: &Catalogue, now: Timestamp) -> Option<ScopeSet> {
        if self.facts.over(now) {
            return None;
        }
        let judge = || self.facts.standing.effective(&self.facts.scopes, &self.client, catalogue);
        self.present.get_or_init(judge).clone()
    }

    /// Everything whose change must be seen in it.
    fn rests_on(&self) -> [Uuid; 6] {
        let row = &self.row;
        [
            row.family_id.uuid(),
            row.install_id.uuid(),
            row.app_id.uuid(),
            self.client.owner.uuid(),
            row.organization_id.uuid(),
            row.user_id.map_or(row.app_id.uuid(), UserId::uuid),
        ]
    }
}

/// A token, when its loading began.
pub(super) type Kept = (Ticket, Arc<Known>);

impl Cache {
    fn token(&self, id: AccessTokenId) -> Option<Arc<Known>> {
        let (loaded, known) = self.tokens.get(&id)?;
        self.holds(loaded, &known.rests_on()).then_some(known)
    }
}

impl Store {
    /// The access token `id`, if there is one.
    pub(crate) async fn known_token(&self, id: AccessTokenId) -> Result<Option<Arc<Known>>, DbErr> {
        let cache = self.cache();
        let Some(ticket) = cache.ticket() else {
            return Ok(Box::pin(self.load_token(id)).await?.map(Arc::new));
        };
        if let Some(known) = cache.token(id) {
            return Ok(Some(known));
        }
        // On the heap: the usual answer is found above, and should not carry the room for a query along.
        let Some(mut known) = Box::pin(self.load_token(id)).await? else { return Ok(None) };
        known.client = cache.one_client(ticket, known.client);
        let known = Arc::new(known);
        cache.tokens.put(id, (ticket, known.clone()));
        Ok(Some(known))
    }

    pub(super) async fn load_token(&self, id: AccessTokenId) -> Result<Option<Known>, DbErr> {
        let row = self.look_up(&self.cache().lookups.token, vec![Part::Id(id.uuid())]).await?;
        row.map(|row| self.read_token(&row)).transpose()
    }

    /// The access token `id` with the client secret of its app or the resource server that has the id `caller`, in one
    /// statement.
    pub(super) async fn load_token_and(
        &self,
        id: AccessTokenId,
        caller: Uuid,
    ) -> Result<Option<(Known, Claimant, Option<resource_server::Model>)>, DbErr> {
        let key = vec![Part::Id(id.uuid()), Part::Id(caller)];
        let row = self.look_up(&self.cache().lookups.token_and_caller, key).await?;
        let Some(row) = row else { return Ok(None) };
        let known = self.read_token(&row)?;
        let secret = claimant::read_secret(&row, &known.client)?;
        let server = Option::<resource_server::Model>::from_query_result(&row, "server_")?;
        let claimant = Claimant { client: known.client.clone(), secret: secret.map(Arc::new) };
        Ok(Some((known, claimant, server)))
    }

    fn read_token(&self, found: &QueryResult) -> Result<Known, DbErr> {
        let row = access_token::Model::from_query_result(found, "token_")?;
        let client = claimant::read_client(self, found)?;
        let install: InstallStatus = found.try_get("", "install_status")?;
        let snapshot = snapshot(found, &row.scopes)?;
        let (slug, name) = (found.try_get("", "target_slug")?, found.try_get("", "target_name")?);
        let target_status: Status = found.try_get("", "target_status")?;
        let user = match row.user_id {
            Some(id) => {
                let (name, email) = (found.try_get("", "person_name")?, found.try_get("", "person_email")?);
                Some(BearerUser { id, name, email })
            }
            None => None,
        };
        let acting = match row.actor {
            ActorMode::App => Acting::App,
            ActorMode::Myself => {
                let status: Option<Status> = found.try_get("", "person_status")?;
                let role: Option<Role> = found.try_get("", "person_role")?;
                Acting::Myself { status: status.unwrap_or(Status::Suspended), role }
            }
        };
        let facts = TokenFacts {
            refresh: false,
            scopes: row.scopes.clone(),
            audience: row.audience.clone(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            ended_at: row.revoked_at,
            standing: Standing { install, snapshot, organization: target_status, acting },
            install: row.install_id,
            organization: row.organization_id,
            user: row.user_id,
        };
        let (client, organization) = (Arc::new(client), OrganizationName { id: row.organization_id, slug, name });
        let audience_taken = found.try_get("", "audience_taken")?;
        Ok(Known { facts, client, organization, user, audience_taken, row, present: OnceLock::new() })
    }
}

/// What the install of a row with `install_scopes` was granted. Usually that is `held`: many are kept, so they share it.
fn snapshot(found: &QueryResult, held: &ScopeSet) -> Result<ScopeSet, DbErr> {
    let snapshot: ScopeSet = found.try_get("", "install_scopes")?;
    Ok(if snapshot == *held { held.clone() } else { snapshot })
}

/// The token that is asked for, with what it rests on.
pub(super) fn find(select: &mut SelectStatement) {
    let token = |column: access_token::Column| Expr::col((TOKEN, column));
    let unread = [
        (access_token::Column::Hint, "".into()),
        (access_token::Column::LastUsedAt, None::<i64>.into()),
        (access_token::Column::RequestId, None::<Uuid>.into()),
        (access_token::Column::Told, None::<sea_orm::JsonValue>.into()),
    ];
    columns_but::<access_token::Entity>(select, TOKEN, "token_", &unread);
    let audience = Expr::col((resource_server::Entity, resource_server::Column::Audience));
    let registered = Query::select()
        .expr(Expr::value(1))
        .from(resource_server::Entity)
        .and_where(audience.equals((TOKEN, access_token::Column::Audience)))
        .take();
    select.expr_as(Expr::exists(registered), "audience_taken");
    claimant::client_columns(select, APP, OWNER);
    select
        .expr_as(Expr::col((TARGET, organization::Column::Slug)), "target_slug")
        .expr_as(Expr::col((TARGET, organization::Column::Name)), "target_name")
        .expr_as(Expr::col((TARGET, organization::Column::Status)), "target_status")
        .expr_as(Expr::col((INSTALL, install::Column::Status)), "install_status")
        .expr_as(Expr::col((INSTALL, install::Column::Scopes)), "install_scopes")
        .expr_as(Expr::col((PERSON, user::Column::Name)), "person_name")
        .expr_as(Expr::col((PERSON, user::Column::Email)), "person_email")
        .expr_as(Expr::col((PERSON, user::Column::Status)), "person_status")
        .expr_as(Expr::col((MEMBER, membership::Column::Role)), "person_role")
        .inner_join(TOKEN, token(access_token::Column::Id).equals(asked_column(0)))
        .inner_join(INSTALL, token(access_token::Column::InstallId).equals((INSTALL, install::Column::Id)))
        .inner_join(TARGET, token(access_token::Column::OrganizationId).equals((TARGET, organization::Column::Id)))
        .inner_join(APP, token(access_token::Column::AppId).equals((APP, app::Column::Id)))
        .join_as(
            JoinType::InnerJoin,
            TARGET,
            OWNER,
            Expr::col((APP, app::Column::OwnerId)).equals((OWNER, organization::Column::Id)),
        )
        .left_join(PERSON, token(access_token::Column::UserId).equals((PERSON, user::Column::Id)))
        .left_join(
            MEMBER,
            token(access_token::Column::UserId)
                .equals((MEMBER, membership::Column::UserId))
                .and(token(access_token::Column::OrganizationId).equals((MEMBER, membership::Column::OrganizationId))),
        );
}

/// The same, with the client secret or resource server that is the second part of what is asked.
pub(super) fn find_with_caller(select: &mut SelectStatement) {
    find(select);
    claimant::secret_columns(select, APP);
    columns::<resource_server::Entity>(select, "resource_servers", "server_");
    let server = Expr::col(("resource_servers", resource_server::Column::Id)).eq(asked(1));
    select.left_join("resource_servers", server);
}
