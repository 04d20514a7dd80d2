//! The pages of Portico, the server functions beside them, and the islands that wake up in a browser.
//!
//! A page is rendered whole on the server (`SsrMode::Async`), with its true status code, and works without any script
//! unless it must show a value once. Only islands are compiled to wasm with a meaning there: everything that is for the
//! server alone is behind feature `ssr`.

#![recursion_limit = "256"]
#![expect(
    missing_docs,
    reason = "the structs that #[server] and #[island] generate have none; rustdoc shows their functions'"
)]

pub mod components;
pub mod csrf;
pub mod error;
pub mod format;
pub mod pages;

#[cfg(feature = "ssr")]
pub mod cookies;
#[cfg(feature = "ssr")]
pub mod forms;
#[cfg(feature = "ssr")]
pub mod session;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
mod site_map;

#[cfg(feature = "ssr")]
pub use shell::shell;
#[cfg(feature = "ssr")]
pub use site_map::*;
