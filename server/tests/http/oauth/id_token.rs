//! ID tokens at the token endpoint: PROTOCOL 89, 90, 96 and 99.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::client::AuthMethod;
use domain::entity::{access_token, refresh_token};
use domain::jwt::{SigningAlgorithm, TokenKind};
use domain::portal::NewApp;
use domain::time::Clock as _;
use http::StatusCode;
use sea_orm::EntityTrait;
use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha512};

use super::request::{Answer, get};
use super::world::{ISSUER, Party, World, openid_app};

/// The JSON of part `index` of a JWT.
pub(crate) fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

/// The admin allows `party` what it asks for, with `nonce`; the answer of the token endpoint.
pub(crate) async fn exchanged(world: &World, party: &Party, nonce: Option<&str>) -> Answer {
    let request = party.request();
    let request = nonce.map_or_else(|| request.clone(), |nonce| request.clone().and("nonce", nonce));
    let code = party.consent(world, &request).await.sent_once("code");
    let answer = party.redeem(world, &code).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer
}

#[tokio::test]
async fn req_089_an_id_token_is_signed_with_a_published_key_of_the_apps_algorithm() {
    let world = World::new().await;
    for &algorithm in SigningAlgorithm::ALL {
        let new = NewApp { id_token_signed_response_alg: algorithm, ..openid_app("https://rp.example/cb") };
        let party = world.register(new).await;
        let answer = exchanged(&world, &party, Some("n-0S6_WzA2Mj")).await;
        let (access, id_token) = (answer.text("access_token"), answer.text("id_token"));
        let header = part(&id_token, 0);
        assert_eq!((&header["alg"], &header["typ"]), (&algorithm.as_str().into(), &"JWT".into()));
        let keys = world.send(get("/.well-known/jwks.json")).await.json();
        let key = keys["keys"].as_array().expect("keys").iter().find(|key| key["kid"] == header["kid"]);
        assert_eq!(key.expect("a published key")["alg"], algorithm.as_str());
        assert!(world.store.verify(TokenKind::IdToken, &id_token).is_ok(), "the signature holds");
        let half = match algorithm {
            SigningAlgorithm::EdDsa => Sha512::digest(&access)[..32].to_vec(),
            _ => Sha256::digest(&access)[..16].to_vec(),
        };
        let now = world.store.now().unix_seconds();
        assert_eq!(
            part(&id_token, 1),
            serde_json::json!({
                "iss": ISSUER, "sub": world.admin.id.to_string(), "aud": party.client_id, "azp": party.client_id,
                "iat": now, "exp": now + 3600, "auth_time": now, "nonce": "n-0S6_WzA2Mj",
                "at_hash": URL_SAFE_NO_PAD.encode(half),
            })
        );
    }
}

#[tokio::test]
async fn req_133_every_moment_that_is_told_or_kept_is_the_stores_clocks() {
    let world = World::new().await;
    let party = world.openid_party("https://rp.example/cb").await;
    world.advance(86_400);
    let now = world.store.now();
    assert_ne!(now.unix_seconds() / 60, domain::time::SystemClock.now().unix_seconds() / 60);
    let claims = part(&exchanged(&world, &party, None).await.text("id_token"), 1);
    for name in ["iat", "auth_time"] {
        assert_eq!(claims[name], now.unix_seconds(), "{name}");
    }
    let tokens = access_token::Entity::find().all(world.store.reader()).await.expect("rows");
    let refreshes = refresh_token::Entity::find().all(world.store.reader()).await.expect("rows");
    let events = world.store.timeline_of_organization(world.target).await.expect("events");
    assert_eq!((tokens.len(), refreshes.len()), (1, 1));
    assert!(tokens.iter().all(|row| row.created_at == now) && refreshes.iter().all(|row| row.created_at == now));
    assert_eq!(events.first().expect("the issue").at, now);
}

