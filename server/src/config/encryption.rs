//! Where the encryption key comes from: the configuration, or `portico.key` beside a SQLite database.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use domain::entropy::Entropy;
use domain::store::{EncryptionKey, sqlite_file};

use super::{Config, DatabaseUrl};

/// The name of the file, in the folder of the database.
const FILE: &str = "portico.key";
/// How a file that somebody else may read is made right.
const CHMOD: &str = "chmod 600";

/// What is told where PostgreSQL has no key.
pub(super) const NEEDED: &str = "is not set, and PostgreSQL needs it: it seals the private keys in the database. Keep it \
                                 where the database is not";

/// The key, and where it came from.
#[derive(Debug)]
pub struct Obtained {
    /// The key.
    pub key: EncryptionKey,
    /// The file that it was read from; none where the configuration gave it.
    pub file: Option<PathBuf>,
    /// Whether the file was made just now.
    pub made: bool,
}

/// Why the file with the key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// PostgreSQL has no folder to keep it in.
    #[error("PORTICO_ENCRYPTION_KEY: {NEEDED}")]
    Missing,
    /// The file can be read by others.
    #[error("{path} may be read by others than its owner (mode {mode:03o}). Run: {CHMOD} {path}")]
    Open {
        /// Which file.
        path: String,
        /// Its permissions.
        mode: u32,
    },
    /// It holds something else.
    #[error(
        "{path} does not hold an encryption key: its content is not 32 bytes in base64. Put it back from your backup."
    )]
    Content {
        /// Which file.
        path: String,
    },
    /// It cannot be read or made.
    #[error("{path} cannot be read or made: {source}")]
    Io {
        /// Which file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
}

/// The file that keeps the key of the SQLite database at `url`; none for PostgreSQL and for a database in memory.
pub fn key_file(url: &DatabaseUrl) -> Option<PathBuf> {
    Some(sqlite_file(url.reveal())?.with_file_name(FILE))
}

/// The encryption key of `config`: given, read from its file, or made and written to its file.
pub fn obtain(config: &Config, entropy: &dyn Entropy) -> Result<Obtained, KeyFileError> {
    if let Some(key) = &config.encryption_key {
        return Ok(Obtained { key: key.clone(), file: None, made: false });
    }
    let Some(path) = key_file(&config.database_url) else {
        return if config.database_url.reveal().starts_with("sqlite:") {
            Ok(Obtained { key: EncryptionKey::generate(entropy), file: None, made: false })
        } else {
            Err(KeyFileError::Missing)
        };
    };
    let failed = |source| KeyFileError::Io { path: path.display().to_string(), source };
    if let Some(key) = read(&path)? {
        return Ok(Obtained { key, file: Some(path), made: false });
    }
    let key = EncryptionKey::generate(entropy);
    match write(&path, &key, entropy) {
        Ok(()) => Ok(Obtained { key, file: Some(path), made: true }),
        // Another process was faster; its key is everybody's.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => match read(&path)? {
            Some(key) => Ok(Obtained { key, file: Some(path), made: false }),
            None => Err(failed(error)),
        },
        Err(error) => Err(failed(error)),
    }
}

/// What is told where the key that was `obtained` does not open the keys of the database.
pub fn misfit(config: &Config, obtained: &Obtained) -> String {
    let database = &config.database_url;
    let begin = match &obtained.file {
        Some(file) if obtained.made => {
            let file = file.display();
            format!(
                "{file} is missing: the private keys in the database {database} are sealed with it. Put it back from your backup."
            )
        }
        Some(file) => {
            let file = file.display();
            format!(
                "the encryption key in {file} does not fit the database {database}: its private keys are sealed with \
                 another one. Put the right file back from your backup."
            )
        }
        None => format!(
            "PORTICO_ENCRYPTION_KEY (encryption_key) does not fit the database {database}: its private keys are sealed with \
             another key. Set the right one."
        ),
    };
    format!(
        "{begin} If it is lost for good, run `portico keys rotate --now`: it makes new signing keys, and every JWT and ID \
         token that was issued ends."
    )
}

/// The key in the file at `path`; none where there is no file.
fn read(path: &Path) -> Result<Option<EncryptionKey>, KeyFileError> {
    let named = || path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => return Err(KeyFileError::Content { path: named() }),
        Err(source) => return Err(KeyFileError::Io { path: named(), source }),
    };
    let mode = mode(path).map_err(|source| KeyFileError::Io { path: named(), source })?;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Open { path: named(), mode });
    }
    text.trim().parse().map(Some).map_err(|_| KeyFileError::Content { path: named() })
}

#[cfg(unix)]
fn mode(path: &Path) -> std::io::Result<u32> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::metadata(path)?.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn mode(_: &Path) -> std::io::Result<u32> {
    Ok(0o600)
}

/// Writes the file whole or not at all; one that is there is kept, and `AlreadyExists` is told.
fn write(path: &Path, key: &EncryptionKey, entropy: &dyn Entropy) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut chance = [0; 8];
    entropy.fill(&mut chance);
    let unfinished = path.with_file_name(format!(".{FILE}.{:016x}", u64::from_be_bytes(chance)));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    let written = writeln!(file, "{}", key.reveal())
        .and_then(|()| file.sync_all())
        // A link, not a rename: it never replaces a file that another process made meanwhile.
        .and_then(|()| std::fs::hard_link(&unfinished, path))
        .and_then(|()| std::fs::File::open(folder)?.sync_all());
    std::fs::remove_file(&unfinished)?;
    written
}
