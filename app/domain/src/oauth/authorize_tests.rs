use proptest::prelude::*;

use super::*;
use crate::client::ActorModes;
use crate::oauth::fixture::{
    AUDIENCE, CHALLENGE, ISSUER, OTHER_AUDIENCE, R1, client, other_client, public_client, query_of, redirect_uris,
    scopes, server,
};
use crate::token_policy::TokenPolicy;

const BASELINE: [(&str, &str); 7] = [
    ("client_id", "ptcapp_C1"),
    ("redirect_uri", R1),
    ("response_type", "code"),
    ("scope", "read"),
    ("state", "s-1"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
];

/// The baseline with `changes` in place of the parameters of those names.
fn with(changes: &[(&str, &str)]) -> Params {
    let kept = BASELINE.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    kept.chain(changes).copied().collect()
}

/// The baseline without `name`.
fn without(name: &str) -> Params {
    BASELINE.iter().filter(|(held, _)| *held != name).copied().collect()
}

/// The baseline and `more`, which may repeat it.
fn and(more: &[(&str, &str)]) -> Params {
    BASELINE.iter().chain(more).copied().collect()
}

fn judge(params: &Params) -> Outcome {
    evaluate(params, Some(&client()), &server())
}

fn asked(params: &Params, client: &Client) -> AuthorizationRequest {
    match evaluate(params, Some(client), &server()) {
        Outcome::Ask(request) => *request,
        other => panic!("{params:?}: {other:?}"),
    }
}

fn refusal(params: &Params, client: Option<&Client>) -> Refusal {
    match evaluate(params, client, &server()) {
        Outcome::Refuse(refusal) => refusal,
        other => panic!("{params:?}: {other:?}"),
    }
}

/// The error that travels; asserts that it travels to R1, with `iss`.
fn error_for(params: &Params, client: &Client) -> ErrorCode {
    match evaluate(params, Some(client), &server()) {
        Outcome::Reject(response) => {
            assert_eq!(response.callback().as_str(), R1);
            assert!(response.pairs().contains(&("iss", ISSUER)));
            response.problem().expect("an error").code
        }
        other => panic!("{params:?}: {other:?}"),
    }
}

fn error(params: &Params) -> ErrorCode {
    error_for(params, &client())
}

#[test]
fn the_baseline_is_asked() {
    let request = asked(&with(&[]), &client());
    assert_eq!(request.redirect_uri.as_deref(), Some(R1));
    assert_eq!(request.callback.as_str(), R1);
    assert_eq!(request.state.as_deref(), Some("s-1"));
    assert_eq!((request.scopes, request.optional), (scopes("read"), scopes("")));
    assert_eq!(request.actor, ActorMode::App);
    assert_eq!(request.code_challenge, CHALLENGE.parse().ok());
    assert_eq!((request.organization_hint, request.resource), (None, None));
}

#[test]
fn req_001_an_unknown_missing_or_malformed_client_id_is_a_page() {
    assert_eq!(refusal(&without("client_id"), None), Refusal::ClientIdMissing);
    assert_eq!(refusal(&with(&[("client_id", "")]), None), Refusal::ClientIdMissing);
    for bad in ["zzz", "ptcapp_C1\n", "ptcapp_C1 ", "PTCAPP_C1", "ptcapp_C1%00", "é", &"x".repeat(65)] {
        assert_eq!(refusal(&with(&[("client_id", bad)]), None), Refusal::ClientUnknown, "{bad:?}");
    }
    assert_eq!(refusal(&with(&[]), Some(&other_client())), Refusal::ClientUnknown, "the wrong client was loaded");
}

#[test]
fn req_002_req_004_only_exactly_a_registered_redirect_uri_is_answered() {
    for bad in [
        "https://evil/cb",
        "https://partner.example/cb/",
        "https://partner.example/cb?x=1",
        "https://partner.example/cb#",
        "https://partner.example/cb#x",
        "https://partner.example/x/%2e%2e/cb",
        "https://partner.example/x/..;/cb",
        "https://partner.example/cb;evil=1",
        "https://partner.example//cb",
        "https://partner.example\\cb",
        "https://partner.example/cb\0",
        "https://partner.example/cb\r\nX: y",
        "https://partner.example/CB",
        "https://u@partner.example/cb",
        "https://a@b@partner.example/cb",
        "https://partner.example:443/cb",
        "https://sub.partner.example/cb",
        "https://partner.example.evil/cb",
        "https://xn--partner-x.example/cb",
        "HTTPS://partner.example/cb",
        "javascript:alert(1)",
    ] {
        let params = with(&[("redirect_uri", bad)]);
        assert_eq!(refusal(&params, Some(&client())), Refusal::RedirectUriNotRegistered, "{bad:?}");
    }
}

#[test]
fn req_003_nothing_else_is_looked_at_before_client_and_redirect_uri_are_certain() {
    let evil = ("redirect_uri", "https://evil/cb");
    for other in [
        ("response_type", "foo"),
        ("scope", "bogus"),
        ("prompt", "none"),
        ("response_mode", "fragment"),
        ("request", "x"),
        ("code_challenge_method", "plain"),
        ("actor", "nobody"),
        ("resource", "https://evil/"),
    ] {
        assert_eq!(refusal(&with(&[evil, other]), Some(&client())), Refusal::RedirectUriNotRegistered, "{other:?}");
        assert_eq!(refusal(&with(&[("client_id", "zzz"), other]), None), Refusal::ClientUnknown, "{other:?}");
    }
}

#[test]
fn req_005_the_port_of_a_loopback_redirect_uri_is_kept_as_it_was_sent() {
    let native = Client { redirect_uris: redirect_uris(&["http://127.0.0.1/cb"]), ..public_client() };
    for port in ["1", "65535"] {
        let sent = format!("http://127.0.0.1:{port}/cb");
        assert_eq!(asked(&with(&[("redirect_uri", &sent)]), &native).callback.as_str(), sent);
    }
    for bad in ["http://[::1]:1/cb", "http://localhost:1/cb", "https://127.0.0.1:1/cb", "http://u@127.0.0.1:1/cb"] {
        assert_eq!(refusal(&with(&[("redirect_uri", bad)]), Some(&native)), Refusal::RedirectUriNotRegistered, "{bad}");
    }
    let web = Client { redirect_uris: redirect_uris(&["http://localhost:3000/cb"]), ..client() };
    let other_port = with(&[("redirect_uri", "http://localhost:3001/cb")]);
    assert_eq!(refusal(&other_port, Some(&web)), Refusal::RedirectUriNotRegistered);
}

#[test]
fn req_008_redirect_uri_may_be_omitted_only_where_one_is_registered() {
    let request = asked(&without("redirect_uri"), &client());
    assert_eq!((request.redirect_uri, request.callback.as_str()), (None, R1));
    for uris in [&[][..], &[R1, "https://partner.example/other"][..]] {
        let client = Client { redirect_uris: redirect_uris(uris), ..client() };
        assert_eq!(refusal(&without("redirect_uri"), Some(&client)), Refusal::RedirectUriMissing);
    }
}

#[test]
fn req_009_the_only_response_type_is_code() {
    assert_eq!(error(&without("response_type")), ErrorCode::InvalidRequest);
    for bad in ["token", "id_token", "code token", "code id_token", "CODE", "code ", "none", "foo"] {
        assert_eq!(error(&with(&[("response_type", bad)])), ErrorCode::UnsupportedResponseType, "{bad}");
    }
}

/// PROTOCOL section 1, *Token policy*: the exception that belongs to `fera`.
#[test]
fn under_fera_an_absent_response_type_means_code_and_an_absent_state_is_an_error() {
    let fera = Client { policy: TokenPolicy::fera(), ..client() };
    for (name, params, expected) in [
        ("baseline", with(&[]), None),
        ("no response_type", without("response_type"), None),
        ("empty response_type", with(&[("response_type", "")]), None),
        ("another response_type", with(&[("response_type", "token")]), Some(ErrorCode::UnsupportedResponseType)),
        ("no state", without("state"), Some(ErrorCode::InvalidRequest)),
        ("empty state", with(&[("state", "")]), Some(ErrorCode::InvalidRequest)),
    ] {
        match expected {
            None => assert_eq!(asked(&params, &fera).state.as_deref(), Some("s-1"), "{name}"),
            Some(code) => assert_eq!(error_for(&params, &fera), code, "{name}"),
        }
    }
    assert_eq!(asked(&without("state"), &client()).state, None);
}

#[test]
fn req_010_a_repeated_parameter_is_an_error_even_with_the_same_value() {
    for (name, value) in BASELINE {
        let params = and(&[(name, value)]);
        match name {
            "client_id" => assert_eq!(refusal(&params, Some(&client())), Refusal::ClientIdRepeated),
            "redirect_uri" => assert_eq!(refusal(&params, Some(&client())), Refusal::RedirectUriRepeated),
            _ => assert_eq!(error(&params), ErrorCode::InvalidRequest, "{name}"),
        }
    }
    for (name, value) in [
        ("actor", "self"),
        ("audience", AUDIENCE),
        ("id_token_hint", "e30.e30.x"),
        ("max_age", "60"),
        ("nonce", "n"),
        ("organization", "acme"),
        ("prompt", "login"),
        ("registration", "{}"),
        ("request", "eyJ"),
        ("request_uri", "https://client.example/x"),
        ("response_mode", "query"),
        ("store", "acme"),
    ] {
        assert_eq!(error(&and(&[(name, value), (name, value)])), ErrorCode::InvalidRequest, "{name}");
        if let Outcome::Reject(response) = judge(&and(&[(name, value)])) {
            let alone = response.problem().expect("an error").code;
            assert_ne!(alone, ErrorCode::InvalidRequest, "{name}: it is the repetition that is refused");
        }
    }
}

#[test]
fn req_010_of_two_states_neither_is_echoed() {
    let Outcome::Reject(response) = judge(&and(&[("state", "other")])) else { panic!("not rejected") };
    assert!(!response.pairs().iter().any(|(name, _)| *name == "state"));
}

#[test]
fn req_011_req_020_req_098_unknown_parameters_and_mere_hints_change_nothing() {
    let long = "x".repeat(8000);
    let more = [
        ("foo", "bar"),
        ("foo", "baz"),
        ("login_hint", "\u{1}"),
        ("login_hint", &long),
        ("ui_locales", "xx yy"),
        ("claims_locales", "de"),
        ("acr_values", "9"),
        ("display", "hologram"),
        ("claims", "{\"id_token\":{\"email\":{\"essential\":true}}}"),
    ];
    assert_eq!(judge(&and(&more)), judge(&with(&[])));
}

/// The baseline with `more` in place of the parameters of those names, as it comes over the wire.
fn wire(more: &[(&str, &str)]) -> Params {
    let kept = BASELINE.iter().filter(|(name, _)| !more.iter().any(|(changed, _)| changed == name));
    let pairs: Vec<_> = kept.chain(more).map(|(name, value)| format!("{name}={value}")).collect();
    Params::lenient(pairs.join("&").as_bytes()).expect("not too many")
}

#[test]
fn req_011_req_020_req_098_what_is_ignored_is_ignored_also_when_it_cannot_be_read() {
    let long = "x".repeat(9000);
    for value in [long.as_str(), "%FF", "%00"] {
        for name in
            ["foo", "login_hint", "ui_locales", "claims_locales", "acr_values", "display", "claims", "%FE", "x%00"]
        {
            assert_eq!(judge(&wire(&[(name, value)])), judge(&with(&[])), "{name}={value:.9}");
        }
    }
    assert_eq!(judge(&wire(&[(&long, "1")])), judge(&with(&[])));
}

#[test]
fn req_013_what_counts_and_cannot_be_read_is_told_to_the_client() {
    let long = "x".repeat(9000);
    for value in [long.as_str(), "%FF", "%00"] {
        for name in [
            "state",
            "scope",
            "nonce",
            "code_challenge",
            "code_challenge_method",
            "response_type",
            "response_mode",
            "prompt",
            "max_age",
            "actor",
            "organization",
            "store",
            "audience",
        ] {
            assert_eq!(error(&wire(&[(name, value)])), ErrorCode::InvalidRequest, "{name}={value:.9}");
        }
        assert_eq!(error(&wire(&[("resource", value)])), ErrorCode::InvalidTarget);
        assert_eq!(error(&wire(&[("id_token_hint", value)])), ErrorCode::LoginRequired);
        assert_eq!(error(&wire(&[("request", value)])), ErrorCode::RequestNotSupported);
        assert_eq!(refusal(&wire(&[("client_id", value)]), Some(&client())), Refusal::ClientUnknown);
        assert_eq!(refusal(&wire(&[("redirect_uri", value)]), Some(&client())), Refusal::RedirectUriNotRegistered);
    }
    for name in ONCE {
        let outcome = judge(&wire(&[(&format!("{name}[]"), "x")]));
        assert!(!matches!(outcome, Outcome::Ask(_)), "an array hides no parameter: {name}");
    }
    assert_eq!(refusal(&wire(&[("client_id[]", "x")]), Some(&client())), Refusal::ClientIdRepeated);
}

#[test]
fn req_012_an_empty_parameter_is_an_absent_one() {
    let request =
        asked(&with(&[("state", ""), ("scope", ""), ("prompt", ""), ("actor", ""), ("resource", "")]), &client());
    assert_eq!((request.state, request.scopes), (None, scopes("posts:read read")));
    assert_eq!(error(&with(&[("response_type", "")])), ErrorCode::InvalidRequest);
}

#[test]
fn req_014_only_scopes_of_the_app_are_asked() {
    for bad in ["bogus", "read bogus", "delete", "openid", "READ", "read\"", "read\tposts:read", " ", &"x".repeat(65)] {
        assert_eq!(error(&with(&[("scope", bad)])), ErrorCode::InvalidScope, "{bad}");
    }
    let request = asked(&with(&[("scope", "posts:write read")]), &client());
    assert_eq!((request.scopes, request.optional), (scopes("posts:write read"), scopes("posts:write")));
}

#[test]
fn req_014_req_089_openid_is_not_left_out_of_a_request_that_asks_for_it() {
    let login = Client { required_scopes: scopes("read"), optional_scopes: scopes("openid profile email"), ..client() };
    let request = asked(&with(&[("scope", "openid profile read")]), &login);
    assert_eq!((request.scopes, request.optional), (scopes("openid profile read"), scopes("profile")));
}

#[test]
fn req_014_without_scope_all_required_ones_are_asked() {
    let request = asked(&without("scope"), &client());
    assert_eq!((request.scopes, request.optional), (scopes("posts:read read"), scopes("")));
    let no_required = Client { required_scopes: scopes(""), ..client() };
    assert_eq!(error_for(&without("scope"), &no_required), ErrorCode::InvalidScope);
}

#[test]
fn req_014_a_scope_that_left_the_catalogue_is_not_asked() {
    let client = Client { required_scopes: scopes("read gone"), ..client() };
    assert_eq!(error_for(&with(&[("scope", "gone")]), &client), ErrorCode::InvalidScope);
    assert_eq!(asked(&without("scope"), &client).scopes, scopes("read"));
}

#[test]
fn req_015_an_actor_mode_that_the_app_does_not_allow_is_unauthorized_client() {
    use ActorMode::{App, Myself};
    for (modes, sent, expected) in [
        (ActorModes::Both, None, Ok(App)),
        (ActorModes::Both, Some("self"), Ok(Myself)),
        (ActorModes::Both, Some("app"), Ok(App)),
        (ActorModes::App, None, Ok(App)),
        (ActorModes::App, Some("self"), Err(ErrorCode::UnauthorizedClient)),
        (ActorModes::Myself, None, Ok(Myself)),
        (ActorModes::Myself, Some("app"), Err(ErrorCode::UnauthorizedClient)),
        (ActorModes::Both, Some("App"), Err(ErrorCode::InvalidRequest)),
    ] {
        let client = Client { actor_modes: modes, ..client() };
        let params = sent.map_or_else(|| with(&[]), |actor| with(&[("actor", actor)]));
        match expected {
            Ok(mode) => assert_eq!(asked(&params, &client).actor, mode, "{modes} {sent:?}"),
            Err(code) => assert_eq!(error_for(&params, &client), code, "{modes} {sent:?}"),
        }
    }
}

#[test]
fn req_016_requests_by_reference_are_told_to_be_unsupported() {
    for (name, code) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        assert_eq!(error(&with(&[(name, "x")])), code);
    }
}

