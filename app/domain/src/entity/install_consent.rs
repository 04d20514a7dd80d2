//! What each person consented to in an install (PROTOCOL section 1, *Remembered consent*).

use sea_orm::entity::prelude::*;

use crate::id::{InstallId, UserId};
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// A row of `install_consents`. It counts as long as its install is active, and no longer.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "install_consents")]
pub struct Model {
    /// The install.
    #[sea_orm(primary_key, auto_increment = false)]
    pub install_id: InstallId,
    /// Who consented.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// The union of what he consented to.
    pub scopes: ScopeSet,
    /// When he did last.
    pub consented_at: Timestamp,
    /// Its install.
    #[sea_orm(belongs_to, from = "install_id", to = "id")]
    pub install: BelongsTo<super::install::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
