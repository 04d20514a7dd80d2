//! "Last used", of installs and client secrets: folded in memory, written once a minute and at the end of the process.
//! What is read adds what is not written yet ([`Store::install_rows`], [`Store::secret_rows`]).

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sea_orm::sea_query::{Expr, IntoIden as _, Query, TableRef, Value, ValueTuple};
use sea_orm::{Condition, ConnectionTrait as _, DbBackend, DbErr, EntityTrait, Statement};

use super::cache::Touched;
use super::change::locks;
use super::{Store, views};
use crate::entity::{client_secret, install};
use crate::id::{AppId, InstallId, SecretId};
use crate::portal::{InstallRow, SecretRow};
use crate::time::Timestamp;

/// So many of each are remembered until they are written; the use of more than that is not noted.
const CAPACITY: usize = 100_000;
/// So many are written in one transaction, so that no other writer waits long.
const BATCH: usize = 250;

/// A list of uses.
const USED: &str = "used";

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

/// Sets `last` of the rows whose `id` is in `batch`, in one statement: SQLite's writer waits for it. Never back: another
/// instance may have written a later use.
fn write<E, K>(backend: DbBackend, [id, last]: [E::Column; 2], batch: &[(K, Timestamp)]) -> Statement
where
    E: EntityTrait,
    K: Copy + Into<Value>,
{
    use sea_orm::ExprTrait as _;
    let used = batch.iter().map(|(key, at)| ValueTuple::Two((*key).into(), (*at).into())).collect();
    let column = |column: E::Column| Expr::col((E::default(), column));
    let at = || Expr::col((USED, "column2"));
    let earlier = Condition::any().add(column(last).is_null()).add(column(last).lt(at()));
    let mut update = Query::update();
    update
        .table(E::default())
        .from(TableRef::ValuesList(used, USED.into_iden()))
        .value(last, at())
        .and_where(column(id).equals((USED, "column1")))
        .cond_where(earlier);
    backend.build(&update)
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
        let (noted, backend) = (self.last_use(), self.beside().get_database_backend());
        for batch in taken(&noted.installs).chunks(BATCH) {
            let columns = [install::Column::Id, install::Column::LastUsedAt];
            let tx = self.begin().await?;
            if let Some(locks) = locks(backend, batch.iter().map(|(id, _)| *id)) {
                tx.query_all_raw(locks).await?;
            }
            tx.execute_raw(write::<install::Entity, _>(backend, columns, batch)).await?;
            tx.commit_touching(Touched::NOTHING).await?;
            written(&noted.installs, batch);
        }
        for batch in taken(&noted.secrets).chunks(BATCH) {
            let columns = [client_secret::Column::Id, client_secret::Column::LastUsedAt];
            let tx = self.begin().await?;
            tx.execute_raw(write::<client_secret::Entity, _>(backend, columns, batch)).await?;
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
        let mut rows = views::install_rows(self.reader(), &self.settings().policies, installs).await?;
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