#[test]
fn req_019_an_app_or_owner_out_of_use_is_a_page_of_its_own() {
    let app = |status| Client { status, ..client() };
    let owner = Client { owner_active: false, ..client() };
    assert_eq!(refusal(&with(&[]), Some(&app(AppStatus::Suspended))), Refusal::AppSuspended);
    assert_eq!(refusal(&with(&[]), Some(&app(AppStatus::Deleted))), Refusal::AppDeleted);
    assert_eq!(refusal(&with(&[]), Some(&owner)), Refusal::OwnerSuspended);
    let evil = with(&[("redirect_uri", "https://evil/cb")]);
    assert_eq!(refusal(&evil, Some(&app(AppStatus::Suspended))), Refusal::AppSuspended);
}

#[test]
fn req_019_every_error_of_a_draft_is_a_page() {
    let draft = Client { status: AppStatus::Draft, ..client() };
    for (name, value) in [("scope", "bogus"), ("response_type", "token"), ("request", "x"), ("actor", "bogus")] {
        let code = error(&with(&[(name, value)]));
        assert_eq!(refusal(&with(&[(name, value)]), Some(&draft)), Refusal::Draft(code), "{name}");
    }
    let evil = with(&[("redirect_uri", "https://evil/cb")]);
    assert_eq!(refusal(&evil, Some(&draft)), Refusal::RedirectUriNotRegistered);
    assert!(asked(&with(&[]), &draft).draft, "the page that asks a person has still to see who he is");
    assert!(!asked(&with(&[]), &client()).draft);
}

