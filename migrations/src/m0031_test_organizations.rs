//! Organizations that may test an app before it is live.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, uuid, uuid_null};

use crate::schema_helpers::{index, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("test_organizations")
            .col(uuid("app_id"))
            .col(uuid("organization_id"))
            .col(uuid_null("added_by"))
            .col(big_integer("created_at"))
            .primary_key(Index::create().col("app_id").col("organization_id"))
            .foreign_key(&mut references("test_organizations", "app_id", "apps"))
            .foreign_key(&mut references("test_organizations", "organization_id", "organizations"))
            .foreign_key(&mut references("test_organizations", "added_by", "users"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("test_organizations", &["organization_id"])).await
    }
}
