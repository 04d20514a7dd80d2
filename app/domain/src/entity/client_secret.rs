//! Client secrets: their hashes.

use sea_orm::entity::prelude::*;

use crate::id::{AppId, SecretId, UserId};
use crate::time::Timestamp;

/// A row of `client_secrets`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_secrets")]
pub struct Model {
    /// The row, and the selector inside the secret.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SecretId,
    /// The app.
    pub app_id: AppId,
    /// SHA-256 of the random part.
    pub secret_hash: Vec<u8>,
    /// Prefix and last four characters.
    pub hint: String,
    /// What its maker calls it.
    pub label: String,
    /// Who made it; none when the command line did.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Its deadline, once a newer secret replaced it.
    pub expires_at: Option<Timestamp>,
    /// When a person ended it.
    pub revoked_at: Option<Timestamp>,
    /// Its app.
    #[sea_orm(belongs_to, from = "app_id", to = "id")]
    pub app: BelongsTo<super::app::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
