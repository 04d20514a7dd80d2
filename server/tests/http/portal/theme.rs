//! `POST /theme`.

use http::StatusCode;

use crate::harness::{ISSUER, TestApp};
use crate::web::with;

#[tokio::test]
async fn a_theme_is_kept_and_painted_by_the_server() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    for theme in ["dark", "light"] {
        let answer = browser.post_form("/theme", &[("theme", theme), ("next", "/sign-in")]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in"));
        let page = browser.get("/sign-in").await;
        assert!(page.body.contains(&format!("data-theme=\"{theme}\"")), "{}", page.body);
    }
    browser.post_form("/theme", &[("theme", "system")]).await;
    assert!(!browser.jar.contains_key("portico_theme"));
    assert!(!browser.get("/sign-in").await.body.contains("data-theme"));
}

#[tokio::test]
async fn req_112_the_way_back_is_a_page_of_ours() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let token = browser.token("/sign-in").await;
    for (referrer, expected) in [
        (format!("{ISSUER}/apps?after=1"), "/apps?after=1"),
        (format!("{ISSUER}//evil.example"), "/"),
        ("https://evil.example/apps".to_owned(), "/"),
        ("junk".to_owned(), "/"),
    ] {
        let request = browser.form("/theme", &[("theme", "dark"), ("csrf", &token)]);
        let answer = browser.send(with(request, "referer", &referrer)).await;
        assert_eq!(answer.location(), expected, "{referrer}");
    }
}
