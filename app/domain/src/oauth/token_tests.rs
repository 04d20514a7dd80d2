use super::*;
use crate::client::{AppStatus, InstallStatus};
use crate::oauth::fixture::{
    AUDIENCE, CHALLENGE, OTHER_AUDIENCE, R1, VERIFIER, client, other_client, public_client, redirect_uris, scopes,
    server,
};
use crate::oauth::standing::Acting;
use crate::token_policy::LiveTokens;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn later(seconds: i64) -> Timestamp {
    NOW.plus_seconds(seconds)
}

fn just_before(moment: Timestamp) -> Timestamp {
    Timestamp(moment.0 - 1)
}

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

// Codes.

fn standing(acting: Acting) -> Standing {
    Standing { install: InstallStatus::Active, organization: Status::Active, acting }
}

fn code() -> CodeFacts {
    CodeFacts {
        app: client().app,
        redirect_uri: Some(R1.to_owned()),
        code_challenge: CHALLENGE.parse().ok(),
        expires_at: later(300),
        used_at: None,
        revoked_at: None,
        scopes: scopes("read posts:write"),
        audience: AUDIENCE.to_owned(),
        standing: standing(Acting::App),
        person: Status::Active,
        role: Some(Role::Admin),
        test: false,
    }
}

/// A code of actor `self` for a person with `role`.
fn own_code(role: Role) -> CodeFacts {
    let acting = Acting::Myself { status: Status::Active, role: Some(role) };
    CodeFacts { standing: standing(acting), role: Some(role), ..code() }
}

fn redeem() -> CodeRequest {
    CodeRequest {
        code: "c".into(),
        redirect_uri: Some(R1.to_owned()),
        code_verifier: Some(VERIFIER.into()),
        resource: None,
    }
}

fn with_verifier(verifier: Option<&str>) -> CodeRequest {
    CodeRequest { code_verifier: verifier.map(Sensitive::from), ..redeem() }
}

fn judge_code(request: &CodeRequest, code: &CodeFacts, client: &Client) -> CodeDecision {
    request.evaluate(code, client, &Catalogue::shipped(), NOW)
}

fn denied() -> CodeDecision {
    CodeDecision::Deny(invalid_grant())
}

fn burned() -> CodeDecision {
    CodeDecision::Burn(invalid_grant())
}

#[test]
fn a_good_code_issues_what_was_granted() {
    let issue = Issue {
        scopes: scopes("read posts:write"),
        effective: scopes("read posts:write"),
        audience: AUDIENCE.to_owned(),
        access_expires_at: Some(later(86_400)),
        refresh: true,
        refresh_expires_at: Some(later(90 * 86_400)),
    };
    assert_eq!(judge_code(&redeem(), &code(), &client()), CodeDecision::Issue(issue));
}

#[test]
fn req_034_req_036_a_missing_or_wrong_verifier_burns_the_code() {
    let wrong = VERIFIER.replace('d', "e");
    for verifier in [None, Some(wrong.as_str()), Some(&VERIFIER[..42]), Some("x"), Some(&"a".repeat(129))] {
        for client in [client(), public_client()] {
            assert_eq!(judge_code(&with_verifier(verifier), &code(), &client), burned(), "{verifier:?}");
        }
    }
    let padded = format!("{VERIFIER}=");
    assert_eq!(judge_code(&with_verifier(Some(&padded)), &code(), &client()), burned());
}

#[test]
fn req_035_a_verifier_without_a_challenge_is_a_downgrade() {
    let unchallenged = CodeFacts { code_challenge: None, ..code() };
    assert_eq!(judge_code(&redeem(), &unchallenged, &client()), burned());
    assert!(matches!(judge_code(&with_verifier(None), &unchallenged, &client()), CodeDecision::Issue(_)));
}

#[test]
fn req_037_the_challenge_is_not_its_own_verifier() {
    assert_eq!(judge_code(&with_verifier(Some(CHALLENGE)), &code(), &client()), burned());
}

#[test]
fn req_041_a_replay_is_told_from_everything_else() {
    let used = CodeFacts { used_at: Some(NOW), ..code() };
    assert_eq!(judge_code(&redeem(), &used, &client()), CodeDecision::Replayed);
    let long_ago = CodeFacts { expires_at: NOW.minus_seconds(86_400), ..used };
    assert_eq!(judge_code(&redeem(), &long_ago, &client()), CodeDecision::Replayed, "also after its end");
}

