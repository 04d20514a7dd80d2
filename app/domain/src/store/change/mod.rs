//! Hot writes are values: what a decision wants written, applied on a transaction that somebody gives.
//!
//! Between the decision and the write the world may have moved. So each change first asks, by conditional statements,
//! whether what its decision rested on still holds; when a row count says no, it is [`Applied::Lost`], nothing of it is
//! written, and the verb loads and decides again. No constraint violation is control flow, so that many changes can
//! share one commit.
//!
//! PostgreSQL takes its row locks in one order: organization, install, person, code or refresh token, access tokens.
//! The install's row is where everything that issues or ends a token of it meets (requirements 74, 118 and 119).

mod credentials;
pub(crate) mod end;
mod exchange;
mod issue;
mod premise;
mod refresh;

use sea_orm::sea_query::LockType;
use sea_orm::{DatabaseTransaction, DbErr, RuntimeErr, SqlxError};

pub(crate) use self::credentials::Credentials;
pub(crate) use self::end::{Revoke, What};
pub(crate) use self::exchange::Exchange;
pub(crate) use self::issue::Issue;
pub(crate) use self::premise::Premise;
pub(crate) use self::refresh::Refresh;

use super::Store;
use super::cache::Touched;
use crate::time::Timestamp;

/// A row that is about to change, or whose state must not. Weaker than `FOR UPDATE`, so that rows which only refer to
/// it can be written meanwhile; SQLite has one writer and needs no lock.
pub(crate) const ROW_LOCK: LockType = LockType::NoKeyUpdate;

/// How often a change is tried that PostgreSQL ended for the sake of another transaction.
const TRIES: usize = 4;

/// One hot write.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// An install and a code, at consent.
    Issue(Box<Issue>),
    /// A code becomes tokens.
    Exchange(Box<Exchange>),
    /// A refresh token becomes the next pair.
    Refresh(Box<Refresh>),
    /// An app gets a token by its own credentials.
    Credentials(Box<Credentials>),
    /// Tokens, a family or an install end.
    Revoke(Box<Revoke>),
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// It is written, once the transaction commits.
    Done,
    /// What it rested on no longer holds; nothing is written.
    Lost,
}

impl Change {
    /// What lookups must forget once it is committed ([`super::cache`]). New rows were never looked up, and no lookup keeps
    /// codes, refresh tokens or the scopes of an install.
    pub(crate) fn touches(&self) -> Touched {
        match self {
            Self::Exchange(change) if change.one_live => Touched::Only(vec![change.premise.install.uuid()]),
            Self::Issue(_) | Self::Exchange(_) | Self::Credentials(_) => Touched::NOTHING,
            Self::Refresh(change) => Touched::Only(vec![change.access.family_id.uuid()]),
            Self::Revoke(change) => Touched::Only(vec![change.install.uuid()]),
        }
    }

    /// Writes the change on `tx` as of `now`.
    pub(crate) async fn apply(self, store: &Store, tx: &DatabaseTransaction, now: Timestamp) -> Result<Applied, DbErr> {
        match self {
            Self::Issue(change) => change.apply(store, tx, now).await,
            Self::Exchange(change) => change.apply(store, tx, now).await,
            Self::Refresh(change) => change.apply(store, tx, now).await,
            Self::Credentials(change) => change.apply(store, tx, now).await,
            Self::Revoke(change) => change.apply(store, tx, now).await,
        }
    }
}

impl Store {
    /// Commits one change by itself. Nothing may be answered before this returns. Where PostgreSQL gave another
    /// transaction the way, nothing of the change is written, and it is tried again.
    pub(crate) async fn commit(&self, change: Change, now: Timestamp) -> Result<Applied, DbErr> {
        for _ in 1..TRIES {
            match self.try_commit(change.clone(), now).await {
                Err(error) if gave_way(&error) => {}
                other => return other,
            }
        }
        self.try_commit(change, now).await
    }

    async fn try_commit(&self, change: Change, now: Timestamp) -> Result<Applied, DbErr> {
        let tx = self.begin().await?;
        let touched = change.touches();
        let applied = change.apply(self, &tx, now).await?;
        match applied {
            Applied::Done => tx.commit_touching(touched).await?,
            Applied::Lost => tx.rollback().await?,
        }
        Ok(applied)
    }
}

/// Whether PostgreSQL ended the transaction because of another: `deadlock_detected` or `serialization_failure`
/// (PostgreSQL manual, appendix A).
fn gave_way(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else {
        return false;
    };
    let SqlxError::Database(error) = error.as_ref() else { return false };
    error.code().is_some_and(|code| matches!(code.as_ref(), "40P01" | "40001"))
}
