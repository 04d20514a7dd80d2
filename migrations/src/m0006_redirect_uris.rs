//! Registered redirect URIs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, pk_uuid, text, uuid};

use crate::schema_helpers::{references, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("redirect_uris")
            .col(pk_uuid("id"))
            .col(uuid("app_id"))
            .col(text("uri"))
            .col(big_integer("created_at"))
            .foreign_key(&mut references("redirect_uris", "app_id", "apps"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(unique("redirect_uris", &["app_id", "uri"])).await
    }
}
