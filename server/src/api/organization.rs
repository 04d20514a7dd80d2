//! `GET|PATCH /api/v1/organization`: the organization that the token belongs to.

use app::session::RequestFacts;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::{Extension, Json};
use domain::audit::Source;
use domain::portal::OrganizationName;
use domain::store::Actor;
use domain::store::organizations::SetOrganizationError;
use http::HeaderMap;
use serde::Deserialize;

use super::bearer::Caller;
use super::error::ApiError;
use crate::state::AppState;
use crate::web;

/// What PATCH takes: the display name and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    name: String,
}

/// Scope `read`.
pub(super) async fn show(caller: Caller) -> Result<Json<OrganizationName>, ApiError> {
    caller.need("read")?;
    Ok(Json(caller.0.organization))
}

/// Scope `admin`.
pub(super) async fn rename(
    caller: Caller,
    State(state): State<AppState>,
    Extension(facts): Extension<RequestFacts>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<OrganizationName>, ApiError> {
    caller.need("admin")?;
    let kind = web::media_type(&headers);
    if !["application/json", "application/merge-patch+json"].iter().any(|known| kind.eq_ignore_ascii_case(known)) {
        return Err(ApiError::InvalidRequest("The body must be application/json."));
    }
    let Ok(body) = body else { return Err(ApiError::TooLarge) };
    let Ok(patch) = serde_json::from_slice::<Patch>(&body) else {
        return Err(ApiError::InvalidRequest("The body must be an object with one member, name, a string."));
    };
    let bearer = caller.0;
    let actor = Actor::App { id: bearer.client.app, name: bearer.client.name.clone() };
    let by = facts.by(actor, Source::Api);
    let on_behalf_of = bearer.user.map(|user| user.id);
    match state.store.rename_organization(&by, on_behalf_of, bearer.organization.id, &patch.name).await {
        Ok(organization) => Ok(Json(organization)),
        Err(SetOrganizationError::Database(error)) => Err(error.into()),
        Err(SetOrganizationError::NotFound) => Err(ApiError::InvalidToken),
        Err(
            SetOrganizationError::InvalidName
            | SetOrganizationError::InvalidPlan
            | SetOrganizationError::InvalidDomain
            | SetOrganizationError::DomainTaken,
        ) => Err(ApiError::InvalidRequest("A name has 1 to 80 letters, digits and signs that can be seen.")),
    }
}
