//! `GET|POST /oauth/authorize` (RFC 6749 section 3.1): judges the request, keeps it, and sends the browser to the page
//! that asks a person. No session is read here (requirement 108).

use app::forms::Problem;
use app::session::RequestFacts;
use axum::Extension;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use domain::oauth::Server;
use domain::oauth::authorize::{
    Asked, AuthorizationRequest, AuthorizationResponse, Outcome, Refusal, client_id, evaluate,
};
use domain::oauth::error::{ErrorCode, OAuthError};
use domain::oauth::params::{Params, Unreadable};
use domain::paths;
use domain::scope::Catalogue;
use domain::store::grants::{CreateGrantError, PendingGrant};
use domain::token_policy::PENDING_GRANT_SECONDS;
use http::header;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use sea_orm::DbErr;

use super::deliver::{deliver, see_other};
use super::error::{OVERLOADED, overloaded};
use crate::state::AppState;
use crate::{address, pages, web};

/// GET and POST; no other method, HEAD included, and no CORS (requirements 17 and 18).
pub(super) fn route() -> MethodRouter<AppState> {
    axum::routing::any(authorize)
}

async fn authorize(
    State(state): State<AppState>,
    Extension(facts): Extension<RequestFacts>,
    Asking { parts, params }: Asking,
) -> Response {
    let Ok(params) = params else { return refuse(&state, &parts, Refusal::Unreadable).await };
    match judge(&state, &params).await {
        Ok(Outcome::Refuse(refusal)) => refuse(&state, &parts, refusal).await,
        Ok(Outcome::Reject(response)) => deliver(&state, Some(&facts), &response, Asked::ByLink),
        Ok(Outcome::Ask(request)) => ask(&state, &facts, &parts, *request).await,
        Err(error) => broken(&state, &parts, &error).await,
    }
}

/// What a browser asks of an endpoint to which clients send it: a GET or a POST, and no other method, HEAD included
/// (requirement 17).
pub(super) struct Asking {
    /// The request without its body.
    pub(super) parts: Parts,
    /// What was sent.
    pub(super) params: Result<Params, Unreadable>,
}

impl<S: Send + Sync> FromRequest<S> for Asking {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        if !matches!(parts.method, Method::GET | Method::POST) {
            return Err((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, POST")]).into_response());
        }
        let body = web::whole(body).await.map_err(IntoResponse::into_response)?;
        let params = params(&parts, &body);
        Ok(Self { parts, params })
    }
}

/// The parameters of the query and, for a POST, of the form: one set, so that a duplicate cannot be split
/// (requirement 10). What cannot be read is for the rules to judge, once they know who is to be answered.
fn params(parts: &Parts, body: &[u8]) -> Result<Params, Unreadable> {
    let query = Params::lenient(parts.uri.query().unwrap_or_default().as_bytes())?;
    if parts.method == Method::GET {
        return Ok(query);
    }
    // OpenID Connect Core section 3.1.2.1: a form, never JSON.
    if !web::is_form(&parts.headers) {
        return Err(Unreadable::NotForm);
    }
    query.and(Params::lenient(body)?)
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
                Outcome::Reject(response) => Outcome::Reject(response.with_error(error_of(&error))),
                outcome => outcome,
            })
        }
    }
}

/// The error that travels when our side fails ("authorize, consent | overload / bug").
pub(super) fn error_of(error: &DbErr) -> OAuthError {
    error_when(overloaded(error))
}

/// The same, where it is known whether there was too much to do.
pub(super) fn error_when(overloaded: bool) -> OAuthError {
    if overloaded { unavailable() } else { OAuthError::new(ErrorCode::ServerError, "Something broke. Try again.") }
}

fn unavailable() -> OAuthError {
    OAuthError::new(ErrorCode::TemporarilyUnavailable, OVERLOADED)
}

/// Keeps the request; only its id travels on, and a cookie binds it to this browser (requirement 109).
async fn ask(state: &AppState, facts: &RequestFacts, parts: &Parts, request: AuthorizationRequest) -> Response {
    let (to, draft) = (request.reply_to(), request.draft);
    let error = match state.store.create_grant(request, address::bucket(facts.ip)).await {
        Ok(pending) => return to_the_person(state, &parts.headers, pending),
        Err(CreateGrantError::Full) => unavailable(),
        Err(CreateGrantError::UnknownHint) => {
            OAuthError::new(ErrorCode::LoginRequired, "The id_token_hint is not an ID token of this server.")
        }
        Err(CreateGrantError::Database(error)) => {
            tracing::error!(%error, "a pending grant could not be kept");
            error_of(&error)
        }
    };
    if draft {
        return refuse(state, parts, Refusal::Draft(error.code)).await;
    }
    let response = AuthorizationResponse::error(to, &state.store.settings().issuer, error);
    deliver(state, Some(facts), &response, Asked::ByLink)
}

/// On to the page that asks, with the cookie of this request.
fn to_the_person(state: &AppState, headers: &HeaderMap, pending: PendingGrant) -> Response {
    if pending.challenge_again {
        tracing::warn!(grant = %pending.id, "a PKCE challenge came again: each request needs its own");
    }
    let name = state.facts.cookies.interaction(pending.id);
    let mut response = see_other(&paths::consent(pending.id));
    for outgrown in state.facts.cookies.outgrown(headers) {
        state.put_cookie(response.headers_mut(), outgrown, "", Some(0));
    }
    state.put_cookie(response.headers_mut(), &name, &pending.interaction.reveal(), Some(PENDING_GRANT_SECONDS));
    response
}

/// A page: nothing leaves (requirements 1 to 4).
pub(super) async fn refuse(state: &AppState, parts: &Parts, refusal: Refusal) -> Response {
    let problem = Problem {
        status: StatusCode::BAD_REQUEST.as_u16(),
        title: "This sign-in link does not work".to_owned(),
        cause: refusal.to_string(),
        what_to_do: refusal.what_to_do().to_owned(),
        error_code: Some(refusal.code().as_str().to_owned()),
    };
    pages::problem(state, parts, problem).await
}

/// A page: the database failed before the redirect was trusted.
pub(super) async fn broken(state: &AppState, parts: &Parts, error: &DbErr) -> Response {
    tracing::error!(%error, "the database failed");
    our_side(state, parts, error_of(error).code, "The database did not answer. Nothing was shared.").await
}

/// The page for a failure of our side, `cause`, of which nobody else is told.
pub(super) async fn our_side(state: &AppState, parts: &Parts, code: ErrorCode, cause: &str) -> Response {
    let problem = Problem {
        status: code.status(),
        title: "This did not work on our side".to_owned(),
        cause: cause.to_owned(),
        what_to_do: "Try again in a moment.".to_owned(),
        error_code: Some(code.as_str().to_owned()),
    };
    pages::problem(state, parts, problem).await
}
