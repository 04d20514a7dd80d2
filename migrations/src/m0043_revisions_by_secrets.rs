//! A new, changed or revoked client secret is a change of its app: who knows an app at its revision knows its secrets too. Its
//! last use is none.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// What a secret is checked by.
const CHECKED: &str = "app_id, secret_hash, expires_at, revoked_at";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        if manager.get_database_backend() == DbBackend::Postgres {
            let trigger = format!(
                "CREATE TRIGGER client_secrets_revised AFTER INSERT OR UPDATE OF {CHECKED} OR DELETE ON client_secrets \
                 FOR EACH ROW EXECUTE FUNCTION app_parts_revise()"
            );
            return db.execute_unprepared(&trigger).await.map(drop);
        }
        let events = [
            ("INSERT".to_owned(), "insert", &["NEW"][..]),
            (format!("UPDATE OF {CHECKED}"), "update", &["OLD", "NEW"]),
            ("DELETE".to_owned(), "delete", &["OLD"]),
        ];
        for (event, name, rows) in events {
            let count = |row: &&str| format!("UPDATE apps SET revision = revision + 1 WHERE id = {row}.app_id;");
            let counts: String = rows.iter().map(count).collect();
            let trigger = format!(
                "CREATE TRIGGER client_secrets_revised_by_{name} AFTER {event} ON client_secrets FOR EACH ROW BEGIN {counts} END"
            );
            db.execute_unprepared(&trigger).await?;
        }
        Ok(())
    }
}
