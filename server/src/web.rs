//! The layers, in one place. Around every route: request id, log line, panics, time and size limits, security headers.
//! Around those to which a browser comes, also session and CSRF.

use std::any::Any;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use app::cookies::cookie;
use app::session::{RequestFacts, Theme};
use axum::Router;
use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::RequestId;
use domain::paths;
use http::header::{self, HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use http_body_util::{LengthLimitError, Limited};
use tower_http::catch_panic::CatchPanicLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration as CookieDuration;
use tower_sessions::{Expiry, SessionManagerLayer};
use tracing::Instrument;
use uuid::fmt::Hyphenated;

use crate::address::ClientAddress;
use crate::forms::Failure;
use crate::live_reload::LiveReload;
use crate::session_store::{PortalSessions, SESSION_SECONDS};
use crate::state::AppState;
use crate::{csrf, oauth, pages};

/// The largest body of a request, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;
/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take after that to tell a client.
const LAST_WORD: Duration = Duration::from_secs(5);
/// The header that names the request.
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the layers around the routes for browsers and those for programs, the innermost first.
pub fn layers(pages: Router<AppState>, programs: Router<AppState>, state: &AppState) -> Router<AppState> {
    layers_within(PATIENCE, pages, programs, state)
}

/// The same, where a request may take as long as `patience`.
pub fn layers_within(
    patience: Duration,
    pages: Router<AppState>,
    programs: Router<AppState>,
    state: &AppState,
) -> Router<AppState> {
    let around = (state.clone(), patience);
    let sessions = SessionManagerLayer::new(PortalSessions::new(state.store.clone()))
        .with_name(state.facts.cookies.session)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(state.facts.issuer.is_https())
        .with_expiry(Expiry::OnInactivity(CookieDuration::seconds(SESSION_SECONDS)));
    let pages = pages
        .layer(from_fn_with_state(state.clone(), csrf::guard))
        .layer(sessions)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(around.clone(), around_pages));
    let programs = programs.layer(CatchPanicLayer::custom(panicked)).layer(from_fn_with_state(around, around_programs));
    pages.merge(programs)
}

/// What the outermost layers know: the state, and how long a request may take.
type Around = (AppState, Duration);

