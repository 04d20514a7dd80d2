//! The site under test: [`TestApp`] has the whole router over a temporary database with a clock that stands
//! still; a [`Browser`] keeps cookies.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use domain::entity::membership;
use domain::entropy::SeededEntropy;
use domain::id::{OrgId, UserId};
use domain::role::Role;
use domain::store::accounts::NewPerson;
use domain::store::{Actor, By, Keep, Password, PasswordCost, Settings, Store};
use domain::time::{FixedClock, Timestamp};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use sea_orm::{DbBackend, EntityTrait, IntoActiveModel};
use serde_json::Value;
use server::config::{Config, Sources};
use server::state::{AppState, store_settings};
use tower::ServiceExt;

/// The issuer of the site under test.
pub(crate) const ISSUER: &str = "http://127.0.0.1:3000";
/// Everybody's password.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// When the clock stands at the beginning: 2026-03-01 12:00:00 UTC.
pub(crate) const START: Timestamp = Timestamp(1_772_366_400_000);
/// Where requests come from, unless a test says otherwise.
pub(crate) const PEER: &str = "192.0.2.10:4711";

/// Makes the folders of tests in one process different.
static FOLDERS: AtomicU64 = AtomicU64::new(0);

/// The site under test. Its database goes when it goes.
pub(crate) struct TestApp {
    /// The store under the site.
    pub(crate) store: Store,
    /// The clock of the store.
    pub(crate) clock: Arc<FixedClock>,
    /// The configuration of the site.
    pub(crate) config: Config,
    router: Router,
    /// Where its database is.
    pub(crate) folder: Folder,
}

/// A temporary folder that is removed in the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        crate::logged::watch();
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("portico-http-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    /// The URL of a database in the folder.
    pub(crate) fn database_url(&self) -> String {
        format!("sqlite://{}", self.0.join("portico.db").display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let found = crate::at_rest::in_files(&self.0);
        // Whatever cannot be removed now goes with the machine's temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
        // A test that failed says why itself.
        assert!(found.is_empty() || std::thread::panicking(), "what was shown once is kept: {found:#?}");
        crate::logged::watch();
    }
}

/// The configuration that `variables` (names without `PORTICO_`) make, over a database in `folder`.
pub(crate) fn config(folder: &Folder, variables: &[(&str, &str)]) -> Config {
    let mut all = vec![("PORTICO_DATABASE_URL".to_owned(), folder.database_url())];
    all.extend(variables.iter().map(|(name, value)| (format!("PORTICO_{name}"), (*value).to_owned())));
    Config::read(&Sources { file: None, variables: all }).expect("a good configuration")
}

/// Keeps in memory what a server keeps on this database, where it is the only one on SQLite. Whoever wrote past the verbs
/// says it again.
pub(crate) fn keep(store: &Store) {
    let sqlite = store.reader().get_database_backend() == DbBackend::Sqlite;
    store.keep(if sqlite { Keep::Lookups } else { Keep::Catalogue });
}

impl TestApp {
    /// The site with the default configuration.
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// The site with `variables` of the configuration, such as `("ISSUER", "https://portico.example")`.
    pub(crate) async fn with(variables: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let config = config(&folder, variables);
        let clock = Arc::new(FixedClock::new(START));
        let settings = Settings {
            password_cost: PasswordCost::cheap(),
            ..store_settings(&config, domain::store::EncryptionKey::from_bytes([7; 32]))
        };
        let url = config.database_url.reveal();
        let store = Store::connect(url, settings, Arc::clone(&clock) as _, Arc::new(SeededEntropy::new(7)))
            .await
            .expect("a database");
        server::database::migrate(&store).await.expect("migrations");
        keep(&store);
        let router = server::router(AppState::new(store.clone(), &config));
        Self { store, clock, config, router, folder }
    }

    /// Sends `request` as it is, from [`PEER`] unless it says where from.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    /// The whole router.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// A browser without cookies.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.router(), self.config.issuer.as_str())
    }

    /// A browser in which the person with this address is signed in.
    pub(crate) async fn sign_in(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.sign_in(email, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{email} signs in: {answer:?}");
        browser
    }

    /// A person `<name>@example.com` with [`PASSWORD`].
    pub(crate) async fn person(&self, name: &str) -> UserId {
        let password = Password::new(PASSWORD.to_owned()).expect("a good password");
        let person = NewPerson { name: name.to_owned(), email: format!("{name}@example.com"), password };
        self.store.sign_up(&By::system(), person).await.expect("a new person")
    }

    /// An organization of `owner`.
    pub(crate) async fn organization(&self, owner: UserId, name: &str) -> OrgId {
        let by = self.by(owner).await;
        self.store.create_organization(&by, owner, name).await.expect("a new organization")
    }

    /// Makes `user` a member of `organization`.
    pub(crate) async fn member(&self, organization: OrgId, user: UserId, role: Role) {
        let row =
            membership::Model { organization_id: organization, user_id: user, role, created_at: self.store.now() };
        membership::Entity::insert(row.into_active_model())
            .exec_without_returning(self.store.writer())
            .await
            .expect("a membership");
        keep(&self.store);
    }

    /// `user`, as audit events name him.
    pub(crate) async fn by(&self, user: UserId) -> By {
        let me = self.store.me(user, None).await.expect("the database answers").expect("the person exists");
        By::system().as_actor(Actor::User { id: user, name: me.name })
    }
}

/// Sends `request` through `router`, from [`PEER`] unless it says where from.
pub(crate) async fn send(router: &Router, mut request: Request<Body>) -> Answer {
    if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
        let peer: SocketAddr = PEER.parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(peer));
    }
    let response = router.clone().oneshot(request).await.expect("the router answers");
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("a whole body").to_bytes();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&bytes).into_owned() }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: String,
}

