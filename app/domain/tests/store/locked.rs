//! A row that another process keeps locked, as one does whose machine was paused, holds up what concerns it and nothing else;
//! a connection that fell silent, as one does to a machine that is gone, nothing for long.

use std::sync::Arc;
use std::time::Duration;

use domain::oauth::token::TokenResponse;
use domain::store::tells_overload;
use domain::store::tokens::TokenError;
use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};

use crate::account_races::amid;
use crate::counting_proxy::CountingProxy;
use crate::flow::{World, refresh_token};
use crate::harness::{keep, on_each_database, through_a_proxy_to_postgres};
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

/// Longer than anything waits for a connection that is silent.
const LONG: Duration = Duration::from_secs(30);

/// What `work` answers. Whatever goes into the silence, of which `swallowed` was known, it is as if a long time went by.
async fn through_silence<T: Send + 'static>(
    proxy: &CountingProxy,
    mut swallowed: u64,
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    let work = tokio::spawn(work);
    while !work.is_finished() {
        if proxy.swallowed() > swallowed {
            swallowed = proxy.swallowed();
            tokio::time::pause();
            tokio::time::advance(LONG).await;
            tokio::time::resume();
        }
        tokio::task::yield_now().await;
    }
    work.await.expect("no panic")
}

#[tokio::test]
async fn connections_that_fell_silent_hold_up_what_is_written_for_a_moment_and_not_for_ever() {
    through_a_proxy_to_postgres(async |store, behind, proxy| {
        let world = Arc::new(World::new(&store).await.by(behind));
        let held = world.tokens("").await;
        let refresh = || {
            let (there, token) = (world.clone(), held.clone());
            async move { there.refresh(&token).await }
        };
        // The batch is on its way when the connection falls silent: it waits for a row.
        let lock = "UPDATE installs SET reason = reason";
        let (other, waits) = amid(&store, lock, refresh()).await;
        let before = proxy.swallowed();
        proxy.fall_silent();
        other.rollback().await.expect("free");
        let refused = through_silence(proxy, before, async move { waits.await.expect("no panic") }).await;
        assert!(is_busy(&refused), "{refused:?}");
        // Those that look up notice for themselves.
        for tried in 1.. {
            let answer = through_silence(proxy, proxy.swallowed(), refresh()).await;
            if let Ok(answer) = answer {
                assert_ne!(refresh_token(&answer), refresh_token(&held), "nothing was taken");
                break;
            }
            assert!(is_busy(&answer) && tried < 6, "{answer:?}");
        }
        assert!(!world.by(store).lives(&held).await);
        proxy.end_silence();
    })
    .await;
}
