//! `/api/v1`: PROTOCOL section G, 82 to 84 and 87.

use http::{Method, Request, StatusCode};

use axum::body::Body;

use crate::oauth::request::{Form, get, post, request, with_header, with_token};
use crate::oauth::world::{ISSUER, World};

const WHOAMI: &str = "/api/v1/whoami";
const ORGANIZATION: &str = "/api/v1/organization";

fn rename(name: &str) -> Request<Body> {
    let mut request = post(ORGANIZATION, "application/json", serde_json::json!({ "name": name }).to_string());
    *request.method_mut() = Method::PATCH;
    request
}

#[tokio::test]
async fn req_082_without_a_token_the_challenge_is_bare() {
    let world = World::new().await;
    for request in
        [get(WHOAMI), get(ORGANIZATION), rename("x"), with_header(get(WHOAMI), "authorization", &world.one.basic())]
    {
        let answer = world.send(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with("Bearer realm=") && !challenge.contains("error"), "{challenge}");
        assert!(!answer.text("message").is_empty());
    }
}

#[tokio::test]
async fn req_082_a_bad_token_is_invalid_token() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    for token in ["x", &tokens.refresh, "ptcot_", &format!("{}==", tokens.access)] {
        let answer = world.send(with_token(get(WHOAMI), token)).await;
        assert_eq!(answer.error(), (401, "invalid_token".to_owned()), "{token}");
        assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""), "{answer:?}");
        assert_eq!(answer.text("message"), answer.text("error_description"));
    }
    world.advance(86_400);
    assert_eq!(world.whoami(&tokens.access).await.error(), (401, "invalid_token".to_owned()), "expired");
}

#[tokio::test]
async fn req_146_a_challenge_leads_to_the_metadata_of_the_api() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    let document = format!("{ISSUER}/.well-known/oauth-protected-resource/api/v1");
    for request in [
        get(WHOAMI),
        with_token(get(WHOAMI), "x"),
        with_token(rename("x"), &tokens.access),
        with_header(get(WHOAMI), "authorization", "Bearer"),
    ] {
        let answer = world.send(request).await;
        let challenge = answer.header("www-authenticate");
        assert!(challenge.ends_with(&format!(", resource_metadata=\"{document}\"")), "{challenge}");
    }
}

#[tokio::test]
async fn errors_have_the_shape_of_apieras_document_and_of_rfc_6750() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    for (request, status, error, message) in [
        (with_token(get(WHOAMI), "x"), 401, "invalid_token", "The access token is invalid"),
        (with_token(rename("x"), &tokens.access), 403, "insufficient_scope", "Insufficient permissions"),
    ] {
        let answer = world.send(request).await;
        assert_eq!(answer.error(), (status, error.to_owned()));
        assert!(answer.text("message").starts_with(message), "{answer:?}");
        assert_eq!(answer.text("message"), answer.text("error_description"));
        assert!(answer.header("www-authenticate").contains(&format!("error=\"{error}\"")), "{answer:?}");
    }
}

#[tokio::test]
async fn req_082_a_missing_scope_is_told_with_the_one_that_is_needed() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    let answer = world.send(with_token(rename("New"), &tokens.access)).await;
    assert_eq!(answer.error(), (403, "insufficient_scope".to_owned()));
    let challenge = answer.header("www-authenticate");
    assert!(challenge.contains("error=\"insufficient_scope\"") && challenge.contains("scope=\"admin\""), "{challenge}");
    let writer = world.writer.tokens(&world).await;
    let answer = world.send(with_token(get(ORGANIZATION), &writer.access)).await;
    assert_eq!(answer.error(), (403, "insufficient_scope".to_owned()), "whoami needs no scope, this does");
    assert_eq!(world.whoami(&writer.access).await.status, StatusCode::OK);
}

#[tokio::test]
async fn req_082_a_malformed_request_is_400() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    let header = format!("Bearer {}", tokens.access);
    for value in [
        "Bearer",
        "Bearer ",
        &format!("Bearer  {}", tokens.access),
        &format!("Bearer\t{}", tokens.access),
        &format!("{header} x"),
        &format!("{header},x"),
    ] {
        let answer = world.send(with_header(get(WHOAMI), "authorization", value)).await;
        assert_eq!(answer.error(), (400, "invalid_request".to_owned()), "{value}");
    }
    let twice = with_token(with_token(get(WHOAMI), &tokens.access), &tokens.access);
    assert_eq!(world.send(twice).await.error(), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn req_083_a_token_comes_in_the_header_and_nowhere_else() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    let query = format!("{WHOAMI}?access_token={}", tokens.access);
    for request in [get(&query), with_token(get(&query), &tokens.access)] {
        assert_eq!(world.send(request).await.error(), (400, "invalid_request".to_owned()));
    }
    let form = Form::of(&[("access_token", &tokens.access)]);
    let mut in_body = form.post(ORGANIZATION);
    *in_body.method_mut() = Method::PATCH;
    assert_eq!(world.send(in_body).await.status, StatusCode::UNAUTHORIZED, "the body is no place for a token");
    let mut both = with_token(form.post(ORGANIZATION), &tokens.access);
    *both.method_mut() = Method::PATCH;
    assert_eq!(world.send(both).await.error(), (400, "invalid_request".to_owned()));
    // A GET has no form, whatever type a client names with every request.
    let named = with_header(get(WHOAMI), "content-type", "application/x-www-form-urlencoded");
    assert_eq!(world.send(with_token(named, &tokens.access)).await.status, StatusCode::OK);
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        let answer =
            world.send(with_header(get(WHOAMI), "authorization", &format!("{scheme} {}", tokens.access))).await;
        assert_eq!(answer.status, StatusCode::OK, "{scheme}");
    }
}