#[tokio::test]
async fn req_089_sub_is_the_same_at_each_sign_in_and_auth_time_is_that_of_the_sign_in() {
    let world = World::new().await;
    let (one, two) =
        (world.openid_party("https://rp.example/cb").await, world.openid_party("https://other.example/cb").await);
    let first = part(&exchanged(&world, &one, None).await.text("id_token"), 1);
    world.advance(3600);
    for party in [&one, &two] {
        let claims = part(&exchanged(&world, party, None).await.text("id_token"), 1);
        assert_eq!(claims["sub"], first["sub"]);
        assert_eq!(claims["auth_time"].as_i64(), first["auth_time"].as_i64().map(|then| then + 3600));
    }
    let sub = first["sub"].as_str().expect("text");
    assert!(sub.len() <= 255 && sub.is_ascii() && sub != world.admin.email, "{sub}");
    // A sign-in of an hour ago is told as such.
    let mut browser = world.browser(&world.admin).await;
    world.advance(1800);
    let consent = browser.authorize(&one.request()).await;
    let code = browser.post(&consent, &world.allow()).await.sent_once("code");
    let claims = part(&one.redeem(&world, &code).await.text("id_token"), 1);
    assert_eq!(claims["iat"].as_i64(), claims["auth_time"].as_i64().map(|then| then + 1800));
}

#[tokio::test]
async fn req_090_a_nonce_comes_back_byte_for_byte_and_only_if_one_was_sent() {
    let world = World::new().await;
    let party = world.openid_party("https://rp.example/cb").await;
    let long = "x".repeat(128);
    for nonce in [long.as_str(), "%20+&=é\"<\\u0000", "0"] {
        let claims = part(&exchanged(&world, &party, Some(nonce)).await.text("id_token"), 1);
        assert_eq!(claims["nonce"], nonce);
    }
    for absent in [None, Some("")] {
        let claims = part(&exchanged(&world, &party, absent).await.text("id_token"), 1);
        assert!(claims.get("nonce").is_none(), "{claims}");
    }
}

#[tokio::test]
async fn req_090_a_confidential_client_completes_without_pkce_and_without_a_nonce() {
    let world = World::new().await;
    let new = NewApp {
        auth_method: AuthMethod::ClientSecretPost,
        pkce_required: false,
        token_policy: "financefeast".to_owned(),
        ..openid_app("https://rp.example/cb")
    };
    let party = world.register(new).await;
    let request = party.request().without("code_challenge").without("code_challenge_method");
    let code = party.consent(&world, &request).await.sent_once("code");
    let answer = world.send(party.exchange(&code).without("code_verifier").post_as(&party)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(part(&answer.text("id_token"), 1)["aud"], party.client_id);
}

#[tokio::test]
async fn req_096_without_openid_there_is_no_id_token() {
    let world = World::new().await;
    let code = world.one.code(&world).await;
    let answer = world.one.redeem(&world, &code).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.json().get("id_token").is_none(), "{answer:?}");
}

#[tokio::test]
async fn req_068_req_089_a_refresh_brings_no_id_token_and_repeats_itself_within_the_grace() {
    let world = World::new().await;
    let party = world.openid_party("https://rp.example/cb").await;
    let refresh = exchanged(&world, &party, Some("n")).await.text("refresh_token");
    let (first, again) = (party.refresh(&world, &refresh).await, party.refresh(&world, &refresh).await);
    assert_eq!(first.status, StatusCode::OK, "{first:?}");
    assert!(first.json().get("id_token").is_none(), "{first:?}");
    assert_eq!(first.json(), again.json());
}

#[tokio::test]
async fn req_085_an_id_token_is_no_access_token() {
    let world = World::new().await;
    let party = world.openid_party("https://rp.example/cb").await;
    let id_token = exchanged(&world, &party, None).await.text("id_token");
    assert_eq!(world.whoami(&id_token).await.error(), (401, "invalid_token".to_owned()));
    assert_eq!(party.introspect(&world, &id_token).await.json(), serde_json::json!({ "active": false }));
}
