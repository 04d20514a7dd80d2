//! What the rule *who may install* needs to know, loaded from the tables.

use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};

use super::grounds::Person;
use super::{test_organizations, views};
use crate::client::{ActorMode, Client, InstallStatus};
use crate::entity::{allowed_app, blocked_app, install, install_consent, membership, organization, user};
use crate::id::{InstallId, OrgId, UserId};
use crate::oauth::install::{Grantable, Target, Wish, who_may_install};
use crate::organization::Status;
use crate::portal::{NotPermitted, OrganizationChoice, OrganizationName, PresentInstall};
use crate::role::Role;
use crate::scope::{Catalogue, ScopeSet};
use crate::token_policy::LiveTokens;

/// The most people who are named to ask.
const ASK: u64 = 5;
/// The most organizations in a picker.
const PICKER: u64 = 200;

/// A person's membership of an active organization.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    organization: organization::Model,
    user: UserId,
    /// His role there.
    pub(crate) role: Role,
}

impl Member {
    /// The organization.
    pub(crate) fn id(&self) -> OrgId {
        self.organization.id
    }

    /// Its name.
    pub(crate) fn name(&self) -> OrganizationName {
        views::organization_name(&self.organization)
    }

    /// The picker's line.
    pub(crate) fn choice(&self, not_permitted: Option<NotPermitted>, hinted: bool) -> OrganizationChoice {
        OrganizationChoice { organization: self.name(), role: self.role, not_permitted, hinted }
    }
}

/// A person who may sign in.
pub(crate) async fn active_person(db: &impl ConnectionTrait, id: UserId) -> Result<Option<Person>, DbErr> {
    let row = user::Entity::find_by_id(id).filter(user::Column::Status.eq(Status::Active)).one(db).await?;
    Ok(row.map(|row| Person { id, name: row.name, email: row.email, status: row.status, role: None }))
}

/// The person's memberships of active organizations, by name.
pub(crate) async fn memberships(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<Member>, DbErr> {
    let rows = membership::Entity::find()
        .find_also_related(organization::Entity)
        .filter(membership::Column::UserId.eq(user))
        .filter(organization::Column::Status.eq(Status::Active))
        .order_by_asc(organization::Column::Name)
        .order_by_asc(organization::Column::Id)
        .limit(PICKER)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(row, of)| Some(Member { organization: of?, user, role: row.role })).collect())
}

/// The person's membership of `organization`, his row locked; none when he may not sign in or is no member.
pub(crate) async fn member(
    tx: &impl ConnectionTrait,
    organization: organization::Model,
    user: UserId,
) -> Result<Option<Member>, DbErr> {
    let active = user::Column::Status.eq(Status::Active);
    if user::Entity::find_by_id(user).filter(active).lock_shared().one(tx).await?.is_none() {
        return Ok(None);
    }
    let row = membership::Entity::find_by_id((organization.id, user)).lock_shared().one(tx).await?;
    Ok(row.map(|row| Member { organization, user, role: row.role }))
}

/// Whether `member` may install the app, and what he can grant: the pure rule over loaded facts.
pub(crate) async fn judge(
    db: &impl ConnectionTrait,
    client: &Client,
    member: &Member,
    wish: &Wish<'_>,
    catalogue: &Catalogue,
    test: bool,
) -> Result<Result<Grantable, NotPermitted>, DbErr> {
    let key = (member.id(), client.app);
    let target = Target {
        organization: member.id(),
        live: test_organizations::live_in(db, client, member.id()).await?,
        policy: member.organization.install_policy,
        blocked: blocked_app::Entity::find_by_id(key).one(db).await?.is_some(),
        on_allowlist: allowed_app::Entity::find_by_id(key).one(db).await?.is_some(),
        suspended: suspended(db, client, member, wish.actor).await?,
        role: member.role,
        admin_installs: admin_installs(db, client, member.id()).await?,
        test,
    };
    Ok(who_may_install(client, &target, wish, catalogue))
}

/// Whether the install of the key is suspended.
async fn suspended(
    db: &impl ConnectionTrait,
    client: &Client,
    member: &Member,
    actor: ActorMode,
) -> Result<bool, DbErr> {
    Ok(of_key(client, member, actor, InstallStatus::Suspended).one(db).await?.is_some())
}

