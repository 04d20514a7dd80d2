//! The scopes that an app asks for.

use sea_orm::entity::prelude::*;

use crate::id::AppId;
use crate::scope::ScopeToken;

/// A row of `app_scopes`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "app_scopes")]
pub struct Model {
    /// The app.
    #[sea_orm(primary_key, auto_increment = false)]
    pub app_id: AppId,
    /// The scope.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: ScopeToken,
    /// Why the app needs it, in the maker's words.
    pub purpose: String,
    /// Whether a person may not leave it out.
    pub required: bool,
    /// Its place in lists.
    pub position: i32,
    /// Its app.
    #[sea_orm(belongs_to, from = "app_id", to = "id")]
    pub app: BelongsTo<super::app::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
