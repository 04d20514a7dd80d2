use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::oauth::fixture::{AUDIENCE, ISSUER, client, organization, scopes};
use crate::scope::Catalogue;
use crate::token_policy::TokenPolicy;

const NOW: Timestamp = Timestamp(1_800_000_000_999);
const SECONDS: i64 = 1_800_000_000;

fn issue(policy: &TokenPolicy) -> Issue {
    let granted = scopes("read posts:write openid");
    Issue::new(policy, (granted.clone(), granted), (AUDIENCE, &Catalogue::shipped()), NOW, NOW)
}

fn claims_for(actor: ActorMode, user: Option<UserId>) -> AccessClaims {
    let client = client();
    let holder = Holder { client_id: &client.client_id, organization: organization(7), actor, user };
    AccessClaims::new(ISSUER, AccessTokenId(Uuid::from_u128(9)), &holder, &issue(&TokenPolicy::apiera()), NOW)
        .expect("it ends")
}

fn object(claims: &AccessClaims) -> Map<String, Value> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(map)) => map,
        other => panic!("{other:?}"),
    }
}

#[test]
fn req_061_the_claims_of_rfc_9068_and_the_platforms_own() {
    assert_eq!(
        Value::Object(object(&claims_for(ActorMode::App, None))),
        json!({
            "iss": ISSUER, "sub": "ptcapp_C1", "aud": AUDIENCE, "exp": SECONDS + 86_400, "iat": SECONDS,
            "jti": "00000000-0000-0000-0000-000000000009", "client_id": "ptcapp_C1",
            "scope": "openid posts:write read", "org_id": "org_00000000-0000-0000-0000-000000000007",
            "actor": "app", "permissions": ["read", "write"],
        })
    );
}

#[test]
fn req_061_the_subject_is_the_client_id_or_a_persons_id_and_the_two_cannot_be_equal() {
    let user = UserId(Uuid::from_u128(5));
    assert_eq!(claims_for(ActorMode::Myself, Some(user)).sub, user.to_string());
    let sub = claims_for(ActorMode::App, None).sub;
    assert_eq!(sub, client().client_id.as_str());
    assert!(sub.parse::<UserId>().is_err(), "no client id reads as a person's id");
}

#[test]
fn a_token_that_never_ends_is_never_a_jwt() {
    let client = client();
    let (client_id, actor) = (&client.client_id, ActorMode::App);
    let holder = Holder { client_id, organization: organization(7), actor, user: None };
    let jti = AccessTokenId(Uuid::from_u128(9));
    assert_eq!(AccessClaims::new(ISSUER, jti, &holder, &issue(&TokenPolicy::fera()), NOW), None);
}

#[test]
fn req_086_claims_that_are_missing_foreign_or_of_the_future_are_refused() {
    let good = claims_for(ActorMode::App, None);
    let read = |name: &str, value: Option<Value>| {
        let mut map = object(&good);
        match value {
            Some(value) => map.insert(name.to_owned(), value),
            None => map.remove(name),
        };
        AccessClaims::read(map, ISSUER, NOW)
    };
    assert_eq!(read("x", Some(json!(1))), Some(good.clone()), "more claims are no harm");
    for name in ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"] {
        assert_eq!(read(name, None), None, "{name} is missing");
    }
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!(format!("{ISSUER}/"))),
        ("aud", json!([AUDIENCE])),
        ("aud", json!(7)),
        ("exp", json!("soon")),
        ("exp", json!(1.8e9)),
        ("exp", json!(SECONDS - 1)),
        ("iat", json!(SECONDS + 61)),
        ("nbf", json!(SECONDS + 61)),
        ("nbf", json!("now")),
        ("jti", json!("x")),
        ("jti", json!("")),
    ] {
        assert_eq!(read(name, Some(value.clone())), None, "{name} {value}");
    }
    for (name, value) in [("nbf", json!(SECONDS + 60)), ("iat", json!(SECONDS + 60))] {
        assert!(read(name, Some(value)).is_some(), "{name}: a clock that runs ahead a little");
    }
}

#[test]
fn req_086_at_the_second_of_its_end_it_is_over() {
    let claims = claims_for(ActorMode::App, None);
    assert!(!claims.is_over(Timestamp((SECONDS + 86_400) * 1000 - 1)));
    assert!(claims.is_over(Timestamp((SECONDS + 86_400) * 1000)));
}
