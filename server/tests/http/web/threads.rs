//! How the system schedules the threads of the server.

use std::fs;
use std::path::Path;

use super::process::Running;
use crate::harness::Folder;

/// `SCHED_OTHER` and `SCHED_BATCH`, as Linux numbers them.
const OTHER: u32 = 0;
const BATCH: u32 = 3;

/// The names of a process's threads and their policies, in the order in which they were started.
fn threads(process: u32) -> Vec<(String, u32)> {
    let folder = Path::new("/proc").join(process.to_string()).join("task");
    let thread = |entry: std::io::Result<fs::DirEntry>| -> Option<(u32, String, u32)> {
        let stat = fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
        let (id, rest) = stat.split_once(" (")?;
        let (name, rest) = rest.rsplit_once(") ")?;
        // proc_pid_stat(5): the policy is the 41st field, and two are in front.
        Some((id.parse().ok()?, name.to_owned(), rest.split(' ').nth(38)?.parse().ok()?))
    };
    let mut threads: Vec<_> = fs::read_dir(folder).expect("a process").filter_map(thread).collect();
    threads.sort_unstable();
    threads.into_iter().map(|(_, name, policy)| (name, policy)).collect()
}

#[test]
fn a_thread_that_answers_interrupts_none_that_writes_or_signs() {
    let folder = Folder::new();
    let server = Running::start(&folder, &[]);
    let threads = threads(server.id());
    let all_are = |policy: u32, name: &str| {
        let mut named = threads.iter().filter(|thread| thread.0.starts_with(name)).peekable();
        named.peek().is_some() && named.all(|thread| thread.1 == policy)
    };
    assert!(all_are(BATCH, "tokio-rt"), "{threads:?}");
    assert!(all_are(OTHER, "sign-"), "{threads:?}");
    // The first one writes; others are made where somebody asks.
    let writes = threads.iter().find(|thread| thread.0.starts_with("sqlx"));
    assert_eq!(writes.map(|thread| thread.1), Some(OTHER), "{threads:?}");
}
