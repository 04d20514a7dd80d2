//! Codes at `/oauth/token`: PROTOCOL section C, and the exchange.

use http::StatusCode;

use super::super::client_credentials::own_app;
use super::super::request::with_header;
use super::super::world::{VERIFIER, World, basic};
use super::TOKEN;

#[tokio::test]
async fn req_033_a_verifier_has_its_exact_form() {
    let world = World::new().await;
    for verifier in [
        &VERIFIER[..42],
        &"a".repeat(129),
        &format!("{VERIFIER}="),
        &format!("{VERIFIER} "),
        &format!("{VERIFIER}é"),
        &format!("{VERIFIER}/"),
    ] {
        let code = world.one.code(&world).await;
        let answer = world.send(world.one.exchange(&code).with("code_verifier", verifier).post_as(&world.one)).await;
        let (status, error) = answer.error();
        assert!(status == 400 && (error == "invalid_grant" || error == "invalid_request"), "{verifier}: {answer:?}");
    }
    for length in [43, 128] {
        let verifier = "v".repeat(length);
        let request = world.one.request().with("code_challenge", &super::super::world::challenge(&verifier));
        let code = world.one.consent(&world, &request).await.sent_once("code");
        let answer = world.send(world.one.exchange(&code).with("code_verifier", &verifier).post_as(&world.one)).await;
        assert_eq!(answer.status, StatusCode::OK, "{length}: {answer:?}");
    }
}

#[tokio::test]
async fn req_034_a_challenge_that_was_sent_is_enforced() {
    let world = World::new().await;
    for party in [&world.one, &world.two, &world.spa] {
        let code = party.code(&world).await;
        let answer = world.send(party.exchange(&code).without("code_verifier").post_as(party)).await;
        assert_eq!(answer.error(), (400, "invalid_grant".to_owned()), "{}", party.client_id);
    }
}

#[tokio::test]
async fn req_035_a_verifier_without_a_challenge_is_refused() {
    let world = World::new().await;
    let bare = world.two.request().without("code_challenge").without("code_challenge_method");
    let code = world.two.consent(&world, &bare).await.sent_once("code");
    let answer = world.send(world.two.exchange(&code).post_as(&world.two)).await;
    assert_eq!(answer.error(), (400, "invalid_grant".to_owned()));
    let code = world.two.consent(&world, &bare).await.sent_once("code");
    let answer = world.send(world.two.exchange(&code).without("code_verifier").post_as(&world.two)).await;
    assert_eq!(answer.status, StatusCode::OK, "the app's switch is off: {answer:?}");
}

