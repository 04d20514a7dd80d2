//! Revocation, introspection and "last used" (PROTOCOL section G).

use std::sync::Arc;

use domain::audit::Action;
use domain::oauth::introspect::{Caller, Introspection};
use domain::store::resource_servers::ResourceServerProblem;
use domain::store::{By, Settings, StoreError};
use domain::time::Timestamp;
use domain::token_policy::{LiveTokens, Refresh, TokenPolicies, TokenPolicy};
use sea_orm::ConnectionTrait;

use crate::flow::{World, invalid_grant, new_app, refresh_token};
use crate::harness::{by, count, log, on_each_database, on_each_database_under, settings};

const AUDIENCE: &str = "http://127.0.0.1:3000/api/v1";

#[tokio::test]
async fn req_077_revoking_the_refresh_token_ends_its_access_token_and_the_install() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let first = world.tokens("").await;
        let second = world.refresh(&first).await.expect("live");
        let code = world.code("").await;
        clock.advance(91 * 86_400);
        world.revoke(refresh_token(&second)).await;
        assert!(!world.lives(&second).await && invalid_grant(&world.exchange(&code).await));
        assert_eq!(count(&store, "installs", "status = 'active'").await, 0, "an expired one still can be revoked");
        let actions: Vec<_> = log(&store, world.target).await.into_iter().take(2).map(|row| row.action).collect();
        assert_eq!(actions, [Action::InstallRevoked, Action::TokenRevoked]);
        let again = world.tokens("").await;
        world.revoke(refresh_token(&second)).await;
        world.revoke(refresh_token(&first)).await;
        assert!(world.lives(&again).await, "what ended long ago ends nothing of a new install");
    })
    .await;
}

#[tokio::test]
async fn a_token_that_an_exchange_ended_ends_nothing_of_its_successor() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let first = world.tokens("").await;
        let second = world.tokens("").await;
        world.revoke(refresh_token(&first)).await;
        assert!(world.lives(&second).await, "the same install, another family");
    })
    .await;
}

#[tokio::test]
async fn revoking_an_access_token_leaves_its_refresh_token() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let answer = world.tokens("").await;
        world.revoke(&answer.access_token).await;
        assert!(!world.lives(&answer).await);
        assert!(world.lives(&world.refresh(&answer).await.expect("live")).await);
    })
    .await;
}

#[tokio::test]
async fn req_076_another_clients_and_unknown_tokens_end_nothing() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let answer = world.tokens("").await;
        let other = store.create_app(&by(world.maker), world.partner, new_app("Other", &[("read", true)])).await;
        let other = store.client_of_app(other.expect("a new app").id).await.expect("answers").expect("there");
        for token in [&answer.access_token, refresh_token(&answer), "", "nonsense", &world.secret.0] {
            store.revoke_token(&world.app(), &other, token).await.expect("no error");
        }
        assert!(world.lives(&answer).await);
        world.refresh(&answer).await.expect("live");
    })
    .await;
}

#[tokio::test]
async fn req_080_a_resource_server_sees_its_audience_and_an_app_its_own_tokens() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let answer = world.tokens("").await;
        let active = async |caller: &Caller, token: &str| {
            matches!(store.introspect(caller, token).await.expect("answers"), Introspection::Active(_))
        };
        let api = Caller::ResourceServer { audience: AUDIENCE.to_owned() };
        let elsewhere = Caller::ResourceServer { audience: "https://elsewhere.example.com".to_owned() };
        assert!(active(&api, &answer.access_token).await);
        assert!(!active(&api, refresh_token(&answer)).await, "refresh tokens are their client's alone");
        assert!(!active(&elsewhere, &answer.access_token).await);
        let other = store.create_app(&by(world.maker), world.partner, new_app("Other", &[("read", true)])).await;
        let other = store.client_of_app(other.expect("a new app").id).await.expect("answers").expect("there");
        let other = Caller::App(Arc::new(other));
        let own = Caller::App(Arc::new(world.client.clone()));
        for token in [&answer.access_token, refresh_token(&answer)] {
            assert!(active(&own, token).await && !active(&other, token).await);
        }
    })
    .await;
}

#[tokio::test]
async fn req_081_what_is_not_live_is_exactly_inactive() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let first = world.tokens("").await;
        let second = world.refresh(&first).await.expect("live");
        clock.advance(86_400);
        let caller = Caller::App(Arc::new(world.client.clone()));
        let mut cut = second.access_token.clone();
        cut.pop();
        for token in [&first.access_token, refresh_token(&first), &second.access_token, &cut, "", &world.secret.0] {
            let answer = store.introspect(&caller, token).await.expect("answers");
            assert_eq!(serde_json::to_string(&answer).expect("json"), r#"{"active":false}"#, "{token}");
            assert!(store.bearer(token).await.expect("answers").is_none());
        }
        assert!(world.scopes_of(refresh_token(&second)).await.is_some(), "the refresh token lives on");
    })
    .await;
}

