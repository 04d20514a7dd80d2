//! Too much to do: the one error behind which waiting helps.

use sea_orm::{ConnAcquireErr, DbErr};

/// Whether waiting would help, by the text of an error, which is all that some layers hand on: no connection was free in
/// time, or SQLite's lock was not. These are the words of sea-orm, of sqlx and of SQLite.
pub fn tells_overload(text: &str) -> bool {
    ["Failed to acquire connection", "pool timed out", "database is locked"].iter().any(|words| text.contains(words))
}

/// Waiting would help.
pub(super) fn busy() -> DbErr {
    DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)
}