#[test]
fn req_042_a_replay_that_does_not_count_ends_nothing() {
    let used = CodeFacts { used_at: Some(NOW), ..code() };
    assert_eq!(judge_code(&redeem(), &used, &other_client()), denied(), "another client");
    for verifier in [None, Some("x"), Some(CHALLENGE)] {
        assert_eq!(judge_code(&with_verifier(verifier), &used, &public_client()), denied(), "{verifier:?}");
        assert_eq!(judge_code(&with_verifier(verifier), &used, &client()), CodeDecision::Replayed, "it authenticated");
    }
    assert_eq!(judge_code(&redeem(), &used, &public_client()), CodeDecision::Replayed);
}

#[test]
fn req_043_another_clients_code_is_invalid_and_not_burned() {
    assert_eq!(judge_code(&redeem(), &code(), &other_client()), denied());
    assert_eq!(judge_code(&with_verifier(None), &code(), &other_client()), denied());
}

#[test]
fn req_044_the_redirect_uri_is_the_one_of_the_authorization_request() {
    let request =
        |redirect_uri: Option<&str>| CodeRequest { redirect_uri: redirect_uri.map(str::to_owned), ..redeem() };
    for bad in [
        None,
        Some("https://partner.example/other"),
        Some("https://partner.example/cb/"),
        Some("HTTPS://partner.example/cb"),
    ] {
        assert_eq!(judge_code(&request(bad), &code(), &client()), denied(), "{bad:?}");
    }
    let omitted = CodeFacts { redirect_uri: None, ..code() };
    assert!(matches!(judge_code(&request(None), &omitted, &client()), CodeDecision::Issue(_)));
    assert!(matches!(judge_code(&request(Some(R1)), &omitted, &client()), CodeDecision::Issue(_)));
    assert_eq!(judge_code(&request(Some("https://evil/cb")), &omitted, &client()), denied());
}

#[test]
fn req_044_the_port_of_a_loopback_redirect_uri_must_be_repeated() {
    let native = Client { redirect_uris: redirect_uris(&["http://127.0.0.1/cb"]), ..public_client() };
    let code = CodeFacts { redirect_uri: Some("http://127.0.0.1:50001/cb".to_owned()), ..code() };
    let request = |port: u16| CodeRequest { redirect_uri: Some(format!("http://127.0.0.1:{port}/cb")), ..redeem() };
    assert!(matches!(judge_code(&request(50001), &code, &native), CodeDecision::Issue(_)));
    assert_eq!(judge_code(&request(50002), &code, &native), denied());
}

#[test]
fn req_045_a_code_is_over_at_its_end_and_not_before() {
    let at = |now| redeem().evaluate(&code(), &client(), &Catalogue::shipped(), now);
    assert!(matches!(at(just_before(later(300))), CodeDecision::Issue(_)));
    assert_eq!(at(later(300)), denied());
    assert_eq!(at(later(301)), denied());
}

#[test]
fn req_047_a_code_ends_with_what_it_rests_on() {
    let myself = own_code(Role::Admin);
    for (what, ended) in [
        ("burned, or revoked by a password change", CodeFacts { revoked_at: Some(NOW), ..code() }),
        (
            "install revoked",
            CodeFacts { standing: Standing { install: InstallStatus::Revoked, ..code().standing }, ..code() },
        ),
        (
            "organization suspended",
            CodeFacts { standing: Standing { organization: Status::Suspended, ..code().standing }, ..code() },
        ),
        ("person suspended", CodeFacts { person: Status::Suspended, ..code() }),
        ("person left", CodeFacts { role: None, ..code() }),
        ("self: person suspended", CodeFacts { person: Status::Suspended, ..myself.clone() }),
        (
            "self: person left",
            CodeFacts {
                role: None,
                standing: standing(Acting::Myself { status: Status::Active, role: None }),
                ..myself
            },
        ),
    ] {
        assert_eq!(judge_code(&redeem(), &ended, &client()), denied(), "{what}");
    }
    for client in [Client { status: AppStatus::Suspended, ..client() }, Client { owner_active: false, ..client() }] {
        assert_eq!(judge_code(&redeem(), &code(), &client), denied());
    }
}

