//! Refresh tokens: rotation, the grace, reuse (PROTOCOL section F).

use domain::audit::Action;
use domain::oauth::token::RefreshRequest;
use domain::organization::Status;
use domain::role::Role;
use domain::store::By;
use domain::store::answers::ANSWER_KEPT_SECONDS;
use domain::token_policy::{LiveTokens, TokenPolicy};
use sea_orm::ConnectionTrait as _;

use crate::flow::{World, invalid_grant, refresh_request, refresh_token};
use crate::harness::{by, count, indexed_anew_on_postgres, log, on_each_database, on_each_database_under, settings};

#[tokio::test]
async fn req_068_each_refresh_gives_a_new_pair_and_ends_the_old_one() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let first = world.tokens("").await;
        let second = world.refresh(&first).await.expect("live");
        assert_ne!(first.access_token, second.access_token);
        assert_ne!(refresh_token(&first), refresh_token(&second));
        assert!(!world.lives(&first).await && world.lives(&second).await);
        assert_eq!(log(&store, world.target).await[0].action, Action::TokenRefreshed);
    })
    .await;
}

#[tokio::test]
async fn req_068_a_preceding_access_token_without_an_end_ends_with_the_refresh_and_another_keeps_its_end() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let endless = world.tokens("&actor=self").await;
        store.writer().execute_unprepared("UPDATE access_tokens SET expires_at = NULL").await.expect("written");
        let other = world.tokens("").await;
        clock.advance(5);
        world.refresh(&endless).await.expect("live");
        world.refresh(&other).await.expect("live");
        assert!(!world.lives(&endless).await && !world.lives(&other).await);
        let preceding =
            async |end: &str| count(&store, "access_tokens", &format!("revoked_at IS NOT NULL AND {end}")).await;
        assert_eq!(preceding("actor = 'self' AND expires_at = revoked_at").await, 1, "the sweep goes by the end");
        assert_eq!(preceding("actor = 'app' AND expires_at > revoked_at").await, 1);
        assert_eq!(preceding("1 = 1").await, 2);
    })
    .await;
}

#[tokio::test]
async fn req_070_within_the_grace_the_preceding_token_gives_the_very_same_answer() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let first = world.tokens("").await;
        let second = world.refresh(&first).await.expect("live");
        clock.advance(29);
        let again = world.refresh(&first).await.expect("within the grace");
        assert_eq!((&again.access_token, &again.refresh_token), (&second.access_token, &second.refresh_token));
        assert_eq!(again.expires_in, second.expires_in.map(|seconds| seconds - 29), "it has counted down");
        assert!(world.lives(&second).await);
        clock.advance(1);
        assert!(invalid_grant(&world.refresh(&first).await), "at the very second the grace is over");
        assert!(!world.lives(&second).await, "and this is a reuse");
    })
    .await;
}

#[tokio::test]
async fn req_069_reuse_after_the_grace_ends_the_family_and_says_so() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let himself = world.tokens("&actor=self").await;
        let first = world.tokens("").await;
        let second = world.refresh(&first).await.expect("live");
        clock.advance(31);
        assert!(invalid_grant(&world.refresh(&first).await));
        assert!(!world.lives(&second).await && invalid_grant(&world.refresh(&second).await));
        let log = log(&store, world.target).await;
        assert_eq!((log[0].action, log[0].outcome), (Action::TokenReuseDetected, domain::audit::Outcome::Refused));
        assert!(world.lives(&himself).await, "another family lives");
        assert_eq!(count(&store, "installs", "status = 'active'").await, 2, "the installs stay");
    })
    .await;
}

