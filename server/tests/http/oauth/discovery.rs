//! Both documents of discovery: PROTOCOL 38, 64 and 101. The documents are crawled: real flows prove each value of each
//! member, what is not listed fails, and a member without a proof fails the test.

use std::collections::BTreeSet;

use domain::client::{ActorModes, AppGrants, AuthMethod};
use domain::jwt::SigningAlgorithm;
use domain::portal::NewApp;
use domain::store::By;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::id_token::{exchanged, part};
use super::request::{Answer, Form, get, with_header, with_token};
use super::world::{ISSUER, Party, VERIFIER, World, openid_app, scopes};

const DOCUMENTS: [&str; 2] = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];
const RP: &str = "https://rp.example/cb";

/// The document, which is the same at both addresses.
async fn document(world: &World) -> Map<String, Value> {
    let mut answers = Vec::new();
    for address in DOCUMENTS {
        let answer = world.send(with_header(get(address), "origin", "https://any.example")).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
        answers.push(answer.json());
    }
    assert_eq!(answers[0], answers[1]);
    answers[0].as_object().expect("an object").clone()
}

/// The words of a member.
fn words(value: &Value) -> Vec<&str> {
    value.as_array().expect("a list").iter().map(|word| word.as_str().expect("text")).collect()
}

#[tokio::test]
async fn req_038_req_064_both_documents_are_for_everybody_and_list_s256_alone() {
    let document = document(&World::new().await).await;
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
}

#[tokio::test]
async fn req_098_req_099_req_101_everything_that_discovery_says_works_and_what_it_does_not_say_fails() {
    let world = World::new().await;
    for (member, value) in document(&world).await {
        prove(&world, &member, &value).await;
    }
}

/// Proves one member.
async fn prove(world: &World, member: &str, value: &Value) {
    match member {
        "issuer" => assert_eq!(value, ISSUER, "the address of the document without its suffix"),
        "jwks_uri" => assert!(!endpoint(world, value).await.json()["keys"].as_array().expect("keys").is_empty()),
        _ if member.ends_with("_endpoint") => {
            let answer = endpoint(world, value).await;
            assert_ne!(answer.status, StatusCode::NOT_FOUND, "{member}: {answer:?}");
        }
        "scopes_supported" => scopes_work(world, &words(value)).await,
        "response_types_supported" => response_types_work(world, &words(value)).await,
        "response_modes_supported" => response_modes_work(world, &words(value)).await,
        "grant_types_supported" => grants_work(world, &words(value)).await,
        "subject_types_supported" => subjects_are(world, &words(value)).await,
        "id_token_signing_alg_values_supported" => algorithms_work(world, &words(value)).await,
        "token_endpoint_auth_methods_supported" => methods_work(world, &words(value)).await,
        "revocation_endpoint_auth_methods_supported" => methods_revoke(world, &words(value)).await,
        "introspection_endpoint_auth_methods_supported" => methods_introspect(world, &words(value)).await,
        "claims_supported" => claims_are(world, &words(value)).await,
        "prompt_values_supported" => prompts_work(world, &words(value)).await,
        "code_challenge_methods_supported" => challenges_work(world, &words(value)).await,
        "authorization_response_iss_parameter_supported" => iss_is_sent(world, value).await,
        "claims_parameter_supported" => claims_parameter(world, value).await,
        "request_parameter_supported" => refused_by_name(world, value, "request").await,
        "request_uri_parameter_supported" => refused_by_name(world, value, "request_uri").await,
        _ => panic!("{member} is said, and nothing proves it"),
    }
}

/// A GET of an address of the document.
async fn endpoint(world: &World, url: &Value) -> Answer {
    let url = url.as_str().expect("text");
    world.send(get(url.strip_prefix(ISSUER).expect("an address of the issuer"))).await
}

/// What the authorization endpoint answers in the admin's browser.
async fn at_authorize(world: &World, request: &Form) -> Answer {
    let browser = world.browser(&world.admin).await;
    browser.send(browser.prepared(request.get_request("/oauth/authorize"))).await
}

