//! The encryption key as the process meets it: its file, its permissions, and what is told where it does not fit.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::process::{Running, portico};
use crate::harness::Folder;

/// 32 bytes in base64, and others.
pub(super) const KEY: &str = "c2VjcmV0IGJ5dGVzIG9mIGEgdGVzdCwgbm90IGEga2U=";
const OTHER: &str = "b3RoZXIgIGJ5dGVzIG9mIGEgdGVzdCwgbm90IGEga2U=";

fn file(folder: &Folder) -> PathBuf {
    folder.0.join("portico.key")
}

/// What `portico <arguments>` prints, and how it ends.
fn run(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let output = portico(folder, arguments, variables).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Serves once, so that the keys are made.
fn serve_once(folder: &Folder, variables: &[(&str, &str)]) -> String {
    published(Running::start(folder, variables))
}

/// The keys that `server` publishes; it ends.
fn published(server: Running) -> String {
    let set = server.ask("GET /.well-known/jwks.json HTTP/1.1", "");
    server.signal("-TERM");
    let (status, log) = server.ended();
    assert!(status.success(), "{log}");
    let (_, body) = set.split_once("\r\n\r\n").expect("a body");
    body.to_owned()
}

#[test]
fn req_130_the_first_start_makes_a_file_that_only_its_owner_reads_and_the_next_one_uses_it() {
    let folder = Folder::new();
    let first = serve_once(&folder, &[]);
    let mode = std::fs::metadata(file(&folder)).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let database = std::fs::metadata(folder.0.join("portico.db")).expect("the file").permissions().mode();
    assert_eq!(database & 0o777, 0o600, "nor does anybody read the database");
    let lock = std::fs::metadata(folder.0.join("portico.db.lock")).expect("the file").permissions().mode();
    assert_eq!(lock & 0o777, 0o600, "nor hold it, which would keep the server from starting");
    let key = std::fs::read_to_string(file(&folder)).expect("text");
    assert_eq!(key.len(), 45, "44 characters and the end of the line");
    assert_eq!(serve_once(&folder, &[]), first, "the keys stay");
    assert_eq!(std::fs::read_to_string(file(&folder)).expect("text"), key);
    let left: Vec<_> =
        std::fs::read_dir(&folder.0).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".portico")), "nothing unfinished: {left:?}");
    let database = std::fs::read(folder.0.join("portico.db")).expect("the database");
    let plain = key.trim().as_bytes();
    assert!(!database.windows(plain.len()).any(|window| window == plain));
}

#[test]
fn req_130_without_any_configuration_the_key_is_made_in_the_data_folder_and_the_next_start_uses_it() {
    let folder = Folder::new();
    let serve = || {
        let mut command = portico(&folder, &["serve"], &[("PORTICO_LISTEN", "127.0.0.1:0")]);
        command.env_remove("PORTICO_DATABASE_URL");
        published(Running::of(command))
    };
    let first = serve();
    assert!(first.contains("\"RS256\""), "{first}");
    let key_file = folder.0.join("data").join("portico.key");
    let mode = std::fs::metadata(&key_file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(folder.0.join("data").join("portico.db").exists() && !file(&folder).exists(), "all of it is in one folder");
    let key = std::fs::read_to_string(&key_file).expect("text");
    assert_eq!(serve(), first, "the keys stay");
    assert_eq!(std::fs::read_to_string(&key_file).expect("text"), key);
}

#[test]
fn req_130_a_file_that_others_may_read_stops_the_start() {
    let folder = Folder::new();
    assert_eq!(run(&folder, &["migrate"], &[]).0, Some(0));
    for mode in [0o640, 0o604, 0o644] {
        std::fs::set_permissions(file(&folder), PermissionsExt::from_mode(mode)).expect("changed");
        let (code, _, told) = run(&folder, &["serve"], &[]);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("portico.key may be read by others") && told.contains("Run: chmod 600 "), "{told}");
    }
    std::fs::set_permissions(file(&folder), PermissionsExt::from_mode(0o600)).expect("changed");
    std::fs::write(file(&folder), "not a key\n").expect("written");
    let (code, _, told) = run(&folder, &["serve"], &[]);
    assert!(
        code == Some(2) && told.contains("does not hold an encryption key") && !told.contains("not a key"),
        "{told}"
    );
}

