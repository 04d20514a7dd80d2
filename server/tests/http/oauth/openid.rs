//! What the session, an earlier consent and the parameters of OpenID Connect make of an authorization request: PROTOCOL
//! sections A, B and H where the browser arrives at the consent page.

use base64::Engine as _;
use domain::portal::NewApp;
use http::{Method, StatusCode};
use serde_json::Value;

use super::request::{Answer, Form, get, request};
use super::world::{Party, Surfer, World, openid_app};

const CALLBACK: &str = "https://rp.example/cb";

/// What the browser meets at the consent page of a new request.
async fn arrive(browser: &mut Surfer, request: &Form) -> Answer {
    let consent = browser.authorize(request).await;
    browser.get(&consent).await
}

/// The admin's browser after he allowed `party`'s request.
async fn consented(world: &World, party: &Party) -> Surfer {
    assert!(!party.code(world).await.is_empty());
    world.browser(&world.admin).await
}

/// The claims of an ID token; its signature is tested elsewhere.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a JWT");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

async fn id_token(world: &World, party: &Party, answer: &Answer) -> String {
    party.redeem(world, &answer.sent_once("code")).await.text("id_token")
}

/// Whether the answer is a page that asks somebody who is signed in to do it again, and leads back to `consent`.
fn asks_to_sign_in(answer: &Answer, consent: &str) -> bool {
    answer.location().starts_with("/sign-in?")
        && answer.sent_once("next") == consent
        && answer.sent_once("again") == "1"
}

#[tokio::test]
async fn req_091_prompt_none_is_answered_where_no_cookie_is_kept() {
    let world = World::new().await;
    let silent = world.one.request().and("prompt", "none");
    // As in a frame of another site, with a session that is not sent either.
    let consent = world.send(silent.get_request("/oauth/authorize")).await.location().to_owned();
    let answer = world.send(get(&consent)).await;
    answer.assert_rejected("no cookie", &world.one.redirect, &["login_required"], Some("s1"));
    let again = world.send(get(&consent)).await;
    assert_eq!((again.status, again.header("location")), (StatusCode::NOT_FOUND, ""), "it was answered: {again:?}");
}

#[tokio::test]
async fn req_109_nobody_signs_in_for_a_request_that_this_browser_cannot_answer() {
    let world = World::new().await;
    let foreign = world.anonymous().authorize(&world.one.request()).await;
    for mut browser in [world.anonymous(), world.browser(&world.admin).await] {
        let answer = browser.get(&foreign).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::NOT_FOUND, ""), "{answer:?}");
    }
    let mut late = world.anonymous();
    let own = late.authorize(&world.one.request()).await;
    let asked = late.get(&own).await;
    assert!(asked.location().starts_with("/sign-in?") && !asked.location().contains("again"), "{asked:?}");
    world.advance(601);
    let answer = late.get(&own).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::NOT_FOUND, ""), "{answer:?}");
}

#[tokio::test]
async fn req_092_req_108_a_stale_answer_about_the_account_asks_again_and_gives_it_to_nobody() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request().and("prompt", "select_account")).await;
    assert!(browser.get(&consent).await.body.contains("Use another account"));
    let stale = browser.prepared(Form::of(&[("csrf", "of another session"), ("account", "keep")]).post(&consent));
    let answer = browser.send(stale).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, &*consent), "{answer:?}");
    assert!(browser.get(&consent).await.body.contains("Use another account"));
    let next = format!("/sign-up?next={consent}");
    assert_eq!(browser.get(&next).await.location(), consent, "who has an account goes on");
    let another = browser.get(&format!("{next}&again=1")).await;
    assert!(another.status == StatusCode::OK && another.body.contains("Create account"), "{another:?}");
    browser.sign_in(&world.member).await;
    let page = browser.get(&consent).await;
    assert_eq!(page.status, StatusCode::OK, "it was nobody's yet: {page:?}");
}