async fn rejected(world: &World, party: &Party, request: &Form, errors: &[&str], what: &str) {
    at_authorize(world, request).await.assert_rejected(what, &party.redirect, errors, Some("s1"));
}

async fn scopes_work(world: &World, listed: &[&str]) {
    for &scope in listed {
        let party = world.register(NewApp { scopes: scopes(&[scope]), ..openid_app(RP) }).await;
        assert_eq!(exchanged(world, &party, None).await.text("scope"), scope);
    }
    for unlisted in ["offline_access", "posts:delete", "address", "READ"] {
        let request = world.one.request().with("scope", unlisted);
        rejected(world, &world.one, &request, &["invalid_scope"], unlisted).await;
    }
}

async fn response_types_work(world: &World, listed: &[&str]) {
    for &kind in listed {
        let answer = world.one.consent(world, &world.one.request().with("response_type", kind)).await;
        assert!(!answer.sent_once("code").is_empty(), "{kind}");
    }
    for unlisted in ["token", "id_token", "code token", "code id_token", "id_token token", "none", "CODE"] {
        assert!(!listed.contains(&unlisted));
        let request = world.one.request().with("response_type", unlisted);
        rejected(world, &world.one, &request, &["unsupported_response_type"], unlisted).await;
    }
}

async fn response_modes_work(world: &World, listed: &[&str]) {
    for &mode in listed {
        let answer = world.one.consent(world, &world.one.request().and("response_mode", mode)).await;
        match mode {
            "query" => assert!(!answer.sent_once("code").is_empty(), "{answer:?}"),
            "form_post" => {
                assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
                for part in [&format!("action=\"{}\"", world.one.redirect), "method=\"post\"", "name=\"code\""] {
                    assert!(answer.body.contains(part), "{part}: {answer:?}");
                }
            }
            _ => panic!("{mode} is said, and nothing proves it"),
        }
    }
    for unlisted in ["fragment", "jwt", "query.jwt", "web_message", "QUERY"] {
        let request = world.one.request().and("response_mode", unlisted);
        rejected(world, &world.one, &request, &["invalid_request"], unlisted).await;
    }
}

async fn grants_work(world: &World, listed: &[&str]) {
    let new =
        NewApp { grants: AppGrants::Both, actor_modes: ActorModes::Both, scopes: scopes(&["read"]), ..openid_app(RP) };
    let party = world.register(new).await;
    let tokens = party.tokens(world).await;
    for &grant in listed {
        let form = match grant {
            "authorization_code" => party.exchange(&party.code(world).await),
            "refresh_token" => Form::of(&[("grant_type", grant), ("refresh_token", &tokens.refresh)]),
            "client_credentials" => Form::of(&[("grant_type", grant), ("organization", "target")]),
            _ => panic!("{grant} is said, and nothing proves it"),
        };
        // Each grant has its own live tokens, so that the one before ends none.
        let form = if grant == "refresh_token" {
            form.with("refresh_token", &party.tokens(world).await.refresh)
        } else {
            form
        };
        let answer = world.send(form.post_as(&party)).await;
        assert_eq!(answer.status, StatusCode::OK, "{grant}: {answer:?}");
    }
    for unlisted in [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ] {
        let form = Form::of(&[("grant_type", unlisted), ("username", "ada@example.com"), ("password", "x")]);
        let answer = world.send(form.post_as(&party)).await;
        assert_eq!(answer.error(), (400, "unsupported_grant_type".to_owned()), "{unlisted}");
    }
}

async fn subjects_are(world: &World, listed: &[&str]) {
    assert_eq!(listed, ["public"]);
    let mut subjects = BTreeSet::new();
    for uri in [RP, "https://other.example/cb"] {
        let party = world.openid_party(uri).await;
        let claims = part(&exchanged(world, &party, None).await.text("id_token"), 1);
        subjects.insert(claims["sub"].as_str().expect("text").to_owned());
    }
    assert_eq!(subjects.len(), 1, "the same person is the same to each client");
}

