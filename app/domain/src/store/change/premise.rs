//! What decisions about codes and tokens rested on, asked again inside the transaction, for all changes of a batch.

use std::collections::{HashMap, HashSet};

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect,
};

use super::ROW_LOCK;
use super::batch::padded;
use crate::client::{AppStatus, InstallStatus};
use crate::entity::{app, install, membership, organization, user};
use crate::id::{AppId, InstallId, OrgId, UserId};
use crate::organization::Status;
use crate::role::Role;

/// An active install of an app in use, in an active organization, and the person on whom it depends.
#[derive(Clone, Debug)]
pub(crate) struct Premise {
    /// The install; active.
    pub(crate) install: InstallId,
    /// The app; live or a draft, of an active owner.
    pub(crate) app: AppId,
    /// The target organization; active.
    pub(crate) organization: OrgId,
    /// An active person and the role there that the decision saw; none where it depends on nobody.
    pub(crate) person: Option<(UserId, Role)>,
}

/// What holds now of that on which premises rest.
#[derive(Debug, Default)]
pub(super) struct Ground {
    active_installs: HashMap<InstallId, AppId>,
    apps_in_use: HashSet<AppId>,
    active_organizations: HashSet<OrgId>,
    active_people: HashSet<UserId>,
    roles: HashMap<(OrgId, UserId), Role>,
}

impl Ground {
    /// Asks what `premises` rest on, and locks: first the rows of `installs`, then those of the people, each by
    /// ascending id. What is asked after the locks were had is true until the transaction ends.
    pub(super) async fn ask(
        tx: &impl ConnectionTrait,
        installs: impl Iterator<Item = InstallId>,
        premises: &[&Premise],
    ) -> Result<Self, DbErr> {
        let installs: HashSet<InstallId> = installs.collect();
        if installs.is_empty() {
            return Ok(Self::default());
        }
        let active_installs = active_installs(tx, installs).await?;
        if premises.is_empty() {
            return Ok(Self { active_installs, ..Self::default() });
        }
        let apps: HashSet<AppId> = premises.iter().map(|premise| premise.app).collect();
        let organizations: HashSet<OrgId> = premises.iter().map(|premise| premise.organization).collect();
        let people: HashSet<(OrgId, UserId)> = premises
            .iter()
            .filter_map(|premise| premise.person.map(|(user, _)| (premise.organization, user)))
            .collect();
        let mut ground = Self {
            active_installs,
            apps_in_use: apps_in_use(tx, apps).await?,
            active_organizations: active_organizations(tx, organizations).await?,
            ..Self::default()
        };
        if !people.is_empty() {
            ground.active_people = active_people(tx, people.iter().map(|(_, user)| *user).collect()).await?;
            ground.roles = roles(tx, &people).await?;
        }
        Ok(ground)
    }

    /// Whether all of `premise` holds.
    pub(super) fn bears(&self, premise: &Premise) -> bool {
        self.active_installs.get(&premise.install) == Some(&premise.app)
            && self.apps_in_use.contains(&premise.app)
            && self.active_organizations.contains(&premise.organization)
            && premise.person.is_none_or(|(user, role)| {
                self.active_people.contains(&user) && self.roles.get(&(premise.organization, user)) == Some(&role)
            })
    }
}

/// Locks the rows of all `ids`; gives the active ones with their apps.
async fn active_installs(
    tx: &impl ConnectionTrait,
    ids: HashSet<InstallId>,
) -> Result<HashMap<InstallId, AppId>, DbErr> {
    let rows: Vec<(InstallId, AppId, InstallStatus)> = install::Entity::find()
        .select_only()
        .columns([install::Column::Id, install::Column::AppId, install::Column::Status])
        .filter(install::Column::Id.is_in(padded(ids)))
        .order_by_asc(install::Column::Id)
        .lock(ROW_LOCK)
        .into_tuple()
        .all(tx)
        .await?;
    let active = rows.into_iter().filter(|(.., status)| *status == InstallStatus::Active);
    Ok(active.map(|(id, app, _)| (id, app)).collect())
}

/// The apps that are answered at all, and whose owners are (requirement 19).
async fn apps_in_use(tx: &impl ConnectionTrait, ids: HashSet<AppId>) -> Result<HashSet<AppId>, DbErr> {
    let rows: Vec<AppId> = app::Entity::find()
        .select_only()
        .column(app::Column::Id)
        .inner_join(organization::Entity)
        .filter(app::Column::Id.is_in(padded(ids)))
        .filter(app::Column::Status.is_in([AppStatus::Live, AppStatus::Draft]))
        .filter(organization::Column::Status.eq(Status::Active))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(rows.into_iter().collect())
}

async fn active_organizations(tx: &impl ConnectionTrait, ids: HashSet<OrgId>) -> Result<HashSet<OrgId>, DbErr> {
    let rows: Vec<OrgId> = organization::Entity::find()
        .select_only()
        .column(organization::Column::Id)
        .filter(organization::Column::Id.is_in(padded(ids)))
        .filter(organization::Column::Status.eq(Status::Active))
        .into_tuple()
        .all(tx)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The people who may sign in. A change of their passwords or memberships waits for the locks, or this for it: either
/// way it finds the tokens that it must end.
async fn active_people(tx: &impl ConnectionTrait, ids: HashSet<UserId>) -> Result<HashSet<UserId>, DbErr> {
    let rows: Vec<UserId> = user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .filter(user::Column::Id.is_in(padded(ids)))
        .filter(user::Column::Status.eq(Status::Active))
        .order_by_asc(user::Column::Id)
        .lock_shared()
        .into_tuple()
        .all(tx)
        .await?;
    Ok(rows.into_iter().collect())
}

async fn roles(
    tx: &impl ConnectionTrait,
    of: &HashSet<(OrgId, UserId)>,
) -> Result<HashMap<(OrgId, UserId), Role>, DbErr> {
    let one = |(organization, user): &(OrgId, UserId)| {
        membership::Column::OrganizationId.eq(*organization).and(membership::Column::UserId.eq(*user))
    };
    let any = padded(of).into_iter().fold(Condition::any(), |any, key| any.add(one(key)));
    let rows: Vec<(OrgId, UserId, Role)> = membership::Entity::find()
        .select_only()
        .columns([membership::Column::OrganizationId, membership::Column::UserId, membership::Column::Role])
        .filter(any)
        .order_by_asc(membership::Column::UserId)
        .order_by_asc(membership::Column::OrganizationId)
        .lock_shared()
        .into_tuple()
        .all(tx)
        .await?;
    Ok(rows.into_iter().map(|(organization, user, role)| ((organization, user), role)).collect())
}