#[tokio::test]
async fn req_015_a_request_that_waits_grants_nothing_that_the_app_gave_up() {
    for (what, request) in [
        ("grants = 'client_credentials'", None),
        ("actor_modes = 'app'", Some("self")),
        ("actor_modes = 'self'", Some("app")),
    ] {
        let world = World::new().await;
        let mut browser = world.browser(&world.admin).await;
        let asked = request.map_or(world.one.request(), |actor| world.one.request().and("actor", actor));
        let consent = browser.authorize(&asked).await;
        world.set_app(&world.one, what).await;
        let answer = browser.post(&consent, &world.allow()).await;
        answer.assert_rejected(what, &world.one.redirect, &["unauthorized_client"], Some("s1"));
        assert_eq!(world.active_installs(&world.one).await, 0, "{what}");
    }
}

#[tokio::test]
async fn req_091_prompt_none_is_answered_without_a_page_whoever_is_signed_in() {
    let world = World::new().await;
    let silent = world.one.request().and("prompt", "none");
    let nobody = arrive(&mut world.anonymous(), &silent).await;
    nobody.assert_rejected("nobody", &world.one.redirect, &["login_required"], Some("s1"));
    assert!(nobody.location().ends_with("#_") && nobody.body.is_empty(), "{nobody:?}");
    let mut browser = world.browser(&world.admin).await;
    let unasked = arrive(&mut browser, &silent).await;
    unasked.assert_rejected("no consent", &world.one.redirect, &["consent_required"], Some("s1"));
    let unclear = arrive(&mut browser, &silent.clone().without("organization")).await;
    unclear.assert_rejected("two organizations", &world.one.redirect, &["interaction_required"], Some("s1"));
    let mut browser = consented(&world, &world.one).await;
    let answer = arrive(&mut browser, &silent.clone().without("organization")).await;
    assert!(answer.location().starts_with(&world.one.redirect), "{answer:?}");
    assert!(
        world
            .whoami(&world.one.redeem(&world, &answer.sent_once("code")).await.tokens().access)
            .await
            .status
            .is_success()
    );
    let none_login = world.send(world.one.request().and("prompt", "none login").get_request("/oauth/authorize")).await;
    none_login.assert_rejected("none login", &world.one.redirect, &["invalid_request"], Some("s1"));
}

#[tokio::test]
async fn req_017_req_091_prompt_works_by_post_and_the_endpoint_itself_reads_no_session() {
    let world = World::new().await;
    let mut browser = consented(&world, &world.one).await;
    let silent = world.one.request().and("prompt", "none");
    let anonymous = world.send(silent.post("/oauth/authorize")).await;
    assert!(anonymous.location().starts_with("/oauth/consent/"), "judged before anybody is known: {anonymous:?}");
    let signed_in = browser.follow(silent.post("/oauth/authorize")).await;
    assert!(signed_in.location().starts_with("/oauth/consent/"), "{signed_in:?}");
    let answer = browser.get(signed_in.location()).await;
    assert!(!answer.sent_once("code").is_empty());
}

#[tokio::test]
async fn req_092_prompt_login_forces_one_sign_in_and_auth_time_increases() {
    let world = World::new().await;
    let party = world.openid_party(CALLBACK).await;
    let first = party.consent(&world, &party.request().and("max_age", "10000")).await;
    let first = claims(&id_token(&world, &party, &first).await);
    let mut browser = world.browser(&world.admin).await;
    world.advance(60);
    let consent = browser.authorize(&party.request().and("prompt", "login")).await;
    let asked = browser.get(&consent).await;
    assert!(asks_to_sign_in(&asked, &consent), "{asked:?}");
    let page = browser.get(asked.location()).await;
    assert!(page.status == StatusCode::OK && page.body.contains("type=\"password\""), "shown to a signed-in person");
    let skipped = browser.post(&consent, &world.allow()).await;
    assert_eq!((skipped.status, skipped.location()), (StatusCode::SEE_OTHER, consent.as_str()), "no way round");
    world.advance(1);
    browser.sign_in(&world.admin).await;
    let answer = browser.get(&consent).await;
    let second = claims(&id_token(&world, &party, &answer).await);
    let seconds = |claims: &Value| claims["auth_time"].as_i64().expect("auth_time");
    assert_eq!(seconds(&second) - seconds(&first), 61);
    assert_eq!(first["sub"], second["sub"]);
}