#[tokio::test]
async fn req_041_a_replayed_code_ends_its_own_family_and_no_other_of_the_install() {
    on_each_database(async |store, _clock| {
        let mut world = World::new(&store).await;
        world.client.policy.live_tokens = LiveTokens::Many;
        let code = world.code("").await;
        let first = world.exchange(&code).await.expect("fresh");
        let (other, himself) = (world.tokens("").await, world.tokens("&actor=self").await);
        let second = world.refresh(&first).await.expect("live");
        assert!(invalid_grant(&world.exchange(&code).await));
        assert!(!world.lives(&second).await && invalid_grant(&world.refresh(&second).await));
        for answer in [&other, &himself] {
            assert!(world.lives(answer).await);
            assert!(world.lives(&world.refresh(answer).await.expect("another family")).await);
        }
        assert_eq!(count(&store, "installs", "status = 'active'").await, 2, "the installs stay");
    })
    .await;
}

#[tokio::test]
async fn req_070_the_grace_covers_only_the_immediately_preceding_token() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let first = world.tokens("").await;
        let second = world.refresh(&first).await.expect("live");
        let third = world.refresh(&second).await.expect("live");
        assert_eq!(
            count(&store, "refresh_tokens", "sealed_answer IS NOT NULL").await,
            1,
            "erased at the next rotation"
        );
        assert!(invalid_grant(&world.refresh(&first).await), "in the same second");
        assert!(!world.lives(&third).await);
    })
    .await;
}

#[tokio::test]
async fn req_070_req_072_the_grace_never_covers_what_is_past_its_end_and_ends_nothing() {
    on_each_database(async |store, clock| {
        let mut world = World::new(&store).await;
        world.client.policy.access_seconds = Some(10);
        let first = world.tokens("").await;
        let second = world.refresh(&first).await.expect("live");
        clock.advance(9);
        assert_eq!(world.refresh(&first).await.expect("a retry").access_token, second.access_token);
        clock.advance(1);
        assert!(invalid_grant(&world.refresh(&first).await), "the answer would give a token that is over");
        world.refresh(&second).await.expect("the retry ended nothing");

        world.client.policy = TokenPolicy { refresh_absolute_seconds: Some(7200), ..TokenPolicy::standard() };
        let first = world.tokens("").await;
        clock.advance(7195);
        let second = world.refresh(&first).await.expect("live");
        clock.advance(4);
        assert_eq!(world.refresh(&first).await.expect("a retry").refresh_token, second.refresh_token);
        clock.advance(1);
        assert!(invalid_grant(&world.refresh(&first).await), "the family is over");
    })
    .await;
}

#[tokio::test]
async fn req_070_the_grace_never_covers_what_was_revoked() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let first = world.tokens("").await;
        let second = world.refresh(&first).await.expect("live");
        world.revoke(&second.access_token).await;
        assert!(!world.lives(&second).await);
        assert!(invalid_grant(&world.refresh(&first).await), "the answer would give a dead token");
        let third = world.refresh(&second).await.expect("its refresh token lives, the retry ended nothing");
        world.revoke(refresh_token(&third)).await;
        assert!(invalid_grant(&world.refresh(&second).await));
        assert_eq!(count(&store, "refresh_tokens", "sealed_answer IS NOT NULL").await, 0);
    })
    .await;
}

#[tokio::test]
async fn req_070_a_retry_with_another_scope_or_audience_gets_nothing_and_ends_nothing() {
    let mut settings = settings();
    settings.audiences.push("https://billing.example".to_owned());
    let (own, other) = (settings.audiences[0].clone(), settings.audiences[1].clone());
    on_each_database_under(settings, async |store, _clock| {
        let world = World::new(&store).await;
        let first = world.tokens("").await;
        let second = world.refresh(&first).await.expect("live");
        let ask = async |scope: Option<&str>, resource: Option<&str>| {
            let request = RefreshRequest {
                scope: scope.map(|scope| scope.parse().expect("scopes")),
                resource: resource.map(str::to_owned),
                ..refresh_request(&first)
            };
            store.refresh(&world.app(), &world.client, &request).await
        };
        for (scope, resource) in
            [(Some("read"), None), (None, Some(other.as_str())), (Some("read"), Some(own.as_str()))]
        {
            let answer = ask(scope, resource).await;
            assert!(invalid_grant(&answer), "{scope:?} {resource:?}: {answer:?}");
            assert!(world.lives(&second).await, "{scope:?} {resource:?}");
        }
        for (scope, resource) in [(None, None), (Some("delete read write"), Some(own.as_str()))] {
            let again = ask(scope, resource).await.expect("the same question is answered");
            assert_eq!(again.access_token, second.access_token);
        }
    })
    .await;
}

