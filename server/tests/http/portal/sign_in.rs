//! `/sign-in`: requirements 112, 124, 126.

use domain::audit::Action;
use domain::entity::audit_event;
use domain::organization::Status;
use domain::store::By;
use http::StatusCode;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::harness::{Answer, Browser, PASSWORD, TestApp};

/// Addresses that a stranger shall not tell apart: nobody has the first one, the right password helps only with the second.
const ADDRESSES: [&str; 4] = ["nobody@example.com", "ada@example.com", "bob@example.com", "eve@example.com"];

/// A site with these people: Bob is suspended, Eve has no password yet.
async fn site(variables: &[(&str, &str)]) -> TestApp {
    let app = TestApp::with(variables).await;
    app.person("ada").await;
    let bob = app.person("bob").await;
    app.store.set_user_status(&By::operator(), bob, Status::Suspended).await.expect("suspended");
    let staff = domain::role::StaffRole::Support;
    app.store.add_staff(&By::operator(), "eve@example.com", staff, false).await.expect("a person without a password");
    app
}

/// What a stranger can tell of an answer: everything but what is new in each.
fn comparable(answer: &Answer, email: &str) -> (StatusCode, String, String, usize) {
    let id = answer.header("x-request-id");
    let csrf = answer.csrf().unwrap_or_default();
    let policy = answer.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or_default();
    let mut body = answer.body.replace(email, "EMAIL").replace(id, "ID").replace(nonce, "NONCE");
    if !csrf.is_empty() {
        body = body.replace(&csrf, "CSRF");
    }
    (answer.status, body, answer.header("retry-after").to_owned(), answer.cookies().len())
}

/// Asserts that a stranger cannot tell these `answers` apart, each with its address, and that they are a `status`.
#[track_caller]
fn assert_alike(status: StatusCode, answers: &[(&str, Answer)]) {
    let first = comparable(&answers[0].1, answers[0].0);
    assert_eq!(first.0, status);
    for (email, answer) in answers {
        assert_eq!(comparable(answer, email), first, "{email}");
    }
}

#[tokio::test]
async fn req_126_unknown_wrong_suspended_and_without_password_answer_alike() {
    let app = site(&[]).await;
    let mut answers = Vec::new();
    for email in ADDRESSES.into_iter().chain(["no address"]) {
        let password = if email == "ada@example.com" { "not the password" } else { PASSWORD };
        answers.push((email, app.browser().sign_in(email, password).await));
    }
    answers.push(("eve@example.com", app.browser().sign_in("eve@example.com", "").await));
    assert_alike(StatusCode::UNAUTHORIZED, &answers);
}

#[tokio::test]
async fn the_form_comes_back_with_the_address_and_never_the_password() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let fields = [("email", "ada@example.com"), ("password", "s3cret-s3cret"), ("next", "/apps")];
    let answer = browser.post_form("/sign-in", &fields).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.body.contains("value=\"ada@example.com\"") && answer.body.contains("value=\"/apps\""));
    assert!(!answer.body.contains("s3cret-s3cret"));
    assert!(answer.body.contains("The e-mail address or the password is wrong."), "{}", answer.body);
}

#[tokio::test]
async fn req_112_next_leads_nowhere_else() {
    let app = TestApp::new().await;
    app.person("ada").await;
    for (next, expected) in [
        ("/apps?after=1", "/apps?after=1"),
        ("//evil", "/"),
        ("/\\evil", "/"),
        ("https:evil", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nlocation: https://evil", "/"),
        ("", "/"),
    ] {
        let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("next", next)];
        let answer = app.browser().post_form("/sign-in", &fields).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, expected), "{next:?}");
    }
}

async fn fail(browser: &mut Browser, email: &str) -> Answer {
    browser.sign_in(email, "not the password").await
}

