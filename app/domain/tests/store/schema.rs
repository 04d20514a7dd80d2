//! The migrations and the connections.

use domain::time::{Clock as _, SystemClock};
use sea_orm::{ConnectionTrait, DbBackend};

use crate::harness::{SqliteFile, connect, count, on_each_database};

#[tokio::test]
async fn the_migrations_run_once_and_again_change_nothing() {
    on_each_database(async |store, _clock| {
        assert!(!migrations::pending(store.reader()).await.expect("answers"));
        migrations::up(store.writer()).await.expect("again");
        store.ensure_catalogue().await.expect("again");
        assert_eq!(count(&store, "scopes", "1 = 1").await, 11);
        assert!(store.reachable().await);
    })
    .await;
}

#[tokio::test]
async fn a_new_database_has_every_migration_pending() {
    let file = SqliteFile::new(u64::MAX);
    let clock = std::sync::Arc::new(domain::time::FixedClock::new(crate::harness::START));
    let store = connect(&file.url(), clock).await;
    assert!(migrations::pending(store.reader()).await.expect("answers"));
    assert!(!store.reachable().await);
    migrations::up(store.writer()).await.expect("runs");
    assert!(!migrations::pending(store.reader()).await.expect("answers"));
}

#[tokio::test]
async fn sqlite_is_durable_and_its_readers_cannot_write() {
    let file = SqliteFile::new(u64::MAX - 1);
    let clock = std::sync::Arc::new(domain::time::FixedClock::new(crate::harness::START));
    let store = connect(&file.url(), clock).await;
    migrations::up(store.writer()).await.expect("runs");
    let pragma = async |name: &str| {
        let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, format!("PRAGMA {name}"));
        store.writer().query_one_raw(statement).await.expect("answers").expect("a row")
    };
    let mode: String = pragma("journal_mode").await.try_get("", "journal_mode").expect("text");
    let synchronous: i32 = pragma("synchronous").await.try_get("", "synchronous").expect("a number");
    let foreign_keys: i32 = pragma("foreign_keys").await.try_get("", "foreign_keys").expect("a number");
    assert_eq!((mode.as_str(), synchronous, foreign_keys), ("wal", 2, 1));
    let refused = store.reader().execute_unprepared("DELETE FROM instance").await;
    assert!(refused.is_err_and(|error| error.to_string().contains("readonly")));
}

#[tokio::test]
async fn req_127_a_hash_of_an_older_cost_is_made_anew_at_sign_in() {
    use crate::harness::{PASSWORD, anonymous, person, settings, typed};
    let file = SqliteFile::new(u64::MAX - 2);
    let clock = std::sync::Arc::new(domain::time::FixedClock::new(crate::harness::START));
    let old = connect(&file.url(), clock.clone()).await;
    migrations::up(old.writer()).await.expect("runs");
    let ada = person(&old, "ada").await;
    old.close().await.expect("closes");
    let cost = domain::store::PasswordCost { memory_kib: 16, passes: 2, lanes: 1 };
    let settings = domain::store::Settings { password_cost: cost, ..settings() };
    let entropy = std::sync::Arc::new(domain::entropy::SeededEntropy::new(99));
    let new = domain::store::Store::connect(&file.url(), settings, clock, entropy).await.expect("opens");
    let of_cost =
        async |cost: &str| count(&new, "users", &format!("password_hash LIKE '$argon2id$v=19${cost}$%'")).await;
    assert_eq!(of_cost("m=8,t=1,p=1").await, 1);
    for _ in 0..2 {
        assert_eq!(new.sign_in(&anonymous(), "ada@example.com", typed(PASSWORD)).await.expect("right").user, ada);
        assert_eq!(of_cost("m=16,t=2,p=1").await, 1);
    }
}

