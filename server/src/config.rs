//! Configuration: a TOML file and `PORTICO_*` variables over it. The only reader of the environment.
//!
//! Every problem stops the start, and all of them are told at once: the key's name, what is wrong with its value, and
//! an example of a good one.

pub mod encryption;
mod issuer;
mod keys;
mod policies;
mod sources;

use std::fmt;
use std::net::SocketAddr;

use domain::review::Terms;
use domain::secret::TokenBrand;
use domain::store::{AppReview, EncryptionKey};
use domain::token_policy::{TokenPolicies, TokenPolicy};
use ipnet::IpNet;

pub use issuer::{Issuer, is_loopback_host};
pub use keys::{KEYS, Key};
pub use policies::printed as printed_policies;
pub use sources::{Sources, live_reload};

use self::sources::{Given, read_file, read_variables};
use crate::limits::LimitSettings;
use crate::live_reload::LiveReload;

/// The key that says which token policies partners may choose: judged when all of them are known.
const OFFER: &str = "token_policies_offered";

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One readable line per event.
    Text,
    /// One JSON object per line.
    Json,
}

/// Where the database is. It may hold a password, so it does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The URL, for the connection and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatabaseUrl {
    /// The URL without what may hold a password: who connects, and what follows a question mark.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, options) = match self.0.split_once('?') {
            Some((place, _)) if !place.starts_with("sqlite:") => (place, "?…"),
            _ => (self.0.as_str(), ""),
        };
        let unclear = !options.is_empty() && self.0[place.len()..].contains('@');
        match (place.split_once("://"), place.rsplit_once('@')) {
            // A password may have either sign, written as it is: where it ends is nobody's guess.
            (Some((scheme, _)), _) if unclear => write!(f, "{scheme}://…"),
            (Some((scheme, _)), Some((_, place))) => write!(f, "{scheme}://…@{place}{options}"),
            _ => write!(f, "{place}{options}"),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the database is.
    pub database_url: DatabaseUrl,
    /// What seals the private keys in the database; without it [`encryption`] finds it in a file.
    pub encryption_key: Option<EncryptionKey>,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Who the instance is (RFC 8414 `issuer`).
    pub issuer: Issuer,
    /// The brand in the prefixes of ids and secrets.
    pub token_brand: TokenBrand,
    /// The audiences that the instance knows, the default one first.
    pub audiences: Vec<String>,
    /// Peers whose `X-Forwarded-For` is believed (requirement 135).
    pub trusted_proxies: Vec<IpNet>,
    /// Whether the public demo passwords may be served to more than this machine.
    pub allow_demo_data: bool,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which events are logged, as `tracing_subscriber::EnvFilter` reads it.
    pub log_level: String,
    /// Whether an app needs an operator's approval before it is live.
    pub app_review: AppReview,
    /// The token policies of the instance.
    pub token_policies: TokenPolicies,
    /// The names of those that partners may choose.
    pub token_policies_offered: Vec<String>,
    /// The version of the terms of use.
    pub terms_version: Option<String>,
    /// Where the terms of use can be read.
    pub terms_url: Option<String>,
    /// Password hashes that run at once.
    pub password_workers: usize,
    /// Seconds that running requests get after SIGTERM.
    pub drain_seconds: u64,
    /// How many failures are too many (requirement 124).
    pub limits: LimitSettings,
    /// Live reload, where cargo-leptos started this server; no key sets it.
    pub live_reload: Option<LiveReload>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database_url: DatabaseUrl("sqlite://data/portico.db".to_owned()),
            encryption_key: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            issuer: Issuer::default(),
            token_brand: TokenBrand::default(),
            audiences: Vec::new(),
            trusted_proxies: Vec::new(),
            allow_demo_data: false,
            log_format: LogFormat::Text,
            log_level: "info".to_owned(),
            app_review: AppReview::Off,
            token_policies: TokenPolicies::default(),
            token_policies_offered: TokenPolicy::shipped().into_iter().map(|policy| policy.name).collect(),
            terms_version: None,
            terms_url: None,
            password_workers: 2,
            drain_seconds: 30,
            limits: LimitSettings::default(),
            live_reload: None,
        }
    }
}