/// The outermost layer of the routes for browsers.
async fn around_pages(State((state, patience)): State<Around>, request: Request, next: Next) -> Response {
    let mut facts = facts_of(&state, &request);
    let mut nonce = [0; 18];
    state.store.entropy().fill(&mut nonce);
    facts.nonce = URL_SAFE_NO_PAD.encode(nonce);
    facts.theme = cookie(request.headers(), Theme::COOKIE).and_then(Theme::from_word);
    let nonce = facts.nonce.clone();
    let path = request.uri().path().to_owned();
    let mut response = around(&state, patience, facts, request, next).await;
    let leads_on = response.extensions_mut().remove::<LeadsOn>().is_some() || leads_elsewhere(&path);
    if is_html(response.headers()) {
        secure_page(&state, leads_on, &nonce, response.headers_mut());
    }
    if path.strip_prefix(paths::SERVER_FN_PREFIX).is_some_and(|rest| rest.starts_with('/')) {
        // Some of them show a secret once, and none of them answers two people alike.
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    oauth::never_stored(&path, response.headers_mut());
    forget_whole(&state, response.headers_mut());
    response
}

/// The outermost layer of the routes for programs.
async fn around_programs(State((state, patience)): State<Around>, request: Request, next: Next) -> Response {
    let facts = facts_of(&state, &request);
    let template = request.extensions().get::<MatchedPath>().cloned();
    let mut response = around(&state, patience, facts, request, next).await;
    oauth::never_stored(template.as_ref().map_or("", MatchedPath::as_str), response.headers_mut());
    response
}

/// What is true for every request and every response.
async fn around(
    state: &AppState,
    patience: Duration,
    facts: RequestFacts,
    mut request: Request,
    next: Next,
) -> Response {
    let began = state.store.now();
    let id = facts.request_id;
    let method = request.method().clone();
    // The template alone: a path can hold the token of a one-time link, a query the code of a grant.
    let template = request.extensions().get::<MatchedPath>().cloned();
    let for_programs = pages::for_programs(request.uri().path());
    let span = tracing::info_span!("request", id = %id.map(|id| id.to_string()).unwrap_or_default());
    request.extensions_mut().insert(facts);
    let (consent, request) = head_of_consent(request);
    let mut response = match limit_body(request, for_programs) {
        Some(request) => {
            let answered = tokio::time::timeout(patience, next.run(request).instrument(span.clone())).await;
            if let Ok(response) = answered {
                response
            } else {
                // Nothing here takes so long, unless there is too much to do.
                span.in_scope(|| tracing::warn!("a request took too long, and was given up"));
                let told = given_up(state, consent).instrument(span.clone()).await;
                told.unwrap_or_else(|| pages::broken(true, for_programs, id))
            }
        }
        None => too_large(),
    };
    if says_nothing(&response) {
        response = pages::broken(false, for_programs, id);
    }
    if template.as_ref().is_some_and(|template| template.as_str().starts_with(paths::SET_PASSWORD)) {
        // What the page loads would tell the whole link to whoever logs where a request came from. Without a word of it a
        // form would have no origin.
        response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
    }
    secure(state, response.headers_mut());
    if let Some(id) = id {
        let mut text = [0; Hyphenated::LENGTH];
        if let Ok(value) = HeaderValue::from_str(id.uuid().hyphenated().encode_lower(&mut text)) {
            response.headers_mut().insert(REQUEST_ID.clone(), value);
        }
    }
    let ms = state.store.now().0 - began.0;
    let status = response.status();
    let template = template.as_ref().map_or("-", MatchedPath::as_str);
    span.in_scope(|| {
        // Programs ask thousands of times in a second: what went well is in the audit log where it matters.
        if for_programs && !status.is_client_error() && !status.is_server_error() {
            tracing::debug!(%method, path = template, status = status.as_u16(), ms, "answered");
        } else {
            tracing::info!(%method, path = template, status = status.as_u16(), ms, "answered");
        }
    });
    response
}

/// `request`, and what is left of it when it is given up, where a client waits for its answer.
fn head_of_consent(request: Request) -> (Option<Parts>, Request) {
    if !request.uri().path().starts_with(paths::CONSENT) {
        return (None, request);
    }
    let (parts, body) = request.into_parts();
    (Some(parts.clone()), Request::from_parts(parts, body))
}

/// Tells the client that waits behind a consent that its request was given up; none where that takes too long as well.
async fn given_up(state: &AppState, consent: Option<Parts>) -> Option<Response> {
    let told = oauth::consent::without_session(state, consent.as_ref()?, Failure { overloaded: true });
    tokio::time::timeout(LAST_WORD, told).await.ok().flatten()
}

/// What is known of any request. The CSRF token, the nonce and the theme are for pages.
fn facts_of(state: &AppState, request: &Request) -> RequestFacts {
    let headers = request.headers();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    RequestFacts {
        request_id: Some(RequestId(state.store.new_id())),
        ip: peer.map(|peer| ClientAddress::of(peer, headers, &state.facts.trusted_proxies).0),
        user_agent: headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).map(str::to_owned),
        ..RequestFacts::default()
    }
}

/// The request with a body that cannot grow; none where it says itself that it is too large. Endpoints for programs say
/// so themselves, in their own shape.
fn limit_body(request: Request, for_programs: bool) -> Option<Request> {
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if declared.is_some_and(|length: usize| length > BODY_LIMIT) && !for_programs {
        return None;
    }
    // A body that tells its length has no more.
    let most = request.body().size_hint().upper();
    if request.body().is_end_stream() || most.is_some_and(|most| most <= BODY_LIMIT as u64) {
        return Some(request);
    }
    Some(request.map(|body| Body::new(Limited::new(body, BODY_LIMIT))))
}

/// 413.
pub(crate) fn too_large() -> Response {
    (StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 1 MiB.\n").into_response()
}

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is larger than [`BODY_LIMIT`].
    TooLarge,
    /// It broke off.
    BrokenOff,
}

impl IntoResponse for Unread {
    fn into_response(self) -> Response {
        match self {
            Self::TooLarge => too_large(),
            Self::BrokenOff => (StatusCode::BAD_REQUEST, "The body broke off. Send it again.\n").into_response(),
        }
    }
}

/// The whole body of a request. Only one that is too large is called that: any other failure is the sender's
/// connection.
pub(crate) async fn whole(body: Body) -> Result<Bytes, Unread> {
    to_bytes(body, BODY_LIMIT).await.map_err(|error| {
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(error) = cause {
            if error.is::<LengthLimitError>() {
                return Unread::TooLarge;
            }
            cause = error.source();
        }
        Unread::BrokenOff
    })
}

