//! `/oauth/token`: PROTOCOL sections C, D and E.

use std::collections::BTreeSet;

use domain::client::AuthMethod;
use domain::oauth::client_auth::Claim;
use http::StatusCode;
use sea_orm::DbBackend;
use serde_json::json;

use super::client_credentials::own_app;
use super::request::{Answer, Form, post, request, with_header};
use super::world::{VERIFIER, World, basic};

const TOKEN: &str = "/oauth/token";
const FORM: &str = "application/x-www-form-urlencoded";
/// The endpoints where a client authenticates.
const AUTHENTICATED: [&str; 3] = [TOKEN, "/oauth/revoke", "/oauth/introspect"];

/// All of an answer but what is its own whatever it says.
fn shape(answer: &Answer) -> (StatusCode, Vec<(String, String)>, String) {
    let own = ["date", "x-request-id"];
    let shared = answer.headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let mut headers: Vec<_> =
        shared.map(|(name, value)| (name.to_string(), value.to_str().expect("ASCII").to_owned())).collect();
    headers.sort();
    (answer.status, headers, answer.body.clone())
}

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
        let request = world.one.request().with("code_challenge", &super::world::challenge(&verifier));
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
    let challenge = super::world::challenge(VERIFIER);
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

#[tokio::test]
async fn req_014_a_request_without_scope_asks_for_the_required_ones() {
    let world = World::new().await;
    let code = world.one.consent(&world, &world.one.request().without("scope")).await.sent_once("code");
    assert_eq!(world.one.redeem(&world, &code).await.text("scope"), "read");
}

#[tokio::test]
async fn req_049_post_only_and_nothing_is_read_from_the_query() {
    let world = World::new().await;
    for method in ["GET", "PUT", "DELETE", "HEAD", "PATCH"] {
        let answer = world.send(request(method, TOKEN)).await;
        assert_eq!(
            (answer.status, answer.header("allow").contains("POST")),
            (StatusCode::METHOD_NOT_ALLOWED, true),
            "{method}"
        );
    }
    let code = world.two.code(&world).await;
    let credentials = Form::of(&[
        ("client_id", &world.two.client_id),
        ("client_secret", world.two.secret.as_deref().expect("confidential")),
    ]);
    let answer = world.send(world.two.exchange(&code).post(&format!("{TOKEN}?{}", credentials.encoded()))).await;
    assert!(matches!(answer.error().1.as_str(), "invalid_client" | "invalid_request"), "{answer:?}");
    let everything = world
        .two
        .exchange(&code)
        .and("client_id", &world.two.client_id)
        .and("client_secret", world.two.secret.as_deref().expect("confidential"));
    let answer = world.send(post(&format!("{TOKEN}?{}", everything.encoded()), FORM, "")).await;
    assert!(answer.status.is_client_error(), "{answer:?}");
}

