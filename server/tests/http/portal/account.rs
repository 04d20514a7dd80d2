//! `/account`: the password and the sessions of a person.

use http::StatusCode;

use crate::harness::{Answer, Browser, PASSWORD, TestApp};

const NEW: &str = "another good password";

async fn change(browser: &mut Browser, current: &str) -> Answer {
    browser.post_form("/fn/account/password", &[("current_password", current), ("password", NEW)]).await
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_of_other_browsers() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let mut here = app.sign_in("ada@example.com").await;
    let mut there = app.sign_in("ada@example.com").await;
    assert_eq!(there.get("/account").await.status, StatusCode::OK);
    let wrong = change(&mut here, "not the password").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("This is not your present password.") && !wrong.body.contains("not the password"));
    assert_eq!(there.get("/account").await.status, StatusCode::OK, "a wrong password ends nothing");
    assert_eq!(change(&mut here, PASSWORD).await.location(), "/account");
    assert_eq!(here.get("/account").await.status, StatusCode::OK);
    assert!(there.get("/account").await.location().starts_with("/sign-in"));
    assert_eq!(app.browser().sign_in("ada@example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(app.browser().sign_in("ada@example.com", NEW).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn req_109_a_new_password_gives_this_browser_a_session_under_a_new_id() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let mut here = app.sign_in("ada@example.com").await;
    let (before, token) = (here.jar.clone(), here.token("/account").await);
    app.clock.advance(60);
    assert_eq!(change(&mut here, PASSWORD).await.location(), "/account");
    assert_ne!(here.jar["portico_session"], before["portico_session"]);
    assert!(here.get("/account").await.body.contains("The password is changed"));
    assert_ne!(here.token("/account").await, token, "forms of the old session are stale");
    let mut thief = app.browser();
    thief.jar = before;
    assert!(thief.get("/account").await.location().starts_with("/sign-in"));
}

#[tokio::test]
async fn req_124_the_present_password_cannot_be_guessed_without_limit() {
    let app = TestApp::with(&[("FAILURES_PER_ACCOUNT", "3")]).await;
    app.person("ada").await;
    app.person("bob").await;
    let mut browser = app.sign_in("ada@example.com").await;
    for _ in 0..3 {
        assert_eq!(change(&mut browser, "not the password").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let limited = change(&mut browser, PASSWORD).await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS, "the right password does not help: {limited:?}");
    assert!((1..=900).contains(&limited.header("retry-after").parse::<i64>().expect("seconds")));
    let token = browser.token("/account").await;
    let fields = [("current_password", PASSWORD), ("password", NEW), ("csrf", &token)];
    let program = crate::web::with(browser.form("/fn/account/password", &fields), "accept", "application/json");
    let told = browser.send(program).await;
    assert_eq!((told.status, told.json()["code"].as_str()), (StatusCode::TOO_MANY_REQUESTS, Some("conflict")));
    let mut bob = app.sign_in("bob@example.com").await;
    assert_eq!(change(&mut bob, PASSWORD).await.location(), "/account", "nobody else is limited");
    app.clock.advance(900);
    assert_eq!(change(&mut browser, PASSWORD).await.location(), "/account");
    assert_eq!(app.browser().sign_in("ada@example.com", NEW).await.status, StatusCode::SEE_OTHER);
}
