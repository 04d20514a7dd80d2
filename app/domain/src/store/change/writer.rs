//! One task writes: changes that are asked for at the same time share a commit, and with it its wait for the disk.
//!
//! Its queue is bounded: what does not fit is told so at once, before anything of it is written. The task holds the
//! store only while it writes or commits; it ends with the store, and one that died is followed by another.
//!
//! On PostgreSQL a commit is a task of its own, and the next batch is written beside it, on another connection.

use std::collections::{HashSet, VecDeque};
use std::future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use sea_orm::{DbBackend, DbErr};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::batch::{Claim, LIMIT};
use super::coming::Coming;
use super::rows::Rows;
use super::write::{Entry, Written, refuse, write};
use super::{Applied, Change, gave_way, is_locked_out};
use crate::id::InstallId;
use crate::store::held::Held;
use crate::store::{Inner, Store, busy};
use crate::time::Timestamp;

/// How many batches of SQLite have the one connection before others who write get it.
const IN_A_ROW: usize = 8;

/// So many changes are worth a batch while the one before is being committed or others are on their way; fewer wait for
/// that, and for others to join them.
const WORTH: usize = 16;
/// How long fewer wait for what is on its way: longer than two cores sign so many with RSA.
const PATIENCE: Duration = Duration::from_millis(5);

/// Changes that wait for the writer task.
#[derive(Default)]
pub(in crate::store) struct Queue {
    task: Mutex<Option<Task>>,
    coming: Coming,
    /// Whether the last that was written failed for a reason that may last.
    trouble: AtomicBool,
}

struct Task {
    entries: mpsc::Sender<Entry>,
    handle: JoinHandle<()>,
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

    /// What became of the last that was written: an `error` of it, unless it concerns the rows of one install alone.
    pub(in crate::store) fn notes_trouble(&self, error: Option<&DbErr>) {
        let lasts = error.is_some_and(|error| !is_locked_out(error) && !gave_way(error));
        if lasts || error.is_none() {
            self.0.queue.trouble.store(lasts, Ordering::Relaxed);
        }
    }
}

impl Queue {
    /// What will be asked for in a moment.
    pub(in crate::store) const fn coming(&self) -> &Coming {
        &self.coming
    }

    /// Whether what was written last failed, so that nobody knows whether anything can be.
    pub(in crate::store) fn is_in_trouble(&self) -> bool {
        self.trouble.load(Ordering::Relaxed)
    }

    /// Where changes are put; starts the task if none runs.
    fn entries(&self, store: &Arc<Inner>) -> mpsc::Sender<Entry> {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = task.as_ref().filter(|task| !task.entries.is_closed()) {
            return task.entries.clone();
        }
        let (entries, waiting) = mpsc::channel(store.settings.write_queue.max(1));
        let writer = Writer::new(Arc::downgrade(store), waiting, self.coming.clone(), PATIENCE);
        *task = Some(Task { entries: entries.clone(), handle: tokio::spawn(writer.run()) });
        entries
    }

    /// Waits until all that was asked for is written.
    pub(in crate::store) async fn drain(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
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
    /// What will be in the queue in a moment.
    coming: Coming,
    /// How long it is waited for.
    patience: Duration,
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
        let installs = written.entries.iter().map(|entry| entry.change.claim().install()).collect();
        Self { task: tokio::spawn(async move { written.settle(&store).await }), installs }
    }
}

impl Writer {
    fn new(store: Weak<Inner>, entries: mpsc::Receiver<Entry>, coming: Coming, patience: Duration) -> Self {
        Self { store, entries, coming, patience, waiting: VecDeque::new(), held: None, committing: None }
    }

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
                Ok(None) => {}
                Ok(Some(written)) if written.outcome.uncommitted.is_none() => drop(written.settle(&store).await),
                Ok(Some(written)) => {
                    self.committed().await;
                    self.committing = Some(Committing::of(store, written));
                }
                // No transaction was to be had for a long time: those behind have waited as long.
                Err((error, entries)) => self.refuse_all(error, entries),
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

    /// Takes what comes until it is worth a batch. While there is nothing at all to do, the connection goes back. False at the
    /// end.
    async fn fill(&mut self) -> bool {
        let mut until: Option<Instant> = None;
        loop {
            self.collect();
            let mut free = self.free();
            if free < WORTH {
                // Whoever is about to ask comes first: where nobody is, this costs nothing.
                tokio::task::yield_now().await;
                self.collect();
                free = self.free();
            }
            let lingers = free > 0 && self.coming.any() && until.is_none_or(|until| Instant::now() < until);
            if free == WORTH || free > 0 && self.committing.is_none() && !lingers {
                return true;
            }
            if self.waiting.is_empty() && self.committing.is_none() {
                self.held = None;
            }
            let room = self.waiting.len() < self.room();
            let patience = lingers.then(|| *until.get_or_insert_with(|| Instant::now() + self.patience));
            tokio::select! {
                connection = over(&mut self.committing) => self.take_over(connection),
                () = reached(patience) => {}
                entry = self.entries.recv(), if room => {
                    let Some(entry) = entry else {
                        self.committed().await;
                        return !self.waiting.is_empty();
                    };
                    self.waiting.push_back(entry);
                }
            }
        }
    }

    /// How many of those that wait could be written now, counted up to what is worth a batch.
    fn free(&self) -> usize {
        self.waiting.iter().filter(|entry| !self.is_locked(entry)).take(WORTH).count()
    }

    /// Whether the batch that is being committed has its rows locked.
    fn is_locked(&self, entry: &Entry) -> bool {
        self.committing.as_ref().is_some_and(|batch| batch.installs.contains(&entry.change.claim().install()))
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
            let alike =
                batch.first().is_none_or(|first| first.change.issues().is_some() == entry.change.issues().is_some());
            let free = alike && !self.is_locked(&entry) && !claims.iter().any(|other| claim.conflicts(*other));
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
    fn refuse_all(&mut self, error: DbErr, entries: Vec<Entry>) {
        let behind = std::iter::from_fn(|| self.entries.try_recv().ok());
        refuse(entries.into_iter().chain(self.waiting.drain(..)).chain(behind), error);
    }
}

/// Once `moment` has come; never, where there is none.
async fn reached(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => future::pending().await,
    }
}

/// The connection of the batch before, once that is committed; never, where there is none.
async fn over(committing: &mut Option<Committing>) -> Option<Held> {
    match committing {
        Some(Committing { task, .. }) => task.await.ok().flatten(),
        None => future::pending().await,
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
