//! The endpoints of the provider. Each handler extracts, asks a pure rule or one verb of the store, and responds.

mod authorize;
mod client;
pub(crate) mod consent;
mod cors;
pub(crate) mod deliver;
mod error;
mod introspect;
mod jwks;
mod logout;
mod metadata;
mod resource_metadata;
mod revoke;
mod token;
mod userinfo;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use domain::oauth::Server;
use domain::paths;
use http::header::{self, HeaderMap, HeaderValue};
use sea_orm::DbErr;

use crate::state::AppState;

pub(crate) use self::error::overloaded;

/// The routes to which a browser comes.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(paths::AUTHORIZE, authorize::route())
        .route(&format!("{}/{{id}}", paths::CONSENT), get(consent::open).post(consent::decide))
        .route(paths::LOGOUT, logout::route())
        .route(paths::LOGOUT_CONFIRM, post(logout::confirm))
}

/// The routes that programs ask, each request with its own proof.
pub(crate) fn programs() -> Router<AppState> {
    Router::new()
        .route(paths::TOKEN, token::route())
        .route(paths::REVOKE, revoke::route())
        .route(paths::INTROSPECT, introspect::route())
        .route(paths::USERINFO, userinfo::route())
        .route(paths::AUTHORIZATION_SERVER_METADATA, metadata::route())
        .route(paths::PROTECTED_RESOURCE_METADATA, resource_metadata::route())
        .route(paths::JWKS, jwks::route())
        .route(paths::OPENID_CONFIGURATION, metadata::route())
}

/// RFC 6749 section 5.1 and requirement 51: no answer of these endpoints is kept, whatever its status is.
pub(crate) fn never_stored(path: &str, headers: &mut HeaderMap) {
    if [paths::TOKEN, paths::REVOKE, paths::INTROSPECT, paths::USERINFO].contains(&path) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    }
}

/// The facts of the instance that the rules need.
async fn server(state: &AppState) -> Result<Arc<Server>, DbErr> {
    state.store.server().await
}
