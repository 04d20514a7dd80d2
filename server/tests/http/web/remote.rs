//! One server writes to a SQLite database, and commands go through it.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use serde_json::Value;

use super::process::{Running, portico};
use crate::harness::Folder;

const FORM: &str = "content-type: application/x-www-form-urlencoded";

/// What a command printed, with its exit code and what it complained of.
fn run(folder: &Folder, line: &str, variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let words: Vec<_> = line.split(' ').collect();
    let output = portico(folder, &words, variables).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A new app of a demo partner: the value of its `Authorization: Basic` header.
fn new_app(folder: &Folder, demo: &str) -> String {
    let demo: Value = serde_json::from_str(demo).expect("JSON");
    let owner = demo["apps"][0]["owner"].as_str().expect("an owner").replace(' ', "-").to_lowercase();
    let line =
        format!("app create --owner {owner} --name Robot --redirect-uri https://a.example/cb --scope read --json");
    let (code, printed, problem) = run(folder, &line, &[]);
    assert_eq!((code, problem.as_str()), (Some(0), ""), "{line}: {printed}");
    let app: Value = serde_json::from_str(&printed).expect("JSON");
    let part = |name: &str| app[name].as_str().expect("printed").to_owned();
    STANDARD.encode(format!("{}:{}", part("client_id"), part("client_secret")))
}

fn introspect(server: &Running, basic: &str) -> String {
    server.ask(&format!("POST /oauth/introspect HTTP/1.1\r\n{FORM}\r\nauthorization: Basic {basic}"), "token=junk")
}

async fn secrets_used(database: &Path) -> i64 {
    let db = Database::connect(format!("sqlite://{}", database.display())).await.expect("a database");
    let ask = "SELECT COUNT(*) AS used FROM client_secrets WHERE label = 'First secret' AND last_used_at IS NOT NULL";
    let ask = Statement::from_string(DbBackend::Sqlite, ask);
    let used = db.query_one_raw(ask).await.expect("answers").expect("a row").try_get("", "used").expect("a number");
    db.close().await.expect("closed");
    used
}

#[test]
fn commands_go_through_the_server_that_has_the_database() {
    let folder = Folder::new();
    let server = Running::start(&folder, &[("PORTICO_ISSUER", "http://localhost:4711")]);
    let (code, demo, problem) = run(&folder, "demo --json", &[]);
    assert_eq!((code, problem.as_str()), (Some(0), ""));
    assert!(demo.contains("http://localhost:4711"), "the server's configuration counts: {demo}");
    let basic = new_app(&folder, &demo);
    assert!(introspect(&server, &basic).contains("{\"active\":false}"), "the app is known at once");
    for (line, expected, sentence) in [
        ("demo", 1, "demo data goes into an empty one"),
        ("user password nobody@example.com", 1, "nobody who may sign in has this address"),
        ("resource-server add Api --audience https://nobody.example", 2, "PORTICO_AUDIENCES"),
        ("migrate", 1, "stop it first"),
        ("serve", 1, "one at a time"),
    ] {
        let (code, printed, problem) = run(&folder, line, &[("PORTICO_LISTEN", "127.0.0.1:0")]);
        assert_eq!(code, Some(expected), "{line}: {printed}{problem}");
        assert!(problem.contains(sentence) && printed.is_empty(), "{line}: {printed}{problem}");
    }
    let (code, printed, _) = run(&folder, "config check", &[]);
    assert!(code == Some(0) && printed.contains("PORTICO_ISSUER"), "{printed}");
    server.signal("-TERM");
    let (status, log) = server.ended();
    assert!(status.success(), "{log}");
    let (code, printed, problem) = run(&folder, "migrate", &[]);
    assert_eq!(code, Some(0), "by itself again: {printed}{problem}");
}

#[test]
fn what_a_command_changes_is_changed_in_the_server_that_runs() {
    let folder = Folder::new();
    let reviews = ("PORTICO_APP_REVIEW", "before_live");
    let server = Running::start(&folder, &[reviews, ("PORTICO_AUDIENCES", "https://billing.example")]);
    let (_, demo, _) = run(&folder, "demo --json", &[]);
    let basic = STANDARD.decode(new_app(&folder, &demo)).expect("base64");
    let basic = String::from_utf8(basic).expect("UTF-8");
    let client_id = basic.split(':').next().expect("a client id");
    let keys = || server.ask("GET /.well-known/jwks.json HTTP/1.1", "").matches("\"RS256\"").count();
    let before = keys();
    for (line, told) in [
        ("keys rotate --algorithm RS256", ""),
        ("staff add --role support helper@example.com", "/"),
        ("user password mara@kupfer.example", "/"),
        ("organization set kupfer-co --plan scale --domain kupfer.example", ""),
        ("resource-server add Billing --audience https://billing.example --json", "secret"),
        (&format!("app allow-test --client-id {client_id} --organization kupfer.example"), ""),
    ] {
        let (code, printed, problem) = run(&folder, line, &[]);
        assert_eq!((code, problem.as_str()), (Some(0), ""), "{line}: {printed}");
        assert!(printed.contains(told), "{line}: {printed}");
    }
    assert_eq!(keys(), before + 1, "the new key is published at once");
}

#[test]
fn only_the_owner_of_the_server_reaches_its_socket() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let server = Running::start(&folder, &[]);
    let socket = folder.0.join("portico.db.socket");
    let mode = std::fs::metadata(&socket).expect("a socket").permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    server.signal("-KILL");
    server.ended();
    assert!(socket.exists(), "nobody cleaned up");
    let again = Running::start(&folder, &[]);
    let (code, _, problem) = run(&folder, "user password nobody@example.com", &[]);
    assert!(code == Some(1) && problem.contains("nobody who may sign in"), "{problem}");
    drop(again);
}

#[tokio::test]
async fn the_last_use_is_written_at_sigterm_at_the_latest() {
    let folder = Folder::new();
    let server = Running::start(&folder, &[]);
    let (_, demo, _) = run(&folder, "demo --json", &[]);
    let database = folder.0.join("portico.db");
    let before = secrets_used(&database).await;
    let basic = new_app(&folder, &demo);
    assert!(introspect(&server, &basic).contains("\"active\""));
    assert_eq!(secrets_used(&database).await, before, "noted, not written");
    server.signal("-TERM");
    let (status, log) = server.ended();
    assert!(status.success(), "{log}");
    assert_eq!(secrets_used(&database).await, before + 1);
}
