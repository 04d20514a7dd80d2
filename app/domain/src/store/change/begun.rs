//! A transaction of the writer task, on a connection that it keeps: few ways to the database, whatever is in the batch.

use sea_orm::{DbBackend, DbErr, RuntimeErr, SqlxError, Statement};

use crate::store::Store;
use crate::store::cache::Touched;
use crate::store::held::{Held, Rows, is_silent};

/// SQLite has one writer: it is locked at once, or a transaction that only read so far would find another before it.
const BEGIN_IMMEDIATE: &str = "BEGIN IMMEDIATE";
const COMMIT: &str = "COMMIT";

/// Why something was not written.
pub(super) enum Failure {
    /// The database gave no transaction.
    NotBegun(DbErr),
    /// A statement of it failed.
    Broken(DbErr),
}

/// A transaction on the connection of `held`. Dropped without an end, it takes the connection along.
pub(super) struct Begun<'a> {
    held: &'a mut Option<Held>,
    open: bool,
}

impl<'a> Begun<'a> {
    /// Begins, takes what locks the database has for the purpose, and sends `statements`: the rows of each.
    pub(super) async fn begin(
        store: &Store,
        held: &'a mut Option<Held>,
        mut statements: Vec<Statement>,
    ) -> Result<(Self, Vec<Rows>), Failure> {
        let mut begun = Self::on(store, held).await?;
        let backend = begun.connection()?.backend();
        let rows = if backend == DbBackend::Sqlite {
            statements.insert(0, Statement::from_string(backend, BEGIN_IMMEDIATE));
            let rows = begun.connection()?.each(statements).await;
            rows.map(|mut rows| rows.split_off(1.min(rows.len())))
        } else {
            begun.connection()?.execute("BEGIN").await.map_err(Failure::NotBegun)?;
            begun.connection()?.each(statements).await
        };
        match rows {
            Ok(rows) => Ok((begun, rows)),
            Err(error) => {
                begun.undo(&error).await;
                Err(if is_busy(&error) { Failure::NotBegun(error) } else { Failure::Broken(error) })
            }
        }
    }

    /// Sends a whole transaction to SQLite in one go; false where it broke off at one of `statements`.
    pub(super) async fn at_once(
        store: &Store,
        held: &'a mut Option<Held>,
        statements: Vec<Statement>,
    ) -> Result<bool, Failure> {
        let mut begun = Self::on(store, held).await?;
        let one = |sql| Statement::from_string(DbBackend::Sqlite, sql);
        let all = [one(BEGIN_IMMEDIATE)].into_iter().chain(statements).chain([one(COMMIT)]).collect();
        match begun.connection()?.each(all).await {
            Ok(_) => {
                begun.open = false;
                Ok(true)
            }
            Err(error) => {
                begun.rollback().await;
                if is_busy(&error) { Err(Failure::NotBegun(error)) } else { Ok(false) }
            }
        }
    }

    async fn on(store: &Store, held: &'a mut Option<Held>) -> Result<Self, Failure> {
        if held.is_none() {
            *held = Some(Held::take(store.batches()).await.map_err(Failure::NotBegun)?);
        }
        Ok(Self { held, open: true })
    }

    /// Sends `statements`, which give nothing back and change what is `touched`. SQLite commits them, and nothing is left to
    /// do; for PostgreSQL somebody has to [`commit`](Uncommitted::commit) what is given back.
    pub(super) async fn write(
        mut self,
        store: &Store,
        mut statements: Vec<Statement>,
        touched: Touched,
    ) -> Result<Option<Uncommitted>, Failure> {
        let connection = self.connection()?;
        let commits = connection.backend() == DbBackend::Sqlite;
        if commits {
            statements.push(Statement::from_string(DbBackend::Sqlite, COMMIT));
        }
        let done = connection.each(statements).await;
        if commits {
            // Also after a failure: what it left behind is not known.
            store.cache().mark(&touched);
        }
        match done {
            Ok(_) => {
                self.open = false;
                let held = if commits { None } else { self.held.take() };
                Ok(held.map(|held| Uncommitted { held: Some(held), touched }))
            }
            Err(error) => {
                self.undo(&error).await;
                Err(Failure::Broken(error))
            }
        }
    }

    /// Undoes it after `error`; a connection that is silent is closed.
    async fn undo(self, error: &DbErr) {
        if !is_silent(error) {
            self.rollback().await;
        }
    }

    /// Undoes it; a connection on which that fails is closed, which does the same.
    pub(super) async fn rollback(mut self) {
        if let Ok(connection) = self.connection()
            && connection.execute("ROLLBACK").await.is_ok()
        {
            self.open = false;
        }
    }

    fn connection(&mut self) -> Result<&mut Held, Failure> {
        // There is one as long as the transaction is open.
        self.held.as_mut().ok_or_else(|| Failure::NotBegun(crate::store::busy()))
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if self.open
            && let Some(held) = self.held.take()
        {
            held.discard();
        }
    }
}

/// A transaction of PostgreSQL that lacks its commit alone: the wait for the disk, during which the next batch is written on
/// another connection. Dropped uncommitted, it closes its own, and the database undoes it.
pub(super) struct Uncommitted {
    held: Option<Held>,
    touched: Touched,
}

impl Uncommitted {
    /// Commits it; gives back the connection.
    pub(super) async fn commit(mut self, store: &Store) -> Result<Option<Held>, DbErr> {
        let committed = match &mut self.held {
            Some(held) => held.execute(COMMIT).await,
            None => Ok(()),
        };
        // Also after a failure: whether it is committed then is not known.
        store.cache().mark(&self.touched);
        committed.map(|()| self.held.take())
    }
}

impl Drop for Uncommitted {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            held.discard();
        }
    }
}

/// Whether another process kept SQLite's lock for too long (`SQLITE_BUSY` and its extended codes).
fn is_busy(error: &DbErr) -> bool {
    const SQLITE_BUSY: u32 = 5;
    let DbErr::Query(RuntimeErr::SqlxError(error)) = error else { return false };
    let SqlxError::Database(error) = error.as_ref() else { return false };
    let code = error.code().and_then(|code| code.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == SQLITE_BUSY)
}
