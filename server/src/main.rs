//! `portico`: configuration, connection, migration, service.

use std::process::ExitCode;

use clap::Parser;
use server::cli::{Cli, run};
use server::threads;
use tokio::runtime::Builder;

/// Requests make many small things on one thread and drop them on another. What SQLite allocates comes from here too.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let runtime = Builder::new_multi_thread().enable_all().on_thread_start(threads::interrupt_nobody).build();
    match runtime {
        Ok(runtime) => runtime.block_on(run(Cli::parse(), std::env::args().skip(1).collect(), &mut std::io::stdout())),
        Err(error) => {
            eprintln!("portico: the runtime could not start: {error}");
            ExitCode::FAILURE
        }
    }
}