#[tokio::test]
async fn req_050_form_and_json_and_nothing_else() {
    let world = World::new().await;
    for content_type in
        [FORM, "application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-Urlencoded;charset=utf-8"]
    {
        let form = world
            .two
            .exchange(&world.two.code(&world).await)
            .and("client_id", &world.two.client_id)
            .and("client_secret", world.two.secret.as_deref().expect("confidential"));
        let answer = world.send(post(TOKEN, content_type, form.encoded())).await;
        assert_eq!(answer.status, StatusCode::OK, "{content_type}: {answer:?}");
    }
    for content_type in ["application/json", "application/json; charset=utf-8"] {
        let form = world
            .two
            .exchange(&world.two.code(&world).await)
            .and("client_id", &world.two.client_id)
            .and("client_secret", world.two.secret.as_deref().expect("confidential"));
        let object: serde_json::Map<_, _> = form.0.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let answer = world.send(post(TOKEN, content_type, serde_json::Value::from(object).to_string())).await;
        assert_eq!(answer.status, StatusCode::OK, "{content_type}: {answer:?}");
    }
    for content_type in ["text/plain", "multipart/form-data; boundary=x", "application/xml", "application/jsonp", ""] {
        let answer = world.send(post(TOKEN, content_type, "grant_type=authorization_code")).await;
        assert!(
            matches!(answer.status.as_u16(), 400 | 415) && answer.error().1 == "invalid_request",
            "{content_type}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn req_051_every_answer_is_json_and_not_stored() {
    let world = World::new().await;
    let code = world.one.code(&world).await;
    let answers = [
        world.one.redeem(&world, &code).await,
        world.one.redeem(&world, "x").await,
        world.send(post(TOKEN, FORM, "")).await,
        world.send(post(TOKEN, "text/plain", "")).await,
        world.send(post(TOKEN, "application/json", "[")).await,
        world.send(request("GET", TOKEN)).await,
        world
            .send(with_header(post(TOKEN, FORM, "grant_type=refresh_token"), "authorization", &basic("zzz", "x")))
            .await,
        world.send(post(TOKEN, FORM, "x".repeat((1 << 20) + 1))).await,
        world.send(with_header(post(TOKEN, FORM, "x"), "content-length", "1048577")).await,
    ];
    for answer in answers {
        assert!(answer.header("cache-control").contains("no-store"), "{answer:?}");
        assert_eq!(answer.header("pragma"), "no-cache", "{answer:?}");
        assert!(answer.header("content-type").starts_with("application/json"), "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer:?}");
        assert!(answer.json().is_object());
    }
}

#[tokio::test]
async fn req_052_basic_is_read_strictly() {
    let world = World::new().await;
    let secret = world.one.secret.clone().expect("confidential");
    let right = basic(&world.one.client_id, &secret);
    let encoded = right.strip_prefix("Basic ").expect("Basic").to_owned();
    for accepted in [
        right.clone(),
        format!("basic {encoded}"),
        format!("BASIC {encoded}"),
        basic(&world.one.client_id.replace('_', "%5F"), &secret.replace('_', "%5f")),
    ] {
        let code = world.one.code(&world).await;
        let answer = world.send(with_header(world.one.exchange(&code).post(TOKEN), "authorization", &accepted)).await;
        assert_eq!(answer.status, StatusCode::OK, "{accepted}: {answer:?}");
    }
    let code = world.one.code(&world).await;
    let loose = [
        format!("Basic {}", encoded.trim_end_matches('=').to_owned() + "===="),
        format!("Basic {encoded}\t"),
        format!("Basic\t{encoded}"),
        format!("Basic {}", encoded.replacen(|c: char| c.is_ascii_alphabetic(), "*", 1)),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        format!("Basic {}", super::world::base64("no-colon")),
        format!("Basic {}", super::world::base64(&format!(":{secret}"))),
        format!("Basic {}", super::world::base64(&format!("{}:%zz", world.one.client_id))),
        format!("Basic {}", super::world::base64(&format!("{}:{secret}:", world.one.client_id))),
        format!("Bearer {encoded}"),
    ];
    for header in loose {
        let answer = world.send(with_header(world.one.exchange(&code).post(TOKEN), "authorization", &header)).await;
        let (status, error) = answer.error();
        assert!(
            matches!((status, error.as_str()), (401, "invalid_client") | (400, "invalid_request")),
            "{header}: {answer:?}"
        );
    }
    let twice = with_header(
        with_header(world.one.exchange(&code).post(TOKEN), "authorization", &right),
        "authorization",
        &right,
    );
    assert!(world.send(twice).await.status.is_client_error());
}

#[tokio::test]
async fn req_053_failed_authentication_is_one_and_the_same() {
    let world = World::new().await;
    world.suspend_app(&world.keeper).await;
    let (one, two) = (world.one.secret.clone().expect("confidential"), world.two.secret.clone().expect("confidential"));
    let unknown = "ptcapp_0000000000000000";
    for endpoint in AUTHENTICATED {
        let form = world.one.exchange("x").and("token", "x");
        let mut shapes = BTreeSet::new();
        for header in [
            basic("zzz", "x"),
            basic(unknown, "x"),
            basic(unknown, &one),
            basic(&world.one.client_id, "wrong"),
            basic(&world.one.client_id, &two),
            basic(&world.two.client_id, &one),
            world.keeper.basic(),
        ] {
            let answer = world.send(with_header(form.post(endpoint), "authorization", &header)).await;
            assert_eq!(answer.error(), (401, "invalid_client".to_owned()), "{endpoint}: {header}");
            assert!(answer.header("www-authenticate").starts_with("Basic realm="), "{answer:?}");
            shapes.insert(shape(&answer));
        }
        assert_eq!(shapes.len(), 1, "{endpoint}: {shapes:?}");
        let mut shapes = BTreeSet::new();
        for (id, secret) in [
            ("zzz", "x"),
            (unknown, "x"),
            (unknown, two.as_str()),
            (world.two.client_id.as_str(), "wrong"),
            (world.two.client_id.as_str(), one.as_str()),
            (world.one.client_id.as_str(), two.as_str()),
        ] {
            let named = form.clone().and("client_id", id).and("client_secret", secret);
            let answer = world.send(named.post(endpoint)).await;
            assert_eq!(answer.error().1, "invalid_client", "{endpoint}: {id}");
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
            assert!(answer.header("www-authenticate").starts_with("Basic realm="), "RFC 9110: {answer:?}");
            shapes.insert(shape(&answer));
        }
        assert_eq!(shapes.len(), 1, "{endpoint}: {shapes:?}");
    }
}

#[tokio::test]
async fn req_054_one_method_of_authentication_per_request() {
    let world = World::new().await;
    let code = world.one.code(&world).await;
    let secret = world.one.secret.clone().expect("confidential");
    let both = world
        .one
        .exchange(&code)
        .and("client_id", &world.one.client_id)
        .and("client_secret", &secret)
        .post_as(&world.one);
    assert_eq!(world.send(both).await.error(), (400, "invalid_request".to_owned()));
    let other = world.one.exchange(&code).and("client_id", &world.two.client_id).post_as(&world.one);
    assert_eq!(world.send(other).await.error(), (400, "invalid_request".to_owned()));
    for form in [world.one.exchange(&code), world.two.exchange(&code).and("client_secret", "x")] {
        let assertion = form
            .and("client_assertion", "eyJ")
            .and("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        assert!(matches!(
            world.send(assertion.post_as(&world.one)).await.error().1.as_str(),
            "invalid_request" | "invalid_client"
        ));
    }
    let same = world.one.exchange(&code).and("client_id", &world.one.client_id).post_as(&world.one);
    assert_eq!(world.send(same).await.status, StatusCode::OK, "the same id beside Basic is fine");
}

#[tokio::test]
async fn req_055_a_client_uses_only_its_own_method() {
    let world = World::new().await;
    let (one, two) = (world.one.secret.clone().expect("confidential"), world.two.secret.clone().expect("confidential"));
    for endpoint in AUTHENTICATED {
        let form = world.one.exchange("x").and("token", "x");
        let attempts = [
            (
                "basic client by post",
                form.clone().and("client_id", &world.one.client_id).and("client_secret", &one).post(endpoint),
            ),
            (
                "post client by basic",
                with_header(form.post(endpoint), "authorization", &basic(&world.two.client_id, &two)),
            ),
            ("confidential client by none", form.clone().and("client_id", &world.one.client_id).post(endpoint)),
            (
                "public client with a secret",
                form.clone().and("client_id", &world.spa.client_id).and("client_secret", "x").post(endpoint),
            ),
            (
                "public client by basic",
                with_header(form.post(endpoint), "authorization", &basic(&world.spa.client_id, "x")),
            ),
            ("nobody", form.post(endpoint)),
        ];
        for (what, attempt) in attempts {
            let (status, error) = world.send(attempt).await.error();
            assert!(
                matches!((status, error.as_str()), (400 | 401, "invalid_client")),
                "{endpoint}, {what}: {status} {error}"
            );
        }
    }
}

#[tokio::test]
async fn req_055_req_124_a_right_secret_that_came_another_way_is_told_so_and_is_no_guess() {
    for world in World::on_each_database().await {
        let (one, two) =
            (world.one.secret.clone().expect("confidential"), world.two.secret.clone().expect("confidential"));
        // As libraries do that try both ways, and start anew with each request.
        for _ in 0..400 {
            let basic = basic(&world.two.client_id, &two);
            let answer = world.send(with_header(world.two.exchange("x").post(TOKEN), "authorization", &basic)).await;
            assert_eq!(answer.error(), (401, "invalid_client".to_owned()));
            assert!(answer.text("error_description").contains("client_secret_post"), "{answer:?}");
        }
        let in_body = world.one.exchange("x").and("client_id", &world.one.client_id).and("client_secret", &one);
        let answer = world.send(in_body.post(TOKEN)).await;
        assert!(answer.text("error_description").contains("client_secret_basic"), "{answer:?}");
        let code = world.two.code(&world).await;
        assert_eq!(world.two.redeem(&world, &code).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn req_056_an_empty_secret_matches_nothing() {
    let world = World::new().await;
    let attempts = [
        with_header(world.one.exchange("x").post(TOKEN), "authorization", &basic(&world.one.client_id, "")),
        with_header(world.spa.exchange("x").post(TOKEN), "authorization", &basic(&world.spa.client_id, "")),
        world.two.exchange("x").and("client_id", &world.two.client_id).and("client_secret", "").post(TOKEN),
    ];
    for attempt in attempts {
        assert_eq!(world.send(attempt).await.error().1, "invalid_client");
    }
}

#[tokio::test]
async fn req_057_two_secrets_overlap_until_the_deadline() {
    for world in World::on_each_database().await {
        let old = world.one.clone();
        let new = world.rotate(&world.one, 3600).await;
        let works =
            async |party: &super::world::Party| party.redeem(&world, &old.code(&world).await).await.status.as_u16();
        assert_eq!((works(&old).await, works(&new).await), (200, 200));
        world.advance(3599);
        assert_eq!((works(&old).await, works(&new).await), (200, 200));
        let secrets = world.store.secrets_of(world.maker, old.app).await.expect("its own");
        assert!(secrets.iter().all(|secret| secret.last_used_at == Some(world.store.now())), "{secrets:?}");
        world.advance(1);
        assert_eq!((works(&old).await, works(&new).await), (401, 200));
        let newest = world.rotate(&new, 0).await;
        assert_eq!((works(&new).await, works(&newest).await), (401, 200), "a grace of 0 is none");
    }
}

#[tokio::test]
async fn who_gets_no_token_is_not_remembered() {
    for world in World::on_each_database().await {
        let claim = || Claim::Secret {
            client_id: world.one.client_id.parse().expect("an id"),
            method: AuthMethod::ClientSecretBasic,
            secret: world.one.secret.clone().expect("confidential").into(),
        };
        let code = world.one.code(&world).await;
        assert_eq!(world.send(world.one.exchange("x").post_as(&world.one)).await.error().1, "invalid_grant");
        assert!(world.store.recall(&claim()).is_none());
        assert_eq!(world.one.redeem(&world, &code).await.status, StatusCode::OK);
        let shared = world.store.reader().get_database_backend() != DbBackend::Sqlite;
        assert_eq!(world.store.recall(&claim()).is_some(), shared);
    }
}

#[tokio::test]
async fn req_059_a_parameter_that_comes_twice_is_refused() {
    let world = World::new().await;
    let base = world.one.exchange("x");
    for name in ["grant_type", "code", "redirect_uri", "code_verifier", "client_id"] {
        let form = base.clone().with(name, "a").and(name, "a");
        assert_eq!(world.send(form.post_as(&world.one)).await.error(), (400, "invalid_request".to_owned()), "{name}");
    }
    for body in [
        r#"{"grant_type":"authorization_code","grant_type":"authorization_code","code":"x"}"#,
        r#"{"grant_type":["authorization_code"],"code":"x"}"#,
        r#"{"grant_type":"authorization_code","code":1}"#,
        r#"{"grant_type":"authorization_code","code":null}"#,
        r#"{"grant_type":"authorization_code","code":{"a":"b"}}"#,
        r#"["grant_type"]"#,
        r#""x""#,
        "{",
        "",
    ] {
        let request = with_header(post(TOKEN, "application/json", body), "authorization", &world.one.basic());
        assert_eq!(world.send(request).await.error(), (400, "invalid_request".to_owned()), "{body}");
    }
}

#[tokio::test]
async fn req_059_credentials_that_come_twice_are_refused_even_where_they_are_right() {
    let world = World::new().await;
    let code = world.two.code(&world).await;
    let form = world.two.exchange(&code).and("token", "x");
    let secret = world.two.secret.as_deref().expect("confidential");
    for endpoint in AUTHENTICATED {
        for (name, value) in [("client_id", world.two.client_id.as_str()), ("client_secret", secret)] {
            let answer = world.send(form.clone().and(name, value).post_to(endpoint, &world.two)).await;
            assert_eq!(answer.error(), (400, "invalid_request".to_owned()), "{endpoint}: {name}");
        }
    }
    assert_eq!(world.two.redeem(&world, &code).await.status, StatusCode::OK, "the code is as good as before");
}

#[tokio::test]
async fn req_060_each_grant_type_has_its_own_error() {
    let world = World::new().await;
    let code = world.one.code(&world).await;
    for (grant_type, error) in [
        ("", "invalid_request"),
        ("bogus", "unsupported_grant_type"),
        ("password", "unsupported_grant_type"),
        ("implicit", "unsupported_grant_type"),
        ("client_credentials", "unauthorized_client"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:device_code", "unsupported_grant_type"),
        ("Authorization_Code", "unsupported_grant_type"),
    ] {
        let form = world.one.exchange(&code).with("grant_type", grant_type).and("username", "a").and("password", "b");
        assert_eq!(world.send(form.post_as(&world.one)).await.error(), (400, error.to_owned()), "{grant_type}");
    }
    for missing in ["grant_type", "code"] {
        let form = world.one.exchange(&code).without(missing);
        assert_eq!(
            world.send(form.post_as(&world.one)).await.error(),
            (400, "invalid_request".to_owned()),
            "{missing}"
        );
    }
}

#[tokio::test]
async fn req_063_the_response_has_its_exact_fields() {
    let world = World::new().await;
    let code = world.one.code(&world).await;
    let answer = world.one.redeem(&world, &code).await;
    let body = answer.json();
    let fields: Vec<_> = body.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(fields, ["access_token", "expires_in", "refresh_token", "scope", "token_type"]);
    assert_eq!(body["expires_in"], json!(86_400));
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["scope"], "read");
    assert!(answer.text("access_token").starts_with("ptcot_") && answer.text("refresh_token").starts_with("ptcor_"));
}

#[tokio::test]
async fn req_065_oversized_requests_are_refused() {
    let world = World::new().await;
    let large = world.send(post(TOKEN, FORM, format!("grant_type={}", "x".repeat(1 << 20)))).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    let lying = with_header(post(TOKEN, FORM, "grant_type=x"), "content-length", "1048577");
    assert!(world.send(lying).await.status.is_client_error());
    let many = (0..10_000).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
    assert_eq!(world.send(post(TOKEN, FORM, many)).await.error(), (400, "invalid_request".to_owned()));
    let deep = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
    assert_eq!(world.send(post(TOKEN, "application/json", deep)).await.error(), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn req_124_failed_client_authentication_is_limited_per_client_and_address() {
    let world = World::new().await;
    let wrong =
        || with_header(world.one.exchange("x").post(TOKEN), "authorization", &basic(&world.one.client_id, "wrong"));
    let mut limited = None;
    for _ in 0..200 {
        let answer = world.send(wrong()).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            limited = Some(answer);
            break;
        }
    }
    let limited = limited.expect("a limit");
    assert!(limited.header("retry-after").parse::<u32>().expect("seconds") > 0, "{limited:?}");
    assert!(limited.header("cache-control").contains("no-store"));
    let code = world.two.code(&world).await;
    assert_eq!(world.two.redeem(&world, &code).await.status, StatusCode::OK, "another client is not limited");
    let from_elsewhere = world
        .from("203.0.113.9", with_header(world.one.exchange("x").post(TOKEN), "authorization", &world.one.basic()))
        .await;
    assert_eq!(from_elsewhere.error(), (400, "invalid_grant".to_owned()), "another address is not limited");
}

#[tokio::test]
async fn req_135_a_forwarded_address_of_a_stranger_is_not_believed() {
    let world = World::new().await;
    let wrong = |n: usize| {
        let request =
            with_header(world.one.exchange("x").post(TOKEN), "authorization", &basic(&world.one.client_id, "wrong"));
        with_header(request, "x-forwarded-for", &format!("198.51.100.{}", n % 250))
    };
    let mut limited = false;
    for n in 0..200 {
        limited |= world.send(wrong(n)).await.status == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(limited, "a new address in a header was a new account of failures");
}

#[tokio::test]
async fn req_124_failed_grants_are_limited_per_client_and_address_and_successes_are_not() {
    for world in World::on_each_database().await {
        for _ in 0..3 {
            let code = world.one.code(&world).await;
            assert_eq!(world.one.redeem(&world, &code).await.status, StatusCode::OK);
        }
        let code = world.one.code(&world).await;
        let mut failures = 0;
        let limited = loop {
            let answer = world.send(world.one.exchange("x").post_as(&world.one)).await;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                break answer;
            }
            assert_eq!(answer.error(), (400, "invalid_grant".to_owned()));
            failures += 1;
            assert!(failures < 1000, "no limit");
        };
        assert!(failures >= 60, "honest clients fail too: {failures}");
        assert!(limited.header("retry-after").parse::<u32>().expect("seconds") > 0, "{limited:?}");
        assert_eq!(
            world.one.redeem(&world, &code).await.status,
            StatusCode::OK,
            "who proved who he is serves others meanwhile"
        );
        let public = world.spa.code(&world).await;
        for _ in 0..failures {
            assert_eq!(world.send(world.spa.exchange("x").post_as(&world.spa)).await.error().1, "invalid_grant");
        }
        let guessed = world.spa.redeem(&world, &public).await;
        assert_eq!(guessed.status, StatusCode::TOO_MANY_REQUESTS, "who proves nothing learns nothing by a right guess");
        let other = world.two.code(&world).await;
        assert_eq!(world.two.redeem(&world, &other).await.status, StatusCode::OK, "another client is not limited");
        world.advance(900);
        let answer = world.send(world.one.exchange("x").post_as(&world.one)).await;
        assert_eq!(answer.error(), (400, "invalid_grant".to_owned()));
    }
}
