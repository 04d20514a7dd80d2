//! What is measured on: a server of the release build on a fresh database, the bare handler, clients, and codes that a
//! person allowed.

use std::io::{Error, Result};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::http::{Answer, Connection, hidden};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const CALLBACK: &str = "http://127.0.0.1/callback";

/// A confidential client.
#[derive(Clone)]
pub(crate) struct Client {
    id: String,
    /// The value of its `Authorization: Basic` header.
    pub(crate) basic: String,
}

/// Tokens of a client.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) client: Client,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// A code and its client.
pub(crate) struct Code {
    pub(crate) client: Client,
    code: String,
}

/// An owner or admin, and the organization that is his.
struct Admin {
    email: String,
    password: String,
    organization: String,
}

/// A process that ends with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The servers and who uses them.
pub(crate) struct Scene {
    pub(crate) portico: SocketAddr,
    pub(crate) bare: SocketAddr,
    pub(crate) clients: Vec<Client>,
    admins: Vec<Admin>,
    _processes: [Process; 2],
    _folder: Folder,
}

/// A folder that is removed with its owner.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in /tmp harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Scene {
    /// Starts both servers and registers `clients` clients.
    pub(crate) fn set(clients: usize) -> Result<Self> {
        let folder = Folder(std::env::temp_dir().join(format!("portico-bench-{}", std::process::id())));
        std::fs::create_dir_all(&folder.0)?;
        let (portico, bare) = (free()?, free()?);
        let demo: Value = serde_json::from_str(&run(&folder.0, portico, &["demo", "--json"])?)?;
        let owner = text(&demo["apps"][0]["owner"]);
        let clients = (0..clients).map(|number| client(&folder.0, portico, &owner, number)).collect::<Result<_>>()?;
        let serve = command(&folder.0, portico).arg("serve").stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let bench = std::env::current_exe()?;
        let plain = Command::new(bench).args(["bare", &bare.to_string()]).spawn()?;
        let scene = Self {
            portico,
            bare,
            clients,
            admins: admins(&demo),
            _processes: [Process(serve), Process(plain)],
            _folder: folder,
        };
        ready(scene.portico, "/readyz")?;
        ready(scene.bare, "/")?;
        Ok(scene)
    }

    /// How many keys (client and organization) there can be.
    pub(crate) fn keys(&self) -> usize {
        self.clients.len() * self.admins.len()
    }

    /// Codes of the keys from `first` on, as an admin's consent makes them.
    pub(crate) fn codes(&self, first: usize, count: usize) -> Result<Vec<Code>> {
        let mut browsers = Vec::new();
        for admin in &self.admins {
            let mut browser = Connection::open(self.portico)?;
            let page = browser.get("/sign-in", None)?;
            let fields = [
                ("csrf", hidden(&page.body, "csrf")),
                ("email", &admin.email),
                ("password", &admin.password),
                ("next", "/account"),
            ];
            let answer = browser.post("/sign-in", &fields, None)?;
            expect(&answer, 303, "sign-in")?;
            browsers.push(browser);
        }
        (first..first + count)
            .map(|key| {
                let (client, who) =
                    (&self.clients[key / self.admins.len() % self.clients.len()], key % self.admins.len());
                allow(&mut browsers[who], client, &self.admins[who].organization)
            })
            .collect()
    }
}

/// One request through the consent page: the code that the client would get.
fn allow(browser: &mut Connection, client: &Client, organization: &str) -> Result<Code> {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", CALLBACK),
            ("scope", "read"),
            ("state", "bench"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ])
        .finish();
    let answer = browser.get(&format!("/oauth/authorize?{query}"), None)?;
    let path = answer.location.clone().unwrap_or_default();
    let path =
        path.find("/oauth/consent/").map(|at| path[at..].to_owned()).ok_or_else(|| Error::other("no consent page"))?;
    let picker = browser.get(&path, None)?;
    let csrf = hidden(&picker.body, "csrf").to_owned();
    expect(
        &browser.post(&path, &[("csrf", &csrf), ("organization", organization), ("choose", "1")], None)?,
        303,
        "picker",
    )?;
    let answer =
        browser.post(&path, &[("csrf", &csrf), ("organization", organization), ("decision", "allow")], None)?;
    expect(&answer, 303, "consent")?;
    let location = answer.location.unwrap_or_default();
    let query = location.split_once('?').map(|(_, query)| query).unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "code")
        .map(|(_, code)| Code { client: client.clone(), code: code.into_owned() })
        .ok_or_else(|| Error::other(format!("no code in {location}")))
}