#[tokio::test]
async fn req_092_prompt_consent_asks_again_and_select_account_offers_another() {
    let world = World::new().await;
    let mut browser = consented(&world, &world.one).await;
    let page = arrive(&mut browser, &world.one.request().and("prompt", "consent")).await;
    assert!(page.status == StatusCode::OK && page.body.contains("value=\"allow\""), "{page:?}");
    world.advance(1);
    let consent = browser.authorize(&world.one.request().and("prompt", "select_account")).await;
    let page = browser.get(&consent).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    assert!(page.body.contains("Use another account") && page.body.contains(&world.admin.email), "{}", page.body);
    assert!(page.body.contains("again=1") && !page.header("content-security-policy").contains("form-action"));
    let kept = browser.post(&consent, &Form::of(&[("account", "keep")])).await;
    assert_eq!((kept.status, kept.location()), (StatusCode::SEE_OTHER, consent.as_str()));
    assert!(!browser.get(&consent).await.sent_once("code").is_empty());
    let consent = browser.authorize(&world.one.request().and("prompt", "select_account")).await;
    world.advance(1);
    browser.sign_in(&world.member).await;
    let page = browser.get(&consent).await;
    assert!(page.body.contains("Signed in as mia"), "the other account goes on: {}", page.body);
}

#[tokio::test]
async fn req_093_a_session_older_than_max_age_signs_in_again() {
    let world = World::new().await;
    let mut browser = consented(&world, &world.one).await;
    world.advance(2);
    for (max_age, fresh) in [("1", false), ("0", false), ("2", true), ("10000", true)] {
        let consent = browser.authorize(&world.one.request().and("max_age", max_age)).await;
        let answer = browser.get(&consent).await;
        let passed = answer.location().starts_with(&world.one.redirect);
        assert!(passed == fresh && (fresh || asks_to_sign_in(&answer, &consent)), "{max_age}: {answer:?}");
    }
    let silent = arrive(&mut browser, &world.one.request().and("max_age", "1").and("prompt", "none")).await;
    silent.assert_rejected("too old", &world.one.redirect, &["login_required"], Some("s1"));
    for bad in ["-1", "NaN", "1.5"] {
        let answer = world.send(world.one.request().and("max_age", bad).get_request("/oauth/authorize")).await;
        answer.assert_rejected(bad, &world.one.redirect, &["invalid_request"], Some("s1"));
    }
}

#[tokio::test]
async fn req_093_the_sign_in_that_max_age_asks_for_is_the_one_that_the_id_token_tells_of() {
    let world = World::new().await;
    let party = world.openid_party(CALLBACK).await;
    let mut browser = world.browser(&world.admin).await;
    world.advance(2);
    let consent = browser.authorize(&party.request().and("max_age", "1")).await;
    let asked = browser.get(&consent).await;
    assert!(asks_to_sign_in(&asked, &consent), "{asked:?}");
    let skipped = browser.post(&consent, &world.allow()).await;
    assert_eq!((skipped.status, skipped.location()), (StatusCode::SEE_OTHER, consent.as_str()), "no way round");
    world.advance(5);
    browser.sign_in(&world.admin).await;
    let signed_in_at = world.store.now().unix_seconds();
    // Between sign-in and consent, and between consent and exchange: neither moment is the one that is told.
    world.advance(3);
    let answer = browser.post(&consent, &world.allow()).await;
    world.advance(3);
    let claims = claims(&id_token(&world, &party, &answer).await);
    assert_eq!(claims["auth_time"].as_i64(), Some(signed_in_at), "{claims}");
    assert_eq!(claims["iat"].as_i64(), Some(signed_in_at + 6), "{claims}");
}

