//! `POST /theme`: light, dark, or what the system says; kept in a cookie, so that the server paints it at once.

use app::session::Theme;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::Form;
use crate::functions::page_of_the_form;
use crate::state::AppState;

/// Where the switch posts to.
pub(super) const PATH: &str = "/theme";
/// A year, in seconds.
const YEAR: i64 = 31_536_000;

pub(super) async fn choose(State(state): State<AppState>, form: Form) -> Response {
    let mut response = Redirect::to(&back(&state, &form)).into_response();
    let (word, seconds) = match Theme::from_word(form.fields.text("theme")) {
        Some(theme) => (theme.as_str(), YEAR),
        None => ("", 0),
    };
    state.put_cookie(response.headers_mut(), Theme::COOKIE, word, Some(seconds));
    response
}

/// The path that the form names, else the page that it stands on.
fn back(state: &AppState, form: &Form) -> String {
    if form.fields.text("next").is_empty() {
        page_of_the_form(state, &form.parts.headers)
    } else {
        form.next().to_owned()
    }
}