#[test]
fn req_116_until_the_exchange_the_role_must_still_allow_the_install() {
    let by = |role, test| CodeFacts { role: Some(role), test, ..code() };
    assert_eq!(judge_code(&redeem(), &by(Role::Developer, false), &client()), denied());
    assert_eq!(judge_code(&redeem(), &by(Role::Member, false), &client()), denied());
    assert!(matches!(judge_code(&redeem(), &by(Role::Developer, true), &client()), CodeDecision::Issue(_)));
    let beyond = CodeFacts { scopes: scopes("read admin"), ..by(Role::Developer, true) };
    assert_eq!(judge_code(&redeem(), &beyond, &client()), denied(), "a test install within his role");
}

#[test]
fn req_048_the_response_states_what_the_token_may_do_now() {
    let CodeDecision::Issue(issue) = judge_code(&redeem(), &own_code(Role::Member), &client()) else {
        panic!("not issued")
    };
    assert_eq!((issue.scopes, issue.effective), (scopes("read posts:write"), scopes("read")));
    let nothing = CodeFacts { scopes: scopes("posts:write"), ..own_code(Role::Member) };
    assert_eq!(judge_code(&redeem(), &nothing, &client()), denied(), "a token for nothing is none");
}

#[test]
fn req_143_a_code_is_for_one_audience() {
    let request = |resource: &str| CodeRequest { resource: Some(resource.to_owned()), ..redeem() };
    assert!(matches!(judge_code(&request(AUDIENCE), &code(), &client()), CodeDecision::Issue(_)));
    let CodeDecision::Deny(error) = judge_code(&request(OTHER_AUDIENCE), &code(), &client()) else {
        panic!("not denied")
    };
    assert_eq!(error.code, ErrorCode::InvalidTarget);
}

// Refresh tokens.

fn token() -> RefreshFacts {
    RefreshFacts {
        app: client().app,
        expires_at: Some(later(90 * 86_400)),
        family_created_at: NOW.minus_seconds(3600),
        used_at: None,
        revoked_at: None,
        successor: None,
        scopes: scopes("read posts:write"),
        audience: AUDIENCE.to_owned(),
        standing: standing(Acting::App),
    }
}

/// A token that was rotated away at [`NOW`], for the whole grant.
fn rotated() -> RefreshFacts {
    RefreshFacts {
        used_at: Some(NOW),
        successor: Some(Successor { used: false, revoked: false, sealed: true, scopes: scopes("read posts:write") }),
        ..token()
    }
}

fn refresh() -> RefreshRequest {
    RefreshRequest { refresh_token: "r".into(), scope: None, resource: None }
}

fn narrowed(scope: &str) -> RefreshRequest {
    RefreshRequest { scope: Some(scopes(scope)), ..refresh() }
}

fn with_grace(grace_seconds: i64) -> Client {
    Client {
        policy: TokenPolicy { refresh: Refresh::Rotating { grace_seconds }, ..TokenPolicy::standard() },
        ..client()
    }
}

fn judge_at(now: Timestamp, request: &RefreshRequest, token: &RefreshFacts, client: &Client) -> RefreshDecision {
    request.evaluate(token, client, &Catalogue::shipped(), now)
}

fn judge(request: &RefreshRequest, token: &RefreshFacts, client: &Client) -> RefreshDecision {
    judge_at(NOW, request, token, client)
}

fn no_refresh() -> RefreshDecision {
    RefreshDecision::Deny(invalid_grant())
}

#[test]
fn a_good_refresh_token_issues_again() {
    let RefreshDecision::Issue(issue) = judge(&refresh(), &token(), &client()) else { panic!("not issued") };
    assert_eq!((issue.scopes, issue.access_expires_at), (scopes("read posts:write"), Some(later(86_400))));
    assert_eq!((issue.refresh, issue.refresh_expires_at), (true, Some(later(90 * 86_400))));
}

#[test]
fn req_066_another_clients_refresh_token_is_invalid_and_ends_nothing() {
    assert_eq!(judge(&refresh(), &token(), &other_client()), no_refresh());
    let long_used = RefreshFacts { used_at: Some(NOW.minus_seconds(3600)), ..rotated() };
    assert_eq!(judge(&refresh(), &long_used, &other_client()), no_refresh());
}