#[tokio::test]
async fn req_070_a_sweep_erases_the_answer_at_the_end_of_the_grace() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        world.refresh(&world.tokens("").await).await.expect("live");
        let sealed = || count(&store, "refresh_tokens", "sealed_answer IS NOT NULL");
        clock.advance(30 + ANSWER_KEPT_SECONDS - 1);
        store.sweep(store.now()).await.expect("swept");
        assert_eq!(sealed().await, 1, "a slow answer may still be within its grace");
        clock.advance(1);
        store.sweep(store.now()).await.expect("swept");
        assert_eq!(sealed().await, 0);
    })
    .await;
}

#[tokio::test]
async fn req_070_a_sweep_erases_the_answer_whatever_became_of_the_apps_policy() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let sealed = || count(&store, "refresh_tokens", "sealed_answer IS NOT NULL");
        for policy in ["removed", "featureos"] {
            store.writer().execute_unprepared("UPDATE apps SET token_policy = 'standard'").await.expect("changed");
            world.refresh(&world.tokens("").await).await.expect("live");
            let sql = format!("UPDATE apps SET token_policy = '{policy}'");
            store.writer().execute_unprepared(&sql).await.expect("changed");
            clock.advance(300 + ANSWER_KEPT_SECONDS - 1);
            store.sweep(store.now()).await.expect("swept");
            assert_eq!(sealed().await, 1, "{policy}: it may still be within its grace");
            clock.advance(1);
            store.sweep(store.now()).await.expect("swept");
            assert_eq!(sealed().await, 0, "{policy}: no grace is longer");
        }
    })
    .await;
}

#[tokio::test]
async fn req_071_a_scope_narrows_never_widens_and_does_not_shrink_the_next_refresh() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let first = world.tokens("").await;
        let ask = |answer, scope: &str| {
            let mut request = refresh_request(answer);
            request.scope = Some(scope.parse().expect("scopes"));
            request
        };
        let narrow = store.refresh(&world.app(), &world.client, &ask(&first, "read")).await.expect("less");
        assert_eq!(narrow.scope.to_string(), "read");
        assert_eq!(world.scopes_of(&narrow.access_token).await.expect("live").to_string(), "read");
        let wider = store.refresh(&world.app(), &world.client, &ask(&narrow, "read admin")).await;
        assert!(wider.is_err() && !invalid_grant(&wider), "invalid_scope, and it ends nothing");
        let full = world.refresh(&narrow).await.expect("live");
        assert_eq!(full.scope.to_string(), "delete read write");
    })
    .await;
}

#[tokio::test]
async fn req_072_an_unused_refresh_token_ends_after_90_days() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let first = world.tokens("").await;
        clock.advance(90 * 86_400 - 1);
        let second = world.refresh(&first).await.expect("one second before");
        clock.advance(90 * 86_400);
        assert!(invalid_grant(&world.refresh(&second).await));
    })
    .await;
}

