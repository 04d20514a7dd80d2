//! A code or a refresh token with everything that it rests on, in one statement.

use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SelectStatement, Value};
use sea_orm::{DbErr, EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryResult};

use super::Store;
use super::cache::statement::{Prepared, columns, parameter};
use super::facts::Person;
use crate::client::{ActorMode, InstallStatus};
use crate::entity::{code, install, membership, organization, refresh_token, user};
use crate::id::{CodeId, RefreshTokenId, UserId};
use crate::oauth::standing::{Acting, Standing};
use crate::organization::Status;

const PERSON: &str = "users";
const MEMBER: &str = "memberships";
const INSTALL: &str = "installs";
const TARGET: &str = "organizations";

/// The statements, built once.
#[derive(Default)]
pub(super) struct Statements {
    code: Prepared,
    refresh: Prepared,
}

/// A row and what it rests on now.
pub(super) struct Grounded<M> {
    /// The code or refresh token.
    pub(super) row: M,
    /// For the rules.
    pub(super) standing: Standing,
    /// The person of the row, as he stands in its organization.
    pub(super) person: Option<Person>,
}

impl Store {
    /// The code `id`, used or not.
    pub(super) async fn grounded_code(&self, id: CodeId) -> Result<Option<Grounded<code::Model>>, DbErr> {
        let select = || {
            use code::Column::{Id, InstallId, OrganizationId, UserId};
            select::<code::Entity>("codes", [Id, InstallId, OrganizationId, UserId])
        };
        let given = [Value::from(id.uuid())];
        let found = self.grounds().code.one(self.reader(), &given, select).await?;
        let Some(found) = found else { return Ok(None) };
        let row = code::Model::from_query_result(&found, "row_")?;
        let (actor, user) = (row.actor, Some(row.user_id));
        read(&found, row, actor, user).map(Some)
    }

    /// The refresh token `id`, rotated or not.
    pub(super) async fn grounded_refresh(
        &self,
        id: RefreshTokenId,
    ) -> Result<Option<Grounded<refresh_token::Model>>, DbErr> {
        let select = || {
            use refresh_token::Column::{Id, InstallId, OrganizationId, UserId};
            select::<refresh_token::Entity>("refresh_tokens", [Id, InstallId, OrganizationId, UserId])
        };
        let given = [Value::from(id.uuid())];
        let found = self.grounds().refresh.one(self.reader(), &given, select).await?;
        let Some(found) = found else { return Ok(None) };
        let row = refresh_token::Model::from_query_result(&found, "row_")?;
        let (actor, user) = (row.actor, row.user_id);
        read(&found, row, actor, user).map(Some)
    }
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
    let organization: Status = found.try_get("", "target_status")?;
    Ok(Grounded { row, standing: Standing { install, organization, acting }, person })
}

/// The row of `table` whose id is [`parameter`] 0; its columns are its id, install, organization and person.
fn select<E: EntityTrait>(table: &'static str, [id, install, organization, person]: [E::Column; 4]) -> SelectStatement
where
    E::Column: Iterable + IdenStatic,
{
    let own = |column: E::Column| Expr::col((table, column));
    let mut select = Query::select();
    columns::<E>(&mut select, table, "row_");
    select
        .expr_as(Expr::col((INSTALL, install::Column::Status)), "install_status")
        .expr_as(Expr::col((TARGET, organization::Column::Status)), "target_status")
        .expr_as(Expr::col((PERSON, user::Column::Name)), "person_name")
        .expr_as(Expr::col((PERSON, user::Column::Email)), "person_email")
        .expr_as(Expr::col((PERSON, user::Column::Status)), "person_status")
        .expr_as(Expr::col((MEMBER, membership::Column::Role)), "person_role")
        .from(table)
        .inner_join(INSTALL, own(install).equals((INSTALL, install::Column::Id)))
        .inner_join(TARGET, own(organization).equals((TARGET, organization::Column::Id)))
        .left_join(PERSON, own(person).equals((PERSON, user::Column::Id)))
        .left_join(
            MEMBER,
            own(person)
                .equals((MEMBER, membership::Column::UserId))
                .and(own(organization).equals((MEMBER, membership::Column::OrganizationId))),
        )
        .and_where(own(id).eq(parameter(0)))
        .take()
}
