//! `POST /sign-in`: the same answer, in the same time, for an unknown address, a wrong password and a suspended
//! account (requirement 126).

use axum::extract::State;
use axum::response::Response;
use domain::store::Password;
use domain::store::accounts::SignInError;
use http::StatusCode;

use super::{Failure, Form, Wrong};
use crate::limits::LimitKey;
use crate::state::AppState;

pub(super) async fn submit(State(state): State<AppState>, form: Form) -> Response {
    form.or_page(&state, sign_in(&state, &form).await).await
}

async fn sign_in(state: &AppState, form: &Form) -> Result<Response, Failure> {
    let email = form.fields.text("email").trim().to_lowercase();
    let bucket = form.bucket();
    let (account, address) = (LimitKey::of(&[&email, &bucket]), LimitKey::of(&[&bucket]));
    let now = state.store.now();
    // Counted before the outcome is known, so that tries in parallel cannot outrun the limit.
    if let Err(wait) = state.limits.address.attempt(address, now) {
        return Ok(form.too_many(state, wait).await);
    }
    if let Err(wait) = state.limits.account.attempt(account, now) {
        state.limits.address.forgive(address, now);
        return Ok(form.too_many(state, wait).await);
    }
    let password = Password::presented(form.fields.text("password").to_owned());
    let outcome = state.store.sign_in(&form.by(), &email, password).await;
    if !matches!(outcome, Err(SignInError::Refused)) {
        state.limits.address.forgive(address, now);
        state.limits.account.forgive(account, now);
    }
    match outcome {
        Ok(visitor) => {
            state.limits.account.clear(account, now);
            super::begin_session(form, visitor).await?;
            Ok(super::signed_in(state, form.next()))
        }
        Err(refused @ SignInError::Refused) => {
            Ok(form.again(state, StatusCode::UNAUTHORIZED, Wrong::all(refused.to_string())).await)
        }
        Err(SignInError::Busy(_)) => Ok(form.busy(state).await),
        Err(SignInError::Database(error)) => Err(Failure::log(error)),
    }
}
