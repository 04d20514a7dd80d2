//! `/fn/*`: the server functions of the portal (requirement 113). Nobody's arguments are read before he is signed in, and
//! what leptos would redirect to any `Referer` goes to a path of this site, or nowhere (requirements 26 and 112).

use app::error::{PortalError, wants_html};
use app::forms::{FormProblem, Problem, Refusal, Refused};
use app::session::{self, RequestFacts, Said, USER, WrongPassword};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::id::UserId;
use domain::paths;
use http::{HeaderMap, StatusCode, header};
use leptos::prelude::provide_context;
use tower_sessions::Session;
use url::{Url, form_urlencoded};

use crate::forms::Fields;
use crate::limits::{LimitKey, RetryAfter};
use crate::state::AppState;
use crate::{forms, pages, web};

/// A server function.
pub(crate) async fn server_function(State(state): State<AppState>, request: Request) -> Response {
    match user(request.extensions().get()).await {
        Some(_) => run(&state, request, || {}).await,
        None => nobody(&state, request.headers()),
    }
}

/// A GET of a server function: a browser that loads the address again at which a refused form was shown goes home.
pub(crate) async fn no_page(headers: HeaderMap) -> Response {
    if wants_html(&headers) {
        return Redirect::to(paths::HOME).into_response();
    }
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")]).into_response()
}

/// The server function that checks a password. Failures are limited per person and address as at sign-in (requirement
/// 124): whoever finds an open browser cannot try passwords in it.
pub(crate) async fn change_password(State(state): State<AppState>, request: Request) -> Response {
    let Some(user) = user(request.extensions().get()).await else { return nobody(&state, request.headers()) };
    let key = LimitKey::of(&["change password", &user.to_string(), &forms::bucket(request.extensions())]);
    let now = state.store.now();
    // Counted before the outcome is known, so that tries in parallel cannot outrun the limit.
    if let Err(wait) = state.limits.account.attempt(key, now) {
        return too_many(&state, request, wait).await;
    }
    let wrong = WrongPassword::default();
    let seen = wrong.clone();
    let response = run(&state, request, move || provide_context(seen.clone())).await;
    if !wrong.happened() {
        state.limits.account.forgive(key, now);
    }
    response
}

/// Who is signed in; whether he still may be, the function asks itself.
async fn user(session: Option<&Session>) -> Option<UserId> {
    session?.get::<UserId>(USER).await.ok().flatten()
}

/// The answer to whoever is not signed in.
fn nobody(state: &AppState, headers: &HeaderMap) -> Response {
    if !wants_html(headers) {
        let problem = PortalError::NotSignedIn;
        return (problem.status(), axum::Json(problem)).into_response();
    }
    let next = form_urlencoded::byte_serialize(page_of_the_form(state, headers).as_bytes()).collect::<String>();
    Redirect::to(&format!("{}?next={next}", paths::SIGN_IN)).into_response()
}

/// Runs the function with `extra` in its context. Where it refuses a form that a browser sent by itself, the answer is the
/// page of that form again.
async fn run(state: &AppState, request: Request, extra: impl Fn() + Clone + Send + Sync + 'static) -> Response {
    let context = pages::context(state, request.extensions().get::<RequestFacts>().cloned());
    let back = page_of_the_form(state, request.headers());
    let (mut parts, body) = request.into_parts();
    let body = match web::whole(body).await {
        Ok(body) => body,
        Err(unread) => return unread.into_response(),
    };
    let refusal = Refusal::default();
    let with_extra = {
        let refusal = refusal.clone();
        move || {
            context();
            extra();
            provide_context(refusal.clone());
        }
    };
    let request = Request::from_parts(parts.clone(), Body::from(body.clone()));
    let response = leptos_axum::handle_server_fns_with_context(with_extra, request).await.into_response();
    let Some(Refused { page, error }) = refusal.noted() else { return settled(response, &back) };
    let Some(page) = page.as_ref().and_then(|page| page.parse().ok()) else {
        session::say_in(parts.extensions.get(), Said { good: false, text: error.to_string() }).await;
        return settled(response, &back);
    };
    parts.uri = page;
    let fields = Fields::of_form(&parts.headers, &body).to_show_again();
    let page = pages::render(state, &parts, error.status(), FormProblem::of_error(fields, error)).await;
    if *error == PortalError::Busy { forms::retry_after(page, pages::RETRY_SECONDS) } else { page }
}

/// `response` without the redirect that leptos makes of a `Referer`: it is the only 302. Ours are 303.
fn settled(mut response: Response, back: &str) -> Response {
    if response.status() == StatusCode::FOUND {
        return Redirect::to(back).into_response();
    }
    if response.status() != StatusCode::SEE_OTHER {
        response.headers_mut().remove(header::LOCATION);
    }
    response
}

/// The path of this site where the form stood, or the home page.
pub(crate) fn page_of_the_form(state: &AppState, headers: &HeaderMap) -> String {
    let referer = headers.get(header::REFERER).and_then(|referer| referer.to_str().ok());
    local_path(referer.unwrap_or_default(), &state.store.settings().issuer)
}

/// Path and query of `referer`, if it is of the same origin as `issuer`; else the home page.
fn local_path(referer: &str, issuer: &str) -> String {
    match (Url::parse(referer), Url::parse(issuer)) {
        (Ok(page), Ok(site)) if page.origin() == site.origin() => {
            paths::local_or_home(&page[url::Position::BeforePath..url::Position::AfterQuery]).to_owned()
        }
        _ => paths::HOME.to_owned(),
    }
}

/// 429 and when to come back, for a person or for a program.
async fn too_many(state: &AppState, request: Request, wait: RetryAfter) -> Response {
    let (parts, _) = request.into_parts();
    let sentence = forms::too_many_attempts(wait);
    let response = if wants_html(&parts.headers) {
        let told = Problem {
            status: StatusCode::TOO_MANY_REQUESTS.as_u16(),
            title: "Too many attempts".to_owned(),
            cause: "The present password was wrong too often. Nothing was changed.".to_owned(),
            what_to_do: sentence,
            error_code: None,
        };
        pages::problem(state, &parts, told).await
    } else {
        (StatusCode::TOO_MANY_REQUESTS, axum::Json(PortalError::conflict(sentence))).into_response()
    };
    forms::retry_after(response, wait.0)
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn req_112_only_a_page_of_this_site_is_gone_back_to() {
        let path = |referer| local_path(referer, "https://portico.example");
        assert_eq!(path("https://portico.example/apps?q=x#y"), "/apps?q=x");
        for foreign in [
            "",
            "/apps",
            "https://evil.example/x",
            "http://portico.example/x",
            "https://portico.example:8443/x",
            "https://portico.example@evil.example/x",
            "https://portico.example//evil.example",
            "https://portico.example/\\evil.example",
            "javascript:alert(1)",
        ] {
            assert_eq!(path(foreign), "/", "{foreign}");
        }
    }
}
