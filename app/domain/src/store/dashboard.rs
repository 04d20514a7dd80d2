//! The dashboard of an organization.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Store, audit_log, views};
use crate::client::{AppStatus, InstallStatus};
use crate::entity::{app, install};
use crate::id::OrgId;
use crate::portal::Dashboard;
use crate::role::Role;

/// Apps on the dashboard.
const RECENT_APPS: u64 = 5;
/// Events on the dashboard.
const RECENT_EVENTS: usize = 8;

impl Store {
    /// What a member with `role` sees of his organization first.
    pub async fn dashboard(&self, organization: OrgId, role: Role) -> Result<Dashboard, DbErr> {
        let db = self.reader();
        let made = || {
            app::Entity::find()
                .filter(app::Column::OwnerId.eq(organization))
                .filter(app::Column::Status.ne(AppStatus::Deleted))
        };
        let installs = install::Entity::find()
            .filter(install::Column::OrganizationId.eq(organization))
            .filter(install::Column::Status.eq(InstallStatus::Active));
        let recent = if role.makes_apps() {
            made()
                .order_by_desc(app::Column::UpdatedAt)
                .order_by_desc(app::Column::Id)
                .limit(RECENT_APPS)
                .all(db)
                .await?
        } else {
            Vec::new()
        };
        let recent_events = if role.administers_installs() {
            audit_log::latest(db, organization, RECENT_EVENTS).await?
        } else {
            Vec::new()
        };
        Ok(Dashboard {
            apps: made().count(db).await?,
            installs: installs.count(db).await?,
            recent_apps: views::app_rows(db, recent).await?,
            recent_events,
        })
    }
}
