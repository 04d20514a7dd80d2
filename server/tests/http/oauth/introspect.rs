//! `/oauth/introspect`: PROTOCOL section G, 80 and 81.

use domain::store::By;
use http::StatusCode;
use serde_json::json;

use super::request::{Form, post, request, with_header};
use super::world::{ISSUER, World, basic};

const INTROSPECT: &str = "/oauth/introspect";
const INACTIVE: &str = r#"{"active":false}"#;

#[tokio::test]
async fn req_080_only_rightful_callers_are_answered() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    let form = Form::of(&[("token", &tokens.access)]);
    let attempts = [
        ("nobody", form.post(INTROSPECT)),
        ("a public client", form.clone().and("client_id", &world.spa.client_id).post(INTROSPECT)),
        ("a wrong secret", with_header(form.post(INTROSPECT), "authorization", &basic(&world.one.client_id, "wrong"))),
        (
            "an unknown resource server",
            with_header(form.post(INTROSPECT), "authorization", &basic("0190b7a2-0000-7000-8000-000000000000", "x")),
        ),
        ("the token itself", with_header(form.post(INTROSPECT), "authorization", &format!("Bearer {}", tokens.access))),
    ];
    for (what, attempt) in attempts {
        let answer = world.send(attempt).await;
        assert_eq!(answer.error().1, "invalid_client", "{what}: {answer:?}");
        assert!(matches!(answer.status.as_u16(), 400 | 401) && !answer.body.contains("active"), "{what}: {answer:?}");
    }
}

#[tokio::test]
async fn req_080_an_app_sees_its_own_tokens() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    let access = world.one.introspect(&world, &tokens.access).await.json();
    assert_eq!(access["active"], json!(true));
    assert_eq!(access["scope"], "read");
    assert_eq!(access["client_id"], world.one.client_id);
    assert_eq!(access["token_type"], "Bearer");
    assert_eq!(access["iss"], ISSUER);
    assert_eq!(access["aud"], format!("{ISSUER}/api/v1"));
    assert_eq!(access["organization"], world.target.to_string());
    assert_eq!(access["exp"].as_i64().expect("a number") - access["iat"].as_i64().expect("a number"), 86_400);
    assert_eq!(world.one.introspect(&world, &tokens.refresh).await.json()["active"], json!(true));
    assert_eq!(world.two.introspect(&world, &tokens.access).await.body, INACTIVE, "another app's token");
    assert_eq!(world.two.introspect(&world, &tokens.refresh).await.body, INACTIVE);
}

#[tokio::test]
async fn req_080_a_resource_server_sees_the_tokens_of_its_audience() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    let own = world.resource_server(&format!("{ISSUER}/api/v1")).await;
    let other = world.resource_server("https://api.example").await;
    let ask = async |server: &str, token: &str| {
        let request = with_header(Form::of(&[("token", token)]).post(INTROSPECT), "authorization", server);
        world.send(request).await
    };
    let seen = ask(&own, &tokens.access).await;
    assert_eq!(seen.json()["active"], json!(true), "{seen:?}");
    assert_eq!(ask(&own, &tokens.refresh).await.body, INACTIVE, "a refresh token is its client's alone");
    assert_eq!(ask(&other, &tokens.access).await.body, INACTIVE);

    let elsewhere = world.one.tokens_for(&world, &world.one.request().and("resource", "https://api.example")).await;
    assert_eq!(ask(&other, &elsewhere.access).await.json()["aud"], "https://api.example");
    assert_eq!(ask(&own, &elsewhere.access).await.body, INACTIVE);
    assert_eq!(
        world.whoami(&elsewhere.access).await.status,
        StatusCode::UNAUTHORIZED,
        "it has a resource server of its own"
    );
}

#[tokio::test]
async fn req_080_a_resource_server_authenticates_by_basic_or_in_the_body_and_never_by_its_id_alone() {
    for world in World::on_each_database().await {
        let tokens = world.one.tokens(&world).await;
        let made = world.store.create_resource_server(&By::operator(), "Server", &format!("{ISSUER}/api/v1")).await;
        let (id, secret) = made.map(|(id, secret)| (id.to_string(), secret.0)).expect("a server");
        let form = Form::of(&[("token", &tokens.access)]);
        let in_body = |secret: &str| form.clone().and("client_id", &id).and("client_secret", secret);
        let by_basic =
            |form: &Form, secret: &str| with_header(form.post(INTROSPECT), "authorization", &basic(&id, secret));
        for request in [by_basic(&form, &secret), in_body(&secret).post(INTROSPECT)] {
            let answer = world.send(request).await;
            assert_eq!(answer.json()["active"], json!(true), "{answer:?}");
        }
        let of_an_app = world.two.secret.as_deref().expect("a secret");
        let refused = (401, "invalid_client".to_owned());
        for (what, request, challenge) in [
            ("its id alone", form.clone().and("client_id", &id).post(INTROSPECT), ""),
            ("an empty secret", in_body("").post(INTROSPECT), ""),
            ("a wrong secret", in_body("wrong").post(INTROSPECT), ""),
            ("an app's secret", in_body(of_an_app).post(INTROSPECT), ""),
            ("a wrong secret by Basic", by_basic(&form, "wrong"), "Basic realm=\"portico\""),
        ] {
            let answer = world.send(request).await;
            assert_eq!((answer.error(), answer.header("www-authenticate")), (refused.clone(), challenge), "{what}");
        }
        let twice = world.send(by_basic(&in_body(&secret), &secret)).await;
        assert_eq!(twice.error(), (400, "invalid_request".to_owned()), "both ways at once");
    }
}