/// The exchange of a code (RFC 6749 section 4.1.3).
pub(crate) fn exchange(connection: &mut Connection, code: &Code) -> Result<Tokens> {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &code.code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let answer = connection.post("/oauth/token", &fields, Some(&code.client.basic))?;
    tokens(&answer, &code.client)
}

/// A refresh (RFC 6749 section 6).
pub(crate) fn refresh(connection: &mut Connection, old: &Tokens) -> Result<Tokens> {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", old.refresh.as_str())];
    let answer = connection.post("/oauth/token", &fields, Some(&old.client.basic))?;
    tokens(&answer, &old.client)
}

fn tokens(answer: &Answer, client: &Client) -> Result<Tokens> {
    expect(answer, 200, "token")?;
    let body: Value = serde_json::from_str(&answer.body)?;
    Ok(Tokens { client: client.clone(), access: text(&body["access_token"]), refresh: text(&body["refresh_token"]) })
}

/// Anything but the expected status ends the run: a rate of failures is no rate.
pub(crate) fn expect(answer: &Answer, status: u16, what: &str) -> Result<()> {
    if answer.status == status {
        return Ok(());
    }
    let start: String = answer.body.chars().take(300).collect();
    Err(Error::other(format!("{what} answered {} instead of {status}: {start}", answer.status)))
}

fn admins(demo: &Value) -> Vec<Admin> {
    let id_of = |name: &str| {
        let found =
            demo["organizations"].as_array().into_iter().flatten().find(|organization| {
                ["id", "slug", "name"].iter().any(|key| organization[*key].as_str() == Some(name))
            });
        found.map(|organization| text(&organization["id"])).unwrap_or_default()
    };
    let owners = demo["apps"].as_array().into_iter().flatten();
    let partners: Vec<_> = owners.map(|app| id_of(app["owner"].as_str().unwrap_or_default())).collect();
    let mut admins: Vec<Admin> = Vec::new();
    for user in demo["users"].as_array().into_iter().flatten() {
        for membership in user["memberships"].as_array().into_iter().flatten() {
            let organization = id_of(membership["organization"].as_str().unwrap_or_default());
            let administers = matches!(membership["role"].as_str(), Some("owner" | "admin"));
            // A partner may install its own apps alone.
            if administers
                && !partners.contains(&organization)
                && admins.iter().all(|admin| admin.organization != organization)
            {
                admins.push(Admin { email: text(&user["email"]), password: text(&user["password"]), organization });
            }
        }
    }
    admins
}

fn client(folder: &Path, address: SocketAddr, owner: &str, number: usize) -> Result<Client> {
    let name = format!("Client {number}");
    let words =
        ["app", "create", "--owner", owner, "--name", &name, "--redirect-uri", CALLBACK, "--scope", "read", "--json"];
    let made: Value = serde_json::from_str(&run(folder, address, &words)?)?;
    let (id, secret) = (text(&made["client_id"]), text(&made["client_secret"]));
    Ok(Client { basic: STANDARD.encode(format!("{id}:{secret}")), id })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn command(folder: &Path, address: SocketAddr) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    command
        .env_clear()
        .env("PORTICO_DATABASE_URL", format!("sqlite://{}/portico.db", folder.display()))
        .env("PORTICO_LISTEN", address.to_string())
        .env("PORTICO_ISSUER", format!("http://{address}"))
        .env("PORTICO_LOG_LEVEL", "warn")
        .current_dir(folder);
    command
}

fn run(folder: &Path, address: SocketAddr, words: &[&str]) -> Result<String> {
    let output = command(folder, address).args(words).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(Error::other(format!("portico {} failed", words.join(" "))));
    }
    String::from_utf8(output.stdout).map_err(Error::other)
}

fn free() -> Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

fn ready(address: SocketAddr, path: &str) -> Result<()> {
    for _ in 0..1_000 {
        let answer = Connection::open(address).and_then(|mut connection| connection.get(path, None));
        if answer.is_ok_and(|answer| answer.status == 200) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(Error::other(format!("nothing is ready at {address}")))
}
