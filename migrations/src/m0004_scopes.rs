//! The catalogue of scopes.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{integer, string, string_null, text};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("scopes")
            .col(string("token"))
            .col(text("sentence"))
            .col(string("group_name"))
            .col(string("risk"))
            .col(string_null("permission"))
            .col(text("endpoints"))
            .col(integer("position"))
            .primary_key(Index::create().col("token"))
            .take();
        manager.create_table(table).await
    }
}
