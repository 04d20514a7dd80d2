//! What the consent page shows.

use domain::portal::NewApp;
use http::StatusCode;

use super::super::request::{Form, get, with_token};
use super::super::world::{World, openid_app, scopes};

#[tokio::test]
async fn req_111_a_page_for_an_app_that_is_there_already_says_so_and_what_comes_to_it() {
    let world = World::new().await;
    let new = NewApp { scopes: scopes(&["read", "posts:read?"]), ..openid_app("https://two.example/cb") };
    let party = world.register(new).await;
    let mut browser = world.browser(&world.admin).await;
    let narrow = party.request().with("prompt", "consent").with("scope", "read");
    let consent = browser.authorize(&narrow).await;
    let first = browser.get(&consent).await;
    assert!(!first.body.contains("already") && !first.body.contains(">New<"), "{}", first.body);
    assert!(!browser.post(&consent, &world.allow()).await.sent_once("code").is_empty());
    let again = browser.authorize(&narrow).await;
    let again = browser.get(&again).await;
    assert!(
        again.body.contains("is installed in Target already") && again.body.contains("a token that it has now ends"),
        "{}",
        again.body
    );
    assert!(!again.body.contains(">New<"), "{}", again.body);
    let more = browser.authorize(&narrow.with("scope", "read posts:read")).await;
    let more = browser.get(&more).await;
    assert_eq!(more.body.matches(">New<").count(), 1, "{}", more.body);
}

#[tokio::test]
async fn req_105_106_107_the_consent_page_has_its_headers() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let page = browser.get(&consent).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    let problem = world.send(world.one.request().with("client_id", "zzz").get_request("/oauth/authorize")).await;
    for answer in [&page, &problem] {
        assert!(!answer.body.contains("<link rel=\"stylesheet\" href=\"http"), "{}", answer.body);
        let csp = answer.header("content-security-policy");
        for directive in ["frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'", "script-src"] {
            assert!(csp.contains(directive), "{directive}: {csp}");
        }
        assert!(!csp.contains("'unsafe-inline'"), "{csp}");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
    }
    assert!(
        !page.header("content-security-policy").contains("form-action"),
        "a browser would stop the redirect to the client"
    );
    assert!(problem.header("content-security-policy").contains("form-action 'self'"));
}

#[tokio::test]
async fn req_111_what_an_app_says_of_itself_is_escaped() {
    let world = World::new().await;
    world.rename_app(&world.one, "<script>alert(1)</script>\"'&").await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let page = browser.get(&consent).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("<script>alert(1)") && page.body.contains("&lt;script&gt;alert(1)"), "{}", page.body);
}

#[tokio::test]
async fn req_111_a_note_that_is_shown_again_stays_a_text() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.wide.request().with("scope", "write")).await;
    let note = "a & b</textarea><form action=/sign-out>";
    let answer = browser.post(&consent, &world.allow().with("reason", note)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!answer.body.contains("</textarea><form"), "{}", answer.body);
    assert!(answer.body.contains("a &amp; b&lt;/textarea>&lt;form action=/sign-out>"), "{}", answer.body);
}

#[tokio::test]
async fn req_111_the_consent_page_says_who_asks_for_what() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let page = browser.get(&consent).await.body;
    for said in [
        "One wants to",
        "Made by Maker",
        "Target",
        "View the organization and its resources",
        "partner.example",
        "It acts as itself",
        "Each of its access tokens works for",
    ] {
        assert!(page.contains(said), "{said} is missing: {page}");
    }
    assert!(!page.contains("eviewed by this site"), "this site reviews nothing");
}

#[tokio::test]
async fn req_111_the_consent_page_says_as_whom_an_app_acts_and_for_how_long() {
    let world = World::new().await;
    let asked = |request: Form| {
        let world = &world;
        async move {
            let mut browser = world.browser(&world.admin).await;
            let consent = browser.authorize(&request).await;
            browser.get(&consent).await.body
        }
    };
    let himself = asked(world.one.request().with("actor", "self")).await;
    assert!(
        himself.contains("It acts as you, within your role in Target") && !himself.contains("as itself"),
        "{himself}"
    );
    let signs_in = world.register(openid_app("https://rp.example/cb")).await;
    let learns = asked(signs_in.request().with("scope", "openid")).await;
    assert!(learns.contains("It learns this about you and nothing more") && !learns.contains("It acts as"), "{learns}");
    for (policy, sentence) in [
        ("standard", "Each of its access tokens works for 24 hours"),
        ("financefeast", "10 days"),
        ("fera", "does not expire"),
    ] {
        let new = NewApp {
            name: format!("Of {policy}"),
            token_policy: policy.to_owned(),
            redirect_uris: vec!["https://more.example/cb".to_owned()],
            scopes: scopes(&["read"]),
            ..NewApp::default()
        };
        let page = asked(world.register(new).await.request()).await;
        assert!(page.contains(sentence), "{policy}: {page}");
        assert_eq!(page.contains("24 hours"), policy == "standard", "{policy}: {page}");
    }
}

#[tokio::test]
async fn req_111_the_consent_page_says_where_profile_includes_the_address() {
    let world = World::new().await;
    for (policy, sentence) in
        [("standard", "See your name<"), ("financefeast", "See your name and your e-mail address<")]
    {
        let new = NewApp {
            token_policy: policy.to_owned(),
            scopes: scopes(&["openid", "profile"]),
            ..openid_app("https://rp.example/cb")
        };
        let party = world.register(new).await;
        let mut browser = world.browser(&world.admin).await;
        let consent = browser.authorize(&party.request()).await;
        let page = browser.get(&consent).await.body;
        assert!(page.contains(sentence), "{policy}: {page}");
        let code = party.consent(&world, &party.request()).await.sent_once("code");
        let access = party.redeem(&world, &code).await.text("access_token");
        let seen = world.send(with_token(get("/oauth/userinfo"), &access)).await.json();
        assert_eq!(seen.get("email").is_some(), policy == "financefeast", "{policy}: {seen}");
    }
}

#[tokio::test]
async fn req_114_the_consent_page_is_a_plain_form() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let page = browser.get(&consent).await.body;
    for field in [
        "name=\"csrf\"",
        "name=\"decision\"",
        "value=\"allow\"",
        "value=\"deny\"",
        "name=\"organization\"",
        "method=\"post\"",
    ] {
        assert!(page.contains(field), "{field} is missing: {page}");
    }
}

#[tokio::test]
async fn the_consent_page_says_that_another_account_cannot_answer() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let page = browser.get(&consent).await;
    assert!(page.body.contains("another account cannot answer it"), "{}", page.body);
    assert!(page.body.contains(&format!("/sign-out?next={}", consent.replace('/', "%2F"))), "{}", page.body);
}

#[tokio::test]
async fn req_111_who_allows_nothing_of_what_can_be_left_out_is_asked_again_and_loses_nothing() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.wide.request().with("scope", "write")).await;
    let answer = browser.post(&consent, &world.allow().with("reason", "For the reports")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.header("location").is_empty(), "{}", answer.header("location"));
    assert!(answer.body.contains("Tick at least one of them, or cancel"), "{}", answer.body);
    assert!(answer.body.contains("For the reports"), "{}", answer.body);
    assert_eq!(world.active_installs(&world.wide).await, 0);
    let answer = browser.post(&consent, &world.allow().and("scope", "write")).await;
    let tokens = world.wide.redeem(&world, &answer.sent_once("code")).await;
    assert_eq!(tokens.text("scope"), "write");
}
