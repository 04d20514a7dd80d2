//! Redirect URIs by their beginning: a preflight asks whether a live public client has an origin (requirement 64).

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A beginning is a range only where texts are ordered byte by byte, as SQLite orders them by itself.
        let column = match manager.get_database_backend() {
            DbBackend::Postgres => "uri COLLATE \"C\"",
            _ => "uri",
        };
        let sql = format!("CREATE INDEX redirect_uris_by_uri ON redirect_uris ({column})");
        manager.get_connection().execute_unprepared(&sql).await.map(drop)
    }
}
