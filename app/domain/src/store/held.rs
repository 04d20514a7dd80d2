//! A connection that a task keeps while it has statements to send.
//!
//! A pool tries each connection that comes back to it: beside every statement of ours goes another way to the database
//! and back. What is sent again and again, the shared lookups and writes, keeps its connection for a while instead.

use std::sync::Arc;
use std::time::Duration;
use std::{io, mem};

use futures::TryStreamExt as _;
use sea_orm::sea_query::Values;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::{self, AssertSqlSafe, Database, Either, Error, Executor, Postgres, Sqlite};
use sea_orm::{ConnAcquireErr, DatabaseConnection, DbBackend, DbErr, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use tokio::time::timeout;

/// How long PostgreSQL may keep one statement without an answer: longer than it waits for a lock, and not as long as a request
/// is given. A connection may fall silent for ever where a machine was paused or a network lost it.
pub(super) const SILENCE: Duration = Duration::from_secs(12);

/// The rows of a statement.
pub(super) type Rows = Vec<QueryResult>;

/// A connection out of its pool, to which it goes back when this is dropped.
pub(super) enum Held {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

impl Held {
    /// Takes a connection out of the pool of `db`.
    pub(super) async fn take(db: &DatabaseConnection) -> Result<Self, DbErr> {
        let taken = match db.get_database_backend() {
            DbBackend::Postgres => db.get_postgres_connection_pool().acquire().await.map(Self::Postgres),
            _ => db.get_sqlite_connection_pool().acquire().await.map(Self::Sqlite),
        };
        taken.map_err(|error| match error {
            Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
            Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
            other => DbErr::Conn(RuntimeErr::SqlxError(other.into())),
        })
    }

    pub(super) const fn backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(_) => DbBackend::Sqlite,
            Self::Postgres(_) => DbBackend::Postgres,
        }
    }

    /// The rows of one statement.
    pub(super) async fn all(&mut self, sql: &Arc<str>, values: Values) -> Result<Rows, DbErr> {
        match self {
            Self::Sqlite(connection) => rows::<Sqlite>(&mut **connection, query(sql.clone(), values)).await,
            Self::Postgres(connection) => {
                in_time(rows::<Postgres>(&mut **connection, query(sql.clone(), values))).await
            }
        }
        .map_err(failed)
    }

    /// The rows of each of `statements`, of which each is one statement to the database too. SQLite gets them as one text, so
    /// that all of them are one way to its thread.
    pub(super) async fn each(&mut self, statements: Vec<Statement>) -> Result<Vec<Rows>, DbErr> {
        let connection = match self {
            Self::Sqlite(connection) => connection,
            Self::Postgres(_) => {
                let mut all = Vec::with_capacity(statements.len());
                for Statement { sql, values, .. } in statements {
                    all.push(self.all(&sql.into(), values.unwrap_or(Values(Vec::new()))).await?);
                }
                return Ok(all);
            }
        };
        let values_of = |statement: &Statement| statement.values.as_ref().map_or(0, |Values(values)| values.len());
        let count = statements.len();
        let mut sql = String::with_capacity(statements.iter().map(|statement| statement.sql.len() + 1).sum());
        let mut together = Vec::with_capacity(statements.iter().map(values_of).sum());
        for statement in statements {
            sql.push_str(&statement.sql);
            sql.push(';');
            together.extend(statement.values.into_iter().flat_map(|Values(values)| values));
        }
        let (mut all, mut rows) = (Vec::with_capacity(count), Vec::new());
        let mut parts = connection.fetch_many(query::<Sqlite>(sql.into(), Values(together)));
        // Not to the end of the stream: what is done is told before its thread has tidied up.
        while all.len() < count {
            match parts.try_next().await.map_err(failed)?.ok_or_else(|| failed(Error::WorkerCrashed))? {
                Either::Left(_) => all.push(mem::take(&mut rows)),
                Either::Right(row) => rows.push(row.into()),
            }
        }
        Ok(all)
    }

    /// Executes `sql`, which has no parameters, without a plan that would be kept.
    pub(super) async fn execute(&mut self, sql: &'static str) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(connection) => connection.execute(sql).await.map(drop),
            Self::Postgres(connection) => in_time(connection.execute(sql)).await.map(drop),
        }
        .map_err(failed)
    }

    /// Closes the connection, of whose state nothing is known; the database undoes what was begun on it.
    pub(super) fn discard(self) {
        match self {
            Self::Sqlite(connection) => drop(connection.detach()),
            Self::Postgres(connection) => drop(connection.detach()),
        }
    }
}

fn query<'q, D: Database>(sql: Arc<str>, values: Values) -> Query<'q, D, SqlxValues>
where
    SqlxValues: sqlx::IntoArguments<D>,
{
    // Built by the query builder, with its values apart.
    sqlx::query_with(AssertSqlSafe(sql), SqlxValues(values))
}

async fn rows<'c, D: Database>(
    connection: impl Executor<'c, Database = D>,
    query: Query<'_, D, SqlxValues>,
) -> Result<Rows, Error>
where
    SqlxValues: sqlx::IntoArguments<D>,
    D::Row: Into<QueryResult>,
{
    let mut found = Vec::new();
    let mut rows = query.fetch(connection);
    while let Some(row) = rows.try_next().await? {
        found.push(row.into());
    }
    Ok(found)
}

fn failed(error: Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

/// What PostgreSQL answers to a statement, unless the connection is silent.
async fn in_time<T>(answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    timeout(SILENCE, answer).await.unwrap_or_else(|_| Err(Error::Io(io::ErrorKind::TimedOut.into())))
}

/// What is told of a connection that is silent.
pub(super) fn silence() -> DbErr {
    failed(Error::Io(io::ErrorKind::TimedOut.into()))
}

/// Whether a connection is silent: nothing is sent on it any more, a rollback neither, and whether it did the last thing is
/// not known.
pub(super) fn is_silent(error: &DbErr) -> bool {
    let DbErr::Query(RuntimeErr::SqlxError(error)) = error else { return false };
    matches!(error.as_ref(), Error::Io(error) if error.kind() == io::ErrorKind::TimedOut)
}
