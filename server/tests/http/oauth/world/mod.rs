//! A small world: people, organizations and apps, and verbs that change it.

mod changes;
mod failures;
mod party;
mod place;
mod surfer;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use base64::Engine as _;
use domain::audit::Action;
use domain::client::{ActorModes, AuthMethod, GrantType, InstallStatus};
use domain::entity::{access_token, audit_event, install};
use domain::entropy::SeededEntropy;
use domain::id::{OrgId, UserId};
use domain::portal::{NewApp, ScopeChoice};
use domain::role::Role;
use domain::store::accounts::NewPerson;
use domain::store::{Actor, By, Password, PasswordCost, Settings, Store};
use domain::time::{Clock as _, FixedClock};
use http::Request;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use server::config::Config;
use server::state::{AppState, store_settings};
use sha2::{Digest as _, Sha256};

use super::request::{Form, get, with_token};
use crate::harness::{Answer, Browser, Folder, PASSWORD, START, config, keep};

pub(crate) use self::party::Party;
pub(crate) use self::place::{Place, postgres_server};
pub(crate) use self::surfer::Surfer;
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
#[derive(Clone)]
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
            party::make(&site.store, &maker_admin, maker, name, (method, modes), uris, words).await
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
        Self { store: site.store, config: site.config, router: site.router, ..self.clone() }
    }

    /// One more confidential app, with this redirect URI.
    pub(crate) async fn party(&self, uri: &str) -> Party {
        let how = (AuthMethod::ClientSecretBasic, ActorModes::Both);
        party::make(&self.store, &self.maker_admin, self.maker, "More", how, &[uri], &["read"]).await
    }

    /// One more app of Maker.
    pub(crate) async fn register(&self, new: NewApp) -> Party {
        party::register(&self.store, &self.maker_admin, self.maker, new).await
    }

    /// A relying party: confidential, by Basic, with every scope of OpenID Connect and this redirect URI.
    pub(crate) async fn openid_party(&self, uri: &str) -> Party {
        self.register(openid_app(uri)).await
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
        Surfer::new(Browser::new(self.router(), self.config.issuer.as_str()))
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
