//! Requirements 109 and 110: cookies, sessions and their ids.

use domain::entity::session;
use http::StatusCode;
use sea_orm::{EntityTrait, PaginatorTrait};

use crate::harness::{PASSWORD, TestApp};

#[tokio::test]
async fn req_110_cookies_are_host_only_and_secure_under_https_and_plain_on_loopback() {
    for (issuer, prefix, secure) in [("https://portico.example", "__Host-", true), ("http://127.0.0.1:3000", "", false)]
    {
        let app = TestApp::with(&[("ISSUER", issuer)]).await;
        app.person("ada").await;
        let mut browser = app.browser();
        let page = browser.get("/sign-in").await;
        let answer = browser.sign_in("ada@example.com", PASSWORD).await;
        let mut lines: Vec<_> = page.cookies();
        lines.extend(answer.cookies());
        for name in ["portico_csrf", "portico_session"] {
            assert!(lines.iter().any(|line| line.starts_with(&format!("{prefix}{name}="))), "{issuer}: {lines:?}");
        }
        let signed_out = browser.post_form("/sign-out", &[]).await;
        lines.extend(signed_out.cookies());
        for line in lines {
            assert!(line.starts_with(prefix), "{line}");
            assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax") && line.contains("Path=/"), "{line}");
            assert!(!line.contains("Domain"), "{line}");
            assert_eq!(line.contains("Secure"), secure, "{line}");
        }
    }
}

#[tokio::test]
async fn req_109_the_session_id_rotates_at_sign_in() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let mut browser = app.browser();
    // Fixation: somebody plants an id; it never becomes a session.
    browser.jar.insert("portico_session".to_owned(), "AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    browser.sign_in("ada@example.com", PASSWORD).await;
    let first = browser.jar["portico_session"].clone();
    assert_ne!(first, "AAAAAAAAAAAAAAAAAAAAAA");
    browser.sign_in("ada@example.com", PASSWORD).await;
    let second = browser.jar["portico_session"].clone();
    assert_ne!(first, second);
    let mut old = app.browser();
    old.jar.insert("portico_session".to_owned(), first);
    assert!(old.get("/account").await.status.is_redirection(), "the old id is dead");
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn req_109_signing_out_ends_the_session_on_the_server() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let mut browser = app.sign_in("ada@example.com").await;
    let id = browser.jar["portico_session"].clone();
    assert_eq!(browser.post_form("/sign-out", &[]).await.location(), "/");
    assert!(!browser.jar.contains_key("portico_session"), "the browser is told to forget it");
    let mut thief = app.browser();
    thief.jar.insert("portico_session".to_owned(), id);
    assert!(thief.get("/account").await.status.is_redirection());
}

#[tokio::test]
async fn strangers_make_no_session_row() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    for path in ["/", "/sign-in", "/account", "/no-such-page", "/oauth/authorize"] {
        browser.get(path).await;
    }
    browser.post_form("/theme", &[("theme", "dark")]).await;
    browser.sign_in("nobody@example.com", PASSWORD).await;
    assert!(!browser.jar.contains_key("portico_session"));
    assert_eq!(session::Entity::find().count(app.store.reader()).await.expect("a count"), 0);
}

#[tokio::test]
async fn req_128_the_database_holds_no_session_id() {
    use base64::Engine;
    let app = TestApp::new().await;
    app.person("ada").await;
    let browser = app.sign_in("ada@example.com").await;
    let id = &browser.jar["portico_session"];
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(id).expect("base64url");
    assert!(bytes.len() >= 16);
    let row = session::Entity::find().one(app.store.reader()).await.expect("a query").expect("a session");
    assert_eq!(row.id_hash.len(), 32);
    assert!(row.id_hash[..16] != bytes[..] && !row.data.contains(id.as_str()));
}

#[tokio::test]
async fn a_session_ends_after_two_weeks() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let mut browser = app.sign_in("ada@example.com").await;
    app.clock.advance(14 * 86_400 - 60);
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    let mut idle = app.sign_in("ada@example.com").await;
    app.clock.advance(14 * 86_400 + 60);
    assert!(idle.get("/account").await.status.is_redirection());
}
