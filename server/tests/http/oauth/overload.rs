//! What is told where no more may wait, for a signature or for what a request asks of the database, and where the
//! database fails behind a consent: PROTOCOL 21, 51, 60, 61 and 89.

use app::error::PortalError;
use http::StatusCode;
use sea_orm::{ConnAcquireErr, DbErr};

use super::client_credentials::{asking, installed};
use super::request::{Form, get, request, with_header, with_token};
use super::world::World;
use crate::harness::{Answer, PASSWORD, send};

#[track_caller]
fn assert_busy(answer: &Answer) {
    assert_eq!(answer.error(), (503, "temporarily_unavailable".to_owned()), "{answer:?}");
    assert!(answer.header("retry-after").parse::<u32>().expect("seconds") > 0);
}

#[tokio::test]
async fn req_061_a_jwt_that_may_not_wait_for_its_signature_is_refused_for_now() {
    for world in World::on_each_database().await {
        let party = installed(&world, "apiera").await;
        let before = world.live_access_tokens(&party).await;
        let busy = world.router_without_signers().await;
        let form = asking("target");
        assert_busy(&send(&busy, form.post_as(&party)).await);
        assert_eq!(world.live_access_tokens(&party).await, before, "nothing was issued");
        assert_eq!(world.send(form.post_as(&party)).await.status, StatusCode::OK, "another process signs");
        // Nothing of an opaque token is signed.
        let opaque = installed(&world, "standard").await;
        assert_eq!(send(&busy, form.post_as(&opaque)).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn req_089_an_id_token_that_may_not_wait_for_its_signature_leaves_the_code_as_it_is() {
    for world in World::on_each_database().await {
        let party = world.openid_party("https://rp.example/cb").await;
        let code = party.code(&world).await;
        let busy = world.router_without_signers().await;
        for _ in 0..2 {
            assert_busy(&send(&busy, party.exchange(&code).post_as(&party)).await);
        }
        assert_eq!(world.live_access_tokens(&party).await, 0, "nothing was issued");
        assert!(!party.redeem(&world, &code).await.text("id_token").is_empty());
    }
}

#[tokio::test]
async fn req_051_a_lookup_that_may_not_wait_is_told_when_to_come_back() {
    for world in World::on_each_database().await {
        let party = installed(&world, "standard").await;
        let code = party.code(&world).await;
        let tokens = party.tokens(&world).await;
        let server = world.resource_server("http://127.0.0.1:3000/api/v1").await;
        let token = Form::of(&[("token", &tokens.access)]);
        let refresh = Form::of(&[("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh)]);
        let requests = || {
            [
                (200, asking("target").post_as(&party)),
                (200, token.post_to("/oauth/introspect", &party)),
                (200, with_header(token.post("/oauth/introspect"), "authorization", &server)),
                (200, with_token(get("/api/v1/whoami"), &tokens.access)),
                // A token without `openid`.
                (403, with_token(get("/oauth/userinfo"), &tokens.access)),
                (200, refresh.post_as(&party)),
                (200, party.exchange(&code).post_as(&party)),
                (200, token.post_to("/oauth/revoke", &party)),
            ]
        };
        let busy = world.router_without_lookups().await;
        let before = world.live_access_tokens(&party).await;
        // Nobody knows yet whether the address of the request is the client's.
        let authorize = send(&busy, party.request().get_request("/oauth/authorize")).await;
        assert_eq!(authorize.status, StatusCode::SERVICE_UNAVAILABLE, "{authorize:?}");
        assert!(authorize.body.contains("temporarily_unavailable"), "{authorize:?}");
        for (_, request) in requests() {
            assert_busy(&send(&busy, request).await);
        }
        assert_eq!(world.live_access_tokens(&party).await, before, "nothing was issued and nothing ended");
        for (expected, request) in requests() {
            let path = request.uri().path().to_owned();
            let answer = world.send(request).await;
            assert_eq!(answer.status.as_u16(), expected, "another process answers {path}: {answer:?}");
        }
    }
}

/// Breaks `table` behind a consent that waits in a browser, and then does `what` there.
async fn consent_without(table: &str, what: &str) -> (World, Answer) {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let pick = world.allow().without("decision");
    if what == "allow" {
        browser.post(&consent, &pick).await;
    }
    let csrf = browser.csrf().await;
    world.break_table(table).await;
    let answer = match what {
        "page" => browser.get(&consent).await,
        "pick" => browser.send(pick.with("csrf", &csrf).post(&consent)).await,
        "allow" => browser.send(world.allow().with("csrf", &csrf).post(&consent)).await,
        "keep" => browser.send(Form::of(&[("account", "keep"), ("csrf", &csrf)]).post(&consent)).await,
        other => panic!("{other}"),
    };
    (world, answer)
}

/// What a person does at a consent.
const STEPS: [&str; 4] = ["page", "pick", "allow", "keep"];

#[tokio::test]
async fn req_021_whatever_breaks_behind_a_consent_the_client_is_told_of_it() {
    // The session, the person, the organizations that he may choose; who may install; what the page shows.
    for table in ["sessions", "users", "memberships", "installs", "allowed_apps", "scopes"] {
        let mut told = 0;
        for what in STEPS {
            let (world, answer) = consent_without(table, what).await;
            if answer.location().starts_with("/oauth/consent/") {
                continue;
            }
            answer.assert_rejected(&format!("{table}, {what}"), &world.one.redirect, &["server_error"], Some("s1"));
            told += 1;
        }
        assert!(told > 1, "only {told} steps need {table}");
    }
}

#[tokio::test]
async fn req_021_where_the_client_cannot_be_told_the_page_says_the_error_code() {
    // Without these nobody knows who the client is, or where.
    for table in ["grants", "apps", "redirect_uris", "organizations"] {
        let mut pages = 0;
        for what in STEPS {
            let (_world, answer) = consent_without(table, what).await;
            if answer.status.is_redirection() {
                assert!(answer.location().starts_with("/oauth/consent/"), "{table}, {what}: {answer:?}");
                continue;
            }
            assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{table}, {what}: {answer:?}");
            assert!(answer.body.contains("server_error"), "{table}, {what}: {answer:?}");
            pages += 1;
        }
        assert!(pages > 1, "only {pages} steps need {table}");
    }
}

#[test]
fn a_page_for_which_no_connection_was_free_says_that_there_is_too_much_to_do() {
    let waited = DbErr::ConnectionAcquire(ConnAcquireErr::Timeout);
    assert_eq!(PortalError::internal(waited), PortalError::Busy);
    assert_eq!(PortalError::Busy.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(PortalError::internal(DbErr::RecordNotInserted), PortalError::Internal);
}

#[tokio::test]
async fn a_logout_or_sign_in_that_breaks_is_a_page_with_the_error_code() {
    for path in ["/oauth/logout", "/sign-in"] {
        let world = World::new().await;
        let mut browser = world.browser(&world.admin).await;
        let csrf = browser.csrf().await;
        world.break_table("users").await;
        let form = Form::of(&[("csrf", &csrf), ("email", &world.admin.email), ("password", "x")]);
        let answer = if path == "/sign-in" { browser.send(form.post(path)).await } else { browser.get(path).await };
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}: {answer:?}");
        assert!(answer.body.contains("server_error"), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn a_sign_in_whose_session_cannot_be_kept_is_a_page_with_the_error_code() {
    let world = World::new().await;
    let mut browser = world.anonymous();
    let csrf = browser.csrf().await;
    world.break_table("sessions").await;
    let form = Form::of(&[("csrf", &csrf), ("email", &world.admin.email), ("password", PASSWORD)]);
    let answer = browser.send(form.post("/sign-in")).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{answer:?}");
    assert!(answer.header("content-type").starts_with("text/html"), "{answer:?}");
    for said in ["<h1>", "server_error", answer.header("x-request-id")] {
        assert!(answer.body.contains(said), "{said}: {answer:?}");
    }
    assert!(!answer.cookies().iter().any(|line| line.starts_with("portico_session=")), "nobody is signed in");
}

#[tokio::test]
async fn req_021_nobody_else_is_told_what_broke_behind_a_consent() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let mut other = world.browser(&world.admin).await;
    world.break_table("sessions").await;
    let answer = other.get(&consent).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (500, ""), "another browser: {answer:?}");
    let answer = browser.send(request("HEAD", &consent)).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (500, ""), "{answer:?}");
    let answer = browser.get(&consent).await;
    answer.assert_rejected("this browser", &world.one.redirect, &["server_error"], Some("s1"));
}
