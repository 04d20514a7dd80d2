//! Opening the database.

use std::future::ready;
use std::path::PathBuf;
use std::time::Duration;

use sea_orm::sqlx::Connection as _;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};

/// Connections that read SQLite while the one writer writes.
const SQLITE_READERS: u32 = 4;
/// Connections to PostgreSQL on which pages and verbs ask.
const POSTGRES_READERS: u32 = 10;
/// Connections to PostgreSQL on which verbs change something: those that wait for a locked row keep no page waiting.
const POSTGRES_WRITERS: u32 = 6;
/// Connections to PostgreSQL for the lookups that requests share: each kind has one statement on its way.
const POSTGRES_LOOKUPS: u32 = 4;
/// Pages that the writer keeps in memory, in kB: the inner ones of every index, even where there are a million tokens.
const WRITER_CACHE_KB: u32 = 8_000;
/// After so many pages of 4 kB the writer itself copies what was not copied yet of the write-ahead log, where nothing else could
/// ([`super::checkpoint`]).
const CHECKPOINT_PAGES: u32 = 16_000;
/// How long whoever copies the log waits for a query that still reads it, while nobody may write.
const COPIERS_PATIENCE: Duration = Duration::from_millis(10);
/// The thread of the one connection to SQLite that writes.
const SQLITE_WRITER: &str = "sqlite-writer";
/// Rows that the writer's thread gives back before anybody has taken one.
const ROWS_ON_THEIR_WAY: usize = 256;
/// Connections to PostgreSQL on which batches are written: on one the last is being committed, on the other the next is written.
/// The others take the place of those that fell silent, which the pool waits for until the system gives them up.
const POSTGRES_BATCHES: u32 = 6;
/// How long a verb waits for a connection or for SQLite's lock.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a connection to PostgreSQL is told.
type Parameters = &'static [(&'static str, &'static str)];
/// Each statement sees what was committed before it, after a lock too, whatever the database's default is.
const ISOLATION: (&str, &str) = ("default_transaction_isolation", "read committed");
/// Plans are made once: every statement finds its rows by an index, whatever its parameters are.
const PLANS: (&str, &str) = ("plan_cache_mode", "force_generic_plan");
/// Whoever begins something and falls silent, as a machine does that is paused, keeps its locks no longer.
const SILENT: (&str, &str) = ("idle_in_transaction_session_timeout", "20s");
/// How long a verb waits for a row that another transaction has locked.
const LOCKED: (&str, &str) = ("lock_timeout", "10s");
/// How long what many requests share waits for one: all of them wait with it, and none as long as a request is given.
const LOCKED_FOR_MANY: (&str, &str) = ("lock_timeout", "5s");
const GENERIC: Parameters = &[ISOLATION, PLANS, SILENT, LOCKED];
/// What many requests share looks a handful of rows up in each table. Of a table of some thousands PostgreSQL would rather
/// make a hash for each batch, and read all of it.
const BY_INDEX: Parameters = &[
    ISOLATION,
    PLANS,
    SILENT,
    LOCKED_FOR_MANY,
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// A connection to PostgreSQL that lay idle for so long is tried before it is used: whoever restarts the server ends them all.
const IDLE: Duration = Duration::from_secs(1);

/// The connections of a store.
pub(super) struct Connections {
    /// Changes rows. On SQLite the one connection that may.
    pub(super) writer: DatabaseConnection,
    /// Asks.
    pub(super) reader: DatabaseConnection,
    /// Asks what many requests share: few connections, so that each keeps the plans.
    pub(super) lookups: DatabaseConnection,
    /// Writes what many requests share: on PostgreSQL connections of its own, for the same reason.
    pub(super) batches: DatabaseConnection,
    /// Copies SQLite's write-ahead log into the file; none where there is no such log.
    pub(super) checkpoints: Option<DatabaseConnection>,
}

impl Connections {
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        let all = [&self.lookups, &self.batches, &self.reader].into_iter().chain(&self.checkpoints);
        for connections in all.chain([&self.writer]) {
            connections.close_by_ref().await?;
        }
        Ok(())
    }
}

/// Connects to `url`.
pub(super) async fn open(url: &str) -> Result<Connections, DbErr> {
    if url.starts_with("sqlite:") {
        return open_sqlite(url).await;
    }
    Ok(Connections {
        writer: open_postgres(url, POSTGRES_WRITERS, GENERIC).await?,
        reader: open_postgres(url, POSTGRES_READERS, GENERIC).await?,
        lookups: open_postgres(url, POSTGRES_LOOKUPS, BY_INDEX).await?,
        batches: open_postgres(url, POSTGRES_BATCHES, BY_INDEX).await?,
        checkpoints: None,
    })
}

