//! Runs a test on each database: SQLite in a file of its own, and PostgreSQL in a schema of its own where
//! `PORTICO_TEST_POSTGRES_URL` names a server.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::client::{ActorMode, ActorModes, AppStatus, AuthMethod, ClientId, InstallStatus};
use domain::entity;
use domain::entropy::SeededEntropy;
use domain::id::{AppId, InstallId, OrgId, RedirectUriId, UserId};
use domain::portal::{AuditRow, Page};
use domain::role::Role;
use domain::store::accounts::NewPerson;
use domain::store::audit_log::AuditFilter;
use domain::store::{Actor, By, Keep, Password, PasswordCost, Settings, Store, sqlite_file};
use domain::time::{FixedClock, Timestamp};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, Database, DatabaseConnection, DbBackend, EntityTrait, IntoActiveModel,
    QueryResult, Statement,
};

use crate::counting_proxy::CountingProxy;
use crate::{at_rest, logged};

/// When every test begins: 2027-01-15 08:00 UTC.
pub(crate) const START: Timestamp = Timestamp(1_800_000_000_000);
/// The password of every [`person`].
pub(crate) const PASSWORD: &str = "a long walk";
/// The loopback redirect URI of every [`app`].
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1/callback";

static NEXT: AtomicU64 = AtomicU64::new(0);

/// Runs `test` on each database with its own store and a clock that the test moves.
pub(crate) async fn on_each_database(test: impl AsyncFn(Store, Arc<FixedClock>)) {
    on_each_database_under(settings(), test).await;
}

/// Runs `test` on each database under `settings`.
pub(crate) async fn on_each_database_under(settings: Settings, test: impl AsyncFn(Store, Arc<FixedClock>)) {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let sqlite = SqliteFile::new(number);
    run(&sqlite.url(), &settings, &test).await;
    drop(sqlite);
    if let Some(server) = postgres_server() {
        let schema = PostgresSchema::create(server, number).await;
        run(&schema.url(), &settings, &test).await;
    }
}

/// Runs `test` on each database with the stores of two processes.
pub(crate) async fn on_two_processes(test: impl AsyncFn(Store, Store, Arc<FixedClock>)) {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let sqlite = SqliteFile::new(number);
    let schema = match postgres_server() {
        Some(server) => Some(PostgresSchema::create(server, number).await),
        None => None,
    };
    for url in std::iter::once(sqlite.url()).chain(schema.as_ref().map(PostgresSchema::url)) {
        let with_other = async |store: Store, clock: Arc<FixedClock>| {
            let other = connect(&url, clock.clone()).await;
            test(store, other.clone(), clock).await;
            other.close().await.expect("the connections close");
        };
        run(&url, &settings(), &with_other).await;
    }
}

/// Runs `test` on each database; on PostgreSQL with the store of another process beside the first, both as they run.
pub(crate) async fn on_each_database_at_once(test: impl AsyncFn(Store, Option<Store>)) {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let sqlite = SqliteFile::new(number);
    run(&sqlite.url(), &settings(), &async |store: Store, _clock: Arc<FixedClock>| test(store, None).await).await;
    let Some(server) = postgres_server() else { return };
    let schema = PostgresSchema::create(server, number).await;
    let with_other = async |store: Store, clock: Arc<FixedClock>| {
        let other = connect(&schema.url(), clock).await;
        keep(&other);
        test(store, Some(other.clone())).await;
        other.close().await.expect("the connections close");
    };
    run(&schema.url(), &settings(), &with_other).await;
}

/// Runs `test` on PostgreSQL, where it is, with a planner that scans a table only when it has no index for the question;
/// tells how often each table was scanned.
pub(crate) async fn scans_on_postgres(test: impl AsyncFn(Store)) -> Option<HashMap<String, i64>> {
    counted_on_postgres("%20-c%20enable_seqscan%3Doff", "seq_scan", async |_store| {}, test).await
}

/// Runs `test` on PostgreSQL, where it is, after `prepare`; tells how many rows of each table it read, in whatever way.
pub(crate) async fn rows_read_on_postgres(
    prepare: impl AsyncFn(Store),
    test: impl AsyncFn(Store),
) -> Option<HashMap<String, i64>> {
    counted_on_postgres("", "COALESCE(seq_tup_read, 0) + COALESCE(idx_tup_fetch, 0)", prepare, test).await
}

