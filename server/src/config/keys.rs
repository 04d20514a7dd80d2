//! Every key once: its name, an example, what it is for, and how its text becomes a value.

use std::net::SocketAddr;
use std::str::FromStr;

use domain::store::keys::InvalidEncryptionKey;
use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use url::Url;

use super::encryption::key_file;
use super::{Config, DatabaseUrl, LogFormat};

/// A key of the configuration.
pub struct Key {
    /// Its name in the file; the variable is `PORTICO_` and the name in capitals.
    pub name: &'static str,
    /// A good value.
    pub example: &'static str,
    /// What it is for, in one sentence.
    pub meaning: &'static str,
    /// Whether its value may hold a password: then it can come from a file, and is never printed.
    pub secret: bool,
    pub(super) set: fn(&mut Config, &str) -> Result<(), String>,
    pub(super) show: fn(&Config) -> String,
}

impl Key {
    /// The variable's name.
    pub fn variable(&self) -> String {
        format!("PORTICO_{}", self.name.to_ascii_uppercase())
    }

    /// The value that `config` has, without passwords.
    pub fn value_in(&self, config: &Config) -> String {
        (self.show)(config)
    }

    /// A good line for the source that calls the key `called`.
    pub(super) fn example_for(&self, called: &str) -> String {
        if called.starts_with("PORTICO_") {
            format!("{}={}", self.variable(), self.example)
        } else {
            format!("{} = {:?}", self.name, self.example)
        }
    }
}

