//! The JWK set: PROTOCOL 64 and 100.

use domain::jwt::{SigningAlgorithm, TokenKind};
use domain::store::By;
use domain::store::keys::{JWKS_MAX_AGE_SECONDS, PUBLISHED_AHEAD_SECONDS};
use http::StatusCode;

use super::request::{get, request, with_header};
use super::world::World;

const JWKS: &str = "/.well-known/jwks.json";

#[tokio::test]
async fn req_100_the_set_is_cacheable_public_and_without_private_members() {
    let world = World::new().await;
    let answer = world.send(with_header(get(JWKS), "origin", "https://any.example")).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/json"));
    assert_eq!(answer.header("cache-control"), "public, max-age=3600");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    assert!(!answer.headers.contains_key("set-cookie"));
    let set = answer.json();
    let keys = set["keys"].as_array().expect("keys");
    let mut algorithms: Vec<_> = keys.iter().map(|key| key["alg"].as_str().expect("alg")).collect();
    algorithms.sort_unstable();
    assert_eq!(algorithms, ["ES256", "EdDSA", "RS256"]);
    for key in keys {
        assert_eq!(key["use"], "sig");
        for private in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
            assert!(key.get(private).is_none(), "{private} of {}", key["alg"]);
        }
    }
    assert_eq!(world.send(get(JWKS)).await.body, answer.body, "the set stays");
}

#[tokio::test]
async fn the_set_is_read_by_get_and_head_alone() {
    let world = World::new().await;
    let head = world.send(request("HEAD", JWKS)).await;
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let answer = world.send(request(method, JWKS)).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (StatusCode::METHOD_NOT_ALLOWED, "GET,HEAD,OPTIONS"),
            "{method}"
        );
    }
}

#[tokio::test]
async fn req_100_a_rotated_key_is_in_the_set_for_a_whole_cache_lifetime_before_it_signs() {
    let world = World::new().await;
    let store = &world.store;
    world.send(get(JWKS)).await;
    store.rotate_keys(&By::operator(), &[SigningAlgorithm::Rs256]).await.expect("rotated");
    let early = world.send(get(JWKS)).await.json();
    assert_eq!(early["keys"].as_array().map(Vec::len), Some(4));
    const { assert!(PUBLISHED_AHEAD_SECONDS > JWKS_MAX_AGE_SECONDS) };
    world.advance(PUBLISHED_AHEAD_SECONDS);
    let token = store.sign(SigningAlgorithm::Rs256, TokenKind::IdToken, &serde_json::json!({})).await.expect("signed");
    let header = token.split('.').next().expect("a header");
    let header = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, header).expect("base64url");
    let header: serde_json::Value = serde_json::from_slice(&header).expect("JSON");
    let known = early["keys"].as_array().expect("keys").iter().any(|key| key["kid"] == header["kid"]);
    assert!(known, "a client that kept the set knows the new key");
    let first = early["keys"].as_array().expect("keys").iter().find(|key| key["alg"] == "RS256").expect("the old key");
    assert_ne!(first["kid"], header["kid"]);
}
