//! What is kept in memory is never behind (requirement 78). On SQLite lookups are kept in every test of this binary; on
//! PostgreSQL each of these reads the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::client::{AuthMethod, InstallStatus};
use domain::id::{InstallId, SecretId};
use domain::oauth::client_auth::Claim;
use domain::oauth::token::TokenResponse;
use domain::organization::Status;
use domain::portal::AppFields;
use domain::role::Role;
use domain::store::installs::InstallFilter;
use domain::store::{By, Keep};

use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};

use crate::flow::{World, choice, refresh_token};
use crate::harness::{by, keep, on_each_database};

/// How many ask at the same time.
const ASKERS: usize = 50;
/// How many ends are raced.
const ROUNDS: usize = 200;

/// The newest one that is active: among those that ended, two processes may have made one in the same millisecond.
pub(crate) async fn newest_install(world: &World) -> InstallId {
    let active = InstallFilter { status: Some(InstallStatus::Active), ..InstallFilter::default() };
    let list = world.store.installs_in(world.target, active).await.expect("answers");
    list.items.first().expect("an install").id
}

async fn ends(world: &World, answer: &TokenResponse, what: &str, end: impl AsyncFnOnce()) {
    assert!(world.lives(answer).await && world.lives(answer).await, "warm: {what}");
    end().await;
    assert!(!world.lives(answer).await, "{what}");
}

async fn pauses(world: &World, answer: &TokenResponse, what: &str, end: impl AsyncFnOnce(), begin: impl AsyncFnOnce()) {
    ends(world, answer, what, end).await;
    begin().await;
    assert!(world.lives(answer).await, "over: {what}");
}

#[tokio::test]
async fn on_sqlite_a_lookup_is_kept_while_this_process_changes_nothing_of_it() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let answer = world.tokens("").await;
        let name =
            async || store.bearer(&answer.access_token).await.expect("answers").expect("live").client.name.clone();
        assert_eq!(name().await, "Robot");
        // Past the store, as no process may while this one serves.
        let sqlite = store.reader().get_database_backend() == DbBackend::Sqlite;
        if sqlite {
            let path = Statement::from_string(DbBackend::Sqlite, "SELECT file FROM pragma_database_list");
            let path = store.reader().query_one_raw(path).await.expect("answers").expect("a file");
            let path: String = path.try_get("", "file").expect("a path");
            let other = Database::connect(format!("sqlite://{path}")).await.expect("another connection");
            other.execute_unprepared("UPDATE apps SET name = 'Android'").await.expect("changed");
            other.close().await.expect("closed");
            assert_eq!(name().await, "Robot", "kept");
        } else {
            store.writer().execute_unprepared("UPDATE apps SET name = 'Android'").await.expect("changed");
            keep(&store);
            assert_eq!(name().await, "Android", "every check reads the database");
        }
        store.rename_organization(&By::operator(), None, world.target, "Aim").await.expect("there");
        assert_eq!(name().await, "Android", "forgotten at the next change");
    })
    .await;
}

#[tokio::test]
async fn req_078_a_resource_server_that_takes_an_audience_or_leaves_it_is_seen_by_the_next_request() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let answer = world.tokens("").await;
        let taken = async || store.bearer(&answer.access_token).await.expect("answers").expect("live").audience_taken;
        assert!(!taken().await && !taken().await, "warm");
        let audience = store.settings().audiences[0].clone();
        let (server, _) = store.create_resource_server(&By::operator(), "Api", &audience).await.expect("registered");
        assert!(taken().await && taken().await, "warm");
        store.remove_resource_server(&By::operator(), server).await.expect("removed");
        assert!(!taken().await);
    })
    .await;
}

