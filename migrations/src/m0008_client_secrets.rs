//! Client secrets: hashes and hints.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, pk_uuid, string, uuid, uuid_null};

use crate::schema_helpers::{index, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("client_secrets")
            .col(pk_uuid("id"))
            .col(uuid("app_id"))
            .col(blob("secret_hash"))
            .col(string("hint"))
            .col(string("label"))
            .col(uuid_null("created_by"))
            .col(big_integer("created_at"))
            .col(big_integer_null("last_used_at"))
            .col(big_integer_null("expires_at"))
            .col(big_integer_null("revoked_at"))
            .foreign_key(&mut references("client_secrets", "app_id", "apps"))
            .foreign_key(&mut references("client_secrets", "created_by", "users"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("client_secrets", &["app_id", "id"])).await
    }
}
