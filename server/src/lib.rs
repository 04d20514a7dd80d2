//! The server of Portico: configuration, routes, command line.
//!
//! [`router`] is the whole site over an [`state::AppState`]: the pages of the app, the plain forms, the OAuth endpoints,
//! the resource API, the files, under the layers of `web`.

pub mod address;
pub mod api;
mod assets;
pub mod cli;
pub mod config;
mod csrf;
pub mod database;
pub mod forms;
mod functions;
mod health;
pub mod limits;
pub mod live_reload;
pub mod oauth;
pub mod pages;
pub mod serve;
mod session_store;
pub mod state;
pub mod threads;
pub mod web;

use app::pages::account::ChangePassword;
use axum::Router;
use axum::routing::{get, on};
use domain::paths;
use leptos::server_fn::ServerFn;
use leptos_axum::LeptosRoutes;

use state::AppState;

/// The folder of wasm, scripts and styles.
const PKG: &str = "/pkg";

/// Every route of the site, under every layer.
pub fn router(state: AppState) -> Router {
    let mut router = Router::new()
        .leptos_routes_with_handler(pages::site_map(), pages::page)
        .merge(forms::routes())
        .merge(oauth::routes())
        .route(&format!("{}/{{id}}", paths::APPS), get(pages::app_without_tab))
        .route(paths::HEALTHZ, get(health::live))
        .route(paths::READYZ, get(health::ready));
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        // Every server function of ours is a POST; a method that axum cannot filter would be a bug in the app.
        if let Ok(method) = axum::routing::MethodFilter::try_from(method) {
            let answers = if path == ChangePassword::url() {
                on(method, functions::change_password)
            } else {
                on(method, functions::server_function)
            };
            router = router.route(path, answers.get(functions::no_page));
        }
    }
    let live = state.facts.live_reload.as_ref();
    for (path, files) in assets::routes() {
        if live.is_none() || !path.starts_with(PKG) {
            router = router.route(&path, files);
        }
    }
    if let Some(live) = live {
        router = router.route(&format!("{PKG}/{{*file}}"), live.routes());
    }
    let programs = oauth::programs().merge(api::routes(&state));
    web::layers(router.fallback(pages::not_found), programs, &state).with_state(state)
}
