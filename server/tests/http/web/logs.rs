//! Requirement 131: the log holds no secret, at whatever level.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::process::{Running, portico};
use crate::harness::Folder;

const FORM: &str = "content-type: application/x-www-form-urlencoded";
const PASSWORD: &str = "hunter2hunter2";

/// The value of the first cookie `name` that `answer` sets.
fn cookie(answer: &str, name: &str) -> String {
    let (_, rest) = answer.split_once(&format!("set-cookie: {name}=")).unwrap_or_else(|| panic!("no {name}: {answer}"));
    rest.split(';').next().expect("a value").to_owned()
}

/// Has each demo app that may do so ask for a token of its own, use it and revoke it: the secrets that went by.
pub(super) fn own_tokens(server: &Running, demo: &Value) -> Vec<String> {
    let mut secrets = Vec::new();
    let apps = demo["apps"].as_array().expect("apps").iter();
    for app in apps.filter(|app| app["grants"].as_array().expect("grants").contains(&"client_credentials".into())) {
        let text = |name: &str| app[name].as_str().expect("a text").to_owned();
        let secret = text("client_secret");
        for organization in demo["organizations"].as_array().expect("organizations") {
            let id = organization["id"].as_str().expect("an id");
            let credentials = if app["auth_method"].as_str() == Some("client_secret_post") {
                (String::new(), format!("&client_id={}&client_secret={secret}", text("client_id")))
            } else {
                let basic = STANDARD.encode(format!("{}:{secret}", text("client_id")));
                secrets.push(basic.clone());
                (format!("\r\nauthorization: Basic {basic}"), String::new())
            };
            let ask = |path: &str, form: &str| {
                let head = format!("POST {path} HTTP/1.1\r\n{FORM}{}", credentials.0);
                server.ask(&head, &format!("{form}{}", credentials.1))
            };
            let answer = ask("/oauth/token", &format!("grant_type=client_credentials&organization={id}"));
            let Some((_, rest)) = answer.split_once("\"access_token\":\"") else { continue };
            let token = rest.split('"').next().expect("a token");
            let whoami = || server.ask(&format!("GET /api/v1/whoami HTTP/1.1\r\nauthorization: Bearer {token}"), "");
            let seen = whoami();
            assert!(seen.starts_with("HTTP/1.1 200"), "{seen}");
            let introspected = ask("/oauth/introspect", &format!("token={token}"));
            assert!(introspected.contains("\"active\":true"), "{introspected}");
            let revoked = ask("/oauth/revoke", &format!("token={token}"));
            assert!(revoked.starts_with("HTTP/1.1 200"), "{revoked}");
            let seen = whoami();
            assert!(seen.starts_with("HTTP/1.1 401"), "{seen}");
            secrets.push(token.to_owned());
        }
        secrets.push(secret);
    }
    assert!(secrets.iter().any(|secret| secret.starts_with("eyJ")), "a JWT was issued");
    secrets
}

#[test]
fn req_131_the_log_holds_no_secret_at_the_most_talkative_level() {
    let folder = Folder::new();
    let migrated = portico(&folder, &["migrate"], &[]).output().expect("it runs");
    assert!(migrated.status.success(), "{migrated:?}");
    let demo = portico(&folder, &["demo", "--json"], &[]).output().expect("it runs");
    let demo: Value = serde_json::from_slice(&demo.stdout).expect("JSON");
    let added =
        portico(&folder, &["staff", "add", "eve@example.com", "--role", "support"], &[]).output().expect("it runs");
    let link = String::from_utf8(added.stdout).expect("UTF-8");
    let token = link.lines().next().and_then(|line| line.rsplit('/').next()).expect("a token").to_owned();
    let server = Running::start(&folder, &[("PORTICO_LOG_LEVEL", "trace")]);
    let page = server.ask(&format!("GET /set-password/{token} HTTP/1.1"), "");
    let csrf = cookie(&page, "portico_csrf");
    let with_cookie = format!("{FORM}\r\ncookie: portico_csrf={csrf}");
    let body = format!("csrf={csrf}&password={PASSWORD}");
    let set = server.ask(&format!("POST /set-password/{token} HTTP/1.1\r\n{with_cookie}"), &body);
    assert!(set.starts_with("HTTP/1.1 303"), "{set}");
    let body = format!("csrf={csrf}&email=eve@example.com&password={PASSWORD}");
    let signed_in = server.ask(&format!("POST /sign-in HTTP/1.1\r\n{with_cookie}"), &body);
    assert!(signed_in.starts_with("HTTP/1.1 303"), "{signed_in}");
    let session = cookie(&signed_in, "portico_session");
    server.ask(&format!("GET /account HTTP/1.1\r\ncookie: portico_session={session}"), "");
    server.ask("GET /?code=ptcoc_inthequery HTTP/1.1", "");
    server.ask(
        &format!("POST /oauth/token HTTP/1.1\r\n{FORM}\r\nauthorization: Basic aW50aGVoZWFkZXI6eA=="),
        "code=ptcoc_inthebody",
    );
    server.ask("GET /api/v1/whoami HTTP/1.1\r\nauthorization: Bearer ptcot_intheheader", "");
    let mut secrets = own_tokens(&server, &demo);
    server.signal("-TERM");
    let (_, log) = server.ended();
    assert!(log.contains("/set-password/{token}"), "requests are logged by their template: {log}");
    secrets.extend(
        [
            token.as_str(),
            &csrf,
            &session,
            PASSWORD,
            "ptcoc_inthequery",
            "ptcoc_inthebody",
            "ptcot_intheheader",
            "aW50aGVoZWFkZXI6eA==",
        ]
        .map(str::to_owned),
    );
    for secret in &secrets {
        let lines: Vec<_> = log.lines().filter(|line| line.contains(secret)).collect();
        assert!(lines.is_empty(), "{secret}: {lines:#?}");
    }
}

