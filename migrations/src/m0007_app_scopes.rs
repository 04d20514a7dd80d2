//! The scopes that apps ask for.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{boolean, integer, string, text, uuid};

use crate::schema_helpers::references;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("app_scopes")
            .col(uuid("app_id"))
            .col(string("scope"))
            .col(text("purpose"))
            .col(boolean("required"))
            .col(integer("position"))
            .primary_key(Index::create().col("app_id").col("scope"))
            .foreign_key(&mut references("app_scopes", "app_id", "apps"))
            .take();
        manager.create_table(table).await
    }
}
