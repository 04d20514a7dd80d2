//! CORS (requirement 64): discovery is everybody's; token, revocation and userinfo are for browsers of public clients.
//!
//! An app's origins are those of its http(s) redirect URIs, of a loopback literal on any port. Credentials are never allowed, `null` is nobody's origin.

use axum::response::{IntoResponse, Response};
use domain::client::{Client, ClientType};
use domain::id::AppId;
use domain::redirect_uri::{origin, without_loopback_port};
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use sea_orm::DbErr;

use super::error::Failure;
use crate::state::AppState;

/// How long a browser may keep the answer of a preflight, in seconds.
const PREFLIGHT_SECONDS: &str = "600";
/// The headers that a script may read beside those that it always may.
const EXPOSED: &str = "retry-after, www-authenticate";

/// The answer of a preflight of a form: allowed where some live public client has the origin.
pub(super) async fn preflight(state: &AppState, headers: &HeaderMap) -> Response {
    answer(state, headers, &[Method::POST], "content-type").await
}

/// The same for an endpoint that is asked with an access token.
pub(super) async fn preflight_with_token(state: &AppState, headers: &HeaderMap) -> Response {
    answer(state, headers, &[Method::GET, Method::POST], "authorization, content-type").await
}

async fn answer(state: &AppState, headers: &HeaderMap, methods: &[Method], allowed: &'static str) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    vary(&mut response);
    let asked = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD);
    let Some(sent) = sent_origin(headers)
        .filter(|_| asked.is_some_and(|asked| methods.iter().any(|method| asked == method.as_str())))
    else {
        return response;
    };
    match state.store.serves_origin(sent).await {
        Ok(true) => {
            let answer = response.headers_mut();
            allow_origin(answer, sent);
            let methods = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
            if let Ok(methods) = HeaderValue::try_from(methods) {
                answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
            }
            answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(allowed));
            answer.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_SECONDS));
            response
        }
        Ok(false) => response,
        Err(error) => Failure::Database(error).into_response(),
    }
}

/// The answer of a preflight of what every page of any site may read, whatever headers it sends along. By the star a browser
/// does not understand `Authorization`.
pub(super) async fn open_preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "*, authorization"),
        (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The page of a browser that asks, by its origin.
pub(super) struct Page(Option<String>);

impl Page {
    /// Of the request with these `headers`; none where no browser asks, nor where it does not say for whom.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self(sent_origin(headers).map(str::to_owned))
    }

    /// Lets the page read `response`, where it comes from an origin of this very client.
    pub(super) fn shares(&self, client: &Client, response: &mut Response) {
        vary(response);
        if let Some(sent) = self.0.as_deref().filter(|sent| is_of(client, sent)) {
            allow_origin(response.headers_mut(), sent);
        }
    }

    /// The same for a client that was read without its redirect URIs: they are read where a browser asks.
    pub(super) async fn shares_of_app(
        &self,
        state: &AppState,
        app: AppId,
        response: &mut Response,
    ) -> Result<(), DbErr> {
        let client = match self.0 {
            Some(_) => state.store.client_of_app(app).await?,
            None => None,
        };
        match client {
            Some(client) => self.shares(&client, response),
            None => vary(response),
        }
        Ok(())
    }

    /// The answer to a request of which nobody knows the client. It says of nobody more than he proved, so a page that some
    /// live public client has may read it: it must tell a token that ended from an outage. A limited caller costs no
    /// statement.
    pub(super) async fn refused(&self, state: &AppState, refusal: impl IntoResponse) -> Response {
        let mut response = refusal.into_response();
        vary(&mut response);
        let readable = response.status().is_client_error() && response.status() != StatusCode::TOO_MANY_REQUESTS;
        if let Some(sent) = self.0.as_deref().filter(|_| readable)
            && state.store.serves_origin(sent).await.unwrap_or(false)
        {
            allow_origin(response.headers_mut(), sent);
        }
        response
    }
}

/// Says that the answer depends on who asks.
fn vary(response: &mut Response) {
    response.headers_mut().append(header::VARY, HeaderValue::from_static("origin"));
}

/// Whether `sent` is one of the client's own origins.
fn is_of(client: &Client, sent: &str) -> bool {
    let sent = without_loopback_port(sent);
    client.client_type() == ClientType::Public
        && client.redirect_uris.iter().any(|uri| without_loopback_port(&origin(uri.as_str())) == sent)
}

/// The origin of the page that asks; only http(s) ones, so never `null`.
fn sent_origin(headers: &HeaderMap) -> Option<&str> {
    let mut sent = headers.get_all(header::ORIGIN).iter();
    let origin = sent.next().filter(|_| sent.next().is_none())?.to_str().ok()?;
    (origin.starts_with("https://") || origin.starts_with("http://")).then_some(origin)
}

/// A script of `origin` may read the answer, and why and for how long it is refused.
fn allow_origin(headers: &mut HeaderMap, origin: &str) {
    if let Ok(origin) = HeaderValue::from_str(origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
}
