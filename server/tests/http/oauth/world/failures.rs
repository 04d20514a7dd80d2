//! What fails in the world, or is full.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use domain::entropy::SeededEntropy;
use domain::store::{Keep, Settings, Store};
use sea_orm::{ConnectionTrait as _, Database};
use server::state::AppState;

use super::{SEEDS, World};
use crate::harness::keep;

impl World {
    /// Makes every statement about `table` fail from now on.
    pub(crate) async fn break_table(&self, table: &str) {
        let sql = format!("ALTER TABLE {table} RENAME TO broken_{table}");
        self.store.writer().execute_unprepared(&sql).await.expect("a broken table");
        keep(&self.store);
    }

    /// Takes SQLite's one place for writers, until the connection goes.
    pub(crate) async fn occupy_writer(&self) -> sea_orm::DatabaseConnection {
        let mut options = sea_orm::ConnectOptions::new(self.place.url());
        options.max_connections(1).min_connections(1);
        let db = Database::connect(options).await.expect("one more connection");
        db.execute_unprepared("BEGIN IMMEDIATE").await.expect("the lock");
        db
    }

    /// The same site once more, as another process on the database would be it, with a short queue before its writer.
    pub(crate) async fn router_with_queue(&self, write_queue: usize) -> Router {
        self.router_under(Settings { write_queue, ..self.store.settings().clone() }).await
    }

    /// The same site once more, as another process where a lookup finds no place in its queue.
    pub(crate) async fn router_without_lookups(&self) -> Router {
        self.router_under(Settings { lookup_queue: 0, ..self.store.settings().clone() }).await
    }

    /// The same site once more, as another process whose signing threads are never free would be it.
    pub(crate) async fn router_without_signers(&self) -> Router {
        self.router_under(Settings { sign_queue: 0, ..self.store.settings().clone() }).await
    }

    async fn router_under(&self, settings: Settings) -> Router {
        let entropy = Arc::new(SeededEntropy::new(SEEDS.fetch_add(1, Ordering::Relaxed)));
        let store = Store::connect(&self.place.url(), settings, self.clock.clone(), entropy).await.expect("a database");
        // On SQLite too: this world writes what a second process would keep.
        store.keep(Keep::Catalogue);
        server::router(AppState::new(store, &self.config))
    }
}
