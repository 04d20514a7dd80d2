//! Pending grants: bounds, binding to one browser and one person, and what a decision may change (PROTOCOL sections C and J).

use domain::audit::{Action, Outcome};
use domain::client::AppStatus;
use domain::oauth::gate::Visitor;
use domain::organization::{InstallPolicy, Status};
use domain::portal::{ConsentStep, NotPermitted};
use domain::role::Role;
use domain::store::arrival::Arrival;
use domain::store::consent_decision::{DecideError, Decision};
use domain::store::grants::{CreateGrantError, MAX_PER_ADDRESS, MAX_STRANGERS};
use domain::store::{By, StoreError};

use crate::flow::{Waiting, World};
use crate::harness::{by, count, insert, log, on_each_database, organization, person};

#[tokio::test]
async fn the_21st_request_of_an_address_displaces_its_oldest() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let other = world.wait_at("", "198.51.100.1").await.expect("room");
        let opened = world.wait("").await;
        store.consent_view(opened.id, &world.cookie(&opened), world.admin, false).await.expect("his now");
        let mut mine = Vec::new();
        for _ in 0..=MAX_PER_ADDRESS {
            mine.push(world.wait("").await);
        }
        let view = async |waiting| store.consent_view(waiting, &world.cookie(&mine[0]), world.admin, false).await;
        assert!(matches!(view(mine[0].id).await, Err(StoreError::NotFound)), "the oldest is gone");
        for kept in [&mine[1], &mine[20], &other, &opened] {
            store.consent_view(kept.id, &world.cookie(kept), world.admin, false).await.expect("still there");
        }
    })
    .await;
}

#[tokio::test]
async fn who_is_signed_in_and_signs_in_again_is_not_displaced_by_others_at_his_address() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let visitor = Some(Visitor { user: world.admin, authenticated_at: store.now() });
        let mut mine = Vec::new();
        for more in ["&prompt=login", "&prompt=select_account"] {
            let waiting = world.wait(more).await;
            let arrival = store.arrive(&by(world.admin), waiting.id, &world.cookie(&waiting), visitor, true).await;
            assert!(matches!(arrival, Ok(Arrival::SignIn { .. } | Arrival::SelectAccount(_))), "{more}");
            mine.push(waiting);
        }
        for _ in 0..=MAX_PER_ADDRESS {
            world.wait("").await;
        }
        for kept in &mine {
            store.consent_view(kept.id, &world.cookie(kept), world.admin, false).await.expect("still there");
        }
        // His own are bounded as well.
        let first = world.wait("&prompt=login").await;
        let arrives = async |waiting: &Waiting| {
            let arrival = store.arrive(&by(world.admin), waiting.id, &world.cookie(waiting), visitor, true).await;
            assert!(matches!(arrival, Ok(Arrival::SignIn { .. })));
        };
        arrives(&first).await;
        for _ in 0..MAX_PER_ADDRESS {
            arrives(&world.wait("&prompt=login").await).await;
        }
        let view = store.consent_view(first.id, &world.cookie(&first), world.admin, false).await;
        assert!(matches!(view, Err(StoreError::NotFound)), "the oldest is gone");
    })
    .await;
}

#[tokio::test]
async fn strangers_have_10_000_requests_and_then_are_told_to_come_back() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let first = world.wait("").await;
        let template = store.writer();
        let row: Vec<domain::entity::grant::Model> =
            <domain::entity::grant::Entity as sea_orm::EntityTrait>::find().all(template).await.expect("one row");
        let row = row.into_iter().next().expect("one row");
        for part in 0..(MAX_STRANGERS / 500) {
            let rows = (0..500).filter(|number| part > 0 || *number > 0).map(|number| {
                let address = format!("2001:db8:{part:x}:{number:x}::/64");
                let id = domain::id::GrantId(store.new_id());
                let row = domain::entity::grant::Model { id, counted_for: address, ..row.clone() };
                sea_orm::IntoActiveModel::into_active_model(row)
            });
            let many = <domain::entity::grant::Entity as sea_orm::EntityTrait>::insert_many(rows);
            many.exec_without_returning(store.writer()).await.expect("written");
        }
        let full = world.wait_at("", "198.51.100.9").await;
        assert!(matches!(full, Err(CreateGrantError::Full)));
        store.consent_view(first.id, &world.cookie(&first), world.admin, false).await.expect("the others still wait");
        world.wait_at("", "198.51.100.9").await.expect("one place is free: its person signed in");
        clock.advance(600);
        store.sweep(store.now()).await.expect("swept");
        assert_eq!(count(&store, "grants", "1 = 1").await, 0);
    })
    .await;
}

