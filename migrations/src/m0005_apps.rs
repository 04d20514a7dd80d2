//! Apps: OAuth clients.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, pk_uuid, string, string_null, string_uniq, text, text_null, uuid, uuid_null,
};

use crate::schema_helpers::{index, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("apps")
            .col(pk_uuid("id"))
            .col(uuid("owner_id"))
            .col(string_uniq("client_id"))
            .col(string("name"))
            .col(text("description"))
            .col(text_null("logo"))
            .col(text_null("homepage"))
            .col(string_null("support_email"))
            .col(string("status"))
            .col(string("auth_method"))
            .col(boolean("pkce_required"))
            .col(string("token_policy"))
            .col(string("actor_modes"))
            .col(uuid_null("created_by"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .foreign_key(&mut references("apps", "owner_id", "organizations"))
            .foreign_key(&mut references("apps", "created_by", "users"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("apps", &["owner_id", "id"])).await
    }
}
