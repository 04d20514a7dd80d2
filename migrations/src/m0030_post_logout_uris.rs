//! Where a client may send people who signed out (OpenID Connect RP-Initiated Logout 1.0 section 3).

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, integer, text, uuid};

use crate::schema_helpers::references;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("post_logout_redirect_uris")
            .col(uuid("app_id"))
            .col(text("uri"))
            .col(integer("position"))
            .col(big_integer("created_at"))
            .primary_key(Index::create().col("app_id").col("uri"))
            .foreign_key(&mut references("post_logout_redirect_uris", "app_id", "apps"))
            .take();
        manager.create_table(table).await
    }
}
