//! Ends of refresh tokens and uses of codes touch no index: PostgreSQL keeps the new version of such a row beside the old one.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::schema_helpers::partial;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// The sweep goes by the end, which a revoked token always has.
const ENDS: [&str; 2] = [
    "DROP INDEX refresh_tokens_ended",
    "UPDATE refresh_tokens SET expires_at = revoked_at WHERE revoked_at IS NOT NULL AND expires_at IS NULL",
];

/// Most codes are used soon after they were made.
const ROOM: &str = "ALTER TABLE codes SET (fillfactor = 70)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in ENDS {
            partial(manager, sql).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            partial(manager, ROOM).await?;
        }
        Ok(())
    }
}
