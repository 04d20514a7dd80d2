//! Indexes for what ended, so that no sweep and no list reads what is live. A partial index costs nothing where a row is
//! not in it: a new token has not ended, and one of the app itself has no person.

use sea_orm_migration::prelude::*;

use crate::schema_helpers::{index, partial};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(index("apps", &["token_policy"])).await?;
        for sql in [
            "CREATE INDEX access_tokens_ended ON access_tokens (revoked_at) WHERE revoked_at IS NOT NULL",
            "CREATE INDEX refresh_tokens_ended ON refresh_tokens (revoked_at) WHERE revoked_at IS NOT NULL",
            "DROP INDEX access_tokens_by_user_id",
            "DROP INDEX refresh_tokens_by_user_id",
            "CREATE INDEX access_tokens_of_person ON access_tokens (user_id) WHERE user_id IS NOT NULL",
            "CREATE INDEX refresh_tokens_of_person ON refresh_tokens (user_id) WHERE user_id IS NOT NULL",
            "CREATE INDEX installs_used ON installs (app_id) WHERE last_used_at IS NOT NULL",
        ] {
            partial(manager, sql).await?;
        }
        Ok(())
    }
}
