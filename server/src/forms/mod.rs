//! The plain forms: sign-in, sign-up, sign-out, passwords by link, organizations, theme.
//!
//! They answer 303, or render their page again with what is wrong: with JavaScript or without, whatever `Accept` says.

mod organizations;
mod set_password;
mod sign_in;
mod sign_out;
mod sign_up;
mod theme;

use app::error::PortalError;
use app::forms::{FormProblem, Problem};
use app::pages::problem::problem_of;
use app::session::{self, ORGANIZATION, RequestFacts, USER};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use domain::audit::Source;
use domain::id::{OrgId, UserId};
use domain::oauth::error::ErrorCode;
use domain::oauth::gate::Visitor;
use domain::paths;
use domain::portal::Me;
use domain::store::{Actor, By, is_overload};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tower_sessions::Session;
use url::form_urlencoded;

use crate::limits::RetryAfter;
use crate::state::AppState;
use crate::{address, pages, web};

pub(crate) use self::sign_out::end as end_session;

/// The page of a one-time link, as the app's route table has it.
const SET_PASSWORD_PAGE: &str = "/set-password/{token}";
/// The picker and the consent page, as the app's route table has them.
pub(crate) const CONSENT_PAGE: &str = "/oauth/consent/{id}";

/// The routes of the plain forms.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(paths::SIGN_IN, post(sign_in::submit))
        .route(paths::SIGN_UP, post(sign_up::submit))
        .route(paths::SIGN_OUT, post(sign_out::submit))
        .route(SET_PASSWORD_PAGE, post(set_password::submit))
        .route(paths::NEW_ORGANIZATION, post(organizations::create))
        .route(paths::SWITCH_ORGANIZATION, post(organizations::switch))
        .route(theme::PATH, post(theme::choose))
}

/// Whether the form at `template` has a page of its own, which can be shown again.
pub(crate) fn has_page(template: &str) -> bool {
    [paths::SIGN_IN, paths::SIGN_UP, paths::SIGN_OUT, SET_PASSWORD_PAGE, paths::NEW_ORGANIZATION, CONSENT_PAGE]
        .contains(&template)
}

/// The decoded fields of a form, in the order in which they were sent.
#[derive(Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The fields of `body`, if its content type says that it is a form.
    pub fn of_form(headers: &HeaderMap, body: &Bytes) -> Self {
        if !web::is_form(headers) {
            return Self::default();
        }
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The value of `name`, if it was sent exactly once.
    pub fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.all(name);
        values.next().filter(|_| values.next().is_none())
    }

    /// The value of `name`; empty where it was not sent, or more than once.
    pub fn text(&self, name: &str) -> &str {
        self.only(name).unwrap_or_default()
    }

    /// Every value of `name`.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(sent, _)| sent == name).map(|(_, value)| value.as_str())
    }

    /// What a form that is shown again may repeat: everything but passwords and the token.
    pub fn to_show_again(&self) -> Vec<(String, String)> {
        let hidden = |name: &str| name == app::csrf::FIELD || name.contains("password");
        self.0.iter().filter(|(name, _)| !hidden(name)).cloned().collect()
    }
}

/// A form as its handler gets it: the request and the decoded fields.
pub struct Form {
    /// The request without its body.
    pub parts: Parts,
    /// What was sent.
    pub fields: Fields,
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        let (parts, body): (_, Body) = request.into_parts();
        let body = web::whole(body).await.map_err(IntoResponse::into_response)?;
        let fields = Fields::of_form(&parts.headers, &body);
        Ok(Self { parts, fields })
    }
}

impl Form {
    /// Who sent it, before it is known which person it is.
    pub fn by(&self) -> By {
        anonymous(&self.parts)
    }

    /// Who sent it, once it is known that it is `me`.
    pub fn by_person(&self, me: &Me) -> By {
        self.by().as_actor(Actor::User { id: me.user, name: me.name.clone() })
    }

    /// What limits count instead of the address.
    pub fn bucket(&self) -> String {
        bucket(&self.parts.extensions)
    }

    /// The path to go to afterwards: what the form says, if it is a path of this site (requirement 112).
    pub fn next(&self) -> &str {
        paths::local_or_home(self.fields.text("next"))
    }

    /// The session.
    pub fn session(&self) -> Result<&Session, Failure> {
        self.parts.extensions.get::<Session>().ok_or_else(|| Failure::log("no session layer"))
    }

    /// The person who is signed in.
    pub async fn me(&self, state: &AppState) -> Result<Option<Me>, Failure> {
        let session = self.session()?;
        let Some(user) = session.get::<UserId>(USER).await.map_err(Failure::log)? else { return Ok(None) };
        let current = session.get::<OrgId>(ORGANIZATION).await.map_err(Failure::log)?;
        state.store.me(user, current).await.map_err(Failure::log)
    }

    /// The form's page again.
    pub async fn again(&self, state: &AppState, status: StatusCode, wrong: Wrong) -> Response {
        let problem = FormProblem::new(self.fields.to_show_again(), wrong.errors, wrong.message);
        pages::render(state, &self.parts, status, problem).await
    }

    /// The form's page again, with 429 and when to come back.
    pub async fn too_many(&self, state: &AppState, RetryAfter(seconds): RetryAfter) -> Response {
        let wrong = Wrong::all(too_many_attempts(RetryAfter(seconds)));
        retry_after(self.again(state, StatusCode::TOO_MANY_REQUESTS, wrong).await, seconds)
    }