#[test]
fn req_039_a_challenge_that_comes_again_is_told_in_the_log() {
    let folder = Folder::new();
    let demo = portico(&folder, &["demo", "--json"], &[]).output().expect("it runs");
    let demo: Value = serde_json::from_slice(&demo.stdout).expect("JSON");
    let apps = demo["apps"].as_array().expect("apps");
    let app = apps.iter().find(|app| app["token_policy"].as_str() == Some("standard")).expect("one of them");
    let (id, uri) = (app["client_id"].as_str().expect("an id"), app["redirect_uris"][1].as_str().expect("a URI"));
    let server = Running::start(&folder, &[]);
    let ask = |challenge: char| {
        let (query, challenge) = (format!("client_id={id}&redirect_uri={uri}"), challenge.to_string().repeat(43));
        let query = format!("{query}&response_type=code&code_challenge={challenge}&code_challenge_method=S256&state=s");
        let answer = server.ask(&format!("GET /oauth/authorize?{query} HTTP/1.1"), "");
        assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("location: /oauth/consent/"), "{answer}");
    };
    for challenge in ['A', 'E', 'I', 'A'] {
        ask(challenge);
    }
    server.signal("-TERM");
    let (_, log) = server.ended();
    assert_eq!(log.matches("a PKCE challenge came again").count(), 1, "{log}");
}

#[test]
fn the_log_says_why_a_client_got_no_token_and_not_what_it_sent() {
    let folder = Folder::new();
    let demo = portico(&folder, &["demo", "--json"], &[]).output().expect("it runs");
    let demo: Value = serde_json::from_slice(&demo.stdout).expect("JSON");
    let apps = demo["apps"].as_array().expect("apps");
    let app = apps.iter().find(|app| app["auth_method"].as_str() == Some("client_secret_post")).expect("one of them");
    let (id, secret) = (app["client_id"].as_str().expect("an id"), app["client_secret"].as_str().expect("a secret"));
    let server = Running::start(&folder, &[]);
    let ask = |credentials: &str, more: &str| {
        let head = format!("POST /oauth/token HTTP/1.1\r\n{FORM}{credentials}");
        server.ask(&head, &format!("grant_type=authorization_code&redirect_uri=https://a.example&code=x{more}"))
    };
    let basic = STANDARD.encode(format!("{id}:{secret}"));
    let in_header = ask(&format!("\r\nauthorization: Basic {basic}"), "");
    let wrong = ask("", &format!("&client_id={id}&client_secret=a-wrong-one"));
    let mistaken = ask("", &format!("&client_id={secret}&client_secret=x"));
    for answer in [in_header, wrong, mistaken] {
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    let refused = ask("", &format!("&client_id={id}&client_secret={secret}"));
    assert!(refused.contains("invalid_grant"), "{refused}");
    server.signal("-TERM");
    let (_, log) = server.ended();
    for told in [
        format!("client_id={id} reason=\"the app is registered for another way to send its secret\""),
        format!("client_id={id} reason=\"the secret is none of the app's live ones\""),
        "a client was not authenticated reason=\"no client has the id\"".to_owned(),
        format!("a token request was answered with an error client_id={id} error=\"invalid_grant\""),
    ] {
        assert!(log.contains(&told), "{told}: {log}");
    }
    for sent in [secret, basic.as_str(), "a-wrong-one"] {
        assert!(!log.contains(sent), "{sent}: {log}");
    }
}
