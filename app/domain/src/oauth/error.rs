//! The error codes of RFC 6749 and its kin, and the one shape in which they travel.

use std::borrow::Cow;

use serde::Serialize;

words! {
    /// An error code as it stands on the wire.
    ErrorCode {
        /// RFC 6749: a parameter is missing, repeated, malformed or contradicts another.
        InvalidRequest = "invalid_request",
        /// RFC 6749 section 5.2: client authentication failed.
        InvalidClient = "invalid_client",
        /// RFC 6749 section 5.2: the code or refresh token is not good (any more), or not this client's.
        InvalidGrant = "invalid_grant",
        /// RFC 6749: this client may not do this.
        UnauthorizedClient = "unauthorized_client",
        /// RFC 6749 section 5.2: no such grant type.
        UnsupportedGrantType = "unsupported_grant_type",
        /// RFC 6749 section 4.1.2.1: no such response type.
        UnsupportedResponseType = "unsupported_response_type",
        /// RFC 6749: a scope is unknown, malformed or more than was granted.
        InvalidScope = "invalid_scope",
        /// RFC 8707 section 2: the audience is unknown, or more than one.
        InvalidTarget = "invalid_target",
        /// RFC 6749 section 4.1.2.1: the person, or the organization's rules, said no.
        AccessDenied = "access_denied",
        /// RFC 6749 section 4.1.2.1.
        ServerError = "server_error",
        /// RFC 6749 section 4.1.2.1: try again later.
        TemporarilyUnavailable = "temporarily_unavailable",
        /// `OpenID` Connect Core section 3.1.2.6: `prompt=none`, but a page must be shown.
        InteractionRequired = "interaction_required",
        /// `OpenID` Connect Core section 3.1.2.6: nobody is signed in, or not the person who was meant.
        LoginRequired = "login_required",
        /// `OpenID` Connect Core section 3.1.2.6: `prompt=none`, but the person has to consent.
        ConsentRequired = "consent_required",
        /// `OpenID` Connect Core section 3.1.2.6: `prompt=none`, but the person has to choose an account.
        AccountSelectionRequired = "account_selection_required",
        /// `OpenID` Connect Core section 3.1.2.6: `request` is not supported.
        RequestNotSupported = "request_not_supported",
        /// `OpenID` Connect Core section 3.1.2.6: `request_uri` is not supported.
        RequestUriNotSupported = "request_uri_not_supported",
        /// `OpenID` Connect Core section 3.1.2.6: `registration` is not supported.
        RegistrationNotSupported = "registration_not_supported",
        /// RFC 6750 section 3.1: the access token is missing, expired, revoked or malformed.
        InvalidToken = "invalid_token",
        /// RFC 6750 section 3.1: the access token's scope does not suffice.
        InsufficientScope = "insufficient_scope",
    }
}

impl ErrorCode {
    /// The HTTP status of an answer that is not a redirect (RFC 6749 section 5.2, RFC 6750 section 3.1).
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidClient | Self::InvalidToken => 401,
            Self::AccessDenied | Self::InsufficientScope => 403,
            Self::ServerError => 500,
            Self::TemporarilyUnavailable => 503,
            _ => 400,
        }
    }
}

/// An error as it travels: a code, and a sentence for the client's developer. Serialises as the body of RFC 6749
/// section 5.2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{code}: {description}")]
pub struct OAuthError {
    /// `error`.
    #[serde(rename = "error")]
    pub code: ErrorCode,
    #[serde(rename = "error_description")]
    description: Cow<'static, str>,
}

impl OAuthError {
    /// An error with a sentence; characters that `error_description` cannot have become an apostrophe (requirement 21).
    pub fn new(code: ErrorCode, description: impl Into<Cow<'static, str>>) -> Self {
        let allowed = |c: char| matches!(c, '\x20'..='\x21' | '\x23'..='\x5B' | '\x5D'..='\x7E');
        let mut description = description.into();
        if !description.chars().all(allowed) {
            description = description.chars().map(|c| if allowed(c) { c } else { '\'' }).collect::<String>().into();
        }
        Self { code, description }
    }

    /// `error_description`: only the characters that RFC 6749 allows there.
    pub fn description(&self) -> &str {
        &self.description
    }
}

/// `invalid_request` with a sentence.
pub(super) fn invalid_request(description: impl Into<Cow<'static, str>>) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, description)
}

/// `invalid_grant`: one sentence for all reasons, because the reasons are nobody's business but the owner's.
pub(super) fn invalid_grant() -> OAuthError {
    OAuthError::new(
        ErrorCode::InvalidGrant,
        "The grant is invalid, expired, revoked, already used, or was issued to another client.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn req_021_a_description_has_only_the_characters_of_rfc_6749() {
        let error = OAuthError::new(ErrorCode::InvalidScope, "scope \"a\\b\"\r\nX: é\u{7f}");
        assert_eq!(error.description(), "scope 'a'b'''X: ''");
        assert_eq!(
            serde_json::to_string(&error).expect("serialisable"),
            r#"{"error":"invalid_scope","error_description":"scope 'a'b'''X: ''"}"#
        );
    }
}
