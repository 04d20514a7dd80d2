//! `GET|POST /oauth/authorize` (RFC 6749 section 3.1): judges the request, keeps it, and sends the browser to the page
//! that asks a person. No session is read here (requirement 108).

use app::forms::Problem;
use app::session::RequestFacts;
use axum::Extension;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use domain::oauth::Server;
use domain::oauth::authorize::{AuthorizationRequest, AuthorizationResponse, Outcome, Refusal, client_id, evaluate};
use domain::oauth::error::{ErrorCode, OAuthError};
use domain::oauth::params::{Params, Unreadable};
use domain::paths;
use domain::scope::Catalogue;
use domain::store::grants::CreateGrantError;
use domain::token_policy::PENDING_GRANT_SECONDS;
use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode};
use sea_orm::DbErr;

use super::error::{OVERLOADED, overloaded};
use crate::state::AppState;
use crate::{pages, web};

/// GET and POST; no other method, HEAD included, and no CORS (requirements 17 and 18).
pub(super) fn route() -> MethodRouter<AppState> {
    axum::routing::any(authorize)
}

async fn authorize(
    State(state): State<AppState>,
    Extension(facts): Extension<RequestFacts>,
    request: Request,
) -> Response {
    if !matches!(*request.method(), Method::GET | Method::POST) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, POST")]).into_response();
    }
    let (parts, body) = request.into_parts();
    let body = match web::whole(body).await {
        Ok(body) => body,
        Err(unread) => return unread.into_response(),
    };
    let Ok(params) = params(&parts, &body) else { return refuse(&state, &parts, Refusal::Unreadable).await };
    match judge(&state, &params).await {
        Ok(Outcome::Refuse(refusal)) => refuse(&state, &parts, refusal).await,
        Ok(Outcome::Reject(response)) => redirect_at_once(&response),
        Ok(Outcome::Ask(request)) => ask(&state, &facts, request).await,
        Err(error) => broken(&state, &parts, &error).await,
    }
}

/// The parameters of the query and, for a POST, of the form: one set, so that a duplicate cannot be split
/// (requirement 10).
fn params(parts: &Parts, body: &[u8]) -> Result<Params, Unreadable> {
    let query = Params::urlencoded(parts.uri.query().unwrap_or_default().as_bytes())?;
    if parts.method == Method::GET {
        return Ok(query);
    }
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(is_form) {
        return Err(Unreadable::MediaType);
    }
    query.and(Params::urlencoded(body)?)
}

/// `OpenID` Connect Core section 3.1.2.1: a POST here is a form, never JSON.
pub(super) fn is_form(kind: &str) -> bool {
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Loads what the rule needs and asks it. An error means that no redirect is trusted yet.
async fn judge(state: &AppState, params: &Params) -> Result<Outcome, DbErr> {
    let client = match client_id(params) {
        Ok(id) => state.store.client(&id).await?,
        Err(refusal) => return Ok(Outcome::Refuse(refusal)),
    };
    match super::server(state).await {
        Ok(server) => Ok(evaluate(params, client.as_ref(), &server)),
        Err(error) => {
            tracing::error!(%error, "the facts of the instance could not be loaded");
            let settings = state.store.settings();
            let bare = Server {
                issuer: settings.issuer.clone(),
                catalogue: Catalogue::default(),
                audiences: settings.audiences.clone(),
            };
            // Where the redirect is trusted, the client is told; the verdict itself is worth nothing without the facts.
            Ok(match evaluate(params, client.as_ref(), &bare) {
                Outcome::Reject(response) => {
                    let client_state = params.get("state").filter(|_| !params.is_repeated("state")).map(str::to_owned);
                    let callback = response.callback().clone();
                    Outcome::Reject(AuthorizationResponse::error(
                        callback,
                        client_state,
                        &bare.issuer,
                        error_of(&error),
                    ))
                }
                outcome => outcome,
            })
        }
    }
}

/// The error that travels when our side fails ("authorize, consent | overload / bug").
pub(super) fn error_of(error: &DbErr) -> OAuthError {
    if overloaded(error) {
        unavailable()
    } else {
        OAuthError::new(ErrorCode::ServerError, "Something broke. Try again.")
    }
}

fn unavailable() -> OAuthError {
    OAuthError::new(ErrorCode::TemporarilyUnavailable, OVERLOADED)
}

/// Keeps the request; only its id travels on, and a cookie binds it to this browser (requirement 109).
async fn ask(state: &AppState, facts: &RequestFacts, request: AuthorizationRequest) -> Response {
    let (callback, client_state) = (request.callback.clone(), request.state.clone());
    let reject = |error| {
        let issuer = &state.store.settings().issuer;
        redirect_at_once(&AuthorizationResponse::error(callback, client_state, issuer, error))
    };
    let pending = match state.store.create_grant(request, super::address(facts)).await {
        Ok(pending) => pending,
        Err(CreateGrantError::Full) => return reject(unavailable()),
        Err(CreateGrantError::Database(error)) => {
            tracing::error!(%error, "a pending grant could not be kept");
            return reject(error_of(&error));
        }
    };
    if pending.challenge_again {
        tracing::warn!(grant = %pending.id, "a PKCE challenge came again: each request needs its own");
    }
    let name = format!("{}{}", state.facts.cookies.interaction, pending.id);
    let cookie = state.set_cookie(&name, &pending.interaction.reveal(), Some(PENDING_GRANT_SECONDS));
    let mut response = see_other(&paths::consent(pending.id));
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The way out of the authorization endpoint: a response that holds a checked callback.
fn redirect_at_once(response: &AuthorizationResponse) -> Response {
    log_problem(response);
    see_other(&response.location_at_once())
}

/// The way out of the consent page's form.
pub(super) fn redirect(response: &AuthorizationResponse) -> Response {
    log_problem(response);
    see_other(&response.location())
}

fn log_problem(response: &AuthorizationResponse) {
    if let Some(problem) = response.problem() {
        tracing::info!(error = problem.code.as_str(), "an authorization request was answered with an error");
    }
}

/// 303 (requirement 26); what it leads to is nobody's to keep, because it may hold a code.
pub(super) fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(location) else {
        // Unreachable: every part of a location is percent-encoded or was registered in ASCII.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    (
        StatusCode::SEE_OTHER,
        [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
    )
        .into_response()
}

/// A page: nothing leaves (requirements 1 to 4).
async fn refuse(state: &AppState, parts: &Parts, refusal: Refusal) -> Response {
    let problem = Problem {
        status: StatusCode::BAD_REQUEST.as_u16(),
        title: "This sign-in link does not work".to_owned(),
        cause: refusal.to_string(),
        what_to_do: refusal.what_to_do().to_owned(),
        error_code: Some(refusal.code().as_str().to_owned()),
        return_to_app: None,
    };
    pages::problem(state, parts, problem).await
}

/// A page: the database failed before the redirect was trusted.
pub(super) async fn broken(state: &AppState, parts: &Parts, error: &DbErr) -> Response {
    tracing::error!(%error, "the database failed");
    let code = error_of(error).code;
    let problem = Problem {
        status: code.status(),
        title: "This did not work on our side".to_owned(),
        cause: "The database did not answer. Nothing was shared.".to_owned(),
        what_to_do: "Try again in a moment.".to_owned(),
        error_code: Some(code.as_str().to_owned()),
        return_to_app: None,
    };
    pages::problem(state, parts, problem).await
}