/// Runs `test` on PostgreSQL, where it is; tells how many rows of each table it changed so that the new version needed an entry
/// in each index.
pub(crate) async fn indexed_anew_on_postgres(test: impl AsyncFn(Store)) -> Option<HashMap<String, i64>> {
    counted_on_postgres("", "n_tup_upd - n_tup_hot_upd", async |_store| {}, test).await
}

/// Runs `test` on PostgreSQL, where it is, with the stores of two processes, of which the second one's statements are
/// counted: what the first one does behind its answers is not among them.
pub(crate) async fn through_a_proxy_to_postgres(test: impl AsyncFn(Store, Store, &CountingProxy)) {
    let Some(server) = postgres_server() else { return };
    let schema = PostgresSchema::create(server, NEXT.fetch_add(1, Ordering::Relaxed)).await;
    let proxy = CountingProxy::before(&schema.url()).await;
    let with_counted = async |store: Store, clock: Arc<FixedClock>| {
        let counted = connect(proxy.url(), clock).await;
        keep(&counted);
        test(store, counted.clone(), &proxy).await;
        counted.close().await.expect("the connections close");
    };
    run(&schema.url(), &settings(), &with_counted).await;
}

/// By how much `test` raises `counter` of `pg_stat_user_tables`, for each table.
async fn counted_on_postgres(
    options: &str,
    counter: &str,
    prepare: impl AsyncFn(Store),
    test: impl AsyncFn(Store),
) -> Option<HashMap<String, i64>> {
    let schema = PostgresSchema::create(postgres_server()?, NEXT.fetch_add(1, Ordering::Relaxed)).await;
    let url = format!("{}{options}&application_name={}", schema.url(), schema.name);
    let clock = Arc::new(FixedClock::new(START));
    let store = connect(&url, clock.clone()).await;
    migrations::up(store.writer()).await.expect("the migrations run");
    store.ensure_catalogue().await.expect("the catalogue loads");
    prepare(store.clone()).await;
    store.close().await.expect("the connections close");
    let before = schema.counted(counter).await;
    let store = connect(&url, clock).await;
    keep(&store);
    test(store.clone()).await;
    store.close().await.expect("the connections close");
    let after = schema.counted(counter).await;
    Some(after.into_iter().map(|(table, count)| (table.clone(), count - before.get(&table).unwrap_or(&0))).collect())
}

async fn run(url: &str, settings: &Settings, test: &impl AsyncFn(Store, Arc<FixedClock>)) {
    logged::watch();
    let clock = Arc::new(FixedClock::new(START));
    let store = connect_under(settings.clone(), url, clock.clone()).await;
    migrations::up(store.writer()).await.expect("the migrations run");
    store.ensure_catalogue().await.expect("the catalogue loads");
    keep(&store);
    test(store.clone(), clock).await;
    if store.reader().get_database_backend() == DbBackend::Postgres {
        let schema = url.rsplit("%3D").next().unwrap_or_default();
        let found = at_rest::in_schema(store.reader(), schema).await.expect("answers");
        assert!(found.is_empty(), "what was shown once is kept: {found:#?}");
    }
    store.close().await.expect("the connections close");
    logged::watch();
    if let Some(folder) = sqlite_file(url).as_deref().and_then(Path::parent) {
        let found = at_rest::in_files(folder);
        assert!(found.is_empty(), "what was shown once is kept: {found:#?}");
    }
}

/// Keeps in memory what a running instance keeps on this database.
pub(crate) fn keep(store: &Store) {
    let sqlite = store.reader().get_database_backend() == DbBackend::Sqlite;
    store.keep(if sqlite { Keep::Lookups } else { Keep::Catalogue });
}

/// A store on `url` with a reproducible entropy and cheap passwords.
pub(crate) async fn connect(url: &str, clock: Arc<FixedClock>) -> Store {
    connect_under(settings(), url, clock).await
}

/// A store on `url` under `settings`.
pub(crate) async fn connect_under(settings: Settings, url: &str, clock: Arc<FixedClock>) -> Store {
    static SEED: AtomicU64 = AtomicU64::new(1);
    let entropy = Arc::new(SeededEntropy::new(SEED.fetch_add(1, Ordering::Relaxed)));
    Store::connect(url, settings, clock, entropy).await.expect("the database opens")
}

