//! `/oauth/consent/{id}`: PROTOCOL sections B, I and J where a person decides.

mod browsers;
mod page;

use http::StatusCode;
use sea_orm::ConnectionTrait;

use super::request::{Form, get, with_header};
use super::world::{ISSUER, World};

#[tokio::test]
async fn req_022_state_comes_back_byte_for_byte_with_the_code() {
    let world = World::new().await;
    for state in ["%20+&=é\"<", "0", "a=b&error=c"] {
        let answer = world.one.consent(&world, &world.one.request().with("state", state)).await;
        assert_eq!(answer.sent_once("state"), state);
        assert!(!answer.sent_once("code").is_empty());
    }
    let absent = world.one.consent(&world, &world.one.request().without("state")).await;
    assert!(absent.sent("state").is_empty(), "{}", absent.location());
}

#[tokio::test]
async fn req_027_no_token_travels_through_the_browser() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let form = world.allow().and("response_type", "token").and("response_mode", "fragment");
    let answer = browser.post(&format!("{consent}?response_type=token"), &form).await;
    assert!(!answer.sent_once("code").is_empty());
    for secret in ["access_token", "refresh_token", "ptcot_", "ptcor_"] {
        assert!(!answer.location().contains(secret), "{}", answer.location());
    }
}

#[tokio::test]
async fn req_028_fields_of_the_form_change_nothing_of_the_request() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let form = world
        .allow()
        .and("client_id", &world.two.client_id)
        .and("redirect_uri", "https://evil.example/cb")
        .and("scope", "delete")
        .and("scope", "admin")
        .and("state", "other")
        .and("actor", "self");
    let answer = browser.post(&consent, &form).await;
    assert!(answer.location().starts_with(&world.one.redirect), "{}", answer.location());
    assert_eq!(answer.sent_once("state"), "s1");
    let tokens = world.one.redeem(&world, &answer.sent_once("code")).await;
    assert_eq!(tokens.text("scope"), "read");
    let whoami = world.whoami(&tokens.text("access_token")).await.json();
    assert_eq!(
        (whoami["actor"].as_str(), whoami["app"]["client_id"].as_str()),
        (Some("app"), Some(world.one.client_id.as_str()))
    );
}

#[tokio::test]
async fn req_029_a_refusal_is_told_to_the_client() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let answer = browser.post(&consent, &Form::of(&[("decision", "deny")])).await;
    answer.assert_rejected("deny", &world.one.redirect, &["access_denied"], Some("s1"));
    let again = browser.post(&consent, &world.allow()).await;
    assert!(
        again.status.is_client_error() && !again.headers.contains_key("location"),
        "a refused grant was allowed: {again:?}"
    );
}

#[tokio::test]
async fn req_028_a_grant_is_decided_once() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    assert!(!browser.post(&consent, &world.allow()).await.sent_once("code").is_empty());
    let again = browser.post(&consent, &world.allow()).await;
    assert!(again.status.is_client_error() && !again.headers.contains_key("location"), "{again:?}");
}

#[tokio::test]
async fn req_028_a_decision_that_is_none_of_the_two_is_refused() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    for form in [
        Form::default(),
        Form::of(&[("decision", "maybe")]),
        world.allow().with("organization", "no id"),
        world.allow().and("organization", &world.second.to_string()),
    ] {
        let answer = browser.post(&consent, &form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form:?}: {answer:?}");
        assert!(!answer.headers.contains_key("location"));
    }
    assert!(!browser.post(&consent, &world.allow()).await.sent_once("code").is_empty(), "the grant is still there");
}

#[tokio::test]
async fn req_045_a_pending_grant_lives_ten_minutes() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    world.advance(600);
    let page = browser.get(&consent).await;
    assert!(page.status.is_client_error() && !page.headers.contains_key("location"), "{page:?}");
    let answer = browser.post(&consent, &world.allow()).await;
    assert!(answer.status.is_client_error() && !answer.headers.contains_key("location"), "{answer:?}");
}

