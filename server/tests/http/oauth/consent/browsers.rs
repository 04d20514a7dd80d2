//! A pending grant belongs to one browser, one person and one request.

use http::StatusCode;

use super::super::request::{Form, with_header};
use super::super::world::World;

#[tokio::test]
async fn req_109_a_grant_begun_in_one_browser_cannot_be_finished_in_another() {
    let world = World::new().await;
    let mut victim = world.browser(&world.admin).await;
    let consent = world.anonymous().authorize(&world.one.request()).await;
    for answer in [
        victim.get(&consent).await,
        victim.post(&consent, &world.allow()).await,
        victim.post(&consent, &Form::of(&[("decision", "deny")])).await,
    ] {
        assert!(matches!(answer.status.as_u16(), 400 | 403 | 404), "{answer:?}");
        assert!(!answer.headers.contains_key("location"), "{answer:?}");
    }
    let mut tampered = world.browser(&world.admin).await;
    let own = tampered.authorize(&world.one.request()).await;
    tampered.rename_cookie(&own, &consent);
    let answer = tampered.post(&consent, &world.allow()).await;
    assert!(matches!(answer.status.as_u16(), 400 | 404), "another grant's cookie was accepted: {answer:?}");
}

#[tokio::test]
async fn req_109_a_grant_that_one_person_opened_is_not_shown_to_another() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    assert_eq!(browser.get(&consent).await.status, StatusCode::OK);
    browser.sign_in(&world.member).await;
    let answer = browser.get(&consent).await;
    assert!(matches!(answer.status.as_u16(), 400 | 404), "{answer:?}");
}

#[tokio::test]
async fn req_110_the_interaction_cookie_belongs_to_one_request() {
    let world = World::new().await;
    let answer = world.send(world.one.request().get_request("/oauth/authorize")).await;
    let cookies: Vec<_> =
        answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().expect("ASCII").to_owned()).collect();
    let cookie =
        cookies.iter().find(|cookie| cookie.starts_with("portico_interaction_")).expect("an interaction cookie");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    assert!(!cookies.iter().any(|cookie| cookie.starts_with("portico_session")), "no session for a stranger");

    let mut browser = world.browser(&world.admin).await;
    let first = browser.authorize(&world.one.request().with("state", "tab1")).await;
    let second = browser.authorize(&world.one.request().with("state", "tab2")).await;
    assert_eq!(browser.post(&second, &world.allow()).await.sent_once("state"), "tab2");
    assert_eq!(browser.post(&first, &world.allow()).await.sent_once("state"), "tab1");
}

#[tokio::test]
async fn req_110_a_browser_keeps_the_cookies_of_its_newest_requests_alone() {
    let world = World::new().await;
    let name = |number: u32| format!("portico_interaction_0190b7a2-0000-7000-8000-{number:012}");
    let brought = (0..25).rev().map(|number| format!("{}=x", name(number))).collect::<Vec<_>>().join("; ");
    let brought = format!("portico_interaction_mine=x; theme=dark; {brought}");
    let answer = world.send(with_header(world.one.request().get_request("/oauth/authorize"), "cookie", &brought)).await;
    let set: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().expect("ASCII")).collect();
    let (ended, made): (Vec<&str>, Vec<&str>) = set.iter().partition(|cookie| cookie.contains("Max-Age=0"));
    assert_eq!(made.iter().filter(|cookie| cookie.starts_with("portico_interaction_")).count(), 1, "{set:?}");
    let oldest: Vec<_> = (0..6).map(|number| format!("{}=;", name(number))).collect();
    assert_eq!(ended.len(), oldest.len(), "{ended:?}");
    assert!(oldest.iter().all(|name| ended.iter().any(|cookie| cookie.starts_with(name.as_str()))), "{ended:?}");
}

#[tokio::test]
async fn req_110_under_https_the_interaction_cookie_is_host_bound_and_secure() {
    let world = World::with_issuer("https://portal.example").await;
    let answer = world.send(world.one.request().get_request("/oauth/authorize")).await;
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-portico_interaction_") && cookie.contains("Secure") && cookie.contains("Path=/"),
        "{answer:?}"
    );
}
