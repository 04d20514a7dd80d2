//! Access tokens that are JWTs: PROTOCOL 85, 86 and 88, and RFC 9068.

use std::net::TcpListener;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::entity::retired_key;
use domain::jwt::{SigningAlgorithm, TokenKind};
use http::StatusCode;
use sea_orm::{EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::client_credentials::{asking, installed};
use super::id_token::{exchanged, part};
use super::request::{Form, get, with_header};
use super::world::{ISSUER, Party, World};
use crate::harness::keep;

const INACTIVE: &str = r#"{"active":false}"#;

async fn token(world: &World, party: &Party) -> String {
    world.send(asking("target").post_as(party)).await.text("access_token")
}

/// `header` and `claims` with `signature`, encoded.
fn compact(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", encode(header), encode(claims), URL_SAFE_NO_PAD.encode(signature))
}

/// HMAC-SHA-256 (RFC 2104).
fn hmac(key: &[u8], message: &str) -> Vec<u8> {
    let mut block = [0u8; 64];
    let short = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
    block[..short.len()].copy_from_slice(&short);
    let pad = |byte: u8| block.map(|one| one ^ byte);
    let inner = Sha256::digest([pad(0x36).as_slice(), message.as_bytes()].concat());
    Sha256::digest([pad(0x5c).as_slice(), &inner].concat()).to_vec()
}

/// A key pair of the test's own: it signs under any header.
struct Signer(RsaKeyPair);

impl Signer {
    fn new() -> Self {
        Self(RsaKeyPair::generate(KeySize::Rsa2048).expect("a pair"))
    }

    /// A token whose signature holds for this key.
    fn sign(&self, header: &Value, claims: &Value) -> String {
        let unsigned = compact(header, claims, b"");
        let message = unsigned.trim_end_matches('.');
        let mut signature = vec![0; self.0.public_modulus_len()];
        let signed = self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature);
        signed.expect("signed");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The DER `RSAPublicKey` (RFC 8017 appendix A.1.1).
    fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// The public key as a token may bring it along (RFC 7518 section 6.3.1).
    fn jwk(&self, kid: &str) -> Value {
        // Nine bytes of DER, the 256 of the modulus, and the exponent 65537.
        let (modulus, exponent) = self.public()[9..].split_at(256);
        assert_eq!(exponent, [2_u8, 3, 1, 0, 1]);
        let modulus = URL_SAFE_NO_PAD.encode(modulus);
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": modulus, "e": "AQAB" })
    }
}

#[tokio::test]
async fn req_061_the_token_is_what_rfc_9068_says_and_its_key_is_published() {
    let world = World::new().await;
    let party = installed(&world, "apiera").await;
    let text = token(&world, &party).await;
    let header = part(&text, 0);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("at+jwt")));
    let keys = world.send(get("/.well-known/jwks.json")).await.json();
    assert!(keys["keys"].as_array().expect("keys").iter().any(|key| key["kid"] == header["kid"]));
    let (claims, now) = (part(&text, 1), world.store.now().unix_seconds());
    let jti = claims["jti"].as_str().expect("an id").to_owned();
    assert_eq!(
        claims,
        json!({
            "iss": ISSUER, "sub": party.client_id, "aud": format!("{ISSUER}/api/v1"), "exp": now + 86_400, "iat": now,
            "jti": jti, "client_id": party.client_id, "scope": "read write", "org_id": world.target.to_string(),
            "actor": "app", "permissions": ["read", "write"],
        })
    );
    assert_ne!(part(&token(&world, &party).await, 1)["jti"], jti, "each has its own");
    assert!(!world.stored(text.rsplit('.').next().expect("a signature")), "nothing of it is kept");
}

#[tokio::test]
async fn req_061_a_persons_token_has_his_id_as_subject() {
    let world = World::new().await;
    let party = installed(&world, "apiera").await;
    let request = party.request().with("actor", "self");
    let code = party.consent(&world, &request).await.sent_once("code");
    let answer = party.redeem(&world, &code).await;
    assert!(answer.json()["refresh_token"].is_null(), "{answer:?}");
    let claims = part(&answer.text("access_token"), 1);
    assert_eq!((&claims["sub"], &claims["actor"]), (&json!(world.admin.id.to_string()), &json!("self")));
    let seen = world.whoami(&answer.text("access_token")).await.json();
    assert_eq!((seen["actor"].as_str(), seen["user"]["name"].as_str()), (Some("self"), Some("ada")));
    world.set_scopes(&party, &["write"]).await;
    assert_eq!(world.whoami(&answer.text("access_token")).await.text("scope"), "", "what it may do now counts");
}