#[tokio::test]
async fn req_094_an_id_token_hint_of_another_person_is_never_silently_answered() {
    let world = World::new().await;
    let party = world.openid_party(CALLBACK).await;
    let hint = id_token(&world, &party, &party.consent(&world, &party.request()).await).await;
    let silent = party.request().and("prompt", "none").and("id_token_hint", &hint);
    let mut other = world.browser(&world.member).await;
    let answer = arrive(&mut other, &silent).await;
    answer.assert_rejected("another", CALLBACK, &["login_required"], Some("s1"));
    let consent = other.authorize(&party.request().and("id_token_hint", &hint)).await;
    let asked = other.get(&consent).await;
    assert!(asks_to_sign_in(&asked, &consent), "{asked:?}");
    world.advance(7 * 86_400);
    let mut own = world.browser(&world.admin).await;
    assert!(!arrive(&mut own, &silent).await.sent_once("code").is_empty(), "it expired, and names him all the same");
    let forged = format!("{hint}A");
    let rejected = world.send(silent.with("id_token_hint", &forged).get_request("/oauth/authorize")).await;
    rejected.assert_rejected("forged", CALLBACK, &["login_required"], Some("s1"));
}

#[tokio::test]
async fn req_095_an_earlier_consent_is_remembered_for_confidential_clients_alone() {
    let world = World::new().await;
    let mut browser = consented(&world, &world.one).await;
    let answer = arrive(&mut browser, &world.one.request().with("state", "again")).await;
    assert_eq!((answer.status, answer.sent_once("state").as_str()), (StatusCode::SEE_OTHER, "again"));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(world.one.redeem(&world, &answer.sent_once("code")).await.status.is_success());
    let replayed = browser.get("/oauth/consent/0190b7a2-0000-7000-8000-000000000000").await;
    assert!(replayed.status.is_client_error(), "{replayed:?}");
    let mut browser = consented(&world, &world.spa).await;
    let page = arrive(&mut browser, &world.spa.request()).await;
    assert!(page.status == StatusCode::OK && page.body.contains("value=\"allow\""), "a public client asks each time");
    let wider = world.wide.request();
    assert!(!world.wide.consent(&world, &wider).await.sent_once("code").is_empty());
    let page = arrive(&mut browser, &wider.with("scope", "read write")).await;
    assert!(page.body.contains("value=\"allow\""), "more scopes are asked: {page:?}");
}

#[tokio::test]
async fn req_095_after_a_disconnect_the_person_is_asked() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    let mut browser = world.browser(&world.admin).await;
    assert!(arrive(&mut browser, &world.one.request()).await.location().starts_with(&world.one.redirect));
    let tokens = match world.one.refresh(&world, &tokens.refresh).await {
        answer if answer.status.is_success() => answer.tokens(),
        _ => tokens,
    };
    assert!(world.one.revoke(&world, &tokens.refresh).await.status.is_success());
    assert_eq!(world.active_installs(&world.one).await, 0);
    let page = arrive(&mut browser, &world.one.request()).await;
    assert!(page.status == StatusCode::OK && page.body.contains("value=\"allow\""), "{page:?}");
}

