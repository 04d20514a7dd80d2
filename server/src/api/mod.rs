//! The resource API of the instance, `/api/v1`: for programs with an access token.

mod bearer;
mod error;
mod organization;
mod whoami;

use axum::Router;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::get;
use domain::paths;
use http::header::{self, HeaderValue};

use crate::state::AppState;

use self::error::ApiError;

/// The routes of the resource API.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(paths::WHOAMI, get(whoami::whoami).fallback(only_get))
        .route(
            paths::API_ORGANIZATION,
            get(organization::show).patch(organization::rename).fallback(only_get_and_patch),
        )
        .layer(map_response(private))
}

/// What a token sees is for its holder alone, and for this moment.
async fn private(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn only_get() -> ApiError {
    ApiError::Method("GET, HEAD")
}

async fn only_get_and_patch() -> ApiError {
    ApiError::Method("GET, HEAD, PATCH")
}
