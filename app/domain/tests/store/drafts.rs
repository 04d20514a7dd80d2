//! Drafts under `before_live`: live for the owner and the test organizations, a page for everyone else (PROTOCOL section
//! 1, *Approval*; requirements 19 and 123).

use domain::client::{ActorMode, AppStatus};
use domain::organization::InstallPolicy;
use domain::portal::{ConsentStep, NotPermitted};
use domain::role::Role;
use domain::store::app_parts::PauseProblem;
use domain::store::consent_decision::{DecideError, Decision};
use domain::store::portal_door::PortalDoorError;
use domain::store::{AppReview, By, Settings, Store, StoreError};

use crate::flow::{Waiting, World, choice, new_app};
use crate::harness::{by, count, member, on_each_database, on_each_database_under, organization, settings};

/// The settings of an instance that reviews apps.
pub(crate) fn reviewing() -> Settings {
    Settings { app_review: AppReview::BeforeLive, ..settings() }
}

async fn step(world: &World, waiting: &Waiting, user: domain::id::UserId) -> ConsentStep {
    let view = world.store.consent_view(waiting.id, &world.cookie(waiting), user, false).await;
    view.expect("his request").step
}

async fn testers(store: &Store) -> i64 {
    count(store, "test_organizations", "1 = 1").await
}

#[tokio::test]
async fn req_019_a_draft_is_a_page_for_everyone_but_its_owner_and_its_testers() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = World::new(&store).await;
        assert_eq!((world.client.status, world.client.approved), (AppStatus::Draft, false));
        let waiting = world.wait("").await;
        assert_eq!(step(&world, &waiting, world.admin).await, ConsentStep::Draft);
        for decision in [
            Decision::Deny,
            Decision::Allow { organization: world.target, optional: "".parse().expect("none"), reason: None },
        ] {
            let cookie = world.cookie(&waiting);
            let answer =
                store.decide(&by(world.admin), waiting.id, &cookie, world.visitor(world.admin), decision).await;
            assert!(matches!(answer, Err(DecideError::NotFound)), "not even a refusal leaves");
        }
        let chosen = store.choose_organization(waiting.id, &world.cookie(&waiting), world.admin, world.target).await;
        assert!(matches!(chosen, Err(StoreError::NotFound)));
        assert!(!store.may_meet(&world.client, world.admin).await.expect("answers"));
        assert!(store.may_meet(&world.client, world.maker).await.expect("answers"));
        let own = world.wait("").await;
        let code = world.allow(&own, world.maker, world.partner).await.expect("his own draft");
        world.exchange(&code).await.expect("a draft is live for its owner");
    })
    .await;
}

#[tokio::test]
async fn an_operator_lets_an_organization_test_and_its_install_outlives_the_list() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = World::new(&store).await;
        let client_id = &world.client.client_id;
        let unknown = "ptcapp_none".parse().expect("a client id");
        let operator = By::operator();
        assert!(matches!(store.allow_test(&operator, &unknown, world.target).await, Err(StoreError::NotFound)));
        assert!(store.allow_test(&operator, client_id, world.target).await.expect("there"));
        assert!(!store.allow_test(&operator, client_id, world.target).await.expect("there"), "it is there already");
        let tokens = world.tokens("").await;
        let developer = by(world.maker);
        let gone = store.remove_test_organization(&developer, world.partner, world.client.app, world.target).await;
        gone.expect("on the list");
        assert!(store.bearer(&tokens.access_token).await.expect("answers").is_some());
        world.refresh(&tokens).await.expect("leaving the list does not break its install");
        let waiting = world.wait("").await;
        assert_eq!(step(&world, &waiting, world.admin).await, ConsentStep::Draft, "nothing new is made there");
        let again = store.remove_test_organization(&developer, world.partner, world.client.app, world.target).await;
        assert!(matches!(again, Err(StoreError::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn the_picker_of_a_draft_offers_only_where_it_is_live() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = World::new(&store).await;
        let own = organization(&store, world.maker, "Own").await;
        let waiting = world.wait(&format!("&organization={own}")).await;
        let ConsentStep::Decide { organization, others, .. } = step(&world, &waiting, world.maker).await else {
            panic!("one organization is left, and no picker")
        };
        assert_eq!((organization.id, others), (world.partner, false));
        store.allow_test(&By::operator(), &world.client.client_id, own).await.expect("there");
        let waiting = world.wait("").await;
        let ConsentStep::Pick { choices } = step(&world, &waiting, world.maker).await else { panic!("two") };
        assert_eq!(choices.len(), 2);
        let gone = store.remove_test_organization(&by(world.maker), world.partner, world.client.app, own).await;
        gone.expect("on the list");
        let late = world.allow(&waiting, world.maker, own).await;
        assert!(matches!(late, Err(DecideError::NotFound)), "it left the list between page and click: {late:?}");
    })
    .await;
}

