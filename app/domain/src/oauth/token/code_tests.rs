use super::*;
use crate::client::{AppStatus, InstallStatus};
use crate::oauth::error::ErrorCode;
use crate::oauth::fixture::{
    AUDIENCE, CHALLENGE, OTHER_AUDIENCE, R1, VERIFIER, client, other_client, public_client, redirect_uris, scopes,
    server, standing,
};
use crate::oauth::standing::Acting;
use crate::role::Permission;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn later(seconds: i64) -> Timestamp {
    NOW.plus_seconds(seconds)
}

fn just_before(moment: Timestamp) -> Timestamp {
    Timestamp(moment.0 - 1)
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
    request.evaluate(code, client, &server(), NOW)
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
        permissions: vec![Permission::Read, Permission::Write],
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
fn req_041_where_all_that_came_of_a_code_has_ended_a_replay_ends_nothing_more() {
    let over = CodeFacts { used_at: Some(NOW), revoked_at: Some(NOW), ..code() };
    for client in [client(), public_client(), other_client()] {
        assert_eq!(judge_code(&redeem(), &over, &client), denied());
    }
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
    let at = |now| redeem().evaluate(&code(), &client(), &server(), now);
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

#[test]
fn req_125_no_code_is_redeemed_for_an_audience_that_is_known_no_more() {
    let elsewhere = CodeFacts { audience: "https://gone.example/".to_owned(), ..code() };
    assert_eq!(judge_code(&redeem(), &elsewhere, &client()), CodeDecision::Deny(invalid_grant()));
}