#[tokio::test]
async fn req_072_a_persistent_token_ends_idle_or_at_the_end_of_its_family() {
    on_each_database(async |store, clock| {
        let mut world = World::new(&store).await;
        world.client.policy = TokenPolicy {
            refresh_idle_seconds: Some(3_600),
            refresh_absolute_seconds: Some(7_200),
            ..TokenPolicy::featureos()
        };
        for (waits, refreshed) in [
            (&[3_599, 3_599][..], true),
            (&[3_600], false),
            (&[3_599, 3_600], false),
            (&[2_400, 2_400, 2_399], true),
            (&[2_400, 2_400, 2_400], false),
        ] {
            let tokens = world.tokens("").await;
            let mut last = None;
            for seconds in waits {
                clock.advance(*seconds);
                last = Some(world.refresh(&tokens).await);
            }
            let last = last.expect("at least one");
            assert!(if refreshed { last.is_ok() } else { invalid_grant(&last) }, "{waits:?}: {last:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn req_072_no_refresh_prolongs_a_family_beyond_its_absolute_end() {
    on_each_database(async |store, clock| {
        let mut world = World::new(&store).await;
        world.client.policy.refresh_absolute_seconds = Some(7_200);
        let first = world.tokens("").await;
        clock.advance(7_199);
        let second = world.refresh(&first).await.expect("one second before");
        clock.advance(1);
        assert!(invalid_grant(&world.refresh(&second).await), "though it was used a second ago");
    })
    .await;
}

#[tokio::test]
async fn req_066_a_refresh_token_is_bound_to_its_client() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let answer = world.tokens("").await;
        let other = crate::flow::new_app("Other", &[("read", true)]);
        let other = store.create_app(&by(world.maker), world.partner, other).await.expect("a new app").id;
        let other = store.client_of_app(other).await.expect("answers").expect("there");
        assert!(invalid_grant(&store.refresh(&world.app(), &other, &refresh_request(&answer)).await));
        world.refresh(&answer).await.expect("its own client");
    })
    .await;
}

#[tokio::test]
async fn req_073_a_refresh_dies_with_the_person_only_for_self() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let second = world.member("second", Role::Admin).await;
        let tokens = async |actor: &str| {
            let waiting = world.wait(&format!("&actor={actor}")).await;
            let code = world.allow(&waiting, second, world.target).await.expect("may");
            world.exchange(&code).await.expect("fresh")
        };
        let (app, himself) = (tokens("app").await, tokens("self").await);
        store.set_member(&By::operator(), world.target, second, None).await.expect("left");
        assert!(!world.lives(&himself).await && world.lives(&app).await);
        assert!(invalid_grant(&world.refresh(&himself).await));
        let app = world.refresh(&app).await.expect("it survives the person who made it");
        store.set_user_status(&By::operator(), second, Status::Suspended).await.expect("suspended");
        assert!(world.lives(&world.refresh(&app).await.expect("still")).await);
    })
    .await;
}

#[tokio::test]
async fn req_075_self_is_limited_to_the_present_role_at_each_use() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let second = world.member("second", Role::Admin).await;
        let waiting = world.wait("&actor=self").await;
        let code = world.allow(&waiting, second, world.target).await.expect("may");
        let answer = world.exchange(&code).await.expect("fresh");
        let scopes = async || world.scopes_of(&answer.access_token).await.map(|scopes| scopes.to_string());
        assert_eq!(scopes().await.as_deref(), Some("delete read write"));
        for (role, left) in
            [(Role::Developer, "read write"), (Role::Member, "read"), (Role::Owner, "delete read write")]
        {
            store.set_member(&By::operator(), world.target, second, Some(role)).await.expect("changed");
            assert_eq!(scopes().await.as_deref(), Some(left), "{role}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_refresh_ends_has_room_beside_it_and_needs_no_entry_in_any_index() {
    let indexed_anew = indexed_anew_on_postgres(async |store| {
        let world = World::new(&store).await;
        let mut answer = world.tokens("").await;
        for _ in 0..5 {
            // Within the grace, with a sealed answer to erase.
            answer = world.refresh(&answer).await.expect("live");
        }
        world.tokens("").await;
    })
    .await;
    let Some(indexed_anew) = indexed_anew else { return };
    for table in ["refresh_tokens", "access_tokens", "codes"] {
        assert_eq!(indexed_anew.get(table), Some(&0), "{table}: {indexed_anew:?}");
    }
}
