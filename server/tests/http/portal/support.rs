//! `/support`: what staff finds.

use domain::role::StaffRole;
use domain::store::By;
use http::StatusCode;

use crate::harness::{PASSWORD, TestApp};

#[tokio::test]
async fn support_is_told_what_may_be_a_part_and_finds_nothing_by_a_part_of_what_must_be_whole() {
    let app = TestApp::new().await;
    let ada = app.person("ada").await;
    app.organization(ada, "Acme & Sons").await;
    let added =
        app.store.add_staff(&By::operator(), "eve@example.com", StaffRole::Support, false).await.expect("added");
    app.browser().post_form(&added.link_path, &[("password", PASSWORD)]).await;
    let mut eve = app.sign_in("eve@example.com").await;
    for whole in ["acme-sons", "& son", "da@examp"] {
        let found = eve.get(&format!("/support?q={}", whole.replace('&', "%26").replace(' ', "+"))).await;
        assert!(!found.body.contains("Nothing was found"), "{whole}: {}", found.body);
    }
    let nothing = eve.get("/support?q=acme-son").await;
    assert!(nothing.body.contains("IDs, slugs and domains must be whole."), "{}", nothing.body);
    assert!(nothing.body.contains("Names and e-mail addresses may be a part."), "{}", nothing.body);
}

#[tokio::test]
async fn support_finds_what_happened_in_a_request_by_its_id() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let failed = app.browser().sign_in("ada@example.com", "not the password").await;
    let request = failed.header("x-request-id").to_owned();
    let staff = StaffRole::Support;
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
