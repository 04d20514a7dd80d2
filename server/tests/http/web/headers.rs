//! Requirements 105 to 107, on every page.

use std::collections::BTreeSet;

use domain::paths;
use domain::portal::NewApp;
use domain::review::ReviewStatus;
use domain::role::StaffRole;
use domain::store::By;
use domain::store::installs::InstallFilter;
use http::StatusCode;

use crate::harness::{Answer, Browser, PASSWORD, TestApp};
use crate::oauth::request::Form;
use crate::oauth::world::{World, scopes};

const PAGES: &[&str] = &[
    "/",
    "/sign-in",
    "/sign-up",
    "/sign-out",
    "/set-password/x",
    "/organizations/new",
    "/oauth/consent/x",
    "/account",
    "/my-apps",
    "/apps",
    "/apps/new",
    "/installs",
    "/audit",
    "/support",
    "/no-such-page",
];

/// A site, the browser of a person who may see every page of it, and these pages: she owns an organization whose app
/// waits for review and is installed there, and she is staff.
async fn furnished() -> (TestApp, Browser, Vec<String>) {
    let site = TestApp::with(&[("APP_REVIEW", "before_live")]).await;
    let ada = site.person("ada").await;
    let (acme, by) = (site.organization(ada, "Acme").await, site.by(ada).await);
    let new = NewApp {
        name: "Sketch".to_owned(),
        redirect_uris: vec!["https://sketch.example/cb".to_owned()],
        scopes: scopes(&["read"]),
        ..NewApp::default()
    };
    let sketch = site.store.create_app(&by, acme, new).await.expect("a draft").id;
    site.store.authorize_in_portal(&by, acme, sketch, ada, acme).await.expect("installed");
    site.store.submit_app(&by, acme, sketch, None).await.expect("submitted");
    let (operator, email) = (By::operator(), "ada@example.com");
    let added = site.store.add_staff(&operator, email, StaffRole::Support, true).await.expect("added");
    site.browser().post_form(&added.link_path, &[("password", PASSWORD)]).await;
    let link = site.store.create_link(&operator, email, None).await.expect("a link").0;
    let install = site.store.installs_in(acme, InstallFilter::default()).await.expect("answers").items[0].id;
    let review = site.store.reviews(ReviewStatus::Submitted, None).await.expect("answers").items[0].id;
    let of_everybody = [
        "/",
        "/sign-in?again=1",
        "/sign-out",
        "/oauth/logout",
        "/organizations/new",
        "/account",
        "/my-apps",
        "/apps",
        "/apps/new",
        "/installs",
        "/audit",
        "/support",
        "/support/reviews",
    ];
    let tabs = ["overview", "credentials", "redirect-uris", "scopes", "installs", "settings"];
    let of_hers = [
        link,
        paths::install(install),
        paths::review(review),
        paths::support_app(sketch),
        paths::support_install(install),
        paths::support_organization(acme),
        paths::support_person(ada),
    ];
    let mut pages: Vec<_> = of_everybody.map(str::to_owned).into_iter().chain(of_hers).collect();
    pages.extend(tabs.map(|tab| paths::app(sketch, tab)));
    let browser = site.sign_in(email).await;
    (site, browser, pages)
}

/// Asserts requirement 105.
#[track_caller]
fn assert_guarded(path: &str, page: &Answer) {
    assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
    assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
    let policy = page.header("content-security-policy");
    for part in ["frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{path}: {policy}");
    }
    if page.header("content-type").starts_with("text/html") {
        assert!(policy.contains("script-src 'self' 'nonce-") && policy.contains("'wasm-unsafe-eval'"), "{policy}");
        assert!(!policy.contains("'unsafe-inline'") && !policy.contains("'unsafe-eval'"), "{policy}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
    }
}

/// Asserts requirement 107.
#[track_caller]
fn assert_tells_nobody(path: &str, page: &Answer) {
    // What the page of a one-time link loads would tell the link to a proxy's log.
    let policy = if path.starts_with("/set-password/") { "strict-origin" } else { "same-origin" };
    assert_eq!(page.header("referrer-policy"), policy, "{path}");
    for tag in
        page.body.split('<').filter(|tag| ["script", "link", "img", "iframe"].iter().any(|name| tag.starts_with(name)))
    {
        for attribute in ["src=\"", "href=\""] {
            let Some(rest) = tag.split(attribute).nth(1) else { continue };
            assert!(rest.starts_with('/') && !rest.starts_with("//"), "{path}: <{tag}");
        }
    }
}

/// Asserts that the person sees a page, and not where else he could go.
#[track_caller]
fn assert_shown(path: &str, page: &Answer) {
    assert_eq!(page.status, StatusCode::OK, "{path}: {page:?}");
    assert!(page.header("content-type").starts_with("text/html"), "{path}: {page:?}");
}

/// The nonce of the page's policy, which every inline script of the page has.
#[track_caller]
fn nonce_of(path: &str, page: &Answer) -> String {
    let policy = page.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
    assert!(nonce.len() >= 22, "128 bits at least: {nonce}");
    for tag in page.body.split("<script").skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        assert!(tag.contains("src=") || tag.contains(&format!("nonce=\"{nonce}\"")), "{path}: <script{tag}>");
    }
    nonce.to_owned()
}

