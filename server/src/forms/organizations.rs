//! `POST /organizations/new` and `POST /organizations/switch`.

use app::session::ORGANIZATION;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use domain::id::OrgId;
use domain::paths;
use domain::store::organizations::CreateOrganizationError;
use http::StatusCode;

use super::{Failure, Form, Wrong};
use crate::pages;
use crate::state::AppState;

pub(super) async fn create(State(state): State<AppState>, form: Form) -> Response {
    form.or_page(&state, try_create(&state, &form).await).await
}

async fn try_create(state: &AppState, form: &Form) -> Result<Response, Failure> {
    let Some(me) = form.me(state).await? else { return Ok(form.to_sign_in()) };
    match state.store.create_organization(&form.by_person(&me), me.user, form.fields.text("name").trim()).await {
        Ok(organization) => {
            form.session()?.insert(ORGANIZATION, organization).await.map_err(Failure::log)?;
            Ok(Redirect::to(form.next()).into_response())
        }
        Err(CreateOrganizationError::Database(error)) => Err(Failure::log(error)),
        Err(problem) => {
            let wrong = Wrong::field("name", problem.to_string());
            Ok(form.again(state, StatusCode::UNPROCESSABLE_ENTITY, wrong).await)
        }
    }
}

pub(super) async fn switch(State(state): State<AppState>, form: Form) -> Response {
    form.or_page(&state, try_switch(&state, &form).await).await
}

async fn try_switch(state: &AppState, form: &Form) -> Result<Response, Failure> {
    let Some(me) = form.me(state).await? else { return Ok(Redirect::to(paths::SIGN_IN).into_response()) };
    let wanted = form.fields.text("organization").parse::<OrgId>().ok();
    let Some(chosen) = me.memberships.iter().find(|membership| Some(membership.organization.id) == wanted) else {
        // A stranger cannot tell whether the organization exists (requirement 115).
        return Ok(pages::problem(state, &form.parts, pages::no_such_page()).await);
    };
    form.session()?.insert(ORGANIZATION, chosen.organization.id).await.map_err(Failure::log)?;
    let next = if chosen.role.may_open(form.next()) { form.next() } else { paths::HOME };
    Ok(Redirect::to(next).into_response())
}
