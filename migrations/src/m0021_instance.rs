//! Facts about the instance.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{string, text};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("instance")
            .col(string("key"))
            .col(text("value"))
            .primary_key(Index::create().col("key"))
            .take();
        manager.create_table(table).await
    }
}
