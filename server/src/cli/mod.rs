//! The command line. Exit codes: 0 done, 1 failed, 2 usage or configuration.

mod allow_test;
pub(crate) mod alone;
mod apps;
mod config;
mod demo;
mod keys;
mod organization;
mod people;
#[cfg(unix)]
pub(crate) mod remote;
mod resource_server;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand};
use domain::entropy::OsEntropy;
use domain::role::StaffRole;
use domain::store::Store;
use domain::time::SystemClock;
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlxError};
use tracing_subscriber::EnvFilter;

use self::alone::{Hold, Lock};
use crate::config::encryption::{self, KeyFileError};
use crate::config::{Config, ConfigError, LogFormat, Sources, live_reload};
use crate::database;
use crate::serve::{ServeError, serve};

/// A partner developer portal and the OAuth provider behind it.
#[derive(Debug, Parser)]
#[command(
    name = "portico",
    version,
    after_help = "Configuration: ./portico.toml (or the file that PORTICO_CONFIG names) and PORTICO_* variables over it;\n\
                  `portico config check` lists every key with its value.\n\
                  Exit codes: 0 done, 1 failed, 2 usage or configuration."
)]
pub struct Cli {
    /// What to do; `serve` if nothing is named.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the command line can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Migrate the database and serve the site (the default)
    Serve,
    /// Bring the database's schema up to this binary
    Migrate,
    /// Load the demo data into an empty database and print who can sign in
    ///
    /// The demo passwords are public. A `serve` for other machines that runs on a SQLite database refuses them; one on
    /// PostgreSQL does not notice: stop it first (it starts again only with `PORTICO_ALLOW_DEMO_DATA=true`).
    Demo {
        /// Print JSON: issuer, users, organizations, apps
        #[arg(long)]
        json: bool,
    },
    /// People who run the instance
    #[command(subcommand)]
    Staff(StaffCommand),
    /// People who use the instance
    #[command(subcommand)]
    User(UserCommand),
    /// OAuth clients
    #[command(subcommand)]
    App(AppCommand),
    /// Callers of introspection
    #[command(subcommand)]
    ResourceServer(resource_server::ResourceServerCommand),
    /// Customers of the platform
    #[command(subcommand)]
    Organization(OrganizationCommand),
    /// The keys that tokens are signed with
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// `portico staff`.
#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// Give a staff role and print a one-time link that sets the password
    ///
    /// The link works once, for 24 hours; the role begins when it is used. An account that exists is refused, unless
    /// --existing is given: then its old password and sessions end at once, and the date on which it was made is shown.
    Add {
        /// The person's e-mail address
        email: String,
        /// support reads everything but secrets, operator acts
        #[arg(long, value_parser = words::<StaffRole>(StaffRole::ALL.iter().map(|role| role.as_str())))]
        role: StaffRole,
        /// The account exists already; its old password and sessions end now
        #[arg(long)]
        existing: bool,
    },
}

/// `portico user`.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Print a one-time link that sets a person's password; it works once, for 24 hours
    Password {
        /// The person's e-mail address
        email: String,
    },
}

/// `portico app`.
#[derive(Debug, Subcommand)]
pub enum AppCommand {
    /// Register an app; print its client id and, once, its secret
    Create(Box<apps::NewAppArguments>),
    /// Let an organization test an app before it is live
    ///
    /// Only where the instance reviews apps (`PORTICO_APP_REVIEW=before_live`) is there anything to test before.
    AllowTest(allow_test::AllowTestArguments),
}

/// `portico organization`.
#[derive(Debug, Subcommand)]
pub enum OrganizationCommand {
    /// Set an organization's domain or plan
    Set {
        /// The organization's id, domain or slug
        organization: String,
        /// The domain that finds it in authorization requests
        #[arg(long)]
        domain: Option<String>,
        /// Its plan
        #[arg(long)]
        plan: Option<String>,
    },
}

/// `portico config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration and print every key with its value, without passwords
    Check,
}

