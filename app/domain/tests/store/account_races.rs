//! People, organizations and the catalogue, changed by two at once. On PostgreSQL a transaction of the test holds rows
//! until the verb waits for it; on SQLite the verb waits for its turn.

use domain::organization::{InstallPolicy, Status};
use domain::role::StaffRole;
use domain::store::accounts::{ChangePasswordError, SignInError};
use domain::store::organizations::SetOrganizationError;
use domain::store::sessions::SessionKey;
use domain::store::staff::AddStaffError;
use domain::store::{By, Store};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement, TransactionTrait};
use tokio::task::JoinHandle;

use crate::harness::{PASSWORD, anonymous, by, count, on_each_database, on_two_processes, organization, person, typed};
use crate::links::use_path;
use crate::sessions::session;

/// The number `n` that `sql` gives.
async fn number(db: &impl ConnectionTrait, sql: &str) -> i64 {
    let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.expect("valid SQL");
    row.expect("a row").try_get("", "n").expect("a number")
}

/// Asks for `verb` in the middle of a transaction that has done `sql`. On PostgreSQL it waits for that by now, or is
/// done.
pub(crate) async fn amid<T: Send + 'static>(
    store: &Store,
    sql: &str,
    verb: impl Future<Output = T> + Send + 'static,
) -> (DatabaseTransaction, JoinHandle<T>) {
    let tx = store.writer().begin().await.expect("begins");
    tx.execute_unprepared(sql).await.expect("valid SQL");
    let task = tokio::spawn(verb);
    if tx.get_database_backend() == DbBackend::Postgres {
        let pid = number(&tx, "SELECT pg_backend_pid()::bigint AS n").await;
        let waits = format!("SELECT COUNT(*) AS n FROM pg_stat_activity WHERE {pid} = ANY(pg_blocking_pids(pid))");
        while !task.is_finished() && number(store.reader(), &waits).await == 0 {
            tokio::task::yield_now().await;
        }
    }
    (tx, task)
}

/// What `verb` answers, which began before `sql` was committed.
pub(crate) async fn overtaken<T: Send + 'static>(
    store: &Store,
    sql: &str,
    verb: impl Future<Output = T> + Send + 'static,
) -> T {
    let (tx, task) = amid(store, sql, verb).await;
    tx.commit().await.expect("commits");
    task.await.expect("no panic")
}

/// What takes a password away does this.
const RESET: &str = "UPDATE users SET password_hash = NULL";

#[tokio::test]
async fn the_old_password_does_not_undo_a_reset_that_is_on_its_way() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let changes = {
            let store = store.clone();
            async move { store.change_password(&by(ada), ada, typed(PASSWORD), typed("another long walk"), None).await }
        };
        let refused = overtaken(&store, RESET, changes).await;
        assert!(matches!(refused, Err(ChangePasswordError::WrongPassword)), "{refused:?}");
        assert_eq!(count(&store, "users", "password_hash IS NULL").await, 1);
    })
    .await;
}