#[tokio::test]
async fn req_078_a_pause_is_seen_by_the_next_request() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (op, maker) = (By::operator(), by(world.maker));
        let (app, own) = (world.tokens("").await, world.tokens("&actor=self").await);
        for answer in [&app, &own] {
            let app_status = async |suspend: bool| {
                let done = if suspend {
                    store.suspend_app(&maker, world.partner, world.client.app).await
                } else {
                    store.resume_app(&maker, world.partner, world.client.app).await
                };
                done.expect("its own");
            };
            pauses(&world, answer, "the app", async || app_status(true).await, async || app_status(false).await).await;
            for organization in [world.target, world.partner] {
                let set = async |status| store.set_organization_status(&op, organization, status).await.expect("there");
                let (end, begin) = (async || set(Status::Suspended).await, async || set(Status::Active).await);
                pauses(&world, answer, "an organization", end, begin).await;
            }
            let ask = async |scopes: &[&str]| {
                let choices = scopes.iter().map(|scope| choice(scope, false)).collect();
                store.set_scopes(&maker, world.partner, world.client.app, choices, None).await.expect("its own");
            };
            ask(&["write"]).await;
            assert_eq!(world.scopes_of(&answer.access_token).await, "write".parse().ok());
            ask(&["read", "write", "delete"]).await;
            assert_eq!(world.scopes_of(&answer.access_token).await, "read write delete".parse().ok());
        }
        let bearer = async || store.bearer(&app.access_token).await.expect("answers").expect("live");
        assert_eq!(bearer().await.client.name, "Robot");
        let fields = AppFields { name: "Android".to_owned(), ..fields_of(&world).await };
        store.update_app(&maker, world.partner, world.client.app, fields, None).await.expect("its own");
        store.rename_organization(&op, None, world.target, "Aim").await.expect("there");
        assert_eq!(
            (bearer().await.client.name.as_str(), bearer().await.organization.name.as_str()),
            ("Android", "Aim")
        );
    })
    .await;
}

async fn fields_of(world: &World) -> AppFields {
    world.store.app(world.partner, world.client.app).await.expect("its own").fields
}

#[tokio::test]
async fn req_078_what_becomes_of_a_person_is_seen_by_the_next_request() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let op = By::operator();
        let own = world.tokens("&actor=self").await;
        let role = async |role| store.set_member(&op, world.target, world.admin, role).await.expect("there");
        assert_eq!(world.scopes_of(&own.access_token).await, "read write delete".parse().ok());
        role(Some(Role::Member)).await;
        assert_eq!(world.scopes_of(&own.access_token).await, "read".parse().ok(), "within the present role");
        role(Some(Role::Owner)).await;
        assert_eq!(world.scopes_of(&own.access_token).await, "read write delete".parse().ok());
        let status = async |status| store.set_user_status(&op, world.admin, status).await.expect("there");
        ends(&world, &own, "the person is suspended", async || status(Status::Suspended).await).await;
        status(Status::Active).await;
        let own = world.tokens("&actor=self").await;
        ends(&world, &own, "the person leaves", async || role(None).await).await;
    })
    .await;
}

#[tokio::test]
async fn req_078_an_end_is_seen_by_the_next_request() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (admin, maker) = (by(world.admin), by(world.maker));
        let client = world.client.app;
        for more in ["", "&actor=self"] {
            let answer = world.tokens(more).await;
            ends(&world, &answer, "revoked by the client", async || world.revoke(&answer.access_token).await).await;
            let answer = world.tokens(more).await;
            ends(&world, &answer, "its refresh token", async || world.revoke(refresh_token(&answer)).await).await;
            let answer = world.tokens(more).await;
            ends(&world, &answer, "refreshed", async || drop(world.refresh(&answer).await.expect("live"))).await;
            let answer = world.tokens(more).await;
            ends(&world, &answer, "a new consent", async || drop(world.tokens(more).await)).await;
            let answer = world.tokens(more).await;
            let install = newest_install(&world).await;
            let end = async || store.revoke_install(&admin, world.target, install, None, false).await.expect("his");
            ends(&world, &answer, "the install", end).await;
        }
        let answer = world.tokens("&actor=self").await;
        let install = newest_install(&world).await;
        let end = async || store.revoke_my_app(&admin, world.admin, install).await.expect("his");
        ends(&world, &answer, "by the person", end).await;
        let answer = world.tokens("").await;
        let install = newest_install(&world).await;
        let end = async || store.revoke_install(&admin, world.target, install, None, true).await.expect("his");
        ends(&world, &answer, "blocked", end).await;
        store.unblock_app(&admin, world.target, client).await.expect("blocked");
        let answer = world.tokens("").await;
        let secret = store.secrets_of(world.partner, client).await.expect("its own")[0].id;
        let end = async || store.revoke_secret(&maker, world.partner, client, secret, true).await.expect("its own");
        ends(&world, &answer, "compromised", end).await;
        let answer = world.tokens("").await;
        ends(&world, &answer, "deleted", async || {
            store.delete_app(&maker, world.partner, client).await.expect("its own");
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn req_078_an_end_that_comes_by_itself_is_judged_at_every_use() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let answer = world.tokens("").await;
        assert!(world.lives(&answer).await);
        clock.advance(answer.expires_in.expect("an end") - 1);
        assert!(world.lives(&answer).await);
        clock.advance(1);
        assert!(!world.lives(&answer).await);
    })
    .await;
}

