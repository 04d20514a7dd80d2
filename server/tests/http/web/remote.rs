//! One server writes to a SQLite database, and commands go through it.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::time::{Clock as _, SystemClock, Timestamp};
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

/// How many rows of `table` were used at `since` or later, as the database has it.
async fn used(database: &Path, table: &str, since: Timestamp) -> i64 {
    let db = Database::connect(format!("sqlite://{}", database.display())).await.expect("a database");
    let ask = format!("SELECT COUNT(*) AS used FROM {table} WHERE last_used_at >= {}", since.0);
    let ask = Statement::from_string(DbBackend::Sqlite, ask);
    let used = db.query_one_raw(ask).await.expect("answers").expect("a row").try_get("", "used").expect("a number");
    db.close().await.expect("closed");
    used
}

/// Calls the API with a token that the demo's app with own credentials gets where it is installed.
fn call_as_demo_app(server: &Running, demo: &str) {
    let demo: Value = serde_json::from_str(demo).expect("JSON");
    let list = |name: &str| demo[name].as_array().expect("a list").clone();
    let app = list("apps").into_iter().find(|app| app["token_policy"] == "apiera").expect("one for each policy");
    let part = |name: &str| app[name].as_str().expect("printed").to_owned();
    let credentials = format!("client_id={}&client_secret={}", part("client_id"), part("client_secret"));
    let token = list("organizations").iter().find_map(|organization| {
        let organization = organization["id"].as_str().expect("an id");
        let form = format!("grant_type=client_credentials&organization={organization}&{credentials}");
        let answer = server.ask(&format!("POST /oauth/token HTTP/1.1\r\n{FORM}"), &form);
        Some(answer.split_once("\"access_token\":\"")?.1.split('"').next()?.to_owned())
    });
    let bearer = format!("authorization: Bearer {}", token.expect("it is installed somewhere"));
    let answer = server.ask(&format!("GET /api/v1/whoami HTTP/1.1\r\n{bearer}"), "");
    assert!(answer.contains(" 200 "), "{answer}");
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
    let done = |line: &str| {
        let (code, printed, problem) = run(&folder, line, &[]);
        assert_eq!((code, problem.as_str()), (Some(0), ""), "{line}: {printed}");
        printed
    };
    done("keys rotate --algorithm RS256");
    assert_eq!(keys(), before + 1, "the new key is published at once");
    for line in ["staff add --role support helper@example.com", "user password mara@kupfer.example"] {
        let printed = done(line);
        let link = printed.split_once("/set-password/").expect("a link").1.lines().next().expect("its token");
        let page = server.ask(&format!("GET /set-password/{link} HTTP/1.1"), "");
        assert!(page.contains(" 200 ") && page.contains("type=\"password\""), "{line}: {page}");
    }
    let billing: Value =
        serde_json::from_str(&done("resource-server add Billing --audience https://billing.example --json"))
            .expect("JSON");
    let part = |name: &str| billing[name].as_str().expect("printed");
    let billing = STANDARD.encode(format!("{}:{}", part("id"), part("secret")));
    assert!(introspect(&server, &billing).contains("{\"active\":false}"), "it may ask at once");
    // The second one names the organization by what the first one gave it.
    done("organization set kupfer-co --plan scale --domain kupfer.example");
    done(&format!("app allow-test --client-id {client_id} --organization kupfer.example"));
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
    let began = SystemClock.now();
    let basic = new_app(&folder, &demo);
    assert!(introspect(&server, &basic).contains("\"active\""));
    call_as_demo_app(&server, &demo);
    for table in ["client_secrets", "installs"] {
        assert_eq!(used(&database, table, began).await, 0, "{table}: noted, not written");
    }
    server.signal("-TERM");
    let (status, log) = server.ended();
    assert!(status.success(), "{log}");
    // Those of the new app and of the demo's.
    assert_eq!(used(&database, "client_secrets", began).await, 2);
    assert_eq!(used(&database, "installs", began).await, 1);
}
