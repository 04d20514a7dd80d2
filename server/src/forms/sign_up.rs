//! `POST /sign-up`: a new person, signed in at once.

use axum::extract::State;
use axum::response::Response;
use domain::oauth::gate::Visitor;
use domain::paths;
use domain::store::Password;
use domain::store::accounts::{NewPerson, SignUpError};
use http::StatusCode;

use super::{Failure, Form, Wrong};
use crate::limits::LimitKey;
use crate::state::AppState;

pub(super) async fn submit(State(state): State<AppState>, form: Form) -> Response {
    form.or_page(&state, sign_up(&state, &form).await).await
}

async fn sign_up(state: &AppState, form: &Form) -> Result<Response, Failure> {
    let person = match read(form) {
        Ok(person) => person,
        Err(wrong) => return Ok(form.again(state, StatusCode::UNPROCESSABLE_ENTITY, wrong).await),
    };
    let address = LimitKey::of(&[&form.bucket()]);
    if let Err(wait) = state.limits.sign_ups.attempt(address, state.store.now()) {
        return Ok(form.too_many(state, wait).await);
    }
    let wrong = match state.store.sign_up(&form.by(), person).await {
        Ok(user) => {
            super::begin_session(form, Visitor { user, authenticated_at: state.store.now() }).await?;
            let next = if form.fields.text("next").is_empty() { paths::NEW_ORGANIZATION } else { form.next() };
            return Ok(super::signed_in(state, next));
        }
        Err(SignUpError::Busy(_)) => return Ok(form.busy(state).await),
        Err(SignUpError::Database(error)) => return Err(Failure::log(error)),
        Err(problem) => wrong(&problem),
    };
    Ok(form.again(state, StatusCode::UNPROCESSABLE_ENTITY, wrong).await)
}

fn read(form: &Form) -> Result<NewPerson, Wrong> {
    let password = Password::new(form.fields.text("password").to_owned())
        .map_err(|problem| Wrong::field("password", problem.to_string()))?;
    let name = form.fields.text("name").trim().to_owned();
    let email = form.fields.text("email").trim().to_owned();
    Ok(NewPerson { name, email, password })
}

/// Where on the form the problem belongs.
fn wrong(problem: &SignUpError) -> Wrong {
    let field = if matches!(problem, SignUpError::InvalidName) { "name" } else { "email" };
    Wrong::field(field, problem.to_string())
}
