//! `POST /oauth/introspect` (RFC 7662), for resource servers and confidential apps (requirements 80 and 81).

use app::session::RequestFacts;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use axum::{Extension, Json};
use domain::id::ResourceServerId;
use domain::oauth::client_auth::Claim;
use domain::oauth::introspect::{Caller, Introspection};
use domain::oauth::revoke;
use domain::store::cache::Ahead;

use super::client::{Bodies, Limited, claim_of, read};
use super::error::Failure;
use crate::state::AppState;

pub(super) fn route() -> MethodRouter<AppState> {
    any(introspect)
}

async fn introspect(
    State(state): State<AppState>,
    Extension(facts): Extension<RequestFacts>,
    request: Request,
) -> Response {
    match answer(&state, &facts, request).await {
        Ok(introspection) => Json(introspection).into_response(),
        Err(Failure::Method(_)) => Failure::Method("POST").into_response(),
        Err(failure) => failure.into_response(),
    }
}

async fn answer(state: &AppState, facts: &RequestFacts, request: Request) -> Result<Introspection, Failure> {
    let (parts, params) = read(request, Bodies::Form).await?;
    let claim = claim_of(&parts.headers, &params)?;
    // A limited caller costs no statement.
    let limited = Limited::check(state, facts, &claim)?;
    let token = revoke::token(&params);
    let ahead = match &token {
        Ok(token) => state.store.read_ahead(&claim, token.expose()).await?,
        Err(_) => Ahead::default(),
    };
    let caller = match resource_server(&ahead, state, &limited, &claim).await? {
        Some(caller) => caller,
        None => Caller::client(limited.authenticate(&claim, ahead.claimant.clone()).await?.client, &claim)?,
    };
    Ok(state.store.introspect_after(ahead, &caller, token?.expose()).await?)
}

/// The resource server that the claim names: its id and secret, sent as an app may send them. None where the claim names
/// an app.
async fn resource_server(
    ahead: &Ahead,
    state: &AppState,
    limited: &Limited<'_>,
    claim: &Claim,
) -> Result<Option<Caller>, Failure> {
    let Ok(id) = claim.client_id().as_str().parse::<ResourceServerId>() else { return Ok(None) };
    let audience = match claim {
        Claim::Secret { secret, .. } => {
            state.store.authenticate_resource_server_after(ahead, id, secret.expose()).await?
        }
        Claim::Public { .. } => None,
    };
    match audience {
        Some(audience) => Ok(Some(Caller::ResourceServer { audience })),
        None => Err(limited.failed(claim)),
    }
}