async fn proves(world: &World, secret: &str) -> bool {
    let claim = Claim::Secret {
        client_id: world.client.client_id.clone(),
        method: AuthMethod::ClientSecretBasic,
        secret: secret.into(),
    };
    let claimant = world.store.claimant(&claim).await.expect("answers").expect("known");
    let proved = world.store.proves(&claimant, secret);
    let again = world.store.authenticate_secret(&world.client, secret).await.expect("answers").is_some();
    assert_eq!(proved, again, "both ways agree");
    proved
}

#[tokio::test]
async fn req_057_the_end_of_a_secret_is_seen_by_the_next_request() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let (maker, app) = (by(world.maker), world.client.app);
        assert!(proves(&world, &world.secret.0).await && proves(&world, &world.secret.0).await);
        assert!(!proves(&world, "ptcsec_junk").await);
        let second = store.rotate_secret(&maker, world.partner, app, "", 60).await.expect("rotated");
        assert!(proves(&world, &world.secret.0).await && proves(&world, &second.secret.0).await);
        clock.advance(60);
        assert!(!proves(&world, &world.secret.0).await && proves(&world, &second.secret.0).await);
        let third = store.create_secret(&maker, world.partner, app, "").await.expect("made");
        assert!(proves(&world, &third.secret.0).await);
        let end = async |id: SecretId| store.revoke_secret(&maker, world.partner, app, id, false).await.expect("ended");
        end(second.id).await;
        assert!(!proves(&world, &second.secret.0).await && proves(&world, &third.secret.0).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_078_of_50_who_use_a_token_while_it_ends_none_does_after_the_end_was_told() {
    on_each_database(async |store, _clock| {
        let world = Arc::new(World::new(&store).await);
        let mut answer = Arc::new(world.tokens("").await);
        for round in 0..ROUNDS {
            let told = Arc::new(AtomicBool::new(false));
            let mut askers = tokio::task::JoinSet::new();
            for _ in 0..ASKERS {
                let (world, answer, told) = (world.clone(), answer.clone(), told.clone());
                askers.spawn(async move {
                    loop {
                        let over = told.load(Ordering::SeqCst);
                        let live = world.store.bearer(&answer.access_token).await.expect("answers").is_some();
                        assert!(!(over && live), "{round}: used after its end");
                        if over {
                            return;
                        }
                        tokio::task::yield_now().await;
                    }
                });
            }
            tokio::task::yield_now().await;
            let next = if round % 4 == 3 {
                world.revoke(refresh_token(&answer)).await;
                None
            } else {
                Some(world.refresh(&answer).await.expect("live"))
            };
            told.store(true, Ordering::SeqCst);
            askers.join_all().await;
            let next = match next {
                Some(next) => next,
                None => world.tokens("").await,
            };
            answer = Arc::new(next);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn req_078_a_caller_who_goes_away_in_the_middle_leaves_nothing_behind() {
    on_each_database(async |store, _clock| {
        if store.reader().get_database_backend() != DbBackend::Sqlite {
            return;
        }
        let world = World::new(&store).await;
        let admin = by(world.admin);
        let mut answer = world.tokens("").await;
        for turns in 0..ROUNDS {
            assert!(world.lives(&answer).await);
            let install = newest_install(&world).await;
            let end = store.revoke_install(&admin, world.target, install, None, false);
            let gone = async {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                biased;
                ended = end => ended.expect("his"),
                () = gone => {}
            }
            // The writer has one connection: what began before is over when this is.
            store.rename_organization(&admin, None, world.target, &format!("Target {turns}")).await.expect("there");
            let kept = store.bearer(&answer.access_token).await.expect("answers").is_some();
            store.keep(Keep::Nothing);
            let stored = store.bearer(&answer.access_token).await.expect("answers").is_some();
            keep(&store);
            assert_eq!(kept, stored, "after {turns} turns");
            if !stored {
                answer = world.tokens("").await;
            }
        }
    })
    .await;
}
