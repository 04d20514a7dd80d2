//! Submissions of apps for review. A partial unique index keeps one of each kind waiting for each app; another is the
//! queue.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, pk_uuid, string, text, text_null, uuid, uuid_null};

use crate::schema_helpers::{index, partial, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("app_reviews")
            .col(pk_uuid("id"))
            .col(uuid("app_id"))
            .col(string("kind"))
            .col(string("status"))
            .col(text("snapshot"))
            .col(text_null("proposal"))
            .col(uuid_null("submitted_by"))
            .col(big_integer("submitted_at"))
            .col(uuid_null("decided_by"))
            .col(big_integer_null("decided_at"))
            .col(text_null("feedback"))
            .foreign_key(&mut references("app_reviews", "app_id", "apps"))
            .foreign_key(&mut references("app_reviews", "submitted_by", "users"))
            .foreign_key(&mut references("app_reviews", "decided_by", "users"))
            .take();
        manager.create_table(table).await?;
        manager.create_index(index("app_reviews", &["app_id", "kind", "id"])).await?;
        manager.create_index(index("app_reviews", &["status", "id"])).await?;
        partial(
            manager,
            "CREATE UNIQUE INDEX app_reviews_one_waits ON app_reviews (app_id, kind) WHERE status = 'submitted'",
        )
        .await
    }
}
