//! The metadata of our own API (RFC 9728, requirements 101 and 146): crawled as discovery is, member by member.

use domain::paths;
use domain::portal::NewApp;
use http::StatusCode;
use serde_json::{Value, json};

use super::request::{Form, get, with_header, with_token};
use super::world::{ISSUER, World, openid_app, scopes};

const RP: &str = "https://rp.example/cb";

async fn document(world: &World) -> Value {
    let request = with_header(get(paths::PROTECTED_RESOURCE_METADATA), "origin", "https://any.example");
    let answer = world.send(request).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (StatusCode::OK, "*"));
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(answer.header("cache-control").contains("max-age="), "{answer:?}");
    answer.json()
}

/// An access token with `scope` for `resource`, by the admin's consent.
async fn token(world: &World, scope: &str, resource: &str) -> String {
    let party = world.register(NewApp { scopes: scopes(&[scope]), ..openid_app(RP) }).await;
    let request = party.request().with("scope", scope).and("resource", resource);
    let code = party.consent(world, &request).await.sent_once("code");
    party.redeem(world, &code).await.text("access_token")
}

#[tokio::test]
async fn req_101_req_146_everything_that_the_api_says_of_itself_works_and_what_it_does_not_say_fails() {
    let world = World::new().await;
    let document = document(&world).await;
    let resource = document["resource"].as_str().expect("text");
    for (member, value) in document.as_object().expect("an object") {
        match member.as_str() {
            "resource" => {
                // Section 3.3: the URL into which the well-known part was put.
                let path = resource.strip_prefix(ISSUER).expect("an address of the issuer");
                assert_eq!(paths::PROTECTED_RESOURCE_METADATA, format!("/.well-known/oauth-protected-resource{path}"));
            }
            "authorization_servers" => {
                assert_eq!(*value, json!([ISSUER]));
                let server = world.send(get("/.well-known/oauth-authorization-server")).await.json();
                assert_eq!(server["issuer"], value[0]);
            }
            "scopes_supported" => scopes_work(&world, resource, value).await,
            "bearer_methods_supported" => methods_work(&world, resource, value).await,
            "resource_name" => assert!(!value.as_str().expect("text").is_empty()),
            _ => panic!("{member} is said, and nothing proves it"),
        }
    }
}

/// A token with any of the scopes is taken, and those of the other resource, userinfo, are not among them.
async fn scopes_work(world: &World, resource: &str, listed: &Value) {
    let listed = listed.as_array().expect("a list");
    for scope in listed {
        let scope = scope.as_str().expect("text");
        let answer = world.whoami(&token(world, scope, resource).await).await;
        assert_eq!(answer.status, StatusCode::OK, "{scope}: {answer:?}");
        assert_eq!(answer.json()["scopes"], json!([scope]));
    }
    for unlisted in ["openid", "profile", "email", "plan", "offline_access"] {
        assert!(!listed.contains(&json!(unlisted)), "{unlisted}");
    }
}

async fn methods_work(world: &World, resource: &str, listed: &Value) {
    assert_eq!(*listed, json!(["header"]));
    let token = token(world, "read", resource).await;
    assert_eq!(world.send(with_token(get(paths::WHOAMI), &token)).await.status, StatusCode::OK);
    let query = format!("{}?access_token={token}", paths::WHOAMI);
    assert_eq!(world.send(get(&query)).await.error(), (400, "invalid_request".to_owned()), "query");
    let mut body = Form::of(&[("access_token", &token)]).post(paths::API_ORGANIZATION);
    *body.method_mut() = http::Method::PATCH;
    assert_eq!(world.send(body).await.status, StatusCode::UNAUTHORIZED, "body");
}
