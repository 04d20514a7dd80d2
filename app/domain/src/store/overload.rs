//! Too much to do: the one error behind which waiting helps.

use sea_orm::{ConnAcquireErr, DbErr};

/// Whether waiting would help, by the text of an error, which is all that some layers hand on: no connection was free in
/// time, or a lock was not. These are the words of sea-orm, of sqlx, of SQLite and of PostgreSQL.
pub fn tells_overload(text: &str) -> bool {
    let words = ["Failed to acquire connection", "pool timed out", "database is locked", LOCK_TIMEOUT];
    words.iter().any(|words| text.contains(words))
}

/// What PostgreSQL says where a lock was not to be had in time.
const LOCK_TIMEOUT: &str = "due to lock timeout";

/// Waiting would help.
pub(super) fn busy() -> DbErr {
    DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)
}
