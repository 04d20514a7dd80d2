//! `POST /oauth/token` (RFC 6749 section 3.2): codes, refresh tokens and the credentials themselves.

use std::sync::Arc;

use app::session::RequestFacts;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use axum::{Extension, Json};
use domain::audit::Source;
use domain::client::Client;
use domain::oauth::error::ErrorCode;
use domain::oauth::params::Params;
use domain::oauth::token::{TokenRequest, TokenResponse, parse};
use domain::store::cache::{Basis, Claimant};
use domain::store::{Actor, By};
use http::Method;

use super::client::{Bodies, Limited, claim_of, holds, read};
use super::cors::{self, Page};
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
    let page = Page::of(request.headers());
    match answer(&state, &facts, &page, request).await {
        Ok(response) => response,
        Err(failure) => page.refused(&state, failure).await,
    }
}

async fn answer(state: &AppState, facts: &RequestFacts, page: &Page, request: Request) -> Result<Response, Failure> {
    let (parts, params) = read(request, Bodies::FormOrJson).await?;
    let claim = claim_of(&parts.headers, &params)?;
    // A limited caller costs no statement.
    let limited = Limited::check(state, facts, &claim)?;
    let proved = |claimant: &Claimant| holds(&claim, claimant, |secret| state.store.accepts(claimant, secret));
    let mut recalled = state.store.recall(&claim).filter(proved);
    for _ in 0..ROUNDS + usize::from(recalled.is_some()) {
        let (basis, claimant) = match recalled.take() {
            Some(claimant) => (Basis::Recalled, claimant),
            None => (Basis::Read, limited.authenticate(&claim).await?),
        };
        let client = Arc::clone(&claimant.client);
        let mut response = match issue(basis, state, facts, &client, &params).await {
            Ok(tokens) => {
                match basis {
                    Basis::Recalled => state.store.note_use(&claimant),
                    Basis::Read => state.store.remember(&claim, claimant),
                }
                Json(tokens).into_response()
            }
            // By memory nobody is told anything but that there is too much to do.
            Err(failure) if basis == Basis::Recalled && !matches!(failure, Failure::Database(_)) => continue,
            Err(Failure::ClientChanged) => continue,
            Err(failure) => {
                if let Failure::Refused(error) = &failure {
                    let (client_id, error) = (&client.client_id, error.code.as_str());
                    tracing::info!(%client_id, error, "a token request was answered with an error");
                }
                // A code or refresh token that is none, or no more; an organization that will not do (requirement 124).
                let guessed = matches!(&failure, Failure::Refused(error) if is_guess(error.code, &params));
                let too_many = if guessed { limited.failed_grant(&client).err() } else { None };
                too_many.unwrap_or(failure).into_response()
            }
        };
        page.shares(&client, &mut response);
        return Ok(response);
    }
    Err(Failure::ClientChanged)
}

/// Whether what was refused with `code` may have been a guess: of a code, a refresh token, or an organization. What only failed,
/// or was too much, is none.
fn is_guess(code: ErrorCode, params: &Params) -> bool {
    let own = params.get("grant_type") == Some("client_credentials");
    code == ErrorCode::InvalidGrant || own && code == ErrorCode::InvalidRequest
}

fn by(facts: &RequestFacts, client: &Client) -> By {
    facts.by(Actor::App { id: client.app, name: client.name.clone() }, Source::Api)
}

async fn issue(
    basis: Basis,
    state: &AppState,
    facts: &RequestFacts,
    client: &Client,
    params: &Params,
) -> Result<TokenResponse, Failure> {
    let by = by(facts, client);
    // On the heap: every layer above moves what it waits for, and the largest of these has several kilobytes.
    let request = parse(params, client, super::server(state).await?.as_ref())?;
    Ok(match request {
        TokenRequest::Code(request) => Box::pin(state.store.exchange_on(basis, &by, client, &request)).await?,
        TokenRequest::Refresh(request) => Box::pin(state.store.refresh_on(basis, &by, client, &request)).await?,
        TokenRequest::ClientCredentials(request) => {
            Box::pin(state.store.issue_for_client_on(basis, &by, client, &request)).await?
        }
    })
}
