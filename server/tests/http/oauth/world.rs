//! A small world: people, organizations and apps, and verbs that change it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use base64::Engine as _;
use domain::audit::Action;
use domain::client::{ActorModes, AuthMethod, GrantType, InstallStatus};
use domain::entity::{access_token, app, audit_event, install};
use domain::entropy::SeededEntropy;
use domain::id::{AppId, OrgId, UserId};
use domain::organization::{InstallPolicy, Status};
use domain::portal::{NewApp, ScopeChoice};
use domain::role::Role;
use domain::scope::ScopeSet;
use domain::store::accounts::NewPerson;
use domain::store::{Actor, By, Keep, Password, PasswordCost, Settings, Store};
use domain::time::{Clock as _, FixedClock};
use http::{HeaderMap, Method, Request, StatusCode};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait as _, Database, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter,
};
use server::config::Config;
use server::state::{AppState, store_settings};
use sha2::{Digest as _, Sha256};

use super::request::{Form, get, with_header, with_token};
use crate::harness::{Answer, Browser, Folder, PASSWORD, START, config, keep};

pub(crate) use crate::harness::ISSUER;

/// The verifier of every request.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

static SEEDS: AtomicU64 = AtomicU64::new(100);

/// The S256 challenge of `verifier` (RFC 7636 section 4.2).
pub(crate) fn challenge(verifier: &str) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// Base64 as HTTP Basic has it.
pub(crate) fn base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// The header of HTTP Basic.
pub(crate) fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", base64(&format!("{id}:{secret}")))
}

/// A person of the world.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) email: String,
}

/// The world. Its database goes when it goes.
pub(crate) struct World {
    pub(crate) store: Store,
    clock: Arc<FixedClock>,
    config: Config,
    router: Router,
    place: Arc<Place>,
    /// Owner of Target and Second.
    pub(crate) admin: Person,
    /// Member of Target.
    pub(crate) member: Person,
    /// Developer of Target.
    pub(crate) developer_there: Person,
    /// Of no organization.
    pub(crate) stranger: Person,
    /// Owner of Maker.
    pub(crate) maker_admin: Person,
    /// The organization that makes the apps.
    pub(crate) maker: OrgId,
    /// The organization that installs them.
    pub(crate) target: OrgId,
    /// The admin's other organization.
    pub(crate) second: OrgId,
    /// Confidential, by Basic; `read`.
    pub(crate) one: Party,
    /// Confidential, by post, without the PKCE switch, acts only as itself; `read`.
    pub(crate) two: Party,
    /// Public; `read`.
    pub(crate) spa: Party,
    /// Public, with three redirect URIs.
    pub(crate) native: Party,
    /// `read`, and `write` as an option.
    pub(crate) wide: Party,
    /// `write` alone.
    pub(crate) writer: Party,
    /// `read admin`.
    pub(crate) keeper: Party,
}

/// Where the database is; it is removed in the end.
pub(crate) enum Place {
    /// SQLite's folder.
    Folder(Folder),
    /// A schema of its own on PostgreSQL.
    Schema { server: String, name: String },
}

impl Drop for Place {
    fn drop(&mut self) {
        let Self::Schema { server, name } = self else { return };
        let (server, name) = (server.clone(), name.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let db = Database::connect(server).await?;
                let found = crate::at_rest::in_schema(&db, &name).await;
                db.execute_unprepared(&format!("DROP SCHEMA IF EXISTS {name} CASCADE")).await?;
                db.close().await?;
                found
            })
        });
        let found = dropped.join();
        // A test that failed says why itself.
        let fine = matches!(&found, Ok(Ok(found)) if found.is_empty());
        assert!(fine || std::thread::panicking(), "what was shown once is kept: {found:#?}");
    }
}

