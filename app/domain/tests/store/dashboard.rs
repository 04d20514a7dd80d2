//! The dashboard.

use domain::client::ActorMode;
use domain::role::Role;

use crate::harness::{app, install, on_each_database, organization, person};

#[tokio::test]
async fn a_dashboard_shows_each_role_what_it_may_see() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let acme = organization(&store, ada, "Acme").await;
        let shop = organization(&store, ada, "Shop").await;
        for number in 0..6 {
            app(&store, acme, &format!("App {number}")).await;
        }
        let robot = app(&store, shop, "Robot").await;
        install(&store, robot, acme, ada, ActorMode::App).await;
        let owner = store.dashboard(acme, Role::Owner).await.expect("a dashboard");
        assert_eq!((owner.apps, owner.installs, owner.recent_apps.len(), owner.recent_events.len()), (6, 1, 5, 1));
        let developer = store.dashboard(acme, Role::Developer).await.expect("a dashboard");
        assert_eq!((developer.recent_apps.len(), developer.recent_events.len()), (5, 0));
        let member = store.dashboard(acme, Role::Member).await.expect("a dashboard");
        assert_eq!((member.recent_apps.len(), member.recent_events.len()), (0, 0));
    })
    .await;
}
