//! What decisions about codes and tokens rested on, asked again inside the transaction, for all changes of a batch.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::{
    Expr, Func, IntoIden as _, JoinType, Query, SelectStatement, SimpleExpr, TableRef, Value, ValueTuple,
};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QueryResult,
    QuerySelect, QueryTrait as _, Select, Statement,
};

use super::ROW_LOCK;
use crate::client::{AppStatus, InstallStatus};
use crate::entity::{app, install, membership, organization, user};
use crate::id::{AppId, InstallId, OrgId, UserId};
use crate::organization::Status;
use crate::role::Role;
use crate::scope::ScopeSet;
use crate::store::organizations::Naming;
use crate::store::text::{Phrase, padded};

const OWNER: &str = "owner";
const TARGET: &str = "target";
/// A list of what is asked.
const ASKED: &str = "asked";

/// An active install of an app in use, in an active organization, and the person on whom it depends.
#[derive(Clone, Debug)]
pub(crate) struct Premise {
    /// The install; active.
    pub(crate) install: InstallId,
    /// The app; live or a draft, of an active owner.
    pub(crate) app: AppId,
    /// That of the app, its scopes and its secrets, when the client was authenticated: who was let in by a secret that was
    /// revoked since is not.
    pub(crate) revision: i64,
    /// The target organization; active.
    pub(crate) organization: OrgId,
    /// An active person and the role there that the decision saw; none where it depends on nobody.
    pub(crate) person: Option<(UserId, Role)>,
    /// What was known of the install by memory alone; none where it was read. On PostgreSQL alone.
    pub(crate) guess: Option<Guess>,
}

/// An install as it was at an earlier request.
#[derive(Clone, Debug)]
pub(crate) struct Guess {
    /// What the organization is called.
    pub(crate) organization: Naming,
    /// What the install was granted.
    pub(crate) scopes: ScopeSet,
}

/// What holds now of that on which premises rest.
#[derive(Debug, Default)]
pub(super) struct Ground {
    /// Active installs of apps in use, in active organizations.
    installs: HashMap<InstallId, Active>,
    /// Roles of active people.
    roles: HashMap<(OrgId, UserId), Role>,
}

/// An active install.
#[derive(Debug)]
struct Active {
    app: AppId,
    revision: i64,
    organization: OrgId,
    domain: Option<String>,
    slug: String,
    scopes: ScopeSet,
}

impl Active {
    fn is_as(&self, guess: &Guess) -> bool {
        let named = match &guess.organization {
            Naming::Id(id) => *id == self.organization,
            Naming::Domain(domain) => Some(domain) == self.domain.as_ref(),
            Naming::Slug(slug) => *slug == self.slug,
        };
        named && guess.scopes == self.scopes
    }
}

impl Ground {
    pub(super) fn read_installs(&mut self, rows: &[QueryResult]) -> Result<(), DbErr> {
        for row in rows {
            let active = Active {
                app: row.try_get_by_index(1)?,
                organization: row.try_get_by_index(2)?,
                scopes: row.try_get_by_index(3)?,
                revision: row.try_get_by_index(4)?,
                domain: row.try_get_by_index(5)?,
                slug: row.try_get_by_index(6)?,
            };
            self.installs.insert(row.try_get_by_index(0)?, active);
        }
        Ok(())
    }

    pub(super) fn read_roles(&mut self, rows: &[QueryResult]) -> Result<(), DbErr> {
        for row in rows {
            self.roles.insert((row.try_get_by_index(0)?, row.try_get_by_index(1)?), row.try_get_by_index(2)?);
        }
        Ok(())
    }

    /// Whether all of `premise` holds.
    pub(super) fn bears(&self, premise: &Premise) -> bool {
        let Some(active) = self.installs.get(&premise.install) else { return false };
        active.app == premise.app
            && active.revision == premise.revision
            && active.organization == premise.organization
            && premise.guess.as_ref().is_none_or(|guess| active.is_as(guess))
            && premise.person.is_none_or(|(user, role)| self.roles.get(&(premise.organization, user)) == Some(&role))
    }
}

/// The statements that ask for premises, or insist on them.
#[derive(Default)]
pub(super) struct PremiseStatements {
    locks: Phrase,
    installs: Phrase,
    people: Phrase,
    insisted_installs: Phrase,
    insisted_people: Phrase,
    insisted_changes: Phrase,
}

impl PremiseStatements {
    /// What asks for active installs among those that `premises` rest on. Read them with [`Ground::read_installs`].
    pub(super) fn of_installs(&self, backend: DbBackend, premises: &[&Premise]) -> Option<Statement> {
        self.installs.about(backend, rested(premises), NOTHING, |asked, _| {
            active_installs().and_where(install(install::Column::Id).is_in(asked.into_iter().flatten())).take()
        })
    }

