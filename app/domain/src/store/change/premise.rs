//! What a decision about a code or token rested on, asked again inside the transaction.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::ROW_LOCK;
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

impl Premise {
    /// Whether all of it still holds. Locks the install's row and the person's.
    pub(crate) async fn holds(&self, tx: &impl ConnectionTrait) -> Result<bool, DbErr> {
        Ok(self.install_is_active(tx).await?
            && app_in_use(tx, self.app).await?
            && organization_is_active(tx, self.organization).await?
            && match self.person {
                Some((user, role)) => person_stands(tx, self.organization, user, role).await?,
                None => true,
            })
    }

    async fn install_is_active(&self, tx: &impl ConnectionTrait) -> Result<bool, DbErr> {
        let found = install::Entity::find_by_id(self.install)
            .filter(install::Column::Status.eq(InstallStatus::Active))
            .filter(install::Column::AppId.eq(self.app))
            .lock(ROW_LOCK)
            .one(tx)
            .await?;
        Ok(found.is_some())
    }
}

/// Whether the app and its owner are answered at all (requirement 19).
pub(crate) async fn app_in_use(tx: &impl ConnectionTrait, app: AppId) -> Result<bool, DbErr> {
    let found = app::Entity::find_by_id(app)
        .filter(app::Column::Status.is_in([AppStatus::Live, AppStatus::Draft]))
        .find_also_related(organization::Entity)
        .one(tx)
        .await?;
    Ok(found.and_then(|(_, owner)| owner).is_some_and(|owner| owner.status == Status::Active))
}

async fn organization_is_active(tx: &impl ConnectionTrait, id: OrgId) -> Result<bool, DbErr> {
    let active = organization::Column::Status.eq(Status::Active);
    Ok(organization::Entity::find_by_id(id).filter(active).one(tx).await?.is_some())
}

/// Whether the person may sign in and has this role. A change of his password or membership waits for the locks, or
/// this for it: either way it finds the tokens that it must end.
pub(crate) async fn person_stands(
    tx: &impl ConnectionTrait,
    organization: OrgId,
    user: UserId,
    role: Role,
) -> Result<bool, DbErr> {
    let active = user::Column::Status.eq(Status::Active);
    if user::Entity::find_by_id(user).filter(active).lock_shared().one(tx).await?.is_none() {
        return Ok(false);
    }
    let held = membership::Column::Role.eq(role);
    Ok(membership::Entity::find_by_id((organization, user)).filter(held).lock_shared().one(tx).await?.is_some())
}
