//! On SQLite what was written goes from the write-ahead log into the file beside the writer, by a connection of its own:
//! the writer, and all who wait for it, need not. The log begins anew only where all of it was copied and nobody wrote
//! meanwhile: for the last few pages of a long log the writer lets the copier go first.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::Store;
use super::held::Held;

/// After so many changes the log is worth a copy: some four thousand pages.
const WORTH: usize = 1_000;
/// A log of so many pages is to begin anew.
const LONG: i32 = 6_000;

/// Copies of what was written during the one before, until nobody may write during the last.
const SHORT_COPIES: usize = 3;

/// What was written since the last copy, and how far one is that is being made.
#[derive(Default)]
pub(super) struct Checkpoints {
    written: AtomicUsize,
    copying: AtomicBool,
    /// The copier waits for its turn to end the log.
    ending: AtomicBool,
}

impl Store {
    /// Notes that so many changes were committed.
    pub(super) fn note_written(&self, changes: usize) {
        let Checkpoints { written, copying, .. } = &self.0.checkpoints;
        if self.0.connections.checkpoints.is_none() || written.fetch_add(changes, Ordering::Relaxed) + changes < WORTH {
            return;
        }
        if !copying.swap(true, Ordering::AcqRel) {
            written.store(0, Ordering::Relaxed);
            let store = self.clone();
            tokio::spawn(async move {
                if let Err(error) = store.copy_log().await {
                    tracing::warn!(%error, "the write-ahead log was not copied; it grows until that succeeds");
                }
                store.0.checkpoints.ending.store(false, Ordering::Release);
                store.0.checkpoints.copying.store(false, Ordering::Release);
            });
        }
    }

    /// Whether the one who writes again and again should let the copier go before the next batch.
    pub(super) fn gives_way_to_copier(&self) -> bool {
        self.0.checkpoints.ending.load(Ordering::Acquire)
    }

    /// Copies what no reader and no writer is in the way of; ends a long log.
    async fn copy_log(&self) -> Result<(), DbErr> {
        let Some(copier) = &self.0.connections.checkpoints else { return Ok(()) };
        if copy(copier, "PASSIVE").await? < LONG {
            return Ok(());
        }
        // SQLite syncs the file where a copy ends before anything more is written, as short ones mostly do: after some of them
        // little is left to write and to sync in the time in which everybody waits.
        for _ in 0..SHORT_COPIES {
            copy(copier, "PASSIVE").await?;
        }
        self.0.checkpoints.ending.store(true, Ordering::Release);
        let _turn = Held::take(self.beside()).await?;
        // Where a query reads the log for longer than the copier waits, the next copy tries again.
        copy(copier, "RESTART").await.map(drop)
    }
}

/// Copies; tells how many pages the log has.
async fn copy(copier: &DatabaseConnection, how: &str) -> Result<i32, DbErr> {
    let sql = format!("PRAGMA wal_checkpoint({how})");
    let row = copier.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(1))
}
