use super::*;
use crate::client::{ActorMode, ActorModes};
use crate::oauth::authorize::{AuthorizationRequest, Outcome, Refusal, evaluate};
use crate::oauth::error::ErrorCode;
use crate::oauth::fixture::{R1, client, redirect_uris, scopes, server};

fn with(name: &str, value: &str) -> Params {
    [(name, value)].into_iter().collect()
}

#[test]
fn req_091_the_words_of_prompt_are_a_set_and_none_stands_alone() {
    for (text, printed) in [
        ("", ""),
        ("none", "none"),
        ("login", "login"),
        ("consent login", "login consent"),
        ("login login", "login"),
        ("select_account consent", "consent select_account"),
        ("login  consent", "login consent"),
    ] {
        let set = prompt(&with("prompt", text)).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(set.to_string(), printed, "{text}");
        assert_eq!(PromptSet::known(&set.to_string()), set, "the row's text reads back");
    }
    for bad in ["none login", "login none", "none none", "none create", "login  create", "create", "None"] {
        assert!(prompt(&with("prompt", bad)).is_err(), "{bad}");
    }
}

#[test]
fn req_093_max_age_is_a_number_of_seconds() {
    for (text, seconds) in [("0", 0), ("1", 1), ("0010", 10), ("9223372036854775807", i64::MAX)] {
        assert_eq!(max_age(&with("max_age", text)), Ok(Some(seconds)), "{text}");
    }
    assert_eq!(max_age(&with("max_age", "")), Ok(None));
    for bad in ["-1", "+1", "1.5", "NaN", "1e3", " 1", "9223372036854775808", "x"] {
        assert!(max_age(&with("max_age", bad)).is_err(), "{bad}");
    }
}

#[test]
fn req_090_a_nonce_is_kept_byte_for_byte_up_to_its_bound() {
    let longest = "é".repeat(MAX_NONCE_BYTES / 2);
    for good in ["n", "%20+&=é\"<", &"x".repeat(64), &longest] {
        assert_eq!(nonce(&with("nonce", good)), Ok(Some(good.to_owned())));
    }
    assert!(nonce(&with("nonce", &format!("{longest}x"))).is_err());
    assert_eq!(nonce(&with("nonce", "")), Ok(None));
}

#[test]
fn req_020_a_login_hint_is_bounded_and_never_an_error() {
    assert_eq!(login_hint(&with("login_hint", "a@b\r\n")).as_deref(), Some("a@b"));
    assert_eq!(login_hint(&with("login_hint", &"é".repeat(8_000))).map(|kept| kept.chars().count()), Some(254));
    assert_eq!(login_hint(&with("login_hint", "\t \n")), None);
}

/// A client of `OpenID` Connect without the PKCE switch.
fn portal() -> Client {
    Client {
        pkce_required: false,
        actor_modes: ActorModes::Both,
        required_scopes: scopes("openid profile"),
        optional_scopes: scopes("email read"),
        ..client()
    }
}

/// What becomes of the plainest request that `OpenID` Connect Core allows, and `more`.
fn judged(more: &[(&str, &str)], client: &Client) -> Outcome {
    let plain = [("client_id", "ptcapp_C1"), ("redirect_uri", R1), ("response_type", "code"), ("scope", "openid")];
    let kept = plain.iter().filter(|(name, _)| !more.iter().any(|(changed, _)| changed == name));
    let params: Params = kept.chain(more).copied().collect();
    evaluate(&params, Some(client), &server())
}

fn asked(more: &[(&str, &str)]) -> AuthorizationRequest {
    match judged(more, &portal()) {
        Outcome::Ask(request) => *request,
        other => panic!("{more:?}: {other:?}"),
    }
}

fn error(more: &[(&str, &str)], client: &Client) -> ErrorCode {
    match judged(more, client) {
        Outcome::Reject(response) => response.problem().expect("an error").code,
        other => panic!("{more:?}: {other:?}"),
    }
}

