//! No lookup scans a table.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, Statement};

use super::{claimant, token};

#[tokio::test]
async fn a_lookup_searches_every_table_by_an_index() {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    let db = Database::connect(options).await.expect("a database");
    migrations::up(&db).await.expect("the migrations run");
    let backend = db.get_database_backend();
    let [alone, asked] = token::texts(backend);
    for (text, tables) in [(alone, 9), (asked, 11), (claimant::text(backend), 6)] {
        let explain = Statement::from_string(backend, format!("EXPLAIN QUERY PLAN {text}"));
        let steps: Vec<String> = db
            .query_all_raw(explain)
            .await
            .expect("a plan")
            .iter()
            .map(|row| row.try_get("", "detail").expect("a step"))
            .collect();
        assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{text}\n{steps:#?}");
        let searches = steps.iter().filter(|step| step.starts_with("SEARCH")).count();
        assert_eq!(searches, tables, "{text}\n{steps:#?}");
    }
}
