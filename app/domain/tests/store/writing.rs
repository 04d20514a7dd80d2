//! The one writer: what shares a commit, what does not fit its queue, and what is guilty alone.

use std::sync::Arc;

use domain::client::AppGrants;
use domain::id::OrgId;
use domain::oauth::token::{ClientCredentialsRequest, TokenResponse};
use domain::store::accounts::SignInError;
use domain::store::installs::InstallFilter;
use domain::store::tokens::TokenError;
use domain::store::{Settings, Store};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Statement, TransactionTrait};
use tokio::task::JoinSet;

use crate::flow::World;
use crate::harness::{anonymous, by, count, on_each_database, on_each_database_under, organization, settings, typed};

/// The length of the queue in these tests.
const QUEUE: usize = 20;
/// More than the queue and the writer's hands hold.
const MANY: usize = 200;
/// As many as fill a batch, and one before them.
const BESIDE: usize = 65;
/// An audience of which these tests' databases take one token.
const GUILTY: &str = "https://guilty.example";

/// Keeps the writer from beginning (SQLite) or from locking an install (PostgreSQL).
async fn hold(store: &Store) -> DatabaseTransaction {
    let tx = store.writer().begin().await.expect("begins");
    let lock = match tx.get_database_backend() {
        DbBackend::Postgres => "LOCK TABLE installs IN EXCLUSIVE MODE",
        _ => "UPDATE installs SET reason = reason",
    };
    tx.execute_unprepared(lock).await.expect("a lock");
    tx
}

/// An app's own token for `audience`.
async fn own(world: Arc<World>, audience: &'static str) -> (&'static str, Result<TokenResponse, TokenError>) {
    let target = world.target;
    own_in(world, target, audience).await
}

/// An app's own token for `audience` in `target`.
async fn own_in(
    world: Arc<World>,
    target: OrgId,
    audience: &'static str,
) -> (&'static str, Result<TokenResponse, TokenError>) {
    let request =
        ClientCredentialsRequest { organization: Some(target.to_string()), scope: None, audience: audience.to_owned() };
    (audience, world.store.issue_for_client(&world.app(), &world.client, &request).await)
}

async fn installed(store: &Store) -> Arc<World> {
    let mut world = World::new(store).await;
    world.client.grants = AppGrants::Both;
    world.tokens("").await;
    Arc::new(world)
}

fn busy(answer: &Result<TokenResponse, TokenError>) -> bool {
    matches!(answer, Err(TokenError::Database(DbErr::ConnectionAcquire(_))))
}

/// Asks for `MANY` tokens while the writer is held until one is refused, which a queue that is not full does not do;
/// then lets go. Every other one is for the guilty audience, if that is asked for.
async fn overrun(store: &Store, guilty: bool) -> Vec<(&'static str, Result<TokenResponse, TokenError>)> {
    let world = installed(store).await;
    let held = hold(store).await;
    let audience = |number| if guilty && number % 2 == 1 { GUILTY } else { "http://127.0.0.1:3000/api/v1" };
    let mut asked: JoinSet<_> = (0..MANY).map(|number| own(world.clone(), audience(number))).collect();
    let mut answers = Vec::new();
    while !answers.iter().any(|(_, answer)| busy(answer)) {
        answers.push(asked.join_next().await.expect("more than the queue holds").expect("no panic"));
    }
    held.rollback().await.expect("lets go");
    while let Some(answer) = asked.join_next().await {
        answers.push(answer.expect("no panic"));
    }
    answers
}

fn short() -> Settings {
    Settings { write_queue: QUEUE, ..with_guilty() }
}