#[tokio::test]
async fn req_084_no_other_channel_presents_a_token() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    for (name, value) in [
        ("authorization", format!("Basic {}", crate::oauth::world::base64(&format!("x:{}", tokens.access)))),
        ("authorization", format!("Basic {}", crate::oauth::world::base64(&format!("{}:x", tokens.access)))),
        ("authorization", format!("token {}", tokens.access)),
        ("authorization", tokens.access.clone()),
        ("cookie", format!("access_token={}", tokens.access)),
        ("x-token", tokens.access.clone()),
        ("x-access-token", tokens.access.clone()),
        ("private-token", tokens.access.clone()),
    ] {
        let answer = world.send(with_header(get(WHOAMI), name, &value)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}");
    }
    let browser = world.browser(&world.admin).await;
    assert_eq!(browser.send(get(WHOAMI)).await.status, StatusCode::UNAUTHORIZED, "a session is no token");
}

#[tokio::test]
async fn req_087_a_token_that_was_cut_lengthened_or_changed_is_refused() {
    let world = World::new().await;
    let token = world.one.tokens(&world).await.access;
    let flipped: String = token
        .chars()
        .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    let mut last_changed = token.clone();
    let last = last_changed.pop().expect("a character");
    last_changed.push(if last == '0' { '1' } else { '0' });
    for changed in [
        &token[..token.len() - 1],
        &format!("{token}0"),
        &token.replacen("ptcot_", "ptcor_", 1),
        &token.replacen("ptcot_", "fot_", 1),
        &token["ptcot_".len()..],
        &flipped,
        &last_changed,
    ] {
        assert_eq!(world.whoami(changed).await.error(), (401, "invalid_token".to_owned()), "{changed}");
    }
    assert_eq!(world.whoami(&token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn req_085_a_token_for_another_audience_is_refused() {
    let world = World::new().await;
    let request = world.one.request().and("resource", "https://api.example");
    let tokens = world.one.tokens_for(&world, &request).await;
    assert_eq!(
        world.whoami(&tokens.access).await.status,
        StatusCode::OK,
        "a listed audience without a resource server is ours"
    );
    world.resource_server("https://api.example").await;
    assert_eq!(world.whoami(&tokens.access).await.error(), (401, "invalid_token".to_owned()));
}

#[tokio::test]
async fn whoami_says_what_the_token_is() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    let app = world.whoami(&tokens.access).await;
    let body = app.json();
    assert_eq!(body["organization"]["id"], world.target.to_string());
    assert_eq!(body["organization"]["name"], "Target");
    assert_eq!(body["app"]["client_id"], world.one.client_id);
    assert_eq!((body["actor"].as_str(), body["scope"].as_str()), (Some("app"), Some("read")));
    assert!(body["user"].is_null() && body["expires_at"].is_i64(), "{body}");
    assert!(app.header("cache-control").contains("no-store"));

    let myself = world.one.tokens_for(&world, &world.one.request().with("actor", "self")).await;
    let body = world.whoami(&myself.access).await.json();
    assert_eq!((body["actor"].as_str(), body["user"]["name"].as_str()), (Some("self"), Some("ada")), "{body}");
}

#[tokio::test]
async fn an_organization_is_shown_and_renamed_by_the_right_scopes() {
    let world = World::new().await;
    let tokens = world.keeper.tokens(&world).await;
    let shown = world.send(with_token(get(ORGANIZATION), &tokens.access)).await;
    assert_eq!((shown.status, shown.text("name")), (StatusCode::OK, "Target".to_owned()));
    let renamed = world.send(with_token(rename("  Target & Co  "), &tokens.access)).await;
    assert_eq!((renamed.status, renamed.text("name")), (StatusCode::OK, "Target & Co".to_owned()), "{renamed:?}");
    assert_eq!(world.whoami(&tokens.access).await.json()["organization"]["name"], "Target & Co");
    assert!(world.audited("organization.updated").await);
    for body in
        ["{}", "[]", "{", r#"{"name":1}"#, r#"{"name":"x","slug":"y"}"#, r#"{"name":""}"#, r#"{"name":"a\u0000b"}"#]
    {
        let mut request = with_token(post(ORGANIZATION, "application/json", body), &tokens.access);
        *request.method_mut() = Method::PATCH;
        assert_eq!(world.send(request).await.error(), (400, "invalid_request".to_owned()), "{body}");
    }
    let long = world.send(with_token(rename(&"x".repeat(1_000)), &tokens.access)).await;
    assert_eq!(long.error(), (400, "invalid_request".to_owned()));
    for method in ["POST", "PUT", "DELETE"] {
        let answer = world.send(with_token(request(method, ORGANIZATION), &tokens.access)).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
}

#[tokio::test]
async fn req_075_a_role_limits_what_a_scope_allows() {
    let world = World::new().await;
    let tokens = world.keeper.tokens_for(&world, &world.keeper.request().with("actor", "self")).await;
    assert_eq!(world.send(with_token(rename("One"), &tokens.access)).await.status, StatusCode::OK);
    world.set_role(&world.admin, world.target, "developer").await;
    assert_eq!(
        world.send(with_token(rename("Two"), &tokens.access)).await.error(),
        (403, "insufficient_scope".to_owned())
    );
    assert_eq!(world.send(with_token(get(ORGANIZATION), &tokens.access)).await.status, StatusCode::OK);
}
