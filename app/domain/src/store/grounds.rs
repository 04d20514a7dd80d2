//! A code or a refresh token with everything that it rests on, in one statement.

use std::sync::Arc;

use sea_orm::sea_query::{Expr, ExprTrait as _, SelectStatement};
use sea_orm::{DbErr, EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryResult};

use super::Store;
use super::cache::claimant::{self, Claimant};
use super::cache::statement::columns;
use super::lookup::{Lookup, Part, asked_column};
use crate::client::{ActorMode, InstallStatus};
use crate::entity::{app, code, install, membership, organization, refresh_token, user};
use crate::id::{CodeId, RefreshTokenId, SecretId, UserId};
use crate::oauth::standing::{Acting, Standing};
use crate::organization::Status;
use crate::role::Role;

const PERSON: &str = "users";
const MEMBER: &str = "memberships";
const INSTALL: &str = "installs";
const TARGET: &str = "organizations";

/// What is asked for codes and refresh tokens.
pub(super) struct Lookups {
    code: Lookup,
    refresh: Lookup,
    refresh_and_caller: Lookup,
}

impl Lookups {
    #[cfg(test)]
    pub(super) fn all(&self) -> [&Lookup; 3] {
        [&self.code, &self.refresh, &self.refresh_and_caller]
    }
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            code: Lookup::new(1, find_code),
            refresh: Lookup::new(1, find_refresh),
            refresh_and_caller: Lookup::new(2, find_refresh_and_caller),
        }
    }
}

/// A person as he stands in an organization now.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Who.
    pub(crate) id: UserId,
    /// His name.
    pub(crate) name: String,
    /// His e-mail address.
    pub(crate) email: String,
    /// Whether he may sign in.
    pub(crate) status: Status,
    /// His role there; none when he is no member.
    pub(crate) role: Option<Role>,
}

/// A row and what it rests on now.
pub(crate) struct Grounded<M> {
    /// The code or refresh token.
    pub(crate) row: M,
    /// For the rules.
    pub(crate) standing: Standing,
    /// The person of the row, as he stands in its organization.
    pub(crate) person: Option<Person>,
}

impl Store {
    /// The code `id`, used or not.
    pub(super) async fn grounded_code(&self, id: CodeId) -> Result<Option<Grounded<code::Model>>, DbErr> {
        let found = self.look_up(&self.grounds().code, vec![Part::Id(id.uuid())]).await?;
        found.map(|found| read_code(&found)).transpose()
    }

    /// The refresh token `id`, rotated or not.
    pub(super) async fn grounded_refresh(
        &self,
        id: RefreshTokenId,
    ) -> Result<Option<Grounded<refresh_token::Model>>, DbErr> {
        let found = self.look_up(&self.grounds().refresh, vec![Part::Id(id.uuid())]).await?;
        found.map(|found| read_refresh(&found)).transpose()
    }

    /// The refresh token `id` with its app's client, and the secret `caller` of that app, in one statement.
    pub(super) async fn grounded_refresh_and(
        &self,
        id: RefreshTokenId,
        caller: SecretId,
    ) -> Result<Option<(Grounded<refresh_token::Model>, Claimant)>, DbErr> {
        let key = vec![Part::Id(id.uuid()), Part::Id(caller.uuid())];
        let Some(found) = self.look_up(&self.grounds().refresh_and_caller, key).await? else { return Ok(None) };
        let client = Arc::new(claimant::read_client(self, &found)?);
        let secret = claimant::read_secret(&found, &client)?.map(Arc::new);
        Ok(Some((read_refresh(&found)?, Claimant { client, secret })))
    }
}

/// The code of a row with what [`find_code`] adds.
fn read_code(found: &QueryResult) -> Result<Grounded<code::Model>, DbErr> {
    let row = code::Model::from_query_result(found, "row_")?;
    let (actor, user) = (row.actor, Some(row.user_id));
    read(found, row, actor, user)
}

