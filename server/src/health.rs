//! `/healthz` (the process lives) and `/readyz` (the database is where it was, reachable, takes what is written, has the
//! current migrations, and its signing keys open).

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
    if let Some(file) = &state.file
        && !file.is_there().await
    {
        let told = "the database's file was removed or replaced, and what is written is lost: docs/operations.md says what \
                    to do first\n";
        return (StatusCode::SERVICE_UNAVAILABLE, told).into_response();
    }
    if !state.store.reachable().await {
        return (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response();
    }
    if !state.store.writable().await {
        return (StatusCode::SERVICE_UNAVAILABLE, "nothing can be written to the database\n").into_response();
    }
    if !state.store.keys_fit() {
        let told = "a signing key does not open: the encryption key is another one than that of the last rotation\n";
        return (StatusCode::SERVICE_UNAVAILABLE, told).into_response();
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
