//! Cross-site request forgery (requirement 108): where a request comes from, and a token that only our page knows.
//!
//! Both must hold. Signed in, the token is derived from the session's secret id; anonymous, it is the random value of a
//! cookie, repeated in the form. Sign-in replaces it, so a form that was open before is stale.

use app::cookies::cookie;
use app::csrf::{CsrfToken, FIELD, HEADER};
use app::error::{PortalError, wants_html};
use app::forms::{FormProblem, Problem};
use app::session::{RequestFacts, USER};
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::UserId;
use domain::oauth::error::ErrorCode;
use domain::paths;
use http::header;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use sha2::{Digest, Sha256};
use tower_sessions::Session;

use crate::forms::{Failure, Fields};
use crate::functions::page_of_the_form;
use crate::oauth::consent;
use crate::oauth::deliver::see_other;
use crate::state::AppState;
use crate::{pages, web};

/// Bytes of an anonymous token (requirement 128).
const TOKEN_BYTES: usize = 20;
/// Characters of a token, of either kind at the least.
const TOKEN_CHARS: usize = 27;

/// Checks every request that could change something, and tells pages the token that their forms send.
pub(crate) async fn guard(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    if !has_token(request.method(), request.uri().path()) {
        return next.run(request).await;
    }
    // What nobody knows changes nothing, and is told so.
    let changes = changes && request.extensions().get::<MatchedPath>().is_some();
    // No page, form or function of ours has another method: refused before a token is looked for.
    if changes && request.method() != Method::POST {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD, POST")]).into_response();
    }
    let session = request.extensions().get::<Session>().cloned();
    let sent = cookie(request.headers(), state.facts.cookies.csrf).filter(|value| is_token(value)).map(str::to_owned);
    let token = match token_of(&state, session, sent).await {
        Ok(token) => token,
        Err(error) => {
            return session_unreadable(&state, request, Failure::log(error)).await;
        }
    };
    if let Some(facts) = request.extensions_mut().get_mut::<RequestFacts>() {
        facts.csrf.clone_from(&token.text);
    }
    request.extensions_mut().insert(CsrfToken(token.text.clone()));
    let mut response = if changes { check(&state, request, &token, next).await } else { next.run(request).await };
    if token.fresh && is_html(response.headers()) {
        state.put_cookie(response.headers_mut(), state.facts.cookies.csrf, &token.text, None);
    }
    response
}

/// Without its session nothing of a request can be checked, so nothing is done. Behind a consent a client waits: it is
/// told.
async fn session_unreadable(state: &AppState, request: Request, failure: Failure) -> Response {
    let (parts, _) = request.into_parts();
    let overloaded = failure.overloaded;
    if let Some(told) = consent::without_session(state, &parts, failure).await {
        return told;
    }
    let id = parts.extensions.get::<RequestFacts>().and_then(|facts| facts.request_id);
    pages::broken(overloaded, pages::for_programs(parts.uri.path()), id)
}

/// Whether a request has a token at all: pages, their forms and server functions. Endpoints for programs authenticate
/// each request by itself; POST at authorize and at `end_session` changes nothing, and comes without cookies from another
/// site; these two know no other method than GET and POST.
fn has_token(method: &Method, path: &str) -> bool {
    let programs = [paths::TOKEN, paths::REVOKE, paths::INTROSPECT, paths::USERINFO, paths::HEALTHZ, paths::READYZ];
    let files = ["/api/", "/pkg/", "/logos/", "/.well-known/"];
    let answers_303 =
        [paths::AUTHORIZE, paths::LOGOUT].contains(&path) && !matches!(*method, Method::GET | Method::HEAD);
    !answers_303 && !programs.contains(&path) && !files.iter().any(|folder| path.starts_with(folder))
}

/// The token that the request must bring.
struct Token {
    text: String,
    /// Made for this very request: nothing that was sent can match it.
    fresh: bool,
}

