//! Installs: an app in a target organization.

use sea_orm::entity::prelude::*;

use crate::client::{ActorMode, InstallStatus};
use crate::id::{AppId, InstallId, OrgId, UserId};
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// A row of `installs`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "installs")]
pub struct Model {
    /// The install.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InstallId,
    /// The app.
    pub app_id: AppId,
    /// The target organization.
    pub organization_id: OrgId,
    /// Who acts.
    pub actor: ActorMode,
    /// As whom, for `self`.
    pub user_id: Option<UserId>,
    /// What was granted.
    pub scopes: ScopeSet,
    /// Who consented first.
    pub installed_by: UserId,
    /// Why, in his words.
    pub reason: Option<String>,
    /// Whether the Test install button made it.
    pub test: bool,
    /// Where it is in its lifecycle.
    pub status: InstallStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When anything of it changed last.
    pub updated_at: Timestamp,
    /// When a token of it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Who revoked it; none when an app or the instance did.
    pub revoked_by: Option<UserId>,
    /// Why.
    pub revoked_reason: Option<String>,
    /// Its app.
    #[sea_orm(belongs_to, from = "app_id", to = "id")]
    pub app: BelongsTo<super::app::Entity>,
    /// Its organization.
    #[sea_orm(belongs_to, from = "organization_id", to = "id")]
    pub organization: BelongsTo<super::organization::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
