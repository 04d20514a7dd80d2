use super::*;
use crate::oauth::fixture::{AUDIENCE, OTHER_AUDIENCE, R1, client, scopes, server};

// Reading the request.

fn read(pairs: &[(&str, &str)]) -> Result<TokenRequest, ErrorCode> {
    parse(&pairs.iter().copied().collect(), &client(), &server()).map_err(|error| error.code)
}

#[test]
fn both_grants_are_read() {
    let code =
        read(&[("grant_type", "authorization_code"), ("code", "c"), ("redirect_uri", R1), ("code_verifier", "v")]);
    let expected = CodeRequest {
        code: "c".into(),
        redirect_uri: Some(R1.to_owned()),
        code_verifier: Some("v".into()),
        resource: None,
    };
    assert_eq!(code, Ok(TokenRequest::Code(expected)));
    let refresh =
        read(&[("grant_type", "refresh_token"), ("refresh_token", "r"), ("scope", "read"), ("resource", AUDIENCE)]);
    let expected =
        RefreshRequest { refresh_token: "r".into(), scope: Some(scopes("read")), resource: Some(AUDIENCE.to_owned()) };
    assert_eq!(refresh, Ok(TokenRequest::Refresh(expected)));
}

#[test]
fn req_048_scope_is_ignored_with_a_code() {
    let plain = read(&[("grant_type", "authorization_code"), ("code", "c")]);
    assert_eq!(read(&[("grant_type", "authorization_code"), ("code", "c"), ("scope", "\"bogus\" admin")]), plain);
}

#[test]
fn req_059_a_repeated_parameter_is_invalid_request() {
    for name in ONCE {
        let baseline = [("grant_type", "authorization_code"), ("code", "c"), (name, "x"), (name, "x")];
        assert_eq!(read(&baseline), Err(ErrorCode::InvalidRequest), "{name}");
    }
}

#[test]
fn req_060_grant_types() {
    for missing in [
        &[][..],
        &[("grant_type", "")],
        &[("code", "c")],
        &[("grant_type", "authorization_code")],
        &[("grant_type", "authorization_code"), ("code", "")],
        &[("grant_type", "refresh_token"), ("code", "c")],
    ] {
        assert_eq!(read(missing), Err(ErrorCode::InvalidRequest), "{missing:?}");
    }
    for unknown in ["password", "implicit", "client_credentials", "Authorization_Code", "foo", "refresh_token "] {
        let pairs = [("grant_type", unknown), ("code", "c"), ("refresh_token", "r")];
        assert_eq!(read(&pairs), Err(ErrorCode::UnsupportedGrantType), "{unknown}");
    }
    let none = Client { policy: TokenPolicy { refresh: Refresh::None, ..TokenPolicy::standard() }, ..client() };
    let params = [("grant_type", "refresh_token"), ("refresh_token", "r")].into_iter().collect();
    let result = parse(&params, &none, &server()).map_err(|error| error.code);
    assert_eq!(result, Err(ErrorCode::UnauthorizedClient));
}

#[test]
fn malformed_scopes_and_unknown_audiences_have_their_codes() {
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "r")];
    let with = |more: &[(&str, &str)]| read(&[&refresh[..], more].concat());
    for bad in ["\"", " ", "é"] {
        assert_eq!(with(&[("scope", bad)]), Err(ErrorCode::InvalidScope), "{bad}");
    }
    assert_eq!(with(&[("resource", "https://evil/")]), Err(ErrorCode::InvalidTarget));
    assert_eq!(with(&[("resource", AUDIENCE), ("audience", OTHER_AUDIENCE)]), Err(ErrorCode::InvalidTarget));
}

// The response.

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn later(seconds: i64) -> Timestamp {
    NOW.plus_seconds(seconds)
}

fn issue() -> Issue {
    let granted = scopes("read posts:write");
    Issue::new(&TokenPolicy::standard(), (granted.clone(), granted), AUDIENCE, NOW, NOW)
}

#[test]
fn req_063_the_response_has_integers_that_agree() {
    let issue = issue();
    let standard = TokenPolicy::standard();
    let response = TokenResponse::new(&issue, &standard, "a".to_owned(), Some("r".to_owned()), NOW);
    assert_eq!(
        serde_json::to_value(&response).expect("serialisable"),
        serde_json::json!({
            "access_token": "a", "token_type": "Bearer", "expires_in": 86_400, "refresh_token": "r",
            "scope": "posts:write read"
        })
    );
    let with_end = TokenPolicy { expires_at_in_response: true, ..standard };
    let mut again = TokenResponse::new(&issue, &with_end, "a".to_owned(), None, NOW);
    assert_eq!(again.expires_at, Some(1_800_086_400));
    again.count_down(issue.access_expires_at, &with_end, later(20));
    assert_eq!((again.expires_in, again.expires_at), (Some(86_380), Some(1_800_086_400)));
    again.count_down(None, &with_end, later(20));
    assert_eq!((again.expires_in, again.expires_at), (None, None), "a token that never ends says nothing of an end");
}

#[test]
fn req_131_requests_and_answers_do_not_print_their_tokens() {
    let issue = issue();
    let response =
        TokenResponse::new(&issue, &TokenPolicy::standard(), "hush-a".to_owned(), Some("hush-r".to_owned()), NOW);
    let request =
        CodeRequest { code: "hush-c".into(), code_verifier: Some("hush-v".into()), redirect_uri: None, resource: None };
    let refresh = RefreshRequest { refresh_token: "hush-r".into(), scope: None, resource: None };
    assert!(!format!("{response:?}{request:?}{refresh:?}").contains("hush"));
}