#[tokio::test]
async fn req_086_a_jwt_that_is_wrong_in_any_way_is_refused() {
    let world = World::new().await;
    let party = installed(&world, "apiera").await;
    let good = token(&world, &party).await;
    let (header, claims, now) = (part(&good, 0), part(&good, 1), world.store.now().unix_seconds());
    let signed = async |name: &str, value: Value| {
        let mut claims = claims.clone();
        if value.is_null() {
            claims.as_object_mut().expect("an object").remove(name);
        } else {
            claims[name] = value;
        }
        world.store.sign(SigningAlgorithm::Rs256, TokenKind::AccessToken, &claims).await.expect("signed")
    };
    let with = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        header
    };
    let keys = world.send(get("/.well-known/jwks.json")).await.json();
    let public = keys["keys"][0]["n"].as_str().or(keys["keys"][0]["x"].as_str()).expect("a public key").to_owned();
    let unsigned = compact(&with("alg", json!("HS256")), &claims, b"");
    let message = unsigned.trim_end_matches('.').to_owned();
    let elsewhere = World::new().await;
    let foreign = elsewhere.store.sign(SigningAlgorithm::Rs256, TokenKind::AccessToken, &claims).await.expect("signed");
    let own_signature = good.rsplit('.').next().expect("one");
    let stranger = Signer::new();
    let embedded = with("jwk", stranger.jwk("stranger"));
    let mut of_its_own = embedded.clone();
    of_its_own["kid"] = json!("stranger");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("nobody waits for it");
    let address = json!(format!("http://{}/keys", listener.local_addr().expect("its address")));
    let as_typ = async |kind| world.store.sign(SigningAlgorithm::Rs256, kind, &claims).await.expect("signed");
    let mut wider = claims.clone();
    wider["scope"] = json!("read write admin");
    for (what, text) in [
        ("none", compact(&with("alg", json!("none")), &claims, b"")),
        ("None", compact(&with("alg", json!("None")), &claims, b"")),
        (
            "HS256 with the public key",
            format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac(public.as_bytes(), &message))),
        ),
        ("another key", foreign),
        ("another key under our kid", stranger.sign(&header, &claims)),
        ("an embedded key that signed it", stranger.sign(&embedded, &claims)),
        ("an embedded key under its own kid", stranger.sign(&of_its_own, &claims)),
        ("a key's address", stranger.sign(&with("jku", address.clone()), &claims)),
        ("a certificate's address", stranger.sign(&with("x5u", address), &claims)),
        ("other claims", compact(&header, &wider, &URL_SAFE_NO_PAD.decode(own_signature).expect("base64url"))),
        ("an ID token's type", as_typ(TokenKind::IdToken).await),
        ("no exp", signed("exp", Value::Null).await),
        ("exp as text", signed("exp", json!("tomorrow")).await),
        ("nbf to come", signed("nbf", json!(now + 61)).await),
        ("iat to come", signed("iat", json!(now + 61)).await),
        ("another issuer", signed("iss", json!("https://evil.example")).await),
        ("no issuer", signed("iss", Value::Null).await),
        ("another audience", signed("aud", json!("https://api.example")).await),
        ("two audiences", signed("aud", json!([format!("{ISSUER}/api/v1")])).await),
        ("no jti", signed("jti", Value::Null).await),
        ("nobody's jti", signed("jti", json!("0190b7a2-0000-7000-8000-000000000000")).await),
        ("no signature", good.rsplit_once('.').expect("parts").0.to_owned()),
        ("an empty signature", format!("{}.", good.rsplit_once('.').expect("parts").0)),
        ("a byte less", good[..good.len() - 1].to_owned()),
        ("a fourth part", format!("{good}.x")),
        ("a dot", ".".to_owned()),
    ] {
        let answer = world.whoami(&text).await;
        assert_eq!(answer.error(), (401, "invalid_token".to_owned()), "{what}: {answer:?}");
        assert_ne!(answer.text("message"), "Token has expired", "{what}");
        assert_eq!(party.introspect(&world, &text).await.body, INACTIVE, "{what}");
        assert_eq!(party.revoke(&world, &text).await.status, StatusCode::OK, "{what}");
    }
    assert_eq!(world.whoami(&good).await.status, StatusCode::OK);
    assert!(listener.accept().is_err(), "somebody came for a key");
}

#[tokio::test]
async fn req_086_req_102_what_no_header_may_have_is_refused_although_a_key_of_ours_signed_it() {
    let world = World::new().await;
    let party = world.openid_party("https://rp.example/cb").await;
    let claims = part(&exchanged(&world, &party, None).await.text("id_token"), 1);
    // The keys that sign now never leave the store. Of a retired one only the public half is kept. It verifies hints,
    // whose headers are read as those of every token are.
    let (retired, kid) = (Signer::new(), "retired");
    let row = retired_key::Model {
        kid: kid.to_owned(),
        algorithm: SigningAlgorithm::Rs256,
        public_key: retired.public().to_vec(),
        published_until: world.store.now(),
    };
    let kept = retired_key::Entity::insert(row.into_active_model()).exec_without_returning(world.store.writer()).await;
    kept.expect("a retired key");
    keep(&world.store);
    let answered = async |header: &Value| {
        let hint = retired.sign(header, &claims);
        world.send(Form::of(&[("id_token_hint", &hint)]).get_request("/oauth/logout")).await.status
    };
    let good = json!({ "alg": "RS256", "typ": "JWT", "kid": kid });
    assert_eq!(answered(&good).await, StatusCode::OK, "its signature holds");
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(true)),
        ("jwk", retired.jwk(kid)),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/keys")),
        ("x5c", json!([])),
        ("zip", json!("DEF")),
        ("alg", json!("none")),
        ("alg", json!("RS384")),
        ("typ", json!("at+jwt")),
        ("kid", json!("another")),
    ] {
        let mut header = good.clone();
        header[name] = value;
        assert_eq!(answered(&header).await, StatusCode::BAD_REQUEST, "{header}");
    }
}

