//! A code knows the access token that was issued for it: what came of it is found without the other tokens of its install.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::uuid_null;

use crate::schema_helpers::partial;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// A family has one access token that came of its code.
const KNOWN: &str = "UPDATE codes SET access_token_id = access_tokens.id FROM access_tokens \
    WHERE access_tokens.family_id = codes.family_id AND access_tokens.grant_type = 'authorization_code'";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut column = uuid_null("access_token_id").take();
        manager.alter_table(Table::alter().table("codes").add_column(&mut column).take()).await?;
        partial(manager, KNOWN).await
    }
}