    /// The same for the people and their roles; read them with [`Ground::read_roles`].
    pub(super) fn of_people(&self, backend: DbBackend, premises: &[&Premise]) -> Option<Statement> {
        let person = |premise: &&Premise| premise.person.map(|(user, _)| (premise.organization, user));
        let people: HashSet<(OrgId, UserId)> = premises.iter().filter_map(person).collect();
        let people = people.into_iter().map(|(organization, user)| [organization.into(), user.into()]);
        self.people.about(backend, people, NOTHING, |asked, _| roles(asked).into_query())
    }

    /// What locks the installs on which `premises` rest, as [`locks`] does.
    pub(super) fn locks(&self, backend: DbBackend, premises: &[&Premise]) -> Option<Statement> {
        if backend == DbBackend::Sqlite {
            return None;
        }
        self.locks.about(backend, rested(premises), NOTHING, |asked, _| locked(asked.into_iter().flatten().collect()))
    }

    /// Statements for SQLite that fail unless all of `premises` hold. An install never changes its app or organization.
    pub(super) fn insist(&self, premises: &[&Premise]) -> Vec<Statement> {
        let installs: HashSet<(InstallId, i64)> =
            premises.iter().map(|premise| (premise.install, premise.revision)).collect();
        let installs = installs.into_iter().map(|(install, revision)| [install.into(), revision.into()]);
        let active = self.insisted_installs.about(DbBackend::Sqlite, installs, NOTHING, |asked, _| {
            insist_on(number(asked.len()), count(active_installs_at(asked)))
        });
        let role = |premise: &&Premise| premise.person.map(|(user, role)| (premise.organization, user, role));
        let people: HashSet<(OrgId, UserId, Role)> = premises.iter().filter_map(role).collect();
        let known = number(people.len());
        let people =
            people.into_iter().map(|(organization, user, role)| [organization.into(), user.into(), role.into()]);
        let members = self.insisted_people.about(DbBackend::Sqlite, people, known, |asked, known| {
            let one = |[organization, user, role]: [Value; 3]| {
                member(organization, user).and(membership::Column::Role.eq(role))
            };
            let any = asked.into_iter().fold(Condition::any(), |any, person| any.add(one(person)));
            insist_on(known, count(members(any).into_query()))
        });
        active.into_iter().chain(members).collect()
    }

    /// A statement for SQLite that fails unless the one before changed so many rows; none where they are none.
    pub(super) fn insist_on_changes(&self, wanted: usize) -> Option<Statement> {
        let rows = (wanted > 0).then_some([]);
        self.insisted_changes
            .about(DbBackend::Sqlite, rows, number(wanted), |_, wanted| insist_on(wanted, Expr::cust("changes()")))
    }
}

/// What the rows of a statement share if they share nothing.
const NOTHING: Option<i64> = None;

/// The installs on which `premises` rest, each once.
fn rested(premises: &[&Premise]) -> impl Iterator<Item = [Value; 1]> {
    let installs: HashSet<InstallId> = premises.iter().map(|premise| premise.install).collect();
    installs.into_iter().map(|install| [install.into()])
}

/// Locks the installs, whatever they are, by ascending id. Their apps and organizations are asked for by another statement:
/// it sees what was committed while this one waited. None on SQLite, which has one writer.
pub(in crate::store) fn locks(backend: DbBackend, installs: impl IntoIterator<Item = InstallId>) -> Option<Statement> {
    let installs: HashSet<InstallId> = installs.into_iter().collect();
    if backend == DbBackend::Sqlite || installs.is_empty() {
        return None;
    }
    Some(backend.build(&locked(padded(installs.into_iter().map(Value::from)))))
}

fn locked(installs: Vec<Value>) -> SelectStatement {
    install::Entity::find()
        .select_only()
        .column(install::Column::Id)
        .filter(install::Column::Id.is_in(installs))
        .order_by_asc(install::Column::Id)
        .lock(ROW_LOCK)
        .into_query()
}

fn install(column: install::Column) -> Expr {
    Expr::col((install::Entity, column))
}

/// Those of `asked`, installs with revisions, that are active, of apps that still have the revision.
fn active_installs_at(asked: Vec<[Value; 2]>) -> SelectStatement {
    let asked = asked.into_iter().map(|asked| ValueTuple::Many(asked.into()));
    let asked = TableRef::ValuesList(asked.collect(), ASKED.into_iden());
    let of_asked = install(install::Column::Id).equals((ASKED, "column1"));
    let at_revision = Expr::col((app::Entity, app::Column::Revision)).equals((ASKED, "column2"));
    active_installs().inner_join(asked, of_asked.and(at_revision)).take()
}

