//! CORS and discovery: PROTOCOL 38 and 64.

use axum::Router;
use axum::body::Body;
use domain::client::AuthMethod;
use domain::portal::NewApp;
use domain::review::{ReviewStatus, Verdict};
use domain::store::By;
use http::{Request, StatusCode};

use super::request::{Form, get, request, with_header};
use super::world::{ISSUER, World, scopes};
use crate::harness::{TestApp, send};

const METADATA: &str = "/.well-known/oauth-authorization-server";

fn preflight(path: &str, origin: &str) -> Request<Body> {
    let asked = with_header(request("OPTIONS", path), "origin", origin);
    with_header(asked, "access-control-request-method", "POST")
}

/// Whether a page of `origin` may ask for tokens, and give them back.
async fn open_to(router: &Router, origin: &str) -> [bool; 2] {
    let open = async |path: &str| {
        send(router, preflight(path, origin)).await.headers.contains_key("access-control-allow-origin")
    };
    [open("/oauth/token").await, open("/oauth/revoke").await]
}

/// An app that runs in the browser.
fn browser_app(uri: &str) -> NewApp {
    NewApp {
        name: "Page".to_owned(),
        auth_method: AuthMethod::None,
        redirect_uris: vec![uri.to_owned()],
        scopes: scopes(&["read"]),
        ..NewApp::default()
    }
}

