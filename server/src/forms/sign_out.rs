//! `POST /sign-out`.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use domain::paths;
use domain::store::sessions::SessionKey;

use super::{Failure, Form};
use crate::state::AppState;

pub(super) async fn submit(State(state): State<AppState>, form: Form) -> Response {
    form.or_page(&state, sign_out(&state, &form).await).await
}

async fn sign_out(state: &AppState, form: &Form) -> Result<Response, Failure> {
    end(state, form).await?;
    // Where somebody wants to go on, another account is what he signs out for.
    let next = form.next();
    if next == paths::HOME {
        return Ok(Redirect::to(paths::HOME).into_response());
    }
    Ok(super::to_sign_in(next))
}

/// Ends the session of the browser that sent `form`, if there is one.
pub(crate) async fn end(state: &AppState, form: &Form) -> Result<(), Failure> {
    let session = form.session()?;
    if let (Some(me), Some(id)) = (form.me(state).await?, session.id()) {
        state.store.sign_out(&form.by_person(&me), &SessionKey::new(id.0)).await.map_err(Failure::log)?;
    }
    session.flush().await.map_err(Failure::log)
}
