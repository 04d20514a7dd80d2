//! Signing keys: sealed private parts, and the moments between which each one is used and published.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, pk_uuid, string};

use crate::schema_helpers::unique;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("signing_keys")
            .col(pk_uuid("id"))
            .col(string("kid"))
            .col(string("algorithm"))
            .col(blob("sealed_private_key"))
            .col(big_integer("created_at"))
            .col(big_integer("active_from"))
            .col(big_integer_null("retires_at"))
            .col(big_integer_null("published_until"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(unique("signing_keys", &["kid"])).await
    }
}