#[tokio::test]
async fn req_038_the_metadata_lists_s256_alone() {
    let world = World::new().await;
    let answer = world.send(get(METADATA)).await;
    assert_eq!(answer.status, StatusCode::OK);
    let document = answer.json();
    assert_eq!(document["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    for (name, path) in [
        ("authorization_endpoint", "/oauth/authorize"),
        ("token_endpoint", "/oauth/token"),
        ("revocation_endpoint", "/oauth/revoke"),
        ("introspection_endpoint", "/oauth/introspect"),
    ] {
        assert_eq!(document[name], format!("{ISSUER}{path}"));
    }
}

#[tokio::test]
async fn req_135_the_host_header_builds_no_link() {
    let world = World::new().await;
    let spoofed = with_header(get(METADATA), "host", "evil.example");
    let answer = world.send(with_header(spoofed, "x-forwarded-host", "evil.example")).await;
    assert_eq!(answer.json()["issuer"], ISSUER);
    assert!(!answer.body.contains("evil.example"));
}

#[tokio::test]
async fn req_064_discovery_is_for_everybody() {
    let world = World::new().await;
    let answer = world.send(with_header(get(METADATA), "origin", "https://any.example")).await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    for path in [METADATA, "/.well-known/jwks.json", "/.well-known/oauth-protected-resource/api/v1"] {
        let asked = with_header(request("OPTIONS", path), "origin", "https://any.example");
        let asked = with_header(asked, "access-control-request-method", "GET");
        let answer = world.send(with_header(asked, "access-control-request-headers", "x-version")).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(answer.header("access-control-allow-headers"), "*, authorization", "{path}");
    }
}

#[tokio::test]
async fn req_005_req_064_a_page_on_this_machine_is_known_on_every_port() {
    let world = World::new().await;
    let party = world.register(browser_app("http://127.0.0.1:4000/cb")).await;
    let router = world.router();
    for (origin, open) in [
        ("http://127.0.0.1:4000", true),
        ("http://127.0.0.1:5173", true),
        ("http://127.0.0.1", true),
        ("http://127.0.0.1:0", false),
        ("http://127.0.0.1.evil.example", false),
        ("http://127.0.0.10", false),
        ("http://[::1]:5173", false),
        ("https://127.0.0.1:5173", false),
    ] {
        assert_eq!(open_to(&router, origin).await, [open; 2], "{origin}");
        let exchange = party.exchange(&party.code(&world).await).post_as(&party);
        let answer = world.send(with_header(exchange, "origin", origin)).await;
        assert_eq!(answer.header("access-control-allow-origin"), if open { origin } else { "" }, "{answer:?}");
    }
}

#[tokio::test]
async fn req_064_a_page_reads_why_no_client_was_found_but_not_that_it_asked_too_often() {
    let world = World::new().await;
    let unknown = Form::of(&[("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", "ptcapp_none")]);
    for path in ["/oauth/token", "/oauth/revoke"] {
        for (origin, shared) in [("https://spa.example", true), ("https://evil.example", false)] {
            let answer = world.send(with_header(unknown.post(path), "origin", origin)).await;
            assert_eq!(answer.error().1, "invalid_client", "{answer:?}");
            assert_eq!(answer.header("access-control-allow-origin"), if shared { origin } else { "" }, "{answer:?}");
        }
    }
    let wrong = Form::of(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).post_as(&world.spa);
    let mut answer = world.send(with_header(wrong, "origin", "https://spa.example")).await;
    for _ in 0..200 {
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        assert_eq!(answer.header("access-control-allow-origin"), "https://spa.example", "{answer:?}");
        let wrong = Form::of(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).post_as(&world.spa);
        answer = world.send(with_header(wrong, "origin", "https://spa.example")).await;
    }
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{answer:?}");
    assert!(!answer.header("retry-after").is_empty(), "{answer:?}");
    assert!(!answer.headers.contains_key("access-control-allow-origin"), "it costs no statement: {answer:?}");
}

#[tokio::test]
async fn req_064_a_preflight_is_answered_to_origins_of_live_public_clients() {
    let world = World::new().await;
    for path in ["/oauth/token", "/oauth/revoke"] {
        let answer = world.send(preflight(path, "https://spa.example")).await;
        assert!(answer.status.is_success(), "{answer:?}");
        assert_eq!(answer.header("access-control-allow-origin"), "https://spa.example");
        assert!(answer.header("access-control-allow-methods").contains("POST"));
        assert!(answer.header("vary").to_ascii_lowercase().contains("origin"));
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        let refused = [
            "https://partner.example",
            "https://spa.example.evil.example",
            "https://spa.example:8443",
            "https://SPA.example",
            "https://spa.exampl",
            "https://spa_example",
            "https://%.example",
            "http://spa.example",
            "https://evil.example",
            "https://spa.example/",
            "com.example.app:",
            "null",
            "",
        ];
        for origin in refused {
            let answer = world.send(preflight(path, origin)).await;
            assert!(!answer.headers.contains_key("access-control-allow-origin"), "{origin}: {answer:?}");
        }
    }
    let answer = world.send(preflight("/oauth/introspect", "https://spa.example")).await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"), "introspection is for servers");
    world.suspend_app(&world.spa).await;
    let answer = world.send(preflight("/oauth/token", "https://spa.example")).await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"), "the app is not live");
}

#[tokio::test]
async fn req_064_no_preflight_is_answered_for_a_deleted_app_or_one_of_a_suspended_owner() {
    for what in ["deleted", "owner"] {
        let world = World::new().await;
        let router = world.router();
        assert_eq!(open_to(&router, "https://spa.example").await, [true; 2]);
        match what {
            "deleted" => world.delete_app(&world.spa).await,
            _ => world.suspend_organization(world.maker).await,
        }
        assert_eq!(open_to(&router, "https://spa.example").await, [false; 2], "{what}");
        let other = browser_app("https://spa.example/other");
        world.store.create_app(&By::operator(), world.target, other).await.expect("an app");
        assert_eq!(open_to(&router, "https://spa.example").await, [true; 2], "{what}: one live app is enough");
    }
}

#[tokio::test]
async fn req_064_no_preflight_is_answered_for_a_draft_until_it_is_approved() {
    let site = TestApp::with(&[("APP_REVIEW", "before_live")]).await;
    let maker = site.person("max").await;
    let owner = site.organization(maker, "Maker").await;
    let (router, by) = (site.router(), site.by(maker).await);
    let draft = site.store.create_app(&by, owner, browser_app("https://draft.example/cb")).await.expect("a draft").id;
    assert_eq!(open_to(&router, "https://draft.example").await, [false; 2]);
    site.store.submit_app(&by, owner, draft, None).await.expect("a draft");
    assert_eq!(open_to(&router, "https://draft.example").await, [false; 2], "nobody has approved it");
    let waits = site.store.reviews(ReviewStatus::Submitted, None).await.expect("answers").items;
    site.store.decide_review(&By::operator(), waits[0].id, Verdict::Approve, None).await.expect("waits");
    assert_eq!(open_to(&router, "https://draft.example").await, [true; 2]);
}

#[tokio::test]
async fn req_064_the_answer_is_shared_with_the_origins_of_its_own_client() {
    let world = World::new().await;
    for (party, origin, shared) in [
        (&world.spa, "https://spa.example", true),
        (&world.spa, "https://other.example", false),
        (&world.spa, "null", false),
        (&world.native, "https://spa.example", false),
        (&world.one, "https://partner.example", false),
        (&world.one, "https://spa.example", false),
    ] {
        let code = party.code(&world).await;
        let (exchange, token) = (party.exchange(&code), Form::of(&[("token", "x")]));
        // A page has to read its errors too.
        for (request, status) in [
            (exchange.post_as(party), 200),
            (exchange.post_as(party), 400),
            (token.post_to("/oauth/revoke", party), 200),
            (token.without("token").post_to("/oauth/revoke", party), 400),
        ] {
            let answer = world.send(with_header(request, "origin", origin)).await;
            assert_eq!(answer.status.as_u16(), status, "{}: {answer:?}", party.client_id);
            let expected = if shared { origin } else { "" };
            assert_eq!(answer.header("access-control-allow-origin"), expected, "{}: {answer:?}", party.client_id);
            assert!(!answer.headers.contains_key("access-control-allow-credentials"), "{answer:?}");
            assert!(answer.header("vary").to_ascii_lowercase().contains("origin"), "{answer:?}");
        }
    }
}