#[tokio::test]
async fn req_108_a_decision_needs_its_token_and_its_origin() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let csrf = browser.csrf().await;
    let form = world.allow().with("csrf", &csrf);
    let other = world.browser(&world.member).await.csrf().await;
    for request in [
        world.allow().post(&consent),
        form.clone().with("csrf", "").post(&consent),
        form.clone().with("csrf", &other).post(&consent),
    ] {
        assert_eq!(browser.send(request).await.status, StatusCode::FORBIDDEN);
    }
    let headers = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ];
    for (name, value) in headers {
        let answer = browser.send(with_header(form.post(&consent), name, value)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let answer = browser.send(with_header(form.post(&consent), "origin", ISSUER)).await;
    assert!(!answer.sent_once("code").is_empty(), "the own origin is accepted");
}

#[tokio::test]
async fn req_112_a_person_without_a_session_signs_in_and_comes_back() {
    let world = World::new().await;
    let mut browser = world.anonymous();
    let consent = browser.authorize(&world.one.request()).await;
    let answer = browser.get(&consent).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    assert!(answer.location().starts_with("/sign-in?") && answer.sent_once("next") == consent, "{answer:?}");
    let (sign_in, goes_on) = (answer.location().to_owned(), "Then you go on to <b>One</b>");
    let page = browser.get(&sign_in).await;
    assert!(page.body.contains(goes_on), "it says for which app: {}", page.body);
    let elsewhere = world.anonymous().get(&sign_in).await;
    assert!(!elsewhere.body.contains("you go on to"), "another browser learns nothing: {}", elsewhere.body);
    for status in ["draft", "suspended", "deleted"] {
        let sql = format!("UPDATE apps SET status = '{status}' WHERE name = 'One'");
        world.store.writer().execute_unprepared(&sql).await.expect("changed");
        let page = browser.get(&sign_in).await;
        assert!(!page.body.contains("you go on to"), "{status}: {}", page.body);
    }
    world.store.writer().execute_unprepared("UPDATE apps SET status = 'live' WHERE name = 'One'").await.expect("live");
    browser.sign_in(&world.admin).await;
    assert_eq!(browser.get(&consent).await.status, StatusCode::OK);
    assert!(!browser.post(&consent, &world.allow()).await.sent_once("code").is_empty());
}

#[tokio::test]
async fn req_116_only_those_who_may_install_do() {
    let world = World::new().await;
    for person in [&world.member, &world.developer_there] {
        let mut browser = world.browser(person).await;
        let consent = browser.authorize(&world.one.request()).await;
        let page = browser.get(&consent).await;
        assert!(!page.body.contains("value=\"allow\""), "{}", page.body);
        let answer = browser.post(&consent, &world.allow()).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, consent.as_str()));
        let returned = browser.post(&consent, &Form::of(&[("decision", "deny")])).await;
        returned.assert_rejected("return to app", &world.one.redirect, &["access_denied"], Some("s1"));
    }
    let mut stranger = world.browser(&world.stranger).await;
    let consent = stranger.authorize(&world.one.request()).await;
    let page = stranger.get(&consent).await;
    assert!(page.body.contains("you are not a member of one yet"), "{}", page.body);
    assert!(page.body.contains("access_denied"), "what the app would be told: {}", page.body);
    let answer = stranger.post(&consent, &world.allow()).await;
    assert!(!answer.header("location").contains("code="), "a person of no organization installed: {answer:?}");
}

#[tokio::test]
async fn req_116_a_suspended_install_is_explained_and_leads_back_to_the_app() {
    let world = World::new().await;
    world.one.consent(&world, &world.one.request()).await;
    world.suspend_installs(&world.one).await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let page = browser.get(&consent).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    let told = page.body.contains("that install is suspended") && page.body.contains("Return to app");
    assert!(told && !page.body.contains("value=\"allow\""), "{}", page.body);
    let answer = browser.post(&consent, &world.allow()).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, consent.as_str()));
    let returned = browser.post(&consent, &Form::of(&[("decision", "deny")])).await;
    returned.assert_rejected("return to app", &world.one.redirect, &["access_denied"], Some("s1"));
}

#[tokio::test]
async fn req_116_a_role_that_is_lost_midway_is_lost() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    assert!(browser.get(&consent).await.body.contains("value=\"allow\""));
    world.set_role(&world.admin, world.target, "member").await;
    let answer = browser.post(&consent, &world.allow()).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, consent.as_str()));
}

#[tokio::test]
async fn req_117_the_chosen_organization_is_the_one_that_the_token_has() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request().without("organization")).await;
    let picker = browser.get(&consent).await;
    assert!(
        picker.body.contains("Target") && picker.body.contains("Second") && !picker.body.contains("value=\"allow\""),
        "{}",
        picker.body
    );
    let choice = Form::of(&[("choose", "1"), ("organization", &world.second.to_string())]);
    let chosen = browser.post(&consent, &choice).await;
    assert_eq!((chosen.status, chosen.location()), (StatusCode::SEE_OTHER, consent.as_str()));
    assert!(browser.get(&consent).await.body.contains("Second"));

    let tampered = browser.post(&consent, &world.allow()).await;
    assert!(
        !tampered.header("location").contains("code="),
        "the form named an organization that was not chosen: {tampered:?}"
    );
    let answer = browser.post(&consent, &world.allow().with("organization", &world.second.to_string())).await;
    let tokens = world.one.redeem(&world, &answer.sent_once("code")).await;
    let whoami = world.whoami(&tokens.text("access_token")).await.json();
    assert_eq!(whoami["organization"]["id"], world.second.to_string());
}

