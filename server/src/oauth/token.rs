//! `POST /oauth/token` (RFC 6749 section 3.2): codes, refresh tokens and the credentials themselves.

use app::session::RequestFacts;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use axum::{Extension, Json};
use domain::audit::Source;
use domain::client::Client;
use domain::oauth::error::ErrorCode;
use domain::oauth::params::Params;
use domain::oauth::token::{Subject, TokenRequest, TokenResponse, parse};
use domain::store::Actor;
use domain::store::cache::TokenAhead;
use http::Method;

use super::client::{Bodies, Limited, authenticate_after, claim_of, read};
use super::cors;
use super::error::Failure;
use crate::state::AppState;

pub(super) fn route() -> MethodRouter<AppState> {
    any(token)
}

async fn token(State(state): State<AppState>, Extension(facts): Extension<RequestFacts>, request: Request) -> Response {
    if request.method() == Method::OPTIONS {
        return cors::preflight(&state, request.headers()).await;
    }
    answer(&state, &facts, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(state: &AppState, facts: &RequestFacts, request: Request) -> Result<Response, Failure> {
    let (parts, params) = read(request, Bodies::FormOrJson).await?;
    let claim = claim_of(&parts.headers, &params)?;
    // A limited caller costs no statement.
    Limited::check(state, facts, &claim)?;
    let mut ahead = state.store.read_ahead_of_token(&claim, Subject::of(&params)).await?;
    let client = authenticate_after(ahead.claimant.take(), state, facts, &claim).await?;
    let mut response = match issue(ahead, state, facts, &client, &params).await {
        Ok(tokens) => Json(tokens).into_response(),
        Err(failure) => {
            // A code or refresh token that is none, or no more (requirement 124). Limited clients wait, whatever they
            // present: an answer that tells right from wrong is what a guesser wants.
            if matches!(&failure, Failure::Refused(error) if error.code == ErrorCode::InvalidGrant) {
                Limited::check(state, facts, &claim)?.count();
            }
            failure.into_response()
        }
    };
    cors::share_with(&client, &parts.headers, &mut response);
    Ok(response)
}

async fn issue(
    ahead: TokenAhead,
    state: &AppState,
    facts: &RequestFacts,
    client: &Client,
    params: &Params,
) -> Result<TokenResponse, Failure> {
    let by = super::by(facts, Actor::App { id: client.app, name: client.name.clone() }, Source::Api);
    // On the heap: every layer above moves what it waits for, and the largest of these has several kilobytes.
    Ok(match parse(params, client, super::server(state).await?.as_ref())? {
        TokenRequest::Code(request) => Box::pin(state.store.exchange_after(ahead, &by, client, &request)).await?,
        TokenRequest::Refresh(request) => Box::pin(state.store.refresh_after(ahead, &by, client, &request)).await?,
        TokenRequest::ClientCredentials(request) => {
            Box::pin(state.store.issue_for_client_after(ahead, &by, client, &request)).await?
        }
    })
}
