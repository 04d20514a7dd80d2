//! Authorization codes: hashes.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, pk_uuid, string, string_null, text, text_null, uuid,
};

use crate::schema_helpers::{index, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("codes")
            .col(pk_uuid("id"))
            .col(blob("code_hash"))
            .col(uuid("app_id"))
            .col(uuid("install_id"))
            .col(uuid("organization_id"))
            .col(string("actor"))
            .col(uuid("user_id"))
            .col(text_null("redirect_uri"))
            .col(string_null("code_challenge"))
            .col(text("scopes"))
            .col(text("audience"))
            .col(uuid("family_id"))
            .col(big_integer("created_at"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("used_at"))
            .col(big_integer_null("revoked_at"))
            .foreign_key(&mut references("codes", "app_id", "apps"))
            .foreign_key(&mut references("codes", "install_id", "installs"))
            .foreign_key(&mut references("codes", "organization_id", "organizations"))
            .foreign_key(&mut references("codes", "user_id", "users"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("codes", &["install_id", "id"])).await?;
        manager.create_index(index("codes", &["app_id"])).await?;
        manager.create_index(index("codes", &["family_id"])).await?;
        manager.create_index(index("codes", &["user_id"])).await?;
        manager.create_index(index("codes", &["expires_at"])).await
    }
}
