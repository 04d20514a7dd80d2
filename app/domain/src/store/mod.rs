//! The verbs over the tables: one transaction each, its audit event inside (requirement 132).
//!
//! A [`Store`] is where time, chance and the database enter. SQLite has one writer and several readers, PostgreSQL one
//! pool for both; the verbs are the same. Inside a transaction use the transaction alone: SQLite's writer is one
//! connection, and asking for it again would wait for itself.

pub mod accounts;
pub mod answers;
mod app_changes;
mod app_create;
pub mod app_parts;
mod app_rules;
pub mod apps;
pub mod arrival;
pub mod audit;
pub mod audit_log;
pub mod bearer;
mod by;
pub mod cache;
mod change;
mod checkpoint;
mod claimed;
mod connect;
pub mod consent;
pub mod consent_decision;
mod consent_facts;
mod consent_failure;
mod consent_rows;
mod credentials;
pub mod dashboard;
pub mod demo;
pub mod grants;
mod grounds;
mod held;
mod id_tokens;
mod ids;
pub mod installs;
mod instance;
pub mod keys;
mod last_use;
pub mod links;
mod lookup;
mod memberships;
mod mint;
mod newest;
pub mod organizations;
mod origins;
mod overload;
mod page;
pub mod passwords;
#[cfg(test)]
mod plan;
pub mod portal_door;
pub mod post_logout_uris;
mod refresh;
mod remembered;
pub mod resource_servers;
mod review_queue;
pub mod reviews;
mod revocation;
mod seal;
pub mod secrets;
pub mod sessions;
pub mod staff;
pub mod support;
pub mod sweep;
pub mod terms;
pub mod test_organizations;
mod text;
pub mod tokens;
mod trail;
mod views;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sea_orm::{
    DatabaseConnection, DbBackend, DbErr, QueryResult, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tokio::time::timeout;
use uuid::Uuid;

pub use self::by::{Actor, By};
pub use self::cache::Keep;
pub use self::connect::sqlite_file;
pub use self::keys::EncryptionKey;
pub use self::overload::{is_overload, tells_overload};
pub use self::passwords::{Password, PasswordCost, PasswordProblem};

use self::lookup::{Key, Lookup};
use self::overload::busy;
use crate::entropy::Entropy;
use crate::review::Terms;
use crate::secret::TokenBrand;
use crate::time::{Clock, Timestamp};
use crate::token_policy::TokenPolicies;

/// How long connections to PostgreSQL have to close: one may have fallen silent.
const CLOSING: Duration = Duration::from_secs(15);

/// What the instance's configuration says to the store.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The issuer (RFC 8414), without a trailing slash.
    pub issuer: String,
    /// The brand in the prefixes of secrets.
    pub brand: TokenBrand,
    /// The token policies that apps may have.
    pub policies: TokenPolicies,
    /// The audiences that tokens may have; the first is the default, `<issuer>/api/v1` is always one of them.
    pub audiences: Vec<String>,
    /// Whether an app needs an operator's approval before it is live.
    pub app_review: AppReview,
    /// The terms of use that are accepted for each app; none where there are none.
    pub terms: Option<Terms>,
    /// What the private keys in the database are sealed with (requirement 130).
    pub encryption_key: EncryptionKey,
    /// How many hot writes wait for the writer at most; what comes then is told to come back.
    pub write_queue: usize,
    /// How many lookups of a kind wait for their statement at most; what comes then is told to come back.
    pub lookup_queue: usize,
    /// How many tokens wait for their signature at most; what comes then is told to come back.
    pub sign_queue: usize,
    /// How many password hashes are computed at the same time; each takes the memory that its cost says.
    pub password_workers: usize,
    /// What a password hash costs.
    pub password_cost: PasswordCost,
}

impl Settings {
    /// The usual length of the queue before the writer: some seconds of a busy instance.
    pub const WRITE_QUEUE: usize = 1_024;
    /// The usual length of the queue before a shared lookup: some tenths of a second of a busy instance.
    pub const LOOKUP_QUEUE: usize = 4_096;
    /// The usual length of the queue before the threads that sign: a quarter of a second of RSA on one core.
    pub const SIGN_QUEUE: usize = 1_024;
}

words! {
    /// The instance's switch for the review of apps (PROTOCOL section 1, *Approval*).
    AppReview {
        /// An app is live from its creation.
        Off = "off",
        /// An app is a draft until an operator approves it.
        BeforeLive = "before_live",
    }
}

