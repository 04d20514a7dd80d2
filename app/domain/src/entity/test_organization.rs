//! Organizations that may test an app before it is live (PROTOCOL section 1, *Approval*).

use sea_orm::entity::prelude::*;

use crate::id::{AppId, OrgId, UserId};
use crate::time::Timestamp;

/// A row of `test_organizations`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "test_organizations")]
pub struct Model {
    /// The app.
    #[sea_orm(primary_key, auto_increment = false)]
    pub app_id: AppId,
    /// The organization.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: OrgId,
    /// Its owner or admin who put it on the list; none when an operator did on the command line.
    pub added_by: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
    /// The app.
    #[sea_orm(belongs_to, from = "app_id", to = "id")]
    pub app: BelongsTo<super::app::Entity>,
    /// The organization.
    #[sea_orm(belongs_to, from = "organization_id", to = "id")]
    pub organization: BelongsTo<super::organization::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