/// Reads one of the domain's words, such as a role; help and errors list `all` of them.
fn words<W>(all: impl Iterator<Item = &'static str>) -> impl TypedValueParser<Value = W>
where
    W: FromStr + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(all).try_map(|text| text.parse::<W>().map_err(|_| "not one of the known words"))
}

/// Why a command did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// It was asked for wrongly, or under a configuration that forbids it: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// It cannot be done, and here is why.
    #[error("{0}")]
    Refused(String),
    /// The database cannot be opened.
    #[error("cannot open the database {url}: {cause}")]
    Unreachable {
        /// Where it should be, without its password.
        url: String,
        /// Why not.
        cause: String,
    },
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] DbErr),
    /// The file with the encryption key cannot be used: exit code 2.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The server failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The output could not be written.
    #[error("cannot write: {0}")]
    Output(#[from] std::io::Error),
    /// The output could not be made.
    #[error("cannot print JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl CliError {
    fn code(&self) -> ExitCode {
        if matches!(self, Self::Usage(_) | Self::KeyFile(_)) { ExitCode::from(2) } else { ExitCode::FAILURE }
    }
}

/// Runs the command of this process: reads the configuration, starts the log, and tells the exit code.
/// `words` is the command line itself, without the program's name.
pub async fn run(cli: Cli, words: Vec<String>, out: &mut (impl Write + Send)) -> ExitCode {
    let command = cli.command.unwrap_or(Command::Serve);
    let config = match Sources::of_this_process().and_then(|sources| Config::read(&sources)) {
        Ok(config) => Config { live_reload: live_reload(), ..config },
        Err(problems) => return configuration(&problems),
    };
    start_log(&config, matches!(command, Command::Serve));
    match execute(command, &config, out).await {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Served(socket, command)) => through_server(&socket, &command, words, out).await,
        Err(error) => {
            eprintln!("portico: {error}");
            error.code()
        }
    }
}

fn configuration(problems: &ConfigError) -> ExitCode {
    eprintln!("portico: {problems}");
    ExitCode::from(2)
}

