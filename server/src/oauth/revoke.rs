//! `POST /oauth/revoke` (RFC 7009): an unknown token and another client's one are answered with 200 as well.

use app::session::RequestFacts;
use axum::Extension;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use domain::audit::Source;
use domain::client::Client;
use domain::oauth::params::Params;
use domain::oauth::revoke;
use domain::store::Actor;
use http::Method;

use super::client::{Bodies, authenticate, claim_of, read};
use super::cors::{self, Page};
use super::error::Failure;
use crate::state::AppState;

pub(super) fn route() -> MethodRouter<AppState> {
    any(endpoint)
}

async fn endpoint(
    State(state): State<AppState>,
    Extension(facts): Extension<RequestFacts>,
    request: Request,
) -> Response {
    if request.method() == Method::OPTIONS {
        return cors::preflight(&state, request.headers()).await;
    }
    let page = Page::of(request.headers());
    match answer(&state, &facts, &page, request).await {
        Ok(response) => response,
        Err(failure) => page.refused(&state, failure).await,
    }
}

async fn answer(state: &AppState, facts: &RequestFacts, page: &Page, request: Request) -> Result<Response, Failure> {
    let (parts, params) = read(request, Bodies::Form).await?;
    let client = authenticate(state, facts, &claim_of(&parts.headers, &params)?).await?;
    let mut response = match end(state, facts, &client, &params).await {
        Ok(()) => axum::Json(serde_json::json!({})).into_response(),
        Err(failure) => failure.into_response(),
    };
    page.shares(&client, &mut response);
    Ok(response)
}

async fn end(state: &AppState, facts: &RequestFacts, client: &Client, params: &Params) -> Result<(), Failure> {
    let token = revoke::token(params)?;
    let by = facts.by(Actor::App { id: client.app, name: client.name.clone() }, Source::Api);
    Ok(state.store.revoke_token(&by, client, token.expose()).await?)
}