#[tokio::test]
async fn req_123_a_test_install_of_a_draft_puts_the_organization_on_its_list() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app, user) = (by(world.maker), world.client.app, world.maker);
        let own = organization(&store, user, "Own").await;
        store.set_install_policy(&By::operator(), own, InstallPolicy::OwnAppsOnly).await.expect("set");
        let refused = store.authorize_in_portal(&me, world.partner, app, user, own).await;
        assert!(matches!(refused, Err(PortalDoorError::NotPermitted(NotPermitted::OwnAppsOnly))));
        assert_eq!(testers(&store).await, 0, "a refused click leaves nothing");
        store.set_install_policy(&By::operator(), own, InstallPolicy::Admins).await.expect("set");
        let code = store.authorize_in_portal(&me, world.partner, app, user, own).await.expect("he administers it");
        let (_, answer) = store.token_in_portal(&me, world.partner, app, user, code).await.expect("fresh");
        assert!(store.bearer(&answer.access_token).await.expect("answers").is_some());
        let review = store.app_review(world.partner, app).await.expect("his app");
        assert_eq!(review.test_organizations.iter().map(|row| row.id).collect::<Vec<_>>(), [own]);
        let home = store.authorize_in_portal(&me, world.partner, app, user, world.partner).await;
        home.expect("at home it needs no list");
        store.set_member(&By::operator(), world.target, user, Some(Role::Developer)).await.expect("joined");
        let refused = store.authorize_in_portal(&me, world.partner, app, user, world.target).await;
        assert!(matches!(refused, Err(PortalDoorError::NotPermitted(NotPermitted::AdminsInstall))));
        assert_eq!(testers(&store).await, 1, "only its own owner or admin puts it there");
        let stranger = store.authorize_in_portal(&by(world.admin), world.partner, app, world.admin, world.target).await;
        assert!(matches!(stranger, Err(PortalDoorError::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn req_123_a_test_install_of_a_live_app_needs_no_list() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let own = organization(&store, world.maker, "Own").await;
        let me = by(world.maker);
        store.authorize_in_portal(&me, world.partner, world.client.app, world.maker, own).await.expect("his");
        assert_eq!(testers(&store).await, 0);
    })
    .await;
}

#[tokio::test]
async fn req_123_a_test_install_has_the_lifetime_of_its_policy_and_works_for_every_grant() {
    use domain::client::{ActorModes, AppGrants};
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = World::new(&store).await;
        let (me, user, home) = (by(world.maker), world.maker, world.partner);
        let base = || new_app("More", &[("read", true)]);
        let fera = domain::portal::NewApp { token_policy: "fera".to_owned(), ..base() };
        let signs_in = domain::portal::NewApp {
            scopes: vec![choice("openid", true), choice("profile", false)],
            actor_modes: ActorModes::Myself,
            token_policy: "financefeast".to_owned(),
            ..base()
        };
        let either = domain::portal::NewApp {
            scopes: vec![choice("openid", true), choice("read", false)],
            actor_modes: ActorModes::Both,
            token_policy: "featureos".to_owned(),
            ..base()
        };
        let alone = domain::portal::NewApp {
            grants: AppGrants::ClientCredentials,
            redirect_uris: Vec::new(),
            token_policy: "apiera".to_owned(),
            ..base()
        };
        for (new, actor, expires_in) in [
            (fera, ActorMode::App, None),
            (signs_in, ActorMode::Myself, Some(864_000)),
            (either, ActorMode::Myself, Some(86_400)),
            (alone, ActorMode::App, Some(86_400)),
        ] {
            let name = new.token_policy.clone();
            let app = store.create_app(&By::operator(), home, new).await.expect("a new app").id;
            let code = store.authorize_in_portal(&me, home, app, user, home).await.expect("his app");
            let (install, answer) = store.token_in_portal(&me, home, app, user, code).await.expect("fresh");
            let bearer = store.bearer(&answer.access_token).await.expect("answers").expect("live");
            assert_eq!((bearer.install, bearer.actor), (install, actor), "{name}");
            assert_eq!(answer.expires_in, expires_in, "{name}");
        }
        let scopes = vec![choice("read", true), choice("openid", false)];
        let robot = domain::portal::NewApp { scopes, ..base() };
        let app = store.create_app(&By::operator(), home, robot).await.expect("a new app").id;
        let code = store.authorize_in_portal(&me, home, app, user, home).await.expect("his app");
        let (_, answer) = store.token_in_portal(&me, home, app, user, code).await.expect("fresh");
        assert_eq!(answer.scope.to_string(), "read", "what acts as itself is nobody to sign in");
    })
    .await;
}

