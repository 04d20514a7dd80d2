//! Where the database of the world is.

use std::sync::atomic::Ordering;

use sea_orm::{ConnectionTrait as _, Database};

use super::SEEDS;
use crate::harness::Folder;

/// Where the database is; it is removed in the end.
pub(crate) enum Place {
    /// SQLite's folder.
    Folder(Folder),
    /// A schema of its own on PostgreSQL.
    Schema { server: String, name: String },
}

impl Drop for Place {
    fn drop(&mut self) {
        let Self::Schema { server, name } = self else { return };
        let (server, name) = (server.clone(), name.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let db = Database::connect(server).await?;
                let found = crate::at_rest::in_schema(&db, &name).await;
                db.execute_unprepared(&format!("DROP SCHEMA IF EXISTS {name} CASCADE")).await?;
                db.close().await?;
                found
            })
        });
        let found = dropped.join();
        // A test that failed says why itself.
        let fine = matches!(&found, Ok(Ok(found)) if found.is_empty());
        assert!(fine || std::thread::panicking(), "what was shown once is kept: {found:#?}");
    }
}

impl Place {
    /// A new schema of `server`.
    pub(crate) async fn schema(server: String) -> Self {
        let name = format!("http_{}_{}", std::process::id(), SEEDS.fetch_add(1, Ordering::Relaxed));
        let db = Database::connect(&server).await.expect("PORTICO_TEST_POSTGRES_URL names a server");
        db.execute_unprepared(&format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}"))
            .await
            .expect("a schema");
        db.close().await.expect("the connection closes");
        Self::Schema { server, name }
    }

    /// The URL of the database.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Folder(folder) => folder.database_url(),
            Self::Schema { server, name } => {
                let joint = if server.contains('?') { '&' } else { '?' };
                format!("{server}{joint}options=-c%20search_path%3D{name}")
            }
        }
    }
}

/// The PostgreSQL server of this test run, if it has one.
#[expect(clippy::disallowed_methods, reason = "a test run is told where PostgreSQL is")]
pub(crate) fn postgres_server() -> Option<String> {
    std::env::var("PORTICO_TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty())
}
