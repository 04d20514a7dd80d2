//! `portico keys`: the keys that tokens are signed with.

use std::io::Write;

use app::format::exact;
use clap::Subcommand;
use domain::jwt::SigningAlgorithm;
use domain::store::keys::{KeyError, RotationError, SigningKey};
use domain::store::{By, Store};
use domain::time::Timestamp;

use super::{CliError, Command, words};
use crate::config::Config;
use crate::config::encryption::{self, Obtained};

/// `portico keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Print the signing keys, and from when to when each one signs and is published
    List,
    /// Make new signing keys
    ///
    /// A new key is published at once and signs when every client had the time to see it, after little more than an hour;
    /// the old one stays published until the last token that it signed has ended. A running server notices within a minute.
    Rotate {
        /// Only of this algorithm; without it, of all
        #[arg(long, value_parser = words::<SigningAlgorithm>(SigningAlgorithm::ALL.iter().map(|word| word.as_str())))]
        algorithm: Option<SigningAlgorithm>,
        /// The present keys are in wrong hands, or cannot be opened any more: remove them now
        ///
        /// Every JWT and every ID token that they signed ends; opaque tokens and sessions do not. Clients that keep the
        /// old keys refuse new tokens for up to an hour, unless they look again at a key that they do not know.
        #[arg(long)]
        now: bool,
    },
}

/// Whether the keys of the database open with the key that was `obtained`; the server makes those that are missing. A
/// key that does not fit stops the start, and a file with it that was made just now goes again: the right one belongs
/// there.
pub(super) async fn open(
    command: &Command,
    store: &Store,
    config: &Config,
    obtained: &Obtained,
) -> Result<(), CliError> {
    let opened = match command {
        // Every key is replaced: none needs to be opened.
        Command::Keys(KeysCommand::Rotate { algorithm: None, now: true }) => Ok(()),
        Command::Serve => store.open_keys().await,
        _ => store.reload_keys().await,
    };
    match opened {
        Ok(()) => Ok(()),
        Err(KeyError::Misfit) => {
            let sentence = encryption::misfit(config, obtained);
            if let (true, Some(file)) = (obtained.made, &obtained.file) {
                std::fs::remove_file(file)?;
            }
            Err(CliError::Usage(sentence))
        }
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: KeyError) -> CliError {
    match error {
        KeyError::Database(error) => CliError::Database(error),
        KeyError::Misfit | KeyError::Library => CliError::Refused(error.to_string()),
    }
}

/// Does what `command` says.
pub(super) async fn run(command: KeysCommand, store: &Store, out: &mut (impl Write + Send)) -> Result<(), CliError> {
    if let KeysCommand::Rotate { algorithm, now } = command {
        let algorithms = algorithm.as_ref().map_or(SigningAlgorithm::ALL, std::slice::from_ref);
        let by = By::operator();
        let done =
            if now { store.replace_keys(&by, algorithms).await } else { store.rotate_keys(&by, algorithms).await };
        done.map_err(|error| match error {
            RotationError::Keys(error) => failed(error),
            RotationError::Waiting { algorithm, active_from } => CliError::Refused(format!(
                "a new {algorithm} key is published already and signs from {} on. Rotate again after that; --now removes \
                 every key of the algorithm at once.",
                exact(active_from)
            )),
        })?;
        let told = if now {
            "The old keys are removed. Every JWT and ID token that they signed ends, within a minute where a server is \
             running. A server that runs with another encryption key than this command signs nothing then, and is not \
             ready until it is started with this one."
        } else {
            "The new keys are published, within a minute where a server is running."
        };
        writeln!(out, "{told}\n")?;
    }
    list(store, out).await
}

async fn list(store: &Store, out: &mut (impl Write + Send)) -> Result<(), CliError> {
    let keys = store.signing_keys().await.map_err(failed)?;
    if keys.is_empty() {
        return Ok(writeln!(out, "There are no signing keys yet. The server makes them when it starts.")?);
    }
    let at = store.now();
    for key in keys {
        writeln!(out, "{:5}  {}  {}", key.algorithm.as_str(), key.kid, state(&key, at))?;
    }
    Ok(())
}

/// What a key does at `now`, in words.
fn state(key: &SigningKey, now: Timestamp) -> String {
    let end = key.published_until.map(|end| format!(", published until {}", exact(end))).unwrap_or_default();
    match key.retires_at {
        _ if key.active_from > now => format!("published, signs from {} on", exact(key.active_from)),
        Some(retires) if retires <= now => format!("signs no more{end}"),
        Some(retires) => format!("signs until {}{end}", exact(retires)),
        None => format!("signs since {}", exact(key.active_from)),
    }
}
