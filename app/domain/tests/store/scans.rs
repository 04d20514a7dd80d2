//! With a million tokens and a hundred thousand installs no query may read a whole table. A planner that may not scan
//! does it all the same where it has no index: then it is counted.

use std::sync::Arc;

use domain::id::{AppId, InstallId};
use domain::jwt::SigningAlgorithm;
use domain::oauth::introspect::Caller;
use domain::review::ReviewStatus;
use domain::role::Role;
use domain::store::audit_log::AuditFilter;
use domain::store::installs::InstallFilter;
use domain::store::resource_servers::ResourceServerProblem;
use domain::store::{By, Store};
use domain::token_policy::TokenPolicy;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tokio::task::JoinSet;

use crate::credentials::asking;
use crate::flow::{World, refresh_token};
use crate::harness::{by, count, person, rows_read_on_postgres, scans_on_postgres};

/// The tables that grow with use.
const LARGE: [&str; 17] = [
    "access_tokens",
    "refresh_tokens",
    "codes",
    "installs",
    "grants",
    "audit_events",
    "client_secrets",
    "redirect_uris",
    "app_scopes",
    "sessions",
    "one_time_links",
    "install_consents",
    "organizations",
    "memberships",
    "users",
    "apps",
    "resource_servers",
];

#[tokio::test]
async fn no_query_of_the_endpoints_the_lists_and_the_sweep_scans_a_large_table() {
    let scans = scans_on_postgres(async |store| {
        ask_everything(World::new(&store).await).await;
        store.sweep(store.now().plus_seconds(400 * 86_400)).await.expect("swept");
    })
    .await;
    let Some(scans) = scans else { return };
    for table in LARGE {
        assert_eq!(scans.get(table), Some(&0), "{table}: {scans:?}");
    }
}

/// Rows of each of the tables below that are none of the test's business.
const OF_OTHERS: i64 = 20_000;

/// Tables, the row of the test's that those of others are like, and in what each differs from it beside its id. `n` counts
/// them; `organizations`, `users`, `apps` and `installs` have the ids of what was made before.
const LIKE_ONE: [(&str, &str, &str); 8] = [
    ("organizations", "slug = 'target'", "'slug', 's-' || n, 'domain', NULL"),
    ("users", "email = 'admin@example.com'", "'email', 'u' || n || '@example.com'"),
    ("apps", "TRUE", "'client_id', 'c-' || n, 'owner_id', organizations.ids[n]"),
    (
        "installs",
        "actor = 'app'",
        "'organization_id', organizations.ids[n], 'app_id', apps.ids[n], 'installed_by', users.ids[n]",
    ),
    ("access_tokens", "TRUE", "'install_id', installs.ids[n], 'app_id', apps.ids[n], 'family_id', gen_random_uuid()"),
    ("refresh_tokens", "TRUE", "'install_id', installs.ids[n], 'app_id', apps.ids[n], 'family_id', gen_random_uuid()"),
    (
        "codes",
        "TRUE",
        "'install_id', installs.ids[n], 'app_id', apps.ids[n], 'family_id', gen_random_uuid(), 'user_id', users.ids[n]",
    ),
    (
        "audit_events",
        "TRUE",
        "'organization_id', organizations.ids[n], 'app_id', apps.ids[n], 'install_id', NULL, 'actor_id', NULL, \
         'target_id', n::text",
    ),
];

/// A plan without a scan can read a whole table all the same, by an index that has nothing to do with the question.
#[tokio::test]
async fn what_others_have_is_read_by_no_query_of_the_endpoints_and_the_lists() {
    let world = std::sync::Mutex::new(None);
    let prepare = async |store: Store| {
        let made = World::new(&store).await;
        made.tokens("").await;
        for (table, like, but) in LIKE_ONE {
            let sql = rows_of_others(OF_OTHERS, table, like, but);
            store.writer().execute_unprepared(&sql).await.expect("written");
        }
        store.writer().execute_unprepared("ANALYZE").await.expect("analyzed");
        *world.lock().expect("no panic") = Some(made);
    };
    let read = rows_read_on_postgres(prepare, async |store: Store| {
        let made = world.lock().expect("no panic").take().expect("prepared");
        ask_everything(made.by(store)).await;
    })
    .await;
    let Some(read) = read else { return };
    for (table, ..) in LIKE_ONE {
        assert!(read[table] < OF_OTHERS / 2, "{table}: {read:?}");
    }
}

