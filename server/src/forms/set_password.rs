//! `POST /set-password/{token}`: uses a one-time link.

use app::pages::set_password::used_up;
use app::pages::sign_in::PASSWORD_SET;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::paths;
use domain::store::Password;
use domain::store::links::UseLinkError;
use http::StatusCode;

use super::{Failure, Form, Wrong};
use crate::pages;
use crate::state::AppState;

pub(super) async fn submit(State(state): State<AppState>, Path(token): Path<String>, form: Form) -> Response {
    form.or_page(&state, set_password(&state, &token, &form).await).await
}

async fn set_password(state: &AppState, token: &str, form: &Form) -> Result<Response, Failure> {
    let password = match Password::new(form.fields.text("password").to_owned()) {
        Ok(password) => password,
        Err(problem) => {
            let wrong = Wrong::field("password", problem.to_string());
            return Ok(form.again(state, StatusCode::UNPROCESSABLE_ENTITY, wrong).await);
        }
    };
    match state.store.use_link(&form.by(), token, password).await {
        Ok(_) => Ok(Redirect::to(&format!("{}?{PASSWORD_SET}=1", paths::SIGN_IN)).into_response()),
        Err(UseLinkError::Gone) => Ok(pages::problem(state, &form.parts, used_up()).await),
        Err(UseLinkError::Busy(_)) => Ok(form.busy(state).await),
        Err(UseLinkError::Database(error)) => Err(Failure::log(error)),
    }
}