#[test]
fn req_022_state_comes_back_byte_for_byte_on_error_too() {
    for state in ["%20+&=é\"<", "0", "a b", "#?/\r\n", "state=1&code=2", "😀"] {
        let Outcome::Reject(response) = judge(&with(&[("state", state), ("scope", "bogus")])) else {
            panic!("not rejected")
        };
        assert_eq!(query_of(&response.location()).get("state"), Some(state));
        assert_eq!(asked(&with(&[("state", state)]), &client()).state.as_deref(), Some(state));
    }
    let Outcome::Reject(response) = judge(&with(&[("state", ""), ("scope", "bogus")])) else { panic!("not rejected") };
    assert!(!response.location().contains("state"));
}

#[test]
fn req_030_an_unknown_response_mode_is_invalid_request() {
    for bad in ["fragment", "web_message", "QUERY", "query.jwt", "form_post "] {
        assert_eq!(error(&with(&[("response_mode", bad)])), ErrorCode::InvalidRequest, "{bad}");
    }
    for (word, mode) in [("query", ResponseMode::Query), ("form_post", ResponseMode::FormPost)] {
        assert_eq!(asked(&with(&[("response_mode", word)]), &client()).reply_to().mode, mode);
        let Outcome::Reject(response) = judge(&with(&[("response_mode", word), ("scope", "bogus")])) else {
            panic!("not rejected")
        };
        let posted = matches!(response.delivery(Asked::ByLink), Delivery::FormPost { .. });
        assert_eq!(posted, mode == ResponseMode::FormPost, "an error travels as the answer would");
    }
}