/// An app that signs a thousand people a day in has thirty thousand tokens in one install.
#[tokio::test]
async fn what_came_of_a_code_is_found_without_the_other_tokens_of_its_install() {
    let made = std::sync::Mutex::new(None);
    let prepare = async |store: Store| {
        let mut world = World::new(&store).await;
        world.client.policy = TokenPolicy::financefeast();
        let (replayed, first) = (world.code("").await, world.tokens("").await);
        world.exchange(&replayed).await.expect("fresh");
        for (number, table) in [(OF_OTHERS, "access_tokens"), (20, "codes")] {
            let sql = rows_of_others(number, table, "TRUE", "'family_id', gen_random_uuid()");
            store.writer().execute_unprepared(&sql).await.expect("written");
        }
        store.writer().execute_unprepared("ANALYZE").await.expect("analyzed");
        *made.lock().expect("no panic") = Some((world, replayed, first));
    };
    let read = rows_read_on_postgres(prepare, async |store: Store| {
        let (world, replayed, first) = made.lock().expect("no panic").take().expect("prepared");
        let world = world.by(store);
        assert!(world.exchange(&replayed).await.is_err());
        world.revoke(&first.access_token).await;
        world.store.sweep(world.store.now().plus_seconds(9 * 86_400)).await.expect("swept");
        assert_eq!(count(&world.store, "access_tokens", "revoked_at IS NOT NULL").await, 2);
        assert_eq!(count(&world.store, "codes", "TRUE").await, 0, "theirs have ended, the others' have no tokens");
    })
    .await;
    let Some(read) = read else { return };
    // The last two lines read each once.
    assert!(read["access_tokens"] < OF_OTHERS + OF_OTHERS / 2, "{read:?}");
}

#[tokio::test]
async fn an_access_token_is_given_back_without_the_refresh_tokens_of_other_families() {
    let made = std::sync::Mutex::new(None);
    let prepare = async |store: Store| {
        let world = World::new(&store).await;
        let first = world.tokens("").await;
        let answer = world.refresh(&first).await.expect("live");
        let sql = rows_of_others(OF_OTHERS, "refresh_tokens", "TRUE", "'family_id', gen_random_uuid()");
        store.writer().execute_unprepared(&sql).await.expect("written");
        store.writer().execute_unprepared("ANALYZE").await.expect("analyzed");
        *made.lock().expect("no panic") = Some((world, first, answer));
    };
    let read = rows_read_on_postgres(prepare, async |store: Store| {
        let (world, first, answer) = made.lock().expect("no panic").take().expect("prepared");
        let world = world.by(store);
        world.revoke(&answer.access_token).await;
        assert!(!world.lives(&answer).await);
        assert!(world.refresh(&first).await.is_err(), "its answer is not given again");
        assert!(world.refresh(&answer).await.is_ok(), "its family goes on");
    })
    .await;
    let Some(read) = read else { return };
    assert!(read["refresh_tokens"] < OF_OTHERS / 2, "{read:?}");
}

/// A statement that adds `number` rows to `table`, as its row for which `like` holds `but` for what is given.
fn rows_of_others(number: i64, table: &str, like: &str, but: &str) -> String {
    // Each name means the table until the list of that name is made. What does not name `n` would be made once, for all rows.
    format!(
        "WITH test AS (SELECT one FROM {table} AS one WHERE {like} LIMIT 1), \
              organizations AS (SELECT array_agg(id) AS ids FROM organizations WHERE slug LIKE 's-%'), \
              users AS (SELECT array_agg(id) AS ids FROM users), \
              apps AS (SELECT array_agg(id) AS ids FROM apps), \
              installs AS (SELECT array_agg(id) AS ids FROM installs) \
         INSERT INTO {table} SELECT made.* \
         FROM test, organizations, users, apps, installs, generate_series(1, {number}) AS n, \
              jsonb_populate_record(test.one, jsonb_build_object('n', n, 'id', gen_random_uuid(), {but})) AS made"
    )
}