impl Place {
    /// A new schema of `server`.
    pub(crate) async fn schema(server: String) -> Self {
        let name = format!("http_{}_{}", std::process::id(), SEEDS.fetch_add(1, Ordering::Relaxed));
        let db = Database::connect(&server).await.expect("PORTICO_TEST_POSTGRES_URL names a server");
        db.execute_unprepared(&format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}"))
            .await
            .expect("a schema");
        db.close().await.expect("the connection closes");
        Self::Schema { server, name }
    }

    /// The URL of the database.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Folder(folder) => folder.database_url(),
            Self::Schema { server, name } => {
                let joint = if server.contains('?') { '&' } else { '?' };
                format!("{server}{joint}options=-c%20search_path%3D{name}")
            }
        }
    }
}

/// The PostgreSQL server of this test run, if it has one.
#[expect(clippy::disallowed_methods, reason = "a test run is told where PostgreSQL is")]
pub(crate) fn postgres_server() -> Option<String> {
    std::env::var("PORTICO_TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty())
}

/// What is running: a store and the router over it.
struct Site {
    store: Store,
    clock: Arc<FixedClock>,
    config: Config,
    router: Router,
    place: Arc<Place>,
}

impl Site {
    async fn start(place: Arc<Place>, issuer: &str, clock: Arc<FixedClock>) -> Self {
        let unused = Folder::new();
        let folder = if let Place::Folder(folder) = place.as_ref() { folder } else { &unused };
        let audiences = format!("{issuer}/api/v1,https://api.example");
        let config = config(folder, &[("ISSUER", issuer), ("AUDIENCES", &audiences)]);
        let settings = Settings {
            password_cost: PasswordCost::cheap(),
            ..store_settings(&config, domain::store::EncryptionKey::from_bytes([7; 32]))
        };
        let entropy = Arc::new(SeededEntropy::new(SEEDS.fetch_add(1, Ordering::Relaxed)));
        let store = Store::connect(&place.url(), settings, clock.clone(), entropy).await.expect("a database");
        server::database::migrate(&store).await.expect("migrations");
        keep(&store);
        let router = server::router(AppState::new(store.clone(), &config));
        Self { store, clock, config, router, place }
    }

    async fn person(&self, name: &str) -> Person {
        let email = format!("{name}@example.com");
        let password = Password::new(PASSWORD.to_owned()).expect("a good password");
        let new = NewPerson { name: name.to_owned(), email: email.clone(), password };
        Person { id: self.store.sign_up(&By::system(), new).await.expect("a new person"), email }
    }

    async fn organization(&self, owner: &Person, name: &str) -> OrgId {
        self.store.create_organization(&by(owner), owner.id, name).await.expect("a new organization")
    }
}

/// What [`World::openid_party`] registers.
pub(crate) fn openid_app(uri: &str) -> NewApp {
    NewApp {
        name: "Relying party".to_owned(),
        redirect_uris: vec![uri.to_owned()],
        scopes: scopes(&["openid", "profile", "email", "plan"]),
        ..NewApp::default()
    }
}

fn by(person: &Person) -> By {
    By::system().as_actor(Actor::User { id: person.id, name: person.email.clone() })
}

/// Required scopes, and optional ones behind a question mark.
pub(crate) fn scopes(words: &[&str]) -> Vec<ScopeChoice> {
    let choice = |word: &&str| ScopeChoice {
        token: word.trim_end_matches('?').parse().expect("a scope"),
        purpose: format!("It needs {word}"),
        required: !word.ends_with('?'),
    };
    words.iter().map(choice).collect()
}

impl World {
    /// A world over SQLite.
    pub(crate) async fn new() -> Self {
        Self::with_issuer(ISSUER).await
    }

    /// A world over SQLite, of another issuer.
    pub(crate) async fn with_issuer(issuer: &str) -> Self {
        Self::over(Place::Folder(Folder::new()), issuer).await
    }

    /// A world over SQLite and, where the test run has a server, one over PostgreSQL.
    pub(crate) async fn on_each_database() -> Vec<Self> {
        let mut worlds = vec![Self::new().await];
        if let Some(server) = postgres_server() {
            worlds.push(Self::over(Place::schema(server).await, ISSUER).await);
        }
        worlds
    }

    async fn over(place: Place, issuer: &str) -> Self {
        let site = Site::start(Arc::new(place), issuer, Arc::new(FixedClock::new(START))).await;
        let (admin, member, developer_there) =
            (site.person("ada").await, site.person("mia").await, site.person("dev").await);
        let (stranger, maker_admin) = (site.person("sam").await, site.person("max").await);
        let (target, second) = (site.organization(&admin, "Target").await, site.organization(&admin, "Second").await);
        let maker = site.organization(&maker_admin, "Maker").await;
        for (person, role) in [(&member, Role::Member), (&developer_there, Role::Developer)] {
            site.store.set_member(&By::system(), target, person.id, Some(role)).await.expect("a membership");
        }
        let make = async |name: &str, method, modes, uris: &[&str], words: &[&str]| {
            party(&site.store, &maker_admin, maker, name, (method, modes), uris, words).await
        };
        let (basic, both) = (AuthMethod::ClientSecretBasic, ActorModes::Both);
        Self {
            one: make("One", basic, both, &["https://partner.example/cb"], &["read"]).await,
            two: make("Two", AuthMethod::ClientSecretPost, ActorModes::App, &["https://two.example/cb"], &["read"])
                .await,
            spa: make("Spa", AuthMethod::None, both, &["https://spa.example/cb"], &["read"]).await,
            native: make(
                "Native",
                AuthMethod::None,
                both,
                &["http://127.0.0.1/cb", "http://localhost:4000/cb", "com.example.app:/cb"],
                &["read"],
            )
            .await,
            wide: make("Wide", basic, both, &["https://wide.example/cb"], &["read", "write?"]).await,
            writer: make("Writer", basic, both, &["https://writer.example/cb"], &["write"]).await,
            keeper: make("Keeper", basic, both, &["https://keeper.example/cb"], &["read", "admin"]).await,
            store: site.store,
            clock: site.clock,
            config: site.config,
            router: site.router,
            place: site.place,
            admin,
            member,
            developer_there,
            stranger,
            maker_admin,
            maker,
            target,
            second,
        }
    }

    /// The same world after a restart: nothing but the database is left.
    pub(crate) async fn restarted(self) -> Self {
        self.once_more().await
    }

    /// The same world on a second node: nothing but the database is shared. None on SQLite, which one server has for
    /// itself.
    pub(crate) async fn other_node(&self) -> Option<Self> {
        match self.place.as_ref() {
            Place::Folder(_) => None,
            Place::Schema { .. } => Some(self.once_more().await),
        }
    }

    async fn once_more(&self) -> Self {
        let site = Site::start(self.place.clone(), self.config.issuer.as_str(), self.clock.clone()).await;
        Self {
            store: site.store,
            clock: site.clock,
            config: site.config,
            router: site.router,
            place: site.place,
            admin: self.admin.clone(),
            member: self.member.clone(),
            developer_there: self.developer_there.clone(),
            stranger: self.stranger.clone(),
            maker_admin: self.maker_admin.clone(),
            one: self.one.clone(),
            two: self.two.clone(),
            spa: self.spa.clone(),
            native: self.native.clone(),
            wide: self.wide.clone(),
            writer: self.writer.clone(),
            keeper: self.keeper.clone(),
            ..*self
        }
    }

    /// One more confidential app, with this redirect URI.
    pub(crate) async fn party(&self, uri: &str) -> Party {
        let how = (AuthMethod::ClientSecretBasic, ActorModes::Both);
        party(&self.store, &self.maker_admin, self.maker, "More", how, &[uri], &["read"]).await
    }

    /// One more app of Maker.
    pub(crate) async fn register(&self, new: NewApp) -> Party {
        register(&self.store, &self.maker_admin, self.maker, new).await
    }

    /// A relying party: confidential, by Basic, with every scope of OpenID Connect and this redirect URI.
    pub(crate) async fn openid_party(&self, uri: &str) -> Party {
        self.register(openid_app(uri)).await
    }

    /// Makes `uris` the places where `party` may send people who signed out.
    pub(crate) async fn set_post_logout_uris(&self, party: &Party, uris: &[&str]) {
        let uris = uris.iter().map(|&uri| uri.to_owned()).collect();
        let set = self.store.set_post_logout_redirect_uris(&by(&self.maker_admin), self.maker, party.app, uris).await;
        set.expect("good addresses");
    }

    /// Sends `request` as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        crate::harness::send(&self.router, request).await
    }

    /// Sends `request` from the address `ip`.
    pub(crate) async fn from(&self, ip: &str, mut request: Request<Body>) -> Answer {
        let peer = SocketAddr::new(ip.parse().expect("an address"), 4711);
        request.extensions_mut().insert(ConnectInfo(peer));
        self.send(request).await
    }

    /// The router, for a task.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// A browser of nobody.
    pub(crate) fn anonymous(&self) -> Surfer {
        let browser = Browser::new(self.router(), self.config.issuer.as_str());
        Surfer { browser, csrf: None }
    }

    /// A browser in which `person` is signed in.
    pub(crate) async fn browser(&self, person: &Person) -> Surfer {
        let mut surfer = self.anonymous();
        surfer.sign_in(person).await;
        surfer
    }

    /// The form that allows an installation in Target.
    pub(crate) fn allow(&self) -> Form {
        allow_in(self.target)
    }

    pub(crate) async fn whoami(&self, token: &str) -> Answer {
        self.send(with_token(get("/api/v1/whoami"), token)).await
    }

    /// What handlers get, for a router of a test's own.
    pub(crate) fn state(&self) -> AppState {
        AppState::new(self.store.clone(), &self.config)
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(seconds);
    }

    /// Whether an event of this kind stands in the audit log.
    pub(crate) async fn audited(&self, action: &str) -> bool {
        let action: Action = action.parse().expect("an action");
        let db = self.store.reader();
        let log = audit_event::Entity::find().filter(audit_event::Column::Action.eq(action)).count(db);
        let trails = match action {
            Action::TokenIssued => access_token::Column::GrantType.ne(GrantType::RefreshToken),
            Action::TokenRefreshed => access_token::Column::GrantType.eq(GrantType::RefreshToken),
            _ => return log.await.expect("a count") > 0,
        };
        let trails = access_token::Entity::find().filter(access_token::Column::Told.is_not_null()).filter(trails);
        log.await.expect("a count") + trails.count(db).await.expect("a count") > 0
    }

    /// Whether `text` can be read anywhere in the database's files.
    pub(crate) fn stored(&self, text: &str) -> bool {
        self.files().windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// The bytes of the database's files, one after the other.
    pub(crate) fn files(&self) -> Vec<u8> {
        let Place::Folder(Folder(folder)) = self.place.as_ref() else { panic!("only files can be read") };
        let files: Vec<_> =
            std::fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path()).collect();
        assert!(files.iter().any(|file| file.ends_with("portico.db")), "{files:?}");
        files.iter().flat_map(|file| std::fs::read(file).expect("a file")).collect()
    }

    /// Access tokens of `party` that are neither expired nor revoked.
    pub(crate) async fn live_access_tokens(&self, party: &Party) -> u64 {
        access_token::Entity::find()
            .filter(access_token::Column::AppId.eq(party.app))
            .filter(access_token::Column::RevokedAt.is_null())
            .filter(access_token::Column::ExpiresAt.gt(self.clock.now()))
            .count(self.store.reader())
            .await
            .expect("a count")
    }

    pub(crate) async fn active_installs(&self, party: &Party) -> u64 {
        self.installs(party).await.len() as u64
    }

    async fn installs(&self, party: &Party) -> Vec<install::Model> {
        install::Entity::find()
            .filter(install::Column::AppId.eq(party.app))
            .filter(install::Column::Status.eq(InstallStatus::Active))
            .all(self.store.reader())
            .await
            .expect("installs")
    }

    /// Suspends the active installs of `party`; no page does it yet.
    pub(crate) async fn suspend_installs(&self, party: &Party) {
        self.set_installs(party, InstallStatus::Suspended).await;
    }

    /// Gives the installs of `party` that have not ended this status.
    pub(crate) async fn set_installs(&self, party: &Party, status: InstallStatus) {
        self.change_installs(party, |row| row.status = Set(status)).await;
    }

    /// Takes all scopes but `words` from the installs of `party` that have not ended. No verb does.
    pub(crate) async fn shrink_installs(&self, party: &Party, words: &str) {
        let words: ScopeSet = words.parse().expect("scopes");
        self.change_installs(party, |row| row.scopes = Set(words.clone())).await;
    }

    async fn change_installs(&self, party: &Party, change: impl Fn(&mut install::ActiveModel)) {
        let rows = install::Entity::find()
            .filter(install::Column::AppId.eq(party.app))
            .filter(install::Column::Status.ne(InstallStatus::Revoked));
        for row in rows.all(self.store.reader()).await.expect("installs") {
            let mut row = row.into_active_model();
            change(&mut row);
            row.update(self.store.writer()).await.expect("changed");
        }
        keep(&self.store);
    }

    pub(crate) async fn set_policy(&self, organization: OrgId, policy: InstallPolicy) {
        self.store.set_install_policy(&By::operator(), organization, policy).await.expect("changed");
    }

    pub(crate) async fn suspend_app(&self, party: &Party) {
        self.store.suspend_app(&by(&self.maker_admin), self.maker, party.app).await.expect("suspended");
    }

    pub(crate) async fn delete_app(&self, party: &Party) {
        self.store.delete_app(&by(&self.maker_admin), self.maker, party.app).await.expect("deleted");
    }

    pub(crate) async fn suspend_organization(&self, organization: OrgId) {
        self.store.set_organization_status(&By::operator(), organization, Status::Suspended).await.expect("suspended");
    }

    pub(crate) async fn set_role(&self, person: &Person, organization: OrgId, role: &str) {
        let role: Role = role.parse().expect("a role");
        self.store.set_member(&By::operator(), organization, person.id, Some(role)).await.expect("a role");
    }

    /// Ends what tokens of One rest on.
    pub(crate) async fn strike(&self, what: &str) {
        let admin = &self.admin;
        match what {
            "person" => {
                self.store.set_user_status(&By::operator(), admin.id, Status::Suspended).await.expect("suspended");
            }
            "left" => self.store.set_member(&By::operator(), self.target, admin.id, None).await.expect("gone"),
            "role" => self.set_role(admin, self.target, "member").await,
            "password" => self.change_password(admin).await,
            "install" => self.revoke_installs(&self.one, false).await,
            "block" => self.revoke_installs(&self.one, true).await,
            "app" => self.suspend_app(&self.one).await,
            "deleted" => self.delete_app(&self.one).await,
            "owner" => self.suspend_organization(self.maker).await,
            "target" => self.suspend_organization(self.target).await,
            other => panic!("{other}"),
        }
    }

    async fn change_password(&self, person: &Person) {
        let password = |text: &str| Password::new(text.to_owned()).expect("a good password");
        let (old, new) = (password(PASSWORD), password("another long password"));
        self.store.change_password(&by(person), person.id, old, new, None).await.expect("changed");
    }

    pub(crate) async fn revoke_installs(&self, party: &Party, block: bool) {
        for install in self.installs(party).await {
            self.store
                .revoke_install(&by(&self.admin), install.organization_id, install.id, None, block)
                .await
                .expect("revoked");
        }
    }

    pub(crate) async fn rename_app(&self, party: &Party, name: &str) {
        let row = app::Entity::find_by_id(party.app).one(self.store.reader()).await.expect("a row").expect("the app");
        let mut row = row.into_active_model();
        row.name = Set(name.to_owned());
        row.update(self.store.writer()).await.expect("renamed");
        keep(&self.store);
    }

    pub(crate) async fn set_scopes(&self, party: &Party, words: &[&str]) {
        self.store.set_scopes(&by(&self.maker_admin), self.maker, party.app, scopes(words)).await.expect("changed");
    }

    /// `party` with a new secret; the old one lives on for `grace` seconds.
    pub(crate) async fn rotate(&self, party: &Party, grace: i64) -> Party {
        let by = by(&self.maker_admin);
        let made = self.store.rotate_secret(&by, self.maker, party.app, "Next", grace).await.expect("rotated");
        Party { secret: Some(made.secret.0), ..party.clone() }
    }

    /// Makes every statement about `table` fail from now on.
    pub(crate) async fn break_table(&self, table: &str) {
        let sql = format!("ALTER TABLE {table} RENAME TO broken_{table}");
        self.store.writer().execute_unprepared(&sql).await.expect("a broken table");
        keep(&self.store);
    }

    /// Takes SQLite's one place for writers, until the connection goes.
    pub(crate) async fn occupy_writer(&self) -> sea_orm::DatabaseConnection {
        let mut options = sea_orm::ConnectOptions::new(self.place.url());
        options.max_connections(1).min_connections(1);
        let db = Database::connect(options).await.expect("one more connection");
        db.execute_unprepared("BEGIN IMMEDIATE").await.expect("the lock");
        db
    }

    /// The same site once more, as another process on the database would be it, with a short queue before its writer.
    pub(crate) async fn router_with_queue(&self, write_queue: usize) -> Router {
        self.router_under(Settings { write_queue, ..self.store.settings().clone() }).await
    }

    /// The same site once more, as another process where a lookup finds no place in its queue.
    pub(crate) async fn router_without_lookups(&self) -> Router {
        self.router_under(Settings { lookup_queue: 0, ..self.store.settings().clone() }).await
    }

    /// The same site once more, as another process whose signing threads are never free would be it.
    pub(crate) async fn router_without_signers(&self) -> Router {
        self.router_under(Settings { sign_queue: 0, ..self.store.settings().clone() }).await
    }

    async fn router_under(&self, settings: Settings) -> Router {
        let entropy = Arc::new(SeededEntropy::new(SEEDS.fetch_add(1, Ordering::Relaxed)));
        let store = Store::connect(&self.place.url(), settings, self.clock.clone(), entropy).await.expect("a database");
        // On SQLite too: this world writes what a second process would keep.
        store.keep(Keep::Catalogue);
        server::router(AppState::new(store, &self.config))
    }

    /// A resource server for `audience`, as its header of HTTP Basic.
    pub(crate) async fn resource_server(&self, audience: &str) -> String {
        let made = self.store.create_resource_server(&By::operator(), "Server", audience).await.expect("a server");
        basic(&made.0.to_string(), &made.1.0)
    }
}

