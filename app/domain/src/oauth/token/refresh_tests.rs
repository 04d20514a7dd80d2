use super::*;
use crate::client::{ActorModes, AppStatus, InstallStatus};
use crate::oauth::error::ErrorCode;
use crate::oauth::fixture::{AUDIENCE, OTHER_AUDIENCE, client, other_client, scopes, server, standing};
use crate::oauth::standing::Acting;
use crate::organization::Status;
use crate::role::Role;
use crate::token_policy::LiveTokens;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn later(seconds: i64) -> Timestamp {
    NOW.plus_seconds(seconds)
}

fn just_before(moment: Timestamp) -> Timestamp {
    Timestamp(moment.0 - 1)
}

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
        successor: Some(Successor { used: false, over: false, sealed: true, scopes: scopes("read posts:write") }),
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
    request.evaluate(token, client, &server(), now)
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
    let successor = |used, over, sealed| RefreshFacts {
        successor: Some(Successor { used, over, sealed, scopes: scopes("read posts:write") }),
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
        successor: Some(Successor { used: false, over: false, sealed: true, scopes: scopes("read") }),
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

#[test]
fn req_125_nothing_is_refreshed_for_an_audience_that_is_known_no_more_or_in_a_mode_that_the_app_gave_up() {
    let elsewhere = RefreshFacts { audience: "https://gone.example/".to_owned(), ..token() };
    assert_eq!(judge(&refresh(), &elsewhere, &client()), no_refresh());
    let person = Acting::Myself { status: Status::Active, role: Some(Role::Admin) };
    for (modes, acting, refreshed) in [
        (ActorModes::App, person, false),
        (ActorModes::App, Acting::App, true),
        (ActorModes::Myself, person, true),
        (ActorModes::Myself, Acting::App, false),
        (ActorModes::Both, person, true),
    ] {
        let client = Client { actor_modes: modes, ..client() };
        let outcome = judge(&refresh(), &RefreshFacts { standing: standing(acting), ..token() }, &client);
        assert_eq!(matches!(outcome, RefreshDecision::Issue(_)), refreshed, "{modes:?} {acting:?}");
    }
}
