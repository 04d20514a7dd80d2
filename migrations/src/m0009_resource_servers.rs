//! Resource servers: callers of introspection.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, blob, pk_uuid, string, text};

use crate::schema_helpers::index;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("resource_servers")
            .col(pk_uuid("id"))
            .col(string("name"))
            .col(text("audience"))
            .col(blob("secret_hash"))
            .col(string("hint"))
            .col(big_integer("created_at"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("resource_servers", &["audience"])).await
    }
}