/// The media type that the headers name, without its parameters; empty where they name none.
pub(crate) fn media_type(headers: &HeaderMap) -> &str {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim()
}

/// Whether the headers say that the body is a form.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    media_type(headers).eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Whether it is a failure without a word: a handler panicked, or the layer of the sessions could not save one. Neither
/// hands on whether there was too much to do.
fn says_nothing(response: &Response) -> bool {
    response.status() == StatusCode::INTERNAL_SERVER_ERROR
        && !response.headers().contains_key(header::CONTENT_TYPE)
        && response.body().is_end_stream()
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> http::Response<Body> {
    // The panic's own message is not repeated: nobody has checked that it holds no secret.
    tracing::error!("a handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// The session layer removes its cookie without the attributes under which it was set, and a browser ignores that for a
/// `__Host-` cookie.
fn forget_whole(state: &AppState, headers: &mut HeaderMap) {
    let name = state.facts.cookies.session;
    let bare = |line: &HeaderValue| {
        line.to_str().is_ok_and(|line| line.starts_with(&format!("{name}=;")) && !line.contains("HttpOnly"))
    };
    if !headers.get_all(header::SET_COOKIE).iter().any(bare) {
        return;
    }
    let kept: Vec<_> = headers.get_all(header::SET_COOKIE).iter().filter(|line| !bare(line)).cloned().collect();
    headers.remove(header::SET_COOKIE);
    for line in kept {
        headers.append(header::SET_COOKIE, line);
    }
    state.put_cookie(headers, name, "", Some(0));
}

/// A mark on the response of a page whose form leads on to a client, wherever the page is.
#[derive(Clone, Copy)]
pub(crate) struct LeadsOn;

fn is_html(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Requirements 105 to 107, of a page.
fn secure_page(state: &AppState, leads_on: bool, nonce: &str, headers: &mut HeaderMap) {
    // What a page shows belongs to one person at one moment.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Ok(policy) = HeaderValue::try_from(page_policy(leads_on, nonce, state.facts.live_reload.as_ref())) {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    }
}

/// Requirements 105 to 107, of everything.
fn secure(state: &AppState, headers: &mut HeaderMap) {
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    if state.facts.issuer.is_https() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if !is_html(headers) {
        let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
    }
}

/// The Content-Security-Policy of a page.
fn page_policy(leads_on: bool, nonce: &str, live: Option<&LiveReload>) -> String {
    let connect = live.map(|live| format!("; connect-src 'self' {}", live.socket())).unwrap_or_default();
    let form_action = if leads_on { "" } else { "; form-action 'self'" };
    format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'{connect}{form_action}"
    )
}

/// Requirement 106: Chromium holds `form-action` against the redirect after a submit as well, so the pages whose forms
/// lead on to a client send none: sign-in, sign-up, create-organization, logout, and picker, consent and no-permission,
/// which are one address.
fn leads_elsewhere(path: &str) -> bool {
    [paths::SIGN_IN, paths::SIGN_UP, paths::NEW_ORGANIZATION, paths::LOGOUT].contains(&path)
        || path.strip_prefix(paths::CONSENT).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::{leads_elsewhere, page_policy};

    #[test]
    fn req_106_only_pages_that_lead_on_to_a_client_have_no_form_action() {
        for path in ["/sign-in", "/sign-up", "/organizations/new", "/oauth/consent/x", "/oauth/logout"] {
            assert!(leads_elsewhere(path), "{path}");
        }
        for path in [
            "/",
            "/account",
            "/apps",
            "/sign-out",
            "/set-password/x",
            "/sign-in/x",
            "/oauth/consent",
            "/oauth/authorize",
        ] {
            assert!(!leads_elsewhere(path), "{path}");
        }
        assert!(!page_policy(true, "n", None).contains("form-action"));
        assert!(page_policy(false, "n", None).ends_with("; form-action 'self'"));
    }

    #[test]
    fn req_105_a_policy_has_a_nonce_and_nothing_unsafe_inline() {
        let policy = page_policy(false, "abc", None);
        assert!(policy.contains("script-src 'self' 'nonce-abc' 'wasm-unsafe-eval';"));
        for part in ["object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{part}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
    }
}
