//! On SQLite what was written goes from the write-ahead log into the file beside the writer, by a connection of its own:
//! the writer, and all who wait for it, need not. The log begins anew only where all of it was copied and nobody wrote
//! meanwhile: for the last few pages of a long log the writer lets the copier go first.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sea_orm::{ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::Store;
use super::held::Held;

/// After so many changes the log is worth a copy: some four thousand pages.
const WORTH: usize = 1_000;
/// A log of so many pages is to begin anew.
const LONG: i32 = 6_000;
/// So few pages may be copied while everybody waits: more are left where a query still reads what was before them.
const FEW: i32 = 1_000;

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
                match store.copy_log().await {
                    // The server ends, and with it the log.
                    Ok(()) | Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)) => {}
                    Err(error) => {
                        tracing::warn!(%error, "the write-ahead log was not copied; the next copy tries again");
                    }
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
        let mut log = Log::copy(copier, "PASSIVE").await?;
        if log.pages < LONG {
            return Ok(());
        }
        // SQLite syncs the file only if nobody wrote during the copy, as with short ones mostly nobody does: after some of them
        // little is left to write and to sync in the time in which everybody waits.
        for _ in 0..SHORT_COPIES {
            log = Log::copy(copier, "PASSIVE").await?;
        }
        if log.left > FEW {
            return Ok(());
        }
        self.0.checkpoints.ending.store(true, Ordering::Release);
        let _turn = Held::take(self.beside()).await?;
        // Where a query reads the log for longer than the copier waits, the next copy tries again.
        Log::copy(copier, "RESTART").await.map(drop)
    }
}

/// What a copy found.
#[derive(Default)]
struct Log {
    /// How many pages the log has.
    pages: i32,
    /// How many of them are not in the file.
    left: i32,
}

impl Log {
    async fn copy(copier: &DatabaseConnection, how: &str) -> Result<Self, DbErr> {
        let sql = format!("PRAGMA wal_checkpoint({how})");
        let row = copier.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
        let Some(row) = row else { return Ok(Self::default()) };
        let (pages, in_file): (i32, i32) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        Ok(Self { pages, left: pages - in_file })
    }
}