#[test]
fn req_032_a_challenge_is_s256_and_public_clients_must_send_one() {
    let none: Params = BASELINE.iter().filter(|(name, _)| !name.starts_with("code_challenge")).copied().collect();
    let relaxed = Client { pkce_required: false, ..client() };
    assert_eq!(error_for(&none, &public_client()), ErrorCode::InvalidRequest);
    assert_eq!(error(&none), ErrorCode::InvalidRequest, "the app's switch is on");
    assert_eq!(asked(&none, &relaxed).code_challenge, None);
    for client in [client(), relaxed, public_client()] {
        assert_eq!(error_for(&without("code_challenge_method"), &client), ErrorCode::InvalidRequest);
        assert_eq!(error_for(&without("code_challenge"), &client), ErrorCode::InvalidRequest);
        for method in ["plain", "s256", "S256 ", "S512"] {
            let params = with(&[("code_challenge_method", method)]);
            assert_eq!(error_for(&params, &client), ErrorCode::InvalidRequest, "{method}");
        }
    }
}

#[test]
fn req_033_a_malformed_challenge_is_invalid_request() {
    for bad in [&CHALLENGE[..42], &format!("{CHALLENGE}="), &format!("{CHALLENGE}A"), &CHALLENGE.replace('-', "+"), "x"]
    {
        assert_eq!(error(&with(&[("code_challenge", bad)])), ErrorCode::InvalidRequest, "{bad}");
    }
}

