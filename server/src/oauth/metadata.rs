//! `GET /.well-known/oauth-authorization-server` (RFC 8414) and `GET /.well-known/openid-configuration` (OpenID Connect
//! Discovery 1.0): one document.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use domain::oauth::metadata;
use http::header;

use super::cors;
use super::error::Failure;
use crate::state::AppState;

pub(super) fn route() -> MethodRouter<AppState> {
    get(document).options(cors::open_preflight)
}

/// Public facts: any page of any site may read them (requirement 64).
async fn document(State(state): State<AppState>) -> Result<Response, Failure> {
    let document = metadata::document(super::server(&state).await?.as_ref());
    let headers = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (header::CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, Json(document)).into_response())
}
