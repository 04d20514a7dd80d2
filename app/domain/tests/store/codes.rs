//! Authorization codes become tokens, once (PROTOCOL section D).

use domain::audit::Action;
use domain::client::ActorMode;
use domain::organization::Status;
use domain::role::Role;
use domain::store::By;
use sea_orm::ConnectionTrait;

use crate::flow::{CALLBACK, World, code_request, invalid_grant, refresh_token};
use crate::harness::{by, count, log, on_each_database};

#[tokio::test]
async fn a_code_becomes_a_pair_that_works() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let answer = world.tokens("").await;
        assert_eq!((answer.expires_in, answer.expires_at), (Some(86_400), None));
        assert_eq!(answer.scope.to_string(), "delete read write");
        let bearer = store.bearer(&answer.access_token).await.expect("answers").expect("live");
        assert_eq!((bearer.organization.id, bearer.actor, bearer.user), (world.target, ActorMode::App, None));
        assert_eq!(bearer.audience, "http://127.0.0.1:3000/api/v1");
        let actions: Vec<_> = log(&store, world.target).await.into_iter().map(|row| row.action).collect();
        let expected = [Action::TokenIssued, Action::CodeIssued, Action::ConsentGranted, Action::InstallCreated];
        assert_eq!(actions[..4], expected, "newest first");
    })
    .await;
}

#[tokio::test]
async fn req_041_a_replay_ends_the_tokens_of_the_code_now_and_30_seconds_later() {
    for later in [0, 30] {
        on_each_database(async |store, clock| {
            let world = World::new(&store).await;
            let code = world.code("").await;
            let answer = world.exchange(&code).await.expect("fresh");
            let next = world.refresh(&answer).await.expect("live");
            assert!(world.lives(&next).await);
            clock.advance(later);
            assert!(invalid_grant(&world.exchange(&code).await));
            assert!(!world.lives(&answer).await && !world.lives(&next).await);
            assert!(invalid_grant(&world.refresh(&next).await));
            assert_eq!(log(&store, world.target).await[0].action, Action::CodeReplayed);
            assert_eq!(count(&store, "refresh_tokens", "sealed_answer IS NOT NULL").await, 0);
            let again = log(&store, world.target).await.len();
            assert!(invalid_grant(&world.exchange(&code).await));
            assert_eq!(log(&store, world.target).await.len(), again, "a second replay ends nothing and says nothing");
            assert_eq!(count(&store, "installs", "status = 'active'").await, 1, "the install stays");
        })
        .await;
    }
}

#[tokio::test]
async fn req_041_a_replay_is_told_also_when_its_token_has_ended_by_itself() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let code = world.code("").await;
        world.exchange(&code).await.expect("fresh");
        store.writer().execute_unprepared("DELETE FROM refresh_tokens").await.expect("as under a policy without");
        clock.advance(86_401);
        assert!(invalid_grant(&world.exchange(&code).await));
        assert_eq!(log(&store, world.target).await[0].action, Action::CodeReplayed);
    })
    .await;
}

#[tokio::test]
async fn req_042_a_replay_by_another_client_ends_nothing() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let code = world.code("").await;
        let answer = world.exchange(&code).await.expect("fresh");
        let other = crate::flow::new_app("Other", &[("read", true)]);
        let other = store.create_app(&by(world.maker), world.partner, other).await.expect("a new app").id;
        let other = store.client_of_app(other).await.expect("answers").expect("there");
        assert!(invalid_grant(&store.exchange(&world.app(), &other, &code_request(&code)).await));
        assert!(world.lives(&answer).await);
    })
    .await;
}

#[tokio::test]
async fn req_043_a_code_is_bound_to_its_client() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let code = world.code("").await;
        let other = crate::flow::new_app("Other", &[("read", true)]);
        let other = store.create_app(&by(world.maker), world.partner, other).await.expect("a new app").id;
        let other = store.client_of_app(other).await.expect("answers").expect("there");
        assert!(invalid_grant(&store.exchange(&world.app(), &other, &code_request(&code)).await));
        world.exchange(&code).await.expect("its own client still redeems it");
    })
    .await;
}