#[tokio::test]
async fn foreign_keys_hold_in_both_databases() {
    on_each_database(async |store, _clock| {
        let sql = "INSERT INTO app_scopes (app_id, scope, purpose, required, position) \
                   SELECT actor_id, 'read', '', FALSE, 0 FROM audit_events";
        crate::harness::person(&store, "ada").await;
        let refused = store.writer().execute_unprepared(sql).await.expect_err("no such app");
        assert!(refused.to_string().to_lowercase().contains("foreign key"), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn req_118_one_install_in_force_per_key() {
    use domain::client::ActorMode::{App, Myself};
    on_each_database(async |store, _clock| {
        let ada = crate::harness::person(&store, "ada").await;
        let acme = crate::harness::organization(&store, ada, "Acme").await;
        let bob = crate::harness::member(&store, acme, "bob", domain::role::Role::Member).await;
        let app = crate::harness::app(&store, acme, "Robot").await;
        crate::harness::install(&store, app, acme, ada, App).await;
        crate::harness::install(&store, app, acme, ada, Myself).await;
        crate::harness::install(&store, app, acme, bob, Myself).await;
        let again = "INSERT INTO installs (id, app_id, organization_id, actor, user_id, scopes, installed_by, test, \
                     status, created_at, updated_at) SELECT organization_id, app_id, organization_id, actor, user_id, \
                     scopes, installed_by, test, 'active', 0, 0 FROM installs WHERE actor =";
        for actor in ["'app'", "'self'"] {
            let refused = store.writer().execute_unprepared(&format!("{again} {actor} LIMIT 1")).await;
            assert!(refused.is_err_and(|error| error.to_string().to_lowercase().contains("unique")), "{actor}");
        }
        store.writer().execute_unprepared("UPDATE installs SET status = 'revoked'").await.expect("revoked");
        store
            .writer()
            .execute_unprepared(&format!("{again} 'app' LIMIT 1"))
            .await
            .expect("after a revocation a new one");
    })
    .await;
}

#[tokio::test]
async fn every_change_of_an_app_its_scopes_redirect_uris_and_secrets_is_a_revision() {
    on_each_database(async |store, _clock| {
        let ada = crate::harness::person(&store, "ada").await;
        let acme = crate::harness::organization(&store, ada, "Acme").await;
        crate::harness::app(&store, acme, "One").await;
        crate::harness::app(&store, acme, "Other").await;
        let mut last = revisions(&store).await;
        let id = "(SELECT id FROM apps WHERE name = 'One')";
        for change in [
            "UPDATE apps SET status = 'suspended' WHERE name = 'One'".to_owned(),
            format!("UPDATE app_scopes SET required = FALSE WHERE app_id = {id}"),
            format!("DELETE FROM app_scopes WHERE scope = 'write' AND app_id = {id}"),
            format!(
                "INSERT INTO app_scopes (app_id, scope, purpose, required, position) VALUES ({id}, 'write', '', TRUE, 9)"
            ),
            format!("UPDATE redirect_uris SET uri = 'https://other.example' WHERE app_id = {id}"),
            format!("DELETE FROM redirect_uris WHERE app_id = {id}"),
            format!(
                "INSERT INTO client_secrets (id, app_id, secret_hash, hint, label, created_at) \
                 SELECT id, id, '01234567890123456789012345678901', '', '', 0 FROM apps WHERE id = {id}"
            ),
            format!("UPDATE client_secrets SET revoked_at = 1 WHERE app_id = {id}"),
        ] {
            store.writer().execute_unprepared(&change).await.expect("changes");
            let next = revisions(&store).await;
            assert!(next[0] > last[0], "{change}: {last:?} {next:?}");
            assert_eq!(next[1], last[1], "{change}: of another app");
            last = next;
        }
        let used = "UPDATE client_secrets SET last_used_at = 1";
        store.writer().execute_unprepared(used).await.expect("noted");
        assert_eq!(revisions(&store).await, last, "a use is no change");
        store.writer().execute_unprepared("DELETE FROM client_secrets").await.expect("deleted");
        assert!(revisions(&store).await[0] > last[0]);
    })
    .await;
}

/// The revisions of the two apps, by name.
async fn revisions(store: &domain::store::Store) -> Vec<i64> {
    let db = store.reader();
    let asked = sea_orm::Statement::from_string(db.get_database_backend(), "SELECT revision FROM apps ORDER BY name");
    let rows = db.query_all_raw(asked).await.expect("answers");
    rows.iter().map(|row| row.try_get("", "revision").expect("a number")).collect()
}

#[tokio::test]
async fn a_clock_is_compared_with_that_of_the_database_where_it_has_one() {
    on_each_database(async |store, _clock| {
        let ahead = store.clock_ahead().await.expect("answers");
        if store.writer().get_database_backend() == DbBackend::Postgres {
            let apart = store.now().0 - SystemClock.now().0;
            assert!((ahead - apart).abs() < 60_000, "{ahead} and {apart}");
        } else {
            assert_eq!(ahead, 0);
        }
    })
    .await;
}

#[tokio::test]
async fn req_041_a_code_of_an_older_database_is_told_what_it_was_redeemed_for() {
    use crate::flow::{World, invalid_grant};
    on_each_database(async |store, _clock| {
        let mut world = World::new(&store).await;
        world.client.policy = domain::token_policy::TokenPolicy::fera();
        let code = world.code("").await;
        let answer = world.exchange(&code).await.expect("fresh");
        let older = "ALTER TABLE codes DROP COLUMN access_token_id; \
                     DELETE FROM seaql_migrations WHERE version = 'm0047_tokens_of_codes'";
        store.writer().execute_unprepared(older).await.expect("as before");
        migrations::up(store.writer()).await.expect("runs");
        assert!(world.lives(&answer).await);
        assert!(invalid_grant(&world.exchange(&code).await));
        assert!(!world.lives(&answer).await, "the replay ended its token");
    })
    .await;
}
