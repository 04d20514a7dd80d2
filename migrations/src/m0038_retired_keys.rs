//! Whether a request names an organization, and the public halves of keys that are gone: an old ID token still tells whom
//! it names.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, blob, boolean, string};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut hinted = boolean("hinted").default(false).take();
        manager.alter_table(Table::alter().table("grants").add_column(&mut hinted).take()).await?;
        manager.get_connection().execute_unprepared("UPDATE grants SET hinted = TRUE WHERE hint IS NOT NULL").await?;
        let table = Table::create()
            .table("retired_keys")
            .col(string("kid").primary_key())
            .col(string("algorithm"))
            .col(blob("public_key"))
            .col(big_integer("published_until"))
            .take();
        manager.create_table(table).await
    }
}
