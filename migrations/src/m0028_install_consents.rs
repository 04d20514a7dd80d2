//! Who consented to what in an install: no page is needed where the same person is asked for the same again
//! (PROTOCOL section 1, *Remembered consent*).

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, uuid};

use crate::schema_helpers::{index, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("install_consents")
            .col(uuid("install_id"))
            .col(uuid("user_id"))
            .col(text("scopes"))
            .col(big_integer("consented_at"))
            .primary_key(Index::create().col("install_id").col("user_id"))
            .foreign_key(&mut references("install_consents", "install_id", "installs"))
            .foreign_key(&mut references("install_consents", "user_id", "users"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("install_consents", &["user_id"])).await
    }
}