/// What the endpoints and the lists ask, over `world`.
async fn ask_everything(world: World) {
    let store = &world.store;
    let answers = [world.tokens("").await, world.tokens("&actor=self").await];
    for answer in &answers {
        assert!(world.lives(answer).await);
        let next = world.refresh(answer).await.expect("live");
        assert!(world.refresh(answer).await.is_ok(), "again, within the grace");
        assert!(world.scopes_of(refresh_token(&next)).await.is_some());
        assert!(store.authenticate_secret(&world.client, &world.secret.0).await.expect("answers").is_some());
    }
    let bearer = store.bearer(&world.tokens("").await.access_token).await.expect("answers").expect("live");
    store.used(&bearer);
    store.write_last_used().await.expect("written");
    let (_, secret) = resource_server(&world).await.expect("registered");
    drop(secret);
    let audience = store.settings().audiences[0].clone();
    let asked = store.introspect(&Caller::ResourceServer { audience }, &answers[0].access_token).await;
    asked.expect("answers");
    use_own_credentials(&world).await;
    look_as_support(&world, bearer.install).await;
    for q in [None, Some("o".to_owned())] {
        let filter = InstallFilter { q, ..InstallFilter::default() };
        store.installs_in(world.target, filter.clone()).await.expect("answers");
        store.installs_of_app(world.partner, world.client.app, filter).await.expect("its own");
    }
    store.install(world.target, bearer.install).await.expect("there");
    store.app(world.partner, world.client.app).await.expect("its own");
    store.apps_of(world.partner, None, None).await.expect("answers");
    store.my_apps(world.admin).await.expect("answers");
    store.dashboard(world.target, Role::Owner).await.expect("answers");
    assert!(store.serves_origin("https://nobody.example").await.is_ok_and(|serves| !serves));
    let answer = world.tokens("").await;
    world.revoke(&answer.access_token).await;
    let answer = world.tokens("").await;
    world.revoke(refresh_token(&answer)).await;
    let other = person(store, "other").await;
    store.set_member(&By::operator(), world.target, other, Some(Role::Admin)).await.expect("there");
    store.set_member(&By::operator(), world.target, other, None).await.expect("there");
    let me = by(world.maker);
    let secret = store.rotate_secret(&me, world.partner, world.client.app, "next", 0).await.expect("its own");
    store.revoke_secret(&me, world.partner, world.client.app, secret.id, true).await.expect("even the last one");
    store.suspend_app(&by(world.maker), world.partner, world.client.app).await.expect("its own");
    store.delete_app(&by(world.maker), world.partner, world.client.app).await.expect("its own");
}

/// A JWT by the app's own credentials, for each name that its organization has, and what a JWT is asked.
async fn use_own_credentials(world: &World) {
    let (store, op) = (&world.store, By::operator());
    let set = async |what: &str| {
        let sql = format!("UPDATE apps SET {what} WHERE client_id = '{}'", world.client.client_id);
        store.writer().execute_unprepared(&sql).await.expect("set");
    };
    set("grants = 'both', token_policy = 'apiera'").await;
    let domain = Some("target.example".to_owned());
    store.set_organization(&op, "target", domain, None).await.expect("there");
    let client = store.client_of_app(world.client.app).await.expect("answers").expect("there");
    for name in [&*world.target.to_string(), "target", "target.example"] {
        let issued = store.issue_for_client(&op, &client, &asking(name)).await.expect("installed");
        assert!(store.bearer(&issued.access_token).await.expect("answers").is_some());
        world.revoke(&issued.access_token).await;
    }
    set("token_policy = 'standard'").await;
    store.rotate_keys(&op, &[SigningAlgorithm::Rs256]).await.expect("rotated");
}