/// The settings of every test's store.
pub(crate) fn settings() -> Settings {
    Settings {
        issuer: "http://127.0.0.1:3000".to_owned(),
        brand: domain::secret::TokenBrand::default(),
        policies: domain::token_policy::TokenPolicies::default(),
        audiences: vec!["http://127.0.0.1:3000/api/v1".to_owned()],
        app_review: domain::store::AppReview::Off,
        terms: None,
        encryption_key: domain::store::EncryptionKey::from_bytes([7; 32]),
        write_queue: Settings::WRITE_QUEUE,
        lookup_queue: Settings::LOOKUP_QUEUE,
        sign_queue: Settings::SIGN_QUEUE,
        password_workers: 2,
        password_cost: PasswordCost::cheap(),
    }
}

#[expect(clippy::disallowed_methods, reason = "a test run is told where PostgreSQL is")]
fn postgres_server() -> Option<String> {
    std::env::var("PORTICO_TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty())
}

/// A folder that goes away with the test, passed or failed.
pub(crate) struct SqliteFile(PathBuf);

impl SqliteFile {
    pub(crate) fn new(number: u64) -> Self {
        let folder = std::env::temp_dir().join(format!("portico-test-{}-{number}", std::process::id()));
        let _absent = std::fs::remove_dir_all(&folder);
        Self(folder)
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}/new/folder/portico.db", self.0.display())
    }
}

impl Drop for SqliteFile {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

/// A schema that goes away with the test, passed or failed.
struct PostgresSchema {
    server: String,
    name: String,
}

impl PostgresSchema {
    async fn create(server: String, number: u64) -> Self {
        let schema = Self { server, name: format!("test_{}_{number}", std::process::id()) };
        let db = Database::connect(&schema.server).await.expect("PORTICO_TEST_POSTGRES_URL names a server");
        let sql = format!("DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}", schema.name);
        db.execute_unprepared(&sql).await.expect("a schema can be made");
        db.close().await.expect("the connection closes");
        schema
    }

    /// `counter` of each table of the schema, with what connections did that are closed now.
    async fn counted(&self, counter: &str) -> HashMap<String, i64> {
        let db = Database::connect(&self.server).await.expect("PORTICO_TEST_POSTGRES_URL names a server");
        let ask = |sql: String| Statement::from_string(DbBackend::Postgres, sql);
        let open = format!("SELECT 1 AS one FROM pg_stat_activity WHERE application_name = '{}'", self.name);
        // What a connection did is counted when it ends.
        while db.query_one_raw(ask(open.clone())).await.expect("an answer").is_some() {
            tokio::task::yield_now().await;
        }
        let counts = format!(
            "SELECT relname::text, {counter} AS counted FROM pg_stat_user_tables WHERE schemaname = '{}'",
            self.name
        );
        let rows = db.query_all_raw(ask(counts)).await.expect("an answer");
        db.close().await.expect("the connection closes");
        let line = |row: &QueryResult| {
            (row.try_get("", "relname").expect("a name"), row.try_get("", "counted").expect("a number"))
        };
        rows.iter().map(line).collect()
    }

    fn url(&self) -> String {
        let joint = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{joint}options=-c%20search_path%3D{}", self.server, self.name)
    }
}

impl Drop for PostgresSchema {
    fn drop(&mut self) {
        // A failed test may have left locks behind: it should fail, and not wait for them.
        let sql = format!("SET lock_timeout = '10s'; DROP SCHEMA IF EXISTS {} CASCADE", self.name);
        let server = self.server.clone();
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let db = Database::connect(server).await?;
                db.execute_unprepared(&sql).await?;
                db.close().await
            })
        });
        let _logged = dropped.join();
    }
}

/// Somebody at a browser.
pub(crate) fn by(user: UserId) -> By {
    By { actor: Actor::User { id: user, name: "Somebody".to_owned() }, ..anonymous() }
}

/// Nobody that is known, at a browser.
pub(crate) fn anonymous() -> By {
    By {
        actor: Actor::Anonymous,
        source: domain::audit::Source::Web,
        request_id: None,
        ip: Some("203.0.113.7".parse().expect("an address")),
        user_agent: Some("a test".to_owned()),
    }
}

/// A password as a person types it.
pub(crate) fn typed(text: &str) -> Password {
    Password::presented(text.to_owned())
}

