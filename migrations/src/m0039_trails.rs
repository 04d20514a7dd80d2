//! The audit trail of an issue is part of the token's own row: what apps ask for all day writes one row then, with one entry
//! in each index. The log has what the sweep moved there, and everything else; its index by action is whole again.
//! Families and whole organizations are found by installs, of which one index or the other has each token: a busy instance
//! writes to as many places of an index as it has installs.
//!
//! An app and an organization are those of the install, to which the row is bound: bound again they would cost PostgreSQL
//! a query for each row.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob, boolean, json_binary_null, pk_uuid, string, text, uuid, uuid_null,
};
use sea_orm_migration::sea_orm::DbBackend;

use crate::schema_helpers::{index, make_anew, partial, references};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// What is copied.
const COLUMNS: &str = "id, token_hash, hint, app_id, install_id, organization_id, grant_type, jwt, actor, user_id, \
                       family_id, scopes, audience, created_at, expires_at, revoked_at, last_used_at";

const INDEXES: &[&str] = &[
    "CREATE INDEX access_tokens_of_person ON access_tokens (user_id, id) WHERE user_id IS NOT NULL",
    "CREATE INDEX access_tokens_of_codes ON access_tokens (install_id, id) WHERE grant_type <> 'client_credentials'",
    "CREATE INDEX access_tokens_of_credentials ON access_tokens (install_id, id) \
     WHERE grant_type = 'client_credentials'",
    "DROP INDEX audit_events_by_action",
    "DROP INDEX audit_events_by_app_id_id",
    "CREATE INDEX audit_events_of_app ON audit_events (app_id, id) \
     WHERE action NOT IN ('token.issued', 'token.refreshed')",
];

/// A trail is as append-only as the log (requirement 132): it is not changed, and goes where the log has it.
const SQLITE: &[&str] = &[
    "CREATE TRIGGER access_tokens_no_update BEFORE UPDATE OF told, request_id ON access_tokens \
     BEGIN SELECT RAISE(ABORT, 'audit trails are append-only'); END",
    "CREATE TRIGGER access_tokens_no_delete BEFORE DELETE ON access_tokens WHEN OLD.told IS NOT NULL \
     AND NOT EXISTS (SELECT 1 FROM audit_events WHERE id = OLD.id) \
     BEGIN SELECT RAISE(ABORT, 'audit trails are append-only'); END",
];

const POSTGRES: &[&str] = &[
    // Room in each page for what ends: its new version needs no entry in any index.
    "ALTER TABLE access_tokens SET (fillfactor = 85)",
    "CREATE FUNCTION access_tokens_append_only() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN \
     IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM audit_events WHERE id = OLD.id) THEN RETURN OLD; END IF; \
     RAISE EXCEPTION 'audit trails are append-only'; END $$",
    "CREATE TRIGGER access_tokens_no_update BEFORE UPDATE OF told, request_id ON access_tokens \
     FOR EACH STATEMENT EXECUTE FUNCTION access_tokens_append_only()",
    "CREATE TRIGGER access_tokens_no_delete BEFORE DELETE ON access_tokens \
     FOR EACH ROW WHEN (OLD.told IS NOT NULL) EXECUTE FUNCTION access_tokens_append_only()",
    "CREATE TRIGGER access_tokens_no_truncate BEFORE TRUNCATE ON access_tokens \
     FOR EACH STATEMENT EXECUTE FUNCTION access_tokens_append_only()",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let anew = Table::create()
            .table("access_tokens_anew")
            .col(pk_uuid("id"))
            .col(blob("token_hash"))
            .col(string("hint"))
            .col(uuid("app_id"))
            .col(uuid("install_id"))
            .col(uuid("organization_id"))
            .col(string("grant_type"))
            .col(boolean("jwt"))
            .col(string("actor"))
            .col(uuid_null("user_id"))
            .col(uuid("family_id"))
            .col(text("scopes"))
            .col(text("audience"))
            .col(big_integer("created_at"))
            .col(big_integer_null("expires_at"))
            .col(big_integer_null("revoked_at"))
            .col(big_integer_null("last_used_at"))
            .col(uuid_null("request_id"))
            .col(json_binary_null("told"))
            .foreign_key(&mut references("access_tokens_anew", "install_id", "installs"))
            .foreign_key(&mut references("access_tokens_anew", "user_id", "users"))
            .check(Expr::cust("(actor = 'self') = (user_id IS NOT NULL)"))
            .take();
        make_anew(manager, "access_tokens", anew, COLUMNS).await?;
        manager.create_index(index("access_tokens", &["expires_at"])).await?;
        manager.create_index(index("access_tokens", &["request_id"])).await?;
        let triggers = if manager.get_database_backend() == DbBackend::Postgres { POSTGRES } else { SQLITE };
        for sql in INDEXES.iter().chain(triggers) {
            partial(manager, sql).await?;
        }
        manager.create_index(index("audit_events", &["organization_id", "action", "id"])).await
    }
}
