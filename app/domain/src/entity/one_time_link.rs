//! One-time links that set a password.

use sea_orm::entity::prelude::*;

use crate::id::{LinkId, UserId};
use crate::role::StaffRole;
use crate::time::Timestamp;

/// A row of `one_time_links`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "one_time_links")]
pub struct Model {
    /// The row, and the selector inside the link.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: LinkId,
    /// SHA-256 of the random part.
    pub token_hash: Vec<u8>,
    /// Whose password.
    pub user_id: UserId,
    /// The role that begins when it is used.
    pub staff_role: Option<StaffRole>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used, or ended by a newer one.
    pub used_at: Option<Timestamp>,
    /// Its user.
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
