//! Who belongs to which organization.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string, uuid};

use crate::schema_helpers::{index, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("memberships")
            .col(uuid("organization_id"))
            .col(uuid("user_id"))
            .col(string("role"))
            .col(big_integer("created_at"))
            .primary_key(Index::create().col("organization_id").col("user_id"))
            .foreign_key(&mut references("memberships", "organization_id", "organizations"))
            .foreign_key(&mut references("memberships", "user_id", "users"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("memberships", &["user_id"])).await
    }
}
