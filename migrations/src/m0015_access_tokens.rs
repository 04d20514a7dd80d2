//! Access tokens: hashes and hints.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, blob, pk_uuid, string, text, uuid, uuid_null};

use crate::schema_helpers::{index, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("access_tokens")
            .col(pk_uuid("id"))
            .col(blob("token_hash"))
            .col(string("hint"))
            .col(uuid("app_id"))
            .col(uuid("install_id"))
            .col(uuid("organization_id"))
            .col(string("actor"))
            .col(uuid_null("user_id"))
            .col(uuid("family_id"))
            .col(text("scopes"))
            .col(text("audience"))
            .col(big_integer("created_at"))
            .col(big_integer_null("expires_at"))
            .col(big_integer_null("revoked_at"))
            .col(big_integer_null("last_used_at"))
            .foreign_key(&mut references("access_tokens", "app_id", "apps"))
            .foreign_key(&mut references("access_tokens", "install_id", "installs"))
            .foreign_key(&mut references("access_tokens", "organization_id", "organizations"))
            .foreign_key(&mut references("access_tokens", "user_id", "users"))
            .check(Expr::cust("(actor = 'self') = (user_id IS NOT NULL)"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("access_tokens", &["install_id", "id"])).await?;
        manager.create_index(index("access_tokens", &["app_id"])).await?;
        manager.create_index(index("access_tokens", &["family_id"])).await?;
        manager.create_index(index("access_tokens", &["user_id"])).await?;
        manager.create_index(index("access_tokens", &["expires_at"])).await
    }
}
