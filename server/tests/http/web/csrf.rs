//! Requirement 108: the origin and the token, all combinations.

use http::StatusCode;

use super::{with, without};
use crate::harness::{Browser, ISSUER, PASSWORD, TestApp};

/// Whether the theme was changed: the cheapest form of all shows whether a request was acted on.
async fn acts(browser: &mut Browser, token: Option<&str>, headers: &[(&'static str, &str)]) -> bool {
    let mut fields = vec![("theme", "dark")];
    fields.extend(token.map(|token| ("csrf", token)));
    let mut request = without(without(browser.form("/theme", &fields), "origin"), "sec-fetch-site");
    for (name, value) in headers {
        request = with(request, name, value);
    }
    browser.jar.remove("portico_theme");
    let answer = browser.send(request).await;
    let acted = browser.jar.contains_key("portico_theme");
    let expected = if acted { StatusCode::SEE_OTHER } else { StatusCode::FORBIDDEN };
    assert_eq!(answer.status, expected, "{token:?} {headers:?}: {answer:?}");
    acted
}

const ORIGINS: &[(&[(&str, &str)], bool)] = &[
    (&[], true),
    (&[("sec-fetch-site", "same-origin")], true),
    (&[("sec-fetch-site", "same-site")], false),
    (&[("sec-fetch-site", "cross-site")], false),
    (&[("sec-fetch-site", "none")], false),
    (&[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")], true),
    (&[("sec-fetch-site", "cross-site"), ("origin", ISSUER)], false),
    (&[("origin", ISSUER)], true),
    (&[("origin", "null")], false),
    (&[("origin", "https://evil.example")], false),
    (&[("origin", "http://127.0.0.1:3001")], false),
];

#[tokio::test]
async fn req_108_both_origin_and_token_must_hold_signed_in_and_anonymous() {
    let app = TestApp::new().await;
    app.person("ada").await;
    app.person("bob").await;
    let (mut stranger, mut bob) = (app.browser(), app.sign_in("bob@example.com").await);
    let foreign = [stranger.token("/sign-in").await, bob.token("/account").await];
    for mut browser in [app.browser(), app.sign_in("ada@example.com").await] {
        let token = browser.token("/sign-in").await;
        for (headers, ours) in ORIGINS {
            assert_eq!(acts(&mut browser, Some(&token), headers).await, *ours, "{headers:?}");
            for wrong in [None, Some(""), Some("x"), Some(foreign[0].as_str()), Some(foreign[1].as_str())] {
                assert!(!acts(&mut browser, wrong, headers).await, "{wrong:?} {headers:?}");
            }
        }
    }
}

#[tokio::test]
async fn req_108_a_token_in_the_header_holds_too() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let token = browser.token("/sign-in").await;
    assert!(acts(&mut browser, None, &[("x-csrf-token", &token)]).await);
    assert!(!acts(&mut browser, Some(&token), &[("x-csrf-token", "other")]).await);
}

#[tokio::test]
async fn req_108_without_the_cookie_a_token_is_nothing() {
    let app = TestApp::new().await;
    let mut browser = app.browser();
    let token = browser.token("/sign-in").await;
    browser.jar.clear();
    assert!(!acts(&mut browser, Some(&token), &[]).await);
    browser.jar.insert("portico_csrf".to_owned(), "chosen-by-somebody".to_owned());
    assert!(!acts(&mut browser, Some("chosen-by-somebody"), &[]).await, "a value that is not of our making");
}

#[tokio::test]
async fn req_108_signing_in_for_somebody_else_from_outside_is_refused() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let mut browser = app.browser();
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    let request = without(without(browser.form("/sign-in", &fields), "origin"), "sec-fetch-site");
    let answer = browser.send(request).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(!browser.jar.contains_key("portico_session"));
}

#[tokio::test]
async fn req_108_a_stale_form_gets_its_page_again_and_acts_on_nothing() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let mut browser = app.browser();
    let before = browser.token("/sign-in").await;
    browser.sign_in("ada@example.com", PASSWORD).await;
    assert_ne!(browser.token("/account").await, before, "sign-in replaces the token");
    let answer = browser.post_without_token("/organizations/new", &[("name", "Acme"), ("csrf", &before)]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("out of date") && answer.body.contains("value=\"Acme\""), "{}", answer.body);
    let fresh = answer.csrf().expect("the page has a new token");
    let answer = browser.post_without_token("/organizations/new", &[("name", "Acme"), ("csrf", &fresh)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
}

#[tokio::test]
async fn req_108_a_stale_form_that_has_no_page_gives_back_the_text_that_was_written() {
    let app = TestApp::new().await;
    let text = "They left <us> in March";
    let fields = [("install", "0192f6f0-0000-7000-8000-000000000001"), ("reason", text), ("csrf", "old")];
    let answer = app.browser().post_without_token("/fn/installs/revoke", &fields).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(
        answer.body.contains("out of date") && answer.body.contains("They left &lt;us&gt; in March"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn req_108_a_stale_form_never_repeats_the_password() {
    let app = TestApp::new().await;
    let fields = [("email", "ada@example.com"), ("password", "s3cret-s3cret"), ("csrf", "old")];
    let answer = app.browser().post_without_token("/sign-in", &fields).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("ada@example.com") && !answer.body.contains("s3cret-s3cret"), "{}", answer.body);
}

#[tokio::test]
async fn req_108_every_form_and_server_function_needs_a_token() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let mut browser = app.sign_in("ada@example.com").await;
    let mut paths: Vec<_> = [
        "/sign-in",
        "/sign-up",
        "/sign-out",
        "/set-password/x",
        "/organizations/new",
        "/organizations/switch",
        "/theme",
        "/oauth/consent/x",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    paths.extend(leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned()));
    assert!(paths.iter().any(|path| path.starts_with("/fn/")), "server functions are among them");
    for path in paths {
        let answer = browser.post_without_token(&path, &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}: {answer:?}");
        assert!(answer.header("location").is_empty(), "{path}");
    }
    assert_eq!(browser.get("/account").await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn req_108_a_refusal_within_a_flow_says_the_oauth_code() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let browser = app.sign_in("ada@example.com").await;
    for (path, origin, flow) in [
        ("/oauth/consent/x", "https://evil.example", true),
        ("/oauth/logout/confirm", "https://evil.example", true),
        ("/oauth/logout/confirm", ISSUER, true),
        ("/organizations/switch", "https://evil.example", false),
    ] {
        let request = without(without(browser.form(path, &[("csrf", "old")]), "origin"), "sec-fetch-site");
        let answer = app.send(with(request, "origin", origin)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}: {answer:?}");
        assert_eq!(answer.body.contains("invalid_request"), flow, "{path} {origin}: {}", answer.body);
    }
}

#[tokio::test]
async fn req_108_endpoints_for_programs_need_none() {
    let app = TestApp::new().await;
    for path in ["/oauth/token", "/oauth/revoke", "/oauth/introspect", "/oauth/authorize"] {
        let browser = app.browser();
        let request = with(browser.form(path, &[]), "sec-fetch-site", "cross-site");
        let answer = app.send(request).await;
        assert_ne!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(answer.cookies().is_empty(), "{path} sets no cookie: {answer:?}");
    }
}
