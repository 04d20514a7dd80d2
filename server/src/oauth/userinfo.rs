//! `GET|POST /oauth/userinfo` (OpenID Connect Core section 5.3): who the person behind an access token is.
//!
//! Any live token with the scope `openid` is good here, whatever its audience is (PROTOCOL section 1, *Audience*). It
//! comes in the header, or in the form of a POST (RFC 6750 sections 2.1 and 2.2); never in the query.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use domain::oauth::error::{ErrorCode, OAuthError};
use domain::oauth::params::{Params, Sensitive};
use domain::oauth::userinfo::{PLAN, Person, UserInfo};
use domain::store::bearer::Bearer;
use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode};
use sea_orm::DbErr;

use super::cors::{self, Page};
use super::error::Failure;
use crate::api::authorization_header;
use crate::state::AppState;
use crate::web;

/// What is answered; HEAD is a GET without its body.
const METHODS: &str = "GET, HEAD, POST, OPTIONS";
/// The parameter of a form that holds the token.
const ACCESS_TOKEN: &str = "access_token";

pub(super) fn route() -> MethodRouter<AppState> {
    any(endpoint)
}

async fn endpoint(State(state): State<AppState>, request: Request) -> Response {
    match *request.method() {
        Method::OPTIONS => cors::preflight_with_token(&state, request.headers()).await,
        Method::GET | Method::HEAD | Method::POST => {
            let page = Page::of(request.headers());
            match answer(&state, &page, request).await {
                Ok(response) => response,
                Err(refusal) => page.refused(&state, refusal).await,
            }
        }
        _ => Failure::Method(METHODS).into_response(),
    }
}

/// Why the person is not told of (requirement 82).
enum Refusal {
    /// No token came: a bare challenge (RFC 6750 section 3.1).
    NoToken,
    /// What is wrong with the token or the request.
    Error(OAuthError),
    /// The token is live, but it has no `openid` now, or no person stands behind it.
    NotOpenId,
    /// Anything that has nothing to do with tokens.
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Refusal {
    fn from(failure: E) -> Self {
        Self::Failed(failure.into())
    }
}

impl Refusal {
    fn malformed(text: &'static str) -> Self {
        Self::Error(OAuthError::new(ErrorCode::InvalidRequest, text))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (error, scope) = match self {
            Self::NoToken => {
                let challenge = [(header::WWW_AUTHENTICATE, "Bearer realm=\"portico\"")];
                let text = "Send an access token: Authorization: Bearer <token>.";
                return (StatusCode::UNAUTHORIZED, challenge, Json(serde_json::json!({ "message": text })))
                    .into_response();
            }
            Self::Failed(failure) => return failure.into_response(),
            Self::Error(error) => (error, ""),
            Self::NotOpenId => {
                let text = "The access token was not granted the scope openid by a person.";
                (OAuthError::new(ErrorCode::InsufficientScope, text), ", scope=\"openid\"")
            }
        };
        // The description holds neither a quote nor a backslash (requirement 21), so nothing breaks out of the value.
        let challenge = format!(
            "Bearer realm=\"portico\", error=\"{}\", error_description=\"{}\"{scope}",
            error.code,
            error.description()
        );
        let mut response = Failure::from(error).into_response();
        if let Ok(challenge) = HeaderValue::try_from(challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

async fn answer(state: &AppState, page: &Page, request: Request) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let token = presented(&parts, body).await?.ok_or(Refusal::NoToken)?;
    let unknown = || {
        let text = "The access token is invalid, expired or revoked.";
        Refusal::Error(OAuthError::new(ErrorCode::InvalidToken, text))
    };
    let bearer = state.store.bearer(token.expose()).await?.ok_or_else(unknown)?;
    let mut response = match info(state, &bearer).await? {
        Some(info) => {
            state.store.used(&bearer);
            Json(info).into_response()
        }
        None => Refusal::NotOpenId.into_response(),
    };
    page.shares_of_app(state, bearer.client.app, &mut response).await?;
    Ok(response)
}

/// What the client may see; none where the token has no `openid`, or belongs to no person.
async fn info(state: &AppState, bearer: &Bearer) -> Result<Option<UserInfo>, DbErr> {
    let Some(user) = &bearer.user else { return Ok(None) };
    let plan = if bearer.scopes.contains(PLAN) {
        state.store.plan_of(bearer.organization.id).await?.unwrap_or_default()
    } else {
        String::new()
    };
    let person = Person { sub: &user.id.to_string(), name: &user.name, email: &user.email, plan: &plan };
    Ok(UserInfo::new(&bearer.scopes, &bearer.client.policy, &person))
}

/// The token that the request brings, from one place (requirements 83 and 97).
async fn presented(parts: &Parts, body: Body) -> Result<Option<Sensitive>, Refusal> {
    let query = parts.uri.query().unwrap_or_default();
    if url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == ACCESS_TOKEN) {
        return Err(Refusal::malformed("A token in the query is not accepted: send it in the header Authorization."));
    }
    let sent = authorization_header(&parts.headers).map_err(Refusal::malformed)?.map(Sensitive::from);
    let in_form = token_in_form(parts, body).await?;
    if sent.is_some() && in_form.is_some() {
        return Err(Refusal::malformed("The access token came twice: in the header and in the form."));
    }
    Ok(sent.or(in_form))
}

/// RFC 6750 section 2.2: only a form that is posted. A body of any other type is not read for a token.
async fn token_in_form(parts: &Parts, body: Body) -> Result<Option<Sensitive>, Refusal> {
    if parts.method != Method::POST || !web::is_form(&parts.headers) {
        return Ok(None);
    }
    let params = Params::urlencoded(&web::whole(body).await?).map_err(OAuthError::from).map_err(Refusal::Error)?;
    params.once(&[ACCESS_TOKEN]).map_err(Refusal::Error)?;
    Ok(params.get(ACCESS_TOKEN).map(Sensitive::from))
}
