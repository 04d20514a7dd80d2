//! The review of apps: the developer's card, and the queue of staff (PRODUCT D7).

use domain::client::AppStatus;
use domain::id::{AppId, OrgId, UserId};
use domain::portal::NewApp;
use domain::review::ReviewStatus;
use domain::role::StaffRole;
use domain::store::By;
use http::StatusCode;

use crate::harness::{Browser, PASSWORD, TestApp};
use crate::oauth::request::arguments;
use crate::oauth::world::scopes;

const TERMS: [(&str, &str); 3] =
    [("APP_REVIEW", "before_live"), ("TERMS_VERSION", "2026-11"), ("TERMS_URL", "https://portico.example/terms")];

struct Scene {
    site: TestApp,
    maker: UserId,
    owner: OrgId,
    app: AppId,
}

impl Scene {
    async fn new() -> Self {
        let site = TestApp::with(&TERMS).await;
        let maker = site.person("max").await;
        let owner = site.organization(maker, "Maker").await;
        let new = NewApp {
            name: "Sketch".to_owned(),
            redirect_uris: vec!["https://sketch.example/cb".to_owned()],
            scopes: scopes(&["read", "delete?"]),
            ..NewApp::default()
        };
        let app = site.store.create_app(&site.by(maker).await, owner, new).await.expect("a draft").id;
        Self { site, maker, owner, app }
    }

    async fn staff(&self, name: &str, role: StaffRole) -> Browser {
        let email = format!("{name}@example.com");
        let added = self.site.store.add_staff(&By::operator(), &email, role, false).await.expect("added");
        self.site.browser().post_form(&added.link_path, &[("password", PASSWORD)]).await;
        self.site.sign_in(&email).await
    }

    /// The page of the one submission that waits.
    async fn waiting(&self) -> (String, String) {
        let rows = self.site.store.reviews(ReviewStatus::Submitted, None).await.expect("answers").items;
        assert_eq!(rows.len(), 1, "{rows:?}");
        (rows[0].id.to_string(), format!("/support/reviews/{}", rows[0].id))
    }

    async fn status(&self) -> AppStatus {
        self.site.store.client_of_app(self.app).await.expect("answers").expect("there").status
    }
}

#[tokio::test]
async fn a_developer_submits_with_the_terms_and_an_operator_approves() {
    let scene = Scene::new().await;
    let overview = format!("/apps/{}/overview", scene.app);
    let app = scene.app.to_string();
    let mut max = scene.site.sign_in("max@example.com").await;
    let page = max.get(&overview).await;
    assert!(
        page.body.contains("It is a draft") && page.body.contains("https://portico.example/terms"),
        "{}",
        page.body
    );
    let refused = max.post_form("/fn/apps/review/submit", &[("app", &app)]).await;
    assert_eq!(refused.location(), overview);
    assert!(max.get(&overview).await.body.contains("accept them first"));
    let sent = max.post_form("/fn/apps/review/submit", &[("app", &app), ("accepted_terms", "2026-11")]).await;
    assert_eq!(sent.location(), overview);
    let page = max.get(&overview).await;
    assert!(page.body.contains("It waits for an operator") && page.body.contains("max accepted"), "{}", page.body);

    let mut olga = scene.staff("olga", StaffRole::Operator).await;
    let queue = olga.get("/support/reviews").await;
    assert!(queue.body.contains("Sketch") && queue.body.contains("Submitted by max"), "{}", queue.body);
    let (review, path) = scene.waiting().await;
    let page = olga.get(&path).await;
    for told in ["sketch.example", "Sensitive", "It needs read", "Version 2026-11, accepted by max", "Approve"] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    let silent = olga.post_form("/fn/support/reviews/decide", &[("review", &review), ("verdict", "reject")]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(silent.body.contains("Write what has to change"), "{}", silent.body);
    assert_eq!(scene.status().await, AppStatus::Draft);
    let fields = [("review", review.as_str()), ("verdict", "approve"), ("feedback", "")];
    assert_eq!(olga.post_form("/fn/support/reviews/decide", &fields).await.location(), path);
    assert_eq!(scene.status().await, AppStatus::Live);
    assert!(max.get(&overview).await.body.contains("An operator approved this app"));
    let late = [("review", review.as_str()), ("verdict", "reject"), ("feedback", "A <long> story")];
    let page = olga.post_form("/fn/support/reviews/decide", &late).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.body.contains("A &lt;long&gt; story"), "what was typed is not lost: {}", page.body);
}

#[tokio::test]
async fn support_reads_the_queue_and_decides_nothing() {
    let scene = Scene::new().await;
    let by = scene.site.by(scene.maker).await;
    scene.site.store.submit_app(&by, scene.owner, scene.app, Some("2026-11")).await.expect("accepted");
    let (review, path) = scene.waiting().await;
    let mut sue = scene.staff("sue", StaffRole::Support).await;
    assert!(sue.get("/support/reviews").await.body.contains("Sketch"));
    let page = sue.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("verdict") && page.body.contains("Operators decide"), "{}", page.body);
    let token = sue.token(&path).await;
    let fields = [("csrf", token.as_str()), ("review", &review), ("verdict", "approve")];
    let mut request = sue.form("/fn/support/reviews/decide", &fields);
    request.headers_mut().insert("accept", "application/json".parse().expect("a header value"));
    assert_eq!(sue.send(request).await.status, StatusCode::NOT_FOUND);
    assert_eq!(scene.status().await, AppStatus::Draft);
    let mut max = scene.site.sign_in("max@example.com").await;
    for page in ["/support/reviews", &path] {
        assert_eq!(max.get(page).await.status, StatusCode::NOT_FOUND, "{page}");
    }
}