#[tokio::test]
async fn req_109_a_request_belongs_to_one_browser_and_to_the_person_who_opened_it_first() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let (waiting, other) = (world.wait("").await, world.wait("").await);
        let foreign = store.consent_view(waiting.id, &world.cookie(&other), world.admin, false).await;
        assert!(matches!(foreign, Err(StoreError::NotFound)), "another browser's cookie");
        store.consent_view(waiting.id, &world.cookie(&waiting), world.admin, false).await.expect("his");
        let second = world.member("second", Role::Admin).await;
        let view = store.consent_view(waiting.id, &world.cookie(&waiting), second, false).await;
        assert!(matches!(view, Err(StoreError::NotFound)), "another person");
        let decided = world.decide(&waiting, second, world.target, "").await;
        assert!(matches!(decided, Err(DecideError::NotFound)));
        clock.advance(600);
        let late = world.decide(&waiting, world.admin, world.target, "").await;
        assert!(matches!(late, Err(DecideError::NotFound)), "it lives ten minutes");
    })
    .await;
}

#[tokio::test]
async fn req_117_the_organization_is_the_one_that_was_chosen() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let second = organization(&store, world.admin, "Second").await;
        let waiting = world.wait("").await;
        let cookie = || world.cookie(&waiting);
        let view = store.consent_view(waiting.id, &cookie(), world.admin, false).await.expect("his");
        let ConsentStep::Pick { choices } = view.step else { panic!("two organizations: an explicit picker") };
        assert_eq!(choices.len(), 2);
        let unchosen = world.decide(&waiting, world.admin, world.target, "").await;
        assert!(matches!(unchosen, Err(DecideError::OtherOrganization)), "none was chosen yet");
        store.choose_organization(waiting.id, &cookie(), world.admin, second).await.expect("his");
        let foreign = store.choose_organization(waiting.id, &cookie(), world.admin, world.partner).await;
        assert!(matches!(foreign, Err(StoreError::NotFound)), "not a member there");
        let tampered = world.decide(&waiting, world.admin, world.target, "").await;
        assert!(matches!(tampered, Err(DecideError::OtherOrganization)));
        let view = store.consent_view(waiting.id, &cookie(), world.admin, true).await.expect("his");
        assert!(matches!(view.step, ConsentStep::Pick { .. }), "he may change his mind");
        let code = world.decide(&waiting, world.admin, second, "").await.expect("the chosen one");
        let answer = world.exchange(&code).await.expect("fresh");
        let bearer = store.bearer(&answer.access_token).await.expect("answers").expect("live");
        assert_eq!(bearer.organization.id, second);
    })
    .await;
}

#[tokio::test]
async fn a_hint_preselects_only_an_organization_of_the_person() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let second = organization(&store, world.admin, "Second").await;
        let step = async |hint: String| {
            let waiting = world.wait(&hint).await;
            store.consent_view(waiting.id, &world.cookie(&waiting), world.admin, false).await.expect("his").step
        };
        match step(format!("&organization={second}")).await {
            ConsentStep::Decide { organization, others, .. } => assert!(organization.id == second && others),
            other => panic!("the page says which, and he confirms: {other:?}"),
        }
        let foreign = step(format!("&store={}", world.partner)).await;
        assert!(matches!(foreign, ConsentStep::Pick { .. }), "{foreign:?}");
    })
    .await;
}

