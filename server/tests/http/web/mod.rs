//! What is true for every request: headers, cookies, CSRF, sessions, limits; and the command line.

mod cli;
mod cookies;
mod csrf;
mod drain;
mod encryption_key;
mod first_start;
#[cfg(target_os = "linux")]
mod full_disk;
mod headers;
mod last_use;
mod leaks;
mod logs;
mod methods;
mod migrate;
mod panics;
mod patience;
mod postgres;
mod process;
mod proxy;
mod remote;
#[cfg(target_os = "linux")]
mod threads;

use axum::body::Body;
use http::Request;

/// `request` with the header `name`, whatever it was.
pub(crate) fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request.headers_mut().insert(name, value.parse().expect("a header value"));
    request
}

/// `request` without the header `name`.
pub(crate) fn without(mut request: Request<Body>, name: &'static str) -> Request<Body> {
    request.headers_mut().remove(name);
    request
}
