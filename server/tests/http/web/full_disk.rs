//! SQLite on a disk that is full for a while.

use std::collections::BTreeSet;
use std::process::Command;

use domain::entity::user;
use sea_orm::{Database, EntityTrait};

use super::process::{Running, portico};
use crate::harness::Folder;

/// From now on no file of the process `id` grows beyond so many bytes.
fn limit(id: u32, bytes: &str) {
    let set = Command::new("prlimit").args(["--pid", &id.to_string(), &format!("--fsize={bytes}:")]).status();
    assert!(set.expect("prlimit of util-linux").success());
}

#[tokio::test]
async fn what_is_told_to_be_done_during_and_after_a_full_disk_is_done() {
    let folder = Folder::new();
    assert!(portico(&folder, &["migrate"], &[]).output().expect("it runs").status.success());
    // By default whoever writes beyond the limit is killed.
    let bare = portico(&folder, &[], &[("PORTICO_LISTEN", "127.0.0.1:0")]);
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; exec \"$0\" serve"]).arg(bare.get_program());
    shell.current_dir(&folder.0).env_clear().envs(bare.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let server = Running::of(shell);
    let (mut done, mut failed) = (BTreeSet::new(), BTreeSet::new());
    let mut add = |number: usize| {
        let email = format!("{number}@example.com");
        let output = portico(&folder, &["staff", "add", &email, "--role", "support"], &[]).output().expect("it runs");
        let added = output.status.success();
        if added {
            done.insert(email)
        } else {
            failed.insert(email)
        };
        added
    };
    let ready = || server.ask("GET /readyz HTTP/1.1", "");
    assert!(add(0) && ready().starts_with("HTTP/1.1 200"));
    let log = std::fs::metadata(folder.0.join("portico.db-wal")).expect("SQLite's log").len();
    limit(server.id(), &log.to_string());
    let refused = (1..100).filter(|&number| !add(number)).take(4).count();
    assert_eq!(refused, 4);
    assert!(ready().starts_with("HTTP/1.1 503"), "{}", ready());
    limit(server.id(), "unlimited");
    for number in 100..104 {
        assert!(add(number), "there is room");
    }
    assert!(ready().starts_with("HTTP/1.1 200"), "{}", ready());
    let known = async || {
        let db = Database::connect(format!("{}?mode=ro", folder.database_url())).await.expect("the database");
        let people = user::Entity::find().all(&db).await.expect("rows");
        db.close().await.expect("the connection closes");
        people.into_iter().map(|person| person.email).collect::<BTreeSet<_>>()
    };
    let during = known().await;
    server.signal("-TERM");
    let (status, log) = server.ended();
    assert!(status.success(), "{log}");
    assert_eq!(during, done, "and none of {failed:?}");
    let again = Running::start(&folder, &[]);
    assert_eq!(known().await, done, "after a restart too");
    again.signal("-TERM");
    let (status, log) = again.ended();
    assert!(status.success(), "{log}");
}
