//! `make bench`: what the hot endpoints do in a second, as ratios to a bare axum handler that runs as a process of its
//! own in the same way, asked by the same threads in the same run.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the real clock")]

mod http;
mod scene;

use std::io::{Error, Result};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;

use http::Connection;
use scene::{Code, Scene, Tokens, exchange, expect, refresh};

/// Connections that ask at the same time.
const CONNECTIONS: usize = 16;
/// How long each endpoint is asked.
const SPAN: Duration = Duration::from_secs(6);
/// Clients: with the organizations of the demo data, several hundred live tokens.
const CLIENTS: usize = 120;
/// Codes for the measurement of the exchange.
const CODES: usize = 1_500;

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some("bare") {
        let address = words.next().and_then(|word| word.parse().ok()).ok_or_else(|| Error::other("bare ADDRESS"))?;
        return bare(address);
    }
    let scene = Scene::set(CLIENTS)?;
    eprintln!("{} clients; taking {} keys through the consent page", scene.clients.len(), scene.keys());
    let mut connection = Connection::open(scene.portico)?;
    let live: Vec<Tokens> =
        scene.codes(0, scene.keys())?.iter().map(|code| exchange(&mut connection, code)).collect::<Result<_>>()?;

    let before = rate(scene.bare, |connection, _| ok(connection.get("/", None)?))?;
    let whoami = rate(scene.portico, |connection, turn| {
        ok(connection.get("/api/v1/whoami", Some(&live[turn % live.len()].access))?)
    })?;
    let introspection = rate(scene.portico, |connection, turn| {
        let tokens = &live[turn % live.len()];
        let answer = connection.post("/oauth/introspect", &[("token", &tokens.access)], Some(&tokens.client.basic))?;
        if answer.body.contains("\"active\":true") { ok(answer) } else { Err(Error::other(answer.body)) }
    })?;
    let sign_in = rate(scene.portico, |connection, _| ok(connection.get("/sign-in", None)?))?;
    let home = rate(scene.portico, |connection, _| ok(connection.get("/", None)?))?;
    let refreshes = refresh_rate(scene.portico, live)?;
    eprintln!("taking {CODES} codes through the consent page");
    let exchanges = exchange_rate(scene.portico, scene.codes(0, CODES)?)?;
    let after = rate(scene.bare, |connection, _| ok(connection.get("/", None)?))?;

    let bare = f64::midpoint(before, after);
    println!("bare handler                {bare:>8.0} per second ({before:.0} before, {after:.0} after)");
    for (name, rate) in [
        ("GET /api/v1/whoami", whoami),
        ("POST /oauth/introspect", introspection),
        ("POST /oauth/token, refresh", refreshes),
        ("POST /oauth/token, code", exchanges),
        ("GET /sign-in", sign_in),
        ("GET /", home),
    ] {
        println!("{name:<27} {rate:>8.0} per second, {:>5.1} % of the bare handler", 100.0 * rate / bare);
    }
    Ok(())
}

/// A handler that does nothing but answer, with as many bytes as a token response has.
fn bare(address: SocketAddr) -> Result<()> {
    let body = format!(r#"{{"access_token":"{}","token_type":"bearer"}}"#, "x".repeat(200));
    let router = Router::new().route("/", get(async move || body.clone()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async { axum::serve(tokio::net::TcpListener::bind(address).await?, router).await })
}

fn ok(answer: http::Answer) -> Result<()> {
    expect(&answer, 200, "a measured request")
}

/// Requests per second over all connections. `ask` gets a number that differs between connections.
fn rate(address: SocketAddr, ask: impl Fn(&mut Connection, usize) -> Result<()> + Sync) -> Result<f64> {
    let began = Instant::now();
    let done = together(|worker| {
        let mut connection = Connection::open(address)?;
        let mut count = 0;
        while began.elapsed() < SPAN {
            ask(&mut connection, worker * 1_009 + count)?;
            count += 1;
        }
        Ok(count)
    })?;
    Ok(per_second(done, began))
}

/// Each connection rotates the families that are its own, one after the other.
fn refresh_rate(address: SocketAddr, live: Vec<Tokens>) -> Result<f64> {
    let began = Instant::now();
    let done = together(|worker| {
        let mut mine: Vec<_> = live.iter().skip(worker).step_by(CONNECTIONS).cloned().collect();
        let mut connection = Connection::open(address)?;
        let mut count = 0;
        while began.elapsed() < SPAN && !mine.is_empty() {
            let turn = count % mine.len();
            mine[turn] = refresh(&mut connection, &mine[turn])?;
            count += 1;
        }
        Ok(count)
    })?;
    Ok(per_second(done, began))
}

/// The connections take codes from one heap until it is empty.
fn exchange_rate(address: SocketAddr, codes: Vec<Code>) -> Result<f64> {
    let heap = Mutex::new(codes);
    let began = Instant::now();
    let done = together(|_| {
        let mut connection = Connection::open(address)?;
        let mut count = 0;
        loop {
            let Some(code) = heap.lock().map_err(|_| Error::other("a thread panicked"))?.pop() else {
                return Ok(count);
            };
            exchange(&mut connection, &code)?;
            count += 1;
        }
    })?;
    Ok(per_second(done, began))
}

/// Runs `work` once per connection, each in a thread of its own; the sum of what they did.
fn together(work: impl Fn(usize) -> Result<usize> + Sync) -> Result<usize> {
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = (0..CONNECTIONS).map(|worker| scope.spawn(move || work(worker))).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| Error::other("a thread panicked"))?).sum()
    })
}

#[expect(clippy::cast_precision_loss, reason = "some thousands")]
fn per_second(done: usize, began: Instant) -> f64 {
    done as f64 / began.elapsed().as_secs_f64()
}