/// Log lines go to standard error: what a command prints is its result alone.
fn start_log(config: &Config, serving: bool) {
    // A command prints its own failures; what the libraries tell while it runs is noise.
    let level = if serving { config.log_level.as_str() } else { "warn" };
    // A cookie whose session has ended, as sessions do, is nothing to be suspicious of: unless that is asked for.
    let filter = EnvFilter::builder().parse_lossy(format!("tower_sessions_core=error,{level}"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A second start in one process, as in tests, keeps the first log.
    let _ = match config.log_format {
        LogFormat::Text => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
}

/// Whether this process ran a command.
#[derive(Debug)]
pub enum Outcome {
    /// It did.
    Done,
    /// A server runs on the same SQLite database, and listens for commands at this socket.
    Served(PathBuf, Box<Command>),
}

#[cfg(unix)]
async fn through_server(socket: &Path, command: &Command, words: Vec<String>, out: &mut impl Write) -> ExitCode {
    remote::run(socket, command, words, out).await
}

#[cfg(not(unix))]
async fn through_server(_: &Path, _: &Command, _: Vec<String>, _: &mut impl Write) -> ExitCode {
    eprintln!("portico: a portico serve runs on this database: stop it first");
    ExitCode::FAILURE
}

/// Runs `command` under `config`, unless a server keeps the database for itself; what it prints goes to `out`.
pub async fn execute(command: Command, config: &Config, out: &mut (impl Write + Send)) -> Result<Outcome, CliError> {
    if let Command::Config(ConfigCommand::Check) = command {
        return config::check(config, out).map(|()| Outcome::Done);
    }
    let lock = match alone::hold(config, matches!(command, Command::Serve)).await? {
        Hold::Ours(lock) => lock,
        Hold::Served(socket) => return Ok(Outcome::Served(socket, Box::new(command))),
    };
    perform(command, config, lock, out).await.map(|()| Outcome::Done)
}

async fn perform(
    command: Command,
    config: &Config,
    lock: Option<Lock>,
    out: &mut (impl Write + Send),
) -> Result<(), CliError> {
    if matches!(command, Command::Demo { .. }) {
        demo::refuse_beyond_loopback(config)?;
    }
    let key = encryption::obtain(config, &OsEntropy)?;
    let connected = database::connect(config, key.key.clone(), Arc::new(SystemClock), Arc::new(OsEntropy)).await;
    let store = connected.map_err(|error| unreachable_database(config, &error))?;
    if matches!(command, Command::Serve | Command::Migrate | Command::Demo { .. }) {
        database::migrate(&store).await?;
    }
    if database::is_current(&store).await? {
        keys::open(&command, &store, config, &key).await?;
        keeps_brand(&store, config).await?;
    }
    if matches!(command, Command::Serve) {
        return serve_on(&store, config, lock).await;
    }
    let done = on_store(command, &store, config, out).await;
    drop(lock);
    done
}

async fn serve_on(store: &Store, config: &Config, lock: Option<Lock>) -> Result<(), CliError> {
    if store.has_demo_data().await? {
        demo::refuse_beyond_loopback(config)?;
    }
    apps::warn_of_unknown_policies(store).await?;
    Ok(serve(store.clone(), config, lock).await?)
}

/// Refuses a brand that is not the database's: no client id, secret or token in it would be known.
async fn keeps_brand(store: &Store, config: &Config) -> Result<(), CliError> {
    let (first, configured) = (store.first_brand().await?, config.token_brand.as_str());
    if first == configured {
        return Ok(());
    }
    Err(CliError::Refused(format!(
        "PORTICO_TOKEN_BRAND (token_brand) is {configured}, and the client ids, secrets and tokens in the database {} begin \
         with {first}. Nobody could use them: set it back to {first}.",
        config.database_url
    )))
}

/// The pool tries a refused connection again until its time is over, and then tells only that.
fn unreachable_database(config: &Config, error: &DbErr) -> CliError {
    let mut cause = error.to_string();
    let timed_out = match error {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => true,
        DbErr::Conn(RuntimeErr::SqlxError(error)) => matches!(error.as_ref(), SqlxError::PoolTimedOut),
        _ => false,
    };
    if timed_out {
        cause.push_str(". Nothing accepted a connection in time: is the server running, and are host and port right?");
    }
    CliError::Unreachable { url: config.database_url.to_string(), cause }
}

/// Runs `command` on `store`.
pub async fn on_store(
    command: Command,
    store: &Store,
    config: &Config,
    out: &mut (impl Write + Send),
) -> Result<(), CliError> {
    if !database::is_current(store).await? {
        let database = &config.database_url;
        return Err(CliError::Refused(format!("the database {database} is not migrated. Run: portico migrate")));
    }
    match command {
        Command::Serve => serve_on(store, config, None).await,
        Command::Migrate => Ok(writeln!(out, "The database is up to date.")?),
        Command::Demo { json } => demo::load(store, config, json, out).await,
        Command::Staff(StaffCommand::Add { email, role, existing }) => {
            people::add_staff(store, config, &email, role, existing, out).await
        }
        Command::User(UserCommand::Password { email }) => people::password_link(store, config, &email, out).await,
        Command::App(AppCommand::Create(arguments)) => apps::create(store, *arguments, out).await,
        Command::App(AppCommand::AllowTest(arguments)) => allow_test::allow_test(store, arguments, out).await,
        Command::ResourceServer(command) => resource_server::run(command, store, out).await,
        Command::Organization(OrganizationCommand::Set { organization, domain, plan }) => {
            organization::set(store, &organization, domain, plan, out).await
        }
        Command::Keys(command) => keys::run(command, store, out).await,
        Command::Config(ConfigCommand::Check) => config::check(config, out),
    }
}
