//! An access token with everything that it rests on, in one statement.

use std::sync::{Arc, OnceLock};

use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Query, SelectStatement};
use sea_orm::{DbErr, FromQueryResult, QueryResult};
use uuid::Uuid;

use super::claimant::{self, APP, Claimant, OWNER};
use super::statement::{columns, columns_but};
use super::{Cache, Ticket};
use crate::client::Client;
use crate::entity::{access_token, app, organization, resource_server};
use crate::id::{AccessTokenId, UserId};
use crate::oauth::introspect::TokenFacts;
use crate::portal::OrganizationName;
use crate::scope::{Catalogue, ScopeSet};
use crate::store::Store;
use crate::store::bearer::BearerUser;
use crate::store::grounds::{self, Person, TARGET};
use crate::store::lookup::{Key, Part, asked, asked_column};
use crate::time::Timestamp;

const TOKEN: &str = "access_tokens";

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

    async fn load_token(&self, id: AccessTokenId) -> Result<Option<Known>, DbErr> {
        let row = self.look_up(&self.cache().lookups.token, vec![Part::Id(id.uuid())]).await?;
        row.map_or(Ok(None), |row| self.read_token(&row))
    }

    /// The claimant of `key` and, if it is his own, the access token whose id comes after him, in one statement.
    pub(super) async fn claimant_and_token(&self, key: Key) -> Result<(Option<Claimant>, Option<Known>), DbErr> {
        let found = self.look_up(&self.cache().lookups.claimant_and_token, key).await?;
        let Some(found) = found else { return Ok((None, None)) };
        let claimant = claimant::read(self, &found)?;
        let known = row_of(&found)?.map(|row| read(&found, row, claimant.client.clone())).transpose()?;
        Ok((Some(claimant), known))
    }

    /// The token of a row with what [`find`] adds, if there is one.
    pub(super) fn read_token(&self, found: &QueryResult) -> Result<Option<Known>, DbErr> {
        let Some(row) = row_of(found)? else { return Ok(None) };
        let client = claimant::read_client(self, found)?;
        read(found, row, Arc::new(client)).map(Some)
    }
}

/// The row of the token, if there is one. What is unread has a value all the same.
fn row_of(found: &QueryResult) -> Result<Option<access_token::Model>, DbErr> {
    match found.try_get::<Option<AccessTokenId>>("token_", "id")? {
        Some(_) => access_token::Model::from_query_result(found, "token_").map(Some),
        None => Ok(None),
    }
}

/// The token `row` of a row with what [`rests`] adds; its app is that of `client`.
fn read(found: &QueryResult, row: access_token::Model, client: Arc<Client>) -> Result<Known, DbErr> {
    let (mut standing, person) = grounds::read_ground(found, row.actor, row.user_id)?;
    if standing.snapshot == row.scopes {
        // Usually so: many are kept, and share it.
        standing.snapshot = row.scopes.clone();
    }
    let facts = TokenFacts {
        refresh: false,
        scopes: row.scopes.clone(),
        audience: row.audience.clone(),
        created_at: row.created_at,
        expires_at: row.expires_at,
        ended_at: row.revoked_at,
        standing,
        install: row.install_id,
        organization: row.organization_id,
        user: row.user_id,
    };
    let organization = OrganizationName {
        id: row.organization_id,
        slug: found.try_get("", "target_slug")?,
        name: found.try_get("", "target_name")?,
    };
    let user = person.map(|Person { id, name, email, .. }| BearerUser { id, name, email });
    let audience_taken = found.try_get("", "audience_taken")?;
    Ok(Known { facts, client, organization, user, audience_taken, row, present: OnceLock::new() })
}

/// The token that is asked for, with what it rests on.
pub(super) fn find(select: &mut SelectStatement) {
    select.inner_join(TOKEN, token(access_token::Column::Id).equals(asked_column(0)));
    app_of_token(select);
    rests(select);
}

/// The same, if there is one, for the resource server that is the second part of what is asked.
pub(super) fn find_with_server(select: &mut SelectStatement) {
    let server = |column: resource_server::Column| Expr::col(("resource_servers", column));
    columns::<resource_server::Entity>(select, "resource_servers", "server_");
    select
        .inner_join("resource_servers", server(resource_server::Column::Id).eq(asked(1)))
        .left_join(TOKEN, token(access_token::Column::Id).equals(asked_column(0)));
    app_of_token(select);
    rests(select);
}

/// The client and secret that are asked for, with the token that is the third part, if it is that client's.
pub(super) fn find_of_claimant(select: &mut SelectStatement) {
    claimant::find_without_uris(select);
    let own = token(access_token::Column::AppId).equals((APP, app::Column::Id));
    select.left_join(TOKEN, token(access_token::Column::Id).eq(asked(2)).and(own));
    rests(select);
}

fn token(column: access_token::Column) -> Expr {
    Expr::col((TOKEN, column))
}

/// Adds the app of the token, and its owner.
fn app_of_token(select: &mut SelectStatement) {
    claimant::client_columns(select, APP, OWNER);
    let owner = Expr::col((APP, app::Column::OwnerId)).equals((OWNER, organization::Column::Id));
    select.left_join(APP, token(access_token::Column::AppId).equals((APP, app::Column::Id))).join_as(
        JoinType::LeftJoin,
        TARGET,
        OWNER,
        owner,
    );
}

/// Adds the token and all that it rests on, besides its app.
fn rests(select: &mut SelectStatement) {
    use access_token::Column::{InstallId, OrganizationId, UserId};
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
    select
        .expr_as(Expr::exists(registered), "audience_taken")
        .expr_as(Expr::col((TARGET, organization::Column::Slug)), "target_slug")
        .expr_as(Expr::col((TARGET, organization::Column::Name)), "target_name");
    grounds::rests::<access_token::Entity>(select, TOKEN, [InstallId, OrganizationId, UserId]);
}
