//! Facts about the instance: its catalogue, its marks, whether the database answers.

use std::time::Duration;

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DbBackend, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QuerySelect,
    Statement,
};
use tokio::time::timeout;

use super::Store;
use super::cache::Touched;
use crate::entity::{instance, scope};
use crate::scope::{Catalogue, ScopeToken};

/// The fact that is the brand.
const BRAND: &str = "token_brand";
/// The fact that is written to see whether anything can be.
const PROBE: &str = "written_at";
/// How long that may take.
const PROBE_PATIENCE: Duration = Duration::from_secs(5);

impl Store {
    /// Loads the shipped catalogue into a database that has none, and the OpenID scopes into one that lacks them; what
    /// stands there is kept.
    pub async fn ensure_catalogue(&self) -> Result<(), DbErr> {
        let tx = self.begin().await?;
        let there: Vec<ScopeToken> =
            scope::Entity::find().select_only().column(scope::Column::Token).into_tuple().all(&tx).await?;
        let missing: Vec<_> = Catalogue::shipped()
            .0
            .into_iter()
            .zip(0i32..)
            .filter(|(scope, _)| !there.contains(&scope.token))
            // What an instance took out of its catalogue stays out; the OpenID scopes are the protocol's own.
            .filter(|(scope, _)| there.is_empty() || scope.permission.is_none())
            .collect();
        if !missing.is_empty() {
            let rows = missing.into_iter().map(|(scope, position)| {
                scope::Model {
                    token: scope.token,
                    sentence: scope.sentence,
                    group_name: scope.group,
                    risk: scope.risk,
                    permission: scope.permission,
                    endpoints: scope.endpoints.join("\n"),
                    position,
                }
                .into_active_model()
            });
            // Another process may begin on the same new database.
            let held = OnConflict::new().do_nothing().to_owned();
            scope::Entity::insert_many(rows).on_conflict(held).exec_without_returning(&tx).await?;
        }
        tx.commit().await
    }

    /// Whether the database answers a query now.
    pub async fn reachable(&self) -> bool {
        matches!(timeout(PROBE_PATIENCE, instance::Entity::find().count(self.reader())).await, Ok(Ok(_)))
    }

    /// By how many milliseconds the clock of this process is ahead of the database's, or behind it where that is negative. On
    /// SQLite there is one clock.
    pub async fn clock_ahead(&self) -> Result<i64, DbErr> {
        let db = self.reader();
        if db.get_database_backend() != DbBackend::Postgres {
            return Ok(0);
        }
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS at";
        let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
        let at: i64 = row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?.try_get("", "at")?;
        Ok(self.now().0 - at)
    }

    /// Whether something can be written. It is tried where what was written last failed, and nothing was since.
    pub async fn writable(&self) -> bool {
        if !self.0.queue.is_in_trouble() {
            return true;
        }
        let probe = async {
            let tx = self.begin().await?;
            self.set_fact(&tx, PROBE, &self.now().0.to_string()).await?;
            tx.commit_touching(Touched::NOTHING).await
        };
        let done = matches!(timeout(PROBE_PATIENCE, probe).await, Ok(Ok(())));
        if done {
            self.notes_trouble(None);
        }
        done
    }

    /// The brand of the ids and secrets in the database: the one that was configured when it was asked for first. Under
    /// another none of them would be known.
    pub async fn first_brand(&self) -> Result<String, DbErr> {
        let configured = self.settings().brand.as_str().to_owned();
        let row = instance::ActiveModel { key: Set(BRAND.to_owned()), value: Set(configured.clone()) };
        let held = OnConflict::new().do_nothing().to_owned();
        instance::Entity::insert(row).on_conflict(held).exec_without_returning(self.beside()).await?;
        Ok(self.fact(self.reader(), BRAND).await?.unwrap_or(configured))
    }

    /// The fact named `key`.
    pub(crate) async fn fact(&self, db: &impl ConnectionTrait, key: &str) -> Result<Option<String>, DbErr> {
        Ok(instance::Entity::find_by_id(key).one(db).await?.map(|row| row.value))
    }

    /// Writes the fact named `key`.
    pub(crate) async fn set_fact(&self, tx: &impl ConnectionTrait, key: &str, value: &str) -> Result<(), DbErr> {
        let row = instance::ActiveModel { key: Set(key.to_owned()), value: Set(value.to_owned()) };
        let conflict = OnConflict::column(instance::Column::Key).update_column(instance::Column::Value).to_owned();
        instance::Entity::insert(row).on_conflict(conflict).exec_without_returning(tx).await?;
        Ok(())
    }
}
