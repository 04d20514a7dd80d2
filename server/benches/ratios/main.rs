//! `make bench`: what the hot endpoints do in a second, as ratios to a bare axum handler that runs as a process of its
//! own, asked right before and right after each of several passes, of which the median counts.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the real clock and its arguments")]

mod askers;
mod load;
mod machine;
mod rows;
mod scene;
mod seed;

use std::io::{Error, Result};
use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;

use rows::{Figure, Pace, measure};
use scene::{Bare, Folder, Scene};
use seed::Size;

/// A young instance, one that has been used for years, and one that says nothing about rates, only that all of this runs.
const SIZES: [(&str, Size, Pace); 3] = [
    ("small", Size { apps: 40, organizations: 201, tokens: 110_000, known: 101_000, codes: 30_000 }, Pace::MEASURED),
    (
        "million",
        Size { apps: 40, organizations: 2_501, tokens: 1_000_000, known: 101_000, codes: 30_000 },
        Pace::MEASURED,
    ),
    (TRIAL, Size { apps: 10, organizations: 11, tokens: 4_000, known: 4_000, codes: 4_000 }, Pace::TRIED),
];
const TRIAL: &str = "trial";
/// Those of `--size both`.
const BOTH: [&str; 2] = ["small", "million"];

/// What the command line says: which databases and sizes, and what the table is headed by.
struct Options {
    postgres: Option<String>,
    database: Option<String>,
    sizes: Vec<(&'static str, Size, Pace)>,
    /// Whether it says nothing about rates.
    trial: bool,
    only: Option<String>,
    commit: String,
}

fn main() -> Result<()> {
    // cargo adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [first, address] = &words[..]
        && first == "bare"
    {
        return bare(address.parse().map_err(Error::other)?);
    }
    let options = options(&words);
    let folder = Folder::new("disk")?;
    println!("Commit {}. 4 kB are synced to the disk in {:?}.", options.commit, machine::sync_time(folder.path())?);
    let bare = Bare::start()?;
    let mut columns = Vec::new();
    let databases =
        [("SQLite", None)].into_iter().chain(options.postgres.as_deref().map(|url| ("PostgreSQL", Some(url))));
    let wanted = |name: &str| options.database.as_deref().is_none_or(|only| only.eq_ignore_ascii_case(name));
    for (database, postgres) in databases.filter(|(database, _)| wanted(database)) {
        for (name, size, pace) in &options.sizes {
            eprintln!("{database}: {} organizations, {} tokens", size.organizations, size.tokens);
            let scene = Scene::set(postgres, *size, &format!("{}_{name}", database.to_lowercase()))?;
            let figures = measure(&scene, &bare, *pace, options.only.as_deref());
            columns.push((format!("{database}, {} tokens", size.tokens), figures));
        }
    }
    if !options.trial {
        print_table(&columns);
    }
    if columns.iter().flat_map(|(_, figures)| figures).any(|figure| figure.outcome.is_err()) {
        return Err(Error::other("some of it could not be measured"));
    }
    Ok(())
}

/// `--postgres URL`, `--database sqlite|postgresql` (that one alone), `--size small|million|both|trial`, `--only WORDS`
/// (rows whose name contains them), `--commit ID`.
fn options(words: &[String]) -> Options {
    let value = |flag: &str| words.iter().position(|word| word == flag).and_then(|at| words.get(at + 1)).cloned();
    let size = value("--size").unwrap_or_else(|| "both".to_owned());
    let wanted = |name: &str| size == name || size == "both" && BOTH.contains(&name);
    Options {
        postgres: value("--postgres"),
        database: value("--database"),
        sizes: SIZES.into_iter().filter(|(name, ..)| wanted(name)).collect(),
        trial: size == TRIAL,
        only: value("--only").filter(|only| !only.is_empty()),
        commit: value("--commit").unwrap_or_else(|| "unknown".to_owned()),
    }
}

/// A handler that does nothing but answer, with as many bytes as a token response has.
fn bare(address: SocketAddr) -> Result<()> {
    let body = format!(r#"{{"access_token":"{}","token_type":"bearer"}}"#, "x".repeat(200));
    let router = Router::new().route("/", get(async move || body.clone()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async { axum::serve(tokio::net::TcpListener::bind(address).await?, router).await })
}

/// One line per row of the measurement, one column per database and size.
fn print_table(columns: &[(String, Vec<Figure>)]) {
    let heads: Vec<&str> = columns.iter().map(|(head, _)| head.as_str()).collect();
    println!("\n| Work | {} |\n|---|{}", heads.join(" | "), "---|".repeat(heads.len()));
    let Some((_, first)) = columns.first() else { return };
    for (number, row) in first.iter().enumerate() {
        let cell =
            |(_, figures): &(String, Vec<Figure>)| figures.get(number).map(Figure::to_string).unwrap_or_default();
        println!("| {} | {} |", row.name, columns.iter().map(cell).collect::<Vec<_>>().join(" | "));
    }
}