/// Every key, in the order in which `portico config check` prints them.
pub static KEYS: &[Key] = &[
    Key {
        name: "database_url",
        example: "sqlite://data/portico.db",
        meaning: "Where the database is: sqlite://path or postgres://user:password@host/name.",
        secret: true,
        set: |config, text| {
            let known = ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
            if !known {
                return Err("the value begins with neither sqlite:// nor postgres://".to_owned());
            }
            if ["sqlite:", "sqlite://"].contains(&text) {
                return Err("the value names no file".to_owned());
            }
            config.database_url = DatabaseUrl(text.to_owned());
            Ok(())
        },
        show: |config| config.database_url.to_string(),
    },
    Key {
        name: "encryption_key",
        example: "the 44 characters that `openssl rand -base64 32` prints",
        meaning: "What seals the private keys in the database: 32 bytes, base64 or hexadecimal. PostgreSQL needs it; beside \
                  a SQLite database portico.key is made at the first start.",
        secret: true,
        set: |config, text| {
            config.encryption_key = Some(text.parse().map_err(|error: InvalidEncryptionKey| error.to_string())?);
            Ok(())
        },
        show: |config| match (&config.encryption_key, key_file(&config.database_url)) {
            (Some(_), _) => "(given)".to_owned(),
            (None, Some(path)) => format!("(in the file {})", path.display()),
            (None, None) => String::new(),
        },
    },
    Key {
        name: "listen",
        example: "127.0.0.1:3000",
        meaning: "The address and port that the server listens on.",
        secret: false,
        set: |config, text| parse_listen(text).map(|listen| config.listen = listen),
        show: |config| config.listen.to_string(),
    },
    Key {
        name: "issuer",
        example: "https://portico.example.com",
        meaning: "What the instance calls itself: the origin of its pages, without path or trailing slash. By default where it \
                  listens.",
        secret: false,
        set: |config, text| text.parse().map(|issuer| config.issuer = issuer),
        show: |config| config.issuer.to_string(),
    },
    Key {
        name: "token_brand",
        example: "ptc",
        meaning: "The brand in the prefixes of ids and secrets; it stays for ever.",
        secret: false,
        set: |config, text| {
            config.token_brand = text.parse().map_err(|_| "is not 2 to 12 lower-case letters or digits".to_owned())?;
            Ok(())
        },
        show: |config| config.token_brand.as_str().to_owned(),
    },
    Key {
        name: "audiences",
        example: "https://api.example.com,https://files.example.com",
        meaning: "The audiences that tokens may have, the default one first; <issuer>/api/v1 is always among them.",
        secret: false,
        set: |config, text| parse_list(text, parse_audience).map(|audiences| config.audiences = audiences),
        show: |config| config.audiences.join(","),
    },
    Key {
        name: "trusted_proxies",
        example: "10.0.0.0/8,192.0.2.7",
        meaning: "Proxies whose X-Forwarded-For is believed.",
        secret: false,
        set: |config, text| parse_list(text, parse_network).map(|networks| config.trusted_proxies = networks),
        show: |config| config.trusted_proxies.iter().map(IpNet::to_string).collect::<Vec<_>>().join(","),
    },
    Key {
        name: "allow_demo_data",
        example: "true",
        meaning: "Serves demo data, whose passwords are public, beyond this machine.",
        secret: false,
        set: |config, text| {
            config.allow_demo_data = text.parse().map_err(|_| "is neither true nor false".to_owned())?;
            Ok(())
        },
        show: |config| config.allow_demo_data.to_string(),
    },
    Key {
        name: "log_format",
        example: "json",
        meaning: "How log lines look: text or json.",
        secret: false,
        set: |config, text| {
            config.log_format = match text {
                "text" => LogFormat::Text,
                "json" => LogFormat::Json,
                _ => return Err("is neither text nor json".to_owned()),
            };
            Ok(())
        },
        show: |config| match config.log_format {
            LogFormat::Text => "text".to_owned(),
            LogFormat::Json => "json".to_owned(),
        },
    },
    Key {
        name: "log_level",
        example: "info,sea_orm=warn",
        meaning: "Which events are logged: a level, or levels per module.",
        secret: false,
        set: |config, text| {
            if text.trim().is_empty() {
                return Err("is empty: off logs nothing, info what matters".to_owned());
            }
            let filter = EnvFilter::builder().parse(text).map_err(|error| format!("is no filter ({error})"))?;
            // A bare word is a level; the filter would take any other one for a module, and log nothing beside it.
            let words = text.split(',').map(str::trim).filter(|word| !word.contains(['=', '[']));
            if let Some(word) = words.clone().find(|word| word.parse::<LevelFilter>().is_err()) {
                return Err(format!("has {word:?}, which is no level: off, error, warn, info, debug or trace"));
            }
            config.log_level = filter.to_string();
            Ok(())
        },
        show: |config| config.log_level.clone(),
    },
    Key {
        name: "app_review",
        example: "before_live",
        meaning: "Whether a new app is a draft until an operator approves it: off or before_live. Live apps stay live.",
        secret: false,
        set: |config, text| {
            config.app_review = text.parse().map_err(|_| "is neither off nor before_live".to_owned())?;
            Ok(())
        },
        show: |config| config.app_review.as_str().to_owned(),
    },
    Key {
        name: "terms_version",
        example: "2026-11",
        meaning: "The version of the terms of use that are accepted for each app; terms_url goes with it.",
        secret: false,
        set: |config, text| parse_version(text).map(|version| config.terms_version = Some(version)),
        show: |config| config.terms_version.clone().unwrap_or_default(),
    },
    Key {
        name: "terms_url",
        example: "https://example.com/terms",
        meaning: "Where the terms of use can be read; terms_version goes with it.",
        secret: false,
        set: |config, text| parse_page(text).map(|url| config.terms_url = Some(url)),
        show: |config| config.terms_url.clone().unwrap_or_default(),
    },
    Key {
        name: "token_policies_offered",
        example: "standard,fera",
        meaning: "The token policies that partners may choose, in this order; the file's tables [token_policies.<name>] \
                  change them and add more.",
        secret: false,
        set: |config, text| {
            parse_list(text, |name| Ok(name.to_owned())).map(|names| config.token_policies_offered = names)
        },
        show: |config| config.token_policies_offered.join(","),
    },
    Key {
        name: "password_workers",
        example: "2",
        meaning: "Password hashes that run at once; each takes about 20 MiB.",
        secret: false,
        set: |config, text| parse_number(text, 1, 64).map(|number| config.password_workers = number),
        show: |config| config.password_workers.to_string(),
    },
    Key {
        name: "drain_seconds",
        example: "30",
        meaning: "Seconds that running requests get after SIGTERM.",
        secret: false,
        set: |config, text| parse_number(text, 0, 3600).map(|number| config.drain_seconds = number),
        show: |config| config.drain_seconds.to_string(),
    },
    Key {
        name: "failures_per_account",
        example: "10",
        meaning: "Failed sign-ins to one account from one address within failure_window_seconds.",
        secret: false,
        set: |config, text| parse_number(text, 1, 100_000).map(|number| config.limits.per_account = number),
        show: |config| config.limits.per_account.to_string(),
    },
    Key {
        name: "failures_per_address",
        example: "100",
        meaning: "Failed sign-ins from one address within failure_window_seconds, whatever the account.",
        secret: false,
        set: |config, text| parse_number(text, 1, 1_000_000).map(|number| config.limits.per_address = number),
        show: |config| config.limits.per_address.to_string(),
    },
    Key {
        name: "failures_per_client",
        example: "150",
        meaning: "Failed authentications and grants (invalid_grant) of one client from one address within \
                  failure_window_seconds; then its token requests from there get 429. Successes are not counted.",
        secret: false,
        set: |config, text| parse_number(text, 1, 1_000_000).map(|number| config.limits.per_client = number),
        show: |config| config.limits.per_client.to_string(),
    },
    Key {
        name: "sign_ups_per_address",
        example: "100",
        meaning: "Sign-ups from one address within failure_window_seconds.",
        secret: false,
        set: |config, text| parse_number(text, 1, 1_000_000).map(|number| config.limits.sign_ups = number),
        show: |config| config.limits.sign_ups.to_string(),
    },
    Key {
        name: "failure_window_seconds",
        example: "900",
        meaning: "The window of the limits, in seconds.",
        secret: false,
        set: |config, text| parse_number(text, 1, 86_400).map(|number| config.limits.window_seconds = number),
        show: |config| config.limits.window_seconds.to_string(),
    },
];