#[tokio::test]
async fn a_resource_server_is_registered_for_a_listed_audience_and_known_by_its_secret() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let op = By::operator();
        let unlisted = store.create_resource_server(&op, "Api", "https://elsewhere.example.com").await;
        assert!(matches!(unlisted, Err(ResourceServerProblem::UnknownAudience(_))));
        assert!(matches!(store.create_resource_server(&op, " ", AUDIENCE).await, Err(ResourceServerProblem::Name)));
        let (id, secret) = store.create_resource_server(&op, "Api", AUDIENCE).await.expect("registered");
        let (other, _) = store.create_resource_server(&op, "Other", AUDIENCE).await.expect("registered");
        let known =
            async |id, secret: &str| store.authenticate_resource_server(id, secret, "").await.expect("answers").0;
        assert_eq!(known(id, &secret.0).await.as_deref(), Some(AUDIENCE));
        assert_eq!(known(other, &secret.0).await, None);
        assert_eq!(known(id, &world.secret.0).await, None, "a client secret is no resource server's");
        assert_eq!(known(id, "").await, None);
        let listed = store.resource_servers().await.expect("answers");
        assert_eq!(listed.iter().map(|row| row.id).collect::<Vec<_>>(), [id, other]);
        assert!(!format!("{listed:?}").contains(&secret.0));
        store.remove_resource_server(&op, id).await.expect("it was there");
        assert_eq!(known(id, &secret.0).await, None, "its secret ended");
        assert!(matches!(store.remove_resource_server(&op, id).await, Err(StoreError::NotFound)));
        assert_eq!(store.resource_servers().await.expect("answers")[0].id, other);
    })
    .await;
}

#[tokio::test]
async fn last_used_is_shown_before_it_is_written_and_written_only_forward() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let answer = world.tokens("").await;
        let bearer = store.bearer(&answer.access_token).await.expect("answers").expect("live");
        let shown = async || {
            let list = store.installs_in(world.target, domain::store::installs::InstallFilter::default()).await;
            let page = store.app(world.partner, world.client.app).await.expect("its own");
            (list.expect("answers").items[0].last_used_at, page.checklist.called)
        };
        let stored = async |at: Timestamp| {
            let install = count(&store, "installs", &format!("last_used_at = {}", at.0)).await;
            (install, count(&store, "client_secrets", &format!("last_used_at = {}", at.0)).await)
        };
        store.write_last_used().await.expect("written");
        assert_eq!(shown().await, (None, false));
        let first = store.now();
        store.used(&bearer);
        clock.advance(7);
        let second = store.now();
        store.used(&bearer);
        assert!(store.authenticate_secret(&world.client, &world.secret.0).await.expect("answers").is_some());
        assert_eq!(shown().await, (Some(second), true));
        assert_eq!((stored(first).await, stored(second).await), ((0, 0), (0, 0)), "nothing is written yet");
        store.write_last_used().await.expect("written");
        assert_eq!(shown().await, (Some(second), true));
        assert_eq!(stored(second).await, (1, 1));
        // A clock that goes back, or another instance that was later, takes nothing away.
        clock.advance(-7);
        store.used(&bearer);
        store.write_last_used().await.expect("written");
        assert_eq!(stored(second).await, (1, 1));
        // Several at once, each with its own time.
        let own = world.tokens("&actor=self").await;
        let own = store.bearer(&own.access_token).await.expect("answers").expect("live");
        clock.advance(60);
        let third = store.now();
        store.used(&own);
        clock.advance(1);
        let fourth = store.now();
        store.used(&bearer);
        store.write_last_used().await.expect("written");
        assert_eq!((stored(second).await, stored(third).await, stored(fourth).await), ((0, 1), (1, 0), (1, 0)));
    })
    .await;
}

#[tokio::test]
async fn an_install_that_ends_rewrites_no_token_that_ended_by_itself() {
    on_each_database_under(without_refresh(), async |store, clock| {
        let mut world = World::new(&store).await;
        under(&mut world, "many").await;
        world.tokens("").await;
        clock.advance(86_401);
        world.tokens("").await;
        let ended = || count(&store, "access_tokens", "revoked_at IS NOT NULL");
        assert_eq!(ended().await, 0, "each stands beside the others");
        store.delete_app(&by(world.maker), world.partner, world.client.app).await.expect("his app");
        assert_eq!((ended().await, count(&store, "access_tokens", "revoked_at > expires_at").await), (1, 0));
    })
    .await;
}

#[tokio::test]
async fn req_077_a_token_that_ended_by_itself_takes_nothing_with_it_that_came_after_it() {
    on_each_database_under(without_refresh(), async |store, clock| {
        let mut world = World::new(&store).await;
        for policy in ["one", "many"] {
            under(&mut world, policy).await;
            let first = world.tokens("").await;
            clock.advance(86_401);
            let second = world.tokens("").await;
            world.revoke(&first.access_token).await;
            assert!(world.lives(&second).await, "{policy}");
            world.revoke(&second.access_token).await;
            assert!(!world.lives(&second).await, "{policy}");
            assert_eq!(count(&store, "installs", "status = 'active'").await, 0, "{policy}: it was the last");
        }
    })
    .await;
}

/// Policies without refresh tokens: one live token of an install, or many.
fn without_refresh() -> Settings {
    let one = TokenPolicy { name: "one".to_owned(), refresh: Refresh::None, ..TokenPolicy::standard() };
    let many = TokenPolicy { name: "many".to_owned(), live_tokens: LiveTokens::Many, ..one.clone() };
    let policies = TokenPolicies::new(vec![one, many], vec!["standard".to_owned()]).expect("good");
    Settings { policies, ..settings() }
}

/// Puts the world's app under `policy`.
async fn under(world: &mut World, policy: &str) {
    let sql = format!("UPDATE apps SET token_policy = '{policy}'");
    world.store.writer().execute_unprepared(&sql).await.expect("changed");
    world.reload().await;
}