#[tokio::test]
async fn req_036_a_wrong_verifier_burns_the_code() {
    let world = World::new().await;
    let code = world.one.code(&world).await;
    let wrong = world.send(world.one.exchange(&code).with("code_verifier", &"w".repeat(43)).post_as(&world.one)).await;
    assert_eq!(wrong.error(), (400, "invalid_grant".to_owned()));
    assert_eq!(world.one.redeem(&world, &code).await.error(), (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn req_037_the_challenge_is_no_verifier() {
    let world = World::new().await;
    let code = world.one.code(&world).await;
    let challenge = super::super::world::challenge(VERIFIER);
    let answer = world.send(world.one.exchange(&code).with("code_verifier", &challenge).post_as(&world.one)).await;
    assert_eq!(answer.error(), (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn req_041_a_replayed_code_ends_the_tokens_that_it_gave() {
    for (party_of, wait) in [(0, 0), (0, 30), (1, 0), (2, 0), (2, 30)] {
        let world = World::new().await;
        let party = [&world.one, &world.two, &world.spa][party_of];
        let code = party.code(&world).await;
        let tokens = party.redeem(&world, &code).await;
        assert_eq!(world.whoami(&tokens.text("access_token")).await.status, StatusCode::OK);
        world.advance(wait);
        assert_eq!(party.redeem(&world, &code).await.error(), (400, "invalid_grant".to_owned()));
        assert_eq!(world.whoami(&tokens.text("access_token")).await.status, StatusCode::UNAUTHORIZED, "after {wait} s");
        assert_eq!(
            party.refresh(&world, &tokens.text("refresh_token")).await.error(),
            (400, "invalid_grant".to_owned())
        );
        assert!(world.audited("code.replayed").await);
    }
}

#[tokio::test]
async fn req_041_a_replay_ends_only_the_tokens_of_its_own_code() {
    let world = World::new().await;
    let code = world.one.code(&world).await;
    world.one.redeem(&world, &code).await;
    let other = world.two.tokens(&world).await;
    world.one.redeem(&world, &code).await;
    assert_eq!(world.whoami(&other.access).await.status, StatusCode::OK);
}

#[tokio::test]
async fn req_041_where_an_install_has_many_tokens_a_replay_ends_only_those_of_its_own_code() {
    for policy in ["fera", "apiera", "financefeast"] {
        let world = World::new().await;
        let party = world.register(own_app(policy)).await;
        let exchanged = async |actor: &str| {
            let request = party.request().with("actor", actor);
            let code = party.consent(&world, &request).await.sent_once("code");
            let token = party.redeem(&world, &code).await.text("access_token");
            (code, token)
        };
        let (code, first) = exchanged("app").await;
        let ((_, second), (_, himself)) = (exchanged("app").await, exchanged("self").await);
        let seen = async |token: &str| party.introspect(&world, token).await.json();
        let install = seen(&first).await["install"].clone();
        assert!(install.is_string() && seen(&second).await["install"] == install, "{policy}: one install has both");
        assert_eq!(party.redeem(&world, &code).await.error(), (400, "invalid_grant".to_owned()), "{policy}");
        for (token, status) in [(&first, 401), (&second, 200), (&himself, 200)] {
            assert_eq!(world.whoami(token).await.status.as_u16(), status, "{policy}");
            assert_eq!(seen(token).await["active"], status == 200, "{policy}");
        }
        assert_eq!(world.active_installs(&party).await, 2, "{policy}: the installs stay");
    }
}

#[tokio::test]
async fn req_042_a_replay_by_somebody_else_ends_nothing() {
    let world = World::new().await;
    for party in [&world.one, &world.spa] {
        let code = party.code(&world).await;
        let tokens = party.redeem(&world, &code).await;
        let replays = [
            party.exchange(&code).post_as(&world.two),
            with_header(party.exchange(&code).post(TOKEN), "authorization", &basic(&party.client_id, "wrong")),
            party.exchange(&code).post(TOKEN),
            party
                .exchange(&code)
                .and("client_id", &world.spa.client_id)
                .with("code_verifier", &"w".repeat(43))
                .post(TOKEN),
            party.exchange(&code).and("client_id", &world.spa.client_id).without("code_verifier").post(TOKEN),
        ];
        for replay in replays {
            assert!(world.send(replay).await.status.is_client_error());
            assert_eq!(world.whoami(&tokens.text("access_token")).await.status, StatusCode::OK, "{}", party.client_id);
        }
    }
}

#[tokio::test]
async fn req_043_a_code_is_bound_to_its_client() {
    let world = World::new().await;
    let code = world.one.code(&world).await;
    for other in [&world.two, &world.spa] {
        let answer = world.send(world.one.exchange(&code).post_as(other)).await;
        assert_eq!(answer.error(), (400, "invalid_grant".to_owned()));
    }
    assert_eq!(world.one.redeem(&world, &code).await.status, StatusCode::OK, "a stranger burned the code");
}

#[tokio::test]
async fn req_044_a_code_is_bound_to_its_redirect_uri() {
    let world = World::new().await;
    for form in [
        world.one.exchange("").without("redirect_uri"),
        world.one.exchange("").with("redirect_uri", "https://partner.example/cb/"),
        world.one.exchange("").with("redirect_uri", &world.two.redirect),
    ] {
        let code = world.one.code(&world).await;
        let answer = world.send(form.with("code", &code).post_as(&world.one)).await;
        assert_eq!(answer.error(), (400, "invalid_grant".to_owned()));
    }
    let code = world.one.consent(&world, &world.one.request().without("redirect_uri")).await.sent_once("code");
    let answer = world.send(world.one.exchange(&code).without("redirect_uri").post_as(&world.one)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

#[tokio::test]
async fn req_045_a_code_lives_five_minutes() {
    let world = World::new().await;
    for (wait, status) in [(299, 200), (300, 400), (301, 400)] {
        let code = world.one.code(&world).await;
        world.advance(wait);
        let answer = world.one.redeem(&world, &code).await;
        assert_eq!(answer.status.as_u16(), status, "after {wait} s: {answer:?}");
    }
}

#[tokio::test]
async fn req_046_no_other_secret_passes_as_a_code() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    let code = world.one.code(&world).await;
    let secret = world.one.secret.clone().expect("confidential");
    let swapped = |prefix: &str| tokens.refresh.replacen("ptcor_", prefix, 1);
    for presented in [
        &tokens.refresh,
        &tokens.access,
        &secret,
        &swapped("ptcoc_"),
        &code[..code.len() - 1],
        &format!("{code}0"),
        &code.to_uppercase(),
        "x",
    ] {
        let answer = world.one.redeem(&world, presented).await;
        assert_eq!(answer.error(), (400, "invalid_grant".to_owned()), "{presented}");
    }
    assert!(code.starts_with("ptcoc_") && code.len() >= 60);
    assert!(!world.stored(&code), "the code is readable in the database");
    assert_eq!(world.one.redeem(&world, &code).await.status, StatusCode::OK);
}

#[tokio::test]
async fn req_047_a_code_dies_with_what_is_behind_it() {
    for what in ["person", "left", "role", "password", "install", "app", "owner", "target", "block"] {
        let world = World::new().await;
        let request = world.one.request().with("actor", if what == "password" { "self" } else { "app" });
        let code = world.one.consent(&world, &request).await.sent_once("code");
        world.strike(what).await;
        let expected = if matches!(what, "app" | "owner") { (401, "invalid_client") } else { (400, "invalid_grant") };
        let (status, error) = world.one.redeem(&world, &code).await.error();
        assert_eq!((status, error.as_str()), expected, "{what}");
    }
}

#[tokio::test]
async fn req_048_the_scope_of_the_request_is_granted_whatever_the_exchange_says() {
    let world = World::new().await;
    for scope in ["write", "bogus", "read admin"] {
        let code = world.one.code(&world).await;
        let answer = world.send(world.one.exchange(&code).and("scope", scope).post_as(&world.one)).await;
        assert_eq!(answer.text("scope"), "read", "{answer:?}");
    }
}
