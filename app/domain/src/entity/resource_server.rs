//! Resource servers: registered callers of introspection (RFC 7662).

use sea_orm::entity::prelude::*;

use crate::id::ResourceServerId;
use crate::time::Timestamp;

/// A row of `resource_servers`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resource_servers")]
pub struct Model {
    /// The row, and the selector inside the secret.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ResourceServerId,
    /// What the operator calls it.
    pub name: String,
    /// The audience whose tokens it sees.
    pub audience: String,
    /// SHA-256 of the random part.
    pub secret_hash: Vec<u8>,
    /// Prefix and last four characters.
    pub hint: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
