//! `POST /oauth/introspect` (RFC 7662), for resource servers and confidential apps (requirements 80 and 81).

use app::session::RequestFacts;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any};
use axum::{Extension, Json};
use domain::id::ResourceServerId;
use domain::oauth::client_auth::Claim;
use domain::oauth::introspect::{Caller, Introspection};
use domain::oauth::params::Sensitive;
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
    let about = token.as_ref().map_or("", Sensitive::expose);
    let (caller, ahead) = if let Ok(id) = claim.client_id().as_str().parse() {
        resource_server(state, &limited, &claim, id, about).await?
    } else {
        let (claimant, ahead) = state.store.claimant_and(&claim, about).await?;
        (Caller::client(limited.proved(&claim, claimant)?.client, &claim)?, ahead)
    };
    Ok(state.store.introspect_after(ahead, &caller, token?.expose()).await?)
}

/// The resource server `id`, which `claim` names, with what was read of the token `about`: its id and secret are sent as
/// an app may send them.
async fn resource_server(
    state: &AppState,
    limited: &Limited<'_>,
    claim: &Claim,
    id: ResourceServerId,
    about: &str,
) -> Result<(Caller, Ahead), Failure> {
    let Claim::Secret { secret, .. } = claim else { return Err(limited.failed(claim)) };
    let (audience, ahead) = state.store.authenticate_resource_server(id, secret.expose(), about).await?;
    let audience = audience.ok_or_else(|| limited.failed(claim))?;
    Ok((Caller::ResourceServer { audience }, ahead))
}
