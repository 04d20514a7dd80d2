//! Who accepted which version of the terms of use for an app.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, string, text, uuid};

use crate::schema_helpers::references;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("terms_acceptances")
            .col(uuid("app_id"))
            .col(string("version"))
            .col(text("url"))
            .col(uuid("user_id"))
            .col(string("user_name"))
            .col(big_integer("accepted_at"))
            .primary_key(Index::create().col("app_id").col("version"))
            .foreign_key(&mut references("terms_acceptances", "app_id", "apps"))
            .foreign_key(&mut references("terms_acceptances", "user_id", "users"))
            .take();
        manager.create_table(table).await
    }
}