/// One problem of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key as its source spells it, and the source.
    pub key: String,
    /// What is wrong. Never the value of a secret.
    pub cause: String,
    /// A line that would be right.
    pub example: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. Example: {}", self.key, self.cause, self.example)
    }
}

/// Every problem of the configuration; the start stops.
#[derive(Debug, thiserror::Error)]
pub struct ConfigError(pub Vec<Problem>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let things = if self.0.len() == 1 { "1 problem" } else { &format!("{} problems", self.0.len()) };
        write!(f, "The configuration has {things}:")?;
        for problem in &self.0 {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

/// What an instance calls itself that listens at `address`, where only this machine can ask; none where the port is not
/// known yet.
fn here(address: SocketAddr) -> Option<Issuer> {
    let known = address.ip().is_loopback() && address.port() != 0;
    known.then(|| format!("http://{address}").parse().ok()).flatten()
}

impl Config {
    /// Reads `sources`: defaults, then the file, then the environment.
    pub fn read(sources: &Sources) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let mut given = Vec::new();
        let mut policies = Vec::new();
        if let Some((path, text)) = &sources.file {
            policies = read_file(path, text, &mut given, &mut problems);
        }
        read_variables(&sources.variables, &mut given, &mut problems);
        let mut config = Self::default();
        let offer = given.iter().rev().find(|given| given.key.name == OFFER).map(|given| given.called.clone());
        let named: Vec<_> = given.iter().map(|given| given.key.name).collect();
        for Given { key, called, text } in given {
            if let Err(problem) = (key.set)(&mut config, &text) {
                let problem = if key.secret { problem } else { format!("{text:?} {problem}") };
                problems.push(Problem { example: key.example_for(&called), key: called, cause: problem });
            }
        }
        if !named.contains(&"issuer")
            && let Some(issuer) = here(config.listen)
        {
            config.issuer = issuer;
        }
        problems.extend(config.half_of_the_terms());
        match TokenPolicies::new(policies, config.token_policies_offered.clone()) {
            Ok(policies) => config.token_policies = policies,
            Err(problem) => {
                let called = offer.unwrap_or_else(|| OFFER.to_owned());
                let example = keys::named(OFFER).map(|key| key.example_for(&called)).unwrap_or_default();
                problems.push(Problem { key: called, cause: problem.to_string(), example });
            }
        }
        problems.extend(config.key_for_postgres());
        if !problems.is_empty() {
            return Err(ConfigError(problems));
        }
        let own = format!("{}/api/v1", config.issuer);
        if !config.audiences.contains(&own) {
            config.audiences.push(own);
        }
        Ok(config)
    }

    /// The terms of use that are accepted for each app.
    pub fn terms(&self) -> Option<Terms> {
        let (version, url) = (self.terms_version.clone()?, self.terms_url.clone()?);
        Some(Terms { version, url })
    }

    /// The terms of use are a version and a page: one without the other would be accepted unread, or without a name.
    fn half_of_the_terms(&self) -> Option<Problem> {
        let (missing, given) = match (&self.terms_version, &self.terms_url) {
            (Some(_), None) => ("terms_url", "terms_version"),
            (None, Some(_)) => ("terms_version", "terms_url"),
            _ => return None,
        };
        let key = keys::named(missing)?;
        let cause = format!("is missing, and {given} is set; they go together");
        Some(Problem { key: key.variable(), cause, example: key.example_for(&key.variable()) })
    }

    /// Beside a SQLite database a file keeps the encryption key; PostgreSQL has no such place.
    fn key_for_postgres(&self) -> Option<Problem> {
        let needed = self.encryption_key.is_none() && !self.database_url.0.starts_with("sqlite:");
        let key = keys::named("encryption_key").filter(|_| needed)?;
        let (variable, cause) = (key.variable(), encryption::NEEDED.to_owned());
        Some(Problem { example: key.example_for(&variable), key: variable, cause })
    }

    /// Whether only this machine can reach the server: its issuer and its listen address are loopback.
    pub fn is_loopback(&self) -> bool {
        self.issuer.is_loopback() && self.listen.ip().to_canonical().is_loopback()
    }
}

#[cfg(test)]
mod tests;