#[tokio::test]
async fn req_081_whatever_is_not_active_is_exactly_that() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    let code = world.one.code(&world).await;
    let cut = &tokens.access[..tokens.access.len() - 1];
    for token in ["x", "ptcot_", cut, &code, &tokens.access.to_uppercase(), "é", &"t".repeat(5_000)] {
        let answer = world.one.introspect(&world, token).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, INACTIVE), "{token}");
        assert!(answer.header("cache-control").contains("no-store"));
    }
    world.advance(86_400);
    assert_eq!(world.one.introspect(&world, &tokens.access).await.body, INACTIVE, "expired at this very second");
    let rotated = world.one.refresh(&world, &tokens.refresh).await.tokens();
    assert_eq!(world.one.introspect(&world, &tokens.refresh).await.body, INACTIVE, "rotated away");
    world.one.revoke(&world, &rotated.refresh).await;
    assert_eq!(world.one.introspect(&world, &rotated.access).await.body, INACTIVE);
    assert_eq!(world.one.introspect(&world, &rotated.refresh).await.body, INACTIVE);
}

#[tokio::test]
async fn req_019_tokens_of_a_stopped_app_are_inactive_and_its_requests_refused() {
    for what in ["app", "owner", "deleted"] {
        let world = World::new().await;
        let server = world.resource_server(&format!("{ISSUER}/api/v1")).await;
        let tokens = world.one.tokens(&world).await;
        world.strike(what).await;
        let request = with_header(Form::of(&[("token", &tokens.access)]).post(INTROSPECT), "authorization", &server);
        assert_eq!(world.send(request).await.body, INACTIVE, "{what}");
        assert_eq!(
            world.one.introspect(&world, &tokens.access).await.error(),
            (401, "invalid_client".to_owned()),
            "{what}"
        );
        assert_eq!(
            world.one.refresh(&world, &tokens.refresh).await.error(),
            (401, "invalid_client".to_owned()),
            "{what}"
        );
    }
}

#[tokio::test]
async fn req_079_introspection_needs_a_token_once_and_by_post() {
    let world = World::new().await;
    for form in [Form::default(), Form::of(&[("token", "x"), ("token", "y")])] {
        assert_eq!(world.send(form.post_to(INTROSPECT, &world.one)).await.error(), (400, "invalid_request".to_owned()));
    }
    assert_eq!(world.send(request("GET", INTROSPECT)).await.status, StatusCode::METHOD_NOT_ALLOWED);
    let json =
        with_header(post(INTROSPECT, "application/json", r#"{"token":"x"}"#), "authorization", &world.one.basic());
    assert!(matches!(world.send(json).await.status.as_u16(), 400 | 415));
}

#[tokio::test]
async fn req_124_whoever_guesses_a_secret_is_limited_before_anything_is_read() {
    for world in World::on_each_database().await {
        let tokens = world.one.tokens(&world).await;
        let form = Form::of(&[("token", &tokens.access)]);
        // A secret of the right form, so that it would be looked up.
        let wrong = basic(&world.one.client_id, world.two.secret.as_deref().expect("a secret"));
        let mut failures = 0;
        let limited = loop {
            let answer = world.send(with_header(form.post(INTROSPECT), "authorization", &wrong)).await;
            if answer.status == StatusCode::TOO_MANY_REQUESTS {
                break answer;
            }
            assert_eq!(answer.error(), (401, "invalid_client".to_owned()));
            failures += 1;
            assert!(failures < 1000, "no limit");
        };
        assert!(limited.header("retry-after").parse::<u32>().expect("seconds") > 0, "{limited:?}");
        world.store.clone().close().await.expect("closed");
        let answer = world.one.introspect(&world, &tokens.access).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "the database was asked: {answer:?}");
        let other = world.two.introspect(&world, &tokens.access).await;
        assert!(other.status.is_server_error(), "this one would have needed it: {other:?}");
    }
}
