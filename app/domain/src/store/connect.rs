//! Opening the database.

use std::path::Path;
use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};

/// Connections that read SQLite while the one writer writes.
const SQLITE_READERS: u32 = 4;
/// Connections to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 16;
/// Pages that the writer keeps in memory, in kB: the inner ones of every index, even where there are a million tokens.
const WRITER_CACHE_KB: u32 = 16_000;
/// After so many pages of 4 kB the write-ahead log goes into the file: rarely enough that few commits wait for it.
const CHECKPOINT_PAGES: u32 = 4_000;
/// How long a verb waits for a connection or for SQLite's lock.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection to PostgreSQL that lay idle for so long is tried before it is used.
const IDLE: Duration = Duration::from_secs(30);

/// The writer and the reader of `url`.
pub(super) async fn open(url: &str) -> Result<(DatabaseConnection, DatabaseConnection), DbErr> {
    if url.starts_with("sqlite:") {
        return open_sqlite(url).await;
    }
    let mut options = base(url);
    // After a restart of the server a connection that lay idle is found dead before a verb gets it.
    options.max_connections(POSTGRES_CONNECTIONS).test_before_acquire_if_idle_for(IDLE);
    let pool = Database::connect(options).await?;
    Ok((pool.clone(), pool))
}

/// WAL with durable commits: one writer, several readers that cannot write.
async fn open_sqlite(url: &str) -> Result<(DatabaseConnection, DatabaseConnection), DbErr> {
    create_folder(url)?;
    let mut options = base(url);
    options.max_connections(1).map_sqlx_sqlite_opts(|sqlite| {
        sqlite_options(sqlite)
            .create_if_missing(true)
            .pragma("cache_size", format!("-{WRITER_CACHE_KB}"))
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
    });
    let writer = Database::connect(options).await?;
    if url.contains(":memory:") {
        return Ok((writer.clone(), writer));
    }
    let mut options = base(url);
    options
        .max_connections(SQLITE_READERS)
        .min_connections(0)
        .map_sqlx_sqlite_opts(|sqlite| sqlite_options(sqlite).pragma("query_only", "ON"));
    let reader = Database::connect(options).await?;
    Ok((writer, reader))
}

fn base(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    // Statements carry addresses and names: they stay out of the logs.
    options.sqlx_logging(false).record_stmt_in_spans(false).test_before_acquire(false).acquire_timeout(PATIENCE);
    options
}

fn sqlite_options(options: sea_orm::sqlx::sqlite::SqliteConnectOptions) -> sea_orm::sqlx::sqlite::SqliteConnectOptions {
    use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
    options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
}

fn create_folder(url: &str) -> Result<(), DbErr> {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    match Path::new(path).parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::create_dir_all(folder)
            .map_err(|error| DbErr::Custom(format!("cannot create the folder {}: {error}", folder.display()))),
        _ => Ok(()),
    }
}