async fn algorithms_work(world: &World, listed: &[&str]) {
    for &algorithm in listed {
        let algorithm: SigningAlgorithm = algorithm.parse().expect("an app can have it");
        let new = NewApp { id_token_signed_response_alg: algorithm, ..openid_app(RP) };
        let party = world.register(new).await;
        let header = part(&exchanged(world, &party, None).await.text("id_token"), 0);
        assert_eq!(header["alg"], algorithm.as_str());
    }
    // Requirement 99 among them: no app can have an algorithm that is not listed.
    for unlisted in ["HS256", "HS512", "none", "PS256", "RS512", "ES384", "rs256"] {
        assert!(!listed.contains(&unlisted) && unlisted.parse::<SigningAlgorithm>().is_err(), "{unlisted}");
    }
}

/// An app that authenticates by `method`, and tokens of it.
async fn party_by(world: &World, method: &str) -> (Party, String, String) {
    let auth_method: AuthMethod = method.parse().expect("an app can have it");
    let party = world.register(NewApp { auth_method, scopes: scopes(&["read"]), ..openid_app(RP) }).await;
    let tokens = party.tokens(world).await;
    (party, tokens.access, tokens.refresh)
}

/// Methods that other providers have, as they stand in a form.
fn strange_methods(party: &Party) -> [Form; 2] {
    let of = |alg: &str| {
        let assertion = format!("{alg}.eyJpc3MiOiJ4In0.c2ln");
        Form::of(&[
            ("client_id", &party.client_id),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
        ])
    };
    // {"alg":"RS256"} of private_key_jwt, {"alg":"HS256"} of client_secret_jwt.
    [of("eyJhbGciOiJSUzI1NiJ9"), of("eyJhbGciOiJIUzI1NiJ9")]
}

/// `form` at `path` is refused, whichever of these methods `party` tries: also where its id alone would do.
async fn strange_methods_fail(world: &World, path: &str, party: &Party, form: &Form) {
    for method in strange_methods(party) {
        let sent = Form([form.0.clone(), method.0].concat());
        let answer = world.send(sent.post(path)).await;
        assert_eq!(answer.error(), (401, "invalid_client".to_owned()), "{path}, {}: {answer:?}", party.method);
    }
}

async fn methods_work(world: &World, listed: &[&str]) {
    for &method in listed {
        let (party, access, _) = party_by(world, method).await;
        assert_eq!(world.whoami(&access).await.status, StatusCode::OK, "{method}");
        let code = party.code(world).await;
        strange_methods_fail(world, "/oauth/token", &party, &party.exchange(&code)).await;
        assert_eq!(party.redeem(world, &code).await.status, StatusCode::OK, "{method}: by its own method it works");
    }
    for unlisted in ["private_key_jwt", "client_secret_jwt", "tls_client_auth", "self_signed_tls_client_auth"] {
        assert!(!listed.contains(&unlisted) && unlisted.parse::<AuthMethod>().is_err(), "{unlisted}");
    }
}

async fn methods_revoke(world: &World, listed: &[&str]) {
    for &method in listed {
        let (party, access, _) = party_by(world, method).await;
        strange_methods_fail(world, "/oauth/revoke", &party, &Form::of(&[("token", &access)])).await;
        assert_eq!(world.whoami(&access).await.status, StatusCode::OK, "{method}: nothing was revoked");
        assert_eq!(party.revoke(world, &access).await.status, StatusCode::OK, "{method}");
        assert_eq!(world.whoami(&access).await.status, StatusCode::UNAUTHORIZED, "{method}");
    }
    assert_eq!(listed.len(), AuthMethod::ALL.len(), "no method is left out that could be tried");
}

/// Of apps, and of a resource server, which registers no method.
async fn methods_introspect(world: &World, listed: &[&str]) {
    let made = world.store.create_resource_server(&By::operator(), "Server", &format!("{ISSUER}/api/v1")).await;
    let (id, secret) = made.expect("a server");
    for method in AuthMethod::ALL.iter().map(|method| method.as_str()) {
        let (party, access, _) = party_by(world, method).await;
        let server = Party { client_id: id.to_string(), secret: Some(secret.0.clone()), ..party.clone() };
        for caller in [party, server] {
            let who = format!("{method}, {}", caller.client_id);
            strange_methods_fail(world, "/oauth/introspect", &caller, &Form::of(&[("token", &access)])).await;
            let answer = caller.introspect(world, &access).await;
            if listed.contains(&method) {
                assert_eq!(answer.json()["active"], true, "{who}: {answer:?}");
            } else {
                assert_eq!(answer.error(), (401, "invalid_client".to_owned()), "{who}: {answer:?}");
            }
        }
    }
}