/// The refresh token of a row with what [`find_refresh`] adds.
fn read_refresh(found: &QueryResult) -> Result<Grounded<refresh_token::Model>, DbErr> {
    let row = refresh_token::Model::from_query_result(found, "row_")?;
    let (actor, user) = (row.actor, row.user_id);
    read(found, row, actor, user)
}

/// Adds the code whose id is asked for.
fn find_code(select: &mut SelectStatement) {
    use code::Column::{Id, InstallId, OrganizationId, UserId};
    find::<code::Entity>(select, "codes", [Id, InstallId, OrganizationId, UserId]);
}

/// Adds the refresh token whose id is asked for.
fn find_refresh(select: &mut SelectStatement) {
    use refresh_token::Column::{Id, InstallId, OrganizationId, UserId};
    find::<refresh_token::Entity>(select, "refresh_tokens", [Id, InstallId, OrganizationId, UserId]);
}

/// The same, with its app and the client secret that is the second part of what is asked.
fn find_refresh_and_caller(select: &mut SelectStatement) {
    find_refresh(select);
    let own_app = Expr::col(("refresh_tokens", refresh_token::Column::AppId));
    claimant::client_columns(select, claimant::APP, claimant::OWNER);
    claimant::join_app(select, own_app.equals((claimant::APP, app::Column::Id)));
    claimant::secret_columns(select, claimant::APP);
}

fn read<M>(found: &QueryResult, row: M, actor: ActorMode, user: Option<UserId>) -> Result<Grounded<M>, DbErr> {
    let person = match user {
        Some(id) => Some(Person {
            id,
            name: found.try_get("", "person_name")?,
            email: found.try_get("", "person_email")?,
            status: found.try_get("", "person_status")?,
            role: found.try_get("", "person_role")?,
        }),
        None => None,
    };
    let acting = match actor {
        ActorMode::App => Acting::App,
        ActorMode::Myself => Acting::Myself {
            status: person.as_ref().map_or(Status::Suspended, |person| person.status),
            role: person.as_ref().and_then(|person: &Person| person.role),
        },
    };
    let install: InstallStatus = found.try_get("", "install_status")?;
    let snapshot = found.try_get("", "install_scopes")?;
    let organization: Status = found.try_get("", "target_status")?;
    Ok(Grounded { row, standing: Standing { install, snapshot, organization, acting }, person })
}

/// The row of `table` whose id is asked for; its columns are its id, install, organization and person.
fn find<E: EntityTrait>(
    select: &mut SelectStatement,
    table: &'static str,
    [id, install, organization, person]: [E::Column; 4],
) where
    E::Column: Iterable + IdenStatic,
{
    let own = |column: E::Column| Expr::col((table, column));
    columns::<E>(select, table, "row_");
    select
        .expr_as(Expr::col((INSTALL, install::Column::Status)), "install_status")
        .expr_as(Expr::col((INSTALL, install::Column::Scopes)), "install_scopes")
        .expr_as(Expr::col((TARGET, organization::Column::Status)), "target_status")
        .expr_as(Expr::col((PERSON, user::Column::Name)), "person_name")
        .expr_as(Expr::col((PERSON, user::Column::Email)), "person_email")
        .expr_as(Expr::col((PERSON, user::Column::Status)), "person_status")
        .expr_as(Expr::col((MEMBER, membership::Column::Role)), "person_role")
        .inner_join(table, own(id).equals(asked_column(0)))
        // The rows are there, by the keys of both tables: so the joins stay in this order.
        .left_join(INSTALL, own(install).equals((INSTALL, install::Column::Id)))
        .left_join(TARGET, own(organization).equals((TARGET, organization::Column::Id)))
        .left_join(PERSON, own(person).equals((PERSON, user::Column::Id)))
        .left_join(
            MEMBER,
            own(person)
                .equals((MEMBER, membership::Column::UserId))
                .and(own(organization).equals((MEMBER, membership::Column::OrganizationId))),
        );
}
