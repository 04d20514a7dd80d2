use super::*;
use crate::oauth::fixture::{client, organization, scopes};

const OWNER: u128 = 100;
const TARGET: u128 = 200;

fn target(role: Role, policy: InstallPolicy) -> Target {
    Target {
        organization: organization(TARGET),
        policy,
        live: true,
        blocked: false,
        on_allowlist: false,
        suspended: false,
        role,
        admin_installs: Vec::new(),
        test: false,
    }
}

fn judge(target: &Target, actor: ActorMode, asked: &str, optional: &str) -> Result<Grantable, NotPermitted> {
    let wish = Wish { actor, scopes: &scopes(asked), optional: &scopes(optional) };
    let mut catalogue = Catalogue::shipped();
    // The OpenID scopes come with the next step; the rule knows them already.
    for token in ["openid", "plan"] {
        let mut scope = catalogue.0[0].clone();
        scope.token = token.parse().expect("a token");
        scope.permission = None;
        catalogue.0.push(scope);
    }
    who_may_install(&client(), target, &wish, &catalogue)
}

fn refused(target: &Target, actor: ActorMode, asked: &str) -> Option<NotPermitted> {
    judge(target, actor, asked, "").err()
}

#[test]
fn req_116_only_owners_and_admins_install_an_app_that_acts_as_itself() {
    for policy in [InstallPolicy::Admins, InstallPolicy::Open] {
        for (role, expected) in [
            (Role::Owner, None),
            (Role::Admin, None),
            (Role::Developer, Some(NotPermitted::AdminsInstall)),
            (Role::Member, Some(NotPermitted::AdminsInstall)),
        ] {
            assert_eq!(refused(&target(role, policy), ActorMode::App, "read"), expected, "{role} {policy}");
        }
    }
}

#[test]
fn a_member_installs_for_himself_when_the_policy_is_open_or_an_admin_went_first() {
    let closed = target(Role::Member, InstallPolicy::Admins);
    assert_eq!(refused(&closed, ActorMode::Myself, "read"), Some(NotPermitted::AdminsFirst));
    assert_eq!(refused(&target(Role::Member, InstallPolicy::Open), ActorMode::Myself, "read"), None);
    assert_eq!(refused(&target(Role::Admin, InstallPolicy::Admins), ActorMode::Myself, "read"), None);
    let after = |installs: &[&str]| Target {
        admin_installs: installs.iter().map(|text| scopes(text)).collect(),
        ..closed.clone()
    };
    assert_eq!(refused(&after(&["read posts:read"]), ActorMode::Myself, "read"), None);
    assert_eq!(refused(&after(&["posts:read"]), ActorMode::Myself, "read"), Some(NotPermitted::AdminsFirst));
    let apart = after(&["read", "posts:read"]);
    assert_eq!(
        refused(&apart, ActorMode::Myself, "read posts:read"),
        Some(NotPermitted::AdminsFirst),
        "one install has all"
    );
    assert_eq!(refused(&after(&["read"]), ActorMode::App, "read"), Some(NotPermitted::AdminsInstall));
}

#[test]
fn a_suspended_install_stands_in_everybodys_way() {
    for role in Role::ALL.iter().copied() {
        let suspended = Target { suspended: true, ..target(role, InstallPolicy::Open) };
        for actor in [ActorMode::App, ActorMode::Myself] {
            assert_eq!(refused(&suspended, actor, "read"), Some(NotPermitted::InstallSuspended), "{role} {actor}");
        }
        let blocked = Target { blocked: true, ..suspended };
        assert_eq!(refused(&blocked, ActorMode::App, "read"), Some(NotPermitted::Blocked), "the block weighs more");
    }
}

#[test]
fn a_draft_is_refused_first_wherever_it_is_not_live() {
    for role in [Role::Owner, Role::Member] {
        let elsewhere = Target { live: false, blocked: true, ..target(role, InstallPolicy::Open) };
        for actor in [ActorMode::App, ActorMode::Myself] {
            assert_eq!(refused(&elsewhere, actor, "openid"), Some(NotPermitted::NotLive), "{role} {actor}");
        }
    }
}

#[test]
fn scopes_about_the_person_need_no_admin() {
    let closed = target(Role::Member, InstallPolicy::Admins);
    assert_eq!(refused(&closed, ActorMode::Myself, "openid plan"), None);
    assert_eq!(refused(&closed, ActorMode::Myself, "openid read"), Some(NotPermitted::AdminsFirst));
    assert_eq!(refused(&closed, ActorMode::App, "openid"), Some(NotPermitted::AdminsInstall));
}