#[tokio::test]
async fn req_109_a_remembered_consent_answers_no_other_browser_and_no_head_request() {
    let world = World::new().await;
    let mut victim = consented(&world, &world.one).await;
    let foreign = world.anonymous().authorize(&world.one.request()).await;
    let answer = victim.get(&foreign).await;
    assert!(answer.status.is_client_error() && !answer.headers.contains_key("location"), "{answer:?}");
    let own = victim.authorize(&world.one.request()).await;
    let head = victim.send(request("HEAD", &own)).await;
    assert_eq!((head.status, head.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, POST"), "{head:?}");
    assert!(!victim.get(&own).await.sent_once("code").is_empty(), "a look changed nothing");
}

#[tokio::test]
async fn req_020_a_login_hint_is_in_the_form_and_stays_text() {
    let world = World::new().await;
    let mut browser = world.anonymous();
    let hint = "\"><script>alert(1)</script>ada@example.com";
    let asked = arrive(&mut browser, &world.one.request().and("login_hint", hint)).await;
    let page = browser.get(asked.location()).await;
    assert!(page.body.contains("ada@example.com") && !page.body.contains("<script>alert"), "{}", page.body);
    let long = arrive(&mut browser, &world.one.request().and("login_hint", &"x".repeat(7_000))).await;
    assert!(long.location().len() < 600, "{}", long.location().len());
}

#[tokio::test]
async fn req_019_an_app_that_stopped_meanwhile_is_named_on_the_page() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    assert_eq!(browser.get(&consent).await.status, StatusCode::OK);
    world.suspend_app(&world.one).await;
    for answer in [browser.get(&consent).await, browser.post(&consent, &world.allow()).await] {
        answer.assert_page("suspended");
        assert!(answer.body.contains("This app is suspended.") && answer.body.contains("invalid_client"), "{answer:?}");
    }
}

#[tokio::test]
async fn req_021_pages_that_end_a_flow_say_the_error_code() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    world.advance(600);
    for answer in [browser.get(&consent).await, browser.post(&consent, &world.allow()).await] {
        assert!(answer.status == StatusCode::NOT_FOUND && answer.body.contains("invalid_request"), "{answer:?}");
    }
    let mut member = world.browser(&world.member).await;
    let page = arrive(&mut member, &world.one.request()).await;
    assert!(page.body.contains("access_denied") && page.body.contains("Return to app"), "{}", page.body);
}

#[tokio::test]
async fn req_021_a_failing_database_is_told_to_the_client_where_no_page_is_due() {
    let world = World::new().await;
    let mut browser = consented(&world, &world.one).await;
    let consent = browser.authorize(&world.one.request()).await;
    world.break_table("codes").await;
    let answer = browser.get(&consent).await;
    answer.assert_rejected("no codes", &world.one.redirect, &["server_error"], Some("s1"));
}

#[tokio::test]
async fn req_090_the_plainest_request_of_openid_connect_completes() {
    let world = World::new().await;
    let party = world.register(NewApp { pkce_required: false, ..openid_app(CALLBACK) }).await;
    let plain = Form::of(&[
        ("response_type", "code"),
        ("client_id", &party.client_id),
        ("redirect_uri", CALLBACK),
        ("scope", "openid"),
        ("organization", "target"),
    ]);
    let code = party.consent_with(&world, &plain, &world.allow()).await.sent_once("code");
    let exchange = party.exchange(&code).without("code_verifier");
    let answer = world.send(exchange.post_as(&party)).await;
    let claims = claims(&answer.text("id_token"));
    assert_eq!((claims["aud"].as_str(), claims.get("nonce")), (Some(party.client_id.as_str()), None));
    let omitted = world.send(plain.clone().without("redirect_uri").get_request("/oauth/authorize")).await;
    omitted.assert_page("requirement 8: redirect_uri may not be omitted with openid");
    let robot = world.send(plain.and("actor", "app").get_request("/oauth/authorize")).await;
    robot.assert_rejected("app", CALLBACK, &["invalid_request"], None);
}

#[tokio::test]
async fn req_098_the_claims_parameter_is_ignored() {
    let world = World::new().await;
    let mut browser = consented(&world, &world.one).await;
    let claims = "{\"userinfo\":{\"email\":{\"essential\":true}}}";
    assert!(!arrive(&mut browser, &world.one.request().and("claims", claims)).await.sent_once("code").is_empty());
}

