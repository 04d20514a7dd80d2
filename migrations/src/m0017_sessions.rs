//! Sessions of people.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, blob, pk_uuid, string_null, text, text_null, uuid};

use crate::schema_helpers::{index, references, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("sessions")
            .col(pk_uuid("id"))
            .col(blob("id_hash"))
            .col(uuid("user_id"))
            .col(text("data"))
            .col(big_integer("authenticated_at"))
            .col(big_integer("created_at"))
            .col(big_integer("last_seen_at"))
            .col(big_integer("expires_at"))
            .col(string_null("ip"))
            .col(text_null("user_agent"))
            .foreign_key(&mut references("sessions", "user_id", "users"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(unique("sessions", &["id_hash"])).await?;
        manager.create_index(index("sessions", &["user_id", "id"])).await?;
        manager.create_index(index("sessions", &["expires_at"])).await
    }
}
