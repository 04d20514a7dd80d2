//! Too much to do, or a database that is away: errors behind which waiting helps.

use std::any::Any;
use std::fmt::Display;

use sea_orm::sqlx::Error as SqlxError;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr};

/// Whether waiting would help, by the text of an error, which is all that some layers hand on: no connection was free in
/// time, a lock was not, or the database went away. These are the words of sea-orm, of sqlx, of SQLite and of PostgreSQL.
pub fn tells_overload(text: &str) -> bool {
    let words = [
        "Failed to acquire connection",
        "pool timed out",
        "database is locked",
        "due to lock timeout",
        "error communicating with database",
        "terminating connection",
        "the database system is",
    ];
    words.iter().any(|words| text.contains(words))
}

/// Whether waiting would help, by the error itself where it is one of the database: PostgreSQL speaks the language of its
/// machine, but its codes are the same everywhere.
pub fn is_overload<E: Display + 'static>(error: &E) -> bool {
    if tells_overload(&error.to_string()) {
        return true;
    }
    match (error as &dyn Any).downcast_ref().and_then(sqlx_error) {
        Some(SqlxError::Io(_) | SqlxError::PoolTimedOut) => true,
        Some(SqlxError::Database(error)) => error.code().is_some_and(|code| passes(&code)),
        _ => false,
    }
}

/// Whether what PostgreSQL means by `code` passes (PostgreSQL manual, appendix A): connections that end, too many of them or
/// too little memory, an operator who stops or starts it, a copy that takes no writes yet, a lock that was not to be had.
fn passes(code: &str) -> bool {
    let ends = code.starts_with("080") || code.starts_with("57P0");
    ends || matches!(code, "53000" | "53200" | "53300" | "25006" | "55P03")
}

/// What the driver said.
pub(super) fn sqlx_error(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// Waiting would help.
pub(super) fn busy() -> DbErr {
    DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_away_is_waited_for_and_a_wrong_statement_is_not() {
        for (code, waits) in
            [("57P01", true), ("57P03", true), ("53300", true), ("08006", true), ("25006", true), ("55P03", true)]
                .into_iter()
                .chain([
                    ("42P01", false),
                    ("23505", false),
                    ("53100", false),
                    ("08P01", false),
                    ("57014", false),
                    ("40001", false),
                ])
        {
            assert_eq!(passes(code), waits, "{code}");
        }
        assert!(is_overload(&busy()));
        let gone = SqlxError::Io(std::io::ErrorKind::ConnectionReset.into());
        assert!(is_overload(&DbErr::Query(RuntimeErr::SqlxError(gone.into()))));
        assert!(!is_overload(&DbErr::RecordNotInserted));
    }
}
