//! The access token of a request (RFC 6750 section 2.1): in the header, once; nowhere else (requirements 82 to 84).

use axum::extract::FromRequestParts;
use domain::paths;
use domain::scope::ScopeToken;
use domain::store::bearer::{Bearer, Verdict};
use http::request::Parts;
use http::{HeaderMap, Method, header};

use super::error::ApiError;
use crate::state::AppState;
use crate::web;

/// Whoever holds a live token for this API, with what it may do now.
pub(super) struct Caller(pub(super) Bearer);

impl Caller {
    /// The scope `needed`, or 403 (RFC 6750 section 3.1).
    pub(super) fn need(&self, needed: &'static str) -> Result<(), ApiError> {
        if self.0.scopes.contains(needed) {
            return Ok(());
        }
        let needed: ScopeToken = needed.parse().map_err(|_| ApiError::InvalidToken)?;
        Err(ApiError::InsufficientScope(needed))
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let token = presented(parts)?.ok_or(ApiError::NoToken)?;
        let bearer = match state.store.judge_bearer(token).await? {
            Verdict::Live(bearer) if serves(state, &bearer.audience, bearer.audience_taken) => *bearer,
            Verdict::Expired { audience, audience_taken } if serves(state, &audience, audience_taken) => {
                return Err(ApiError::ExpiredToken);
            }
            Verdict::Live(_) | Verdict::Expired { .. } | Verdict::Worthless => return Err(ApiError::InvalidToken),
        };
        state.store.used(&bearer);
        Ok(Self(bearer))
    }
}

/// The token that the request brings. Only the header is a place for one; a form or a query is refused, so that no token
/// comes to stand in a log, and so that two places can never disagree.
fn presented(parts: &Parts) -> Result<Option<&str>, ApiError> {
    let query = parts.uri.query().unwrap_or_default();
    if url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token") {
        return Err(ApiError::InvalidRequest(
            "A token in the query is not accepted: send it in the header Authorization.",
        ));
    }
    let token = in_header(&parts.headers)?;
    // RFC 6750 section 2.2: a GET has no form, whatever type it names.
    let may_have_form = !matches!(parts.method, Method::GET | Method::HEAD);
    if token.is_some() && may_have_form && web::is_form(&parts.headers) {
        return Err(ApiError::InvalidRequest("A form may hold a second token: this API reads JSON."));
    }
    Ok(token)
}

fn in_header(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    authorization_header(headers).map_err(ApiError::InvalidRequest)
}

/// The token in the header: RFC 6750 section 2.1, the scheme in any case, exactly one space, a `b64token`. Another scheme
/// brings no token. The error is a sentence.
pub(crate) fn authorization_header(headers: &HeaderMap) -> Result<Option<&str>, &'static str> {
    let malformed = "The header Authorization is malformed.";
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = sent.next() else { return Ok(None) };
    if sent.next().is_some() {
        return Err("The header Authorization is repeated.");
    }
    let Ok(value) = value.to_str() else { return Err(malformed) };
    let Some(scheme) = value.get(..6) else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    match value[6..].strip_prefix(' ') {
        Some(token) if is_b64token(token) => Ok(Some(token)),
        _ => Err(malformed),
    }
}

fn is_b64token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

/// PROTOCOL section 1, *Audience*: this API takes its own audience, and each listed one that no resource server is
/// registered for.
fn serves(state: &AppState, audience: &str, taken: bool) -> bool {
    let settings = state.store.settings();
    let own = audience.strip_prefix(settings.issuer.as_str()) == Some(paths::API);
    own || (!taken && settings.audiences.iter().any(|known| known == audience))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn req_083_the_scheme_is_read_in_any_case_and_exactly_one_space_follows() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().expect("a header value"));
            in_header(&headers).map(|token| token.map(str::to_owned))
        };
        for accepted in ["Bearer abc", "bearer abc", "BEARER abc"] {
            assert_eq!(read(accepted).ok().flatten().as_deref(), Some("abc"), "{accepted}");
        }
        for malformed in [
            "Bearer",
            "Bearer ",
            "Bearer  abc",
            "Bearer\tabc",
            "Bearer abc def",
            "Bearer abc,",
            "Bearer =",
            "Bearerabc",
        ] {
            assert!(matches!(read(malformed), Err(ApiError::InvalidRequest(_))), "{malformed}");
        }
        for other in ["Basic abc", "DPoP abc", "abc"] {
            assert!(matches!(read(other), Ok(None)), "{other}");
        }
    }
}