async fn token_of(
    state: &AppState,
    session: Option<Session>,
    sent: Option<String>,
) -> Result<Token, tower_sessions::session::Error> {
    if let Some(session) = session
        && session.get::<UserId>(USER).await?.is_some()
        && let Some(id) = session.id()
    {
        return Ok(Token { text: of_session(id), fresh: false });
    }
    if let Some(text) = sent {
        return Ok(Token { text, fresh: false });
    }
    let mut bytes = [0; TOKEN_BYTES];
    state.store.entropy().fill(&mut bytes);
    Ok(Token { text: URL_SAFE_NO_PAD.encode(bytes), fresh: true })
}

/// The token of a session: a digest with a label of its own, so that it is neither the cookie nor what the database
/// keeps of it.
fn of_session(id: tower_sessions::session::Id) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"portico csrf token 1");
    hasher.update(id.0.to_be_bytes());
    URL_SAFE_NO_PAD.encode(hasher.finalize())
}

fn is_token(text: &str) -> bool {
    text.len() == TOKEN_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

async fn check(state: &AppState, request: Request, token: &Token, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if !comes_from_us(&parts.headers, state.facts.issuer.as_str()) {
        return refuse_origin(state, &parts).await;
    }
    let body = match web::whole(body).await {
        Ok(body) => body,
        Err(unread) => return unread.into_response(),
    };
    let brought = brought_token(&parts.headers, &body);
    if !token.fresh && brought.is_some_and(|brought| equal(&brought, &token.text)) {
        return next.run(Request::from_parts(parts, Body::from(body))).await;
    }
    refuse_token(state, &parts, &body).await
}

/// `Sec-Fetch-Site`, if sent, is `same-origin`; else `Origin`, if sent, is ours.
fn comes_from_us(headers: &HeaderMap, issuer: &str) -> bool {
    let only = |name: &str, wanted: &str| {
        let mut values = headers.get_all(name).iter();
        values.next().map(|value| value.as_bytes() == wanted.as_bytes() && values.next().is_none())
    };
    only("sec-fetch-site", "same-origin").or_else(|| only("origin", issuer)).unwrap_or(true)
}

/// The token in the header, else the one in the form; two of a kind are none.
fn brought_token(headers: &HeaderMap, body: &Bytes) -> Option<String> {
    let mut sent = headers.get_all(HEADER).iter();
    if let Some(value) = sent.next() {
        return sent.next().is_none().then(|| value.to_str().ok().map(str::to_owned)).flatten();
    }
    Fields::of_form(headers, body).only(FIELD).map(str::to_owned)
}

/// Compares digests, so that the time tells nothing about the token.
fn equal(brought: &str, wanted: &str) -> bool {
    Sha256::digest(brought.as_bytes()) == Sha256::digest(wanted.as_bytes())
}

async fn refuse_origin(state: &AppState, parts: &Parts) -> Response {
    tracing::warn!("a request from another site was refused");
    let problem = Problem {
        status: StatusCode::FORBIDDEN.as_u16(),
        title: "This request came from somewhere else".to_owned(),
        cause: "Another site, or a page at another address of this site, sent it. Nothing was done.".to_owned(),
        what_to_do: format!("Open {} and do it there.", state.facts.issuer),
        error_code: code_at(parts.uri.path()),
    };
    pages::problem(state, parts, problem).await
}

/// The OAuth code of a refusal, where it may end a flow: a person can quote it.
fn code_at(path: &str) -> Option<String> {
    path.starts_with("/oauth/").then(|| ErrorCode::InvalidRequest.as_str().to_owned())
}

/// A stale form gets its page again, with what was typed; nothing was done.
async fn refuse_token(state: &AppState, parts: &Parts, body: &Bytes) -> Response {
    const STALE: &str = "This page was out of date, so nothing was done. Please send it again.";
    const STALE_HERE: &str = "You signed in or out since this page was opened, so nothing was done. What you typed stays here: sign in again in \
                              another tab if you have to, then press the button once more.";
    let path = parts.uri.path();
    if path.starts_with(paths::SERVER_FN_PREFIX) && !wants_html(&parts.headers) {
        let error = PortalError::conflict(STALE_HERE);
        return (StatusCode::FORBIDDEN, axum::Json(error)).into_response();
    }
    let template = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if !consent::comes_again(state, parts).await {
        return see_other(path);
    }
    let fields = Fields::of_form(&parts.headers, body).to_show_again();
    if crate::forms::has_page(template) {
        let problem = FormProblem::new(fields, Vec::new(), Some(STALE.to_owned()));
        return pages::render(state, parts, StatusCode::FORBIDDEN, problem).await;
    }
    let page = page_of_the_form(state, &parts.headers);
    if path.starts_with(paths::SERVER_FN_PREFIX)
        && page != paths::HOME
        && let Ok(uri) = page.parse()
    {
        let problem = FormProblem::new(fields, Vec::new(), Some(STALE_HERE.to_owned()));
        let mut there = parts.clone();
        there.uri = uri;
        return pages::render(state, &there, StatusCode::FORBIDDEN, problem).await;
    }
    let form = FormProblem::new(fields, Vec::new(), None);
    let problem = Problem {
        status: StatusCode::FORBIDDEN.as_u16(),
        title: "This page was out of date".to_owned(),
        cause: "You signed in or out, or waited long, since it was opened. Nothing was done.".to_owned(),
        what_to_do: "Go back, reload the page and try again.".to_owned(),
        error_code: code_at(path),
    };
    pages::problem_of_form(state, parts, problem, form).await
}

fn is_html(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().expect("a header value"));
        }
        headers
    }

    #[test]
    fn req_108_sec_fetch_site_decides_else_origin() {
        let ours = "https://portico.example";
        for (sent, accepted) in [
            (&[][..], true),
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")][..], true),
            (&[("sec-fetch-site", "same-site")][..], false),
            (&[("sec-fetch-site", "cross-site")][..], false),
            (&[("sec-fetch-site", "none")][..], false),
            (&[("sec-fetch-site", "")][..], false),
            (&[("sec-fetch-site", "none"), ("origin", ours)][..], false),
            (&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")][..], false),
            (&[("origin", ours)][..], true),
            (&[("origin", "null")][..], false),
            (&[("origin", "https://portico.example/")][..], false),
            (&[("origin", "http://portico.example")][..], false),
            (&[("origin", "https://portico.example.evil")][..], false),
        ] {
            assert_eq!(comes_from_us(&headers(sent), ours), accepted, "{sent:?}");
        }
    }

    #[test]
    fn req_108_a_token_is_brought_once() {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let brought = |pairs: &[(&'static str, &str)], body: &'static str| {
            brought_token(&headers(pairs), &Bytes::from_static(body.as_bytes()))
        };
        assert_eq!(brought(&[form], "a=b&csrf=t").as_deref(), Some("t"));
        assert_eq!(brought(&[form], "csrf=t&csrf=t"), None);
        assert_eq!(brought(&[("content-type", "text/plain")], "csrf=t"), None);
        assert_eq!(brought(&[form, (HEADER, "h")], "csrf=t").as_deref(), Some("h"));
        assert_eq!(brought(&[(HEADER, "h"), (HEADER, "h")], ""), None);
    }

    #[test]
    fn req_108_programs_are_exempt_and_nothing_else() {
        for path in [
            paths::TOKEN,
            paths::REVOKE,
            paths::INTROSPECT,
            paths::USERINFO,
            paths::AUTHORIZE,
            paths::LOGOUT,
            paths::WHOAMI,
            paths::API_ORGANIZATION,
        ] {
            assert!(!has_token(&Method::POST, path), "{path}");
        }
        assert!(has_token(&Method::GET, paths::LOGOUT));
        for path in [
            paths::SIGN_IN,
            paths::LOGOUT_CONFIRM,
            "/oauth/consent/x",
            "/fn/apps/create",
            "/",
            "/oauth/tokens",
            "/theme",
        ] {
            assert!(has_token(&Method::POST, path), "{path}");
        }
    }
}