/// A person `<name>@example.com` with [`PASSWORD`].
pub(crate) async fn person(store: &Store, name: &str) -> UserId {
    let new = NewPerson { name: name.to_owned(), email: format!("{name}@example.com"), password: typed(PASSWORD) };
    store.sign_up(&anonymous(), new).await.expect("a new person")
}

/// An organization of `owner`.
pub(crate) async fn organization(store: &Store, owner: UserId, name: &str) -> OrgId {
    store.create_organization(&by(owner), owner, name).await.expect("a new organization")
}

/// A new person who is a member of `organization`.
pub(crate) async fn member(store: &Store, organization: OrgId, name: &str, role: Role) -> UserId {
    let user = person(store, name).await;
    store.set_member(&By::operator(), organization, user, Some(role)).await.expect("a new member");
    user
}

/// A live confidential app of `owner` with [`REDIRECT_URI`], `read` required and `write` optional.
pub(crate) async fn app(store: &Store, owner: OrgId, name: &str) -> AppId {
    let id = AppId(store.new_id());
    let now = store.now();
    let row = entity::app::Model {
        id,
        owner_id: owner,
        client_id: ClientId::mint(&store.settings().brand, store.entropy()),
        name: name.to_owned(),
        description: format!("{name} does one thing"),
        logo: None,
        homepage: None,
        support_email: None,
        status: AppStatus::Live,
        resumes_as: None,
        auth_method: AuthMethod::ClientSecretBasic,
        pkce_required: true,
        token_policy: "standard".to_owned(),
        actor_modes: ActorModes::Both,
        grants: domain::client::AppGrants::AuthorizationCode,
        id_token_signed_response_alg: domain::jwt::SigningAlgorithm::Rs256,
        approved_at: None,
        created_by: None,
        created_at: now,
        updated_at: now,
        revision: 0,
    };
    insert(store, row).await;
    let redirect_uri = RedirectUriId(store.new_id());
    insert(
        store,
        entity::redirect_uri::Model { id: redirect_uri, app_id: id, uri: REDIRECT_URI.to_owned(), created_at: now },
    )
    .await;
    for (position, (scope, required)) in (0..).zip([("read", true), ("write", false)]) {
        let scope = scope.parse().expect("a scope");
        let purpose = "To do it".to_owned();
        insert(store, entity::app_scope::Model { app_id: id, scope, purpose, required, position }).await;
    }
    id
}

/// An active install of `app` in `organization`, by `user`.
pub(crate) async fn install(
    store: &Store,
    app: AppId,
    organization: OrgId,
    user: UserId,
    actor: ActorMode,
) -> InstallId {
    let id = InstallId(store.new_id());
    let now = store.now();
    let row = entity::install::Model {
        id,
        app_id: app,
        organization_id: organization,
        actor,
        user_id: (actor == ActorMode::Myself).then_some(user),
        scopes: "read write".parse().expect("scopes"),
        installed_by: user,
        reason: None,
        test: false,
        status: InstallStatus::Active,
        created_at: now,
        updated_at: now,
        last_used_at: None,
        revoked_at: None,
        revoked_by: None,
        revoked_reason: None,
    };
    insert(store, row).await;
    id
}

/// Writes a row past the verbs: for states that no verb makes in one step.
pub(crate) async fn insert<M>(store: &Store, row: M)
where
    M: IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel> + sea_orm::ModelTrait,
    <M::Entity as EntityTrait>::ActiveModel: ActiveModelTrait<Entity = M::Entity> + Send,
{
    M::Entity::insert(row.into_active_model()).exec_without_returning(store.writer()).await.expect("the row is new");
    keep(store);
}

/// The audit log of `organization`, newest first.
pub(crate) async fn log(store: &Store, organization: OrgId) -> Vec<AuditRow> {
    let Page { items, .. } = store.audit_log(organization, AuditFilter::default()).await.expect("the log");
    items
}

/// Rows of `table` that fulfil `condition`, in SQL that both databases read.
pub(crate) async fn count(store: &Store, table: &str, condition: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) AS n FROM {table} WHERE {condition}");
    let db: &DatabaseConnection = store.reader();
    let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
    db.query_one_raw(statement).await.expect("valid SQL").expect("one row").try_get("", "n").expect("a number")
}