#[test]
fn req_130_a_lost_file_stops_the_start_says_what_to_do_and_no_other_one_takes_its_place() {
    let folder = Folder::new();
    let first = serve_once(&folder, &[]);
    let kept = folder.0.join("backup");
    std::fs::rename(file(&folder), &kept).expect("moved");
    for arguments in [&["serve"][..], &["keys", "list"][..], &["keys", "rotate"][..]] {
        let (code, _, told) = run(&folder, arguments, &[]);
        assert_eq!(code, Some(2), "{arguments:?}: {told}");
        assert!(told.contains("portico.key is missing") && told.contains("from your backup"), "{told}");
        assert!(told.contains("portico keys rotate --now") && !told.contains("panicked"), "{told}");
        assert!(!file(&folder).exists(), "{arguments:?}");
    }
    std::fs::rename(&kept, file(&folder)).expect("moved");
    assert_eq!(serve_once(&folder, &[]), first, "the file from the backup fits");
    std::fs::remove_file(file(&folder)).expect("lost for good");
    let (code, printed, told) = run(&folder, &["keys", "rotate", "--now"], &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(printed.contains("Every JWT and ID token that they signed ends"), "{printed}");
    assert_ne!(serve_once(&folder, &[]), first);
}

#[test]
fn req_130_a_key_that_does_not_fit_stops_the_start_and_is_named() {
    let folder = Folder::new();
    let first = serve_once(&folder, &[("PORTICO_ENCRYPTION_KEY", KEY)]);
    assert!(!file(&folder).exists(), "a key that is given needs no file");
    let (code, _, told) = run(&folder, &["serve"], &[("PORTICO_ENCRYPTION_KEY", OTHER)]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("PORTICO_ENCRYPTION_KEY (encryption_key) does not fit the database"), "{told}");
    assert!(!told.contains(OTHER) && !told.contains("panicked"), "{told}");
    std::fs::write(folder.0.join("secret"), format!("{KEY}\n")).expect("written");
    assert_eq!(serve_once(&folder, &[("PORTICO_ENCRYPTION_KEY_FILE", "secret")]), first);
}

#[test]
fn req_130_postgres_without_a_key_stops_the_start_with_the_keys_name() {
    let folder = Folder::new();
    let url = ("PORTICO_DATABASE_URL", "postgres://127.0.0.1:9/none");
    let (code, _, told) = run(&folder, &["serve"], &[url]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("PORTICO_ENCRYPTION_KEY: is not set, and PostgreSQL needs it"), "{told}");
}

#[test]
fn req_100_the_command_line_lists_and_rotates() {
    let folder = Folder::new();
    assert_eq!(run(&folder, &["migrate"], &[]).0, Some(0));
    let (_, printed, _) = run(&folder, &["keys", "list"], &[]);
    assert!(printed.contains("There are no signing keys yet"), "{printed}");
    serve_once(&folder, &[]);
    let (code, printed, told) = run(&folder, &["keys", "rotate", "--algorithm", "ES256"], &[]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(printed.matches("published, signs from").count(), 1, "{printed}");
    assert_eq!((printed.matches("signs since").count(), printed.matches("signs until").count()), (2, 1), "{printed}");
    let (code, _, told) = run(&folder, &["keys", "rotate", "--algorithm", "ES256"], &[]);
    assert!(code == Some(1) && told.contains("a new ES256 key is published already"), "{told}");
    assert_eq!(run(&folder, &["keys", "rotate", "--algorithm", "HS256"], &[]).0, Some(2));
    let (_, printed, _) = run(&folder, &["keys", "list"], &[]);
    assert_eq!(printed.lines().count(), 4, "{printed}");
}
