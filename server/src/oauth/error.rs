//! The single match from what went wrong to RFC codes, statuses and headers ("Error code by endpoint").

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::oauth::client_auth::Denied;
use domain::oauth::error::{ErrorCode, OAuthError};
use domain::oauth::params::Unreadable;
use domain::store::is_overload;
use domain::store::tokens::TokenError;
use http::header::{self, HeaderValue};
use http::{HeaderMap, StatusCode};
use sea_orm::DbErr;

use crate::limits::RetryAfter;
use crate::web::Unread;

/// What a client is told when there is too much to do.
pub(super) const OVERLOADED: &str = "There is too much to do. Try again in a moment.";
/// Seconds after which an overloaded endpoint wants to be asked again.
const RETRY_SECONDS: i64 = 2;

/// Why an endpoint for programs does not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The rules say no.
    Refused(OAuthError),
    /// The client did not prove who it is.
    Denied(Denied),
    /// The parameters cannot be read.
    Unreadable(Unreadable),
    /// Only these methods are answered.
    Method(&'static str),
    /// The body was not read to its end.
    Unread(Unread),
    /// Too many failures from here (requirement 124).
    TooMany(RetryAfter),
    /// The client is to be authenticated anew, however often it was ([`TokenError::ClientChanged`]).
    ClientChanged,
    /// The database failed.
    Database(DbErr),
}

impl From<OAuthError> for Failure {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error)
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Unreadable> for Failure {
    fn from(problem: Unreadable) -> Self {
        Self::Unreadable(problem)
    }
}

impl From<Unread> for Failure {
    fn from(unread: Unread) -> Self {
        Self::Unread(unread)
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::OAuth(error) => Self::Refused(error),
            TokenError::ClientChanged => Self::ClientChanged,
            TokenError::Database(error) => Self::Database(error),
        }
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::new();
        let invalid_request = |text: &'static str| OAuthError::new(ErrorCode::InvalidRequest, text);
        let (status, error) = match self {
            Self::Refused(error) => {
                if error.code == ErrorCode::TemporarilyUnavailable {
                    headers.insert(header::RETRY_AFTER, RETRY_SECONDS.into());
                }
                (status_of(error.code), error)
            }
            Self::Denied(Denied { error, challenge }) => {
                if challenge {
                    headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"portico\""));
                }
                (status_of(error.code), error)
            }
            Self::Unreadable(problem) => {
                (StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::BAD_REQUEST), problem.into())
            }
            Self::Method(allowed) => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
                (StatusCode::METHOD_NOT_ALLOWED, invalid_request("This method is not answered here."))
            }
            Self::Unread(Unread::TooLarge) => {
                (StatusCode::PAYLOAD_TOO_LARGE, invalid_request("The body is too large."))
            }
            Self::Unread(Unread::BrokenOff) => (StatusCode::BAD_REQUEST, invalid_request("The body broke off.")),
            Self::TooMany(RetryAfter(seconds)) => {
                headers.insert(header::RETRY_AFTER, seconds.into());
                let text = "Too many failed attempts from here. Try again later.";
                (StatusCode::TOO_MANY_REQUESTS, OAuthError::new(ErrorCode::TemporarilyUnavailable, text))
            }
            Self::ClientChanged => {
                headers.insert(header::RETRY_AFTER, RETRY_SECONDS.into());
                (StatusCode::SERVICE_UNAVAILABLE, OAuthError::new(ErrorCode::TemporarilyUnavailable, OVERLOADED))
            }
            Self::Database(error) => {
                tracing::error!(%error, "the database failed");
                database(&error, &mut headers)
            }
        };
        (status, headers, Json(error)).into_response()
    }
}

fn status_of(code: ErrorCode) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST)
}

fn database(error: &DbErr, headers: &mut HeaderMap) -> (StatusCode, OAuthError) {
    if overloaded(error) {
        headers.insert(header::RETRY_AFTER, RETRY_SECONDS.into());
        return (StatusCode::SERVICE_UNAVAILABLE, OAuthError::new(ErrorCode::TemporarilyUnavailable, OVERLOADED));
    }
    (StatusCode::INTERNAL_SERVER_ERROR, OAuthError::new(ErrorCode::ServerError, "Something broke. Try again."))
}

/// Whether waiting would help.
pub(crate) fn overloaded(error: &DbErr) -> bool {
    is_overload(error)
}