    /// The form's page again, with 503: the password pool is full.
    pub async fn busy(&self, state: &AppState) -> Response {
        let message = "Many people are signing in right now. Try again in a moment.";
        retry_after(self.again(state, StatusCode::SERVICE_UNAVAILABLE, Wrong::all(message)).await, 5)
    }

    /// What its handler came to; where that is a failure, the page that says so.
    pub async fn or_page(&self, state: &AppState, done: Result<Response, Failure>) -> Response {
        match done {
            Ok(response) => response,
            Err(failure) => failure.page(state, &self.parts).await,
        }
    }

    /// To the sign-in page, and back here.
    pub fn to_sign_in(&self) -> Response {
        to_sign_in(self.parts.uri.path())
    }
}

/// To the sign-in page, and on to `next`.
fn to_sign_in(next: &str) -> Response {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    Redirect::to(&format!("{}?{query}", paths::SIGN_IN)).into_response()
}

/// To the sign-in page and on to `next`, for a client. With `again` it comes although somebody is signed in.
pub(crate) fn to_sign_in_for(next: &str, login_hint: Option<&str>, again: bool) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("next", next);
    if again {
        query.append_pair("again", "1");
    }
    if let Some(hint) = login_hint {
        query.append_pair("login_hint", hint);
    }
    Redirect::to(&format!("{}?{}", paths::SIGN_IN, query.finish())).into_response()
}

/// What is wrong with a form.
#[derive(Default)]
pub struct Wrong {
    errors: Vec<(String, String)>,
    message: Option<String>,
}

impl Wrong {
    /// On the whole.
    pub fn all(message: impl Into<String>) -> Self {
        Self { errors: Vec::new(), message: Some(message.into()) }
    }

    /// With the field `name`.
    pub fn field(name: &str, message: impl Into<String>) -> Self {
        Self::default().and(name, message)
    }

    /// And with the field `name`.
    #[must_use]
    pub fn and(mut self, name: &str, message: impl Into<String>) -> Self {
        self.errors.push((name.to_owned(), message.into()));
        self
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty() && self.message.is_none()
    }
}

/// The sentence of a limit.
pub(crate) fn too_many_attempts(RetryAfter(seconds): RetryAfter) -> String {
    let minutes = (seconds + 59) / 60;
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    format!("Too many attempts. Try again in {minutes} {unit}.")
}

/// What limits count instead of the address of the request with these `extensions`.
pub(crate) fn bucket(extensions: &http::Extensions) -> String {
    address::bucket(extensions.get::<RequestFacts>().and_then(|facts| facts.ip))
}

/// `response` with the seconds after which to come back.
pub(crate) fn retry_after(mut response: Response, seconds: i64) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// The request of `parts`, done by nobody that is known yet.
pub fn anonymous(parts: &Parts) -> By {
    let facts = parts.extensions.get::<RequestFacts>().cloned().unwrap_or_default();
    facts.by(Actor::Anonymous, Source::Web)
}

/// Makes the session that of `visitor`, under a new id (requirement 109). Whoever had it before is signed out.
/// A password that is set after `authenticated_at` ends it: so that is before the password was checked.
async fn begin_session(form: &Form, visitor: Visitor) -> Result<(), Failure> {
    let session = form.session()?;
    if session.id().is_some() {
        session.flush().await.map_err(Failure::log)?;
    }
    session::begin(session, visitor.user, visitor.authenticated_at, &form.by()).await.map_err(Failure::log)
}

/// 303 to `path`, without the anonymous token: sign-in replaces it.
fn signed_in(state: &AppState, path: &str) -> Response {
    let mut response = Redirect::to(path).into_response();
    state.put_cookie(response.headers_mut(), state.facts.cookies.csrf, "", Some(0));
    response
}

/// Something failed that is not the person's fault: it was logged, and the answer says so.
pub struct Failure {
    /// Whether there was too much to do, and the same may work in a moment.
    pub(crate) overloaded: bool,
}

impl Failure {
    /// Logs `cause`, once.
    pub fn log(cause: impl std::fmt::Display + 'static) -> Self {
        tracing::error!(%cause, "a page or a form failed");
        // The layer of the sessions hands on no more than the text.
        Self { overloaded: is_overload(&cause) }
    }

    /// The page that says so.
    pub async fn page(self, state: &AppState, parts: &Parts) -> Response {
        let (error, code) = if self.overloaded {
            (PortalError::Busy, ErrorCode::TemporarilyUnavailable)
        } else {
            (PortalError::Internal, ErrorCode::ServerError)
        };
        let problem = Problem { error_code: Some(code.as_str().to_owned()), ..problem_of(&error) };
        let page = pages::problem(state, parts, problem).await;
        if self.overloaded { retry_after(page, pages::RETRY_SECONDS) } else { page }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnAcquireErr, DbErr};
    use tower_sessions::session::Error;
    use tower_sessions::session_store;

    use super::Failure;

    #[test]
    fn req_051_a_session_for_which_no_connection_was_free_is_an_overload_and_another_failure_is_none() {
        let of = |cause: DbErr| Failure::log(Error::from(session_store::Error::Backend(cause.to_string()))).overloaded;
        assert!(of(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)));
        assert!(!of(DbErr::RecordNotInserted));
    }
}
