//! `/oauth/token`: PROTOCOL sections C, D and E.

mod client_authentication;
mod code;

use http::StatusCode;
use serde_json::json;

use super::request::{Form, post, request, with_header};
use super::world::{World, basic};

const TOKEN: &str = "/oauth/token";
const FORM: &str = "application/x-www-form-urlencoded";

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
