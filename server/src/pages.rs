//! Pages as responses: a route's page, a form's page again, an error page, and the page of last resort.

use std::pin::Pin;
use std::sync::Arc;

use app::App;
use app::error::PortalError;
use app::forms::{FormProblem, Problem};
use app::pages::problem::problem_of;
use app::session::RequestFacts;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::id::{AppId, RequestId};
use domain::oauth::error::ErrorCode;
use domain::paths;
use futures::{Stream, StreamExt, stream};
use http::request::Parts;
use http::{Method, StatusCode};
use leptos::config::LeptosOptions;
use leptos::nonce::Nonce;
use leptos::prelude::{IntoView, provide_context};

use crate::state::AppState;
use crate::{assets, forms};

/// Seconds after which an overloaded page wants to be asked again.
pub(crate) const RETRY_SECONDS: i64 = 5;

/// The handler of every route of the site map.
pub(crate) async fn page(State(state): State<AppState>, request: Request) -> Response {
    run(&state, request, || {}).await
}

/// A path that nothing answers.
pub(crate) async fn not_found(State(state): State<AppState>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if for_programs(parts.uri.path()) {
        let body = serde_json::json!({ "error": "not_found", "message": "There is nothing at this address." });
        return (StatusCode::NOT_FOUND, axum::Json(body)).into_response();
    }
    problem(&state, &parts, no_such_page()).await
}

/// 404 for people.
pub(crate) fn no_such_page() -> Problem {
    Problem {
        status: StatusCode::NOT_FOUND.as_u16(),
        title: "There is no such page".to_owned(),
        cause: "The address is wrong, or what it named is gone.".to_owned(),
        what_to_do: "Check the address, or begin at the start page.".to_owned(),
        error_code: None,
    }
}

/// The page at `parts`' path, as its route would show it.
pub(crate) async fn again(state: &AppState, parts: &Parts) -> Response {
    run(state, get_of(parts), || {}).await
}

/// The page at `parts`' path, which finds `context` in its context.
pub(crate) async fn with<T: Clone + Send + Sync + 'static>(state: &AppState, parts: &Parts, context: T) -> Response {
    run(state, get_of(parts), move || provide_context(context.clone())).await
}

/// The page at `parts`' path again, with what is wrong with its form.
pub async fn render(state: &AppState, parts: &Parts, status: StatusCode, problem: FormProblem) -> Response {
    let mut response = with(state, parts, problem).await;
    // A page that leads elsewhere, to the sign-in for one, has no form to show.
    if !response.status().is_redirection() {
        *response.status_mut() = status;
    }
    response
}

/// An error page: cause, what to do, request id. It never redirects.
pub async fn problem(state: &AppState, parts: &Parts, problem: Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = with(state, parts, problem).await;
    *response.status_mut() = status;
    response
}

/// The same, with the texts of the form that was refused: nobody types them again.
pub(crate) async fn problem_of_form(state: &AppState, parts: &Parts, problem: Problem, form: FormProblem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let context = move || {
        provide_context(problem.clone());
        provide_context(form.clone());
    };
    let mut response = run(state, get_of(parts), context).await;
    *response.status_mut() = status;
    response
}

/// The request as a page sees it: a GET without a body.
fn get_of(parts: &Parts) -> Request {
    let mut parts = parts.clone();
    parts.method = Method::GET;
    Request::from_parts(parts, Body::empty())
}

/// Renders the app for `request`, with the context that every page has and `extra`.
async fn run(state: &AppState, request: Request, extra: impl Fn() + Clone + Send + Sync + 'static) -> Response {
    let context = context(state, request.extensions().get::<RequestFacts>().cloned());
    let with_extra = move || {
        context();
        extra();
    };
    let options = <LeptosOptions as axum::extract::FromRef<AppState>>::from_ref(state);
    let shell = move || app::shell(options.clone());
    leptos_axum::handle_response_inner(with_extra, shell, request, whole).await
}

/// What leptos sends: pieces of HTML, one after the other.
type Pieces = Pin<Box<dyn Stream<Item = String> + Send>>;

