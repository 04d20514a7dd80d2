//! The database of this process: connect, migrate, compare.

use std::fs::Metadata;
use std::path::PathBuf;
use std::sync::Arc;

use domain::entropy::Entropy;
use domain::store::{EncryptionKey, Store};
use domain::time::Clock;
use sea_orm::DbErr;

use crate::config::Config;
use crate::state::store_settings;

/// Connects as `config` says; `encryption_key` is what [`crate::config::encryption`] found.
pub async fn connect(
    config: &Config,
    encryption_key: EncryptionKey,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Store, DbErr> {
    Store::connect(config.database_url.reveal(), store_settings(config, encryption_key), clock, entropy).await
}

/// The file of a SQLite database that is open. Whoever removes it or moves another into its place takes away all that is written
/// from then on, and SQLite does not say so. What is written over it, in the same file, is not noticed here either.
#[derive(Clone, Debug)]
pub struct FileInPlace {
    path: PathBuf,
    identity: Identity,
}

/// The device and the inode of a file.
#[cfg(unix)]
type Identity = (u64, u64);
/// Nothing: elsewhere a file that is open stays where it is.
#[cfg(not(unix))]
type Identity = ();

impl FileInPlace {
    /// The file at `path`; none where there is none.
    pub fn of(path: PathBuf) -> Option<Self> {
        let identity = identity(&std::fs::metadata(&path).ok()?);
        Some(Self { path, identity })
    }

    /// Whether it is still there.
    pub async fn is_there(&self) -> bool {
        tokio::fs::metadata(&self.path).await.is_ok_and(|found| identity(&found) == self.identity)
    }
}

#[cfg(unix)]
fn identity(found: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (found.dev(), found.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {}

/// Brings the schema and the scope catalogue up to this binary.
pub async fn migrate(store: &Store) -> Result<(), DbErr> {
    migrations::up(store.writer()).await?;
    store.ensure_catalogue().await
}

/// Whether every migration of this binary is applied. Changes nothing.
pub async fn is_current(store: &Store) -> Result<bool, DbErr> {
    Ok(!migrations::pending(store.reader()).await?)
}
