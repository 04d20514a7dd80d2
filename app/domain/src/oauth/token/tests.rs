use super::*;
use crate::client::{AppGrants, AuthMethod};
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
fn req_061_client_credentials_is_read_with_its_aliases_and_the_default_audience() {
    let own = Client { grants: AppGrants::Both, ..client() };
    let read = |pairs: &[(&str, &str)]| {
        let grant = [("grant_type", "client_credentials")];
        parse(&grant.into_iter().chain(pairs.iter().copied()).collect(), &own, &server()).map_err(|error| error.code)
    };
    let expected = |organization: Option<&str>, scope: Option<&str>, audience: &str| {
        Ok(TokenRequest::ClientCredentials(ClientCredentialsRequest {
            organization: organization.map(str::to_owned),
            scope: scope.map(scopes),
            audience: audience.to_owned(),
        }))
    };
    assert_eq!(read(&[]), expected(None, None, AUDIENCE), "the rule refuses it, not the reading");
    assert_eq!(read(&[("organization", "acme"), ("scope", "read")]), expected(Some("acme"), Some("read"), AUDIENCE));
    assert_eq!(read(&[("store", "acme"), ("audience", OTHER_AUDIENCE)]), expected(Some("acme"), None, OTHER_AUDIENCE));
    assert_eq!(read(&[("store", "a"), ("organization", "a")]), expected(Some("a"), None, AUDIENCE));
    assert_eq!(read(&[("store", "a"), ("organization", "b")]), Err(ErrorCode::InvalidRequest));
    assert_eq!(read(&[("organization", "a"), ("audience", "https://evil/")]), Err(ErrorCode::InvalidTarget));
    assert_eq!(read(&[("organization", "a"), ("scope", "\"")]), Err(ErrorCode::InvalidScope));
}

#[test]
fn req_060_a_grant_that_is_not_the_apps_is_unauthorized() {
    let code = [("grant_type", "authorization_code"), ("code", "c")];
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "r")];
    let own = [("grant_type", "client_credentials"), ("organization", "a")];
    let public = Client { auth_method: AuthMethod::None, grants: AppGrants::Both, ..client() };
    for (client, pairs, allowed) in [
        (Client { grants: AppGrants::AuthorizationCode, ..client() }, &own, false),
        (Client { grants: AppGrants::AuthorizationCode, ..client() }, &code, true),
        (Client { grants: AppGrants::ClientCredentials, ..client() }, &code, false),
        (Client { grants: AppGrants::ClientCredentials, ..client() }, &refresh, false),
        (Client { grants: AppGrants::ClientCredentials, ..client() }, &own, true),
        (Client { grants: AppGrants::Both, ..client() }, &refresh, true),
        (public, &own, false),
    ] {
        let error = parse(&pairs.iter().copied().collect(), &client, &server()).err().map(|error| error.code);
        assert_eq!(error, (!allowed).then_some(ErrorCode::UnauthorizedClient), "{:?} {pairs:?}", client.grants);
    }
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
        let hidden = format!("grant_type=authorization_code&code=c&{name}[]=x");
        assert!(Params::urlencoded(hidden.as_bytes()).is_err(), "an array hides no parameter: {name}");
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
    for unknown in ["password", "implicit", "Authorization_Code", "foo", "refresh_token "] {
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
    let catalogue = Catalogue::shipped();
    Issue::new(&TokenPolicy::standard(), (granted.clone(), granted), (AUDIENCE, &catalogue), NOW, NOW)
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
