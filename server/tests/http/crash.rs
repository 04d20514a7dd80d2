//! SIGKILL in the middle of a hundred exchanges and installs: what was acknowledged is there, and nothing is half made.
//! The real binary, real HTTP, one SQLite file.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use domain::client::{ActorModes, AuthMethod, GrantStatus, InstallStatus};
use domain::entity::{access_token, audit_event, code, grant, install, refresh_token};
use domain::entropy::OsEntropy;
use domain::id::OrgId;
use domain::portal::NewApp;
use domain::store::accounts::NewPerson;
use domain::store::{Actor, By, Password, PasswordCost, Settings, Store};
use domain::time::SystemClock;
use sea_orm::{ColumnTrait, ConnectionTrait as _, EntityTrait, PaginatorTrait, QueryFilter};

use crate::harness::{Folder, PASSWORD, config};
use crate::oauth::request::Form;
use crate::oauth::world::{VERIFIER, challenge};

/// Half of the apps exchange a code that they already have, the other half is being installed.
const APPS: usize = 100;
/// After so many acknowledgements the server is killed: in the middle.
const KILLED_AFTER: usize = 30;
const CALLBACK: &str = "https://partner.example/cb";

/// What a client was told before the crash.
enum Acknowledged {
    /// An install, by its code.
    Code { app: usize, code: String },
    /// An access token.
    Token { access: String },
}

#[tokio::test(flavor = "multi_thread")]
async fn req_069_req_119_sigkill_loses_nothing_acknowledged_and_leaves_nothing_half_made() {
    let folder = Folder::new();
    let (target, clients) = furnish(&folder).await;
    let clients = Arc::new(clients);
    let checked = {
        let (folder, clients) = (folder.database_url(), clients.clone());
        tokio::task::spawn_blocking(move || crash_and_check(&folder, target, &clients))
    };
    let acknowledged = checked.await.expect("the crash test's own thread");
    assert!(acknowledged >= KILLED_AFTER);
    nothing_is_half_made(&folder).await;
}

/// Everything that needs the server: `Folder` stays with the caller.
fn crash_and_check(database: &str, target: OrgId, clients: &Arc<Vec<String>>) -> usize {
    let mut server = Server::start(database);
    let person = Arc::new(server.sign_in());
    let codes: Vec<_> =
        (0..APPS / 2).map(|app| install(&server.at, &person, target, app, &clients[app]).expect("a code")).collect();
    let (told, heard) = channel();
    let tasks: Vec<_> = (0..APPS)
        .map(|app| {
            let (at, person, client, told) = (server.at.clone(), person.clone(), clients[app].clone(), told.clone());
            let code = codes.get(app).cloned();
            std::thread::spawn(move || work(&at, &person, target, app, &client, code, &told))
        })
        .collect();
    drop(told);
    let mut acknowledged: Vec<_> = heard.iter().take(KILLED_AFTER).collect();
    server.kill();
    acknowledged.extend(heard.iter());
    for task in tasks {
        task.join().expect("a task ends when its server is gone");
    }
    assert!(acknowledged.len() < APPS, "the server died too late to prove anything");

    let mut server = Server::start(database);
    for fact in &acknowledged {
        let access = match fact {
            Acknowledged::Token { access } => access.clone(),
            Acknowledged::Code { app, code } => {
                exchange(&server.at, *app, &clients[*app], code).expect("an acknowledged code")
            }
        };
        let request = format!("GET /api/v1/whoami HTTP/1.0\r\nHost: portico\r\nAuthorization: Bearer {access}\r\n\r\n");
        let answer = call(&server.at, &request).expect("the restarted server answers");
        assert_eq!(answer.status, 200, "an acknowledged token is lost: {}", answer.body);
    }
    server.kill();
    acknowledged.len()
}

/// One client: it exchanges the code that it has, or is installed.
fn work(
    at: &str,
    person: &Cookies,
    target: OrgId,
    app: usize,
    client: &str,
    code: Option<String>,
    told: &Sender<Acknowledged>,
) {
    let fact = match code {
        Some(code) => exchange(at, app, client, &code).map(|access| Acknowledged::Token { access }),
        None => install(at, person, target, app, client).map(|code| Acknowledged::Code { app, code }),
    };
    if let Some(fact) = fact {
        // The listener is gone only when the test has failed already.
        let _ = told.send(fact);
    }
}