/// The form of a `form_post` answer: action and fields; asserts what requirement 30 says of its page.
fn posted(answer: &Answer) -> (String, Vec<(String, String)>) {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert!(!answer.headers.contains_key("location"), "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let policy = answer.header("content-security-policy");
    assert!(!policy.contains("form-action") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let inside = |text: &str, from: &str, to: &str| {
        let rest = text.split_once(from).unwrap_or_else(|| panic!("no {from}: {text}")).1;
        let value = rest.split_once(to).expect("an end").0;
        ["&quot;\"", "&lt;<", "&gt;>", "&#39;'", "&amp;&"].iter().fold(value.to_owned(), |value, pair| {
            let (name, letter) = pair.split_at(pair.len() - 1);
            value.replace(name, letter)
        })
    };
    let nonce = inside(&answer.body, "<script nonce=\"", "\"");
    assert!(!nonce.is_empty() && policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
    assert!(answer.body.contains("Continue</button>"), "it works without a script");
    assert_eq!(answer.body.matches("<form").count(), 1);
    let fields = answer.body.split("<input type=\"hidden\" ").skip(1);
    let fields = fields.map(|field| (inside(field, "name=\"", "\""), inside(field, "value=\"", "\""))).collect();
    (inside(&answer.body, "action=\"", "\""), fields)
}

#[tokio::test]
async fn req_030_form_post_answers_from_every_exit() {
    let world = World::new().await;
    let state = "\"><script>alert(1)</script>&'%20+é";
    let form = world.one.request().with("state", state).and("response_mode", "form_post");
    let mut browser = world.browser(&world.admin).await;
    let check = |what: &str, answer: &Answer, first: &str| {
        let (action, fields) = posted(answer);
        assert_eq!(action, world.one.redirect, "{what}");
        assert_eq!(fields[0].0, first, "{what}");
        let value = |name: &str| {
            let mut found = fields.iter().filter(|(held, _)| held == name);
            let value = found.next().unwrap_or_else(|| panic!("{what}: no {name}")).1.clone();
            assert!(found.next().is_none(), "{what}: {name} twice");
            value
        };
        assert_eq!((value("state"), value("iss")), (state.to_owned(), super::world::ISSUER.to_owned()), "{what}");
        value(first)
    };
    let rejected = form.clone().with("scope", "bogus");
    for sent in [rejected.get_request("/oauth/authorize"), rejected.post("/oauth/authorize")] {
        assert_eq!(check("authorize", &world.send(sent).await, "error"), "invalid_scope");
    }
    let consent = browser.authorize(&form).await;
    let denied = browser.post(&consent, &Form::of(&[("decision", "deny")])).await;
    assert_eq!(check("deny", &denied, "error"), "access_denied");
    let consent = browser.authorize(&form).await;
    let allowed = browser.post(&consent, &world.allow()).await;
    assert!(world.one.redeem(&world, &check("allow", &allowed, "code")).await.status.is_success());
    let remembered = arrive(&mut browser, &form).await;
    assert!(world.one.redeem(&world, &check("remembered", &remembered, "code")).await.status.is_success());
    let silent = arrive(&mut world.anonymous(), &form.clone().and("prompt", "none")).await;
    assert_eq!(check("silent", &silent, "error"), "login_required");
    world.break_table("grants").await;
    let broken = world.send(form.get_request("/oauth/authorize")).await;
    assert_eq!(check("broken", &broken, "error"), "server_error");
    let unknown = world.send(form.with("response_mode", "web_message").get_request("/oauth/authorize")).await;
    unknown.assert_rejected("unknown mode", &world.one.redirect, &["invalid_request"], Some(state));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_095_two_tabs_of_one_grant_get_one_code() {
    for world in World::on_each_database().await {
        let mut browser = consented(&world, &world.one).await;
        let consent = browser.authorize(&world.one.request()).await;
        let tabs: Vec<_> = (0..8)
            .map(|_| {
                let (router, request) = (world.router(), browser.prepared(request(Method::GET.as_str(), &consent)));
                tokio::spawn(async move { crate::harness::send(&router, request).await })
            })
            .collect();
        let mut codes = 0;
        for tab in tabs {
            let answer = tab.await.expect("a tab");
            assert!(answer.status.as_u16() < 500, "{answer:?}");
            codes += usize::from(answer.header("location").contains("code="));
        }
        assert_eq!((codes, world.active_installs(&world.one).await), (1, 1));
    }
}
