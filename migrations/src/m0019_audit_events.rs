//! The audit log. It has no foreign keys: what it tells survives what it tells of.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, pk_uuid, string, string_null, text_null, uuid_null};

use crate::schema_helpers::index;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("audit_events")
            .col(pk_uuid("id"))
            .col(big_integer("at"))
            .col(string("action"))
            .col(string("outcome"))
            .col(string("source"))
            .col(string("actor_kind"))
            .col(uuid_null("actor_id"))
            .col(string("actor_name"))
            .col(uuid_null("on_behalf_of_id"))
            .col(string_null("on_behalf_of_name"))
            .col(uuid_null("organization_id"))
            .col(uuid_null("app_id"))
            .col(uuid_null("install_id"))
            .col(string("target_kind"))
            .col(string("target_id"))
            .col(string("target_name"))
            .col(text_null("before"))
            .col(text_null("after"))
            .col(uuid_null("request_id"))
            .col(string_null("ip"))
            .col(text_null("user_agent"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("audit_events", &["organization_id", "id"])).await?;
        manager.create_index(index("audit_events", &["organization_id", "action", "id"])).await?;
        manager.create_index(index("audit_events", &["app_id", "id"])).await?;
        manager.create_index(index("audit_events", &["install_id", "id"])).await?;
        manager.create_index(index("audit_events", &["actor_id", "id"])).await?;
        manager.create_index(index("audit_events", &["on_behalf_of_id", "id"])).await?;
        manager.create_index(index("audit_events", &["target_id", "id"])).await?;
        manager.create_index(index("audit_events", &["request_id"])).await
    }
}
