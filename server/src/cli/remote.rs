//! Commands while a server runs on the same SQLite database: it runs them itself, so that what it keeps in memory
//! is never behind. They come over a socket beside the database that only its owner can open.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use domain::store::Store;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::{Cli, CliError, Command, demo, on_store};
use crate::config::Config;

/// The longest line that is read, in bytes.
const LINE: u64 = 1024 * 1024;
/// How long one end waits for the other.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a caller has for saying what he wants: others wait for it.
const FIRST_LINE: Duration = Duration::from_secs(5);
/// How long nobody is heard after a command could not be.
const PAUSE: Duration = Duration::from_secs(1);

/// A command line, without the program's name.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    version: String,
    words: Vec<String>,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
struct Answered {
    printed: String,
    problem: Option<String>,
    usage: bool,
}

/// Whether a running server can run `command`: all but itself, and what is there for when it does not run.
const fn goes_through(command: &Command) -> bool {
    !matches!(command, Command::Serve | Command::Migrate | Command::Config(_))
}

/// Lets the server at `socket` run `command`, which reads `words`.
pub(super) async fn run(socket: &Path, command: &Command, words: Vec<String>, out: &mut impl Write) -> ExitCode {
    let refused = match command {
        Command::Serve => "another portico serve runs on this database already: there can be one at a time",
        _ => "a portico serve runs on this database: stop it first",
    };
    let answered = if goes_through(command) { ask(socket, words).await } else { Err(refused.to_owned()) };
    let answered =
        answered.unwrap_or_else(|problem| Answered { printed: String::new(), problem: Some(problem), usage: false });
    if let Err(error) = out.write_all(answered.printed.as_bytes()).and_then(|()| out.flush()) {
        eprintln!("portico: cannot write: {error}");
        return ExitCode::FAILURE;
    }
    match answered.problem {
        None => ExitCode::SUCCESS,
        Some(problem) => {
            eprintln!("portico: {problem}");
            if answered.usage { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

async fn ask(socket: &Path, words: Vec<String>) -> Result<Answered, String> {
    let lost = |error: &dyn std::fmt::Display| {
        format!("a portico serve runs on this database, and does not answer at {}: {error}", socket.display())
    };
    let asked = Asked { version: env!("CARGO_PKG_VERSION").to_owned(), words };
    let talk = async {
        let mut stream = UnixStream::connect(socket).await?;
        stream.write_all(&line(&asked)?).await?;
        read_line(stream).await
    };
    match tokio::time::timeout(PATIENCE, talk).await {
        Ok(answer) => answer.map_err(|error| lost(&error)),
        Err(late) => Err(lost(&late)),
    }
}

/// Listens at `socket`; the file is only for the owner of the process.
pub(crate) fn listen(socket: &Path) -> std::io::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt;
    match std::fs::remove_file(socket) {
        // A server that died left it: this process holds the lock.
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(socket)?;
    std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Runs the commands that come, one after the other.
pub(crate) async fn answer_commands(listener: UnixListener, store: Store, config: Config) {
    loop {
        let (stream, _) = heard(PAUSE, || listener.accept()).await;
        let (store, config) = (store.clone(), config.clone());
        // A task of its own: a panic in a command ends that command alone.
        let command = tokio::spawn(async move { answer(stream, &store, &config).await });
        match tokio::time::timeout(PATIENCE, command).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(%error, "a command was not answered"),
            Ok(Err(error)) => tracing::error!(%error, "a command broke off"),
            Err(_) => tracing::warn!("a command takes long; others do not wait for it"),
        }
    }
}

/// The next caller. What keeps one away passes, such as too many open files, and later ones are to be heard.
async fn heard<T, F: Future<Output = std::io::Result<T>>>(pause: Duration, mut accept: impl FnMut() -> F) -> T {
    loop {
        match accept().await {
            Ok(caller) => return caller,
            Err(error) => tracing::error!(%error, "a command was not heard"),
        }
        tokio::time::sleep(pause).await;
    }
}

/// What a caller wants, which he says within `patience`.
async fn first_line(stream: &mut UnixStream, patience: Duration) -> std::io::Result<String> {
    let mut text = String::new();
    let mut told = BufReader::new(stream.take(LINE));
    tokio::time::timeout(patience, told.read_line(&mut text)).await??;
    Ok(text)
}

async fn answer(mut stream: UnixStream, store: &Store, config: &Config) -> std::io::Result<()> {
    let text = first_line(&mut stream, FIRST_LINE).await?;
    if text.is_empty() {
        // Somebody looked whether a server is here.
        return Ok(());
    }
    let answered = match serde_json::from_str::<Asked>(&text) {
        Ok(asked) => perform(asked, store, config).await,
        Err(error) => Answered {
            printed: String::new(),
            problem: Some(format!("the command is unreadable: {error}")),
            usage: false,
        },
    };
    stream.write_all(&line(&answered)?).await
}

async fn perform(asked: Asked, store: &Store, config: &Config) -> Answered {
    let mut out = Vec::new();
    let done = match read_command(asked) {
        Ok(command) => {
            if matches!(command, Command::Demo { .. })
                && let Err(problem) = demo::refuse_beyond_loopback(config)
            {
                Err(problem)
            } else {
                on_store(command, store, config, &mut out).await
            }
        }
        Err(problem) => Err(problem),
    };
    Answered {
        printed: String::from_utf8_lossy(&out).into_owned(),
        usage: matches!(done, Err(CliError::Usage(_))),
        problem: done.err().map(|problem| problem.to_string()),
    }
}

fn read_command(asked: Asked) -> Result<Command, CliError> {
    if asked.version != env!("CARGO_PKG_VERSION") {
        let (theirs, ours) = (asked.version, env!("CARGO_PKG_VERSION"));
        return Err(CliError::Refused(format!(
            "portico {ours} serves this database, and this is portico {theirs}: stop the server, or use its version"
        )));
    }
    let words = std::iter::once("portico".to_owned()).chain(asked.words);
    let command = Cli::try_parse_from(words).map_err(|error| CliError::Usage(error.to_string()))?.command;
    command.filter(goes_through).ok_or_else(|| CliError::Usage("a running server does not do this".to_owned()))
}

fn line(value: &impl Serialize) -> std::io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

async fn read_line(stream: UnixStream) -> std::io::Result<Answered> {
    let mut text = String::new();
    BufReader::new(stream.take(LINE)).read_line(&mut text).await?;
    Ok(serde_json::from_str(&text)?)
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::io::Error;

    use super::*;

    #[tokio::test]
    async fn a_caller_who_could_not_be_accepted_does_not_end_the_hearing() {
        const TOO_MANY_OPEN_FILES: i32 = 24;
        let too_many = || Err(Error::from_raw_os_error(TOO_MANY_OPEN_FILES));
        let mut callers = [too_many(), too_many(), Ok("the third")].into_iter();
        let heard = heard(Duration::ZERO, || ready(callers.next().expect("one more"))).await;
        assert_eq!(heard, "the third");
    }

    #[tokio::test]
    async fn a_caller_who_says_nothing_is_not_waited_for() {
        let (mut here, _there) = UnixStream::pair().expect("a pair of sockets");
        let silent = first_line(&mut here, Duration::ZERO).await.expect_err("nothing was said");
        assert_eq!(silent.kind(), std::io::ErrorKind::TimedOut);
    }
}
