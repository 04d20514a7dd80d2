//! `GET /.well-known/jwks.json`: the public halves of the signing keys (RFC 7517 section 5).

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use domain::store::keys::{JWKS_MAX_AGE_SECONDS, KeyError};
use http::header;
use sea_orm::DbErr;

use super::cors;
use super::error::Failure;
use crate::state::AppState;

pub(super) fn route() -> MethodRouter<AppState> {
    get(keys).options(cors::open_preflight)
}

/// Public facts: any page of any site may read them (requirement 64), and keep them for as long as a new key is published
/// before it signs (requirement 100).
async fn keys(State(state): State<AppState>) -> Result<Response, Failure> {
    let set = state.store.published_keys().await.map_err(|error| match error {
        KeyError::Database(error) => error,
        KeyError::Misfit | KeyError::Library => DbErr::Custom(error.to_string()),
    })?;
    let cache = format!("public, max-age={JWKS_MAX_AGE_SECONDS}");
    let headers = [(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()), (header::CACHE_CONTROL, cache)];
    Ok((headers, Json(set)).into_response())
}
