//! Organizations.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, pk_uuid, string, string_null, string_uniq};

use crate::schema_helpers::unique;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("organizations")
            .col(pk_uuid("id"))
            .col(string_uniq("slug"))
            .col(string("name"))
            .col(string_null("domain"))
            .col(string("plan"))
            .col(string("status"))
            .col(string("install_policy"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(unique("organizations", &["domain"])).await
    }
}
