//! Apps on the lists of organizations that have one.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, uuid};

use crate::schema_helpers::{index, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("allowed_apps")
            .col(uuid("organization_id"))
            .col(uuid("app_id"))
            .col(big_integer("created_at"))
            .primary_key(Index::create().col("organization_id").col("app_id"))
            .foreign_key(&mut references("allowed_apps", "organization_id", "organizations"))
            .foreign_key(&mut references("allowed_apps", "app_id", "apps"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("allowed_apps", &["app_id"])).await
    }
}
