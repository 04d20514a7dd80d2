//! One task writes: changes that are asked for at the same time share a commit, and with it its wait for the disk.
//!
//! Its queue is bounded: what does not fit is told so at once, before anything of it is written. The task holds the
//! store only while it writes or commits; it ends with the store, and one that died is followed by another.
//!
//! On PostgreSQL a commit is a task of its own, and the next batch is written beside it, on another connection.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sea_orm::{DbBackend, DbErr};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::batch::{self, Claim, LIMIT, Outcome};
use super::begun::{Failure, Uncommitted};
use super::rows::Rows;
use super::{Applied, Change, Revoke, gave_way};
use crate::id::InstallId;
use crate::store::held::Held;
use crate::store::{Inner, Store, busy};
use crate::time::Timestamp;

/// How often a batch is tried that PostgreSQL ended for the sake of another transaction.
const TRIES: usize = 4;
/// How many batches of SQLite have the one connection before others who write get it.
const IN_A_ROW: usize = 8;

/// So many changes are worth a batch while the one before is being committed; fewer wait for that, and for others to join them.
const AHEAD: usize = 16;

/// Changes that wait for the writer task.
#[derive(Default)]
pub(in crate::store) struct Queue(Mutex<Option<Task>>);

struct Task {
    entries: mpsc::Sender<Entry>,
    handle: JoinHandle<()>,
}

/// A change that waits, and who waits for it.
struct Entry {
    change: Change,
    /// What it inserts; taken by the first attempt, and made again for another.
    rows: Option<Rows>,
    now: Timestamp,
    answer: oneshot::Sender<Result<Applied, DbErr>>,
}

impl Store {
    /// Commits a change, together with others that are asked for at the same time. Nothing may be answered before this
    /// returns. A full queue and a database that gives no transaction are both [`busy`].
    pub(crate) async fn commit(&self, change: Change, now: Timestamp) -> Result<Applied, DbErr> {
        let (answer, answered) = oneshot::channel();
        let entries = self.0.queue.entries(&self.0);
        // Here, where many work at the same time, and not in the one task that writes for all.
        let rows = Some(Rows::of(self, &change));
        entries.try_send(Entry { change, rows, now, answer }).map_err(|_| busy())?;
        answered.await.unwrap_or_else(|_| Err(busy()))
    }
}

impl Queue {
    /// Where changes are put; starts the task if none runs.
    fn entries(&self, store: &Arc<Inner>) -> mpsc::Sender<Entry> {
        let mut task = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = task.as_ref().filter(|task| !task.entries.is_closed()) {
            return task.entries.clone();
        }
        let (entries, waiting) = mpsc::channel(store.settings.write_queue.max(1));
        let writer = Writer {
            store: Arc::downgrade(store),
            entries: waiting,
            waiting: VecDeque::new(),
            held: None,
            committing: None,
        };
        *task = Some(Task { entries: entries.clone(), handle: tokio::spawn(writer.run()) });
        entries
    }

    /// Waits until all that was asked for is written.
    pub(in crate::store) async fn drain(&self) {
        let task = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Task { entries, handle }) = task {
            drop(entries);
            // Cut off, it has told those who wait by their closed channels.
            let _ = handle.await;
        }
    }
}

/// The longest length of a batch that `waiting` changes fill: 1, 2, 3, 4, 6, 8, 12 .. 48, 64. A statement has one text per
/// length, and of these few the database keeps the plans; at most a third waits for the next batch.
fn rung(waiting: usize) -> usize {
    let Some(power) = waiting.checked_ilog2() else { return 0 };
    let half = (1 << power) / 2;
    if waiting >= 3 * half && half > 0 { 3 * half } else { 1 << power }
}

struct Writer {
    store: Weak<Inner>,
    entries: mpsc::Receiver<Entry>,
    /// Taken from the queue and not in a batch yet: something of the same install goes before them.
    waiting: VecDeque<Entry>,
    /// The connection, while there is something to write.
    held: Option<Held>,
    /// The batch before, where its commit waits for the disk while the next one is written.
    committing: Option<Committing>,
}