#[test]
fn req_069_a_superseded_token_after_the_grace_ends_the_family() {
    let client = with_grace(30);
    assert_eq!(judge_at(later(30), &refresh(), &rotated(), &client), RefreshDecision::Replayed);
    assert_eq!(
        judge_at(later(86_400 * 365), &refresh(), &rotated(), &client),
        RefreshDecision::Replayed,
        "also after its end"
    );
    let suspended =
        RefreshFacts { standing: Standing { organization: Status::Suspended, ..token().standing }, ..rotated() };
    assert_eq!(judge_at(later(30), &refresh(), &suspended, &client), RefreshDecision::Replayed);
}

#[test]
fn req_070_the_grace_repeats_the_answer_of_the_immediately_preceding_token_only() {
    let client = with_grace(30);
    assert_eq!(judge_at(just_before(later(30)), &refresh(), &rotated(), &client), RefreshDecision::Repeat);
    let successor = |used, revoked, sealed| RefreshFacts {
        successor: Some(Successor { used, revoked, sealed, scopes: scopes("read posts:write") }),
        ..rotated()
    };
    assert_eq!(judge(&refresh(), &successor(true, false, true), &client), RefreshDecision::Replayed, "two steps back");
    assert_eq!(judge(&refresh(), &successor(false, true, true), &client), no_refresh(), "the pair ended");
    assert_eq!(judge(&refresh(), &successor(false, false, false), &client), no_refresh(), "the answer was erased");
    let revoked = RefreshFacts { revoked_at: Some(NOW), ..rotated() };
    assert_eq!(judge(&refresh(), &revoked, &client), no_refresh(), "never a revoked one");
    let orphan = RefreshFacts { successor: None, ..rotated() };
    assert_eq!(judge(&refresh(), &orphan, &client), RefreshDecision::Replayed);
}

#[test]
fn req_070_a_grace_of_0_is_over_in_the_same_millisecond() {
    assert_eq!(judge(&refresh(), &rotated(), &with_grace(0)), RefreshDecision::Replayed);
    assert_eq!(judge(&refresh(), &rotated(), &with_grace(1)), RefreshDecision::Repeat);
}

#[test]
fn req_070_within_the_grace_another_question_gets_no_answer_and_ends_nothing() {
    for other in [
        narrowed("read"),
        narrowed("read posts:write admin"),
        RefreshRequest { resource: Some(OTHER_AUDIENCE.to_owned()), ..refresh() },
    ] {
        assert_eq!(judge(&other, &rotated(), &client()), no_refresh(), "{other:?}");
    }
    assert_eq!(
        judge(&narrowed("posts:write read"), &rotated(), &client()),
        RefreshDecision::Repeat,
        "the same, spelled out"
    );
    let narrow = RefreshFacts {
        successor: Some(Successor { used: false, revoked: false, sealed: true, scopes: scopes("read") }),
        ..rotated()
    };
    assert_eq!(judge(&narrowed("read"), &narrow, &client()), RefreshDecision::Repeat);
    assert_eq!(judge(&refresh(), &narrow, &client()), no_refresh());
}

#[test]
fn req_070_within_the_grace_the_whole_pipeline_must_pass_again() {
    let ended = Standing { install: InstallStatus::Revoked, ..token().standing };
    assert_eq!(judge(&refresh(), &RefreshFacts { standing: ended, ..rotated() }, &client()), no_refresh());
}

#[test]
fn req_071_scope_narrows_and_never_widens_and_the_grant_stays_whole() {
    let RefreshDecision::Issue(issue) = judge(&narrowed("read"), &token(), &client()) else { panic!("not issued") };
    assert_eq!((issue.scopes, issue.effective), (scopes("read"), scopes("read")));
    // The facts of the next token keep the whole grant, so the next refresh has it again.
    let RefreshDecision::Issue(next) = judge(&refresh(), &token(), &client()) else { panic!("not issued") };
    assert_eq!(next.scopes, scopes("read posts:write"));
    for wider in ["read admin", "admin", "bogus"] {
        let RefreshDecision::Deny(error) = judge(&narrowed(wider), &token(), &client()) else { panic!("not denied") };
        assert_eq!(error.code, ErrorCode::InvalidScope, "{wider}");
    }
}

