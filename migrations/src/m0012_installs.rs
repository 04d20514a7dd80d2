//! Installs. Two partial unique indexes keep one install in force per app, organization and, for `self`, person
//! (requirement 118).

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, boolean, pk_uuid, string, text, text_null, uuid, uuid_null,
};

use crate::schema_helpers::{index, partial, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("installs")
            .col(pk_uuid("id"))
            .col(uuid("app_id"))
            .col(uuid("organization_id"))
            .col(string("actor"))
            .col(uuid_null("user_id"))
            .col(text("scopes"))
            .col(uuid("installed_by"))
            .col(text_null("reason"))
            .col(boolean("test"))
            .col(string("status"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .col(big_integer_null("last_used_at"))
            .col(big_integer_null("revoked_at"))
            .col(uuid_null("revoked_by"))
            .col(text_null("revoked_reason"))
            .foreign_key(&mut references("installs", "app_id", "apps"))
            .foreign_key(&mut references("installs", "organization_id", "organizations"))
            .foreign_key(&mut references("installs", "user_id", "users"))
            .foreign_key(&mut references("installs", "installed_by", "users"))
            .foreign_key(&mut references("installs", "revoked_by", "users"))
            .check(Expr::cust("(actor = 'self') = (user_id IS NOT NULL)"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("installs", &["organization_id", "id"])).await?;
        manager.create_index(index("installs", &["app_id", "id"])).await?;
        manager.create_index(index("installs", &["user_id"])).await?;
        manager.create_index(index("installs", &["installed_by"])).await?;
        partial(
            manager,
            "CREATE UNIQUE INDEX installs_one_app ON installs (app_id, organization_id) \
             WHERE actor = 'app' AND status <> 'revoked'",
        )
        .await?;
        partial(
            manager,
            "CREATE UNIQUE INDEX installs_one_self ON installs (app_id, organization_id, user_id) \
             WHERE actor = 'self' AND status <> 'revoked'",
        )
        .await
    }
}