#[tokio::test]
async fn req_117_another_organization_cannot_be_chosen() {
    let world = World::new().await;
    let mut browser = world.browser(&world.member).await;
    let consent = browser.authorize(&world.one.request().without("organization")).await;
    browser.get(&consent).await;
    let choice = Form::of(&[("choose", "1"), ("organization", &world.second.to_string())]);
    let answer = browser.post(&consent, &choice).await;
    assert!(matches!(answer.status.as_u16(), 400 | 404), "{answer:?}");
}

#[tokio::test]
async fn req_115_an_unknown_grant_is_a_page() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    for id in ["0190b7a2-0000-7000-8000-000000000000", "x", "..%2f..", "0190b7a2-0000-7000-8000-00000000000g"] {
        let path = format!("/oauth/consent/{id}");
        for answer in [browser.get(&path).await, browser.post(&path, &world.allow()).await] {
            assert!(matches!(answer.status.as_u16(), 400 | 404), "{id}: {answer:?}");
        }
    }
    let nobody = world.send(get("/oauth/consent/0190b7a2-0000-7000-8000-000000000000")).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND, "nobody signs in for nothing: {nobody:?}");
}

#[tokio::test]
async fn req_020_pending_grants_of_strangers_are_bounded_per_address() {
    let world = World::new().await;
    let mut browser = world.anonymous();
    let oldest = browser.authorize(&world.one.request()).await;
    let second = browser.authorize(&world.one.request()).await;
    for _ in 0..19 {
        world.anonymous().authorize(&world.one.request()).await;
    }
    browser.sign_in(&world.admin).await;
    assert!(browser.get(&oldest).await.status.is_client_error(), "the 21st displaces the oldest");
    assert_eq!(browser.get(&second).await.status, StatusCode::OK);
}

#[tokio::test]
async fn req_021_a_failing_database_is_told_to_the_client_once_the_redirect_is_trusted() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    browser.get(&consent).await;
    let csrf = browser.csrf().await;
    world.break_table("codes").await;
    let decided = browser.send(world.allow().with("csrf", &csrf).post(&consent)).await;
    decided.assert_rejected("consent", &world.one.redirect, &["server_error"], Some("s1"));
    assert_eq!(world.active_installs(&world.one).await, 0, "without a code there is no install");
    world.break_table("grants").await;
    let asked = world.send(world.one.request().get_request("/oauth/authorize")).await;
    asked.assert_rejected("authorize", &world.one.redirect, &["server_error"], Some("s1"));
    world.break_table("scopes").await;
    let asked = world.send(world.one.request().get_request("/oauth/authorize")).await;
    asked.assert_rejected("no catalogue", &world.one.redirect, &["server_error"], Some("s1"));
    let evil = world.one.request().with("redirect_uri", "https://evil.example/cb");
    world.send(evil.get_request("/oauth/authorize")).await.assert_page("no catalogue, and evil");
    world.break_table("redirect_uris").await;
    let asked = world.send(world.one.request().get_request("/oauth/authorize")).await;
    assert_eq!(asked.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!asked.headers.contains_key("location"), "nothing is trusted yet: {asked:?}");
}

#[tokio::test]
async fn req_117_the_picker_needs_no_field_but_the_organization() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let target = world.target.to_string();
    for picked in [Form::of(&[("organization", &target)]), world.allow()] {
        let consent = browser.authorize(&world.one.request().without("organization")).await;
        let answer = browser.post(&consent, &picked).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, consent.as_str()), "{picked:?}");
        assert_eq!(world.active_installs(&world.one).await, 0, "nothing is granted unseen: {picked:?}");
        let page = browser.get(&consent).await;
        assert!(page.body.contains("name=\"decision\"") && page.body.contains("value=\"allow\""), "{}", page.body);
    }
    let consent = browser.authorize(&world.one.request().without("organization")).await;
    let undecided = browser.post(&consent, &Form::of(&[("decision", "allow")])).await;
    assert_eq!(undecided.status, StatusCode::BAD_REQUEST, "of two organizations none is chosen: {undecided:?}");
    browser.post(&consent, &world.allow()).await;
    assert!(!browser.post(&consent, &world.allow()).await.sent_once("code").is_empty());
}

#[tokio::test]
async fn req_117_allow_without_an_organization_means_the_chosen_or_the_only_one() {
    let world = World::new().await;
    let allow = Form::of(&[("decision", "allow")]);
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request().without("organization")).await;
    browser.post(&consent, &Form::of(&[("organization", &world.second.to_string())])).await;
    let code = browser.post(&consent, &allow).await.sent_once("code");
    let tokens = world.one.redeem(&world, &code).await.tokens();
    let whoami = world.whoami(&tokens.access).await;
    assert!(whoami.body.contains(&world.second.to_string()), "{}", whoami.body);
    let mut only = world.browser(&world.maker_admin).await;
    let consent = only.authorize(&world.one.request().without("organization")).await;
    assert!(!only.post(&consent, &allow).await.sent_once("code").is_empty());
}