/// A world with an app per key: a second exchange for one key would end the first one's tokens.
async fn furnish(folder: &Folder) -> (OrgId, Vec<String>) {
    let store = open(folder).await;
    server::database::migrate(&store).await.expect("migrations");
    let new = |name: &str| NewPerson {
        name: name.to_owned(),
        email: format!("{name}@example.com"),
        password: Password::new(PASSWORD.to_owned()).expect("a good password"),
    };
    let admin = store.sign_up(&By::system(), new("ada")).await.expect("a person");
    let by = By::system().as_actor(Actor::User { id: admin, name: "ada".to_owned() });
    let target = store.create_organization(&by, admin, "Target").await.expect("an organization");
    let maker = store.create_organization(&by, admin, "Maker").await.expect("an organization");
    let mut clients = Vec::new();
    for number in 0..APPS {
        let app = NewApp {
            name: format!("App {number}"),
            auth_method: AuthMethod::None,
            actor_modes: ActorModes::App,
            redirect_uris: vec![CALLBACK.to_owned()],
            scopes: crate::oauth::world::scopes(&["read"]),
            ..NewApp::default()
        };
        clients.push(store.create_app(&by, maker, app).await.expect("an app").client_id.to_string());
    }
    store.close().await.expect("the database closes");
    (target, clients)
}

async fn open(folder: &Folder) -> Store {
    let config = config(folder, &[]);
    let settings = Settings {
        password_cost: PasswordCost::cheap(),
        ..server::state::store_settings(&config, domain::store::EncryptionKey::from_bytes([7; 32]))
    };
    Store::connect(&folder.database_url(), settings, Arc::new(SystemClock), Arc::new(OsEntropy))
        .await
        .expect("a database")
}