/// A batch that is being committed.
struct Committing {
    /// Ends with its connection.
    task: JoinHandle<Option<Held>>,
    /// Those whose rows it has locked: what concerns them waits for it.
    installs: HashSet<InstallId>,
}

impl Committing {
    fn of(store: Store, written: Written) -> Self {
        let installs = written.told.iter().map(|(entry, _)| entry.change.claim().install()).collect();
        Self { task: tokio::spawn(async move { written.settle(&store).await }), installs }
    }
}

impl Writer {
    async fn run(mut self) {
        let mut batches = 0;
        while self.fill().await {
            let batch = self.batch();
            let Some(store) = self.store.upgrade().map(Store) else { return };
            batches += 1;
            let in_turn = store.batches().get_database_backend() == DbBackend::Sqlite;
            if in_turn && (batches % IN_A_ROW == 0 || store.gives_way_to_copier()) {
                self.held = None;
            }
            let mut outcome = write(&store, &mut self.held, batch).await;
            if self.committing.is_some()
                && let Err((_, entries)) = outcome
            {
                // PostgreSQL may have no other connection for us than the one of the batch before.
                self.committed().await;
                outcome = write(&store, &mut self.held, entries).await;
            }
            match outcome {
                Ok(written) if written.uncommitted.is_none() => drop(written.settle(&store).await),
                Ok(written) => {
                    self.committed().await;
                    self.committing = Some(Committing::of(store, written));
                }
                // No transaction was to be had for a long time: those behind have waited as long.
                Err((error, entries)) => self.refuse(&error, entries),
            }
        }
        self.committed().await;
    }

    /// Waits until the batch before is committed, and takes over its connection. One whose task died has told those who wait
    /// by their closed channels.
    async fn committed(&mut self) {
        if let Some(Committing { task, .. }) = &mut self.committing {
            let free = task.await.ok().flatten();
            self.take_over(free);
        }
    }

    fn take_over(&mut self, free: Option<Held>) {
        self.committing = None;
        self.held = self.held.take().or(free);
    }

    /// Whether what waits is worth a batch now.
    fn goes_ahead(&self) -> bool {
        let Some(Committing { installs, .. }) = &self.committing else { return true };
        let free = self.waiting.iter().filter(|entry| !installs.contains(&entry.change.claim().install()));
        free.take(AHEAD).count() == AHEAD
    }

    /// The next entry; none at the end. While there is none, the connections go back.
    async fn next(&mut self) -> Option<Entry> {
        if let Ok(entry) = self.entries.try_recv() {
            return Some(entry);
        }
        if let Some(Committing { task, .. }) = &mut self.committing {
            tokio::select! {
                entry = self.entries.recv() => return entry,
                _ = task => self.committing = None,
            }
        }
        self.held = None;
        self.entries.recv().await
    }

    /// Takes what there is; waits when there is nothing. False at the end.
    async fn fill(&mut self) -> bool {
        if self.waiting.is_empty() {
            let Some(entry) = self.next().await else { return false };
            self.waiting.push_back(entry);
        }
        // Whoever is about to ask comes first: where nobody is, this costs nothing.
        tokio::task::yield_now().await;
        self.collect();
        while !self.goes_ahead() {
            let room = self.waiting.len() < self.room();
            let Some(Committing { task, .. }) = &mut self.committing else { break };
            tokio::select! {
                free = task => self.take_over(free.ok().flatten()),
                Some(entry) = self.entries.recv(), if room => self.waiting.push_back(entry),
            }
            self.collect();
        }
        true
    }

    /// How many changes are taken from the queue at most.
    fn room(&self) -> usize {
        self.entries.max_capacity().max(LIMIT)
    }

    fn collect(&mut self) {
        while self.waiting.len() < self.room() {
            let Ok(entry) = self.entries.try_recv() else { break };
            self.waiting.push_back(entry);
        }
    }

