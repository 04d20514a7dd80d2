//! The audit log is written with each token and read by few: its indexes by person keep what is about people, and leave
//! out what programs do. Nor are tokens in the index by action: where they are, they are many, and found without it.

use sea_orm_migration::prelude::*;

use crate::schema_helpers::partial;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in [
            "DROP INDEX audit_events_by_actor_id_id",
            "DROP INDEX audit_events_by_on_behalf_of_id_id",
            "DROP INDEX audit_events_by_target_id_id",
            "DROP INDEX audit_events_by_organization_id_action_id",
            "CREATE INDEX audit_events_by_action ON audit_events (organization_id, action, id) \
             WHERE action NOT IN ('token.issued', 'token.refreshed')",
            "CREATE INDEX audit_events_of_actor ON audit_events (actor_id, id) WHERE actor_kind = 'user'",
            "CREATE INDEX audit_events_on_behalf ON audit_events (on_behalf_of_id, id) WHERE on_behalf_of_id IS NOT NULL",
            "CREATE INDEX audit_events_of_target ON audit_events (target_id, id) WHERE target_kind = 'user'",
        ] {
            partial(manager, sql).await?;
        }
        Ok(())
    }
}
