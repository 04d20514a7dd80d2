//! `/organizations/new` and `/organizations/switch`.

use domain::entity::session;
use domain::id::OrgId;
use domain::role::Role;
use http::StatusCode;
use sea_orm::EntityTrait;

use crate::harness::TestApp;

/// The organization that the only session is in.
async fn current(app: &TestApp) -> Option<OrgId> {
    let row = session::Entity::find().one(app.store.reader()).await.expect("a query").expect("a session");
    let data: serde_json::Value = serde_json::from_str(&row.data).expect("JSON");
    data.get("organization").and_then(|id| id.as_str()?.parse().ok())
}

#[tokio::test]
async fn a_new_organization_becomes_the_current_one() {
    let app = TestApp::new().await;
    let ada = app.person("ada").await;
    let mut browser = app.sign_in("ada@example.com").await;
    let answer = browser.post_form("/organizations/new", &[("name", "Acme"), ("next", "/apps")]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/apps"), "{answer:?}");
    let me = app.store.me(ada, None).await.expect("a query").expect("ada");
    assert_eq!(me.memberships.len(), 1);
    assert_eq!(current(&app).await, Some(me.memberships[0].organization.id));
}

#[tokio::test]
async fn a_form_that_is_sent_twice_leads_to_the_one_organization_that_it_made() {
    let app = TestApp::new().await;
    let ada = app.person("ada").await;
    let mut browser = app.sign_in("ada@example.com").await;
    for _ in 0..2 {
        let answer = browser.post_form("/organizations/new", &[("name", "Acme"), ("next", "/apps")]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/apps"), "{answer:?}");
        let me = app.store.me(ada, None).await.expect("a query").expect("ada");
        assert_eq!(me.memberships.len(), 1);
        assert_eq!(current(&app).await, Some(me.memberships[0].organization.id));
    }
}

#[tokio::test]
async fn a_stranger_signs_in_first() {
    let app = TestApp::new().await;
    let answer = app.browser().post_form("/organizations/new", &[("name", "Acme")]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in?next=%2Forganizations%2Fnew"));
}

#[tokio::test]
async fn a_name_that_is_none_is_said() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let mut browser = app.sign_in("ada@example.com").await;
    for (name, sentence) in [(" ", "Enter a name"), ("Ac\u{200b}me", "signs that can be seen")] {
        let answer = browser.post_form("/organizations/new", &[("name", name)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}");
        assert!(answer.body.contains(sentence), "{name:?}: {}", answer.body);
    }
}

#[tokio::test]
async fn req_115_only_an_own_organization_can_be_switched_to() {
    let app = TestApp::new().await;
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let (first, second) = (app.organization(ada, "First").await, app.organization(ada, "Second").await);
    let foreign = app.organization(bob, "Foreign").await;
    let joined = app.organization(bob, "Joined").await;
    app.member(joined, ada, Role::Member).await;
    let mut browser = app.sign_in("ada@example.com").await;
    for own in [first, joined, second] {
        let fields = [("organization", own.to_string()), ("next", "/account".to_owned())];
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = browser.post_form("/organizations/switch", &fields).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account"));
        assert_eq!(current(&app).await, Some(own));
    }
    let unknown = OrgId(app.store.new_id());
    for other in [foreign.to_string(), unknown.to_string(), "first".to_owned(), String::new()] {
        let answer = browser.post_form("/organizations/switch", &[("organization", &other)]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{other}");
        assert_eq!(current(&app).await, Some(second), "{other}");
    }
}

#[tokio::test]
async fn who_is_signed_out_signs_in_before_an_organization_is_made() {
    let app = TestApp::new().await;
    let browser = app.browser();
    let answer = app.send(browser.request(http::Method::GET, "/organizations/new?next=/apps", "")).await;
    assert_eq!(answer.status, http::StatusCode::SEE_OTHER);
    assert!(answer.location().starts_with("/sign-in?next=%2Forganizations%2Fnew"), "{answer:?}");
}

#[tokio::test]
async fn who_may_not_open_a_section_in_the_other_organization_comes_to_its_dashboard() {
    let app = TestApp::new().await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let own = app.organization(ada, "Own").await;
    let mut joined = Vec::new();
    for (name, role) in [("Plain", Role::Member), ("Makers", Role::Developer), ("Ruled", Role::Admin)] {
        let organization = app.organization(bob, name).await;
        app.member(organization, ada, role).await;
        joined.push(organization);
    }
    let mut browser = app.sign_in("ada@example.com").await;
    let cases = [
        (own, ["/apps", "/installs", "/audit"]),
        (joined[0], ["/", "/", "/"]),
        (joined[1], ["/apps", "/", "/"]),
        (joined[2], ["/apps", "/installs", "/audit"]),
    ];
    for (organization, expected) in cases {
        for (from, expected) in ["/apps", "/installs", "/audit"].into_iter().zip(expected) {
            let fields = [("organization", organization.to_string()), ("next", from.to_owned())];
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = browser.post_form("/organizations/switch", &fields).await;
            assert_eq!(answer.location(), expected, "{from}");
            assert_eq!(browser.get(expected).await.status, StatusCode::OK, "{from}");
        }
    }
}
