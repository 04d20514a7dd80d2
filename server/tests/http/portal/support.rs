//! `/support`: what staff finds.

use domain::store::By;
use http::StatusCode;

use crate::harness::{PASSWORD, TestApp};

#[tokio::test]
async fn support_finds_what_happened_in_a_request_by_its_id() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let failed = app.browser().sign_in("ada@example.com", "not the password").await;
    let request = failed.header("x-request-id").to_owned();
    let staff = domain::role::StaffRole::Support;
    let added = app.store.add_staff(&By::operator(), "eve@example.com", staff, false).await.expect("added");
    app.browser().post_form(&added.link_path, &[("password", PASSWORD)]).await;
    let mut eve = app.sign_in("eve@example.com").await;
    let found = eve.get(&format!("/support?q={request}")).await;
    assert_eq!(found.status, StatusCode::OK);
    let unknown = eve.get("/support?q=0190b7a2-0000-7000-8000-000000000000").await;
    let word = domain::audit::Action::SignInFailed.to_string();
    assert!(found.body.contains(&word), "{}", found.body);
    assert!(!unknown.body.contains(&word), "{}", unknown.body);
}
