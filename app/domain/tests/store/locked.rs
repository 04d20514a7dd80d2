//! A row that another process keeps locked, as one does whose machine was paused, holds up what concerns it and nothing else.

use domain::oauth::token::TokenResponse;
use domain::store::tells_overload;
use domain::store::tokens::TokenError;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};

use crate::flow::{World, refresh_token};
use crate::harness::{keep, on_each_database};
use crate::lookups::newest_install;

fn is_busy(outcome: &Result<TokenResponse, TokenError>) -> bool {
    matches!(outcome, Err(TokenError::Database(error)) if tells_overload(&error.to_string()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_install_keeps_its_own_tokens_alone_and_takes_nothing_that_it_does_not_give() {
    on_each_database(async |store, _| {
        if store.reader().get_database_backend() != DbBackend::Postgres {
            return;
        }
        let world = World::new(&store).await;
        let held = world.tokens("").await;
        let install = newest_install(&world).await;
        let free = world.tokens("&actor=self").await;
        let other = store.writer().begin().await.expect("a transaction");
        let lock = "SELECT id FROM installs WHERE id = $1 FOR UPDATE";
        let lock = Statement::from_sql_and_values(DbBackend::Postgres, lock, [install.into()]);
        other.query_one_raw(lock).await.expect("answers").expect("locked");
        keep(&store);
        let (waits, goes_on) = tokio::join!(world.refresh(&held), world.refresh(&free));
        assert!(is_busy(&waits), "{waits:?}");
        assert!(goes_on.is_ok(), "{goes_on:?}");
        other.rollback().await.expect("free");
        let late = world.refresh(&held).await.expect("nothing was taken");
        assert_ne!(refresh_token(&late), refresh_token(&held));
    })
    .await;
}
