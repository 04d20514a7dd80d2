//! One-time links that set a password.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, pk_uuid, string_null, uuid};

use crate::schema_helpers::{index, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("one_time_links")
            .col(pk_uuid("id"))
            .col(blob("token_hash"))
            .col(uuid("user_id"))
            .col(string_null("staff_role"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("used_at"))
            .foreign_key(&mut references("one_time_links", "user_id", "users"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("one_time_links", &["user_id"])).await?;
        manager.create_index(index("one_time_links", &["expires_at"])).await
    }
}
