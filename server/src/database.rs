//! The database of this process: connect, migrate, compare.

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

/// Brings the schema and the scope catalogue up to this binary.
pub async fn migrate(store: &Store) -> Result<(), DbErr> {
    migrations::up(store.writer()).await?;
    store.ensure_catalogue().await
}

/// Whether every migration of this binary is applied. Changes nothing.
pub async fn is_current(store: &Store) -> Result<bool, DbErr> {
    Ok(!migrations::pending(store.reader()).await?)
}
