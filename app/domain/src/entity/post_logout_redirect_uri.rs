//! Where a client may send people who signed out, exactly as it is compared.

use sea_orm::entity::prelude::*;

use crate::id::AppId;
use crate::time::Timestamp;

/// A row of `post_logout_redirect_uris`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "post_logout_redirect_uris")]
pub struct Model {
    /// The app.
    #[sea_orm(primary_key, auto_increment = false)]
    pub app_id: AppId,
    /// The URI.
    #[sea_orm(primary_key, auto_increment = false)]
    pub uri: String,
    /// Its place in lists.
    pub position: i32,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its app.
    #[sea_orm(belongs_to, from = "app_id", to = "id")]
    pub app: BelongsTo<super::app::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