async fn claims_are(world: &World, listed: &[&str]) {
    let party = world.openid_party(RP).await;
    let tokens = exchanged(world, &party, Some("n")).await;
    let id_token = part(&tokens.text("id_token"), 1);
    let info = world.send(with_token(get("/oauth/userinfo"), &tokens.text("access_token"))).await.json();
    let names = |claims: &Value| claims.as_object().expect("an object").keys().cloned().collect::<BTreeSet<_>>();
    let seen: BTreeSet<_> = names(&id_token).union(&names(&info)).cloned().collect();
    assert_eq!(seen, listed.iter().map(|&name| name.to_owned()).collect());
}

async fn challenges_work(world: &World, listed: &[&str]) {
    assert_eq!(listed, ["S256"]);
    world.one.tokens(world).await;
    for unlisted in ["plain", "S512", "s256"] {
        let request = world.one.request().with("code_challenge_method", unlisted).with("code_challenge", VERIFIER);
        rejected(world, &world.one, &request, &["invalid_request"], unlisted).await;
    }
    let request = world.one.request().without("code_challenge_method");
    rejected(world, &world.one, &request, &["invalid_request"], "no method is plain").await;
}

async fn iss_is_sent(world: &World, value: &Value) {
    assert_eq!(*value, true);
    let answer = world.one.consent(world, &world.one.request()).await;
    assert_eq!(answer.sent_once("iss"), ISSUER);
    // `rejected` looks for it in an error.
    rejected(world, &world.one, &world.one.request().with("scope", "x"), &["invalid_scope"], "an error").await;
}

/// Requirement 98.
async fn claims_parameter(world: &World, value: &Value) {
    assert_eq!(*value, false);
    let party = world.openid_party(RP).await;
    let plain = part(&exchanged(world, &party, None).await.text("id_token"), 1);
    let request = party.request().and("claims", "{\"id_token\":{\"email\":{\"essential\":true},\"acr\":null}}");
    let code = party.consent(world, &request).await.sent_once("code");
    let asked = part(&party.redeem(world, &code).await.text("id_token"), 1);
    let names = |claims: &Value| claims.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&asked), names(&plain), "it is ignored, and no error");
}

async fn refused_by_name(world: &World, value: &Value, name: &str) {
    assert_eq!(*value, false);
    let request = world.one.request().and(name, "https://rp.example/request.jwt");
    rejected(world, &world.one, &request, &[&format!("{name}_not_supported")], name).await;
}

async fn prompts_work(world: &World, listed: &[&str]) {
    let party = world.openid_party(RP).await;
    // From now on this consent is remembered: without a prompt nobody is asked again.
    exchanged(world, &party, None).await;
    for &prompt in listed {
        let request = party.request().and("prompt", prompt);
        let mut browser = world.browser(&world.admin).await;
        let consent = browser.authorize(&request).await;
        let page = browser.get(&consent).await;
        match prompt {
            "none" => assert!(!page.sent_once("code").is_empty(), "{page:?}"),
            "login" => assert!(page.location().starts_with("/sign-in"), "{page:?}"),
            "consent" => assert!(page.status == StatusCode::OK && page.body.contains("Allow"), "{page:?}"),
            "select_account" => {
                assert!(page.status == StatusCode::OK && page.body.contains(&world.admin.email), "{page:?}");
            }
            _ => panic!("{prompt} is said, and nothing proves it"),
        }
    }
    for unlisted in ["create", "create consent", "LOGIN", "reauthenticate"] {
        let request = party.request().and("prompt", unlisted);
        rejected(world, &party, &request, &["invalid_request"], unlisted).await;
    }
}
