//! The resource API of the instance, `/api/v1`: for programs with an access token.

mod bearer;
mod error;
mod organization;
mod whoami;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use domain::paths;
use http::header::{self, HeaderValue};

use crate::state::AppState;

pub(crate) use self::bearer::authorization_header;
use self::error::ApiError;

/// The routes of the resource API.
pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    Router::new()
        .route(paths::WHOAMI, get(whoami::whoami).fallback(only_get))
        .route(
            paths::API_ORGANIZATION,
            get(organization::show).patch(organization::rename).fallback(only_get_and_patch),
        )
        .layer(from_fn_with_state(state.clone(), private))
}

/// What a token sees is for its holder alone, and for this moment; who is refused learns where to get another.
async fn private(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    error::lead_to_metadata(response.headers_mut(), &state.store.settings().issuer);
    response
}

async fn only_get() -> ApiError {
    ApiError::Method("GET, HEAD")
}

async fn only_get_and_patch() -> ApiError {
    ApiError::Method("GET, HEAD, PATCH")
}