/// Renders the page to its end. What leptos appends for islands follows only where the page loads a script: the pages
/// of sign-in and consent have none at all, and so nothing to give it.
fn whole<V: IntoView + 'static>(
    page: V,
    for_islands: Box<dyn FnOnce() -> Pieces + Send>,
    _: bool,
) -> Pin<Box<dyn Future<Output = Pieces> + Send>> {
    Box::pin(async move {
        let html = page.to_html_stream_in_order().collect::<String>().await;
        let wakes_islands = html.contains("<script");
        let html = stream::once(async move { html });
        if wakes_islands { Box::pin(html.chain(for_islands())) as Pieces } else { Box::pin(html) }
    })
}

/// The context of every page and every server function.
pub(crate) fn context(
    state: &AppState,
    facts: Option<RequestFacts>,
) -> impl Fn() + Clone + Send + Sync + 'static + use<> {
    let store = state.store.clone();
    move || {
        provide_context(store.clone());
        if let Some(facts) = &facts {
            provide_context(Nonce::from_value(Arc::<str>::from(facts.nonce.as_str())));
            provide_context(facts.clone());
        }
    }
}

/// An app's address without a tab leads to its overview.
pub(crate) async fn app_without_tab(
    State(state): State<AppState>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    match id.parse::<AppId>() {
        Ok(id) => Redirect::to(&paths::app(id, "overview")).into_response(),
        Err(_) => not_found(State(state), request).await,
    }
}

/// The routes of the site map, as the app declares them. The pages of a logout and of a pending grant are shown by their
/// endpoints, once they have judged the request.
pub(crate) fn site_map() -> Vec<leptos_axum::AxumRouteListing> {
    leptos_axum::generate_route_list_with_exclusions(
        App,
        Some(vec![paths::LOGOUT.to_owned(), forms::CONSENT_PAGE.to_owned()]),
    )
}

/// Whether the answers at `path` are read by programs: JSON, never a page.
pub(crate) fn for_programs(path: &str) -> bool {
    let programs = [paths::TOKEN, paths::REVOKE, paths::INTROSPECT, paths::USERINFO];
    programs.contains(&path)
        || ["/api/", "/.well-known/", "/pkg/", "/fn/"].iter().any(|folder| path.starts_with(folder))
}

/// The answer when nothing else works: without the app, without the database. Where there was only too much to do, it
/// says when to come back.
pub(crate) fn broken(overloaded: bool, for_programs: bool, id: Option<RequestId>) -> Response {
    let id = id.map(|id| id.to_string()).unwrap_or_default();
    let (error, code) = if overloaded {
        (PortalError::Busy, ErrorCode::TemporarilyUnavailable)
    } else {
        (PortalError::Internal, ErrorCode::ServerError)
    };
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let response = if for_programs {
        let body = serde_json::json!({ "error": code, "message": format!("{error} Request {id}.") });
        (status, axum::Json(body)).into_response()
    } else {
        (status, Html(last_resort(&problem_of(&error), code, &id))).into_response()
    };
    if overloaded { forms::retry_after(response, RETRY_SECONDS) } else { response }
}

/// A page that needs nothing but the style sheet, and is readable without it. It has no form: no token could be told.
fn last_resort(said: &Problem, code: ErrorCode, id: &str) -> String {
    let Problem { title, cause, what_to_do, .. } = said;
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} · Portico</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><link rel=\"stylesheet\" href=\"/{pkg}/portico.css\">\
         </head><body><div class=\"alone\"><header class=\"alone-top\"><a class=\"brand\" href=\"/\">Portico</a></header>\
         <main class=\"alone-main\" id=\"main\"><section class=\"card entry problem\">\
         <div class=\"body\"><h1>{title}</h1><p>{cause}</p>\
         <div class=\"stack-s\"><h2 class=\"minor\">What to do</h2><p>{what_to_do}</p></div>\
         <dl class=\"facts small\"><dt>Error</dt><dd><code class=\"value\">{code}</code></dd>\
         <dt>Request</dt><dd><code class=\"value\">{id}</code></dd></dl>\
         <a class=\"button wide\" href=\"/\">To the start page</a></div></section></main></div></body></html>",
        pkg = assets::pkg(),
    )
}
