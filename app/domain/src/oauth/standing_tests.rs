use super::*;
use crate::client::AppStatus;
use crate::oauth::fixture::{client, scopes, standing};

fn app() -> Standing {
    standing(Acting::App)
}

fn myself(role: Option<Role>) -> Standing {
    standing(Acting::Myself { status: Status::Active, role })
}

fn effective(standing: &Standing, client: &Client) -> Option<ScopeSet> {
    standing.effective(&scopes("read posts:write admin"), client, &Catalogue::shipped())
}

#[test]
fn req_075_self_is_limited_by_the_present_role_and_app_is_not() {
    assert_eq!(effective(&app(), &client()), Some(scopes("read posts:write admin")));
    for (role, expected) in [
        (Role::Owner, "read posts:write admin"),
        (Role::Admin, "read posts:write admin"),
        (Role::Developer, "read posts:write"),
        (Role::Member, "read"),
    ] {
        assert_eq!(effective(&myself(Some(role)), &client()), Some(scopes(expected)), "{role}");
    }
}

#[test]
fn req_120_a_scope_that_the_app_gave_up_shrinks_at_once() {
    let smaller = Client { optional_scopes: scopes("admin"), ..client() };
    assert_eq!(effective(&app(), &smaller), Some(scopes("read admin")));
    let larger = Client { optional_scopes: scopes("posts:write admin delete"), ..client() };
    assert_eq!(effective(&app(), &larger), Some(scopes("read posts:write admin")), "what was not granted stays out");
}

#[test]
fn req_073_a_person_who_left_or_is_suspended_makes_self_inactive() {
    assert_eq!(effective(&myself(None), &client()), None);
    let acting = Acting::Myself { status: Status::Suspended, role: Some(Role::Owner) };
    assert_eq!(effective(&Standing { acting, ..app() }, &client()), None);
}

#[test]
fn req_125_nothing_goes_beyond_the_snapshot_of_the_install() {
    for (snapshot, expected) in
        [("read posts:write admin delete", "read posts:write admin"), ("read", "read"), ("", "")]
    {
        let standing = Standing { snapshot: scopes(snapshot), ..app() };
        assert_eq!(effective(&standing, &client()), Some(scopes(expected)), "{snapshot}");
    }
}

#[test]
fn req_019_req_073_nothing_stands_without_its_app_install_and_organization() {
    for standing in [
        Standing { install: InstallStatus::Revoked, ..app() },
        Standing { install: InstallStatus::Suspended, ..app() },
        Standing { organization: Status::Suspended, ..app() },
    ] {
        assert_eq!(effective(&standing, &client()), None, "{standing:?}");
    }
    for client in [
        Client { status: AppStatus::Suspended, ..client() },
        Client { status: AppStatus::Deleted, ..client() },
        Client { owner_active: false, ..client() },
    ] {
        assert_eq!(effective(&app(), &client), None);
    }
}
