//! A request that takes too long is given up, and whoever sent it is told when to come back.

use std::future::pending;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use server::state::AppState;

use crate::harness::{Browser, ISSUER, TestApp};
use crate::oauth::world::World;

async fn never() -> &'static str {
    pending().await
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_a_page_for_people_and_json_for_programs() {
    let app = TestApp::new().await;
    let state = AppState::new(app.store.clone(), &app.config);
    let pages = Router::new().route("/never", get(never));
    let programs = Router::new().route("/oauth/token", get(never));
    let site = server::web::layers_within(Duration::ZERO, pages, programs, &state).with_state(state);
    let mut browser = Browser::new(site, app.config.issuer.as_str());
    let page = browser.get("/never").await;
    let json = browser.get("/oauth/token").await;
    for answer in [&page, &json] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
        assert!(answer.header("retry-after").parse::<u32>().expect("seconds") > 0);
        assert!(answer.body.contains(answer.header("x-request-id")), "{answer:?}");
        assert_eq!(answer.header("cache-control"), "no-store", "{answer:?}");
    }
    assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
    assert!(page.body.contains("<h1>") && page.body.contains("temporarily_unavailable"), "{page:?}");
    assert_eq!(json.json()["error"], "temporarily_unavailable");
}

#[tokio::test]
async fn req_021_the_client_behind_a_consent_that_takes_too_long_is_told_and_nobody_else_is() {
    let world = World::new().await;
    let state = world.state();
    let pages = Router::new().route("/oauth/consent/{id}", get(never).post(never));
    let site = server::web::layers_within(Duration::ZERO, pages, Router::new(), &state).with_state(state);
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let mut slow = Browser::new(site, ISSUER);
    let answer = slow.get(&consent).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SERVICE_UNAVAILABLE, ""), "another browser");
    slow.jar.extend(browser.cookies().map(|(name, value)| (name.to_owned(), value.to_owned())));
    let answer = slow.get(&consent).await;
    answer.assert_rejected("this browser", &world.one.redirect, &["temporarily_unavailable"], Some("s1"));
}