#[tokio::test]
async fn the_developer_reads_the_feedback_and_what_waits() {
    let scene = Scene::new().await;
    let by = scene.site.by(scene.maker).await;
    let (store, owner, app) = (&scene.site.store, scene.owner, scene.app);
    let overview = format!("/apps/{app}/overview");
    let mut olga = scene.staff("olga", StaffRole::Operator).await;
    let mut max = scene.site.sign_in("max@example.com").await;
    store.submit_app(&by, owner, app, Some("2026-11")).await.expect("accepted");
    let (review, _) = scene.waiting().await;
    let fields = [("review", review.as_str()), ("verdict", "ask_for_changes"), ("feedback", "Why <delete>?")];
    olga.post_form("/fn/support/reviews/decide", &fields).await;
    let page = max.get(&overview).await;
    assert!(page.body.contains("Changes asked for") && page.body.contains("Why &lt;delete&gt;?"), "{}", page.body);
    store.submit_app(&by, owner, app, None).await.expect("again");
    let (review, _) = scene.waiting().await;
    olga.post_form("/fn/support/reviews/decide", &[("review", &review), ("verdict", "approve")]).await;
    let uris = vec!["https://sketch.example/cb".to_owned(), "https://other.example/cb".to_owned()];
    assert!(store.set_redirect_uris(&by, owner, app, uris, None).await.expect("valid"), "a new host waits");
    for tab in ["overview", "redirect-uris", "settings"] {
        let page = max.get(&format!("/apps/{app}/{tab}")).await;
        assert!(
            page.body.contains("waits for approval") && page.body.contains("other.example"),
            "{tab}: {}",
            page.body
        );
    }
    let (_, path) = scene.waiting().await;
    assert!(olga.get(&path).await.body.contains("May it change?"));
    let taken = [("app", app.to_string()), ("kind", "change".to_owned())];
    let taken: Vec<_> = taken.iter().map(|(name, value)| (*name, value.as_str())).collect();
    max.post_form("/fn/apps/review/withdraw", &taken).await;
    assert!(!max.get(&overview).await.body.contains("other.example"));
}

#[tokio::test]
async fn req_123_the_overview_names_the_testers_and_a_token_that_never_ends() {
    let site = TestApp::with(&[("APP_REVIEW", "before_live")]).await;
    let maker = site.person("max").await;
    let owner = site.organization(maker, "Maker").await;
    let own = site.organization(maker, "Own Place").await;
    let new = NewApp {
        name: "Sketch".to_owned(),
        redirect_uris: vec!["https://sketch.example/cb".to_owned()],
        scopes: scopes(&["read"]),
        token_policy: "fera".to_owned(),
        ..NewApp::default()
    };
    let by = site.by(maker).await;
    let app = site.store.create_app(&By::operator(), owner, new).await.expect("a draft").id;
    site.store.authorize_in_portal(&by, owner, app, maker, own).await.expect("his own");
    let mut max = site.sign_in("max@example.com").await;
    let switch = [("organization", owner.to_string())];
    let switch: Vec<_> = switch.iter().map(|(name, value)| (*name, value.as_str())).collect();
    max.post_form("/organizations/switch", &switch).await;
    let overview = format!("/apps/{app}/overview");
    let page = max.get(&overview).await;
    assert!(page.body.contains("never ends by itself"), "{}", page.body);
    assert!(page.body.contains("Take Own Place off the list"), "{}", page.body);
    let gone = [("app", app.to_string()), ("organization", own.to_string())];
    let gone: Vec<_> = gone.iter().map(|(name, value)| (*name, value.as_str())).collect();
    max.post_form("/fn/apps/review/remove-test-organization", &gone).await;
    assert!(!max.get(&overview).await.body.contains("Take Own Place off the list"));
    let installs = site.store.count_installs(own, app).await.expect("a count");
    assert_eq!(installs, 1, "its install stays");
}

#[tokio::test]
async fn without_review_the_wizard_asks_for_the_terms() {
    let site = TestApp::with(&TERMS[1..]).await;
    let maker = site.person("max").await;
    site.organization(maker, "Maker").await;
    let mut max = site.sign_in("max@example.com").await;
    let page = max.get("/apps/new").await;
    assert!(page.body.contains("accepted_terms") && page.body.contains("version 2026-11"), "{}", page.body);
    assert!(!page.body.contains("begins as a draft"));
    let token = max.token("/apps/new").await;
    let mut create = async |accepted: serde_json::Value| {
        let new = serde_json::json!({ "client_type": "public", "fields": { "name": "Sketch" },
            "uris": ["https://sketch.example/cb"], "accepted_terms": accepted, "csrf": token,
            "scopes": { "read": { "ticked": true, "purpose": "", "required": true } } });
        let sent = arguments(&new);
        let pairs: Vec<_> = sent.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = max.form("/fn/apps/create", &pairs);
        max.send(crate::web::with(request, "accept", "application/json")).await
    };
    for refused in [serde_json::Value::Null, "".into(), "2025-01".into()] {
        let answer = create(refused).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
        assert_eq!(answer.json()["fields"][0][0], "accepted_terms");
    }
    assert_eq!(create("2026-11".into()).await.status, StatusCode::OK);
    let reviewing = TestApp::with(&TERMS).await;
    let maker = reviewing.person("max").await;
    reviewing.organization(maker, "Maker").await;
    let page = reviewing.sign_in("max@example.com").await.get("/apps/new").await;
    assert!(page.body.contains("begins as a draft") && !page.body.contains("accepted_terms"), "{}", page.body);
}