#[tokio::test]
async fn req_105_req_107_every_page_forbids_frames_foreign_scripts_and_base_and_names_no_third_party() {
    let app = TestApp::new().await;
    for path in PAGES {
        let page = app.browser().get(path).await;
        assert_guarded(path, &page);
        assert_tells_nobody(path, &page);
    }
}

#[tokio::test]
async fn req_105_req_107_so_does_every_page_of_owners_and_staff_and_none_names_a_third_party() {
    let (_site, mut browser, pages) = furnished().await;
    for path in &pages {
        let page = browser.get(path).await;
        assert_shown(path, &page);
        assert_guarded(path, &page);
        assert_tells_nobody(path, &page);
    }
}

#[tokio::test]
async fn req_105_a_nonce_is_used_once_and_every_inline_script_has_it() {
    let (site, mut browser, mut pages) = furnished().await;
    pages.extend(["/no-such-page", "/"].map(str::to_owned));
    let (mut seen, mut scripts) = (BTreeSet::new(), 0);
    for path in &pages {
        let page = browser.get(path).await;
        assert!(seen.insert(nonce_of(path, &page)), "{path}: its nonce was used before");
        scripts += page.body.matches("<script").count();
    }
    assert!(scripts > 0, "no page had a script to look at");
    for path in ["/", "/no-such-page", "/"] {
        let page = site.browser().get(path).await;
        assert!(seen.insert(nonce_of(path, &page)), "{path}: its nonce was used before");
    }
}

#[tokio::test]
async fn req_105_req_106_req_107_the_pages_of_a_flow_and_of_a_logout_have_their_headers() {
    let world = World::new().await;
    let (mut admin, mut member) = (world.browser(&world.admin).await, world.browser(&world.member).await);
    // Who signed in after the request came is not asked which account it shall be.
    world.advance(1);
    let request = world.one.request();
    let picker = admin.authorize(&request.clone().without("organization")).await;
    let account = admin.authorize(&request.clone().and("prompt", "select_account")).await;
    let forbidden = member.authorize(&request).await;
    let posted = admin.authorize(&request.and("response_mode", "form_post")).await;
    for (what, page, sentence) in [
        ("picker", admin.get(&picker).await, "Where should One work?"),
        ("account", admin.get(&account).await, "Which account for One?"),
        ("no permission", member.get(&forbidden).await, "You cannot connect One to Target"),
        ("form_post", admin.post(&posted, &Form::of(&[("decision", "deny")])).await, "<h1>Back to the app</h1>"),
        ("logout", admin.get("/oauth/logout").await, "Sign out of this site?"),
        ("after a logout", world.anonymous().get("/oauth/logout").await, "You are signed out"),
    ] {
        assert_shown(what, &page);
        assert!(page.body.contains(sentence), "{what}: {}", page.body);
        assert_guarded(what, &page);
        assert_tells_nobody(what, &page);
        nonce_of(what, &page);
        // Chromium would hold the way on to the client against it.
        let policy = page.header("content-security-policy");
        assert!(!policy.contains("form-action"), "{what}: {policy}");
    }
}

#[tokio::test]
async fn req_106_pages_that_lead_on_to_a_client_send_no_form_action() {
    let app = TestApp::new().await;
    let ada = app.person("ada").await;
    app.organization(ada, "Acme").await;
    let mut browser = app.sign_in("ada@example.com").await;
    for path in PAGES {
        let page = browser.get(path).await;
        if !page.header("content-type").starts_with("text/html") {
            continue;
        }
        let leads_on = ["/sign-in", "/sign-up", "/organizations/new", "/oauth/consent/x"].contains(path);
        let policy = page.header("content-security-policy");
        assert_eq!(!policy.contains("form-action"), leads_on, "{path}: {policy}");
        assert!(leads_on || policy.contains("form-action 'self'"), "{path}: {policy}");
    }
}

#[tokio::test]
async fn req_107_pages_of_sign_in_and_errors_have_no_script_at_all() {
    let app = TestApp::new().await;
    for path in ["/sign-in", "/sign-up", "/set-password/x", "/oauth/consent/x", "/no-such-page"] {
        let page = app.browser().get(path).await;
        assert!(!page.body.contains("<script") && page.body.trim_end().ends_with("</html>"), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own() {
    let app = TestApp::new().await;
    let mut seen = Vec::new();
    for path in ["/", "/healthz", "/api/v1/nothing", "/no-such-page"] {
        let mut browser = app.browser();
        let request = browser.request(http::Method::GET, path, "");
        let answer = browser.send(crate::web::with(request, "x-request-id", "mine")).await;
        let id: uuid::Uuid = answer.header("x-request-id").parse().expect("a UUID");
        assert_eq!(id.get_version_num(), 7);
        assert!(!seen.contains(&id));
        seen.push(id);
    }
}

#[tokio::test]
async fn an_https_instance_asks_for_https_for_a_year() {
    let https = TestApp::with(&[("ISSUER", "https://portico.example")]).await;
    assert_eq!(https.browser().get("/").await.header("strict-transport-security"), "max-age=31536000");
    let http = TestApp::new().await;
    assert_eq!(http.browser().get("/").await.header("strict-transport-security"), "");
}
