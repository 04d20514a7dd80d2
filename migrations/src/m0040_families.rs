//! Each refresh writes a refresh token: it has the indexes that are asked, and is bound to its install alone, whose app and
//! organization are its own. Families are found by their installs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, blob_null, pk_uuid, string, text, uuid, uuid_null,
};

use sea_orm_migration::sea_orm::DbBackend;

use crate::schema_helpers::{index, make_anew, partial, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const COLUMNS: &str = "id, token_hash, hint, app_id, install_id, organization_id, actor, user_id, family_id, scopes, \
                       audience, access_token_id, created_at, family_created_at, expires_at, used_at, successor_id, \
                       sealed_answer, revoked_at";

const INDEXES: [&str; 3] = [
    "CREATE INDEX refresh_tokens_sealed ON refresh_tokens (created_at) WHERE sealed_answer IS NOT NULL",
    "CREATE INDEX refresh_tokens_ended ON refresh_tokens (revoked_at) WHERE revoked_at IS NOT NULL",
    "CREATE INDEX refresh_tokens_of_person ON refresh_tokens (user_id) WHERE user_id IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let anew = Table::create()
            .table("refresh_tokens_anew")
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
            .foreign_key(&mut references("refresh_tokens_anew", "install_id", "installs"))
            .foreign_key(&mut references("refresh_tokens_anew", "user_id", "users"))
            .check(Expr::cust("(actor = 'self') = (user_id IS NOT NULL)"))
            .take();
        make_anew(manager, "refresh_tokens", anew, COLUMNS).await?;
        manager.create_index(index("refresh_tokens", &["install_id", "family_id"])).await?;
        manager.create_index(index("refresh_tokens", &["expires_at"])).await?;
        for sql in INDEXES {
            partial(manager, sql).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            // Room in each page for what is rotated: its new version needs no entry in any index.
            partial(manager, "ALTER TABLE refresh_tokens SET (fillfactor = 85)").await?;
        }
        Ok(())
    }
}
