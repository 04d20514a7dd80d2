//! Live reload under `cargo leptos watch` (`make dev`): the site comes from the disk, and the page's policy lets the
//! reload socket through. A release build has none of it.

use std::path::{Component, Path, PathBuf};

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use http::StatusCode;
use http::header;

use crate::state::AppState;

/// What cargo-leptos tells the server that it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveReload {
    /// The folder that holds `pkg/`.
    pub site: PathBuf,
    /// Where the page's script listens for changes.
    pub port: u16,
}

impl LiveReload {
    /// Where the page may connect to besides its own origin.
    pub fn socket(&self) -> String {
        format!("ws://127.0.0.1:{0} ws://localhost:{0}", self.port)
    }

    /// `/pkg/*` from the disk, never kept.
    pub(crate) fn routes(&self) -> MethodRouter<AppState> {
        let site = self.site.clone();
        get(move |request: Request| async move { from_disk(&site, request.uri().path()).await })
    }
}

async fn from_disk(site: &Path, path: &str) -> Response {
    let name = Path::new(path.trim_start_matches('/'));
    if name.components().any(|part| !matches!(part, Component::Normal(_))) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let kind = mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream");
    match tokio::fs::read(site.join(name)).await {
        Ok(content) => ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], content).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_files_of_the_site_are_served() {
        let site = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(from_disk(site, "/src/live_reload.rs").await.status(), StatusCode::OK);
        for path in ["/../Cargo.toml", "//etc/passwd/..", "/src/../../Cargo.toml", "/missing", "/"] {
            assert_eq!(from_disk(site, path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
