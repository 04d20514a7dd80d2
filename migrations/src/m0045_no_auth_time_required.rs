//! Every ID token of a sign-in says when that was (`auth_time`): no code needs to ask for it.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("codes").drop_column("auth_time_required").take()).await
    }
}