#[test]
fn req_090_a_confidential_client_completes_without_challenge_and_without_nonce() {
    let request = asked(&[]);
    assert_eq!((request.code_challenge, request.nonce, request.max_age), (None, None, None));
    assert_eq!((request.prompt, request.login_hint, request.id_token_hint), (PromptSet::default(), None, None));
}

#[test]
fn req_090_req_091_req_093_the_parameters_arrive_as_they_were_sent() {
    let nonce = "é\"<%20+".repeat(9);
    let request = asked(&[
        ("nonce", &nonce),
        ("prompt", "login select_account"),
        ("max_age", "10000"),
        ("login_hint", "ada@example.com"),
        ("id_token_hint", "e30.e30.x"),
    ]);
    assert_eq!((request.nonce.as_deref(), request.max_age), (Some(nonce.as_str()), Some(10_000)));
    assert_eq!(request.prompt, PromptSet::known("select_account login"));
    assert_eq!(
        (request.login_hint.as_deref(), request.id_token_hint.as_deref()),
        (Some("ada@example.com"), Some("e30.e30.x"))
    );
    assert_eq!(asked(&[("prompt", "none")]).prompt, PromptSet::known("none"), "the session is not known yet");
}

#[test]
fn req_090_req_091_req_093_what_cannot_be_meant_is_invalid_request() {
    let long = "x".repeat(MAX_NONCE_BYTES + 1);
    for bad in [
        ("nonce", long.as_str()),
        ("prompt", "none login"),
        ("prompt", "none none"),
        ("max_age", "-1"),
        ("max_age", "NaN"),
    ] {
        assert_eq!(error(&[bad], &portal()), ErrorCode::InvalidRequest, "{bad:?}");
    }
}

#[test]
fn req_010_what_openid_connect_adds_comes_once_too() {
    for (name, value) in
        [("actor", "self"), ("id_token_hint", "e30.e30.x"), ("max_age", "1"), ("nonce", "n"), ("prompt", "login")]
    {
        assert!(matches!(judged(&[(name, value)], &portal()), Outcome::Ask(_)), "{name}: alone it is good");
        assert_eq!(error(&[(name, value), (name, value)], &portal()), ErrorCode::InvalidRequest, "{name}");
    }
    for (name, alone) in [
        ("registration", ErrorCode::RegistrationNotSupported),
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
    ] {
        assert_eq!(error(&[(name, "x")], &portal()), alone);
        assert_eq!(error(&[(name, "x"), (name, "x")], &portal()), ErrorCode::InvalidRequest, "{name}");
    }
}

#[test]
fn req_015_a_request_with_openid_is_the_persons() {
    assert_eq!(asked(&[]).actor, ActorMode::Myself);
    assert_eq!(asked(&[("actor", "self")]).actor, ActorMode::Myself);
    assert_eq!(asked(&[("scope", "")]).actor, ActorMode::Myself, "its required scopes have openid");
    assert_eq!(asked(&[("scope", "read")]).actor, ActorMode::App, "without openid nothing changes");
    assert_eq!(error(&[("actor", "app")], &portal()), ErrorCode::InvalidRequest);
    let robot = Client { actor_modes: ActorModes::App, ..portal() };
    assert_eq!(error(&[], &robot), ErrorCode::UnauthorizedClient);
}

#[test]
fn req_008_redirect_uri_is_never_omitted_with_openid() {
    let omitted = |scope, client: &Client| judged(&[("redirect_uri", ""), ("scope", scope)], client);
    assert_eq!(omitted("openid", &portal()), Outcome::Refuse(Refusal::RedirectUriMissing));
    assert_eq!(omitted("", &portal()), Outcome::Refuse(Refusal::RedirectUriMissing), "openid is required by the app");
    assert!(matches!(omitted("read", &portal()), Outcome::Ask(_)));
    let two = Client { redirect_uris: redirect_uris(&[R1, "https://partner.example/other"]), ..portal() };
    assert_eq!(omitted("read", &two), Outcome::Refuse(Refusal::RedirectUriMissing));
}