/// The form that allows an installation in `organization`.
fn allow_in(organization: OrgId) -> Form {
    Form::of(&[("decision", "allow"), ("organization", &organization.to_string())])
}

/// A registered app, as its maker holds it.
#[derive(Clone)]
pub(crate) struct Party {
    pub(crate) app: AppId,
    pub(crate) client_id: String,
    pub(crate) secret: Option<String>,
    /// Its first redirect URI.
    pub(crate) redirect: String,
    pub(crate) method: AuthMethod,
    pub(crate) scope: String,
}

/// A pair of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

async fn party(
    store: &Store,
    maker: &Person,
    owner: OrgId,
    name: &str,
    (method, actor_modes): (AuthMethod, ActorModes),
    uris: &[&str],
    words: &[&str],
) -> Party {
    let new = NewApp {
        name: name.to_owned(),
        auth_method: method,
        pkce_required: method != AuthMethod::ClientSecretPost,
        actor_modes,
        redirect_uris: uris.iter().map(|&uri| uri.to_owned()).collect(),
        scopes: scopes(words),
        ..NewApp::default()
    };
    register(store, maker, owner, new).await
}

/// Registers the app `new`; its requests ask for the required scopes.
async fn register(store: &Store, maker: &Person, owner: OrgId, new: NewApp) -> Party {
    let required: Vec<_> = new.scopes.iter().filter(|scope| scope.required).map(|scope| scope.token.as_str()).collect();
    let (scope, method) = (required.join(" "), new.auth_method);
    let redirect = new.redirect_uris.first().cloned().unwrap_or_default();
    let made = store.create_app(&by(maker), owner, new).await.expect("an app");
    let (client_id, secret) = (made.client_id.to_string(), made.secret.map(|secret| secret.0));
    Party { app: made.id, client_id, secret, redirect, method, scope }
}