#[tokio::test]
async fn req_124_failures_are_limited_per_account_and_address() {
    let app = TestApp::with(&[("FAILURES_PER_ACCOUNT", "3"), ("FAILURES_PER_ADDRESS", "5")]).await;
    app.person("ada").await;
    app.person("bob").await;
    let mut browser = app.browser();
    for _ in 0..3 {
        assert_eq!(fail(&mut browser, "ada@example.com").await.status, StatusCode::UNAUTHORIZED);
    }
    let limited = browser.sign_in("Ada@Example.com", PASSWORD).await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS, "the right password does not help, nor another spelling");
    let seconds: u64 = limited.header("retry-after").parse().expect("seconds");
    assert!((1..=900).contains(&seconds));
    // Another account at this address, until the address has failed too often.
    for _ in 0..2 {
        assert_eq!(fail(&mut browser, "bob@example.com").await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(browser.sign_in("bob@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    // Nobody else is locked out of the account.
    let mut elsewhere = app.browser().at("198.51.100.1:1");
    assert_eq!(elsewhere.sign_in("ada@example.com", PASSWORD).await.status, StatusCode::SEE_OTHER);
    app.clock.advance(900);
    assert_eq!(browser.sign_in("ada@example.com", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn req_126_after_too_many_failures_every_address_with_or_without_an_account_is_answered_alike() {
    let app = site(&[("FAILURES_PER_ACCOUNT", "3")]).await;
    let mut answers = Vec::new();
    for (host, email) in ADDRESSES.into_iter().enumerate() {
        // Of an address of its own nothing else was counted before.
        let mut browser = app.browser().at(&format!("198.51.100.{host}:1"));
        for _ in 0..3 {
            assert_eq!(fail(&mut browser, email).await.status, StatusCode::UNAUTHORIZED, "{email}");
        }
        for password in ["not the password", PASSWORD] {
            answers.push((email, browser.sign_in(email, password).await));
        }
    }
    let wait = answers[0].1.header("retry-after");
    assert!(wait.parse::<u64>().is_ok_and(|seconds| seconds > 0), "{wait}");
    assert_alike(StatusCode::TOO_MANY_REQUESTS, &answers);
}

#[tokio::test]
async fn req_124_a_success_forgets_the_failures_and_counts_nothing() {
    let app = TestApp::with(&[("FAILURES_PER_ACCOUNT", "2"), ("FAILURES_PER_ADDRESS", "4")]).await;
    app.person("ada").await;
    for _ in 0..3 {
        let mut browser = app.browser();
        assert_eq!(fail(&mut browser, "ada@example.com").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(browser.sign_in("ada@example.com", PASSWORD).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn req_135_the_limit_sees_through_trusted_proxies_only() {
    let app = TestApp::with(&[("FAILURES_PER_ACCOUNT", "1"), ("TRUSTED_PROXIES", "10.0.0.0/8")]).await;
    app.person("ada").await;
    for (peer, claimed, free) in [
        ("10.0.0.1:1", "203.0.113.1", true),
        ("10.0.0.1:1", "203.0.113.2", true),
        ("10.0.0.1:1", "203.0.113.1", false),
        ("192.0.2.9:1", "203.0.113.3", true),
        ("192.0.2.9:1", "203.0.113.4", false),
    ] {
        let mut browser = app.browser().at(peer);
        let token = browser.token("/sign-in").await;
        let fields = [("email", "ada@example.com"), ("password", "not the password"), ("csrf", &token)];
        let request = crate::web::with(browser.form("/sign-in", &fields), "x-forwarded-for", claimed);
        let expected = if free { StatusCode::UNAUTHORIZED } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(browser.send(request).await.status, expected, "{peer} {claimed}");
    }
}

#[tokio::test]
async fn req_132_sign_ins_and_failures_are_in_the_audit_log() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let mut browser = app.browser();
    let failed = fail(&mut browser, "ada@example.com").await;
    browser.sign_in("ada@example.com", PASSWORD).await;
    browser.post_form("/sign-out", &[]).await;
    for action in [Action::SignInFailed, Action::SignedIn, Action::SignedOut] {
        let events = audit_event::Entity::find().filter(audit_event::Column::Action.eq(action));
        assert_eq!(events.clone().count(app.store.reader()).await.expect("a count"), 1, "{action}");
        let event = events.one(app.store.reader()).await.expect("a query").expect("an event");
        assert_eq!(event.ip.as_deref(), Some("192.0.2.10"), "{action}");
        if action == Action::SignInFailed {
            let id = event.request_id.expect("a request").to_string();
            assert_eq!(id, failed.header("x-request-id"));
        }
    }
}

#[tokio::test]
async fn who_is_signed_in_already_goes_on() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let mut browser = app.sign_in("ada@example.com").await;
    for path in ["/sign-in?next=/account", "/sign-up?next=/account"] {
        let plain = browser.request(http::Method::GET, path, "");
        for answer in [browser.get(path).await, app.send(plain).await] {
            assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account"), "{path}");
            assert!(!answer.body.contains("<form"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn req_112_who_signs_out_for_another_account_goes_on_to_sign_in() {
    let app = TestApp::new().await;
    app.person("ada").await;
    for (next, expected) in [("/my-apps", "/sign-in?next=%2Fmy-apps"), ("", "/"), ("//evil", "/")] {
        let mut browser = app.sign_in("ada@example.com").await;
        let page = browser.get("/sign-out?next=/my-apps").await;
        assert!(page.body.contains("value=\"/my-apps\""), "{}", page.body);
        let answer = browser.post_form("/sign-out", &[("next", next)]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, expected), "{next:?}");
        assert!(browser.get("/account").await.status.is_redirection(), "signed out");
    }
}
