//! A rotation erases the sealed answer of the token that it takes. No index has to do with that any more, so that on PostgreSQL
//! the token's new version stands beside the old one without an entry in any; a sweep goes through the tokens by their ids.

use sea_orm_migration::prelude::*;

use crate::schema_helpers::partial;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        partial(manager, "DROP INDEX refresh_tokens_sealed").await
    }
}
