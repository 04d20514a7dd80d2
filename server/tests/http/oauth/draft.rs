//! A draft at the authorization endpoint: live for its owner and its test organizations, a page for everyone else, and no
//! error leaves before a sign-in has shown who asks (PROTOCOL section 1, *Approval*; requirement 19).

use domain::client::AppStatus;
use domain::id::{AppId, OrgId, UserId};
use domain::portal::NewApp;
use domain::review::{ReviewStatus, Verdict};
use domain::store::By;
use http::StatusCode;
use sea_orm::ConnectionTrait as _;

use super::request::Form;
use super::world::{VERIFIER, challenge, scopes};
use crate::harness::{Answer, Browser, TestApp, keep};

const CALLBACK: &str = "https://draft.example/cb";

/// An instance that reviews apps, and a draft on it.
struct Scene {
    site: TestApp,
    maker: UserId,
    owner: OrgId,
    /// The admin's organization, which is not on the list.
    elsewhere: OrgId,
    app: AppId,
    client_id: String,
    secret: String,
}

impl Scene {
    async fn new() -> Self {
        let site = TestApp::with(&[("APP_REVIEW", "before_live")]).await;
        let (maker, admin) = (site.person("max").await, site.person("ada").await);
        let owner = site.organization(maker, "Maker").await;
        let elsewhere = site.organization(admin, "Elsewhere").await;
        let new = NewApp {
            name: "Sketch".to_owned(),
            redirect_uris: vec![CALLBACK.to_owned()],
            scopes: scopes(&["read"]),
            ..NewApp::default()
        };
        let made = site.store.create_app(&site.by(maker).await, owner, new).await.expect("a draft");
        let (client_id, secret) = (made.client_id.to_string(), made.secret.expect("confidential").0);
        Self { site, maker, owner, elsewhere, app: made.id, client_id, secret }
    }

    fn request(&self) -> Form {
        Form::of(&[
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", CALLBACK),
            ("scope", "read"),
            ("state", "s1"),
            ("code_challenge", &challenge(VERIFIER)),
            ("code_challenge_method", "S256"),
        ])
    }

    async fn ask(&self, browser: &mut Browser, form: &Form) -> Answer {
        browser.get(&format!("/oauth/authorize?{}", form.encoded())).await
    }

    /// The page to which a valid request leads.
    async fn page(&self, browser: &mut Browser, form: &Form) -> (String, Answer) {
        let path = self.ask(browser, form).await.location().to_owned();
        assert!(path.starts_with("/oauth/consent/"), "{path}");
        let page = browser.get(&path).await;
        (path, page)
    }

    async fn approve(&self) {
        let store = &self.site.store;
        store.submit_app(&self.site.by(self.maker).await, self.owner, self.app, None).await.expect("a draft");
        let waits = store.reviews(ReviewStatus::Submitted, None).await.expect("answers").items;
        store.decide_review(&By::operator(), waits[0].id, Verdict::Approve, None).await.expect("waits");
    }
}

#[track_caller]
fn assert_page(answer: &Answer, code: &str) {
    assert!(answer.status.is_client_error() && answer.header("location").is_empty(), "{answer:?}");
    assert!(answer.body.contains("is a draft") && answer.body.contains(code), "{}", answer.body);
}

#[tokio::test]
async fn req_019_no_error_of_a_draft_leaves_before_a_sign_in() {
    let scene = Scene::new().await;
    let mut nobody = scene.site.browser();
    for (name, value, code) in [
        ("scope", "bogus", "invalid_scope"),
        ("response_type", "token", "unsupported_response_type"),
        ("request", "x", "request_not_supported"),
        ("prompt", "none login", "invalid_request"),
    ] {
        assert_page(&scene.ask(&mut nobody, &scene.request().with(name, value)).await, code);
    }
    scene.approve().await;
    let live = scene.ask(&mut nobody, &scene.request().with("scope", "bogus")).await;
    assert!(live.location().starts_with(CALLBACK), "a live app is told: {live:?}");
}

