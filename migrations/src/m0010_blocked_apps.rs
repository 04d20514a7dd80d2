//! Apps that organizations blocked.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text_null, uuid, uuid_null};

use crate::schema_helpers::{index, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("blocked_apps")
            .col(uuid("organization_id"))
            .col(uuid("app_id"))
            .col(uuid_null("blocked_by"))
            .col(text_null("reason"))
            .col(big_integer("created_at"))
            .primary_key(Index::create().col("organization_id").col("app_id"))
            .foreign_key(&mut references("blocked_apps", "organization_id", "organizations"))
            .foreign_key(&mut references("blocked_apps", "app_id", "apps"))
            .foreign_key(&mut references("blocked_apps", "blocked_by", "users"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("blocked_apps", &["app_id"])).await
    }
}
