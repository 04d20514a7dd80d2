//! Pending grants. The partial index counts those of browsers that are not signed in, by address.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, blob, pk_uuid, string, string_null, text, text_null, uuid, uuid_null};

use crate::schema_helpers::{index, partial, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("grants")
            .col(pk_uuid("id"))
            .col(uuid("app_id"))
            .col(text_null("redirect_uri"))
            .col(text("callback"))
            .col(text_null("state"))
            .col(text("scopes"))
            .col(text("optional_scopes"))
            .col(string("actor"))
            .col(string_null("code_challenge"))
            .col(uuid_null("hint"))
            .col(text_null("resource"))
            .col(blob("interaction_hash"))
            .col(string("client_address"))
            .col(uuid_null("user_id"))
            .col(uuid_null("organization_id"))
            .col(string("status"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .foreign_key(&mut references("grants", "app_id", "apps"))
            .foreign_key(&mut references("grants", "hint", "organizations"))
            .foreign_key(&mut references("grants", "user_id", "users"))
            .foreign_key(&mut references("grants", "organization_id", "organizations"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("grants", &["app_id", "organization_id"])).await?;
        manager.create_index(index("grants", &["expires_at"])).await?;
        manager.create_index(index("grants", &["user_id"])).await?;
        partial(manager, "CREATE INDEX grants_anonymous ON grants (client_address, id) WHERE user_id IS NULL").await
    }
}
