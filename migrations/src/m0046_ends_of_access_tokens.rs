//! An access token that never ended by itself and was revoked has an end too, by which the sweep goes.

use sea_orm_migration::prelude::*;

use crate::schema_helpers::partial;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const ENDS: &str =
    "UPDATE access_tokens SET expires_at = revoked_at WHERE revoked_at IS NOT NULL AND expires_at IS NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        partial(manager, ENDS).await
    }
}