#[test]
fn organization_and_its_alias_store_are_one_hint() {
    let hint = |changes: &[(&str, &str)]| asked(&with(changes), &client()).organization_hint;
    assert_eq!(hint(&[("organization", "acme")]).as_deref(), Some("acme"));
    assert_eq!(hint(&[("store", "acme.example")]).as_deref(), Some("acme.example"));
    assert_eq!(hint(&[("organization", "acme"), ("store", "acme")]).as_deref(), Some("acme"));
    assert_eq!(error(&with(&[("organization", "acme"), ("store", "other")])), ErrorCode::InvalidRequest);
}

#[test]
fn req_143_a_token_has_one_audience_that_the_instance_knows() {
    let audience = |changes: &[(&str, &str)]| asked(&with(changes), &client()).resource;
    assert_eq!(audience(&[("resource", OTHER_AUDIENCE)]).as_deref(), Some(OTHER_AUDIENCE));
    assert_eq!(audience(&[("audience", AUDIENCE)]).as_deref(), Some(AUDIENCE));
    assert_eq!(audience(&[("resource", AUDIENCE), ("audience", AUDIENCE)]).as_deref(), Some(AUDIENCE));
    for bad in [
        &[("resource", "https://evil/")][..],
        &[("audience", "https://id.example/api/v1/")],
        &[("resource", "https://id.example/api/v1#x")],
        &[("resource", AUDIENCE), ("resource", OTHER_AUDIENCE)],
        &[("resource", AUDIENCE), ("resource", AUDIENCE)],
        &[("resource", AUDIENCE), ("audience", OTHER_AUDIENCE)],
    ] {
        assert_eq!(error(&with(bad)), ErrorCode::InvalidTarget, "{bad:?}");
    }
}

