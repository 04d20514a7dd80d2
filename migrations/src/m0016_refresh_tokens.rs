//! Refresh tokens: hashes and hints. Who wins a rotation is decided by an `UPDATE` that names the successor before its row
//! exists, and a spent access token may be swept before its refresh token: these two columns have no foreign key.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, blob_null, pk_uuid, string, text, uuid, uuid_null,
};

use crate::schema_helpers::{index, partial, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("refresh_tokens")
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
            .col(uuid("access_token_id"))
            .col(big_integer("created_at"))
            .col(big_integer("family_created_at"))
            .col(big_integer_null("expires_at"))
            .col(big_integer_null("used_at"))
            .col(uuid_null("successor_id"))
            .col(blob_null("sealed_answer"))
            .col(big_integer_null("revoked_at"))
            .foreign_key(&mut references("refresh_tokens", "app_id", "apps"))
            .foreign_key(&mut references("refresh_tokens", "install_id", "installs"))
            .foreign_key(&mut references("refresh_tokens", "organization_id", "organizations"))
            .foreign_key(&mut references("refresh_tokens", "user_id", "users"))
            .check(Expr::cust("(actor = 'self') = (user_id IS NOT NULL)"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("refresh_tokens", &["install_id", "id"])).await?;
        manager.create_index(index("refresh_tokens", &["app_id"])).await?;
        manager.create_index(index("refresh_tokens", &["family_id"])).await?;
        manager.create_index(index("refresh_tokens", &["access_token_id"])).await?;
        manager.create_index(index("refresh_tokens", &["user_id"])).await?;
        manager.create_index(index("refresh_tokens", &["expires_at"])).await?;
        partial(
            manager,
            "CREATE INDEX refresh_tokens_sealed ON refresh_tokens (created_at) WHERE sealed_answer IS NOT NULL",
        )
        .await
    }
}
