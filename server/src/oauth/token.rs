//! `POST /oauth/token` (RFC 6749 section 3.2): codes, refresh tokens and the credentials themselves.

use std::sync::Arc;

use app::session::RequestFacts;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use axum::{Extension, Json};
use domain::audit::Source;
use domain::client::Client;
use domain::oauth::client_auth::Claim;
use domain::oauth::error::ErrorCode;
use domain::oauth::params::Params;
use domain::oauth::token::{Subject, TokenRequest, TokenResponse, parse};
use domain::store::cache::TokenAhead;
use domain::store::{Actor, By};
use http::Method;

use super::client::{Bodies, Limited, authenticate_after, claim_of, holds, read};
use super::cors;
use super::error::Failure;
use crate::state::AppState;

/// How often a client is authenticated anew because something of it changed before its tokens were written.
const ROUNDS: usize = 4;

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
    if let Some((client, tokens)) = issue_recalled(state, facts, &claim, &params).await {
        let mut response = Json(tokens).into_response();
        cors::share_with(&client, &parts.headers, &mut response);
        return Ok(response);
    }
    for _ in 0..ROUNDS {
        let mut ahead = state.store.read_ahead_of_token(&claim, Subject::of(&params)).await?;
        let client = authenticate_after(ahead.claimant.take(), state, facts, &claim).await?;
        let mut response = match issue(ahead, state, facts, &client, &params).await {
            Ok(tokens) => Json(tokens).into_response(),
            Err(Failure::ClientChanged) => continue,
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
        return Ok(response);
    }
    Err(Failure::ClientChanged)
}

/// A token over what this process remembers of the request, if all of that holds still. Whatever the reason of none is,
/// nobody is refused before everything was read.
async fn issue_recalled(
    state: &AppState,
    facts: &RequestFacts,
    claim: &Claim,
    params: &Params,
) -> Option<(Arc<Client>, TokenResponse)> {
    let recalled = state.store.recall(claim, Subject::of(params)?)?;
    if !holds(claim, &recalled.claimant, |secret| state.store.accepts(&recalled.claimant, secret)) {
        return None;
    }
    let client = &recalled.claimant.client;
    let server = state.store.server().await.ok()?;
    let TokenRequest::ClientCredentials(request) = parse(params, client, &server).ok()? else { return None };
    let tokens = Box::pin(state.store.issue_recalled(&recalled, &by(facts, client), &request)).await.ok()??;
    Some((client.clone(), tokens))
}

fn by(facts: &RequestFacts, client: &Client) -> By {
    super::by(facts, Actor::App { id: client.app, name: client.name.clone() }, Source::Api)
}

async fn issue(
    ahead: TokenAhead,
    state: &AppState,
    facts: &RequestFacts,
    client: &Client,
    params: &Params,
) -> Result<TokenResponse, Failure> {
    let by = by(facts, client);
    // On the heap: every layer above moves what it waits for, and the largest of these has several kilobytes.
    Ok(match parse(params, client, super::server(state).await?.as_ref())? {
        TokenRequest::Code(request) => Box::pin(state.store.exchange_after(ahead, &by, client, &request)).await?,
        TokenRequest::Refresh(request) => Box::pin(state.store.refresh_after(ahead, &by, client, &request)).await?,
        TokenRequest::ClientCredentials(request) => {
            Box::pin(state.store.issue_for_client_after(ahead, &by, client, &request)).await?
        }
    })
}
