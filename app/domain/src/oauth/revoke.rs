//! Revocation (RFC 7009): what is asked, and what ends with what (PROTOCOL section 1, *What ends what*).

use super::error::{OAuthError, invalid_request};
use super::params::{Params, Sensitive};
use crate::client::Client;
use crate::id::AppId;
use crate::token_policy::{LiveTokens, Refresh};

/// The token to revoke, or to introspect, as it was sent. `token_type_hint` is not needed: the prefix tells the kind
/// (requirement 76).
pub fn token(params: &Params) -> Result<Sensitive, OAuthError> {
    params.once(&["token", "token_type_hint"])?;
    params.get("token").map(Sensitive::from).ok_or_else(|| invalid_request("The parameter token is missing."))
}

/// What kind of token was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An access token.
    Access,
    /// A refresh token, be it expired or rotated away.
    Refresh,
}

/// What is known of a presented token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenFacts {
    /// The app that it was issued to.
    pub app: AppId,
    /// Its kind.
    pub kind: TokenKind,
    /// Whether the app got it by its own credentials.
    pub own_credentials: bool,
}

/// What ends. Each includes the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ends {
    /// Nothing: another client's token (requirement 76). The answer is 200 all the same.
    Nothing,
    /// The access token alone: its family goes on with the refresh token.
    AccessToken,
    /// Every token of its family and, where no other token of the install that a code gave is live then, the install.
    Family,
    /// The install, and with it every token, code and pending grant of it.
    Install,
}

/// What a revocation by an authenticated `client` ends.
pub fn evaluate(token: &TokenFacts, client: &Client) -> Ends {
    if token.app != client.app {
        return Ends::Nothing;
    }
    // A token of client_credentials never ends an install: the next one is a request away.
    if token.own_credentials {
        return Ends::AccessToken;
    }
    if token.kind == TokenKind::Access && client.policy.refresh != Refresh::None {
        return Ends::AccessToken;
    }
    match client.policy.live_tokens {
        LiveTokens::Many => Ends::Family,
        LiveTokens::One => Ends::Install,
    }
}

#[cfg(test)]
#[path = "revoke_tests.rs"]
mod tests;
