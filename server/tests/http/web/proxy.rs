//! Requirement 135: behind TLS. The issuer is https, a proxy ends TLS, the server itself speaks plain http. Public names
//! come from the configuration; of what a request says about its way here, a trusted proxy's `X-Forwarded-For` counts and
//! nothing else.

use std::collections::BTreeSet;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::audit::Action;
use domain::entity::{access_token, audit_event};
use domain::id::{OrgId, UserId};
use domain::portal::NewApp;
use http::{Method, Request, StatusCode};
use sea_orm::EntityTrait;
use serde_json::Value;

use super::with;
use crate::harness::{Answer, Browser, PASSWORD, TestApp};
use crate::oauth::request::{Form, get, with_header, with_token};
use crate::oauth::world::{VERIFIER, basic, challenge, scopes};

const ISSUER: &str = "https://id.example";
const CALLBACK: &str = "https://partner.example/cb";
/// Whom each request claims to come from.
const CLAIMED: &str = "203.0.113.77";
/// What each request says of the server's names and of its own way here.
const SPOOFED: [(&str, &str); 5] = [
    ("host", "evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "http"),
    ("forwarded", "for=203.0.113.66;host=evil.example;proto=http"),
    ("x-forwarded-for", CLAIMED),
];

/// A site behind a proxy in 10.0.0.0/8, a person with an organization, and somebody else's app.
struct Scene {
    site: TestApp,
    person: UserId,
    organization: OrgId,
    client_id: String,
    secret: String,
}

impl Scene {
    async fn new() -> Self {
        let site = TestApp::with(&[("ISSUER", ISSUER), ("TRUSTED_PROXIES", "10.0.0.0/8")]).await;
        let (maker, person) = (site.person("max").await, site.person("ada").await);
        let owner = site.organization(maker, "Maker").await;
        let organization = site.organization(person, "Acme").await;
        let new = NewApp {
            name: "Partner".to_owned(),
            redirect_uris: vec![CALLBACK.to_owned()],
            scopes: scopes(&["openid", "profile", "read"]),
            ..NewApp::default()
        };
        let made = site.store.create_app(&site.by(maker).await, owner, new).await.expect("an app");
        let (client_id, secret) = (made.client_id.to_string(), made.secret.expect("confidential").0);
        Self { site, person, organization, client_id, secret }
    }

    fn request(&self) -> Form {
        Form::of(&[
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", CALLBACK),
            ("scope", "openid profile read"),
            ("state", "s1"),
            ("code_challenge", &challenge(VERIFIER)),
            ("code_challenge_method", "S256"),
        ])
    }

    /// Which addresses stand in the audit trail, each with what was done from there.
    async fn noted(&self) -> BTreeSet<(Action, String)> {
        let db = self.site.store.reader();
        let events = audit_event::Entity::find().all(db).await.expect("events");
        let tokens = access_token::Entity::find().all(db).await.expect("tokens");
        let mut noted: BTreeSet<_> = events.into_iter().filter_map(|event| Some((event.action, event.ip?))).collect();
        noted.extend(tokens.into_iter().filter_map(|token| Some((Action::TokenIssued, token.told?.ip?))));
        noted
    }
}

/// A browser, or the server of an app, whose every request arrives with what is [`SPOOFED`].
struct Caller(Browser);

impl Caller {
    fn at(site: &TestApp, peer: &str) -> Self {
        Self(site.browser().at(peer))
    }

    async fn send(&mut self, mut request: Request<Body>) -> Answer {
        for (name, value) in SPOOFED {
            request = with(request, name, value);
        }
        let answer = self.0.send(request).await;
        assert_ours(&answer);
        answer
    }

    async fn get(&mut self, path: &str) -> Answer {
        let request = with(self.0.request(Method::GET, path, Body::empty()), "accept", "text/html");
        self.send(request).await
    }

    /// The form of `page`, with `fields`, to `path`.
    async fn post(&mut self, path: &str, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let token = page.csrf().expect("a page with a token");
        let all = [&[("csrf", token.as_str())][..], fields].concat();
        let request = self.0.form(path, &all);
        self.send(request).await
    }
}

/// What is true for every answer: no name that a request brought, no address of ours without TLS, cookies for this host
/// and https alone, and redirects to our own pages by their path.
#[track_caller]
fn assert_ours(answer: &Answer) {
    let everything = format!("{answer:?}");
    assert!(!everything.contains("evil.example") && !everything.contains("http://id.example"), "{everything}");
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{everything}");
    for line in answer.cookies() {
        assert!(line.starts_with("__Host-portico_") && line.contains("; Secure"), "{line}");
        assert!(line.contains("; Path=/") && !line.contains("Domain"), "{line}");
    }
    let location = answer.header("location");
    let by_path = location.starts_with('/') && !location.starts_with("//");
    assert!(location.is_empty() || by_path || location.starts_with(CALLBACK), "{location}");
}

/// Every address in each document of discovery is the issuer's.
async fn discover(caller: &mut Caller) {
    for path in ["openid-configuration", "oauth-authorization-server", "oauth-protected-resource/api/v1"] {
        let answer = caller.get(&format!("/.well-known/{path}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
        let (addresses, ours) = (answer.body.matches("://").count(), answer.body.matches(ISSUER).count());
        assert!(addresses > 0 && addresses == ours, "{path}: {}", answer.body);
    }
}

/// From the app to the sign-in, to the consent, and back to the app: the redirect that has the code.
async fn allow(scene: &Scene, browser: &mut Caller) -> Answer {
    let request = format!("/oauth/authorize?{}", scene.request().encoded());
    let consent = browser.get(&request).await.location().to_owned();
    assert!(consent.starts_with("/oauth/consent/"), "{consent}");
    let asked = browser.get(&consent).await;
    assert!(asked.location().starts_with("/sign-in?"), "{asked:?}");
    let page = browser.get(asked.location()).await;
    let next = asked.sent_once("next");
    let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("next", next.as_str())];
    assert_eq!(browser.post("/sign-in", &page, &fields).await.location(), consent);
    for name in ["__Host-portico_session", "__Host-portico_interaction_"] {
        assert!(browser.0.jar.keys().any(|held| held.starts_with(name)), "{:?}", browser.0.jar);
    }
    let page = browser.get(&consent).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    let organization = scene.organization.to_string();
    let allowed =
        browser.post(&consent, &page, &[("decision", "allow"), ("organization", organization.as_str())]).await;
    assert!(allowed.location().starts_with(CALLBACK), "{allowed:?}");
    assert_eq!(allowed.sent_once("iss"), ISSUER);
    allowed
}

/// The app redeems `code`, and asks who the person is and what the token is.
async fn redeem(scene: &Scene, server: &mut Caller, code: &str) {
    let form = Form::of(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]);
    let request = with_header(form.post("/oauth/token"), "authorization", &basic(&scene.client_id, &scene.secret));
    let tokens = server.send(request).await;
    assert_eq!(tokens.status, StatusCode::OK, "{tokens:?}");
    let id_token = tokens.text("id_token");
    let claims = id_token.split('.').nth(1).expect("three parts");
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64url")).expect("JSON");
    assert_eq!(claims["iss"], ISSUER);
    let access = tokens.text("access_token");
    let person = server.send(with_token(get("/oauth/userinfo"), &access)).await;
    assert_eq!(person.status, StatusCode::OK, "{person:?}");
    assert_eq!(person.json()["sub"], scene.person.to_string());
    let token = server.send(with_token(get("/api/v1/whoami"), &access)).await;
    assert_eq!(token.status, StatusCode::OK, "{token:?}");
    assert_eq!(token.json()["audience"], format!("{ISSUER}/api/v1"));
}

#[tokio::test]
async fn req_135_behind_tls_a_whole_flow_has_its_names_from_the_configuration_and_addresses_from_trusted_proxies() {
    for (peer, expected) in [("10.0.0.1:4711", CLAIMED), ("192.0.2.9:4711", "192.0.2.9")] {
        let scene = Scene::new().await;
        let (mut browser, mut server) = (Caller::at(&scene.site, peer), Caller::at(&scene.site, peer));
        discover(&mut server).await;
        let code = allow(&scene, &mut browser).await.sent_once("code");
        redeem(&scene, &mut server, &code).await;
        let noted = scene.noted().await;
        assert!(noted.iter().all(|(_, address)| address == expected), "{peer}: {noted:?}");
        for action in [Action::SignedIn, Action::ConsentGranted, Action::CodeIssued, Action::TokenIssued] {
            assert!(noted.contains(&(action, expected.to_owned())), "{peer}: {action} in {noted:?}");
        }
    }
}
