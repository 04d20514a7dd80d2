//! How SQLite would answer a statement, for tests: whether it reads whole tables.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};

/// A database with the tables and nothing in them.
pub(crate) async fn empty() -> DatabaseConnection {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    let db = Database::connect(options).await.expect("a database");
    migrations::up(&db).await.expect("the migrations run");
    db
}

/// The steps of the plan for `statement`: each says `SCAN` or `SEARCH`, and of what.
pub(crate) async fn steps(db: &DatabaseConnection, mut statement: Statement) -> Vec<String> {
    statement.sql.insert_str(0, "EXPLAIN QUERY PLAN ");
    let rows = db.query_all_raw(statement).await.expect("a plan");
    rows.iter().map(|row| row.try_get("", "detail").expect("a step")).collect()
}
