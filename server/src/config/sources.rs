//! Where the configuration comes from: the file, the environment, and what either calls a key.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use domain::token_policy::TokenPolicy;

use super::keys::{self, KEYS, Key};
use super::{ConfigError, Problem, policies};
use crate::live_reload::LiveReload;

/// What every variable of ours begins with.
const PREFIX: &str = "PORTICO_";
/// What a variable that names a file with a secret ends with.
const FILE_SUFFIX: &str = "_FILE";
/// Variables that begin like ours and configure the build, the tests or the place of the file, not the server.
const NOT_KEYS: &[&str] = &["PORTICO_CONFIG", "PORTICO_SITE_ROOT"];
/// What variables of the test run begin with.
const TEST_PREFIX: &str = "PORTICO_TEST_";
/// The file that is read where `PORTICO_CONFIG` names none.
const DEFAULT_FILE: &str = "portico.toml";

/// What the configuration is made from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The TOML file: its path and its text.
    pub file: Option<(PathBuf, String)>,
    /// The variables of the environment.
    pub variables: Vec<(String, String)>,
}

/// What cargo-leptos says to the server that it starts. Only a debug build listens.
pub fn live_reload() -> Option<LiveReload> {
    std::env::var_os("LEPTOS_WATCH").filter(|_| cfg!(debug_assertions))?;
    let site = std::env::var_os("LEPTOS_SITE_ROOT").map_or_else(|| PathBuf::from("target/site"), PathBuf::from);
    let port = std::env::var_os("LEPTOS_RELOAD_PORT").and_then(|port| port.to_str()?.parse().ok()).unwrap_or(3001);
    Some(LiveReload { site, port })
}

impl Sources {
    /// The file and the environment of this process.
    pub fn of_this_process() -> Result<Self, ConfigError> {
        let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
        let all = std::env::vars_os().map(|(name, value)| (text(name), text(value)));
        let variables: Vec<_> = all.filter(|(name, _)| name.starts_with(PREFIX)).collect();
        let named = variables.iter().find(|(name, _)| name == "PORTICO_CONFIG").map(|(_, path)| PathBuf::from(path));
        let path = named.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
        Ok(Self { file: file_at(path, named.is_some())?, variables })
    }
}

/// The file at `path` with its text. It may be absent unless it was `named`; one that is there and cannot be read holds
/// what somebody decided.
pub(super) fn file_at(path: PathBuf, named: bool) -> Result<Option<(PathBuf, String)>, ConfigError> {
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if !named && error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable_file(&path, &error)),
    }
}

fn unreadable_file(path: &Path, error: &std::io::Error) -> ConfigError {
    ConfigError(vec![Problem {
        key: "PORTICO_CONFIG".to_owned(),
        cause: format!("{} cannot be read ({error})", path.display()),
        example: "PORTICO_CONFIG=/etc/portico.toml".to_owned(),
    }])
}

/// A value on its way: which key, what it is called where it comes from, and its text.
pub(super) struct Given<'a> {
    pub(super) key: &'a Key,
    pub(super) called: String,
    pub(super) text: String,
}

/// The keys of the file go to `given`; its token policies come back.
pub(super) fn read_file(
    path: &Path,
    text: &str,
    given: &mut Vec<Given<'static>>,
    problems: &mut Vec<Problem>,
) -> Vec<TokenPolicy> {
    let mut policies = Vec::new();
    let place = path.display();
    let table = match text.parse::<toml::Table>() {
        Ok(table) => table,
        Err(error) => {
            // The message and the line's number: the error's full text repeats the line, which may hold a password.
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let problem = format!("not TOML in line {line} ({})", error.message());
            let example = "listen = \"127.0.0.1:3000\"".to_owned();
            problems.push(Problem { key: place.to_string(), cause: problem, example });
            return policies;
        }
    };
    for (name, value) in table {
        if name == policies::TABLE {
            policies = policies::read(path, &value, problems);
            continue;
        }
        let called = format!("{name} ({place})");
        let Some(key) = keys::named(&name) else {
            problems.push(unknown(called, &name, |key| key.example_for("")));
            continue;
        };
        match plain_text(&value) {
            Some(text) => given.push(Given { key, called, text }),
            None => problems.push(Problem {
                key: called,
                cause: format!("{} is no value for this key", with_article(&value)),
                example: key.example_for(""),
            }),
        }
    }
    policies
}

/// What a value is that no key has.
fn with_article(value: &toml::Value) -> &'static str {
    match value {
        toml::Value::Float(_) => "a number with a fraction",
        toml::Value::Datetime(_) => "a date",
        toml::Value::Array(_) => "a list of anything but texts",
        _ => "a table",
    }
}

/// A TOML value as a variable would hold it: a list is joined with commas.
fn plain_text(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        toml::Value::Array(values) => values
            .iter()
            .map(|value| value.as_str().map(str::to_owned))
            .collect::<Option<Vec<_>>>()
            .map(|all| all.join(",")),
        _ => None,
    }
}

/// The keys of the environment go to `given`.
pub(super) fn read_variables(
    variables: &[(String, String)],
    given: &mut Vec<Given<'static>>,
    problems: &mut Vec<Problem>,
) {
    for (variable, value) in variables {
        let Some(name) = variable.strip_prefix(PREFIX) else { continue };
        if NOT_KEYS.contains(&variable.as_str()) || variable.starts_with(TEST_PREFIX) {
            continue;
        }
        let name = name.to_ascii_lowercase();
        if let Some(key) = keys::named(&name).filter(|key| key.variable() == *variable) {
            given.push(Given { key, called: variable.clone(), text: value.clone() });
            continue;
        }
        let secret = KEYS.iter().find(|key| key.secret && format!("{}{FILE_SUFFIX}", key.variable()) == *variable);
        let Some(key) = secret else {
            problems.push(unknown(variable.clone(), &name, |key| key.example_for(&key.variable())));
            continue;
        };
        let example = format!("{variable}=/run/secrets/{}", key.name);
        if variables.iter().any(|(other, _)| *other == key.variable()) {
            let problem = format!("{} is set too; one of them must go", key.variable());
            problems.push(Problem { key: variable.clone(), cause: problem, example });
            continue;
        }
        match std::fs::read_to_string(value) {
            Ok(text) => given.push(Given { key, called: variable.clone(), text: text.trim().to_owned() }),
            Err(error) => {
                let problem = format!("the file {value:?} cannot be read ({error})");
                problems.push(Problem { key: variable.clone(), cause: problem, example });
            }
        }
    }
}

fn unknown(called: String, name: &str, example: impl Fn(&Key) -> String) -> Problem {
    let squeezed = |text: &str| text.replace(['_', '-'], "").to_ascii_lowercase();
    let near = KEYS.iter().find(|key| squeezed(key.name) == squeezed(name));
    let problem = if let Some(key) = near {
        format!("no such key; {} is one", key.name)
    } else {
        let names: Vec<_> = KEYS.iter().map(|key| key.name).collect();
        format!("no such key; there are {}, and the tables [token_policies.<name>]", names.join(", "))
    };
    let nearest = || KEYS.iter().min_by_key(|key| distance(key.name, &name.to_ascii_lowercase()));
    let meant = near.or_else(nearest).unwrap_or(&KEYS[0]);
    Problem { key: called, cause: problem, example: example(meant) }
}

/// How many letters have to be put in, left out or changed to make one word the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, wanted) in other.chars().enumerate() {
            let change = diagonal + usize::from(letter != wanted);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.chars().count()]
}
