//! Requirements 105 to 107, on every page.

use crate::harness::TestApp;

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

#[tokio::test]
async fn req_105_every_page_forbids_frames_foreign_scripts_and_base() {
    let app = TestApp::new().await;
    for path in PAGES {
        let page = app.browser().get(path).await;
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
}

#[tokio::test]
async fn req_105_a_nonce_is_used_once_and_every_inline_script_has_it() {
    let app = TestApp::new().await;
    let mut seen = Vec::new();
    for path in ["/", "/no-such-page", "/"] {
        let page = app.browser().get(path).await;
        let policy = page.header("content-security-policy").to_owned();
        let nonce =
            policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned();
        assert!(nonce.len() >= 22, "128 bits at least: {nonce}");
        for tag in page.body.split("<script").skip(1) {
            let tag = tag.split('>').next().unwrap_or_default();
            assert!(tag.contains("src=") || tag.contains(&format!("nonce=\"{nonce}\"")), "{path}: <script{tag}>");
        }
        assert!(!seen.contains(&nonce), "{nonce} was used before");
        seen.push(nonce);
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
async fn req_107_pages_name_no_third_party_and_tell_no_other_site() {
    let app = TestApp::new().await;
    for path in PAGES {
        let page = app.browser().get(path).await;
        assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
        for tag in page
            .body
            .split('<')
            .filter(|tag| ["script", "link", "img", "iframe"].iter().any(|name| tag.starts_with(name)))
        {
            for attribute in ["src=\"", "href=\""] {
                let Some(rest) = tag.split(attribute).nth(1) else { continue };
                assert!(rest.starts_with('/') && !rest.starts_with("//"), "{path}: <{tag}");
            }
        }
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
