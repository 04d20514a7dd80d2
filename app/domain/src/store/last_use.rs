//! "Last used", of installs and client secrets: folded in memory, written once a minute and at the end of the process.
//! What is read adds what is not written yet ([`Store::install_rows`], [`Store::secret_rows`]).

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, sea_query::Expr};

use super::cache::Touched;
use super::{Store, views};
use crate::entity::{client_secret, install};
use crate::id::{AppId, InstallId, SecretId};
use crate::portal::{InstallRow, SecretRow};
use crate::time::Timestamp;

/// So many of each are remembered until they are written; the use of more than that is not noted.
const CAPACITY: usize = 100_000;
/// So many are written in one transaction, so that no other writer waits long.
const BATCH: usize = 250;

/// Uses that are not written yet.
#[derive(Default)]
pub(crate) struct LastUse {
    installs: Mutex<HashMap<InstallId, (AppId, Timestamp)>>,
    secrets: Mutex<HashMap<SecretId, ((), Timestamp)>>,
}

type Noted<K, T> = Mutex<HashMap<K, (T, Timestamp)>>;

fn locked<T>(noted: &Mutex<T>) -> MutexGuard<'_, T> {
    noted.lock().unwrap_or_else(PoisonError::into_inner)
}

fn note<K: Hash + Eq, T>(noted: &Noted<K, T>, key: K, what: T, now: Timestamp) {
    let mut noted = locked(noted);
    if let Some((_, last)) = noted.get_mut(&key) {
        *last = now.max(*last);
    } else if noted.len() < CAPACITY {
        noted.insert(key, (what, now));
    }
}

/// What is noted, by ascending key, as rows are locked.
fn taken<K: Hash + Eq + Ord + Copy, T>(noted: &Noted<K, T>) -> Vec<(K, Timestamp)> {
    let mut all: Vec<_> = locked(noted).iter().map(|(key, (_, last))| (*key, *last)).collect();
    all.sort_unstable();
    all
}

/// Forgets what was written, unless it was used again meanwhile.
fn written<K: Hash + Eq, T>(noted: &Noted<K, T>, batch: &[(K, Timestamp)]) {
    let mut noted = locked(noted);
    for (key, at) in batch {
        if noted.get(key).is_some_and(|(_, last)| last == at) {
            noted.remove(key);
        }
    }
    if noted.is_empty() {
        noted.shrink_to_fit();
    }
}

/// Never back: another instance may have written a later use.
fn earlier(column: impl ColumnTrait, at: Timestamp) -> Condition {
    Condition::any().add(column.is_null()).add(column.lt(at))
}

fn value(at: Timestamp) -> SimpleExpr {
    Expr::value(at)
}

impl Store {
    /// Notes that a token of `install`, an install of `app`, was used now.
    pub(crate) fn note_install(&self, app: AppId, install: InstallId) {
        note(&self.last_use().installs, install, app, self.now());
    }

    /// Notes that a client secret was used now.
    pub(crate) fn note_secret(&self, secret: SecretId) {
        note(&self.last_use().secrets, secret, (), self.now());
    }

    /// Writes what was noted. Nothing is lost where it fails: it is noted still.
    pub async fn write_last_used(&self) -> Result<(), DbErr> {
        let noted = self.last_use();
        for batch in taken(&noted.installs).chunks(BATCH) {
            let tx = self.begin().await?;
            for (id, at) in batch {
                install::Entity::update_many()
                    .col_expr(install::Column::LastUsedAt, value(*at))
                    .filter(install::Column::Id.eq(*id))
                    .filter(earlier(install::Column::LastUsedAt, *at))
                    .exec(&tx)
                    .await?;
            }
            tx.commit_touching(Touched::NOTHING).await?;
            written(&noted.installs, batch);
        }
        for batch in taken(&noted.secrets).chunks(BATCH) {
            let tx = self.begin().await?;
            for (id, at) in batch {
                client_secret::Entity::update_many()
                    .col_expr(client_secret::Column::LastUsedAt, value(*at))
                    .filter(client_secret::Column::Id.eq(*id))
                    .filter(earlier(client_secret::Column::LastUsedAt, *at))
                    .exec(&tx)
                    .await?;
            }
            tx.commit_touching(Touched::NOTHING).await?;
            written(&noted.secrets, batch);
        }
        Ok(())
    }

    /// Whether an install of `app` was used and that is not written yet.
    pub(crate) fn was_just_used(&self, app: AppId) -> bool {
        locked(&self.last_use().installs).values().any(|(used, _)| *used == app)
    }

    /// Installs as lists show them, in the order given.
    pub(crate) async fn install_rows(&self, installs: Vec<install::Model>) -> Result<Vec<InstallRow>, DbErr> {
        let mut rows = views::install_rows(self.reader(), installs).await?;
        let noted = locked(&self.last_use().installs);
        for row in &mut rows {
            row.last_used_at = row.last_used_at.max(noted.get(&row.id).map(|(_, last)| *last));
        }
        Ok(rows)
    }

    /// An app's secrets, newest first: hints only.
    pub(crate) async fn secret_rows(&self, app: AppId) -> Result<Vec<SecretRow>, DbErr> {
        let mut rows = views::secret_rows(self.reader(), app, self.now()).await?;
        let noted = locked(&self.last_use().secrets);
        for row in &mut rows {
            row.last_used_at = row.last_used_at.max(noted.get(&row.id).map(|((), last)| *last));
        }
        Ok(rows)
    }
}
