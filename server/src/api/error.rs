//! Errors of the resource API: RFC 6750 section 3 in the header, and the same with a human `message` in the body.

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::oauth::error::ErrorCode;
use domain::paths;
use domain::scope::ScopeToken;
use http::header::{self, HeaderValue};
use http::{HeaderMap, StatusCode};
use sea_orm::DbErr;
use serde_json::{Value, json};

use crate::oauth::overloaded;

/// What the challenge says of this protection space.
const REALM: &str = "portico";
/// Seconds after which an overloaded API wants to be asked again.
const RETRY_SECONDS: i64 = 2;

/// Why the API does not do what was asked.
#[derive(Debug)]
pub(super) enum ApiError {
    /// No token came: a bare challenge (RFC 6750 section 3.1).
    NoToken,
    /// The token is unknown, expired, revoked, for another audience, or malformed.
    InvalidToken,
    /// The token was good here, and its end has passed.
    ExpiredToken,
    /// The token's scope does not suffice now.
    InsufficientScope(ScopeToken),
    /// The request is malformed, or brings its token the wrong way.
    InvalidRequest(&'static str),
    /// The body is larger than 1 MiB, or broke off.
    TooLarge,
    /// Only these methods are answered.
    Method(&'static str),
    /// The database failed.
    Database(DbErr),
}

impl From<DbErr> for ApiError {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

impl ApiError {
    fn parts(self, headers: &mut HeaderMap) -> (StatusCode, Value) {
        match self {
            Self::NoToken => {
                challenge(headers, &format!("Bearer realm=\"{REALM}\""));
                (StatusCode::UNAUTHORIZED, json!({ "message": "Send an access token: Authorization: Bearer <token>." }))
            }
            Self::InvalidToken => {
                let text = "The access token is invalid, expired, revoked, or not for this API.";
                refuse(headers, StatusCode::UNAUTHORIZED, ErrorCode::InvalidToken, text, "")
            }
            Self::ExpiredToken => {
                refuse(headers, StatusCode::UNAUTHORIZED, ErrorCode::InvalidToken, "Token has expired", "")
            }
            Self::InsufficientScope(scope) => {
                let text = "Insufficient permissions for the requested operation";
                let needed = format!(", scope=\"{scope}\"");
                let (status, mut body) =
                    refuse(headers, StatusCode::FORBIDDEN, ErrorCode::InsufficientScope, text, &needed);
                body["scope"] = json!(scope);
                (status, body)
            }
            Self::InvalidRequest(text) => refuse(headers, StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, text, ""),
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, body(ErrorCode::InvalidRequest, "The body is too large."))
            }
            Self::Method(allowed) => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
                (StatusCode::METHOD_NOT_ALLOWED, body(ErrorCode::InvalidRequest, "This method is not answered here."))
            }
            Self::Database(error) => {
                tracing::error!(%error, "the database failed");
                if overloaded(&error) {
                    headers.insert(header::RETRY_AFTER, RETRY_SECONDS.into());
                    let text = "There is too much to do. Try again in a moment.";
                    return (StatusCode::SERVICE_UNAVAILABLE, body(ErrorCode::TemporarilyUnavailable, text));
                }
                (StatusCode::INTERNAL_SERVER_ERROR, body(ErrorCode::ServerError, "Something broke. Try again."))
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        let (status, body) = self.parts(&mut headers);
        (status, headers, Json(body)).into_response()
    }
}

fn refuse(headers: &mut HeaderMap, status: StatusCode, code: ErrorCode, text: &str, more: &str) -> (StatusCode, Value) {
    challenge(headers, &format!("Bearer realm=\"{REALM}\", error=\"{code}\", error_description=\"{text}\"{more}"));
    (status, body(code, text))
}

fn body(code: ErrorCode, text: &str) -> Value {
    json!({ "error": code, "error_description": text, "message": text })
}

fn challenge(headers: &mut HeaderMap, text: &str) {
    // A scope token holds neither a quote nor a backslash (RFC 6749 section 3.3), so nothing breaks out of the value.
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(header::WWW_AUTHENTICATE, value);
    }
}

/// Adds to a challenge where the metadata of this API stands (RFC 9728 section 5.1, requirement 146).
pub(super) fn lead_to_metadata(headers: &mut HeaderMap, issuer: &str) {
    let Some(challenge) = headers.get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()) else { return };
    let metadata = paths::PROTECTED_RESOURCE_METADATA;
    if let Ok(value) = HeaderValue::try_from(format!("{challenge}, resource_metadata=\"{issuer}{metadata}\"")) {
        headers.insert(header::WWW_AUTHENTICATE, value);
    }
}
