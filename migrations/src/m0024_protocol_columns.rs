//! What OpenID Connect, `client_credentials` and JWT access tokens need of the tables that are there.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer_null, boolean, string, text_null, uuid_null};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Adds columns one by one: SQLite takes one for each statement.
async fn add(manager: &SchemaManager<'_>, table: &'static str, columns: Vec<ColumnDef>) -> Result<(), DbErr> {
    for mut column in columns {
        manager.alter_table(Table::alter().table(table).add_column(&mut column).take()).await?;
    }
    Ok(())
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let apps = vec![
            string("grants").default("authorization_code").take(),
            string("id_token_signed_response_alg").default("RS256").take(),
            big_integer_null("approved_at").take(),
        ];
        add(manager, "apps", apps).await?;
        let grants = vec![
            text_null("nonce").take(),
            string("response_mode").default("query").take(),
            string("prompt").default("").take(),
            big_integer_null("max_age").take(),
            text_null("login_hint").take(),
            uuid_null("hinted_user_id").take(),
        ];
        add(manager, "grants", grants).await?;
        let codes = vec![
            text_null("nonce").take(),
            big_integer_null("authenticated_at").take(),
            boolean("auth_time_required").default(false).take(),
        ];
        add(manager, "codes", codes).await?;
        let access_tokens =
            vec![string("grant_type").default("authorization_code").take(), boolean("jwt").default(false).take()];
        add(manager, "access_tokens", access_tokens).await
    }
}