async fn open_postgres(url: &str, connections: u32, told: Parameters) -> Result<DatabaseConnection, DbErr> {
    let mut options = base(url);
    // After a restart of the server a connection that lay idle is found dead before a verb gets it.
    options
        .max_connections(connections)
        .min_connections(0)
        .test_before_acquire_if_idle_for(IDLE)
        .map_sqlx_postgres_opts(|postgres| postgres.options(told.iter().copied()));
    Database::connect(options).await
}

/// WAL with durable commits: one writer, several readers that cannot write.
async fn open_sqlite(url: &str) -> Result<Connections, DbErr> {
    create_file(url)?;
    let mut options = base(url);
    // For good: the thread of another one would be scheduled like whoever asks for it.
    options.max_connections(1).max_lifetime(None).idle_timeout(None).map_sqlx_sqlite_opts(|sqlite| {
        sqlite_options(sqlite)
            .thread_name(|_| SQLITE_WRITER.to_owned())
            // The rows that a batch gives back, without a stop in between.
            .row_buffer_size(ROWS_ON_THEIR_WAY)
            .pragma("cache_size", format!("-{WRITER_CACHE_KB}"))
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
            // What a statement of many rows would undo: in memory, not in a file that each batch makes and deletes.
            .pragma("temp_store", "MEMORY")
    });
    let in_memory = sqlite_file(url).is_none();
    if !in_memory {
        options.map_sqlx_sqlite_before_acquire(|connection, _| Box::pin(ready(Ok(stands_alone(connection)))));
    }
    let writer = Database::connect(options).await?;
    if in_memory {
        let [reader, lookups, batches] = std::array::from_fn(|_| writer.clone());
        return Ok(Connections { writer, reader, lookups, batches, checkpoints: None });
    }
    let mut options = base(url);
    options
        .max_connections(SQLITE_READERS)
        .min_connections(0)
        .map_sqlx_sqlite_opts(|sqlite| sqlite_options(sqlite).pragma("query_only", "ON"));
    let reader = Database::connect(options).await?;
    let mut options = base(url);
    options.max_connections(1).min_connections(0).map_sqlx_sqlite_opts(|sqlite| {
        sqlite_options(sqlite).busy_timeout(COPIERS_PATIENCE).pragma("cache_size", "-100")
    });
    let checkpoints = Some(Database::connect(options).await?);
    Ok(Connections { lookups: reader.clone(), batches: writer.clone(), checkpoints, reader, writer })
}

/// Whether no transaction is open on `connection`, as its driver counts them. Where SQLite undid one by itself, as it does on a
/// full disk, the driver goes on counting it: what came after would be a part of it, and its commits would commit nothing.
fn stands_alone(connection: &SqliteConnection) -> bool {
    let alone = !connection.is_in_transaction();
    if !alone {
        tracing::warn!("a transaction has not ended as it should: the connection that writes is opened anew");
    }
    alone
}

fn base(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    // Statements carry addresses and names: they stay out of the logs.
    options.sqlx_logging(false).record_stmt_in_spans(false).test_before_acquire(false).acquire_timeout(PATIENCE);
    options
}

fn sqlite_options(options: SqliteConnectOptions) -> SqliteConnectOptions {
    use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
    options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
}

/// The file of the SQLite database at `url`, as the driver reads it; none for PostgreSQL and for a database in memory.
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let options: SqliteConnectOptions = url.starts_with("sqlite:").then(|| url.parse().ok())??;
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let in_memory = path.ends_with(":memory:")
        || url::form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "mode" && value == "memory");
    (!in_memory).then(|| options.get_filename().to_owned())
}

/// Makes the file of a SQLite database that is not there yet, and its folder: nobody else reads it, nor what SQLite keeps
/// beside it, which gets the mode of the file.
fn create_file(url: &str) -> Result<(), DbErr> {
    let Some(file) = sqlite_file(url) else { return Ok(()) };
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let failed = |error| DbErr::Custom(format!("cannot create the folder {}: {error}", folder.display()));
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(&file) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(DbErr::Custom(format!("cannot create {}: {error}", file.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_database_is_the_one_that_the_driver_opens() {
        for (url, file) in [
            ("sqlite://data/portico.db", Some("data/portico.db")),
            ("sqlite:data/portico.db?mode=rwc", Some("data/portico.db")),
            ("sqlite:///srv/my%20data/portico.db", Some("/srv/my data/portico.db")),
            ("sqlite://portico.db?mode=memory", None),
            ("sqlite::memory:", None),
            ("sqlite://:memory:", None),
            ("postgres://localhost/portico", None),
        ] {
            assert_eq!(sqlite_file(url), file.map(PathBuf::from), "{url}");
        }
    }
}