/// The active install of the key, as the consent page tells of it.
pub(crate) async fn present(
    db: &impl ConnectionTrait,
    client: &Client,
    member: &Member,
    actor: ActorMode,
) -> Result<Option<PresentInstall>, DbErr> {
    let row = of_key(client, member, actor, InstallStatus::Active).one(db).await?;
    let replaces = client.policy.live_tokens == LiveTokens::One;
    Ok(row.map(|row| PresentInstall { since: row.created_at, scopes: row.scopes, replaces }))
}

/// The install of the key (app, organization, actor and, for `self`, person) in the state `status`.
fn of_key(client: &Client, member: &Member, actor: ActorMode, status: InstallStatus) -> Select<install::Entity> {
    let person = match actor {
        ActorMode::App => install::Column::UserId.is_null(),
        ActorMode::Myself => install::Column::UserId.eq(member.user),
    };
    install::Entity::find()
        .filter(install::Column::AppId.eq(client.app))
        .filter(install::Column::OrganizationId.eq(member.id()))
        .filter(install::Column::Actor.eq(actor))
        .filter(person)
        .filter(install::Column::Status.eq(status))
}

/// What owners and admins of the present allowed of the app's active installs there, one set for each install: what they
/// consented to, or all of one that they made without a consent.
async fn admin_installs(
    db: &impl ConnectionTrait,
    client: &Client,
    organization: OrgId,
) -> Result<Vec<ScopeSet>, DbErr> {
    let admins = || administrators(organization).select_only().column(membership::Column::UserId).into_query();
    let consented = install_consent::Column::UserId.in_subquery(admins());
    let consents = install_consent::Entity::find().filter(consented);
    let with_consent = consents.clone().select_only().column(install_consent::Column::InstallId).into_query();
    let by_admin = install::Column::InstalledBy.in_subquery(admins());
    let rows = install::Entity::find()
        .select_only()
        .expr_as(by_admin.clone(), "by_admin")
        .columns([install::Column::Id, install::Column::InstalledBy, install::Column::Scopes])
        .filter(install::Column::AppId.eq(client.app))
        .filter(install::Column::OrganizationId.eq(organization))
        .filter(install::Column::Status.eq(InstallStatus::Active))
        .filter(by_admin.or(install::Column::Id.in_subquery(with_consent)))
        .into_model::<Allowing>()
        .all(db)
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let of_these = install_consent::Column::InstallId.is_in(rows.iter().map(|row| row.id));
    let consents = consents.filter(of_these).all(db).await?;
    let allowed = |row: Allowing| {
        let own = consents.iter().filter(|consent| consent.install_id == row.id);
        let consented = own.clone().any(|consent| consent.user_id == row.installed_by);
        let made = if row.by_admin && !consented { row.scopes } else { ScopeSet::default() };
        own.fold(made, |all, consent| all.union(&consent.scopes))
    };
    Ok(rows.into_iter().map(allowed).collect())
}

/// An install that somebody made or consented to who is owner or admin now.
#[derive(FromQueryResult)]
struct Allowing {
    id: InstallId,
    installed_by: UserId,
    scopes: ScopeSet,
    by_admin: bool,
}

fn administrators(organization: OrgId) -> sea_orm::Select<membership::Entity> {
    membership::Entity::find()
        .filter(membership::Column::OrganizationId.eq(organization))
        .filter(membership::Column::Role.is_in([Role::Owner, Role::Admin]))
}

/// Owners and admins whom to ask: names and addresses.
pub(crate) async fn whom_to_ask(db: &impl ConnectionTrait, organization: OrgId) -> Result<Vec<String>, DbErr> {
    let rows = administrators(organization)
        .find_also_related(user::Entity)
        .filter(user::Column::Status.eq(Status::Active))
        .order_by_asc(user::Column::Name)
        .order_by_asc(user::Column::Id)
        .limit(ASK)
        .all(db)
        .await?;
    let line = |row: user::Model| format!("{} <{}>", row.name, row.email);
    Ok(rows.into_iter().filter_map(|(_, person)| person.map(line)).collect())
}
