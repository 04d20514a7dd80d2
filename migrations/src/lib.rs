//! The schema of Portico, one table or one change per file, portable to SQLite and PostgreSQL.
//!
//! Ids are `uuid` (16 bytes on SQLite), moments are milliseconds since the Unix epoch, words are text. Foreign keys are on
//! in both databases. Migrations go forward only.

mod m0001_users;
mod m0002_organizations;
mod m0003_memberships;
mod m0004_scopes;
mod m0005_apps;
mod m0006_redirect_uris;
mod m0007_app_scopes;
mod m0008_client_secrets;
mod m0009_resource_servers;
mod m0010_blocked_apps;
mod m0011_allowed_apps;
mod m0012_installs;
mod m0013_grants;
mod m0014_codes;
mod m0015_access_tokens;
mod m0016_refresh_tokens;
mod m0017_sessions;
mod m0018_one_time_links;
mod m0019_audit_events;
mod m0020_audit_append_only;
mod m0021_instance;
mod m0022_redirect_uris_by_uri;
mod m0023_grants_by_challenge;
mod m0024_protocol_columns;
mod m0026_signing_keys;
mod m0028_install_consents;
mod m0030_post_logout_uris;
mod m0031_test_organizations;
mod m0032_app_reviews;
mod m0033_terms_acceptances;
mod m0035_ends;
mod m0036_audit_of_people;
mod m0037_resumes_as;
mod m0038_retired_keys;
mod m0039_trails;
mod m0040_families;
mod m0041_revisions;
mod m0042_ends_of_refresh_tokens;
mod m0043_revisions_by_secrets;
mod m0044_ends_of_self_tokens;
mod m0045_no_auth_time_required;
mod m0046_ends_of_access_tokens;
mod m0047_tokens_of_codes;
mod m0048_large_places;
mod m0049_sealed_answers;
mod schema_helpers;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{
    DatabaseConnection, DbBackend, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

/// Every migration, in order.
#[derive(Clone, Copy, Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_users::Migration),
            Box::new(m0002_organizations::Migration),
            Box::new(m0003_memberships::Migration),
            Box::new(m0004_scopes::Migration),
            Box::new(m0005_apps::Migration),
            Box::new(m0006_redirect_uris::Migration),
            Box::new(m0007_app_scopes::Migration),
            Box::new(m0008_client_secrets::Migration),
            Box::new(m0009_resource_servers::Migration),
            Box::new(m0010_blocked_apps::Migration),
            Box::new(m0011_allowed_apps::Migration),
            Box::new(m0012_installs::Migration),
            Box::new(m0013_grants::Migration),
            Box::new(m0014_codes::Migration),
            Box::new(m0015_access_tokens::Migration),
            Box::new(m0016_refresh_tokens::Migration),
            Box::new(m0017_sessions::Migration),
            Box::new(m0018_one_time_links::Migration),
            Box::new(m0019_audit_events::Migration),
            Box::new(m0020_audit_append_only::Migration),
            Box::new(m0021_instance::Migration),
            Box::new(m0022_redirect_uris_by_uri::Migration),
            Box::new(m0023_grants_by_challenge::Migration),
            Box::new(m0024_protocol_columns::Migration),
            Box::new(m0026_signing_keys::Migration),
            Box::new(m0028_install_consents::Migration),
            Box::new(m0030_post_logout_uris::Migration),
            Box::new(m0031_test_organizations::Migration),
            Box::new(m0032_app_reviews::Migration),
            Box::new(m0033_terms_acceptances::Migration),
            Box::new(m0035_ends::Migration),
            Box::new(m0036_audit_of_people::Migration),
            Box::new(m0037_resumes_as::Migration),
            Box::new(m0038_retired_keys::Migration),
            Box::new(m0039_trails::Migration),
            Box::new(m0040_families::Migration),
            Box::new(m0041_revisions::Migration),
            Box::new(m0042_ends_of_refresh_tokens::Migration),
            Box::new(m0043_revisions_by_secrets::Migration),
            Box::new(m0044_ends_of_self_tokens::Migration),
            Box::new(m0045_no_auth_time_required::Migration),
            Box::new(m0046_ends_of_access_tokens::Migration),
            Box::new(m0047_tokens_of_codes::Migration),
            Box::new(m0048_large_places::Migration),
            Box::new(m0049_sealed_answers::Migration),
        ]
    }
}

/// Brings the schema up to date, in one transaction: all of it or nothing. Several processes may call it at once. Where it is
/// up to date, a role will do that changes no schema.
pub async fn up(db: &DatabaseConnection) -> Result<(), DbErr> {
    if !pending(db).await? {
        return Ok(());
    }
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let tx = db.begin_with_options(options).await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        // Any number will do, as long as every version of Portico takes the same. Another process may be at it, for as long as
        // that takes.
        tx.execute_unprepared("SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(7265110)").await?;
    }
    Migrator::up(&tx, None).await.map_err(said)?;
    tx.commit().await
}

/// Whether there are migrations that the database does not have. It changes nothing.
pub async fn pending(db: &DatabaseConnection) -> Result<bool, DbErr> {
    Ok(!Migrator::get_pending_migrations_read_only(db).await.map_err(said)?.is_empty())
}

/// What the library calls a missing file is a database of a later version.
fn said(error: DbErr) -> DbErr {
    match error {
        DbErr::Custom(text) if text.contains("file is missing") => DbErr::Custom(
            "it was migrated by a newer version than this one: run that, or put back a copy from before".to_owned(),
        ),
        other => other,
    }
}
