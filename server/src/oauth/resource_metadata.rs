//! `GET /.well-known/oauth-protected-resource/api/v1` (RFC 9728): what a client needs to know of our own API.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use domain::oauth::resource_metadata;
use http::header;

use super::cors;
use super::error::Failure;
use crate::state::AppState;

pub(super) fn route() -> MethodRouter<AppState> {
    get(document).options(cors::open_preflight)
}

/// Public facts: any page of any site may read them (requirement 64).
async fn document(State(state): State<AppState>) -> Result<Response, Failure> {
    let document = resource_metadata::document(super::server(&state).await?.as_ref());
    let headers = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (header::CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, Json(document)).into_response())
}
