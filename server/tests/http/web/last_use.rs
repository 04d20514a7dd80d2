//! When "last used" reaches the database: once between two pauses, however often something is used.

use std::sync::Arc;
use std::time::Duration;

use domain::entity::{client_secret, install};
use domain::time::Timestamp;
use http::StatusCode;
use sea_orm::EntityTrait;
use server::serve::{PAUSE, keep_house};
use tokio::sync::{Semaphore, mpsc};

use crate::oauth::client_credentials::{asking, installed};
use crate::oauth::request::{get, with_token};
use crate::oauth::world::World;

/// What the rows say of the one install and the one secret that are used.
async fn written(world: &World) -> (Option<Timestamp>, Option<Timestamp>) {
    let db = world.store.reader();
    let installs = install::Entity::find().all(db).await.expect("answers");
    let secrets = client_secret::Entity::find().all(db).await.expect("answers");
    (
        installs.into_iter().filter_map(|row| row.last_used_at).max(),
        secrets.into_iter().filter_map(|row| row.last_used_at).max(),
    )
}

#[tokio::test]
async fn last_uses_are_written_once_between_two_pauses_of_a_minute() {
    assert_eq!(PAUSE, Duration::from_mins(1));
    for world in World::on_each_database().await {
        let party = installed(&world, "standard").await;
        let (turned, mut turns) = mpsc::channel(1);
        let go_on = Arc::new(Semaphore::new(0));
        let pause = {
            let go_on = go_on.clone();
            move || {
                let (turned, go_on) = (turned.clone(), go_on.clone());
                async move {
                    turned.send(()).await.expect("somebody waits");
                    go_on.acquire().await.expect("open").forget();
                }
            }
        };
        let house = tokio::spawn(keep_house(world.store.clone(), pause));
        turns.recv().await.expect("the first turn");
        let mut before = written(&world).await;
        for _ in 0..3 {
            for _ in 0..5 {
                world.advance(1);
                let answer = world.send(asking("target").post_as(&party)).await;
                assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
                let token = answer.text("access_token");
                let used = world.send(with_token(get("/api/v1/whoami"), &token)).await;
                assert_eq!(used.status, StatusCode::OK, "{used:?}");
                assert_eq!(written(&world).await, before, "the next turn writes it");
            }
            go_on.add_permits(1);
            turns.recv().await.expect("the next turn");
            let now = Some(world.store.now());
            assert_eq!(written(&world).await, (now, now));
            before = (now, now);
        }
        house.abort();
    }
}
