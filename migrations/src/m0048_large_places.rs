//! An app with a hundred thousand installs, and a crowd at the door: an organization's install of an app is found by both, and
//! the requests of strangers that wait are counted without those that were answered.

use sea_orm_migration::prelude::*;

use crate::schema_helpers::{index, partial};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const STRANGERS: &str =
    "CREATE INDEX grants_of_strangers ON grants (expires_at) WHERE user_id IS NULL AND status = 'pending'";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_index(index("installs", &["app_id", "organization_id", "status"])).await?;
        partial(manager, STRANGERS).await
    }
}
