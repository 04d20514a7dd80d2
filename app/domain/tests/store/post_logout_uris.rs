//! Where an app may send people who signed out.

use domain::audit::Action;
use domain::store::app_parts::UrisProblem;

use crate::flow::World;
use crate::harness::{by, log, on_each_database};

fn list(uris: &[&str]) -> Vec<String> {
    uris.iter().map(|&uri| uri.to_owned()).collect()
}

#[tokio::test]
async fn req_102_post_logout_uris_are_kept_in_order_and_replaced_whole() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app) = (by(world.maker), world.client.app);
        let held = async || {
            let uris = store.post_logout_redirect_uris(app).await.expect("answers");
            uris.into_iter().map(String::from).collect::<Vec<_>>()
        };
        assert!(held().await.is_empty());
        let two = list(&["https://z.example.com/bye", "https://a.example.com/bye?x=1"]);
        for _ in 0..2 {
            store.set_post_logout_redirect_uris(&me, world.partner, app, two.clone(), None).await.expect("kept");
            assert_eq!(held().await, two);
        }
        let events = async || {
            let log = log(&store, world.partner).await;
            log.into_iter().filter(|event| event.action == Action::AppUpdated).count()
        };
        assert_eq!(events().await, 1, "what changes nothing is no event");
        store.set_post_logout_redirect_uris(&me, world.partner, app, Vec::new(), None).await.expect("none at all");
        assert!(held().await.is_empty());
        assert_eq!(events().await, 2);
    })
    .await;
}

#[tokio::test]
async fn req_006_req_115_a_bad_post_logout_uri_and_a_stranger_change_nothing() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app) = (by(world.maker), world.client.app);
        let good = list(&["https://app.example.com/bye"]);
        store.set_post_logout_redirect_uris(&me, world.partner, app, good.clone(), None).await.expect("kept");
        let bad =
            list(&["https://app.example.com/other", "javascript:alert(1)", "https://*.example.com/", "http://x.y/"]);
        let refused = store.set_post_logout_redirect_uris(&me, world.partner, app, bad, None).await;
        let Err(UrisProblem::Rows(rows)) = refused else { panic!("{refused:?}") };
        assert_eq!(rows.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [1, 2, 3]);
        let stranger = store.set_post_logout_redirect_uris(&me, world.target, app, Vec::new(), None).await;
        assert!(matches!(stranger, Err(UrisProblem::NotFound)), "{stranger:?}");
        let held = store.post_logout_redirect_uris(app).await.expect("answers");
        assert_eq!(held.into_iter().map(String::from).collect::<Vec<_>>(), good);
    })
    .await;
}
