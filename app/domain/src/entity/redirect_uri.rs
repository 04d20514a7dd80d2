//! Registered redirect URIs, exactly as they are compared.

use sea_orm::entity::prelude::*;

use crate::id::{AppId, RedirectUriId};
use crate::time::Timestamp;

/// A row of `redirect_uris`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "redirect_uris")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RedirectUriId,
    /// The app.
    pub app_id: AppId,
    /// The URI.
    pub uri: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its app.
    #[sea_orm(belongs_to, from = "app_id", to = "id")]
    pub app: BelongsTo<super::app::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
