use super::*;
use crate::client::{ActorModes, AppGrants, AppStatus, AuthMethod, InstallStatus};
use crate::oauth::fixture::{AUDIENCE, client, scopes, server, standing};
use crate::organization::Status;
use crate::role::{Permission, Role};
use crate::token_policy::TokenPolicy;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// C1 with the grant switched on, under `apiera`.
fn own() -> Client {
    Client { grants: AppGrants::ClientCredentials, policy: TokenPolicy::apiera(), ..client() }
}

fn installed() -> Standing {
    Standing { snapshot: scopes("read posts:write delete"), ..standing(Acting::App) }
}

fn asking(scope: Option<&str>) -> ClientCredentialsRequest {
    ClientCredentialsRequest {
        organization: Some("acme".to_owned()),
        scope: scope.map(scopes),
        audience: AUDIENCE.to_owned(),
    }
}

fn judge(scope: Option<&str>, standing: Option<&Standing>, client: &Client) -> Result<Issue, OAuthError> {
    asking(scope).evaluate(standing, client, &server(), NOW)
}

#[test]
fn req_061_without_a_scope_it_is_all_that_the_install_was_granted_and_the_app_may_ask_for() {
    let issue = judge(None, Some(&installed()), &own()).expect("issued");
    // The app never asked for `delete`, or gave it up.
    assert_eq!((issue.scopes, issue.effective), (scopes("read posts:write"), scopes("read posts:write")));
    assert_eq!(issue.permissions, [Permission::Read, Permission::Write]);
    assert_eq!((issue.audience.as_str(), issue.access_expires_at), (AUDIENCE, Some(NOW.plus_seconds(86_400))));
}

#[test]
fn req_061_no_refresh_token_whatever_the_policy_says() {
    for policy in TokenPolicy::shipped() {
        let issue = judge(None, Some(&installed()), &Client { policy, ..own() }).expect("issued");
        assert_eq!((issue.refresh, issue.refresh_expires_at), (false, None));
    }
}

#[test]
fn req_061_a_scope_narrows_and_one_beyond_the_install_or_the_app_is_refused() {
    assert_eq!(judge(Some("read"), Some(&installed()), &own()).expect("issued").effective, scopes("read"));
    for beyond in ["admin", "read admin", "delete", "read bogus"] {
        let error = judge(Some(beyond), Some(&installed()), &own()).expect_err("refused");
        assert_eq!(error.code, ErrorCode::InvalidScope, "{beyond}");
    }
    let nothing_left = Client { required_scopes: scopes("admin"), optional_scopes: scopes(""), ..own() };
    assert_eq!(judge(None, Some(&installed()), &nothing_left).expect_err("refused").code, ErrorCode::InvalidScope);
}

#[test]
fn req_061_an_organization_that_will_not_do_is_one_and_the_same_answer() {
    let person = Acting::Myself { status: Status::Active, role: Some(Role::Owner) };
    for (what, standing) in [
        ("missing, unknown or not installed", None),
        ("install revoked", Some(Standing { install: InstallStatus::Revoked, ..installed() })),
        ("install suspended", Some(Standing { install: InstallStatus::Suspended, ..installed() })),
        ("organization suspended", Some(Standing { organization: Status::Suspended, ..installed() })),
        ("an install of a person", Some(Standing { acting: person, ..installed() })),
    ] {
        // A scope that nobody could have changes nothing: the organization is judged first.
        for scope in [None, Some("admin")] {
            let error = judge(scope, standing.as_ref(), &own()).expect_err(what);
            assert_eq!(error, ClientCredentialsRequest::no_organization(), "{what}");
        }
    }
    assert_eq!(ClientCredentialsRequest::no_organization().code, ErrorCode::InvalidRequest);
}

#[test]
fn req_061_only_a_confidential_app_with_the_switch_that_may_act_as_itself() {
    for (what, client) in [
        ("switched off", Client { grants: AppGrants::AuthorizationCode, ..own() }),
        ("public", Client { auth_method: AuthMethod::None, ..own() }),
        ("acts as people only", Client { actor_modes: ActorModes::Myself, ..own() }),
    ] {
        for standing in [Some(installed()), None] {
            let error = judge(None, standing.as_ref(), &client).expect_err(what);
            assert_eq!(error.code, ErrorCode::UnauthorizedClient, "{what}");
        }
    }
}

#[test]
fn req_125_an_app_that_is_not_in_use_gets_nothing() {
    for client in [
        Client { status: AppStatus::Suspended, ..own() },
        Client { status: AppStatus::Deleted, ..own() },
        Client { owner_active: false, ..own() },
    ] {
        assert!(judge(None, Some(&installed()), &client).is_err(), "{:?}", client.status);
    }
}