impl Party {
    /// A valid authorization request for Target.
    pub(crate) fn request(&self) -> Form {
        Form::of(&[
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect),
            ("scope", &self.scope),
            ("state", "s1"),
            ("organization", "target"),
            ("code_challenge", &challenge(VERIFIER)),
            ("code_challenge_method", "S256"),
        ])
    }

    /// The token request for `code`, without authentication.
    pub(crate) fn exchange(&self, code: &str) -> Form {
        Form::of(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect),
            ("code_verifier", VERIFIER),
        ])
    }

    /// Its header of HTTP Basic.
    pub(crate) fn basic(&self) -> String {
        basic(&self.client_id, self.secret.as_deref().expect("a confidential app"))
    }

    /// The admin allows `request` in Target: the redirect to the client.
    pub(crate) async fn consent(&self, world: &World, request: &Form) -> Answer {
        self.consent_with(world, request, &world.allow()).await
    }

    /// The admin answers `request` with `form`.
    pub(crate) async fn consent_with(&self, world: &World, request: &Form, form: &Form) -> Answer {
        let mut browser = world.browser(&world.admin).await;
        let consent = browser.authorize(request).await;
        let organization = form.get("organization");
        if request.get("organization") != "target" || organization != world.target.to_string() {
            let choice = Form::of(&[("choose", "1"), ("organization", organization)]);
            assert_eq!(browser.post(&consent, &choice).await.status, StatusCode::SEE_OTHER);
        }
        browser.post(&consent, form).await
    }

    /// A code for Target.
    pub(crate) async fn code(&self, world: &World) -> String {
        self.consent(world, &self.request()).await.sent_once("code")
    }

    pub(crate) async fn redeem(&self, world: &World, code: &str) -> Answer {
        world.send(self.exchange(code).post_as(self)).await
    }

    pub(crate) async fn tokens(&self, world: &World) -> Tokens {
        self.tokens_for(world, &self.request()).await
    }

    pub(crate) async fn tokens_for(&self, world: &World, request: &Form) -> Tokens {
        let code = self.consent(world, request).await.sent_once("code");
        self.redeem(world, &code).await.tokens()
    }

    pub(crate) async fn tokens_in(&self, world: &World, organization: OrgId) -> Tokens {
        let code = self.consent_with(world, &self.request(), &allow_in(organization)).await.sent_once("code");
        self.redeem(world, &code).await.tokens()
    }

    pub(crate) async fn refresh(&self, world: &World, token: &str) -> Answer {
        let form = Form::of(&[("grant_type", "refresh_token"), ("refresh_token", token)]);
        world.send(form.post_as(self)).await
    }

    pub(crate) async fn revoke(&self, world: &World, token: &str) -> Answer {
        world.send(Form::of(&[("token", token)]).post_to("/oauth/revoke", self)).await
    }

    pub(crate) async fn introspect(&self, world: &World, token: &str) -> Answer {
        world.send(Form::of(&[("token", token)]).post_to("/oauth/introspect", self)).await
    }
}

