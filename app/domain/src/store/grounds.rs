//! A code or a refresh token with everything that it rests on, in one statement.

use sea_orm::sea_query::{Expr, ExprTrait as _, SelectStatement};
use sea_orm::{DbErr, EntityTrait, FromQueryResult, QueryResult};

use super::Store;
use super::cache::claimant::{self, Claimant};
use super::cache::statement::columns;
use super::lookup::{Key, Lookup, Part, asked, asked_column};
use crate::client::{ActorMode, InstallStatus};
use crate::entity::{app, code, install, membership, organization, refresh_token, user};
use crate::id::{CodeId, RefreshTokenId, UserId};
use crate::oauth::standing::{Acting, Standing};
use crate::organization::Status;
use crate::role::Role;

const REFRESH: &str = "refresh_tokens";
const PERSON: &str = "users";
const MEMBER: &str = "memberships";
const INSTALL: &str = "installs";
pub(super) const TARGET: &str = "organizations";

/// What is asked for codes and refresh tokens.
pub(super) struct Lookups {
    code: Lookup,
    refresh: Lookup,
    claimant_and_refresh: Lookup,
}

impl Lookups {
    #[cfg(test)]
    pub(super) fn all(&self) -> [&Lookup; 3] {
        [&self.code, &self.refresh, &self.claimant_and_refresh]
    }
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            code: Lookup::new(1, find_code),
            refresh: Lookup::new(1, find_refresh),
            claimant_and_refresh: Lookup::new(3, find_refresh_of_claimant),
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
        found.map_or(Ok(None), |found| read_refresh(&found))
    }

    /// The claimant of `key` and, if it is his own, the refresh token whose id comes after him, in one statement.
    pub(super) async fn claimant_and_refresh(
        &self,
        key: Key,
    ) -> Result<(Option<Claimant>, Option<Grounded<refresh_token::Model>>), DbErr> {
        let found = self.look_up(&self.grounds().claimant_and_refresh, key).await?;
        let Some(found) = found else { return Ok((None, None)) };
        Ok((Some(claimant::read(self, &found)?), read_refresh(&found)?))
    }
}

/// The code of a row with what [`find_code`] adds.
fn read_code(found: &QueryResult) -> Result<Grounded<code::Model>, DbErr> {
    let row = code::Model::from_query_result(found, "row_")?;
    let (actor, user) = (row.actor, Some(row.user_id));
    read(found, row, actor, user)
}

/// The refresh token of a row with what [`find_refresh`] adds, if there is one.
fn read_refresh(found: &QueryResult) -> Result<Option<Grounded<refresh_token::Model>>, DbErr> {
    let Some(row) = Option::<refresh_token::Model>::from_query_result(found, "row_")? else { return Ok(None) };
    let (actor, user) = (row.actor, row.user_id);
    read(found, row, actor, user).map(Some)
}

/// Adds the code whose id is asked for.
fn find_code(select: &mut SelectStatement) {
    use code::Column::{Id, InstallId, OrganizationId, UserId};
    select.inner_join("codes", Expr::col(("codes", Id)).equals(asked_column(0)));
    columns::<code::Entity>(select, "codes", "row_");
    rests::<code::Entity>(select, "codes", [InstallId, OrganizationId, UserId]);
}

/// Adds the refresh token whose id is asked for.
fn find_refresh(select: &mut SelectStatement) {
    let id = Expr::col((REFRESH, refresh_token::Column::Id));
    select.inner_join(REFRESH, id.equals(asked_column(0)));
    refresh_rests(select);
}

/// Adds the client and secret that are asked for, with the refresh token that is the third part, if it is that client's.
fn find_refresh_of_claimant(select: &mut SelectStatement) {
    claimant::find_without_uris(select);
    let own = Expr::col((REFRESH, refresh_token::Column::AppId)).equals((claimant::APP, app::Column::Id));
    select.left_join(REFRESH, Expr::col((REFRESH, refresh_token::Column::Id)).eq(asked(2)).and(own));
    refresh_rests(select);
}

fn refresh_rests(select: &mut SelectStatement) {
    use refresh_token::Column::{InstallId, OrganizationId, UserId};
    columns::<refresh_token::Entity>(select, REFRESH, "row_");
    rests::<refresh_token::Entity>(select, REFRESH, [InstallId, OrganizationId, UserId]);
}

fn read<M>(found: &QueryResult, row: M, actor: ActorMode, user: Option<UserId>) -> Result<Grounded<M>, DbErr> {
    let (standing, person) = read_ground(found, actor, user)?;
    Ok(Grounded { row, standing, person })
}

/// What a row of `actor`, for `user`, rests on, with what [`rests`] adds.
pub(super) fn read_ground(
    found: &QueryResult,
    actor: ActorMode,
    user: Option<UserId>,
) -> Result<(Standing, Option<Person>), DbErr> {
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
            role: person.as_ref().and_then(|person| person.role),
        },
    };
    let install: InstallStatus = found.try_get("", "install_status")?;
    let snapshot = found.try_get("", "install_scopes")?;
    let organization: Status = found.try_get("", "target_status")?;
    Ok((Standing { install, snapshot, organization, acting }, person))
}

/// Adds what a row of `table` rests on; the columns are its install, organization and person.
pub(super) fn rests<E: EntityTrait>(
    select: &mut SelectStatement,
    table: &'static str,
    [install, organization, person]: [E::Column; 3],
) {
    let own = |column: E::Column| Expr::col((table, column));
    let member = own(person)
        .equals((MEMBER, membership::Column::UserId))
        .and(own(organization).equals((MEMBER, membership::Column::OrganizationId)));
    select
        .expr_as(Expr::col((INSTALL, install::Column::Status)), "install_status")
        .expr_as(Expr::col((INSTALL, install::Column::Scopes)), "install_scopes")
        .expr_as(Expr::col((TARGET, organization::Column::Status)), "target_status")
        .expr_as(Expr::col((PERSON, user::Column::Name)), "person_name")
        .expr_as(Expr::col((PERSON, user::Column::Email)), "person_email")
        .expr_as(Expr::col((PERSON, user::Column::Status)), "person_status")
        .expr_as(Expr::col((MEMBER, membership::Column::Role)), "person_role")
        // The rows are there, by the keys of both tables: so the joins stay in this order.
        .left_join(INSTALL, own(install).equals((INSTALL, install::Column::Id)))
        .left_join(TARGET, own(organization).equals((TARGET, organization::Column::Id)))
        .left_join(PERSON, own(person).equals((PERSON, user::Column::Id)))
        .left_join(MEMBER, member);
}