/// Each code that was used has its tokens, and each token its code; each install has a code, and each decision one.
async fn nothing_is_half_made(folder: &Folder) {
    let store = open(folder).await;
    let db = store.reader();
    let integrity = db
        .query_one_raw(sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA integrity_check"))
        .await
        .expect("a query")
        .expect("a row");
    assert_eq!(integrity.try_get_by_index::<String>(0).expect("a text"), "ok");
    let codes = code::Entity::find().all(db).await.expect("codes");
    let access = access_token::Entity::find().all(db).await.expect("access tokens");
    let refresh = refresh_token::Entity::find().all(db).await.expect("refresh tokens");
    let installs = install::Entity::find().all(db).await.expect("installs");
    assert!(codes.len() > KILLED_AFTER && !access.is_empty());
    for code in &codes {
        let tokens = access.iter().filter(|token| token.family_id == code.family_id).count();
        let refreshes = refresh.iter().filter(|token| token.family_id == code.family_id).count();
        let wanted = usize::from(code.used_at.is_some());
        assert_eq!((tokens, refreshes), (wanted, wanted), "code {} is half redeemed", code.id);
        assert!(installs.iter().any(|install| install.id == code.install_id), "code {} has no install", code.id);
    }
    let mut active = BTreeMap::new();
    for install in &installs {
        assert!(codes.iter().any(|code| code.install_id == install.id), "install {} has no code", install.id);
        assert_eq!(install.status, InstallStatus::Active);
        *active.entry(install.app_id).or_insert(0) += 1;
    }
    assert!(active.values().all(|count| *count == 1), "one active install per key");
    let approved =
        grant::Entity::find().filter(grant::Column::Status.eq(GrantStatus::Approved)).count(db).await.expect("a count");
    assert_eq!(approved, codes.len() as u64, "each approval has its code");
    assert!(access.iter().all(|token| token.told.is_some()), "each token tells of its issue");
    for (action, count) in [("install.created", installs.len()), ("code.issued", codes.len())] {
        let action: domain::audit::Action = action.parse().expect("an action");
        let told = audit_event::Entity::find()
            .filter(audit_event::Column::Action.eq(action))
            .count(db)
            .await
            .expect("a count");
        assert_eq!(told, count as u64, "{action} in the audit log");
    }
    store.close().await.expect("the database closes");
}

/// The cookies and the form token of a person who is signed in.
struct Cookies {
    session: String,
    csrf: String,
}

/// An authorization request and its consent: the code.
fn install(at: &str, person: &Cookies, target: OrgId, app: usize, client: &str) -> Option<String> {
    let query = Form::of(&[
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", CALLBACK),
        ("scope", "read"),
        ("code_challenge", &challenge(VERIFIER)),
        ("code_challenge_method", "S256"),
        ("organization", "target"),
    ]);
    let head = format!("Host: portico\r\nX-Forwarded-For: 198.51.100.{app}\r\n");
    let asked = call(at, &format!("GET /oauth/authorize?{} HTTP/1.0\r\n{head}\r\n", query.encoded()))?;
    let (page, interaction) = (asked.header("location")?.to_owned(), asked.cookie()?);
    let form =
        Form::of(&[("csrf", &person.csrf), ("decision", "allow"), ("organization", &target.to_string())]).encoded();
    let decided = call(
        at,
        &format!(
            "POST {page} HTTP/1.0\r\n{head}Cookie: {}; {interaction}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{form}",
            person.session,
            form.len()
        ),
    )?;
    let (_, query) = decided.header("location")?.split_once('?')?;
    let query = query.split('#').next().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code").map(|(_, code)| code.into_owned())
}

/// The access token for a code.
fn exchange(at: &str, app: usize, client: &str, code: &str) -> Option<String> {
    let form = Form::of(&[
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ])
    .encoded();
    let answer = call(
        at,
        &format!(
            "POST /oauth/token HTTP/1.0\r\nHost: portico\r\nX-Forwarded-For: 198.51.100.{app}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        ),
    )?;
    let body: serde_json::Value = serde_json::from_str(&answer.body).ok()?;
    body["access_token"].as_str().map(str::to_owned)
}

/// The answer of one call.
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Reply {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    fn cookie(&self) -> Option<String> {
        self.header("set-cookie")?.split(';').next().map(str::to_owned)
    }

    fn csrf(&self) -> Option<String> {
        self.body.split('<').filter(|tag| tag.contains("name=\"csrf\"")).find_map(|tag| {
            let attribute = if tag.contains("content=\"") { "content=\"" } else { "value=\"" };
            let (_, rest) = tag.split_once(attribute)?;
            rest.split_once('"').map(|(value, _)| value.to_owned()).filter(|value| !value.is_empty())
        })
    }
}

/// One request over HTTP/1.0, whose answer ends with the connection; none where the server is gone or cut it short.
fn call(at: &str, request: &str) -> Option<Reply> {
    let mut stream = TcpStream::connect(at).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse::<usize>().ok());
    // An answer that was cut short was not given.
    (length.is_none_or(|length| length == body.len())).then(|| Reply { status, headers, body: body.to_owned() })
}

/// `portico serve`, killed in the end whatever happens.
struct Server {
    child: Child,
    at: String,
}

impl Server {
    fn start(database: &str) -> Self {
        let at = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address").to_string();
        let mut child = Command::new(env!("CARGO_BIN_EXE_portico"))
            .arg("serve")
            .env("PORTICO_DATABASE_URL", database)
            .env("PORTICO_LISTEN", &at)
            .env("PORTICO_ISSUER", "http://127.0.0.1:3000")
            .env("PORTICO_TRUSTED_PROXIES", "127.0.0.0/8")
            .env("RUST_LOG", "info")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let (told, serving) = channel();
        let lines = Arc::new(Mutex::new(Vec::new()));
        watch(child.stdout.take().expect("a pipe"), told.clone(), lines.clone());
        watch(child.stderr.take().expect("a pipe"), told, lines.clone());
        let mut server = Self { child, at };
        if serving.recv().is_err() {
            server.kill();
            panic!("the server did not start: {:?}", lines.lock().expect("the lines"));
        }
        server
    }

    /// SIGKILL.
    fn kill(&mut self) {
        // It may be gone already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Signs the admin in, as a browser does.
    fn sign_in(&self) -> Cookies {
        let page = call(&self.at, "GET /sign-in HTTP/1.0\r\nHost: portico\r\n\r\n").expect("the sign-in page");
        let (csrf, cookie) = (page.csrf().expect("a form token"), page.cookie().expect("a cookie"));
        let form = Form::of(&[("csrf", &csrf), ("email", "ada@example.com"), ("password", PASSWORD)]).encoded();
        let request = format!(
            "POST /sign-in HTTP/1.0\r\nHost: portico\r\nCookie: {cookie}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        let signed_in = call(&self.at, &request).expect("an answer");
        assert_eq!(signed_in.status, 303, "{}", signed_in.body);
        let session = signed_in.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value);
        let session =
            session.filter_map(|value| value.split(';').next()).find(|pair| pair.starts_with("portico_session="));
        let session = session.expect("a session").to_owned();
        let account = call(&self.at, &format!("GET /account HTTP/1.0\r\nHost: portico\r\nCookie: {session}\r\n\r\n"));
        let csrf = account.expect("the account page").csrf().expect("a form token");
        Cookies { session, csrf }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Reads what the server says to the end, and tells when it serves.
fn watch(pipe: impl Read + Send + 'static, told: Sender<()>, lines: Arc<Mutex<Vec<String>>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if line.contains("serving") {
                // Nobody listens any more once the start is over.
                let _ = told.send(());
            }
            lines.lock().expect("the lines").push(line);
        }
    });
}
