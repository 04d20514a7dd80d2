//! Installs made and ended at the same time (requirements 118 and 119).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::client::InstallStatus;
use domain::store::installs::InstallFilter;

use crate::flow::{World, at_once, invalid_grant, refresh_token};
use crate::harness::{by, count, on_each_database};
use crate::lookups::newest_install;
use crate::races::{AT_ONCE, ROUNDS, codes};

/// Rounds of installs by the way through authorize, consent and token: a round takes a second.
const CONSENT_ROUNDS: usize = 5;
/// Rounds of test installs: a round takes half a second.
const TEST_INSTALL_ROUNDS: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_118_50_concurrent_installs_give_one_install_and_one_live_pair() {
    on_each_database(async |store, _clock| {
        let world = Arc::new(World::new(&store).await);
        for round in 0..CONSENT_ROUNDS {
            let asked = AtomicUsize::new(0);
            let answers = at_once(&world, AT_ONCE, |world| {
                // An address has few pending grants.
                let address = format!("192.0.2.{}", asked.fetch_add(1, Ordering::Relaxed));
                async move {
                    let waiting = world.wait_at("", &address).await.expect("a pending grant");
                    let code = world.allow(&waiting, world.admin, world.target).await.expect("may");
                    world.exchange(&code).await.expect("each code is good")
                }
            })
            .await;
            assert_eq!(count(&store, "installs", "status = 'active'").await, 1, "{round}");
            let mut live = Vec::new();
            for answer in &answers {
                live.extend(world.lives(answer).await.then_some(answer));
            }
            assert_eq!(live.len(), 1, "{round}");
            world.revoke(refresh_token(live[0])).await;
            assert_eq!(count(&store, "installs", "status = 'active'").await, 0, "{round}: the next one begins anew");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_118_50_concurrent_test_installs_make_one_install() {
    on_each_database(async |store, _clock| {
        let world = Arc::new(World::new(&store).await);
        let (me, home) = (by(world.maker), world.partner);
        for round in 0..TEST_INSTALL_ROUNDS {
            at_once(&world, AT_ONCE, |world| async move {
                let (me, app, user) = (by(world.maker), world.client.app, world.maker);
                world.store.authorize_in_portal(&me, world.partner, app, user, world.partner).await.expect("his app");
            })
            .await;
            let installs = InstallFilter { status: Some(InstallStatus::Active), ..InstallFilter::default() };
            let installs = store.installs_in(home, installs).await.expect("answers").items;
            assert_eq!(installs.len(), 1, "{round}");
            let codes = i64::try_from(AT_ONCE).expect("a small number");
            assert_eq!(count(&store, "codes", "revoked_at IS NULL").await, codes, "{round}: all of them are its codes");
            store.revoke_install(&me, home, installs[0].id, None, false).await.expect("it is there");
            assert_eq!(count(&store, "codes", "revoked_at IS NULL").await, 0, "{round}: the next one begins anew");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_119_a_revoked_install_among_50_exchanges_leaves_no_live_token() {
    on_each_database(async |store, _clock| {
        let world = Arc::new(World::new(&store).await);
        let (mut before, mut after) = (0, 0);
        for round in 0..ROUNDS {
            let codes = std::sync::Mutex::new(codes(&world, AT_ONCE).await);
            let install = newest_install(&world).await;
            let block = round % 2 == 0;
            let answers = at_once(&world, AT_ONCE, |world| {
                let mut codes = codes.lock().expect("no panic");
                let code = codes.pop().expect("a code for each");
                let revokes = codes.len() == AT_ONCE / 2;
                async move {
                    if revokes {
                        let (admin, target) = (by(world.admin), world.target);
                        let ended = world.store.revoke_install(&admin, target, install, None, block).await;
                        ended.expect("it was there");
                        return None;
                    }
                    Some(world.exchange(&code).await)
                }
            })
            .await;
            for exchanged in answers.into_iter().flatten() {
                assert!(exchanged.is_ok() || invalid_grant(&exchanged), "{round}: {exchanged:?}");
                match exchanged {
                    Ok(answer) => {
                        assert!(!world.lives(&answer).await, "{round}");
                        before += 1;
                    }
                    Err(_) => after += 1,
                }
            }
            assert_eq!(count(&store, "access_tokens", "revoked_at IS NULL").await, 0, "{round}");
            assert_eq!(count(&store, "codes", "revoked_at IS NULL AND used_at IS NULL").await, 0, "{round}");
            if block {
                store.unblock_app(&by(world.admin), world.target, world.client.app).await.expect("it was blocked");
            }
        }
        assert!(before > 0 && after > 0, "{before} exchanges came before the revocation, {after} after it");
    })
    .await;
}