#[tokio::test]
async fn req_085_no_other_kind_of_token_is_an_access_token() {
    let world = World::new().await;
    let rp = world.openid_party("https://rp.example/cb").await;
    let answer = exchanged(&world, &rp, None).await;
    let refused = world.whoami(&answer.text("id_token")).await;
    assert_eq!(refused.error(), (401, "invalid_token".to_owned()));
    world.advance(86_400);
    assert_ne!(world.whoami(&answer.text("id_token")).await.text("message"), "Token has expired");
    let party = installed(&world, "apiera").await;
    let elsewhere = world.send(asking("target").and("audience", "https://api.example").post_as(&party)).await;
    let elsewhere = elsewhere.text("access_token");
    assert_eq!(world.whoami(&elsewhere).await.status, StatusCode::OK, "listed, and nobody else's");
    world.resource_server("https://api.example").await;
    assert_eq!(world.whoami(&elsewhere).await.error(), (401, "invalid_token".to_owned()));
    world.advance(86_400);
    assert_ne!(world.whoami(&elsewhere).await.text("message"), "Token has expired", "it never was good here");
}

#[tokio::test]
async fn an_expired_token_is_told_so_in_the_words_of_apieras_document() {
    let world = World::new().await;
    let party = installed(&world, "apiera").await;
    let opaque = installed(&world, "standard").await;
    let (jwt, opaque) = (token(&world, &party).await, token(&world, &opaque).await);
    world.advance(86_399);
    for text in [&jwt, &opaque] {
        assert_eq!(world.whoami(text).await.status, StatusCode::OK);
    }
    world.advance(1);
    for text in [&jwt, &opaque] {
        let answer = world.whoami(text).await;
        assert_eq!(answer.error(), (401, "invalid_token".to_owned()));
        assert_eq!(answer.text("message"), "Token has expired");
        assert_eq!(answer.text("error_description"), "Token has expired");
        let challenge = answer.header("www-authenticate");
        assert!(challenge.contains("error=\"invalid_token\", error_description=\"Token has expired\""), "{challenge}");
        assert_eq!(party.introspect(&world, text).await.body, INACTIVE);
    }
}

#[tokio::test]
async fn req_078_req_088_a_revoked_jwt_is_dead_at_once_here_and_on_another_node() {
    for world in World::on_each_database().await {
        let node = world.other_node().await;
        let nodes: Vec<_> = std::iter::once(&world).chain(&node).collect();
        let party = installed(&world, "apiera").await;
        let (kept, revoked) = (token(&world, &party).await, token(&world, &party).await);
        for &at in &nodes {
            assert_eq!(at.whoami(&revoked).await.status, StatusCode::OK);
        }
        let last = node.as_ref().unwrap_or(&world);
        assert_eq!(party.revoke(last, &revoked).await.status, StatusCode::OK);
        for &at in &nodes {
            assert_eq!(at.whoami(&revoked).await.error(), (401, "invalid_token".to_owned()));
            assert_eq!(party.introspect(at, &revoked).await.body, INACTIVE);
            assert!(at.store.verify(TokenKind::AccessToken, &revoked).is_ok(), "its signature still holds");
            assert_eq!(at.whoami(&kept).await.status, StatusCode::OK);
        }
        world.revoke_installs(&party, false).await;
        for &at in &nodes {
            assert_eq!(at.whoami(&kept).await.error(), (401, "invalid_token".to_owned()));
        }
    }
}

#[tokio::test]
async fn req_080_a_jwt_is_introspected_as_an_opaque_token_is() {
    let world = World::new().await;
    let party = installed(&world, "apiera").await;
    let text = token(&world, &party).await;
    let (header, claims) = (part(&text, 0), part(&text, 1));
    assert_eq!(header["typ"], "at+jwt");
    let own = party.introspect(&world, &text).await.json();
    for name in ["iss", "sub", "aud", "exp", "iat", "client_id", "scope"] {
        assert_eq!(own[name], claims[name], "{name}");
    }
    assert_eq!((&own["active"], &own["organization"]), (&json!(true), &claims["org_id"]));
    assert_eq!(world.one.introspect(&world, &text).await.body, INACTIVE, "another app's");
    let ask = async |audience: &str| {
        let server = world.resource_server(audience).await;
        let form = Form::of(&[("token", &text)]);
        world.send(with_header(form.post("/oauth/introspect"), "authorization", &server)).await
    };
    assert_eq!(ask("https://api.example").await.body, INACTIVE, "another audience's server");
    assert_eq!(ask(&format!("{ISSUER}/api/v1")).await.json()["active"], json!(true));
}