    /// The next batch: in the order of arrival, without what conflicts with anything before it, or would wait for a batch
    /// that is being committed. What issues tokens and what ends them are apart.
    fn batch(&mut self) -> Vec<Entry> {
        let mut batch: Vec<Entry> = Vec::with_capacity(LIMIT);
        let mut claims: Vec<Claim> = Vec::with_capacity(LIMIT);
        let mut later = VecDeque::new();
        while let Some(entry) = self.waiting.pop_front() {
            if entry.answer.is_closed() {
                continue;
            }
            let claim = entry.change.claim();
            let locked = self.committing.as_ref().is_some_and(|batch| batch.installs.contains(&claim.install()));
            let alike =
                batch.first().is_none_or(|first| first.change.premise().is_some() == entry.change.premise().is_some());
            let free = alike && !locked && !claims.iter().any(|other| claim.conflicts(*other));
            if !claims.contains(&claim) {
                claims.push(claim);
            }
            if free {
                batch.push(entry);
            } else {
                later.push_back(entry);
            }
            if batch.len() == LIMIT {
                break;
            }
        }
        later.append(&mut self.waiting);
        for entry in batch.drain(rung(batch.len())..).rev() {
            later.push_front(entry);
        }
        self.waiting = later;
        batch
    }

    /// Tells everybody who waits why nothing is written.
    fn refuse(&mut self, error: &DbErr, entries: Vec<Entry>) {
        let behind = std::iter::from_fn(|| self.entries.try_recv().ok());
        for entry in entries.into_iter().chain(self.waiting.drain(..)).chain(behind) {
            // Whoever went away needs no answer.
            let _ = entry.answer.send(Err(error.clone()));
        }
    }
}

/// A batch that was written, and is told once it is committed.
#[derive(Default)]
struct Written {
    told: Vec<(Entry, Applied)>,
    uncommitted: Option<Uncommitted>,
}

impl Written {
    /// Commits it, if that is left to do, and tells everybody; gives back its connection.
    async fn settle(self, store: &Store) -> Option<Held> {
        let committed = match self.uncommitted {
            Some(uncommitted) => uncommitted.commit(store).await,
            None => Ok(None),
        };
        for (entry, applied) in self.told {
            let outcome = committed.as_ref().map(|_| applied).map_err(DbErr::clone);
            // Whoever went away needs no answer.
            let _ = entry.answer.send(outcome);
        }
        committed.ok().flatten()
    }
}

/// Writes a batch; one that fails before its commit is tried one by one, so that only the guilty one fails. What is given back
/// as an error found no transaction.
async fn write(
    store: &Store,
    held: &mut Option<Held>,
    mut entries: Vec<Entry>,
) -> Result<Written, (DbErr, Vec<Entry>)> {
    if entries.is_empty() {
        return Ok(Written::default());
    }
    match attempt(store, held, &mut entries).await {
        Ok(Outcome { applied, uncommitted }) => {
            Ok(Written { told: entries.into_iter().zip(applied).collect(), uncommitted })
        }
        Err(Failure::NotBegun(error)) => Err((error, entries)),
        Err(Failure::Broken(error)) if entries.len() == 1 => {
            for entry in entries {
                let _ = entry.answer.send(Err(error.clone()));
            }
            Ok(Written::default())
        }
        Err(Failure::Broken(error)) => {
            tracing::warn!(%error, changes = entries.len(), "a batch failed and is tried one by one");
            let mut entries = VecDeque::from(entries);
            while let Some(entry) = entries.pop_front() {
                match Box::pin(write(store, held, vec![entry])).await {
                    Ok(written) => *held = written.settle(store).await.or(held.take()),
                    Err((error, refused)) => return Err((error, refused.into_iter().chain(entries).collect())),
                }
            }
            Ok(Written::default())
        }
    }
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
    // The latest: what has ended for one of them has ended.
    let now = entries.iter().map(|entry| entry.now).max().unwrap_or_else(|| store.now());
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
        batch::end(store, &ends, now).await?
    };
    store.note_written(entries.len());
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::rung;

    #[test]
    fn a_batch_has_few_lengths_and_leaves_a_third_at_most() {
        let mut lengths = std::collections::BTreeSet::new();
        for waiting in 1..=64 {
            let length = rung(waiting);
            assert!(length <= waiting && 3 * (waiting - length) <= waiting, "{waiting}: {length}");
            lengths.insert(length);
        }
        assert_eq!(lengths.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]);
        assert_eq!(rung(0), 0);
    }
}