/// An instance that knows the guilty audience.
fn with_guilty() -> Settings {
    let mut settings = settings();
    settings.audiences.push(GUILTY.to_owned());
    settings
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn req_119_what_does_not_fit_the_queue_is_told_at_once_and_not_written() {
    on_each_database_under(short(), async |store, _clock| {
        let answers = overrun(&store, false).await;
        let done = answers.iter().filter(|(_, answer)| answer.is_ok()).count();
        let refused = answers.iter().filter(|(_, answer)| busy(answer)).count();
        assert_eq!((done + refused, answers.len()), (MANY, MANY), "{:?}", answers.iter().find(|(_, a)| a.is_err()));
        assert!(done >= QUEUE && refused > 0, "{done} done, {refused} refused");
        let written = count(&store, "access_tokens", "grant_type = 'client_credentials'").await;
        assert_eq!(usize::try_from(written), Ok(done), "no more and no less than was acknowledged");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_fails_fails_alone() {
    on_each_database_under(short(), async |store, _clock| {
        let one = format!("CREATE UNIQUE INDEX one_guilty ON access_tokens (audience) WHERE audience = '{GUILTY}'");
        store.writer().execute_unprepared(&one).await.expect("an index");
        let answers = overrun(&store, true).await;
        let (guilty, good): (Vec<_>, Vec<_>) = answers.iter().partition(|(audience, _)| *audience == GUILTY);
        assert!(good.iter().all(|(_, answer)| answer.is_ok() || busy(answer)), "a neighbour failed");
        assert!(good.iter().filter(|(_, answer)| answer.is_ok()).count() >= QUEUE / 4, "they shared a batch");
        assert_eq!(guilty.iter().filter(|(_, answer)| answer.is_ok()).count(), 1);
        let failed = guilty.iter().filter(|(_, answer)| answer.is_err() && !busy(answer)).count();
        assert!(failed >= QUEUE / 4, "the guilty were tried: {failed}");
    })
    .await;
}

/// Changes that share a batch with one whose install was suspended after its decision.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_whose_ground_fell_is_undone_and_the_others_of_its_batch_are_written() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let mut codes = Vec::new();
        for number in 0..6 {
            let target = organization(&store, world.admin, &format!("Target {number}")).await;
            let waiting = world.wait("").await;
            codes.push(world.allow(&waiting, world.admin, target).await.expect("the admin may"));
        }
        let held = hold(&store).await;
        let world = Arc::new(world);
        let mut asked = JoinSet::new();
        for (number, code) in codes.into_iter().enumerate() {
            let world = world.clone();
            asked.spawn(async move { (number, world.exchange(&code).await) });
        }
        // Until they have decided and wait for the writer; one that comes later finds the install suspended itself.
        for _ in 0..100 {
            assert_eq!(count(&store, "codes", "used_at IS NOT NULL").await, 0);
        }
        let fall = "UPDATE installs SET status = 'suspended' WHERE organization_id = \
                    (SELECT id FROM organizations WHERE name = 'Target 2')";
        held.execute_unprepared(fall).await.expect("suspended");
        held.commit().await.expect("committed");
        let mut failed = Vec::new();
        while let Some(answer) = asked.join_next().await {
            let (number, answer) = answer.expect("no panic");
            match answer {
                Ok(answer) => assert!(world.lives(&answer).await, "{number}"),
                Err(_) => failed.push(number),
            }
        }
        assert_eq!(failed, [2]);
        assert_eq!(count(&store, "codes", "used_at IS NOT NULL").await, 5, "the code of the sixth was given back");
        assert_eq!(count(&store, "access_tokens", "1 = 1").await, 5);
    })
    .await;
}

#[tokio::test]
async fn req_061_an_install_that_grows_or_ends_is_seen_by_the_next_request() {
    on_each_database(async |store, _clock| {
        let mut world = World::new(&store).await;
        world.client.grants = AppGrants::Both;
        let world = Arc::new(world);
        let scope = async || {
            let answer = own(world.clone(), "http://127.0.0.1:3000/api/v1").await.1;
            answer.ok().map(|answer| answer.scope.to_string())
        };
        assert_eq!(scope().await, None, "not installed yet");
        let waiting = world.wait("").await;
        world.decide(&waiting, world.admin, world.target, "").await.expect("the admin may");
        assert_eq!((scope().await.as_deref(), scope().await.as_deref()), (Some("read"), Some("read")));
        let waiting = world.wait("").await;
        world.decide(&waiting, world.admin, world.target, "write").await.expect("the admin may");
        assert_eq!(scope().await.as_deref(), Some("read write"), "the union");
        let install = store.installs_in(world.target, InstallFilter::default()).await.expect("answers").items[0].id;
        store.revoke_install(&by(world.admin), world.target, install, None, false).await.expect("it was there");
        assert_eq!(scope().await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_what_is_written_goes_into_the_file_and_the_log_begins_anew() {
    on_each_database(async |store, _clock| {
        if store.reader().get_database_backend() != DbBackend::Sqlite {
            return;
        }
        let file = file_of(&store).await;
        let bytes = |path: &str| std::fs::metadata(path).expect("a file").len();
        let world = installed(&store).await;
        let before = bytes(&file);
        // As many as are worth a copy, and again where it is on its way still.
        for _ in 0..100 {
            let asked: JoinSet<_> = (0..50).map(|_| own(world.clone(), "http://127.0.0.1:3000/api/v1")).collect();
            assert!(asked.join_all().await.iter().all(|(_, answer)| answer.is_ok()));
            if bytes(&file) > before {
                break;
            }
        }
        assert!(bytes(&file) > before, "nothing was copied");
        let log = format!("{file}-wal");
        let began = times_begun(&log);
        // One by one: each commit has pages of its own.
        for number in 0..6_000 {
            assert!(own(world.clone(), "http://127.0.0.1:3000/api/v1").await.1.is_ok());
            if number % 100 == 0 && times_begun(&log) != began {
                break;
            }
        }
        assert_ne!(times_begun(&log), began, "the log only grows");
        assert!(bytes(&log) < 32_000 * 4_096, "the writer would have done it");
    })
    .await;
}

#[tokio::test]
async fn on_sqlite_what_verbs_write_goes_into_the_file_too() {
    on_each_database(async |store, _clock| {
        if store.reader().get_database_backend() != DbBackend::Sqlite {
            return;
        }
        let file = file_of(&store).await;
        let bytes = || std::fs::metadata(&file).expect("a file").len();
        let before = bytes();
        // Some five pages each: at sixteen thousand the writer would do it.
        for _ in 0..1_800 {
            let refused = store.sign_in(&anonymous(), "nobody@example.com", typed("wrong password")).await;
            assert!(matches!(refused, Err(SignInError::Refused)), "{refused:?}");
            if bytes() > before {
                return;
            }
        }
        panic!("nothing was copied");
    })
    .await;
}

/// Where SQLite has the database of `store`.
async fn file_of(store: &Store) -> String {
    let file = Statement::from_string(DbBackend::Sqlite, "SELECT file FROM pragma_database_list");
    let file = store.reader().query_one_raw(file).await.expect("answers").expect("a file");
    file.try_get("", "file").expect("a path")
}

/// How often the write-ahead log at `path` has begun anew: the checkpoint sequence number of its header (file format of
/// SQLite, section 4.1).
fn times_begun(path: &str) -> [u8; 4] {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut number = [0; 4];
    let mut log = std::fs::File::open(path).expect("a log");
    log.seek(SeekFrom::Start(12)).expect("it is there");
    log.read_exact(&mut number).expect("a header");
    number
}

/// Lets the commit of whoever inserts an access token do `what` (PL/pgSQL).
async fn at_commit(store: &Store, what: &str) {
    let trigger = format!(
        "CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {what}; RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON access_tokens DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION at_commit()"
    );
    store.writer().execute_unprepared(&trigger).await.expect("a trigger");
}

/// Waits until a connection that writes this test's access tokens is in the state that `which` says.
async fn until(store: &Store, which: &str) {
    let sql = format!(
        "SELECT 1 FROM pg_stat_activity WHERE {which} AND pid IN (SELECT pid FROM pg_locks \
         WHERE relation = 'access_tokens'::regclass AND mode = 'RowExclusiveLock')"
    );
    for _ in 0..10_000 {
        let statement = Statement::from_string(DbBackend::Postgres, &sql);
        if store.reader().query_one_raw(statement).await.expect("answers").is_some() {
            return;
        }
    }
    panic!("there never was one of which {which}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_the_next_batch_is_written_during_a_commit_and_nothing_is_told_before_its_own() {
    on_each_database(async |store, _clock| {
        if store.reader().get_database_backend() != DbBackend::Postgres {
            return;
        }
        let world = installed(&store).await;
        let other = organization(&store, world.admin, "Other").await;
        let waiting = world.wait("").await;
        world.allow(&waiting, world.admin, other).await.expect("the admin may");
        at_commit(&store, "PERFORM pg_advisory_xact_lock(7)").await;
        let held = store.writer().begin().await.expect("begins");
        held.execute_unprepared("SELECT pg_advisory_xact_lock(7)").await.expect("a lock");
        let mut asked = JoinSet::new();
        asked.spawn(own(world.clone(), "http://127.0.0.1:3000/api/v1"));
        until(&store, "wait_event = 'advisory'").await;
        // What rests on the same install waits; the others are enough to be worth a batch.
        asked.spawn(own(world.clone(), "http://127.0.0.1:3000/api/v1"));
        for _ in 2..BESIDE {
            asked.spawn(own_in(world.clone(), other, "http://127.0.0.1:3000/api/v1"));
        }
        until(&store, "state = 'idle in transaction'").await;
        assert_eq!(count(&store, "access_tokens", "grant_type = 'client_credentials'").await, 0);
        assert!(asked.try_join_next().is_none(), "told before its commit");
        held.rollback().await.expect("lets go");
        assert!(asked.join_all().await.iter().all(|(_, answer)| answer.is_ok()));
        let written = count(&store, "access_tokens", "grant_type = 'client_credentials'").await;
        assert_eq!(usize::try_from(written), Ok(BESIDE));
    })
    .await;
}

#[tokio::test]
async fn on_postgres_a_commit_that_fails_is_told_and_the_next_one_is_not_hurt() {
    on_each_database_under(with_guilty(), async |store, _clock| {
        if store.reader().get_database_backend() != DbBackend::Postgres {
            return;
        }
        let world = installed(&store).await;
        at_commit(&store, &format!("IF NEW.audience = '{GUILTY}' THEN RAISE EXCEPTION 'guilty'; END IF")).await;
        let (_, guilty) = own(world.clone(), GUILTY).await;
        assert!(guilty.is_err() && !busy(&guilty));
        assert!(own(world.clone(), "http://127.0.0.1:3000/api/v1").await.1.is_ok());
        assert_eq!(count(&store, "access_tokens", "grant_type = 'client_credentials'").await, 1);
    })
    .await;
}
