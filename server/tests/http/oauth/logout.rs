//! `/oauth/logout`: PROTOCOL 102, and 106 and 108 where they touch it.

use domain::portal::NewApp;
use http::StatusCode;

use super::id_token::exchanged;
use super::request::{Answer, Form, get, request};
use super::world::{Party, Surfer, World, openid_app};

const LOGOUT: &str = "/oauth/logout";
const CONFIRM: &str = "/oauth/logout/confirm";
const BYE: &str = "https://rp.example/bye";

/// A world with a relying party that registered [`BYE`], and an ID token of the admin.
async fn world() -> (World, Party, String) {
    let world = World::new().await;
    let party = world.openid_party("https://rp.example/cb").await;
    world.set_post_logout_uris(&party, &[BYE, "https://rp.example/bye?x=1"]).await;
    let id_token = exchanged(&world, &party, None).await.text("id_token");
    (world, party, id_token)
}

/// The request of `party` with this hint.
fn leave(hint: &str) -> Form {
    Form::of(&[("id_token_hint", hint), ("post_logout_redirect_uri", BYE), ("state", "s 1&é\"<")])
}

async fn open(browser: &mut Surfer, form: &Form) -> Answer {
    browser.get(&format!("{LOGOUT}?{}", form.encoded())).await
}

async fn signed_in(browser: &mut Surfer) -> bool {
    browser.get("/account").await.status == StatusCode::OK
}

#[track_caller]
fn assert_left(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    assert!(answer.location().starts_with("https://rp.example/bye?state="), "{}", answer.location());
    assert_eq!(answer.sent_once("state"), "s 1&é\"<");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn req_102_an_id_token_of_the_signed_in_person_signs_out_at_once() {
    let (world, _, hint) = world().await;
    let mut browser = world.browser(&world.admin).await;
    let mut elsewhere = world.browser(&world.admin).await;
    assert_left(&open(&mut browser, &leave(&hint)).await);
    assert!(!signed_in(&mut browser).await, "the session is over");
    assert!(signed_in(&mut elsewhere).await, "another browser stays signed in");
    assert!(world.audited("session.ended").await);
    // Again, in the browser that is signed out, and in one that never was signed in.
    assert_left(&open(&mut browser, &leave(&hint)).await);
    assert_left(&open(&mut world.anonymous(), &leave(&hint)).await);
}

#[tokio::test]
async fn req_102_without_an_address_to_go_to_a_page_says_that_nobody_is_signed_in() {
    let (world, _, hint) = world().await;
    let mut browser = world.browser(&world.admin).await;
    let answer = open(&mut browser, &Form::of(&[("id_token_hint", &hint)])).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, LOGOUT));
    for _ in 0..2 {
        let page = browser.get(LOGOUT).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("You are signed out"), "{page:?}");
    }
    assert!(!signed_in(&mut browser).await);
}

#[tokio::test]
async fn req_102_an_expired_hint_still_tells_who_it_is() {
    let (world, _, hint) = world().await;
    world.advance(3 * 86_400);
    let mut browser = world.browser(&world.admin).await;
    assert_left(&open(&mut browser, &leave(&hint)).await);
    assert!(!signed_in(&mut browser).await);
}

#[tokio::test]
async fn req_102_without_a_hint_or_with_another_persons_the_person_is_asked() {
    let (world, party, hint) = world().await;
    let by_client = leave("").with("client_id", &party.client_id);
    for (person, form) in [(&world.admin, &by_client), (&world.member, &leave(&hint)), (&world.admin, &Form::default())]
    {
        let mut browser = world.browser(person).await;
        let page = open(&mut browser, form).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        assert!(page.body.contains("Sign out of this site?") && page.body.contains(&person.email), "{page:?}");
        assert!(!page.body.contains("s 1&é\"<"), "the state is escaped: {page:?}");
        // Requirement 106: Chromium would hold the redirect against it.
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("form-action"), "{policy}");
        assert!(signed_in(&mut browser).await, "to be asked changes nothing");
        // Requirement 108: the answer needs the page's token.
        let request = browser.prepared(form.post(CONFIRM));
        assert_eq!(browser.send(request).await.status, StatusCode::FORBIDDEN);
        assert!(signed_in(&mut browser).await, "no token, no logout");
        let answer = browser.post(CONFIRM, form).await;
        if form.get("post_logout_redirect_uri").is_empty() {
            assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, LOGOUT));
        } else {
            assert_left(&answer);
        }
        assert!(!signed_in(&mut browser).await);
    }
}

#[tokio::test]
async fn req_102_the_page_that_asks_carries_the_whole_request() {
    let (world, party, _) = world().await;
    let mut browser = world.browser(&world.admin).await;
    let page = open(&mut browser, &leave("").with("client_id", &party.client_id)).await;
    for part in
        ["Relying party sent you here", "name=\"client_id\"", "name=\"post_logout_redirect_uri\"", "name=\"csrf\""]
    {
        assert!(page.body.contains(part), "{part}: {page:?}");
    }
    assert!(page.body.contains("s 1&amp;é&quot;&lt;"), "{page:?}");
    assert!(!page.body.contains("<script"), "the page needs none: {page:?}");
}

