//! Hot writes are values: what a decision wants written, applied on a transaction that somebody gives.
//!
//! Between the decision and the write the world may have moved. So each change first asks, by conditional statements,
//! whether what its decision rested on still holds; when a row count says no, it is [`Applied::Lost`], nothing of it is
//! written, and the verb loads and decides again. No constraint violation is control flow, so that many changes can
//! share one commit.
//!
//! PostgreSQL takes its row locks in one order: organization, install, person, code or refresh token, access tokens.
//! The install's row is where everything that issues or ends a token of it meets (requirements 74, 118 and 119).

mod batch;
mod begun;
mod coming;
pub(crate) mod end;
mod issuance;
mod issue;
mod premise;
mod revoke;
mod rows;
mod take;
mod write;
mod writer;

use sea_orm::sea_query::LockType;
use sea_orm::{DbErr, SqlxError};

pub(crate) use self::issuance::{Issuance, Prolonged, Redeemed, Rotated, Taken};
pub(crate) use self::issue::{Consented, Issue};
pub(super) use self::premise::locks;
pub(crate) use self::premise::{Guess, Premise};
pub(crate) use self::revoke::{GivenBack, Revoke, TokenRow, What};
pub(super) use self::writer::Queue;

use super::cache::Touched;
use super::overload::sqlx_error;

/// The statements of batches.
pub(super) struct Statements {
    inserts: rows::Inserts,
    premises: premise::PremiseStatements,
    takes: take::Takes,
    takes_returning_ids: take::Takes,
    ends: end::Ends,
}

impl Default for Statements {
    fn default() -> Self {
        Self {
            inserts: rows::Inserts::default(),
            premises: premise::PremiseStatements::default(),
            takes: take::Takes::default(),
            takes_returning_ids: take::Takes::returning_ids(),
            ends: end::Ends::default(),
        }
    }
}

/// A row that is about to change, or whose state must not. Weaker than `FOR UPDATE`, so that rows which only refer to
/// it can be written meanwhile; SQLite has one writer and needs no lock.
pub(crate) const ROW_LOCK: LockType = LockType::NoKeyUpdate;

/// One hot write.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Tokens are issued.
    Issue(Box<Issuance>),
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
    /// codes or refresh tokens.
    pub(crate) fn touches(&self) -> Touched {
        match self {
            Self::Issue(change) => match change.taken {
                Taken::Code(Redeemed { one_live: true, .. }) => Touched::Only(vec![change.premise.install.uuid()]),
                Taken::Code(Redeemed { one_live: false, .. }) | Taken::Nothing => Touched::NOTHING,
                Taken::Rotated(_) | Taken::Prolonged(_) => Touched::Only(vec![change.access.family_id.uuid()]),
            },
            Self::Revoke(change) => Touched::Only(vec![change.install.uuid()]),
        }
    }
}

/// Whether PostgreSQL ended the transaction because of another: `deadlock_detected` or `serialization_failure`
/// (PostgreSQL manual, appendix A).
fn gave_way(error: &DbErr) -> bool {
    is_one_of(error, &["40P01", "40001"])
}

/// Whether a row stayed locked for too long: `lock_not_available`.
fn is_locked_out(error: &DbErr) -> bool {
    is_one_of(error, &["55P03"])
}

fn is_one_of(error: &DbErr, codes: &[&str]) -> bool {
    let Some(SqlxError::Database(error)) = sqlx_error(error) else { return false };
    error.code().is_some_and(|code| codes.contains(&code.as_ref()))
}
