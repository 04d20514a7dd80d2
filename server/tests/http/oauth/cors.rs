//! CORS and discovery: PROTOCOL 38 and 64.

use http::{Request, StatusCode};

use axum::body::Body;

use super::request::{get, request, with_header};
use super::world::{ISSUER, World};

const METADATA: &str = "/.well-known/oauth-authorization-server";

fn preflight(path: &str, origin: &str) -> Request<Body> {
    let asked = with_header(request("OPTIONS", path), "origin", origin);
    with_header(asked, "access-control-request-method", "POST")
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
        for request in [party.exchange(&code).post_as(party), party.exchange(&code).post_as(party)] {
            let answer = world.send(with_header(request, "origin", origin)).await;
            let expected = if shared { origin } else { "" };
            assert_eq!(answer.header("access-control-allow-origin"), expected, "{}: {answer:?}", party.client_id);
            assert!(answer.header("vary").to_ascii_lowercase().contains("origin"), "{answer:?}");
        }
    }
}
