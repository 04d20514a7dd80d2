//! Who accepted which version of the terms of use for an app.

use sea_orm::entity::prelude::*;

use crate::id::{AppId, UserId};
use crate::time::Timestamp;

/// A row of `terms_acceptances`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "terms_acceptances")]
pub struct Model {
    /// The app.
    #[sea_orm(primary_key, auto_increment = false)]
    pub app_id: AppId,
    /// The version, as the configuration named it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: String,
    /// Where that version could be read.
    pub url: String,
    /// Who.
    pub user_id: UserId,
    /// His name at that time.
    pub user_name: String,
    /// When.
    pub accepted_at: Timestamp,
    /// The app.
    #[sea_orm(belongs_to, from = "app_id", to = "id")]
    pub app: BelongsTo<super::app::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
