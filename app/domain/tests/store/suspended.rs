//! A suspended install: nothing of it works, it is in the way of a new one, and everybody is told so.

use domain::client::InstallStatus;
use domain::portal::{ConsentStep, NotPermitted};
use domain::role::Role;
use domain::store::Store;
use domain::store::consent_decision::{DecideError, Decision};
use domain::store::installs::InstallFilter;
use domain::store::portal_door::PortalDoorError;
use sea_orm::ConnectionTrait;

use crate::flow::World;
use crate::harness::{by, on_each_database, organization};

async fn suspend_all(store: &Store) {
    let sql = "UPDATE installs SET status = 'suspended'";
    store.writer().execute_unprepared(sql).await.expect("suspended");
}

#[tokio::test]
async fn a_suspended_install_refuses_a_new_consent_with_words_and_the_client_gets_access_denied() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        for more in ["", "&actor=self"] {
            world.tokens(more).await;
        }
        suspend_all(&store).await;
        organization(&store, world.admin, "Elsewhere").await;
        for more in ["", "&actor=self"] {
            let waiting = world.wait(more).await;
            let cookie = world.cookie(&waiting);
            let step = async || store.consent_view(waiting.id, &cookie, world.admin, false).await.expect("his").step;
            let ConsentStep::Pick { choices } = step().await else { panic!("he has two organizations") };
            for choice in choices {
                let expected = (choice.organization.id == world.target).then_some(NotPermitted::InstallSuspended);
                assert_eq!(choice.not_permitted, expected, "{}", choice.organization.name);
            }
            store.choose_organization(waiting.id, &cookie, world.admin, world.target).await.expect("his");
            let told = step().await;
            let suspended = matches!(told, ConsentStep::NotPermitted { reason: NotPermitted::InstallSuspended, .. });
            assert!(suspended, "{told:?}");
            let refused = world.decide(&waiting, world.admin, world.target, "").await;
            assert!(matches!(refused, Err(DecideError::NotPermitted(NotPermitted::InstallSuspended))), "{refused:?}");
            let back =
                store.decide(&by(world.admin), waiting.id, &cookie, world.visitor(world.admin), Decision::Deny).await;
            assert!(back.expect("the way back").pairs().contains(&("error", "access_denied")));
        }
    })
    .await;
}

#[tokio::test]
async fn a_suspended_install_is_in_the_way_of_its_own_key_only_and_until_it_is_revoked() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.tokens("&actor=self").await;
        suspend_all(&store).await;
        let second = world.member("second", Role::Admin).await;
        world.allow(&world.wait("&actor=self").await, second, world.target).await.expect("another person's");
        world.tokens("").await;
        let suspended = InstallFilter { status: Some(InstallStatus::Suspended), ..InstallFilter::default() };
        let install = store.installs_in(world.target, suspended).await.expect("answers").items[0].id;
        store.revoke_install(&by(world.admin), world.target, install, None, false).await.expect("his");
        world.tokens("&actor=self").await;
    })
    .await;
}

#[tokio::test]
async fn a_suspended_install_refuses_the_test_install_too() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app, user) = (by(world.maker), world.client.app, world.maker);
        store.authorize_in_portal(&me, world.partner, app, user, world.partner).await.expect("his app");
        suspend_all(&store).await;
        let refused = store.authorize_in_portal(&me, world.partner, app, user, world.partner).await;
        assert!(matches!(refused, Err(PortalDoorError::NotPermitted(NotPermitted::InstallSuspended))), "{refused:?}");
    })
    .await;
}
