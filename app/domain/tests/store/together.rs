//! Lookups that share a statement: each asker gets its own answer, whatever becomes of the others.

use std::sync::Arc;

use domain::id::AccessTokenId;
use domain::oauth::token::TokenResponse;
use domain::store::Keep;
use domain::token_policy::TokenPolicy;
use sea_orm::ConnectionTrait;
use tokio::task::JoinSet;

use crate::credentials::{own_token, world};
use crate::flow::World;
use crate::harness::on_each_database;

/// Tokens that are asked for at the same time, each by several.
const TOKENS: usize = 40;
const ASKERS: usize = 4;

/// A world with live tokens, in which nothing is kept in memory.
async fn issued(store: &domain::store::Store) -> (Arc<World>, Vec<TokenResponse>) {
    let world = world(store, TokenPolicy::standard()).await;
    world.tokens("").await;
    let mut tokens = Vec::with_capacity(TOKENS);
    for _ in 0..TOKENS {
        tokens.push(own_token(&world).await);
    }
    store.keep(Keep::Catalogue);
    (Arc::new(world), tokens)
}

async fn id_of(world: &World, text: &str) -> Option<AccessTokenId> {
    world.store.bearer(text).await.expect("answers").map(|bearer| bearer.token)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lookups_at_the_same_time_each_get_their_own_row() {
    on_each_database(async |store, _clock| {
        let (world, tokens) = issued(&store).await;
        let mut alone = Vec::new();
        for token in &tokens {
            alone.push(id_of(&world, &token.access_token).await.expect("live"));
        }
        world.revoke(&tokens[7].access_token).await;
        let mut asked = JoinSet::new();
        for number in (0..ASKERS * TOKENS).map(|number| number % TOKENS) {
            let (world, text) = (world.clone(), tokens[number].access_token.clone());
            asked.spawn(async move { (number, id_of(&world, &text).await) });
        }
        let mut answers = 0;
        while let Some(answer) = asked.join_next().await {
            let (number, id) = answer.expect("no panic");
            assert_eq!(id, (number != 7).then(|| alone[number]), "{number}");
            answers += 1;
        }
        assert_eq!(answers, ASKERS * TOKENS);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_away_takes_nobody_along() {
    on_each_database(async |store, _clock| {
        let (world, tokens) = issued(&store).await;
        for round in 0..20 {
            let mut stays = JoinSet::new();
            for (number, token) in tokens.iter().enumerate() {
                let (world, text) = (world.clone(), token.access_token.clone());
                let asked = async move { id_of(&world, &text).await };
                if number % 2 == 0 {
                    tokio::spawn(asked).abort();
                } else {
                    stays.spawn(asked);
                }
            }
            let answers = stays.join_all().await;
            assert!(answers.iter().all(Option::is_some) && answers.len() == TOKENS / 2, "{round}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_fails_is_told_to_all_who_wait_and_the_next_lookup_asks_anew() {
    on_each_database(async |store, _clock| {
        let (world, tokens) = issued(&store).await;
        let rename = async |from: &str, to: &str| {
            let sql = format!("ALTER TABLE {from} RENAME TO {to}");
            store.writer().execute_unprepared(&sql).await.expect("renamed");
            store.keep(Keep::Catalogue);
        };
        rename("memberships", "broken").await;
        let mut asked = JoinSet::new();
        for token in &tokens {
            let (world, text) = (world.clone(), token.access_token.clone());
            asked.spawn(async move { world.store.bearer(&text).await });
        }
        assert!(asked.join_all().await.iter().all(Result::is_err));
        rename("broken", "memberships").await;
        assert!(id_of(&world, &tokens[0].access_token).await.is_some());
    })
    .await;
}
