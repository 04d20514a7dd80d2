//! What is measured on: a server of the release build on a fresh database with its rows, and the bare handler.

use std::collections::HashMap;
use std::io::{Error, Read as _, Result, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::id::{AppId, OrgId};
use sea_orm::{ConnectionTrait, Database};
use serde_json::Value;

use crate::askers::Family;
use crate::seed::{Place, Seeds, Size};

/// The verifier of every seeded code, and its challenge (RFC 7636 appendix B).
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const CALLBACK: &str = "http://127.0.0.1/callback";

/// Access tokens that are read again and again.
pub(crate) const HOT: usize = 1_000;
/// The policies that make JWTs, and what the configuration says of those that are not shipped.
pub(crate) const JWT_POLICIES: [&str; 3] = ["apiera", "es256", "eddsa"];
const POLICIES: &str = "[token_policies.es256]\naccess_format = \"jwt\"\nalgorithm = \"ES256\"\nrefresh = \"none\"\nlive_tokens = \"many\"\n\
    [token_policies.eddsa]\naccess_format = \"jwt\"\nalgorithm = \"EdDSA\"\nrefresh = \"none\"\nlive_tokens = \"many\"\n";

/// The value of a client's `Authorization: Basic` header.
pub(crate) type Basic = Arc<str>;

/// A client by its credentials, and an organization in which it is installed.
pub(crate) struct Installed {
    pub(crate) basic: Basic,
    pub(crate) organization: OrgId,
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

/// A folder that is removed with its owner.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Result<Self> {
        let folder = Self(std::env::temp_dir().join(format!("portico-bench-{}-{name}", std::process::id())));
        std::fs::create_dir_all(&folder.0)?;
        Ok(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in /tmp harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A handler that does nothing but answer, as a process of its own.
pub(crate) struct Bare {
    pub(crate) address: SocketAddr,
    _process: Process,
}

impl Bare {
    pub(crate) fn start() -> Result<Self> {
        let address = free()?;
        let process = Process(Command::new(std::env::current_exe()?).args(["bare", &address.to_string()]).spawn()?);
        ready(address, "/")?;
        Ok(Self { address, _process: process })
    }
}

/// A running Portico and what its clients know.
pub(crate) struct Scene {
    pub(crate) portico: SocketAddr,
    /// Where programs that read tokens are registered.
    pub(crate) resource_server: Basic,
    /// Access tokens.
    pub(crate) tokens: Vec<String>,
    /// Refresh tokens, one of each family.
    pub(crate) families: Vec<Family>,
    /// Codes with their clients.
    pub(crate) codes: Vec<(Basic, String)>,
    /// By token policy: clients with the grant `client_credentials`.
    pub(crate) installed: HashMap<&'static str, Vec<Installed>>,
    process: Process,
    _folder: Folder,
}

impl Scene {
    /// Seeds a fresh database (a SQLite file, or a new database of the PostgreSQL server at `postgres`) and starts the
    /// server on it.
    pub(crate) fn set(postgres: Option<&str>, size: Size, name: &str) -> Result<Self> {
        let folder = Folder::new(name)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let url = match postgres {
            Some(server) => runtime.block_on(new_database(server, name))?,
            None => format!("sqlite://{}/portico.db", folder.path().display()),
        };
        std::fs::write(folder.path().join("portico.toml"), POLICIES)?;
        let cli = Cli { folder: folder.path().to_owned(), url, portico: free()? };
        cli.run(&["migrate"])?;
        let audience = format!("http://{}/api/v1", cli.portico);
        let made = cli.run(&["resource-server", "add", "Bench", "--audience", &audience, "--json"])?;
        let made: Value = serde_json::from_str(&made)?;
        let resource_server = basic(&text(&made["id"]), &text(&made["secret"]));
        let rows = runtime.block_on(rows(&cli, size, &audience))?;
        let process = Process(cli.command().arg("serve").stdout(Stdio::null()).spawn()?);
        ready(cli.portico, "/readyz")?;
        let Rows { tokens, families, codes, installed } = rows;
        Ok(Self { portico: cli.portico, resource_server, tokens, families, codes, installed, process, _folder: folder })
    }

    /// The server's process.
    pub(crate) fn process(&self) -> u32 {
        self.process.0.id()
    }
}

/// The clients' side of the seeded rows.
struct Rows {
    tokens: Vec<String>,
    families: Vec<Family>,
    codes: Vec<(Basic, String)>,
    installed: HashMap<&'static str, Vec<Installed>>,
}

async fn rows(cli: &Cli, size: Size, audience: &str) -> Result<Rows> {
    let mut seeds = Seeds::open(&cli.url).await?;
    let (person, organizations) = seeds.organizations(size.organizations).await?;
    let owner = organizations[0];
    let clients = |policy: &str, count: usize| -> Result<HashMap<AppId, Basic>> {
        (0..count).map(|number| cli.client(owner, policy, number)).collect()
    };
    let standard = clients("standard", size.apps)?;
    let mut apps: Vec<AppId> = standard.keys().copied().collect();
    apps.sort_unstable();
    // The owner's own installs are made with the apps, where the policy of the instance makes them.
    let targets = &organizations[1..];
    let (read, exchanged) = apps.split_at(size.apps / 2);
    let read = seeds.installs(read, targets, person).await?;
    let exchanged = seeds.installs(exchanged, targets, person).await?;
    let mut installed = HashMap::new();
    installed.insert("standard", known(&standard, &read));
    for policy in JWT_POLICIES {
        let made = clients(policy, size.apps / 10)?;
        let apps: Vec<AppId> = made.keys().copied().collect();
        let places = seeds.installs(&apps, &targets[..targets.len().min(50)], person).await?;
        installed.insert(policy, known(&made, &places));
    }
    let codes = seeds.codes(&exchanged, person, audience, size.codes).await?;
    let pairs = seeds.pairs(&read, audience, size.tokens, size.known).await?;
    seeds.close().await?;
    let of = |app: &AppId| standard.get(app).cloned().unwrap_or_else(|| Basic::from(""));
    let codes = codes.into_iter().map(|(app, text)| (of(&app), text)).collect();
    let (mut tokens, mut families) = (Vec::new(), Vec::new());
    for (app, access, refresh) in pairs {
        tokens.push(access);
        families.push(Family { basic: of(&app), refresh });
    }
    Ok(Rows { tokens, families, codes, installed })
}

fn known(clients: &HashMap<AppId, Basic>, places: &[Place]) -> Vec<Installed> {
    let one =
        |place: &Place| Some(Installed { basic: clients.get(&place.app)?.clone(), organization: place.organization });
    places.iter().filter_map(one).collect()
}

/// The command line of the release build.
struct Cli {
    folder: PathBuf,
    url: String,
    portico: SocketAddr,
}

impl Cli {
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
        command
            .env_clear()
            .env("PORTICO_DATABASE_URL", &self.url)
            .env("PORTICO_LISTEN", self.portico.to_string())
            .env("PORTICO_ISSUER", format!("http://{}", self.portico))
            .env("PORTICO_ENCRYPTION_KEY", STANDARD.encode([7; 32]))
            .env("PORTICO_LOG_LEVEL", "warn")
            .current_dir(&self.folder);
        command
    }

    fn run(&self, words: &[&str]) -> Result<String> {
        let output = self.command().args(words).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(Error::other(format!("portico {} failed", words.join(" "))));
        }
        String::from_utf8(output.stdout).map_err(Error::other)
    }

    /// Makes a client with both grants, or with `client_credentials` alone where its policy gives no refresh token.
    fn client(&self, owner: OrgId, policy: &str, number: usize) -> Result<(AppId, Basic)> {
        let (owner, name) = (owner.to_string(), format!("Client {policy} {number}"));
        let made = self.run(&[
            "app",
            "create",
            "--owner",
            &owner,
            "--name",
            &name,
            "--scope",
            "read",
            "--redirect-uri",
            CALLBACK,
            "--token-policy",
            policy,
            "--grant",
            "authorization_code",
            "client_credentials",
            "--json",
        ])?;
        let made: Value = serde_json::from_str(&made)?;
        let id = text(&made["app_id"]).parse().map_err(Error::other)?;
        Ok((id, basic(&text(&made["client_id"]), &text(&made["client_secret"]))))
    }
}

async fn new_database(server: &str, name: &str) -> Result<String> {
    let db = Database::connect(server).await.map_err(Error::other)?;
    let database = format!("portico_bench_{name}");
    for sql in [format!("DROP DATABASE IF EXISTS {database}"), format!("CREATE DATABASE {database}")] {
        db.execute_unprepared(&sql).await.map_err(Error::other)?;
    }
    db.close().await.map_err(Error::other)?;
    let (address, _) = server.rsplit_once('/').ok_or_else(|| Error::other("no database in the URL"))?;
    Ok(format!("{address}/{database}"))
}

fn basic(id: &str, secret: &str) -> Basic {
    STANDARD.encode(format!("{id}:{secret}")).into()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn free() -> Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

fn ready(address: SocketAddr, path: &str) -> Result<()> {
    for _ in 0..3_000 {
        let answered = TcpStream::connect(address).and_then(|mut stream| {
            let request = format!("GET {path} HTTP/1.0\r\nhost: {address}\r\n\r\n");
            stream.write_all(request.as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer.split(' ').nth(1) == Some("200"))
        });
        if answered.is_ok_and(|yes| yes) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(Error::other(format!("nothing is ready at {address}")))
}
