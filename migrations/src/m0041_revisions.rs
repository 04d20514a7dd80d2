//! The database counts the changes of an app, those of its scopes and redirect URIs included: a process that knows an app at
//! its revision need not read it again.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer;
use sea_orm_migration::sea_orm::DbBackend;

use crate::schema_helpers::partial;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// What an app is made of beside its own row.
const PARTS: [&str; 2] = ["app_scopes", "redirect_uris"];

const POSTGRES: [&str; 3] = [
    "CREATE FUNCTION apps_revise() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
     NEW.revision := OLD.revision + 1; RETURN NEW; END $$",
    "CREATE FUNCTION app_parts_revise() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
     IF TG_OP <> 'INSERT' THEN UPDATE apps SET revision = revision WHERE id = OLD.app_id; END IF; \
     IF TG_OP <> 'DELETE' THEN UPDATE apps SET revision = revision WHERE id = NEW.app_id; END IF; \
     RETURN NULL; END $$",
    "CREATE TRIGGER apps_revised BEFORE UPDATE ON apps FOR EACH ROW EXECUTE FUNCTION apps_revise()",
];

/// A trigger of SQLite does not set itself off again.
const SQLITE: &str = "CREATE TRIGGER apps_revised AFTER UPDATE ON apps FOR EACH ROW BEGIN \
                      UPDATE apps SET revision = OLD.revision + 1 WHERE id = NEW.id; END";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let revision = Table::alter().table("apps").add_column(big_integer("revision").default(0)).take();
        manager.alter_table(revision).await?;
        let db = manager.get_connection();
        if manager.get_database_backend() == DbBackend::Postgres {
            for sql in POSTGRES {
                partial(manager, sql).await?;
            }
            for part in PARTS {
                let trigger = format!(
                    "CREATE TRIGGER {part}_revised AFTER INSERT OR UPDATE OR DELETE ON {part} \
                     FOR EACH ROW EXECUTE FUNCTION app_parts_revise()"
                );
                db.execute_unprepared(&trigger).await?;
            }
            return Ok(());
        }
        partial(manager, SQLITE).await?;
        for part in PARTS {
            for (event, rows) in [("INSERT", &["NEW"][..]), ("UPDATE", &["OLD", "NEW"]), ("DELETE", &["OLD"])] {
                let count = |row: &&str| format!("UPDATE apps SET revision = revision + 1 WHERE id = {row}.app_id;");
                let counts: String = rows.iter().map(count).collect();
                let name = event.to_lowercase();
                let trigger = format!(
                    "CREATE TRIGGER {part}_revised_by_{name} AFTER {event} ON {part} FOR EACH ROW BEGIN {counts} END"
                );
                db.execute_unprepared(&trigger).await?;
            }
        }
        Ok(())
    }
}