#[tokio::test]
async fn req_115_the_list_of_another_organizations_draft_is_not_found() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = World::new(&store).await;
        store.allow_test(&By::operator(), &world.client.client_id, world.target).await.expect("there");
        let app = world.client.app;
        let foreign = store.remove_test_organization(&by(world.admin), world.target, app, world.target).await;
        assert!(matches!(foreign, Err(StoreError::NotFound)));
        assert!(matches!(store.app_review(world.target, app).await, Err(StoreError::NotFound)));
        assert_eq!(testers(&store).await, 1);
        let member = member(&store, world.target, "member", Role::Member).await;
        let waiting = world.wait("").await;
        let ConsentStep::NotPermitted { reason, .. } = step(&world, &waiting, member).await else {
            panic!("a tester's member meets the rules of his organization")
        };
        assert_eq!(reason, NotPermitted::AdminsInstall);
    })
    .await;
}

#[tokio::test]
async fn req_019_a_suspended_draft_is_stopped_and_a_draft_again_once_it_is_resumed() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let mut world = World::new(&store).await;
        let (me, partner, app) = (by(world.maker), world.partner, world.client.app);
        let code = world.allow(&world.wait("").await, world.maker, partner).await.expect("his own draft");
        let tokens = world.exchange(&code).await.expect("live for its owner");
        assert!(matches!(store.resume_app(&me, partner, app).await, Err(PauseProblem::NotSuspended)));
        store.suspend_app(&me, partner, app).await.expect("his");
        assert!(matches!(store.suspend_app(&me, partner, app).await, Err(PauseProblem::Suspended)));
        assert_eq!(count(&store, "audit_events", "action = 'app.suspended'").await, 1);
        assert!(store.bearer(&tokens.access_token).await.expect("answers").is_none());
        world.reload().await;
        assert!(world.client.status == AppStatus::Suspended && !world.client.enabled());
        store.resume_app(&me, partner, app).await.expect("his");
        world.reload().await;
        assert_eq!((world.client.status, world.client.approved), (AppStatus::Draft, false), "nobody approved it");
        assert!(store.bearer(&tokens.access_token).await.expect("answers").is_some());
        let waiting = world.wait("").await;
        assert_eq!(step(&world, &waiting, world.admin).await, ConsentStep::Draft);
    })
    .await;
}

#[tokio::test]
async fn a_draft_that_is_approved_while_it_is_suspended_is_live_only_once_it_is_resumed() {
    use domain::review::{ReviewStatus, Verdict};
    on_each_database_under(reviewing(), async |store, _clock| {
        let mut world = World::new(&store).await;
        let (me, partner, app) = (by(world.maker), world.partner, world.client.app);
        store.submit_app(&me, partner, app, None).await.expect("a draft");
        store.suspend_app(&me, partner, app).await.expect("his");
        let waits = store.reviews(ReviewStatus::Submitted, None).await.expect("answers").items;
        store.decide_review(&By::operator(), waits[0].id, Verdict::Approve, None).await.expect("waits");
        world.reload().await;
        assert_eq!(world.client.status, AppStatus::Suspended);
        store.resume_app(&me, partner, app).await.expect("his");
        world.reload().await;
        assert_eq!((world.client.status, world.client.approved), (AppStatus::Live, true));
    })
    .await;
}
