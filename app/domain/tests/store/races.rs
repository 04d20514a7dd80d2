//! The same thing at the same time: conditional statements decide.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::client::AuthMethod;
use domain::entity::code;
use domain::id::{CodeId, FamilyId};
use domain::oauth::client_auth::Claim;
use domain::oauth::token::TokenResponse;
use domain::secret::{AuthorizationCode, Plain, Presented};
use domain::store::installs::InstallFilter;
use domain::token_policy::{LiveTokens, Refresh, TokenPolicy};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, QueryResult, Statement, TransactionTrait};

use crate::credentials::asking;
use crate::flow::{World, at_once, invalid_grant, refresh_request, refresh_token};
use crate::harness::{by, count, keep, on_each_database, on_each_database_at_once};
use crate::lookups::newest_install;

/// How often a race is run on each database.
pub(crate) const ROUNDS: usize = 200;
/// How often one is run of which another race is a part.
const FEWER_ROUNDS: usize = ROUNDS / 4;
/// How many run at the same time.
pub(crate) const AT_ONCE: usize = 50;

/// `count` more codes like one that the admin's consent made, each of a family of its own.
pub(crate) async fn codes(world: &World, count: usize) -> Vec<String> {
    let first = world.code("").await;
    let store = &world.store;
    let id = CodeId(Presented::<AuthorizationCode>::parse(&store.settings().brand, &first).expect("a code").selector());
    let like = code::Entity::find_by_id(id).one(store.reader()).await.expect("answers").expect("its row");
    let mut texts = Vec::new();
    let rows: Vec<_> = (0..count)
        .map(|_| {
            let id = CodeId(store.new_id());
            let plain = Plain::<AuthorizationCode>::mint(&store.settings().brand, id.uuid(), store.entropy());
            let (code_hash, family_id) = (plain.hashed().to_row(), FamilyId(store.new_id()));
            texts.push(plain.reveal());
            code::Model { id, code_hash, family_id, ..like.clone() }.into_active_model()
        })
        .collect();
    code::Entity::insert_many(rows).exec_without_returning(store.writer()).await.expect("new rows");
    keep(store);
    texts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_040_of_50_exchanges_of_one_code_exactly_one_succeeds() {
    on_each_database_at_once(async |store, other| {
        let world = World::new(&store).await.beside(other);
        for (round, code) in codes(&world, ROUNDS).await.into_iter().enumerate() {
            let answers = at_once(&world, AT_ONCE, |world| {
                let code = code.clone();
                async move { world.exchange(&code).await }
            })
            .await;
            let won: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().ok()).collect();
            assert_eq!(won.len(), 1, "{round}");
            let lost = answers.iter().filter(|answer| invalid_grant(answer)).count();
            assert_eq!(lost, AT_ONCE - 1, "{round}: and none is a server error");
            assert!(!world.lives(won[0]).await, "{round}: the others were replays (requirement 41)");
        }
        let rounds = i64::try_from(ROUNDS).expect("a small number");
        assert_eq!(count(&store, "access_tokens", "1 = 1").await, rounds);
        assert_eq!(count(&store, "access_tokens", "revoked_at IS NULL").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_068_of_50_refreshes_of_one_token_every_success_carries_the_same_live_pair() {
    on_each_database_at_once(async |store, other| {
        let world = World::new(&store).await.beside(other);
        let mut last = Arc::new(world.tokens("").await);
        for round in 0..ROUNDS {
            let answers = at_once(&world, AT_ONCE, |world| {
                let last = last.clone();
                async move { world.refresh(&last).await }
            })
            .await;
            let mut answers = answers.into_iter().map(|answer| answer.expect("a retry within the grace"));
            let first = answers.next().expect("fifty");
            assert!(
                answers
                    .all(|answer| answer.access_token == first.access_token
                        && answer.refresh_token == first.refresh_token),
                "{round}"
            );
            assert!(world.lives(&first).await, "{round}");
            assert!(!world.lives(&last).await, "{round}");
            assert_eq!(count(&store, "access_tokens", "revoked_at IS NULL").await, 1, "{round}");
            let live = "revoked_at IS NULL AND used_at IS NULL";
            assert_eq!(count(&store, "refresh_tokens", live).await, 1, "{round}");
            last = Arc::new(first);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_070_a_grace_of_0_gives_exactly_one_success_and_no_live_pair_beside_it() {
    on_each_database_at_once(async |store, other| {
        let mut world = World::new(&store).await;
        world.client.policy.refresh = Refresh::Rotating { grace_seconds: 0 };
        let world = world.beside(other);
        for (round, code) in codes(&world, FEWER_ROUNDS).await.into_iter().enumerate() {
            let first = Arc::new(world.exchange(&code).await.expect("a fresh code"));
            let answers = at_once(&world, AT_ONCE, |world| {
                let first = first.clone();
                async move { world.refresh(&first).await }
            })
            .await;
            assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{round}");
            assert!(answers.iter().all(|answer| answer.is_ok() || invalid_grant(answer)), "{round}");
            let live = count(&store, "access_tokens", "revoked_at IS NULL").await;
            assert_eq!(live, 0, "{round}: the reuses ended the family");
        }
        assert_eq!(count(&store, "refresh_tokens", "sealed_answer IS NOT NULL").await, 0, "nothing is sealed at all");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_073_of_50_refreshes_of_a_persistent_token_each_succeeds_and_the_last_access_token_lives() {
    on_each_database_at_once(async |store, other| {
        let mut world = World::new(&store).await;
        world.client.policy = TokenPolicy::featureos();
        let world = world.beside(other);
        let mut last = Arc::new(world.tokens("").await);
        for round in 0..FEWER_ROUNDS {
            let answers = at_once(&world, AT_ONCE, |world| {
                let last = last.clone();
                async move { world.refresh(&last).await }
            })
            .await;
            let mut live = Vec::new();
            for answer in answers {
                let answer = answer.expect("the token goes on until the install ends");
                assert_eq!(answer.refresh_token, last.refresh_token, "{round}");
                if world.lives(&answer).await {
                    live.push(answer);
                }
            }
            assert_eq!(live.len(), 1, "{round}: only the last access token lives");
            assert_eq!(count(&store, "access_tokens", "revoked_at IS NULL").await, 1, "{round}");
            last = Arc::new(live.remove(0));
        }
        let issued = i64::try_from(AT_ONCE * FEWER_ROUNDS + 1).expect("a small number");
        assert_eq!(count(&store, "access_tokens", "1 = 1").await, issued, "each had one of its own");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_074_revocations_among_50_refreshes_leave_no_live_token() {
    on_each_database_at_once(async |store, other| {
        let world = World::new(&store).await.beside(other);
        for round in 0..ROUNDS {
            // Revoking ends the install: each round has a consent of its own.
            let answer = world.tokens("").await;
            let asked = AtomicUsize::new(0);
            let answers = at_once(&world, AT_ONCE, |world| {
                let revokes = asked.fetch_add(1, Ordering::Relaxed) % 10 == 5;
                let (request, token) = (refresh_request(&answer), refresh_token(&answer).to_owned());
                async move {
                    if revokes {
                        world.revoke(&token).await;
                        return None;
                    }
                    Some(world.store.refresh(&world.app(), &world.client, &request).await)
                }
            })
            .await;
            assert!(!world.lives(&answer).await, "{round}");
            for refreshed in answers.into_iter().flatten() {
                assert!(refreshed.is_ok() || invalid_grant(&refreshed), "{round}: {refreshed:?}");
                if let Ok(next) = refreshed {
                    assert!(!world.lives(&next).await && invalid_grant(&world.refresh(&next).await), "{round}");
                }
            }
            assert_eq!(count(&store, "access_tokens", "revoked_at IS NULL").await, 0, "{round}");
        }
    })
    .await;
}

/// Ten families of one install are each given back four times, while ten codes of it are exchanged.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_077_an_install_ends_with_its_last_family_and_never_under_one_that_lives() {
    on_each_database_at_once(async |store, other| {
        let mut world = World::new(&store).await;
        world.client.policy.live_tokens = LiveTokens::Many;
        let world = world.beside(other);
        let (mut ended, mut goes_on) = (0, 0);
        for round in 0..FEWER_ROUNDS {
            let mut fresh = codes(&world, 20).await;
            let mut held = Vec::new();
            for code in fresh.split_off(10) {
                held.push(refresh_token(&world.exchange(&code).await.expect("a fresh code")).to_owned());
            }
            let asked = AtomicUsize::new(0);
            let answers = at_once(&world, AT_ONCE, |world| {
                let number = asked.fetch_add(1, Ordering::Relaxed);
                let token = held[(number - number / 5) % 10].clone();
                // The codes come somewhere among the revocations, and in some rounds none does.
                let code = (number % 5 == 4 && round % 4 > 0).then(|| fresh[number / 5].clone());
                async move {
                    if let Some(code) = code {
                        return Some(world.exchange(&code).await);
                    }
                    world.revoke(&token).await;
                    None
                }
            })
            .await;
            let mut live = 0;
            for exchanged in answers.into_iter().flatten() {
                assert!(exchanged.is_ok() || invalid_grant(&exchanged), "{round}: {exchanged:?}");
                if let Ok(answer) = exchanged {
                    assert!(world.lives(&answer).await, "{round}: nobody gave this one back");
                    live += 1;
                }
            }
            let tokens = count(&store, "refresh_tokens", "revoked_at IS NULL").await;
            assert_eq!(tokens, live, "{round}: every family that was given back has ended");
            let installs = count(&store, "installs", "status = 'active'").await;
            assert_eq!(installs, i64::from(live > 0), "{round}: {live} families live");
            (ended, goes_on) = if installs == 0 { (ended + 1, goes_on) } else { (ended, goes_on + 1) };
            if installs == 1 {
                let install = newest_install(&world).await;
                store.revoke_install(&by(world.admin), world.target, install, None, false).await.expect("it is there");
            }
        }
        assert!(ended > 0 && goes_on > 0, "{ended} rounds ended the install, {goes_on} did not");
    })
    .await;
}

/// A program that signs in again gives the token of before back, while it redeems its new code.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_077_the_token_of_before_given_back_among_exchanges_ends_nothing_of_the_next() {
    on_each_database_at_once(async |store, other| {
        let world = World::new(&store).await.beside(other);
        let (mut ended, mut goes_on) = (0, 0);
        for round in 0..FEWER_ROUNDS {
            let mut codes = codes(&world, 2).await;
            let before = world.exchange(&codes.remove(0)).await.expect("a fresh code");
            let asked = AtomicUsize::new(0);
            let answers = at_once(&world, 8, |world| {
                let number = asked.fetch_add(1, Ordering::Relaxed);
                let exchanges = (number == 0).then(|| codes[0].clone());
                let token = refresh_token(&before).to_owned();
                async move {
                    if let Some(code) = exchanges {
                        return Some(world.exchange(&code).await);
                    }
                    // An exchange asks more than a revocation before it writes: in each round they come a little later.
                    for _ in 0..round * number {
                        tokio::task::yield_now().await;
                    }
                    world.revoke(&token).await;
                    None
                }
            })
            .await;
            assert!(!world.lives(&before).await, "{round}");
            let exchanged = answers.into_iter().flatten().next().expect("one of them");
            assert!(exchanged.is_ok() || invalid_grant(&exchanged), "{round}: {exchanged:?}");
            let live = exchanged.is_ok();
            if let Ok(next) = exchanged {
                assert!(world.lives(&next).await, "{round}: nobody gave this one back");
            }
            assert_eq!(count(&store, "installs", "status = 'active'").await, i64::from(live), "{round}");
            (ended, goes_on) = if live { (ended, goes_on + 1) } else { (ended + 1, goes_on) };
            if live {
                let install = newest_install(&world).await;
                store.revoke_install(&by(world.admin), world.target, install, None, false).await.expect("it is there");
            }
        }
        assert!(goes_on > 0, "{ended} rounds ended the install, {goes_on} did not");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_118_of_50_exchanges_for_one_key_one_pair_lives() {
    on_each_database_at_once(async |store, other| {
        let world = World::new(&store).await.beside(other);
        for round in 0..ROUNDS {
            let codes = std::sync::Mutex::new(codes(&world, AT_ONCE).await);
            let answers = at_once(&world, AT_ONCE, |world| {
                let code = codes.lock().expect("no panic").pop().expect("a code for each");
                async move { world.exchange(&code).await.expect("each code is good") }
            })
            .await;
            let mut live = 0;
            for answer in &answers {
                live += usize::from(world.lives(answer).await);
            }
            assert_eq!(live, 1, "{round}");
            assert_eq!(count(&store, "access_tokens", "revoked_at IS NULL").await, 1, "{round}");
            let pairs = "revoked_at IS NULL AND used_at IS NULL";
            assert_eq!(count(&store, "refresh_tokens", pairs).await, 1, "{round}");
            // An install that keeps thousands of ended tokens makes each exchange slow.
            let install = newest_install(&world).await;
            store.revoke_install(&by(world.admin), world.target, install, None, false).await.expect("it is there");
        }
    })
    .await;
}

/// Whether a verb answered as it may; only a failure of the database (a deadlock, a lock that was not had) is not that.
fn answered<T, E: std::error::Error>(answer: Result<T, E>) -> Option<T> {
    let error = match answer {
        Ok(value) => return Some(value),
        Err(error) => error.to_string().to_lowercase(),
    };
    let database = ["deadlock", "is locked", "timed out", "execution error", "query error"];
    assert!(!database.iter().any(|word| error.contains(word)), "{error}");
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_119_everything_at_once_never_deadlocks_and_no_token_outlives_its_install() {
    on_each_database(async |store, _clock| {
        let world = Arc::new(World::new(&store).await);
        let (partner, app, target) = (world.partner, world.client.app, world.target);
        let second = world.member("second", domain::role::Role::Admin).await;
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..24 {
            let world = world.clone();
            tasks.spawn(async move {
                for round in 0..18 {
                    let (admin, maker) = (by(world.admin), by(world.maker));
                    match task % 6 {
                        0..=2 => {
                            let (more, user) = if task % 6 == 2 { ("&actor=self", second) } else { ("", world.admin) };
                            let waiting = world.wait_at(more, &format!("198.51.100.{task}")).await.expect("room");
                            let Some(code) = answered(world.allow(&waiting, user, target).await) else { continue };
                            let Some(answer) = answered(world.exchange(&code).await) else { continue };
                            answered(world.refresh(&answer).await);
                            world.revoke(refresh_token(&answer)).await;
                        }
                        3 => {
                            let list =
                                world.store.installs_in(target, InstallFilter::default()).await.expect("answers");
                            for row in list.items.iter().take(3) {
                                answered(
                                    world.store.revoke_install(&admin, target, row.id, None, round % 2 == 0).await,
                                );
                            }
                            answered(world.store.unblock_app(&admin, target, app).await);
                        }
                        4 => {
                            let secrets = world.store.secrets_of(partner, app).await.expect("its own");
                            answered(world.store.revoke_secret(&maker, partner, app, secrets[0].id, true).await);
                            answered(world.store.rotate_secret(&maker, partner, app, "next", 0).await);
                        }
                        // One at a time: here it is the person who comes and goes, not the verb that is tried.
                        _ if task == 5 => {
                            let (op, role) = (domain::store::By::operator(), domain::role::Role::Admin);
                            answered(world.store.set_member(&op, target, second, None).await);
                            answered(world.store.set_member(&op, target, second, Some(role)).await);
                        }
                        _ => {
                            answered(world.store.suspend_app(&maker, partner, app).await);
                            answered(world.store.resume_app(&maker, partner, app).await);
                        }
                    }
                }
            });
        }
        tasks.join_all().await;
        for table in ["access_tokens", "refresh_tokens"] {
            let of_dead = "revoked_at IS NULL AND install_id IN (SELECT id FROM installs WHERE status = 'revoked')";
            assert_eq!(count(&store, table, of_dead).await, 0, "no token outlives its install");
        }
        let keys = "status = 'active' AND actor = 'app'";
        assert!(count(&store, "installs", keys).await <= 1);
        // Nothing is left in a state from which the key cannot be used again.
        answered(store.unblock_app(&by(world.admin), target, app).await);
        answered(store.resume_app(&by(world.maker), partner, app).await);
        world.tokens("").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_119_a_secret_that_is_compromised_while_it_is_used_leaves_no_live_token() {
    on_each_database(async |store, _clock| {
        let world = Arc::new(World::new(&store).await);
        world.tokens("").await;
        store.writer().execute_unprepared("UPDATE apps SET grants = 'both'").await.expect("switched on");
        let (maker, partner, app) = (by(world.maker), world.partner, world.client.app);
        for _ in 0..SECRETS {
            let secret = store.rotate_secret(&maker, partner, app, "next", 0).await.expect("another one");
            let (issued, mut seen) = tokio::sync::mpsc::unbounded_channel();
            let mut askers = tokio::task::JoinSet::new();
            for _ in 0..16 {
                let (world, secret, issued) = (world.clone(), secret.secret.0.clone(), issued.clone());
                askers.spawn(async move {
                    while own_token_by(&world, &secret).await.is_some() {
                        let _ = issued.send(());
                    }
                });
            }
            drop(issued);
            for _ in 0..16 {
                seen.recv().await.expect("it is live until somebody ends it");
            }
            store.revoke_secret(&maker, partner, app, secret.id, true).await.expect("even the last one");
            askers.join_all().await;
            assert_eq!(count(&store, "access_tokens", "revoked_at IS NULL").await, 0);
        }
    })
    .await;
}

/// How many secrets are compromised while they are used.
const SECRETS: usize = 40;

/// A token by the app's own credentials, of a client that is authenticated by `secret`; none where that is refused.
async fn own_token_by(world: &World, secret: &str) -> Option<TokenResponse> {
    let claim = Claim::Secret {
        client_id: world.client.client_id.clone(),
        method: AuthMethod::ClientSecretBasic,
        secret: secret.into(),
    };
    let claimant = world.store.claimant(&claim).await.expect("answers").expect("known");
    if !world.store.proves(&claimant, secret) {
        return None;
    }
    let request = asking(&world.target.to_string());
    answered(world.store.issue_for_client(&world.app(), &claimant.client, &request).await)
}

/// How often the transactions below are crossed. PostgreSQL looks for a deadlock once for each that waits, after a second: on
/// a slow machine it may find the other one guilty.
const CROSSINGS: usize = 20;

#[tokio::test]
async fn a_change_that_postgresql_ends_for_anothers_sake_is_tried_again() {
    on_each_database(async |store, _clock| {
        if store.writer().get_database_backend() != DbBackend::Postgres {
            return;
        }
        let world = Arc::new(World::new(&store).await);
        for _ in 0..CROSSINGS {
            if gave_way(&world).await {
                return;
            }
        }
        panic!("the change was never the one that gave way");
    })
    .await;
}

/// Crosses a revocation with a transaction that has the token and asks for the install, the other way round; whether the
/// revocation gave way. In either case it is done in the end.
async fn gave_way(world: &Arc<World>) -> bool {
    let answer = world.tokens("").await;
    let ask = |sql: &str| Statement::from_string(DbBackend::Postgres, sql);
    let number = |row: Option<QueryResult>| row.expect("a row").try_get::<i64>("", "n").expect("a number");
    let other = world.store.writer().begin().await.expect("begins");
    let pid = other.query_one_raw(ask("SELECT pg_backend_pid()::bigint AS n")).await.expect("valid SQL");
    let pid = number(pid);
    other.execute_unprepared("UPDATE access_tokens SET hint = hint").await.expect("its lock");
    let task = tokio::spawn({
        let (world, token) = (world.clone(), refresh_token(&answer).to_owned());
        async move { world.revoke(&token).await }
    });
    // Asked outside of the transaction: within one PostgreSQL shows the same activity again and again.
    let waits = format!("SELECT COUNT(*) AS n FROM pg_stat_activity WHERE {pid} = ANY(pg_blocking_pids(pid))");
    while number(world.store.reader().query_one_raw(ask(&waits)).await.expect("valid SQL")) == 0 {
        tokio::task::yield_now().await;
    }
    let had = other.execute_unprepared("UPDATE installs SET reason = reason").await;
    other.rollback().await.expect("ends");
    task.await.expect("the revocation was tried again, or went on");
    assert!(!world.lives(&answer).await);
    had.is_ok()
}
