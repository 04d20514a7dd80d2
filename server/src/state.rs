//! What every handler gets: the store, facts of the configuration, the limits.

use std::ops::Deref;
use std::sync::Arc;

use app::cookies::CookieNames;
use axum::extract::FromRef;
use domain::store::{EncryptionKey, PasswordCost, Settings, Store, sqlite_file};
use http::header::{self, HeaderMap, HeaderValue};
use ipnet::IpNet;
use leptos::config::LeptosOptions;

use crate::config::{Config, Issuer};
use crate::database::FileInPlace;
use crate::limits::Limits;
use crate::live_reload::LiveReload;

/// The state of the router: its [`Parts`] by one pointer, which each layer clones.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// What the state has.
pub struct Parts {
    /// The database, time and chance.
    pub store: Store,
    /// Facts of the configuration.
    pub facts: Facts,
    /// Failures that are counted.
    pub limits: Limits,
    /// Where SQLite's file is; none on PostgreSQL, and in memory.
    pub file: Option<FileInPlace>,
    /// What leptos asks of a state.
    leptos: LeptosOptions,
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Facts of the configuration that requests need.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Who the instance is.
    pub issuer: Issuer,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The names of our cookies under this issuer.
    pub cookies: CookieNames,
    /// Live reload, where cargo-leptos started this server.
    pub live_reload: Option<LiveReload>,
}

impl AppState {
    /// The state of an instance with this store and this configuration.
    pub fn new(store: Store, config: &Config) -> Self {
        let facts = Facts {
            issuer: config.issuer.clone(),
            trusted_proxies: config.trusted_proxies.clone(),
            cookies: CookieNames::of(config.issuer.as_str()),
            live_reload: config.live_reload.clone(),
        };
        let pkg = if facts.live_reload.is_some() { "pkg" } else { crate::assets::pkg() };
        let reload_port = facts.live_reload.as_ref().map_or(3001, |live| u32::from(live.port));
        let leptos = LeptosOptions::builder().output_name("portico").site_pkg_dir(pkg).reload_port(reload_port).build();
        let file = sqlite_file(config.database_url.reveal()).and_then(FileInPlace::of);
        Self(Arc::new(Parts { store, facts, limits: Limits::new(config.limits), file, leptos }))
    }

    /// Puts a cookie of ours into the `headers` of a response: `HttpOnly`, `SameSite=Lax`, `Path=/`, `Secure` under https
    /// (requirement 110). Without `max_age` (seconds) it ends with the browser; 0 removes it.
    pub fn put_cookie(&self, headers: &mut HeaderMap, name: &str, value: &str, max_age: Option<i64>) {
        let age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        let secure = if self.facts.issuer.is_https() { "; Secure" } else { "" };
        let cookie = format!("{name}={value}; HttpOnly; SameSite=Lax; Path=/{age}{secure}");
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            headers.append(header::SET_COOKIE, cookie);
        }
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

/// What the configuration says to the store.
pub fn store_settings(config: &Config, encryption_key: EncryptionKey) -> Settings {
    Settings {
        issuer: config.issuer.to_string(),
        brand: config.token_brand.clone(),
        policies: config.token_policies.clone(),
        audiences: config.audiences.clone(),
        app_review: config.app_review,
        terms: config.terms(),
        encryption_key,
        write_queue: Settings::WRITE_QUEUE,
        lookup_queue: Settings::LOOKUP_QUEUE,
        sign_queue: Settings::SIGN_QUEUE,
        password_workers: config.password_workers,
        password_cost: PasswordCost::default(),
    }
}