/// The logs, the queue and the pages of support.
async fn look_as_support(world: &World, install: InstallId) {
    let store = &world.store;
    let said = || Some("robot".to_owned());
    let filters = [
        AuditFilter::default(),
        AuditFilter { text: said(), ..AuditFilter::default() },
        AuditFilter { actor: said(), ..AuditFilter::default() },
    ];
    for filter in filters {
        store.audit_log(world.target, filter).await.expect("answers");
    }
    store.timeline_of_install(install).await.expect("answers");
    store.timeline_of_app(world.client.app).await.expect("answers");
    store.timeline_of_organization(world.target).await.expect("answers");
    store.timeline_of_user(world.admin).await.expect("answers");
    store.app_dossier(world.client.app).await.expect("there");
    store.install_dossier(install).await.expect("there");
    store.organization_dossier(world.target).await.expect("there");
    store.person_dossier(world.admin).await.expect("there");
    store.reviews(ReviewStatus::Submitted, None).await.expect("answers");
}

/// Organizations beside those of the test.
const STRANGERS: i64 = 5_000;
/// Installs of one app that ask for tokens at the same time.
const AT_ONCE: i64 = 48;

const ORGANIZATIONS: &str = "INSERT INTO organizations \
    (id, slug, name, plan, status, install_policy, created_at, updated_at) \
    SELECT gen_random_uuid(), 'stranger-' || n, name, plan, status, install_policy, created_at, updated_at \
    FROM organizations, generate_series(1, $1) AS n WHERE slug = 'target'";
const INSTALLS: &str = "INSERT INTO installs \
    (id, app_id, organization_id, actor, scopes, installed_by, test, status, created_at, updated_at) \
    SELECT gen_random_uuid(), app_id, o.id, actor, scopes, installed_by, test, i.status, i.created_at, i.updated_at \
    FROM installs i, (SELECT id FROM organizations WHERE slug LIKE 'stranger-%' LIMIT $1) o";
const INSTALLED: &str = "SELECT o.slug, i.app_id FROM installs i JOIN organizations o ON o.id = i.organization_id \
    WHERE slug LIKE 'stranger-%'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_tokens_reads_its_own_organizations_however_many_there_are() {
    let prepare = async |store: Store| {
        World::new(&store).await.tokens("").await;
        for (sql, number) in [(ORGANIZATIONS, STRANGERS), (INSTALLS, AT_ONCE)] {
            let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, [number.into()]);
            store.writer().execute_raw(statement).await.expect("written");
        }
        store.writer().execute_unprepared("UPDATE apps SET grants = 'both'; ANALYZE").await.expect("written");
    };
    let read = rows_read_on_postgres(prepare, async |store: Store| {
        let installed = Statement::from_string(DbBackend::Postgres, INSTALLED);
        let installed = store.reader().query_all_raw(installed).await.expect("answers");
        let app: AppId = installed[0].try_get("", "app_id").expect("an id");
        let client = Arc::new(store.client_of_app(app).await.expect("answers").expect("there"));
        let names: Vec<String> = installed.iter().map(|row| row.try_get("", "slug").expect("a slug")).collect();
        for _ in 0..4 {
            let issue = |name: &String| {
                let (store, client, request) = (store.clone(), client.clone(), asking(name));
                async move { store.issue_for_client(&By::operator(), &client, &request).await.is_ok() }
            };
            let asked: JoinSet<bool> = names.iter().map(issue).collect();
            assert!(asked.join_all().await.into_iter().all(|issued| issued));
        }
    })
    .await;
    let Some(read) = read else { return };
    // The test itself reads the list once, and each token its app's owner, its own organization and the premises of both.
    let own = STRANGERS + 4 * AT_ONCE * 6;
    assert!(read["organizations"] < own + STRANGERS / 2, "{read:?}");
}

async fn resource_server(
    world: &World,
) -> Result<(domain::id::ResourceServerId, domain::portal::ShownOnce), ResourceServerProblem> {
    let audience = world.store.settings().audiences[0].clone();
    world.store.create_resource_server(&By::operator(), "Api", &audience).await
}