#[tokio::test]
async fn req_102_a_bad_hint_client_or_address_is_a_page_and_nobody_is_signed_out() {
    let (world, party, hint) = world().await;
    let access = exchanged(&world, &party, None).await.text("access_token");
    let (head, rest) = hint.split_once('.').expect("a JWT");
    let (claims, signature) = rest.split_once('.').expect("a JWT");
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.");
    let forged = format!("{head}.{}.{signature}", claims.chars().rev().collect::<String>());
    let mut browser = world.browser(&world.admin).await;
    let good = leave(&hint);
    for (form, what) in [
        (leave(&hint[..hint.len() - 2]), "a shortened hint"),
        (leave(&unsigned), "an unsigned hint"),
        (leave(&forged), "forged claims"),
        (leave(&access), "an access token as hint"),
        (leave("x"), "no JWT at all"),
        (leave("x").with("client_id", &party.client_id), "a bad hint beside a good client"),
        (good.clone().with("client_id", &world.one.client_id), "a hint of another client"),
        (good.clone().with("client_id", "zzz"), "an unknown client"),
        (good.clone().with("post_logout_redirect_uri", "https://evil.example/"), "an address of nobody"),
        (good.clone().with("post_logout_redirect_uri", "https://rp.example/cb"), "a redirect URI"),
        (good.clone().with("post_logout_redirect_uri", "https://rp.example/bye/"), "almost the address"),
        (leave(""), "an address, and nobody whose it is"),
        (leave("").with("client_id", &world.one.client_id), "an address of another client"),
        (good.clone().and("state", "2"), "a repeated parameter"),
        (good.clone().and("client_id", "a\0b"), "a parameter that is no text"),
    ] {
        for request in [form.get_request(LOGOUT), form.post(LOGOUT)] {
            let answer = browser.send(browser.prepared(request)).await;
            answer.assert_page(what);
            let code = if what == "an unknown client" { "invalid_client" } else { "invalid_request" };
            // A hint of another client is seen before the client is looked for.
            let told = answer.body.contains(code) || answer.body.contains("invalid_request");
            assert!(told, "{what}: {answer:?}");
            assert!(!answer.body.contains("href=\"https://evil"), "{what}: {answer:?}");
        }
        assert!(signed_in(&mut browser).await, "{what}");
        browser.post(CONFIRM, &form).await.assert_page(what);
        assert!(signed_in(&mut browser).await, "{what}, confirmed");
    }
}

#[tokio::test]
async fn req_108_a_post_validates_and_changes_nothing_the_get_after_it_does() {
    let (world, _, hint) = world().await;
    let mut browser = world.browser(&world.admin).await;
    let posted = browser.prepared(leave(&hint).post(LOGOUT));
    let answer = browser.send(posted).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    assert!(answer.location().starts_with("/oauth/logout?id_token_hint="), "{}", answer.location());
    assert!(answer.cookies().is_empty(), "{answer:?}");
    assert!(signed_in(&mut browser).await, "the POST reads no session");
    let next = browser.get(answer.location()).await;
    assert_left(&next);
    assert!(!signed_in(&mut browser).await);
    // From another site, without cookies, without a token: the same.
    let foreign = super::request::with_header(leave(&hint).post(LOGOUT), "sec-fetch-site", "cross-site");
    assert_eq!(world.send(foreign).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn req_010_req_108_query_and_body_of_a_post_are_one_set_of_parameters() {
    let (world, _, hint) = world().await;
    let split = leave(&hint).post(&format!("{LOGOUT}?state=2"));
    world.send(split).await.assert_page("a duplicate split across query and body");
    let json = super::request::post(LOGOUT, "application/json", "{}");
    world.send(json).await.assert_page("JSON");
}

#[tokio::test]
async fn req_019_req_102_nobody_is_sent_to_a_suspended_app() {
    let (world, party, hint) = world().await;
    world.suspend_app(&party).await;
    let mut browser = world.browser(&world.admin).await;
    open(&mut browser, &leave(&hint)).await.assert_page("a suspended app");
    assert!(signed_in(&mut browser).await);
}

#[tokio::test]
async fn another_method_at_logout_is_405_with_allow() {
    let world = World::new().await;
    for method in ["HEAD", "PUT", "DELETE", "OPTIONS"] {
        let answer = world.send(request(method, LOGOUT)).await;
        assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, POST"), "{method}");
    }
    assert_eq!(world.send(get(CONFIRM)).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn req_102_a_hint_signed_with_any_algorithm_of_ours_signs_out() {
    let world = World::new().await;
    for &algorithm in domain::jwt::SigningAlgorithm::ALL {
        let new = NewApp { id_token_signed_response_alg: algorithm, ..openid_app("https://rp.example/cb") };
        let party = world.register(new).await;
        world.set_post_logout_uris(&party, &[BYE]).await;
        let hint = exchanged(&world, &party, None).await.text("id_token");
        let mut browser = world.browser(&world.admin).await;
        assert_left(&open(&mut browser, &leave(&hint)).await);
        assert!(!signed_in(&mut browser).await, "{algorithm}");
    }
}
