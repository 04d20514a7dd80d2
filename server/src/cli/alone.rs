//! Who may write to a SQLite database: one server alone, or commands while there is none. A lock on a file beside the
//! database says so; the kernel takes it back from a process that dies.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::store::sqlite_file;

use crate::config::Config;

/// How long a server waits for commands, and a command for a server that begins or ends. One that drains still answers.
const TRIES: u32 = 100;
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// What this process may do with the database.
#[derive(Debug)]
pub(crate) enum Hold {
    /// Write to it, as long as this lives. A server writes alone.
    Ours(Option<Lock>),
    /// Nothing: a server writes to it, and listens for commands at this socket.
    Served(PathBuf),
}

/// The lock on a SQLite database.
#[derive(Debug)]
pub(crate) struct Lock {
    /// Where a server listens for commands.
    pub(crate) socket: PathBuf,
    _file: File,
}

/// `error` with the path that it is about, and who may do what failed.
fn of(path: &Path, error: &std::io::Error) -> std::io::Error {
    let mut told = format!("{}: {error}", path.display());
    if error.kind() == ErrorKind::PermissionDenied {
        told.push_str(". Run it as the user who owns the database");
    }
    std::io::Error::new(error.kind(), told)
}

/// Takes the lock for a server or for a command. PostgreSQL and a database in memory need none.
pub(crate) async fn hold(config: &Config, to_serve: bool) -> std::io::Result<Hold> {
    let Some(database) = sqlite_file(config.database_url.reveal()) else { return Ok(Hold::Ours(None)) };
    if let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| of(folder, &error))?;
    }
    // Under whatever name somebody finds the database, it has one lock.
    let database =
        if database.is_symlink() { database.canonicalize().map_err(|error| of(&database, &error))? } else { database };
    let beside = |ending: &str| {
        let mut name = database.file_name().unwrap_or_default().to_owned();
        name.push(ending);
        database.with_file_name(name)
    };
    let (lock, socket) = (beside(".lock"), beside(".socket"));
    let mut options = File::options();
    options.create(true).truncate(false).read(true).write(true);
    // Whoever may open it may hold it, and keep the server from starting.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&lock);
    let file = file.map_err(|error| of(&lock, &error))?;
    for _ in 1..TRIES {
        match if to_serve { file.try_lock() } else { file.try_lock_shared() } {
            Ok(()) => return Ok(Hold::Ours(Some(Lock { socket, _file: file }))),
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => return Ok(Hold::Ours(None)),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if answers(&socket) => return Ok(Hold::Served(socket)),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
        }
    }
    Ok(Hold::Served(socket))
}

#[cfg(unix)]
fn answers(socket: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(socket).is_ok()
}

#[cfg(not(unix))]
fn answers(_: &Path) -> bool {
    false
}