#[test]
fn a_block_and_a_policy_that_does_not_cover_the_app_refuse_everybody() {
    let target = |policy| target(Role::Owner, policy);
    for actor in [ActorMode::App, ActorMode::Myself] {
        for asked in ["read", "openid"] {
            let refused = |target: &Target| refused(target, actor, asked);
            let blocked = Target { blocked: true, on_allowlist: true, ..target(InstallPolicy::Open) };
            assert_eq!(refused(&blocked), Some(NotPermitted::Blocked));
            assert_eq!(refused(&target(InstallPolicy::Allowlist)), Some(NotPermitted::NotOnAllowlist));
            assert_eq!(refused(&Target { on_allowlist: true, ..target(InstallPolicy::Allowlist) }), None);
            let own_only = Target { on_allowlist: true, ..target(InstallPolicy::OwnAppsOnly) };
            assert_eq!(refused(&own_only), Some(NotPermitted::OwnAppsOnly));
        }
    }
}

#[test]
fn own_apps_are_exempt_from_the_policy_but_not_from_a_block() {
    for policy in [InstallPolicy::Allowlist, InstallPolicy::OwnAppsOnly, InstallPolicy::Admins] {
        let own = Target { organization: organization(OWNER), ..target(Role::Admin, policy) };
        assert_eq!(refused(&own, ActorMode::App, "read"), None, "{policy}");
        let blocked = Target { blocked: true, ..own };
        assert_eq!(refused(&blocked, ActorMode::App, "read"), Some(NotPermitted::Blocked), "{policy}");
    }
}

#[test]
fn nobody_grants_what_his_role_does_not_have() {
    let open = |role| target(role, InstallPolicy::Open);
    for (role, asked, expected) in [
        (Role::Member, "read posts:read", None),
        (Role::Member, "read write", Some(NotPermitted::BeyondRole)),
        (Role::Developer, "read write", None),
        (Role::Developer, "delete", Some(NotPermitted::BeyondRole)),
        (Role::Developer, "webhooks:manage", Some(NotPermitted::BeyondRole)),
        (Role::Admin, "read write delete admin webhooks:manage", None),
        (Role::Owner, "not-in-the-catalogue", Some(NotPermitted::BeyondRole)),
    ] {
        assert_eq!(refused(&open(role), ActorMode::Myself, asked), expected, "{role} {asked}");
    }
}

#[test]
fn an_optional_scope_beyond_the_role_is_left_out_and_told() {
    let open = target(Role::Member, InstallPolicy::Open);
    let grantable = judge(&open, ActorMode::Myself, "read posts:read posts:write", "posts:read posts:write admin");
    let expected =
        Grantable { required: scopes("read"), optional: scopes("posts:read"), left_out: scopes("posts:write") };
    assert_eq!(grantable, Ok(expected));
    let nothing_left = judge(&open, ActorMode::Myself, "admin", "admin");
    assert_eq!(nothing_left, Err(NotPermitted::BeyondRole));
}

#[test]
fn req_028_only_what_was_on_offer_can_be_ticked() {
    let grantable = Grantable { required: scopes("read"), optional: scopes("posts:read"), left_out: scopes("admin") };
    assert_eq!(grantable.granted(&scopes("")), scopes("read"));
    assert_eq!(grantable.granted(&scopes("posts:read admin write")), scopes("read posts:read"));
}

#[test]
fn req_123_a_developer_test_installs_into_the_owner_organization_only() {
    let test =
        |role, number| Target { test: true, organization: organization(number), ..target(role, InstallPolicy::Admins) };
    for actor in [ActorMode::App, ActorMode::Myself] {
        assert_eq!(refused(&test(Role::Developer, OWNER), actor, "read"), None);
        assert_eq!(refused(&test(Role::Developer, OWNER), actor, "admin"), Some(NotPermitted::BeyondRole));
        assert!(refused(&test(Role::Developer, TARGET), actor, "read").is_some());
        assert!(refused(&test(Role::Member, OWNER), actor, "read").is_some());
        assert_eq!(refused(&test(Role::Admin, TARGET), actor, "read"), None);
        assert!(refused(&Target { test: false, ..test(Role::Developer, OWNER) }, actor, "read").is_some());
    }
}
