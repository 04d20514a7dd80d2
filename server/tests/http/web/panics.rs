//! A handler that panics is our fault: 500, with the request's id and without the panic's words.

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use server::state::AppState;

use crate::harness::{Browser, TestApp};

#[expect(clippy::panic, reason = "this handler is here to panic")]
async fn panics() -> &'static str {
    panic!("the s3cret words of a panic")
}

#[tokio::test]
async fn a_panic_is_a_page_for_people_and_json_for_programs() {
    let app = TestApp::new().await;
    let state = AppState::new(app.store.clone(), &app.config);
    let routes = Router::new().route("/panics", get(panics)).route("/api/v1/panics", get(panics));
    let site = server::web::layers(routes, axum::Router::new(), &state).with_state(state);
    let mut browser = Browser::new(site, app.config.issuer.as_str());
    let page = browser.get("/panics").await;
    let json = browser.get("/api/v1/panics").await;
    for answer in [&page, &json] {
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(answer.body.contains(answer.header("x-request-id")), "{answer:?}");
        assert!(!answer.body.contains("s3cret"), "{answer:?}");
        assert_eq!(answer.header("x-frame-options"), "DENY");
    }
    assert!(page.body.contains("<h1>") && page.header("content-security-policy").contains("script-src"));
    assert_eq!(json.json()["error"], "server_error");
}