#[test]
fn req_071_the_audience_does_not_change() {
    let request = |resource: &str| RefreshRequest { resource: Some(resource.to_owned()), ..refresh() };
    assert!(matches!(judge(&request(AUDIENCE), &token(), &client()), RefreshDecision::Issue(_)));
    let RefreshDecision::Deny(error) = judge(&request(OTHER_AUDIENCE), &token(), &client()) else {
        panic!("not denied")
    };
    assert_eq!(error.code, ErrorCode::InvalidTarget);
}

#[test]
fn req_072_idle_and_absolute_end_are_both_enforced() {
    let idle = RefreshFacts { expires_at: Some(later(10)), ..token() };
    assert!(matches!(judge_at(just_before(later(10)), &refresh(), &idle, &client()), RefreshDecision::Issue(_)));
    assert_eq!(judge_at(later(10), &refresh(), &idle, &client()), no_refresh());
    let policy = TokenPolicy { refresh_absolute_seconds: Some(7200), ..TokenPolicy::standard() };
    let absolute = Client { policy, ..client() };
    let RefreshDecision::Issue(issue) = judge_at(just_before(later(3600)), &refresh(), &token(), &absolute) else {
        panic!("not issued")
    };
    assert_eq!(issue.refresh_expires_at, Some(later(3600)), "no refresh token outlives its family");
    assert_eq!(judge_at(later(3600), &refresh(), &token(), &absolute), no_refresh());
    let endless = RefreshFacts { expires_at: None, ..token() };
    assert!(matches!(judge_at(later(86_400 * 3650), &refresh(), &endless, &client()), RefreshDecision::Issue(_)));
}

#[test]
fn req_073_a_refresh_token_ends_with_what_it_rests_on() {
    let acting = |status, role| standing(Acting::Myself { status, role });
    for (what, ended) in [
        ("revoked", RefreshFacts { revoked_at: Some(NOW), ..token() }),
        (
            "install revoked",
            RefreshFacts { standing: Standing { install: InstallStatus::Revoked, ..token().standing }, ..token() },
        ),
        ("person suspended", RefreshFacts { standing: acting(Status::Suspended, Some(Role::Owner)), ..token() }),
        ("person left", RefreshFacts { standing: acting(Status::Active, None), ..token() }),
        (
            "role lost all of it",
            RefreshFacts {
                scopes: scopes("posts:write"),
                standing: acting(Status::Active, Some(Role::Member)),
                ..token()
            },
        ),
    ] {
        assert_eq!(judge(&refresh(), &ended, &client()), no_refresh(), "{what}");
    }
    let disabled = Client { status: AppStatus::Suspended, ..client() };
    assert_eq!(judge(&refresh(), &token(), &disabled), no_refresh());
    let removed = Client { required_scopes: scopes("posts:read"), optional_scopes: scopes(""), ..client() };
    assert_eq!(judge(&refresh(), &token(), &removed), no_refresh());
}

#[test]
fn a_persistent_refresh_token_issues_each_time() {
    let policy = TokenPolicy {
        refresh: Refresh::Persistent,
        refresh_idle_seconds: None,
        live_tokens: LiveTokens::One,
        ..TokenPolicy::standard()
    };
    let RefreshDecision::Issue(issue) = judge(&refresh(), &token(), &Client { policy, ..client() }) else {
        panic!("not issued")
    };
    assert_eq!((issue.refresh, issue.refresh_expires_at), (true, None));
}

// The response.

#[test]
fn req_063_the_response_has_integers_that_agree() {
    let CodeDecision::Issue(issue) = judge_code(&redeem(), &code(), &client()) else { panic!("not issued") };
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
    let CodeDecision::Issue(issue) = judge_code(&redeem(), &code(), &client()) else { panic!("not issued") };
    let response =
        TokenResponse::new(&issue, &TokenPolicy::standard(), "hush-a".to_owned(), Some("hush-r".to_owned()), NOW);
    let request = CodeRequest { code: "hush-c".into(), code_verifier: Some("hush-v".into()), ..redeem() };
    let refresh = RefreshRequest { refresh_token: "hush-r".into(), ..refresh() };
    assert!(!format!("{response:?}{request:?}{refresh:?}").contains("hush"));
}
