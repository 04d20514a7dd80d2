//! Installs made and ended at the same time (requirements 118 and 119).

use std::sync::atomic::{AtomicUsize, Ordering};

use domain::client::InstallStatus;
use domain::entity::grant;
use domain::id::GrantId;
use domain::secret::{Interaction, Plain};
use domain::store::installs::InstallFilter;
use sea_orm::{EntityTrait, IntoActiveModel};

use crate::flow::{Waiting, World, at_once, invalid_grant, refresh_token};
use crate::harness::{by, count, on_each_database_at_once};
use crate::lookups::newest_install;
use crate::races::{AT_ONCE, ROUNDS, codes};

/// Rounds of consents alone: a round takes longer than others.
const CONSENT_ROUNDS: usize = 100;
/// Rounds of the whole way through authorize, consent and token: a round takes a second.
const FLOW_ROUNDS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_118_50_concurrent_installs_give_one_install_and_one_live_pair() {
    on_each_database_at_once(async |store, other| {
        let world = World::new(&store).await.beside(other);
        for round in 0..FLOW_ROUNDS {
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

/// `count` pending grants like one for which the admin chose the target organization.
async fn chosen(world: &World, count: usize) -> Vec<Waiting> {
    let (store, first) = (&world.store, world.wait("").await);
    store
        .choose_organization(first.id, &world.cookie(&first), world.admin, world.target)
        .await
        .expect("his organization");
    let like = grant::Entity::find_by_id(first.id).one(store.reader()).await.expect("answers").expect("its row");
    let mut grants = Vec::new();
    let rows: Vec<_> = (0..count)
        .map(|_| {
            let id = GrantId(store.new_id());
            let interaction = Plain::<Interaction>::mint(&store.settings().brand, id.uuid(), store.entropy());
            let interaction_hash = interaction.hashed().to_row();
            grants.push(Waiting { id, cookie: interaction.reveal() });
            grant::Model { id, interaction_hash, ..like.clone() }.into_active_model()
        })
        .collect();
    grant::Entity::insert_many(rows).exec_without_returning(store.writer()).await.expect("new rows");
    grants
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_118_50_concurrent_consents_make_one_install() {
    on_each_database_at_once(async |store, other| {
        let world = World::new(&store).await.beside(other);
        for round in 0..CONSENT_ROUNDS {
            let grants = std::sync::Mutex::new(chosen(&world, AT_ONCE).await);
            at_once(&world, AT_ONCE, |world| {
                let waiting = grants.lock().expect("no panic").pop().expect("a grant for each");
                async move { world.decide(&waiting, world.admin, world.target, "write").await.expect("he may") }
            })
            .await;
            assert_eq!(count(&store, "installs", "status = 'active'").await, 1, "{round}");
            let codes = i64::try_from(AT_ONCE).expect("a small number");
            assert_eq!(count(&store, "codes", "revoked_at IS NULL").await, codes, "{round}: all of them are its codes");
            let install = newest_install(&world).await;
            store.revoke_install(&by(world.admin), world.target, install, None, false).await.expect("it is there");
            assert_eq!(count(&store, "codes", "revoked_at IS NULL").await, 0, "{round}: the next one begins anew");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_118_50_concurrent_test_installs_make_one_install() {
    on_each_database_at_once(async |store, other| {
        let world = World::new(&store).await.beside(other);
        for round in 0..FLOW_ROUNDS {
            at_once(&world, AT_ONCE, |world| async move {
                let (me, app, user) = (by(world.maker), world.client.app, world.maker);
                world.store.authorize_in_portal(&me, world.partner, app, user, world.partner).await.expect("his app")
            })
            .await;
            let installs = store.installs_in(world.partner, InstallFilter::default()).await.expect("answers").items;
            let active: Vec<_> = installs.iter().filter(|row| row.status == InstallStatus::Active).collect();
            assert_eq!(active.len(), 1, "{round}");
            store.revoke_install(&by(world.maker), world.partner, active[0].id, None, false).await.expect("there");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_119_a_revoked_install_among_50_exchanges_leaves_no_live_token() {
    on_each_database_at_once(async |store, other| {
        let world = World::new(&store).await.beside(other);
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
