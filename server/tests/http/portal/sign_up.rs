//! `/sign-up`.

use domain::entity::user;
use http::StatusCode;
use sea_orm::{EntityTrait, PaginatorTrait};

use crate::harness::{PASSWORD, TestApp};

#[tokio::test]
async fn a_new_person_is_signed_in_and_makes_an_organization_next() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let fields = [("name", "Ada"), ("email", "Ada@Example.com"), ("password", PASSWORD)];
    let answer = browser.post_form("/sign-up", &fields).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/organizations/new"));
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    assert_eq!(app.browser().sign_in("ada@example.com", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn req_112_next_is_followed_where_it_is_local() {
    let app = TestApp::new().await;
    for (name, next, expected) in [("a", "/oauth/consent/x", "/oauth/consent/x"), ("b", "//evil", "/")] {
        let email = format!("{name}@example.com");
        let fields = [("name", name), ("email", &email), ("password", PASSWORD), ("next", next)];
        assert_eq!(app.browser().post_form("/sign-up", &fields).await.location(), expected);
    }
}

#[tokio::test]
async fn what_cannot_be_accepted_is_said_beside_its_field() {
    let app = TestApp::new().await;
    app.person("taken").await;
    let good = [("name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];
    for (field, value, sentence) in [
        ("name", "", "Enter a name"),
        ("name", "A\u{200b}da", "signs that can be seen"),
        ("email", "ada", "Enter an e-mail address"),
        ("email", "taken@example.com", "There is an account with this e-mail address"),
        ("password", "short", "Use at least 10 characters"),
        ("password", "password123", "among the first that attackers try"),
    ] {
        let fields: Vec<_> =
            good.iter().map(|(name, old)| (*name, if *name == field { value } else { *old })).collect();
        let mut browser = app.browser();
        let answer = browser.post_form("/sign-up", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}={value}");
        assert!(answer.body.contains(sentence), "{field}={value}: {}", answer.body);
        assert!(!answer.body.contains(PASSWORD), "{field}={value}");
        assert!(!browser.jar.contains_key("portico_session"));
    }
    assert_eq!(user::Entity::find().count(app.store.reader()).await.expect("a count"), 1);
}

#[tokio::test]
async fn rows_for_strangers_are_bounded() {
    let app = TestApp::with(&[("SIGN_UPS_PER_ADDRESS", "2")]).await;
    for (number, expected) in
        [(1, StatusCode::SEE_OTHER), (2, StatusCode::SEE_OTHER), (3, StatusCode::TOO_MANY_REQUESTS)]
    {
        let email = format!("p{number}@example.com");
        let fields = [("name", "P"), ("email", &email), ("password", PASSWORD)];
        assert_eq!(app.browser().post_form("/sign-up", &fields).await.status, expected, "{number}");
    }
}