#[tokio::test]
async fn req_116_what_admins_of_the_present_consented_to_opens_an_app_to_members_whoever_installed_it() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let simple = world.member("simple", Role::Member).await;
        let may = async |more: &str| {
            let waiting = world.wait(&format!("&actor=self{more}")).await;
            let view = store.consent_view(waiting.id, &world.cookie(&waiting), simple, false).await.expect("his");
            matches!(view.step, ConsentStep::Decide { .. })
        };
        world.tokens("&scope=read").await;
        assert!(may("&scope=read").await && !may("&scope=read%20write").await);
        let set = async |user, role| {
            store.set_member(&By::operator(), world.target, user, role).await.expect("changed");
        };
        let next = world.member("next", Role::Owner).await;
        set(world.admin, Some(Role::Member)).await;
        assert!(!may("&scope=read").await, "nobody who rules there allowed it");
        let waiting = world.wait("&scope=read").await;
        world.decide(&waiting, next, world.target, "").await.expect("he may");
        assert!(may("&scope=read").await, "he allowed it, though another one installed it");
        assert_eq!(count(&store, "installs", "status = 'active'").await, 1);
        set(next, Some(Role::Developer)).await;
        assert!(!may("&scope=read").await);
        set(world.admin, Some(Role::Admin)).await;
        assert!(may("&scope=read").await);
    })
    .await;
}

#[tokio::test]
async fn req_116_who_may_not_install_is_told_so_and_the_client_gets_access_denied() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let simple = world.member("simple", Role::Member).await;
        for (more, reason) in [("", NotPermitted::AdminsInstall), ("&actor=self", NotPermitted::AdminsFirst)] {
            let waiting = world.wait(more).await;
            let view = store.consent_view(waiting.id, &world.cookie(&waiting), simple, false).await.expect("his");
            match view.step {
                ConsentStep::NotPermitted { reason: told, ask, .. } => {
                    assert_eq!(told, reason);
                    assert_eq!(ask, ["admin <admin@example.com>"]);
                }
                other => panic!("{other:?}"),
            }
            let refused = world.decide(&waiting, simple, world.target, "").await;
            assert!(matches!(refused, Err(DecideError::NotPermitted(told)) if told == reason));
            let event = &log(&store, world.target).await[0];
            assert_eq!((event.action, event.outcome), (Action::ConsentDenied, Outcome::Refused));
            let cookie = world.cookie(&waiting);
            let answer = store
                .decide(&by(simple), waiting.id, &cookie, world.visitor(simple), Decision::Deny)
                .await
                .expect("back");
            assert!(answer.pairs().contains(&("error", "access_denied")) && answer.pairs().contains(&("state", "s")));
            let again = store.decide(&by(simple), waiting.id, &cookie, world.visitor(simple), Decision::Deny).await;
            assert!(matches!(again, Err(DecideError::NotFound)), "decided once");
        }
        assert_eq!(count(&store, "installs", "1 = 1").await, 0);
    })
    .await;
}

#[tokio::test]
async fn req_116_a_role_that_is_lost_between_the_pages_refuses() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let second = world.member("second", Role::Admin).await;
        let waiting = world.wait("").await;
        store.consent_view(waiting.id, &world.cookie(&waiting), second, false).await.expect("his");
        store.set_member(&By::operator(), world.target, second, Some(Role::Member)).await.expect("dropped");
        let refused = world.decide(&waiting, second, world.target, "").await;
        assert!(matches!(refused, Err(DecideError::NotPermitted(NotPermitted::AdminsInstall))));
        store.set_member(&By::operator(), world.target, second, None).await.expect("left");
        assert!(matches!(world.decide(&waiting, second, world.target, "").await, Err(DecideError::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn a_policy_refuses_admins_too_and_self_follows_an_admin() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        for (policy, reason) in [
            (InstallPolicy::OwnAppsOnly, NotPermitted::OwnAppsOnly),
            (InstallPolicy::Allowlist, NotPermitted::NotOnAllowlist),
        ] {
            store.set_install_policy(&By::operator(), world.target, policy).await.expect("set");
            let refused = world.allow(&world.wait("").await, world.admin, world.target).await;
            assert!(matches!(refused, Err(DecideError::NotPermitted(told)) if told == reason), "{policy}");
        }
        let on_list = domain::entity::allowed_app::Model {
            organization_id: world.target,
            app_id: world.client.app,
            created_at: store.now(),
        };
        insert(&store, on_list).await;
        world.allow(&world.wait("").await, world.admin, world.target).await.expect("on the list");
        store.set_install_policy(&By::operator(), world.target, InstallPolicy::Admins).await.expect("set");
        let simple = world.member("simple", Role::Member).await;
        let after_an_admin = world.wait("&actor=self&scope=read").await;
        world.allow(&after_an_admin, simple, world.target).await.expect("an admin went first");
    })
    .await;
}

