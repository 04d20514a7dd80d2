//! Why an authorization request gets a page: nothing leaves while it is not certain who is to be answered, and where
//! (requirements 1 to 4).

use super::error::ErrorCode;

/// Why nothing may leave; prints as a sentence for the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The parameters cannot be read: too many, or no form ([`super::params::Unreadable`]).
    #[error("The link holds parameters that cannot be read.")]
    Unreadable,
    /// No `client_id`.
    #[error("The link does not say which app it belongs to: client_id is missing.")]
    ClientIdMissing,
    /// Several `client_id`.
    #[error("The link names more than one app: client_id is repeated.")]
    ClientIdRepeated,
    /// A `client_id` that no app has.
    #[error("The link names an app that does not exist: its client_id is unknown.")]
    ClientUnknown,
    /// The app is suspended.
    #[error("This app is suspended.")]
    AppSuspended,
    /// The app was deleted.
    #[error("This app no longer exists.")]
    AppDeleted,
    /// The organization that made the app is suspended.
    #[error("The organization that made this app is suspended.")]
    OwnerSuspended,
    /// Several `redirect_uri`.
    #[error("The link names more than one place to return to: redirect_uri is repeated.")]
    RedirectUriRepeated,
    /// No `redirect_uri`, and not exactly one is registered (requirement 8).
    #[error("The link does not say where to return to: redirect_uri is missing.")]
    RedirectUriMissing,
    /// A `redirect_uri` that the app did not register.
    #[error("The link would return to an address that the app has not registered: redirect_uri does not match.")]
    RedirectUriNotRegistered,
    /// The app is a draft, and what would travel is this error: until a sign-in has shown somebody who may test it, every
    /// error stays here (PROTOCOL section 1, *Approval*).
    #[error("This app is a draft, and its request has an error: {0}.")]
    Draft(ErrorCode),
}

impl Refusal {
    /// The code that the page shows to the app's developer.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::ClientIdMissing
            | Self::ClientIdRepeated
            | Self::Unreadable
            | Self::RedirectUriRepeated
            | Self::RedirectUriMissing
            | Self::RedirectUriNotRegistered => ErrorCode::InvalidRequest,
            Self::ClientUnknown | Self::AppSuspended | Self::AppDeleted | Self::OwnerSuspended => {
                ErrorCode::InvalidClient
            }
            Self::Draft(code) => code,
        }
    }

    /// What the person can do, a sentence for the page.
    pub const fn what_to_do(self) -> &'static str {
        match self {
            Self::AppSuspended | Self::AppDeleted | Self::OwnerSuspended => {
                "Nothing was shared. Ask the people who make the app, or the support of this site."
            }
            Self::RedirectUriNotRegistered | Self::RedirectUriMissing | Self::RedirectUriRepeated => {
                "Nothing was shared. If you make this app: register the exact address on its page Redirect URIs, and send it \
                 as redirect_uri. If you do not: do not follow this link again."
            }
            Self::Draft(_) => {
                "Nothing was shared, and the app was told nothing. If you make this app: compare the request with the one on \
                 its overview page. Once the app is live, it gets such an error at its redirect URI."
            }
            Self::Unreadable | Self::ClientIdMissing | Self::ClientIdRepeated | Self::ClientUnknown => {
                "Nothing was shared. Go back to the app and begin again; if you make it, compare the link with the one on its \
                 overview page."
            }
        }
    }
}
