//! What a suspended app was: a draft is a draft again when it is resumed.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::string_null;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut column = string_null("resumes_as").take();
        manager.alter_table(Table::alter().table("apps").add_column(&mut column).take()).await
    }
}
