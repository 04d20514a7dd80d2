//! `/set-password/{token}`: one-time links.

use domain::store::By;
use http::{Method, StatusCode};

use crate::harness::{PASSWORD, TestApp};

const NEW: &str = "another good password";

#[tokio::test]
async fn a_link_is_used_once_by_post_and_ends_every_session() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let mut old = app.sign_in("ada@example.com").await;
    let link = app.store.create_link(&By::operator(), "ada@example.com", None).await.expect("a link").0;
    let mut browser = app.browser();
    for _ in 0..2 {
        let page = browser.get(&link).await;
        assert_eq!(page.status, StatusCode::OK, "GET uses nothing");
        app.send(browser.request(Method::HEAD, &link, "")).await;
    }
    assert_eq!(old.get("/account").await.status, StatusCode::OK);
    let answer = browser.post_form(&link, &[("password", NEW)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in?password_set=1"));
    assert!(browser.get("/sign-in?password_set=1").await.body.contains("Your password is set."));
    assert!(old.get("/account").await.status.is_redirection(), "the old session has ended");
    assert_eq!(app.browser().sign_in("ada@example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(app.browser().sign_in("ada@example.com", NEW).await.status, StatusCode::SEE_OTHER);
    let again = browser.post_form(&link, &[("password", "yet another password")]).await;
    assert_eq!(again.status, StatusCode::GONE);
    let page = browser.get(&link).await;
    assert_eq!(page.status, StatusCode::GONE, "GET and POST answer alike");
    for answer in [again, page] {
        assert!(answer.body.contains("This link does not work any more"), "{}", answer.body);
    }
    assert_eq!(app.browser().sign_in("ada@example.com", NEW).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_link_lives_a_day_and_until_a_newer_one() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let first = app.store.create_link(&By::operator(), "ada@example.com", None).await.expect("a link").0;
    let second = app.store.create_link(&By::operator(), "ada@example.com", None).await.expect("a link").0;
    let mut browser = app.browser();
    assert_eq!(browser.post_form(&first, &[("password", NEW)]).await.status, StatusCode::GONE);
    app.clock.advance(24 * 3600);
    assert_eq!(browser.post_form(&second, &[("password", NEW)]).await.status, StatusCode::GONE);
    assert_eq!(app.browser().sign_in("ada@example.com", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_password_that_is_not_accepted_uses_nothing() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let link = app.store.create_link(&By::operator(), "ada@example.com", None).await.expect("a link").0;
    let mut browser = app.browser();
    let answer = browser.post_form(&link, &[("password", "short")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("Use at least 10 characters"), "{}", answer.body);
    assert_eq!(browser.post_form(&link, &[("password", NEW)]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_staff_role_begins_when_the_link_is_used() {
    let app = TestApp::new().await;
    let staff = domain::role::StaffRole::Support;
    let added = app.store.add_staff(&By::operator(), "eve@example.com", staff, false).await.expect("added");
    app.browser().post_form(&added.link_path, &[("password", NEW)]).await;
    let mut browser = app.browser();
    browser.sign_in("eve@example.com", NEW).await;
    assert_eq!(browser.get("/support").await.status, StatusCode::OK);
}