impl Answer {
    /// The header `name`, empty where it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII")).unwrap_or_default()
    }

    /// Where it leads.
    #[track_caller]
    pub(crate) fn location(&self) -> &str {
        assert!(self.status.is_redirection(), "not a redirect: {self:?}");
        self.header("location")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The token in the page's first form, or in its head.
    pub(crate) fn csrf(&self) -> Option<String> {
        let field =
            self.attribute_near("name=\"csrf\"", "value").or_else(|| self.attribute_near("name=\"csrf\"", "content"));
        field.filter(|token| !token.is_empty())
    }

    /// The lines of `Set-Cookie`.
    pub(crate) fn cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().expect("ASCII")).collect()
    }

    /// The value of `attribute` in the first tag that contains `mark` and has it.
    fn attribute_near(&self, mark: &str, attribute: &str) -> Option<String> {
        self.body.split('<').filter(|tag| tag.contains(mark)).find_map(|tag| {
            let (_, rest) = tag.split_once(&format!("{attribute}=\""))?;
            rest.split_once('"').map(|(value, _)| value.to_owned())
        })
    }
}

/// A browser: it keeps cookies, says where it comes from, and fills the token into forms.
pub(crate) struct Browser {
    pub(crate) router: Router,
    origin: String,
    peer: SocketAddr,
    /// The cookies, by name.
    pub(crate) jar: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new(router: Router, origin: &str) -> Self {
        let peer = PEER.parse().expect("an address");
        Self { router, origin: origin.to_owned(), peer, jar: BTreeMap::new() }
    }

    /// The same browser at another address.
    pub(crate) fn at(mut self, peer: &str) -> Self {
        self.peer = peer.parse().expect("an address");
        self
    }

    /// A request to `path` with this browser's cookies and no other header.
    pub(crate) fn request(&self, method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(path).body(body.into()).expect("a request");
        if !self.jar.is_empty() {
            let pairs: Vec<_> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request.headers_mut().insert(header::COOKIE, pairs.join("; ").parse().expect("cookies"));
        }
        request
    }

    /// Sends `request` and keeps the cookies of the answer.
    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let answer = send(&self.router, request).await;
        for line in answer.cookies() {
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            if parts.any(|part| part.eq_ignore_ascii_case("max-age=0")) {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// A page.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let mut request = self.request(Method::GET, path, Body::empty());
        request.headers_mut().insert(header::ACCEPT, "text/html".parse().expect("a header value"));
        self.send(request).await
    }

    /// A form without a token, as `fields` say.
    pub(crate) async fn post_without_token(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.form(path, fields);
        self.send(request).await
    }

    /// A form with the token of the page at `path`; where that is no page, of the sign-in page or of the start page.
    pub(crate) async fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token(path).await;
        let mut all = vec![("csrf", token.as_str())];
        all.extend_from_slice(fields);
        let request = self.form(path, &all);
        self.send(request).await
    }

    /// The token that a form of this browser would carry now.
    pub(crate) async fn token(&mut self, path: &str) -> String {
        for page in [path, "/account", "/sign-in", "/"] {
            if let Some(token) = self.get(page).await.csrf() {
                return token;
            }
        }
        panic!("no page has a token");
    }

    /// The request of a form.
    pub(crate) fn form(&self, path: &str, fields: &[(&str, &str)]) -> Request<Body> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = self.request(Method::POST, path, body);
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse().expect("a header value"));
        headers.insert(header::ACCEPT, "text/html".parse().expect("a header value"));
        headers.insert(header::ORIGIN, self.origin.parse().expect("a header value"));
        headers.insert("sec-fetch-site", "same-origin".parse().expect("a header value"));
        request
    }

    /// Signs in.
    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.post_form("/sign-in", &[("email", email), ("password", password)]).await
    }
}