proptest! {
    #[test]
    fn req_002_no_request_ever_yields_a_callback_that_is_not_registered(
        sent in redirect_uri_like(),
        more in proptest::collection::vec((parameter_name(), ".{0,12}"), 0..6),
    ) {
        let client = Client {
            redirect_uris: redirect_uris(&[R1, "http://127.0.0.1/cb", "com.example.app:/cb"]),
            ..client()
        };
        let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let baseline = BASELINE.map(|(name, value)| if name == "redirect_uri" { (name, sent.as_str()) } else { (name, value) });
        let params: Params = baseline.into_iter().chain(more).collect();
        let callback = match evaluate(&params, Some(&client), &server()) {
            Outcome::Refuse(_) => return Ok(()),
            Outcome::Reject(response) => response.callback().clone(),
            Outcome::Ask(request) => request.callback,
        };
        // Judged by the URL standard, not by the code under test.
        let url = url::Url::parse(callback.as_str()).expect("absolute");
        let exact = [R1, "com.example.app:/cb"].contains(&callback.as_str());
        let loopback = url.scheme() == "http" && url.host_str() == Some("127.0.0.1") && url.path() == "/cb"
            && url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        prop_assert!(exact || loopback, "{}", callback.as_str());
    }
}

/// Registered addresses and what an attacker makes of them: a piece inserted or replaced anywhere.
fn redirect_uri_like() -> impl Strategy<Value = String> {
    let base =
        prop_oneof![Just(R1), Just("http://127.0.0.1/cb"), Just("com.example.app:/cb"), Just("http://127.0.0.1:80/cb")];
    let piece = prop_oneof![
        Just(String::new()),
        "[:/@?#.;%\\\\a-z0-9]{1,6}",
        Just("@evil.example".to_owned()),
        Just(":80".to_owned()),
        Just(".evil.example".to_owned()),
        Just("%2e%2e/".to_owned()),
    ];
    (base, piece, any::<prop::sample::Index>(), 0usize..3).prop_map(|(base, piece, at, cut)| {
        let at = at.index(base.len() + 1);
        let end = (at + cut).min(base.len());
        format!("{}{piece}{}", &base[..at], &base[end..])
    })
}

fn parameter_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "redirect_uri",
        "client_id",
        "response_type",
        "scope",
        "state",
        "prompt",
        "response_mode",
        "resource",
        "actor",
        "foo",
    ])
}
