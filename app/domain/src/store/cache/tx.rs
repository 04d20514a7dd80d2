//! A transaction that cannot commit without saying what it changed.

use std::ops::Deref;

use sea_orm::prelude::async_trait;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use super::{Keep, Touched};
use crate::store::Store;

/// A transaction of [`Store::begin`]. Dropped, it is rolled back.
pub(crate) struct Tx {
    store: Store,
    inner: DatabaseTransaction,
}

impl Tx {
    pub(crate) fn new(store: Store, inner: DatabaseTransaction) -> Self {
        Self { store, inner }
    }

    /// Commits; whatever was looked up before is looked up again.
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        self.commit_touching(Touched::Everything).await
    }

    /// Commits; what rests on `touched` is looked up again. For verbs that are called often.
    ///
    /// The commit and its marks are a task of their own: a caller who goes away in between, as a client does that closes
    /// its connection, must not take the marks along.
    pub(crate) async fn commit_touching(self, touched: Touched) -> Result<(), DbErr> {
        let Self { store, inner } = self;
        let commit = async |store: &Store| {
            let committed = inner.commit().await;
            match &committed {
                Ok(()) => store.note_written(1),
                Err(error) => store.notes_trouble(Some(error)),
            }
            committed
        };
        if !store.cache().keeps(Keep::Catalogue) || touched == Touched::NOTHING {
            return commit(&store).await;
        }
        let marked = tokio::spawn(async move {
            let committed = commit(&store).await;
            // Also after a failure: what it left behind is not known.
            store.cache().mark(&touched);
            committed
        });
        marked.await.map_err(|error| DbErr::Custom(format!("a commit was cut off: {error}")))?
    }

    /// Undoes it.
    pub(crate) async fn rollback(self) -> Result<(), DbErr> {
        self.inner.rollback().await
    }
}

impl Deref for Tx {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.inner
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.inner.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.inner.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.inner.query_all_raw(statement).await
    }
}
