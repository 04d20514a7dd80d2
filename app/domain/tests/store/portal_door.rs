//! The test install: the portal's own door to a grant (requirement 123).

use domain::client::{ActorMode, InstallStatus};
use domain::organization::InstallPolicy;
use domain::portal::NotPermitted;
use domain::role::Role;
use domain::store::By;
use domain::store::installs::InstallFilter;
use domain::store::portal_door::PortalDoorError;

use crate::account_races::overtaken;
use crate::flow::{World, choice};
use crate::harness::{by, count, member, on_each_database, organization};

#[tokio::test]
async fn req_123_a_test_install_is_real_marked_and_its_token_is_shown_once() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app, user) = (by(world.maker), world.client.app, world.maker);
        let code = store.authorize_in_portal(&me, world.partner, app, user, world.partner).await.expect("his app");
        let (install, answer) =
            store.token_in_portal(&me, world.partner, app, user, code).await.expect("the same person");
        let bearer = store.bearer(&answer.access_token).await.expect("answers").expect("live");
        assert_eq!((bearer.install, bearer.organization.id), (install, world.partner));
        assert_eq!((bearer.actor, answer.expires_in), (ActorMode::App, Some(86_400)), "real lifetimes");
        let row = store.install(world.partner, install).await.expect("listed").row;
        assert!(row.test && row.status == InstallStatus::Active);
        world.refresh(&answer).await.expect("its refresh token works at the endpoint");
        let again = store.token_in_portal(&me, world.partner, app, user, code).await;
        assert!(matches!(again, Err(PortalDoorError::OAuth(_))), "a code is used once here, too");
        let real = world.tokens("").await;
        let real = store.bearer(&real.access_token).await.expect("answers").expect("live").install;
        assert!(!store.install(world.target, real).await.expect("listed").row.test);
    })
    .await;
}

#[tokio::test]
async fn req_123_it_goes_to_the_owner_organization_or_one_that_the_person_administers() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let app = world.client.app;
        let try_it = async |user, target| {
            store.authorize_in_portal(&by(user), world.partner, app, user, target).await.map(|_| ())
        };
        let own = organization(&store, world.maker, "Own").await;
        try_it(world.maker, own).await.expect("he administers it");
        assert!(matches!(try_it(world.maker, world.target).await, Err(PortalDoorError::NotFound)), "a stranger there");
        store.set_member(&By::operator(), world.target, world.maker, Some(Role::Developer)).await.expect("joined");
        let refused = try_it(world.maker, world.target).await;
        assert!(matches!(refused, Err(PortalDoorError::NotPermitted(NotPermitted::AdminsInstall))));
        let simple = member(&store, world.partner, "simple", Role::Member).await;
        assert!(matches!(try_it(simple, world.partner).await, Err(PortalDoorError::NotFound)), "manages no app");
        assert!(matches!(try_it(world.admin, world.target).await, Err(PortalDoorError::NotFound)), "another's app");
        assert_eq!(count(&store, "installs", "1 = 1").await, 1);
    })
    .await;
}

#[tokio::test]
async fn req_123_a_developer_installs_at_home_within_his_role() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let app = world.client.app;
        let developer = member(&store, world.partner, "developer", Role::Developer).await;
        let try_it =
            async || store.authorize_in_portal(&by(developer), world.partner, app, developer, world.partner).await;
        let code = try_it().await.expect("his organization's app");
        let (_, answer) = store
            .token_in_portal(&by(developer), world.partner, app, developer, code)
            .await
            .expect("a developer may until the exchange, too");
        assert_eq!(answer.scope.to_string(), "read write", "delete is optional and beyond his role");
        let scopes = vec![choice("read", true), choice("admin", true)];
        store.set_scopes(&by(world.maker), world.partner, app, scopes, None).await.expect("set");
        assert!(matches!(try_it().await, Err(PortalDoorError::NotPermitted(NotPermitted::BeyondRole))));
    })
    .await;
}

