//! People.

use sea_orm::entity::prelude::*;

use crate::id::UserId;
use crate::organization::Status;
use crate::role::StaffRole;
use crate::time::Timestamp;

/// A row of `users`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UserId,
    /// The name that others see.
    pub name: String,
    /// Lower-cased; the name to sign in with.
    #[sea_orm(unique)]
    pub email: String,
    /// argon2id as a PHC string; none until a one-time link set one.
    pub password_hash: Option<String>,
    /// Whether the person may sign in.
    pub status: Status,
    /// The role in the instance.
    pub staff_role: Option<StaffRole>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When anything of it changed last.
    pub updated_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