impl Form {
    /// The form at the token endpoint, with the authentication of `party`.
    pub(crate) fn post_as(&self, party: &Party) -> Request<Body> {
        self.post_to("/oauth/token", party)
    }

    /// The form at `path`, with the authentication of `party`.
    pub(crate) fn post_to(&self, path: &str, party: &Party) -> Request<Body> {
        let named = self.clone().and("client_id", &party.client_id);
        match (party.method, &party.secret) {
            (AuthMethod::ClientSecretBasic, _) => with_header(self.post(path), "authorization", &party.basic()),
            (AuthMethod::ClientSecretPost, Some(secret)) => named.and("client_secret", secret).post(path),
            _ => named.post(path),
        }
    }
}

impl Answer {
    /// The tokens of a successful token request.
    #[track_caller]
    pub(crate) fn tokens(&self) -> Tokens {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        Tokens { access: self.text("access_token"), refresh: self.text("refresh_token") }
    }
}

/// A person at a browser, who fills forms.
pub(crate) struct Surfer {
    browser: Browser,
    csrf: Option<String>,
}

impl Surfer {
    pub(crate) async fn sign_in(&mut self, person: &Person) {
        let answer = self.browser.sign_in(&person.email, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{} signs in: {answer:?}", person.email);
        self.csrf = None;
    }

    /// The token of this session's forms.
    pub(crate) async fn csrf(&mut self) -> String {
        if self.csrf.is_none() {
            self.csrf = Some(self.browser.token("/account").await);
        }
        self.csrf.clone().unwrap_or_default()
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.browser.get(path).await
    }

    /// Its cookies, by name.
    pub(crate) fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.browser.jar.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A form of ours, with the token.
    pub(crate) async fn post(&mut self, path: &str, form: &Form) -> Answer {
        let form = form.clone().with("csrf", &self.csrf().await);
        let request = self.prepared(form.post(path));
        self.browser.send(request).await
    }

    /// Sends `request` with this browser's cookies and nothing else.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let request = self.prepared(request);
        Browser::new(self.browser.router.clone(), ISSUER).send(request).await
    }