#[tokio::test]
async fn nobody_signs_in_with_a_password_whose_reset_is_on_its_way() {
    on_each_database(async |store, _clock| {
        person(&store, "ada").await;
        let signs_in = {
            let store = store.clone();
            async move { store.sign_in(&anonymous(), "ada@example.com", typed(PASSWORD)).await }
        };
        let refused = overtaken(&store, RESET, signs_in).await;
        assert!(matches!(refused, Err(SignInError::Refused)), "{refused:?}");
        assert_eq!(count(&store, "audit_events", "action = 'session.created'").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_session_does_not_begin_beside_a_new_password_that_is_on_its_way() {
    on_each_database(async |store, clock| {
        let ada = person(&store, "ada").await;
        let reset = format!("UPDATE users SET updated_at = {}", store.now().plus_seconds(1).0);
        let begins = {
            let store = store.clone();
            async move { session(&store, &SessionKey::new(1), ada).await }
        };
        overtaken(&store, &reset, begins).await;
        assert!(store.load_session(&SessionKey::new(1)).await.expect("loads").is_none());
        clock.advance(1);
        session(&store, &SessionKey::new(2), ada).await;
        assert!(store.load_session(&SessionKey::new(2)).await.expect("loads").is_some(), "a sign-in after it");
    })
    .await;
}

/// What others lock on PostgreSQL, one after the other: the second they get at once, or both would wait.
type Order = [&'static str; 2];

const BATCH: Order = ["SELECT id FROM installs FOR NO KEY UPDATE", "SELECT id FROM users FOR SHARE NOWAIT"];
const CONSENT: Order = [
    "SELECT id FROM organizations FOR NO KEY UPDATE; SELECT id FROM users FOR SHARE",
    "SELECT id FROM installs FOR NO KEY UPDATE NOWAIT",
];
const NEWER_LINK: Order =
    ["SELECT id FROM users FOR NO KEY UPDATE", "SELECT id FROM one_time_links FOR NO KEY UPDATE NOWAIT"];

/// Insists that `verb` waits for the first of `order`, and has nothing of the second yet.
async fn waits_in(order: Order, store: &Store, verb: impl Future<Output = ()> + Send + 'static) {
    if store.reader().get_database_backend() == DbBackend::Sqlite {
        return verb.await;
    }
    let [first, second] = order;
    let (tx, task) = amid(store, first, verb).await;
    assert!(!task.is_finished(), "{first}: it waits");
    tx.execute_unprepared(second).await.expect("nobody has it");
    tx.rollback().await.expect("ends");
    task.await.expect("it goes on");
}

/// Everything that ends what acts as a person, and writes his row.
async fn end_what_acts_as(store: &Store, name: &str, order: Order) {
    let user = person(store, name).await;
    crate::tokens_of_both_modes(store, user).await;
    let email = format!("{name}@example.com");
    let path = store.create_link(&By::operator(), &email, None).await.expect("a link").0;
    let changes = {
        let store = store.clone();
        async move {
            let changed =
                store.change_password(&by(user), user, typed(PASSWORD), typed("another long walk"), None).await;
            changed.expect("changed");
        }
    };
    waits_in(order, store, changes).await;
    let use_it = {
        let store = store.clone();
        async move { use_path(&store, &path, "brand new words").await.map(drop).expect("used") }
    };
    waits_in(order, store, use_it).await;
    let adds = {
        let store = store.clone();
        async move {
            let added = store.add_staff(&By::operator(), &email, StaffRole::Support, true).await;
            added.map(drop).expect("added");
        }
    };
    waits_in(order, store, adds).await;
    let suspends = {
        let store = store.clone();
        async move { store.set_user_status(&By::operator(), user, Status::Suspended).await.expect("suspended") }
    };
    waits_in(order, store, suspends).await;
}

#[tokio::test]
async fn what_ends_a_persons_tokens_waits_for_a_batch_and_for_a_consent_and_neither_for_it() {
    on_each_database(async |store, _clock| {
        for (name, order) in [("ada", BATCH), ("bob", CONSENT)] {
            end_what_acts_as(&store, name, order).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_link_waits_for_its_person_before_it_is_used() {
    on_each_database(async |store, _clock| {
        person(&store, "ada").await;
        let path = store.create_link(&By::operator(), "ada@example.com", None).await.expect("a link").0;
        let use_it = {
            let store = store.clone();
            async move { use_path(&store, &path, "brand new words").await.map(drop).expect("used") }
        };
        waits_in(NEWER_LINK, &store, use_it).await;
    })
    .await;
}

#[tokio::test]
async fn no_change_of_an_organization_undoes_another_that_is_on_its_way() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let acme = organization(&store, ada, "Acme").await;
        let both = async |what: &str| assert_eq!(count(&store, "organizations", what).await, 1, "{what}");
        let another = || store.clone();

        let store_of = another();
        let renames = async move { store_of.rename_organization(&by(ada), None, acme, "Renamed").await };
        overtaken(&store, "UPDATE organizations SET plan = 'one'", renames).await.expect("renamed");
        both("name = 'Renamed' AND plan = 'one'").await;

        let store_of = another();
        let domain = Some("acme.example".to_owned());
        let sets = async move { store_of.set_organization(&By::operator(), "acme", domain, None).await };
        overtaken(&store, "UPDATE organizations SET name = 'Other'", sets).await.expect("set");
        both("domain = 'acme.example' AND name = 'Other'").await;

        let store_of = another();
        let opens = async move { store_of.set_install_policy(&by(ada), acme, InstallPolicy::Open).await };
        overtaken(&store, "UPDATE organizations SET plan = 'two'", opens).await.expect("opened");
        both("install_policy = 'open' AND plan = 'two'").await;

        let store_of = another();
        let suspends = async move { store_of.set_organization_status(&By::operator(), acme, Status::Suspended).await };
        overtaken(&store, "UPDATE organizations SET plan = 'three'", suspends).await.expect("suspended");
        both("status = 'suspended' AND plan = 'three'").await;
    })
    .await;
}

#[tokio::test]
async fn two_processes_begin_on_one_new_database() {
    on_two_processes(async |store, other, _clock| {
        for sql in ["CREATE TABLE shipped AS SELECT * FROM scopes", "DELETE FROM scopes"] {
            store.writer().execute_unprepared(sql).await.expect("emptied");
        }
        let loads = async move { other.ensure_catalogue().await };
        let loaded = overtaken(&store, "INSERT INTO scopes SELECT * FROM shipped", loads).await;
        loaded.expect("what the other one has loaded stands there");
        assert_eq!(count(&store, "scopes", "1 = 1").await, 11);
    })
    .await;
}

#[tokio::test]
async fn of_links_that_are_made_at_the_same_time_one_lives() {
    on_each_database(async |store, _clock| {
        let op = By::operator();
        person(&store, "ada").await;
        for _ in 0..20 {
            let make = || store.create_link(&op, "ada@example.com", None);
            let (one, other) = tokio::join!(make(), make());
            one.expect("a link");
            other.expect("a link");
            assert_eq!(count(&store, "one_time_links", "used_at IS NULL").await, 1);
        }
        let (path, _) = store.create_link(&op, "ada@example.com", None).await.expect("a link");
        let beside = "UPDATE one_time_links SET used_at = NULL";
        store.writer().execute_unprepared(beside).await.expect("as if all had been made at once");
        use_path(&store, &path, "another long walk").await.expect("live");
        assert_eq!(count(&store, "one_time_links", "used_at IS NULL").await, 0, "none outlives the one that was used");
    })
    .await;
}

#[tokio::test]
async fn staff_and_a_domain_that_two_ask_for_at_the_same_time_are_given_once() {
    on_each_database(async |store, _clock| {
        let op = By::operator();
        for round in 0..10 {
            let email = format!("staff{round}@example.com");
            let add = || store.add_staff(&op, &email, StaffRole::Support, false);
            let (one, other) = tokio::join!(add(), add());
            let refused = [one.err(), other.err()].into_iter().flatten().collect::<Vec<_>>();
            assert!(matches!(refused[..], [AddStaffError::Exists { .. }]), "{refused:?}");
            let ada = person(&store, &format!("ada{round}")).await;
            let (a, b) = (
                organization(&store, ada, &format!("A{round}")).await,
                organization(&store, ada, &format!("B{round}")).await,
            );
            let domain = || Some(format!("shop{round}.example"));
            let (a, b) = (a.to_string(), b.to_string());
            let (one, other) = tokio::join!(
                store.set_organization(&op, &a, domain(), None),
                store.set_organization(&op, &b, domain(), None)
            );
            let refused = [one.err(), other.err()].into_iter().flatten().collect::<Vec<_>>();
            assert!(matches!(refused[..], [SetOrganizationError::DomainTaken]), "{refused:?}");
        }
    })
    .await;
}