#[tokio::test]
async fn the_rules_of_the_organization_hold_for_a_test_install() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app, user) = (by(world.maker), world.client.app, world.maker);
        let own = organization(&store, user, "Own").await;
        store.set_install_policy(&By::operator(), own, InstallPolicy::OwnAppsOnly).await.expect("set");
        let refused = store.authorize_in_portal(&me, world.partner, app, user, own).await;
        assert!(matches!(refused, Err(PortalDoorError::NotPermitted(NotPermitted::OwnAppsOnly))));
        let code = store.authorize_in_portal(&me, world.partner, app, user, world.partner).await.expect("at home");
        store.token_in_portal(&me, world.partner, app, user, code).await.expect("fresh");
        let install = store.installs_in(world.partner, InstallFilter::default()).await.expect("answers").items[0].id;
        store.revoke_install(&me, world.partner, install, None, true).await.expect("blocked");
        let refused = store.authorize_in_portal(&me, world.partner, app, user, world.partner).await;
        assert!(matches!(refused, Err(PortalDoorError::NotPermitted(NotPermitted::Blocked))));
    })
    .await;
}

#[tokio::test]
async fn req_043_a_code_of_one_door_does_not_open_the_other() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app, user) = (by(world.maker), world.client.app, world.maker);
        let portal = store.authorize_in_portal(&me, world.partner, app, user, world.partner).await.expect("his app");
        let second = member(&store, world.partner, "second", Role::Admin).await;
        let foreign = store.token_in_portal(&by(second), world.partner, app, second, portal).await;
        assert!(matches!(foreign, Err(PortalDoorError::NotFound)), "another person's click");
        // The same person consents through the front door, in his own organization.
        let waiting = world.wait("").await;
        world.allow(&waiting, user, world.partner).await.expect("may");
        let codes: Vec<domain::entity::code::Model> =
            <domain::entity::code::Entity as sea_orm::EntityTrait>::find().all(store.reader()).await.expect("codes");
        let front = codes.iter().find(|row| row.id != portal).expect("the front door's").id;
        let crossed = store.token_in_portal(&me, world.partner, app, user, front).await;
        assert!(matches!(crossed, Err(PortalDoorError::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn a_test_install_beside_the_end_of_its_app_leaves_none_behind() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let installs = {
            let (store, me, partner) = (store.clone(), by(world.maker), world.partner);
            let (app, user) = (world.client.app, world.maker);
            async move { store.authorize_in_portal(&me, partner, app, user, partner).await }
        };
        let refused = overtaken(&store, "UPDATE apps SET status = 'deleted'", installs).await;
        assert!(matches!(refused, Err(PortalDoorError::NotFound)), "{refused:?}");
        assert_eq!(count(&store, "installs", "1 = 1").await, 0);
    })
    .await;
}

#[tokio::test]
async fn req_123_an_install_that_people_consent_to_is_no_test_install_and_what_a_test_takes_away_is_known() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (app, owner) = (world.client.app, world.partner);
        store.set_member(&By::operator(), world.target, world.maker, Some(Role::Admin)).await.expect("joined");
        let in_use = async || store.in_use(owner, app, world.maker, vec![owner, world.target]).await.expect("answers");
        let try_it = async |target| {
            let me = by(world.maker);
            let code = store.authorize_in_portal(&me, owner, app, world.maker, target).await.expect("his app");
            store.token_in_portal(&me, owner, app, world.maker, code).await.expect("the same person")
        };
        let (install, _) = try_it(world.target).await;
        assert!(in_use().await.is_empty(), "a test takes the place of a test");
        let real = world.tokens("").await;
        assert!(!store.install(world.target, install).await.expect("listed").row.test);
        assert_eq!(in_use().await.into_iter().collect::<Vec<_>>(), [world.target]);
        try_it(world.target).await;
        assert!(!store.install(world.target, install).await.expect("listed").row.test, "it is what was consented to");
        assert!(!world.lives(&real).await, "one live token");
    })
    .await;
}