    /// Sends `request` with this browser's cookies, and keeps those of the answer.
    pub(crate) async fn follow(&mut self, request: Request<Body>) -> Answer {
        let request = self.prepared(request);
        self.browser.send(request).await
    }

    /// `request` with this browser's cookies.
    pub(crate) fn prepared(&self, mut request: Request<Body>) -> Request<Body> {
        let cookies = self.browser.request(Method::GET, "/", Body::empty());
        request.headers_mut().extend::<HeaderMap>(cookies.headers().clone());
        request
    }

    /// Follows an authorization request: the path of the consent page.
    #[track_caller]
    pub(crate) fn authorize<'a>(&'a mut self, request: &Form) -> impl Future<Output = String> + use<'a> {
        let request = self.prepared(request.get_request("/oauth/authorize"));
        async move {
            let answer = self.browser.send(request).await;
            assert!(answer.location().starts_with("/oauth/consent/"), "{answer:?}");
            answer.location().to_owned()
        }
    }

    /// Presents the interaction cookie of the grant at `from` as that of the grant at `to`.
    pub(crate) fn rename_cookie(&mut self, from: &str, to: &str) {
        let name = |path: &str| format!("portico_interaction_{}", path.trim_start_matches("/oauth/consent/"));
        let value = self.browser.jar.remove(&name(from)).expect("an interaction cookie");
        self.browser.jar.insert(name(to), value);
    }
}
