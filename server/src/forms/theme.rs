//! `POST /theme`: light, dark, or what the system says; kept in a cookie, so that the server paints it at once.

use app::session::Theme;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use domain::paths;
use http::{HeaderValue, header};
use url::Url;

use super::Form;
use crate::state::AppState;

/// Where the switch posts to.
pub(super) const PATH: &str = "/theme";
/// A year, in seconds.
const YEAR: i64 = 31_536_000;

pub(super) async fn choose(State(state): State<AppState>, form: Form) -> Response {
    let cookie = match Theme::from_word(form.fields.text("theme")) {
        Some(theme) => state.set_cookie(Theme::COOKIE, theme.as_str(), Some(YEAR)),
        None => state.set_cookie(Theme::COOKIE, "", Some(0)),
    };
    let mut response = Redirect::to(&back(&state, &form)).into_response();
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The path that the form names, else the page that it stands on.
fn back(state: &AppState, form: &Form) -> String {
    let named = form.fields.text("next");
    if !named.is_empty() {
        return paths::local_or_home(named).to_owned();
    }
    let referrer =
        form.parts.headers.get(header::REFERER).and_then(|referrer| Url::parse(referrer.to_str().ok()?).ok());
    match referrer {
        Some(url) if url.origin().ascii_serialization() == state.facts.issuer.as_str() => {
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            paths::local_or_home(&format!("{}{query}", url.path())).to_owned()
        }
        _ => paths::HOME.to_owned(),
    }
}