/// The database, time and chance: the receiver of every verb. Cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    connections: connect::Connections,
    settings: Settings,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    ids: ids::Ids,
    passwords: passwords::Workers,
    keys: keys::KeyRing,
    cache: cache::Cache,
    last_use: last_use::LastUse,
    queue: change::Queue,
    checkpoints: checkpoint::Checkpoints,
    statements: change::Statements,
    grounds: grounds::Lookups,
    looked_at: Mutex<sweep::LookedAt>,
}

impl Store {
    /// Connects to `sqlite://<path>` (the folder and the file are created) or `postgres://..`.
    pub async fn connect(
        database_url: &str,
        settings: Settings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, DbErr> {
        let connections = connect::open(database_url).await?;
        let keys = keys::KeyRing::new(settings.sign_queue);
        let passwords = passwords::Workers::new(settings.password_workers, settings.password_cost);
        Ok(Self(Arc::new(Inner {
            connections,
            settings,
            clock,
            entropy,
            ids: ids::Ids::default(),
            passwords,
            keys,
            cache: cache::Cache::default(),
            last_use: last_use::LastUse::default(),
            queue: change::Queue::default(),
            checkpoints: checkpoint::Checkpoints::default(),
            statements: change::Statements::default(),
            grounds: grounds::Lookups::default(),
            looked_at: Mutex::default(),
        })))
    }

    /// The connection that changes rows, for migrations and for tests that write past the verbs. Nobody watches what is
    /// written here, so from now on nothing is kept in memory ([`Store::keep`]).
    pub fn writer(&self) -> &DatabaseConnection {
        self.keep(Keep::Nothing);
        &self.0.connections.writer
    }

    /// The connection that changes rows, for a single statement on rows that no lookup keeps: sessions, pending grants,
    /// links, audit events, what ended long ago. Everything else is written in [`Store::begin`]. On SQLite nobody writes while
    /// somebody has it.
    pub(crate) fn beside(&self) -> &DatabaseConnection {
        &self.0.connections.writer
    }

    /// The connections for queries. On SQLite they refuse to change anything.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.0.connections.reader
    }

    /// The row of `key`, if there is one, by a statement that requests of programs share ([`lookup`]).
    async fn look_up(&self, lookup: &Lookup, key: Key) -> Result<Option<QueryResult>, DbErr> {
        lookup.one(&self.0.connections.lookups, self.settings().lookup_queue, key).await
    }

    /// The connections of the one task that writes what many requests share.
    fn batches(&self) -> &DatabaseConnection {
        &self.0.connections.batches
    }

    /// This moment, by the store's clock.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// What the configuration says.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Where the store's chance comes from.
    pub fn entropy(&self) -> &dyn Entropy {
        self.0.entropy.as_ref()
    }

    /// A new id for a row; later ids of one process are greater, so that keyset pagination tells events in order.
    pub fn new_id(&self) -> Uuid {
        self.0.ids.next(self.now(), self.entropy())
    }

    /// Writes what waits to be written, and closes every connection; those to PostgreSQL are left alone that do not close
    /// in time.
    pub async fn close(self) -> Result<(), DbErr> {
        let closed = async {
            self.0.queue.drain().await;
            self.0.connections.close().await
        };
        match self.reader().get_database_backend() {
            DbBackend::Postgres => timeout(CLOSING, closed).await.unwrap_or_else(|_| Err(held::silence())),
            _ => closed.await,
        }
    }

    /// Begins a transaction that may write at once: SQLite takes the lock now, so that no verb fails half-way on it.
    /// Its commit says what it changed ([`cache`]).
    pub(crate) async fn begin(&self) -> Result<cache::Tx, DbErr> {
        self.begin_on(self.beside()).await
    }

    /// The same, for what the one task writes that many requests share: it never waits for a connection behind verbs that
    /// wait for its locks.
    fn begin_batch(&self) -> impl Future<Output = Result<cache::Tx, DbErr>> {
        self.begin_on(self.batches())
    }

    async fn begin_on(&self, db: &DatabaseConnection) -> Result<cache::Tx, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(cache::Tx::new(self.clone(), db.begin_with_options(options).await?))
    }

    pub(crate) fn last_use(&self) -> &last_use::LastUse {
        &self.0.last_use
    }

    pub(crate) fn cache(&self) -> &cache::Cache {
        &self.0.cache
    }

    fn statements(&self) -> &change::Statements {
        &self.0.statements
    }

    fn grounds(&self) -> &grounds::Lookups {
        &self.0.grounds
    }

    pub(crate) fn password_workers(&self) -> &passwords::Workers {
        &self.0.passwords
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("issuer", &self.0.settings.issuer).finish_non_exhaustive()
    }
}

/// Why a verb that loads one thing failed. A stranger gets `NotFound` too: ownership is a condition of the query.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is none, or none that the asker may see.
    #[error("not found")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}