#[tokio::test]
async fn req_111_where_apps_are_reviewed_the_consent_page_says_whether_this_one_was() {
    let scene = Scene::new().await;
    let mut max = scene.site.sign_in("max@example.com").await;
    let (_, page) = scene.page(&mut max, &scene.request()).await;
    assert!(page.body.contains("Not reviewed by this site"), "{}", page.body);
    scene.approve().await;
    let (_, page) = scene.page(&mut max, &scene.request()).await;
    assert!(page.body.contains("Reviewed by this site") && !page.body.contains("Not reviewed"), "{}", page.body);
}

#[tokio::test]
async fn req_019_prompt_none_of_a_draft_is_a_page_until_an_allowed_person_is_known() {
    let scene = Scene::new().await;
    let silent = scene.request().with("prompt", "none");
    for mut browser in [scene.site.browser(), scene.site.sign_in("ada@example.com").await] {
        let mut answer = scene.ask(&mut browser, &silent).await;
        if answer.status == StatusCode::SEE_OTHER && answer.location().starts_with("/oauth/consent/") {
            let path = answer.location().to_owned();
            let without_cookie = scene.site.browser().get(&path).await;
            assert!(without_cookie.header("location").is_empty(), "{without_cookie:?}");
            assert!(without_cookie.body.contains("draft"), "{}", without_cookie.body);
            answer = browser.get(&path).await;
        }
        assert!(answer.status.is_client_error() && answer.header("location").is_empty(), "{answer:?}");
        assert!(answer.body.contains("draft"), "{}", answer.body);
    }
}

#[tokio::test]
async fn req_019_a_draft_whose_visitor_cannot_be_told_is_a_page() {
    let scene = Scene::new().await;
    let mut max = scene.site.sign_in("max@example.com").await;
    let (path, page) = scene.page(&mut max, &scene.request()).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    let sql = "ALTER TABLE sessions RENAME TO broken_sessions";
    scene.site.store.writer().execute_unprepared(sql).await.expect("a broken table");
    keep(&scene.site.store);
    let answer = max.get(&path).await;
    assert!(answer.status.is_server_error() && answer.header("location").is_empty(), "{answer:?}");
    assert!(answer.body.contains("server_error"), "{}", answer.body);
}

#[tokio::test]
async fn req_019_a_stranger_meets_a_page_and_cannot_even_refuse() {
    let scene = Scene::new().await;
    let mut ada = scene.site.sign_in("ada@example.com").await;
    let (path, page) = scene.page(&mut ada, &scene.request()).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("Sketch is not live yet") && page.body.contains("It is a draft"), "{}", page.body);
    assert!(!page.body.contains("name=\"decision\""), "no button leads back to the app");
    let elsewhere = scene.elsewhere.to_string();
    for fields in [&[("decision", "deny")][..], &[("decision", "allow"), ("organization", &elsewhere)]] {
        let answer = ada.post_form(&path, fields).await;
        assert!(answer.status.is_client_error() && answer.header("location").is_empty(), "{answer:?}");
    }
}

#[tokio::test]
async fn req_019_a_draft_is_as_live_for_its_owner_and_once_approved_for_everybody() {
    let scene = Scene::new().await;
    let mut max = scene.site.sign_in("max@example.com").await;
    let (path, page) = scene.page(&mut max, &scene.request()).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    let denied = max.post_form(&path, &[("decision", "deny")]).await;
    assert!(denied.location().starts_with(CALLBACK), "an allowed person's errors travel: {denied:?}");
    let (path, _) = scene.page(&mut max, &scene.request()).await;
    let owner = scene.owner.to_string();
    let allowed = max.post_form(&path, &[("decision", "allow"), ("organization", &owner)]).await;
    let code = allowed.location().split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).expect("a code");
    let form = Form::of(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]);
    let basic = super::world::basic(&scene.client_id, &scene.secret);
    let request = super::request::with_header(form.post("/oauth/token"), "authorization", &basic);
    assert_eq!(scene.site.send(request).await.status, StatusCode::OK);
    scene.approve().await;
    let client = scene.site.store.client_of_app(scene.app).await.expect("answers").expect("there");
    assert_eq!(client.status, AppStatus::Live);
    let mut ada = scene.site.sign_in("ada@example.com").await;
    let (path, page) = scene.page(&mut ada, &scene.request()).await;
    assert_eq!(page.status, StatusCode::OK);
    let elsewhere = scene.elsewhere.to_string();
    let allowed = ada.post_form(&path, &[("decision", "allow"), ("organization", &elsewhere)]).await;
    assert!(allowed.location().starts_with(CALLBACK), "{allowed:?}");
}

