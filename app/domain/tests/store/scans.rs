//! With a million tokens and a hundred thousand installs no query may read a whole table. A planner that may not scan
//! does it all the same where it has no index: then it is counted.

use domain::oauth::introspect::Caller;
use domain::role::Role;
use domain::store::By;
use domain::store::installs::InstallFilter;
use domain::store::resource_servers::ResourceServerProblem;

use crate::flow::{World, refresh_token};
use crate::harness::{by, person, scans_on_postgres};

/// The tables that grow with use.
const LARGE: [&str; 9] = [
    "access_tokens",
    "refresh_tokens",
    "codes",
    "installs",
    "grants",
    "audit_events",
    "client_secrets",
    "redirect_uris",
    "app_scopes",
];

#[tokio::test]
async fn no_query_of_the_endpoints_the_lists_and_the_sweep_scans_a_large_table() {
    let scans = scans_on_postgres(async |store| {
        let world = World::new(&store).await;
        let answers = [world.tokens("").await, world.tokens("&actor=self").await];
        for answer in &answers {
            assert!(world.lives(answer).await);
            let next = world.refresh(answer).await.expect("live");
            assert!(world.refresh(answer).await.is_ok(), "again, within the grace");
            assert!(world.scopes_of(refresh_token(&next)).await.is_some());
            assert!(store.authenticate_secret(&world.client, &world.secret.0).await.expect("answers").is_some());
        }
        let bearer = store.bearer(&world.tokens("").await.access_token).await.expect("answers").expect("live");
        store.used(&bearer);
        store.write_last_used().await.expect("written");
        let (_, secret) = resource_server(&world).await.expect("registered");
        drop(secret);
        let audience = store.settings().audiences[0].clone();
        let asked = store.introspect(&Caller::ResourceServer { audience }, &answers[0].access_token).await;
        asked.expect("answers");
        store.installs_in(world.target, InstallFilter::default()).await.expect("answers");
        store.installs_of_app(world.partner, world.client.app, InstallFilter::default()).await.expect("its own");
        store.install(world.target, bearer.install).await.expect("there");
        store.app(world.partner, world.client.app).await.expect("its own");
        store.apps_of(world.partner, None, None).await.expect("answers");
        store.my_apps(world.admin).await.expect("answers");
        store.dashboard(world.target, Role::Owner).await.expect("answers");
        store.sweep(store.now().plus_seconds(400 * 86_400)).await.expect("swept");
        let answer = world.tokens("").await;
        world.revoke(&answer.access_token).await;
        let answer = world.tokens("").await;
        world.revoke(refresh_token(&answer)).await;
        let other = person(&store, "other").await;
        store.set_member(&By::operator(), world.target, other, Some(Role::Admin)).await.expect("there");
        store.set_member(&By::operator(), world.target, other, None).await.expect("there");
        store.suspend_app(&by(world.maker), world.partner, world.client.app).await.expect("its own");
        store.delete_app(&by(world.maker), world.partner, world.client.app).await.expect("its own");
    })
    .await;
    let Some(scans) = scans else { return };
    for table in LARGE {
        assert_eq!(scans.get(table), Some(&0), "{table}: {scans:?}");
    }
}

async fn resource_server(
    world: &World,
) -> Result<(domain::id::ResourceServerId, domain::portal::ShownOnce), ResourceServerProblem> {
    let audience = world.store.settings().audiences[0].clone();
    world.store.create_resource_server(&By::operator(), "Api", &audience).await
}
