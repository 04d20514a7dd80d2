//! Bringing the schema up to this binary: all of it or nothing, however many begin at once.

use std::sync::Arc;

use domain::entropy::SeededEntropy;
use domain::store::{EncryptionKey, Store};
use domain::time::FixedClock;
use sea_orm::ConnectionTrait;
use server::database::{connect, is_current, migrate};

use crate::harness::{Folder, START, config};

/// A store over the folder's database, which nothing was done to.
async fn untouched(folder: &Folder) -> Store {
    let (clock, entropy) = (Arc::new(FixedClock::new(START)), Arc::new(SeededEntropy::new(7)));
    connect(&config(folder, &[]), EncryptionKey::from_bytes([7; 32]), clock, entropy).await.expect("a database")
}

async fn tables(store: &Store) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let rows = store.writer().query_all_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, sql)).await;
    rows.expect("answers").iter().map(|row| row.try_get("", "name").expect("text")).collect()
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_database_as_it_was() {
    let folder = Folder::new();
    let store = untouched(&folder).await;
    // A late migration finds its name taken.
    store.writer().execute_unprepared("CREATE TABLE refresh_tokens_anew (id INTEGER)").await.expect("a table");
    migrate(&store).await.expect_err("it cannot be done");
    assert_eq!(tables(&store).await, ["refresh_tokens_anew"], "none of the earlier ones stayed");
    store.writer().execute_unprepared("DROP TABLE refresh_tokens_anew").await.expect("gone");
    migrate(&store).await.expect("now it can");
    assert!(is_current(&store).await.expect("answers"));
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_told_from_a_broken_one() {
    let folder = Folder::new();
    let store = untouched(&folder).await;
    migrate(&store).await.expect("migrated");
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_of_tomorrow', 0)";
    store.writer().execute_unprepared(newer).await.expect("a row");
    let refused = migrate(&store).await.expect_err("it knows nothing of it").to_string();
    assert!(refused.contains("migrated by a newer version than this one"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_that_migrate_at_once_migrate_once() {
    let folder = Folder::new();
    let (one, two, three) = (untouched(&folder).await, untouched(&folder).await, untouched(&folder).await);
    let (first, second, third) = tokio::join!(migrate(&one), migrate(&two), migrate(&three));
    for migrated in [first, second, third] {
        migrated.expect("each finds the schema");
    }
    assert!(is_current(&one).await.expect("answers"));
}