#[tokio::test]
async fn req_044_a_code_is_bound_to_the_redirect_uri_that_was_sent() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let code = world.code("").await;
        for sent in [None, Some("https://partner.example.com/other")] {
            let mut request = code_request(&code);
            request.redirect_uri = sent.map(str::to_owned);
            assert!(invalid_grant(&store.exchange(&world.app(), &world.client, &request).await), "{sent:?}");
        }
        assert_eq!(code_request(&code).redirect_uri.as_deref(), Some(CALLBACK));
        world.exchange(&code).await.expect("the same one");
    })
    .await;
}

#[tokio::test]
async fn req_045_a_code_ends_at_the_very_second() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let (early, late) = (world.code("").await, world.code("&actor=self").await);
        clock.advance(299);
        world.exchange(&early).await.expect("one second before");
        clock.advance(1);
        assert!(invalid_grant(&world.exchange(&late).await));
    })
    .await;
}

#[tokio::test]
async fn req_036_a_wrong_verifier_burns_the_code() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let code = world.code("").await;
        let mut request = code_request(&code);
        request.code_verifier = Some("another-verifier-of-43-characters-or-more-01234".into());
        assert!(invalid_grant(&store.exchange(&world.app(), &world.client, &request).await));
        assert!(invalid_grant(&world.exchange(&code).await), "the right one comes too late");
        assert_eq!(count(&store, "access_tokens", "1 = 1").await, 0);
    })
    .await;
}

#[tokio::test]
async fn req_046_no_other_secret_is_a_code() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let answer = world.tokens("").await;
        for other in [&answer.access_token, refresh_token(&answer), &world.secret.0, "", "ptcoc_x"] {
            assert!(invalid_grant(&world.exchange(other).await));
        }
    })
    .await;
}

#[tokio::test]
async fn req_047_a_code_dies_with_what_it_rests_on() {
    let events = [
        "person suspended",
        "person left",
        "role dropped",
        "install revoked",
        "app suspended",
        "organization suspended",
    ];
    for event in events {
        for actor in ["app", "self"] {
            on_each_database(async |store, _clock| {
                let mut world = World::new(&store).await;
                let second = world.member("second", Role::Admin).await;
                let waiting = world.wait(&format!("&actor={actor}")).await;
                let code = world.allow(&waiting, second, world.target).await.expect("an admin may");
                let op = By::operator();
                match event {
                    "person suspended" => store.set_user_status(&op, second, Status::Suspended).await.expect("done"),
                    "person left" => store.set_member(&op, world.target, second, None).await.expect("done"),
                    "role dropped" => {
                        store.set_member(&op, world.target, second, Some(Role::Member)).await.expect("done");
                    }
                    "install revoked" => {
                        let install =
                            store.installs_in(world.target, domain::store::installs::InstallFilter::default());
                        let id = install.await.expect("answers").items[0].id;
                        store.revoke_install(&by(world.admin), world.target, id, None, false).await.expect("done");
                    }
                    "app suspended" => {
                        store.suspend_app(&by(world.maker), world.partner, world.client.app).await.expect("done");
                    }
                    _ => {
                        store.set_organization_status(&op, world.target, Status::Suspended).await.expect("done");
                    }
                }
                world.reload().await;
                let answer = world.exchange(&code).await;
                if event == "role dropped" && actor == "self" {
                    // `self` goes on, within what the role still gives (requirement 75).
                    assert_eq!(answer.expect("a member").scope.to_string(), "read");
                } else {
                    assert!(invalid_grant(&answer), "{event}, {actor}");
                }
            })
            .await;
        }
    }
}

#[tokio::test]
async fn req_118_a_new_exchange_ends_the_pair_before_it() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let first = world.tokens("").await;
        let himself = world.tokens("&actor=self").await;
        let second = world.tokens("").await;
        assert!(!world.lives(&first).await && world.lives(&second).await);
        assert!(invalid_grant(&world.refresh(&first).await));
        assert!(world.lives(&himself).await, "another actor is another key");
        assert!(world.lives(&second).await, "an ended token, presented again, ends nothing");
        assert_eq!(count(&store, "installs", "1 = 1").await, 2, "the same install is kept");
    })
    .await;
}
