//! The endpoints of the provider. Each handler extracts, asks a pure rule or one verb of the store, and responds.

mod authorize;
mod client;
pub(crate) mod consent;
mod cors;
mod error;
mod introspect;
mod metadata;
mod revoke;
mod token;

use app::session::RequestFacts;
use axum::Router;
use axum::routing::post;
use domain::audit::Source;
use domain::oauth::Server;
use domain::paths;
use domain::store::{Actor, By};
use http::header::{self, HeaderMap, HeaderValue};
use sea_orm::DbErr;

use crate::address::ClientAddress;
use crate::state::AppState;

pub(crate) use self::error::overloaded;

/// The routes of the provider; the GET of the consent page is the app's.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(paths::AUTHORIZE, authorize::route())
        .route(&format!("{}/{{id}}", paths::CONSENT), post(consent::decide))
        .route(paths::TOKEN, token::route())
        .route(paths::REVOKE, revoke::route())
        .route(paths::INTROSPECT, introspect::route())
        .route(paths::AUTHORIZATION_SERVER_METADATA, metadata::route())
}

/// RFC 6749 section 5.1 and requirement 51: no answer of these endpoints is kept, whatever its status is.
pub(crate) fn never_stored(path: &str, headers: &mut HeaderMap) {
    if [paths::TOKEN, paths::REVOKE, paths::INTROSPECT].contains(&path) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    }
}

/// The facts of the instance that the rules need.
async fn server(state: &AppState) -> Result<Server, DbErr> {
    let settings = state.store.settings();
    Ok(Server {
        issuer: settings.issuer.clone(),
        catalogue: state.store.catalogue().await?,
        audiences: settings.audiences.clone(),
    })
}

/// Who does something through a door for programs or through the consent page.
pub(crate) fn by(facts: &RequestFacts, actor: Actor, source: Source) -> By {
    By { actor, source, request_id: facts.request_id, ip: facts.ip, user_agent: facts.user_agent.clone() }
}

/// What limits and bounds count a caller by (requirement 135).
fn address(facts: &RequestFacts) -> String {
    facts.ip.map_or_else(|| "unknown".to_owned(), |ip| ClientAddress(ip).bucket())
}
