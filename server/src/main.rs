//! `portico`: configuration, connection, migration, service.

use std::process::ExitCode;

use clap::Parser;
use server::cli::{Cli, run};

/// Requests make many small things on one thread and drop them on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    run(Cli::parse(), std::env::args().skip(1).collect(), &mut std::io::stdout()).await
}