/// The key of this name.
pub(super) fn named(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    // The name of this machine is common in examples, and std reads only numbers.
    let numeric = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    numeric.as_deref().unwrap_or(text).parse().map_err(|_| "is not an IP address and a port".to_owned())
}

fn parse_audience(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| format!("holds {text:?}, which is not a URI ({error})"))?;
    if url.fragment().is_some() {
        return Err(format!("holds {text:?}, which has a fragment (RFC 8707 section 2)"));
    }
    Ok(text.to_owned())
}

fn parse_version(text: &str) -> Result<String, String> {
    let allowed = |letter: char| !letter.is_control();
    match text.trim() {
        version if !version.is_empty() && version.len() <= 60 && version.chars().all(allowed) => Ok(version.to_owned()),
        _ => Err("is not a version of 1 to 60 characters".to_owned()),
    }
}

fn parse_page(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| format!("is not a URL ({error})"))?;
    if matches!(url.scheme(), "https" | "http") {
        Ok(url.into())
    } else {
        Err("is no https:// or http:// address".to_owned())
    }
}

fn parse_network(text: &str) -> Result<IpNet, String> {
    let network = text
        .parse::<IpNet>()
        .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
        .map_err(|_| format!("holds {text:?}, which is neither an address nor a network"))?;
    match network {
        // Addresses are compared as what they are: an IPv4 address in the clothes of IPv6 is one of IPv4.
        IpNet::V6(mapped) if mapped.addr().to_ipv4_mapped().is_some() => {
            Err(format!("holds {text:?}: write the network as IPv4 has it, such as 10.0.0.0/8"))
        }
        network => Ok(network),
    }
}

fn parse_list<T>(text: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(read).collect()
}

fn parse_number<T: FromStr + PartialOrd + std::fmt::Display>(text: &str, least: T, most: T) -> Result<T, String> {
    match text.parse::<T>() {
        Ok(number) if number >= least && number <= most => Ok(number),
        _ => Err(format!("is not a whole number from {least} to {most}")),
    }
}