#[tokio::test]
async fn nobody_grants_what_his_role_does_not_have() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        store.set_install_policy(&By::operator(), world.target, InstallPolicy::Open).await.expect("set");
        let simple = world.member("simple", Role::Member).await;
        let waiting = world.wait("&actor=self&scope=read+write+delete").await;
        let view = store.consent_view(waiting.id, &world.cookie(&waiting), simple, false).await.expect("his");
        let ConsentStep::Decide { scopes, left_out, .. } = view.step else { panic!("the policy is open") };
        let words = |lines: &[domain::portal::AppScope]| {
            lines.iter().map(|line| line.scope.token.to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!((words(&scopes).as_str(), words(&left_out).as_str()), ("read", "write delete"));
        let code = world.decide(&waiting, simple, world.target, "write delete admin").await.expect("may");
        let answer = world.exchange(&code).await.expect("fresh");
        assert_eq!(answer.scope.to_string(), "read", "ticking what was not offered grants nothing");
    })
    .await;
}

#[tokio::test]
async fn req_019_a_waiting_request_ends_with_its_app() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let waiting = world.wait("").await;
        store.suspend_app(&by(world.maker), world.partner, world.client.app).await.expect("suspended");
        let view = store.consent_view(waiting.id, &world.cookie(&waiting), world.admin, false).await;
        assert!(matches!(view, Err(StoreError::NotFound)));
        store.resume_app(&by(world.maker), world.partner, world.client.app).await.expect("resumed");
        store.set_organization_status(&By::operator(), world.partner, Status::Suspended).await.expect("suspended");
        assert!(matches!(world.decide(&waiting, world.admin, world.target, "").await, Err(DecideError::NotFound)));
        let client = store.client(&world.client.client_id).await.expect("answers").expect("there");
        assert!(client.status == AppStatus::Live && !client.owner_active && !client.enabled());
    })
    .await;
}

#[tokio::test]
async fn req_117_a_person_without_an_organization_is_offered_to_make_one() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let nobody = person(&store, "nobody").await;
        let waiting = world.wait("").await;
        let view = store.consent_view(waiting.id, &world.cookie(&waiting), nobody, false).await.expect("his");
        assert_eq!(view.step, ConsentStep::NoOrganization);
        let mine = organization(&store, nobody, "Mine").await;
        let view = store.consent_view(waiting.id, &world.cookie(&waiting), nobody, false).await.expect("his");
        assert!(matches!(view.step, ConsentStep::Decide { organization, .. } if organization.id == mine));
    })
    .await;
}

#[tokio::test]
async fn req_039_a_challenge_that_comes_again_is_flagged() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let send = async |more: &str| {
            let request = world.request(more).await;
            store.create_grant(request, "203.0.113.7".to_owned()).await.expect("there is room").challenge_again
        };
        assert!(!send("").await, "the first one is new");
        assert!(send("").await, "the same one again");
    })
    .await;
}

#[tokio::test]
async fn who_allows_nothing_of_what_can_be_left_out_makes_neither_install_nor_code() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let waiting = world.wait("&scope=write+delete").await;
        store.consent_view(waiting.id, &world.cookie(&waiting), world.admin, false).await.expect("his");
        for ticked in ["", "read", "admin"] {
            let decided = world.decide(&waiting, world.admin, world.target, ticked).await;
            assert!(matches!(decided, Err(DecideError::NothingGranted)), "{ticked}: {decided:?}");
        }
        for table in ["installs", "codes", "install_consents"] {
            assert_eq!(count(&store, table, "1 = 1").await, 0, "{table}");
        }
        let code = world.decide(&waiting, world.admin, world.target, "write").await.expect("it still waits");
        assert_eq!(world.exchange(&code).await.expect("a fresh code").scope.to_string(), "write");
    })
    .await;
}