#[tokio::test]
async fn req_019_a_suspended_draft_is_a_page_and_an_invalid_client_until_it_is_resumed() {
    let scene = Scene::new().await;
    let by = scene.site.by(scene.maker).await;
    let mut max = scene.site.sign_in("max@example.com").await;
    let basic = super::world::basic(&scene.client_id, &scene.secret);
    let introspect = async || {
        let form = Form::of(&[("token", "ptcot_none")]);
        scene.site.send(super::request::with_header(form.post("/oauth/introspect"), "authorization", &basic)).await
    };
    assert_eq!(introspect().await.status, StatusCode::OK);
    scene.site.store.suspend_app(&by, scene.owner, scene.app).await.expect("his");
    let page = scene.ask(&mut max, &scene.request()).await;
    assert!(page.status.is_client_error() && page.header("location").is_empty(), "{page:?}");
    assert!(page.body.contains("suspended"), "{}", page.body);
    let form = Form::of(&[("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", CALLBACK)]);
    let refused =
        scene.site.send(super::request::with_header(form.post("/oauth/token"), "authorization", &basic)).await;
    assert!(refused.status == StatusCode::UNAUTHORIZED && refused.body.contains("invalid_client"), "{refused:?}");
    assert_eq!(introspect().await.status, StatusCode::UNAUTHORIZED);
    scene.site.store.resume_app(&by, scene.owner, scene.app).await.expect("his");
    let (_, page) = scene.page(&mut max, &scene.request()).await;
    assert_eq!(page.status, StatusCode::OK, "a draft for its owner again");
    let mut ada = scene.site.sign_in("ada@example.com").await;
    let (_, page) = scene.page(&mut ada, &scene.request()).await;
    assert!(page.status == StatusCode::FORBIDDEN && page.body.contains("is not live yet"), "and for nobody else");
}

#[tokio::test]
async fn req_117_a_hint_that_misses_is_told_and_nobody_learns_whether_the_organization_exists() {
    let scene = Scene::new().await;
    scene.approve().await;
    let mut ada = scene.site.sign_in("ada@example.com").await;
    let notice = "asks for an organization that is not known here, that you are not a member of";
    let owner = scene.owner.to_string();
    for hint in [&owner, "nobody-has-this"] {
        let (_, page) = scene.page(&mut ada, &scene.request().with("organization", hint)).await;
        assert!(page.status == StatusCode::OK && page.body.contains(notice), "{hint}: {}", page.body);
        assert!(!page.body.contains("nobody-has-this"), "{}", page.body);
    }
    let elsewhere = scene.elsewhere.to_string();
    for form in [scene.request(), scene.request().with("organization", &elsewhere)] {
        let (_, page) = scene.page(&mut ada, &form).await;
        assert!(page.status == StatusCode::OK && !page.body.contains(notice), "{}", page.body);
    }
}

#[tokio::test]
async fn req_117_a_person_without_an_organization_reads_what_the_app_is_told() {
    let scene = Scene::new().await;
    scene.approve().await;
    scene.site.person("newcomer").await;
    let mut newcomer = scene.site.sign_in("newcomer@example.com").await;
    let (path, page) = scene.page(&mut newcomer, &scene.request()).await;
    assert!(page.body.contains("needs an organization") && page.body.contains("access_denied"), "{}", page.body);
    let cancelled = newcomer.post_form(&path, &[("decision", "deny")]).await;
    assert!(cancelled.location().contains("error=access_denied"), "{cancelled:?}");
}
