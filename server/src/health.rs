//! `/healthz` (the process lives) and `/readyz` (the database is reachable, takes what is written, and has the current migrations).

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::database;
use crate::state::AppState;

/// The process lives.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// Requests can be answered.
pub(crate) async fn ready(State(state): State<AppState>) -> Response {
    if !state.store.reachable().await {
        return (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response();
    }
    if !state.store.writable().await {
        return (StatusCode::SERVICE_UNAVAILABLE, "nothing can be written to the database\n").into_response();
    }
    match database::is_current(&state.store).await {
        Ok(true) => "ready\n".into_response(),
        Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "migrations are pending: run portico migrate\n").into_response(),
        Err(error) => {
            tracing::error!(%error, "the migrations could not be read");
            (StatusCode::SERVICE_UNAVAILABLE, "the migrations cannot be compared: the log says why\n").into_response()
        }
    }
}
