//! On SQLite what was written goes from the write-ahead log into the file beside the writer, by a connection of its own:
//! the writer, and all who wait for it, need not. It ends what is left of a long log itself (`wal_autocheckpoint`), which
//! is little then.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sea_orm::{ConnectionTrait, DbErr};

use super::Store;

/// After so many changes the log is worth a copy: some two thousand pages.
const WORTH: usize = 1_000;

/// What was written since the last copy, and whether one is being made.
#[derive(Default)]
pub(super) struct Checkpoints {
    written: AtomicUsize,
    copying: AtomicBool,
}

impl Store {
    /// Notes that so many changes were committed.
    pub(super) fn note_written(&self, changes: usize) {
        let Checkpoints { written, copying } = &self.0.checkpoints;
        if self.0.connections.checkpoints.is_none() || written.fetch_add(changes, Ordering::Relaxed) + changes < WORTH {
            return;
        }
        if !copying.swap(true, Ordering::AcqRel) {
            written.store(0, Ordering::Relaxed);
            let store = self.clone();
            tokio::spawn(async move {
                if let Err(error) = store.copy_log().await {
                    tracing::warn!(%error, "the write-ahead log was not copied; the writer will do it");
                }
                store.0.checkpoints.copying.store(false, Ordering::Release);
            });
        }
    }

    /// Copies what no reader and no writer is in the way of.
    async fn copy_log(&self) -> Result<(), DbErr> {
        let Some(checkpoints) = &self.0.connections.checkpoints else { return Ok(()) };
        checkpoints.execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)").await.map(drop)
    }
}
