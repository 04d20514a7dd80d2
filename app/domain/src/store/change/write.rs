//! Writing a batch: all at once, again where PostgreSQL gave another transaction the way, and one by one where it failed.

use std::collections::{HashSet, VecDeque};

use sea_orm::{DbBackend, DbErr};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::batch::{self, Outcome};
use super::begun::Failure;
use super::rows::Rows;
use super::{Applied, Change, Revoke, gave_way, is_locked_out};
use crate::store::held::{Held, SILENCE, is_silent, silence};
use crate::store::{Store, busy};
use crate::time::Timestamp;

/// How often a batch is tried that PostgreSQL ended for the sake of another transaction.
const TRIES: usize = 4;

/// A change that waits, and who waits for it.
pub(super) struct Entry {
    pub(super) change: Change,
    /// What it inserts; taken by the first attempt, and made again for another.
    pub(super) rows: Option<Rows>,
    pub(super) now: Timestamp,
    pub(super) answer: oneshot::Sender<Result<Applied, DbErr>>,
}

/// A batch that was written, and is told once it is committed.
pub(super) struct Written {
    pub(super) entries: Vec<Entry>,
    pub(super) outcome: Outcome,
}

impl Written {
    /// Commits it, if that is left to do, and tells everybody; gives back its connection.
    pub(super) async fn settle(self, store: &Store) -> Option<Held> {
        let Outcome { applied, uncommitted } = self.outcome;
        let committed = match uncommitted {
            Some(uncommitted) => uncommitted.commit(store).await,
            None => Ok(None),
        };
        // Where all was lost, nothing was written.
        if committed.is_err() || applied.contains(&Applied::Done) {
            store.notes_trouble(committed.as_ref().err());
        }
        for (entry, applied) in self.entries.into_iter().zip(applied) {
            // Whether a commit without an answer is there nobody knows: to ask again would be to use a code twice.
            let outcome = committed.as_ref().map(|_| applied).map_err(DbErr::clone);
            // Whoever went away needs no answer.
            let _ = entry.answer.send(outcome);
        }
        committed.ok().flatten()
    }
}

/// Writes a batch; one that fails before its commit is tried one by one, so that only the guilty one fails. What is given back
/// as an error found no transaction.
pub(super) async fn write(
    store: &Store,
    held: &mut Option<Held>,
    mut entries: Vec<Entry>,
) -> Result<Option<Written>, (DbErr, Vec<Entry>)> {
    if entries.is_empty() {
        return Ok(None);
    }
    let attempted = attempt(store, held, &mut entries).await;
    if let Err(Failure::NotBegun(error) | Failure::Broken(error)) = &attempted {
        store.notes_trouble(Some(error));
    }
    match attempted {
        Ok(outcome) => Ok(Some(Written { entries, outcome })),
        Err(Failure::NotBegun(error)) => Err((error, entries)),
        Err(Failure::Broken(error)) if entries.len() == 1 || is_silent(&error) => {
            refuse(entries, error);
            Ok(None)
        }
        Err(Failure::Broken(error)) => {
            tracing::warn!(%error, changes = entries.len(), "a batch failed and is tried one by one");
            one_by_one(store, held, entries).await.map(|()| None)
        }
    }
}

/// Writes each in a batch of its own. Of an install whose row somebody else keeps locked the others do not wait again.
async fn one_by_one(store: &Store, held: &mut Option<Held>, entries: Vec<Entry>) -> Result<(), (DbErr, Vec<Entry>)> {
    let mut locked = HashSet::new();
    let mut entries = VecDeque::from(entries);
    while let Some(entry) = entries.pop_front() {
        let install = entry.change.claim().install();
        let mut one = vec![entry];
        if locked.contains(&install) {
            refuse(one, busy());
            continue;
        }
        match attempt(store, held, &mut one).await {
            Ok(outcome) => *held = Written { entries: one, outcome }.settle(store).await.or(held.take()),
            Err(Failure::NotBegun(error)) => return Err((error, one.into_iter().chain(entries).collect())),
            // The next one would wait as long, and those behind it with it.
            Err(Failure::Broken(error)) if is_silent(&error) => {
                refuse(one.into_iter().chain(entries), error);
                return Ok(());
            }
            Err(Failure::Broken(error)) => {
                if is_locked_out(&error) {
                    locked.insert(install);
                }
                refuse(one, error);
            }
        }
    }
    Ok(())
}

/// Tells each of `entries` why nothing of it is written. What ends something may have been, and may be asked again.
pub(super) fn refuse(entries: impl IntoIterator<Item = Entry>, error: DbErr) {
    let error = told(error);
    for entry in entries {
        // Whoever went away needs no answer.
        let _ = entry.answer.send(Err(error.clone()));
    }
}

/// What is told of `error`: where a row stayed locked or a connection fell silent, waiting helps.
fn told(error: DbErr) -> DbErr {
    if is_locked_out(&error) || is_silent(&error) { busy() } else { error }
}

/// Tries a batch; again where PostgreSQL gave another transaction the way, for then nothing of it is written.
async fn attempt(store: &Store, held: &mut Option<Held>, entries: &mut [Entry]) -> Result<Outcome, Failure> {
    for _ in 1..TRIES {
        match once(store, held, entries).await {
            Err(Failure::Broken(error)) if gave_way(&error) => {}
            other => return other,
        }
    }
    once(store, held, entries).await
}

async fn once(store: &Store, held: &mut Option<Held>, entries: &mut [Entry]) -> Result<Outcome, Failure> {
    // When it is written, for it may have waited long: a grace begins here. What has ended for one of them has ended.
    let now = entries.iter().map(|entry| entry.now).fold(store.now(), Timestamp::max);
    let ends: Vec<&Revoke> = entries.iter().filter_map(|entry| entry.change.ends()).collect();
    let outcome = if ends.is_empty() {
        let rows = entries.iter_mut().map(|Entry { change, rows, .. }| match rows.take() {
            Some(rows) => rows,
            None => Rows::of(store, change),
        });
        let rows = rows.collect();
        let changes: Vec<&Change> = entries.iter().map(|entry| &entry.change).collect();
        batch::issue(store, held, &changes, rows, now).await?
    } else {
        // It takes a connection out of the pool, of which this one and one that commits may be all.
        *held = None;
        match store.batches().get_database_backend() {
            // It may lock, and end each of several things.
            DbBackend::Postgres => {
                let ended = timeout(2 * SILENCE, batch::end(store, &ends, now)).await;
                ended.unwrap_or_else(|_| Err(Failure::Broken(silence())))?
            }
            _ => batch::end(store, &ends, now).await?,
        }
    };
    store.note_written(entries.len());
    Ok(outcome)
}