/// Those installs that are active, of apps that are answered at all and whose owners are (requirement 19), in active
/// organizations.
fn active_installs() -> SelectStatement {
    let organization = |name: &'static str, column| Expr::col((name, column));
    Query::select()
        .columns(
            [install::Column::Id, install::Column::AppId, install::Column::OrganizationId, install::Column::Scopes]
                .map(|column| (install::Entity, column)),
        )
        .column((app::Entity, app::Column::Revision))
        .columns([organization::Column::Domain, organization::Column::Slug].map(|column| (TARGET, column)))
        .from(install::Entity)
        .inner_join(app::Entity, install(install::Column::AppId).equals((app::Entity, app::Column::Id)))
        .join_as(
            JoinType::InnerJoin,
            organization::Entity,
            OWNER,
            Expr::col((app::Entity, app::Column::OwnerId)).equals((OWNER, organization::Column::Id)),
        )
        .join_as(
            JoinType::InnerJoin,
            organization::Entity,
            TARGET,
            install(install::Column::OrganizationId).equals((TARGET, organization::Column::Id)),
        )
        .and_where(install(install::Column::Status).eq(InstallStatus::Active))
        .and_where(Expr::col((app::Entity, app::Column::Status)).is_in([AppStatus::Live, AppStatus::Draft]))
        .and_where(organization(OWNER, organization::Column::Status).eq(Status::Active))
        .and_where(organization(TARGET, organization::Column::Status).eq(Status::Active))
        .take()
}

/// What those of the members are who may sign in. A change of their passwords or memberships waits for the locks, or this
/// for it: either way it finds the tokens that it must end.
fn roles(of: Vec<[Value; 2]>) -> Select<membership::Entity> {
    let any = of.into_iter().fold(Condition::any(), |any, [organization, user]| any.add(member(organization, user)));
    members(any).order_by_asc(membership::Column::UserId).order_by_asc(membership::Column::OrganizationId).lock_shared()
}

/// The members that `which` says, of those who may sign in.
fn members(which: Condition) -> Select<membership::Entity> {
    membership::Entity::find()
        .select_only()
        .columns([membership::Column::OrganizationId, membership::Column::UserId, membership::Column::Role])
        .inner_join(user::Entity)
        .filter(which)
        .filter(user::Column::Status.eq(Status::Active))
}

fn member(organization: Value, user: Value) -> SimpleExpr {
    membership::Column::OrganizationId.eq(organization).and(membership::Column::UserId.eq(user))
}

/// How many rows `select` finds.
fn count(select: SelectStatement) -> SimpleExpr {
    let counted = Query::select().expr(Expr::cust("COUNT(*)")).from_subquery(select, "found").take();
    SimpleExpr::SubQuery(None, Box::new(counted.into()))
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A statement for SQLite that fails unless `found` is `wanted`: the absolute value of the least integer is none
/// (<https://www.sqlite.org/lang_corefunc.html#abs>).
fn insist_on(wanted: impl Into<Value>, found: SimpleExpr) -> SelectStatement {
    let differs = Expr::expr(found).ne(wanted.into());
    Query::select().expr(Func::cust("abs").arg(Expr::cust("-9223372036854775807").sub(differs))).take()
}

#[cfg(test)]
mod tests {
    use sea_orm::DbBackend;
    use sea_orm::sea_query::Expr;
    use uuid::Uuid;

    use super::{Premise, PremiseStatements, insist_on};
    use crate::id::{AppId, InstallId, OrgId, UserId};
    use crate::role::Role;
    use crate::store::plan;

    fn premise(number: u128) -> Premise {
        let id = Uuid::from_u128(number);
        Premise {
            install: InstallId(id),
            app: AppId(id),
            revision: 1,
            organization: OrgId(id),
            person: Some((UserId(id), Role::Admin)),
            guess: None,
        }
    }

    #[tokio::test]
    async fn what_is_insisted_on_searches_every_table_by_an_index() {
        let db = plan::empty().await;
        let premises: Vec<_> = (1..=64).map(premise).collect();
        for statement in PremiseStatements::default().insist(&premises.iter().collect::<Vec<_>>()) {
            let text = statement.to_string();
            let steps = plan::steps(&db, statement).await;
            // The list of what is asked is read from its beginning to its end.
            let of_list = |step: &str| step == "SCAN asked" || step.contains("CONSTANT ROW") || step.contains("VALUES");
            let of_tables = |step: &&String| step.starts_with("SCAN") && !of_list(step);
            assert_eq!(steps.iter().filter(of_tables).count(), 0, "{text}\n{steps:#?}");
            assert!(steps.iter().any(|step| step.starts_with("SEARCH")), "{text}\n{steps:#?}");
        }
    }

    #[test]
    fn what_is_insisted_on_is_told_by_an_overflow() {
        let statement = DbBackend::Sqlite.build(&insist_on(3, Expr::cust("changes()")));
        assert_eq!(statement.to_string(), "SELECT abs((-9223372036854775807) - ((changes()) <> 3))");
    }
}
