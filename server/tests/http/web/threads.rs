//! How the system schedules the threads of the server.

use std::fs;
use std::path::Path;

use super::process::Running;
use crate::harness::Folder;

/// `SCHED_OTHER` and `SCHED_BATCH`, as Linux numbers them.
const OTHER: u32 = 0;
const BATCH: u32 = 3;

/// The names of a process's threads, with their policies.
fn threads(process: u32) -> Vec<(String, u32)> {
    let folder = Path::new("/proc").join(process.to_string()).join("task");
    let thread = |entry: std::io::Result<fs::DirEntry>| {
        let stat = fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
        let (name, rest) = stat.split_once(" (")?.1.rsplit_once(") ")?;
        // proc_pid_stat(5): the policy is the 41st field, and two are in front.
        Some((name.to_owned(), rest.split(' ').nth(38)?.parse().ok()?))
    };
    fs::read_dir(folder).expect("a process").filter_map(thread).collect()
}

/// Whether there are threads of this name, and all have the policy.
fn all_have(policy: u32, name: &str, threads: &[(String, u32)]) -> bool {
    let mut named = threads.iter().filter(|thread| thread.0.starts_with(name)).peekable();
    named.peek().is_some() && named.all(|thread| thread.1 == policy)
}

#[test]
fn a_thread_that_answers_interrupts_none_that_writes_or_signs() {
    let folder = Folder::new();
    let server = Running::start(&folder, &[]);
    let mut found = Vec::new();
    // A thread gives itself its name and its policy: some may not have run yet.
    let as_claimed = (0..1_000).any(|_| {
        server.ask("GET /health HTTP/1.1", "");
        found = threads(server.id());
        all_have(BATCH, "tokio-rt", &found)
            && all_have(OTHER, "sign-", &found)
            && all_have(OTHER, "sqlite-writer", &found)
    });
    assert!(as_claimed, "{found:?}");
}
