//! Sessions of people.

use sea_orm::entity::prelude::*;

use crate::id::{SessionId, UserId};
use crate::time::Timestamp;

/// A row of `sessions`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// SHA-256 of the value in the cookie.
    #[sea_orm(unique)]
    pub id_hash: Vec<u8>,
    /// Whose.
    pub user_id: UserId,
    /// What the session keeps, as JSON.
    pub data: String,
    /// When the person proved who he is.
    pub authenticated_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was used last.
    pub last_seen_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The address of its sign-in.
    pub ip: Option<String>,
    /// The program of its sign-in.
    pub user_agent: Option<String>,
    /// Its user.
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
