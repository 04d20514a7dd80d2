//! The authorization response: the only thing that redirects away, and the only place that it can go to (RFC 6749
//! sections 4.1.2 and 4.1.2.1, RFC 9207).

use std::fmt;

use super::error::OAuthError;
use super::params::Params;
use crate::client::Client;
use crate::redirect_uri::origin;
use crate::secret::{AuthorizationCode, Plain};

words! {
    /// `response_mode` (OAuth 2.0 Multiple Response Type Encoding Practices; OAuth 2.0 Form Post Response Mode).
    ResponseMode {
        /// Parameters in the query of the redirect URI; the default.
        Query = "query",
        /// A page that posts them there by itself.
        FormPost = "form_post",
    }
}

/// The parameters of a response: a registered query that holds one of them would make it appear twice (requirement 24).
const RESPONSE_PARAMETERS: [&str; 9] =
    ["code", "state", "iss", "error", "error_description", "error_uri", "id_token", "access_token", "token_type"];

/// An address that the app registered. There is no other way to make one, so a redirect to an unverified address does
/// not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback(String);

impl Callback {
    /// `sent`, if the client registered it; also the way back from a stored row, which checks again.
    pub fn registered(client: &Client, sent: &str) -> Option<Self> {
        client.redirect_uris.iter().any(|uri| uri.matches(sent)).then(|| Self(sent.to_owned()))
    }

    /// The client's redirect URI, if it has exactly one (RFC 6749 section 3.1.2.3).
    pub fn only(client: &Client) -> Option<Self> {
        match client.redirect_uris.as_slice() {
            [uri] => Some(Self(uri.as_str().to_owned())),
            _ => None,
        }
    }

    /// The address as text, for its row.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the person will be sent, for pages: `https://app.example.com`.
    pub fn origin(&self) -> String {
        origin(&self.0)
    }
}

/// What goes to the client, and where.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationResponse {
    callback: Callback,
    state: Option<String>,
    iss: String,
    answer: Answer,
}

#[derive(Clone, PartialEq, Eq)]
enum Answer {
    Code(String),
    Error(OAuthError),
}

impl AuthorizationResponse {
    /// A code: its one showing.
    pub fn code(callback: Callback, state: Option<String>, issuer: &str, code: Plain<AuthorizationCode>) -> Self {
        Self { callback, state, iss: issuer.to_owned(), answer: Answer::Code(code.reveal()) }
    }

    /// An error.
    pub fn error(callback: Callback, state: Option<String>, issuer: &str, error: OAuthError) -> Self {
        Self { callback, state, iss: issuer.to_owned(), answer: Answer::Error(error) }
    }

    /// The error, where it is one: for the log.
    pub const fn problem(&self) -> Option<&OAuthError> {
        match &self.answer {
            Answer::Code(_) => None,
            Answer::Error(error) => Some(error),
        }
    }

    /// Where it goes.
    pub const fn callback(&self) -> &Callback {
        &self.callback
    }

    /// The response's parameters, in the order in which they are sent.
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let mut pairs = match &self.answer {
            Answer::Code(code) => vec![("code", code.as_str())],
            Answer::Error(error) => {
                vec![("error", error.code.as_str()), ("error_description", error.description())]
            }
        };
        pairs.extend(self.state.as_deref().map(|state| ("state", state)));
        pairs.push(("iss", self.iss.as_str()));
        pairs
    }

    /// The `Location` of the answer to an authorization request itself. A browser carries the fragment of its request
    /// over to a location that has none, so this one has its own (requirement 25).
    pub fn location_at_once(&self) -> String {
        format!("{}#_", self.location())
    }

    /// The `Location` of the answer to a form of ours, which names its own address and so has no fragment to carry over.
    /// The registered query is kept (requirement 24). No fragment: clients that are handed the whole address read one as
    /// the implicit flow's.
    pub fn location(&self) -> String {
        let address = self.callback.as_str();
        let (address, query) = address.split_once('?').map_or((address, ""), |(address, query)| (address, query));
        let kept = query.split('&').filter(|pair| !pair.is_empty() && !is_response_parameter(pair)).map(str::to_owned);
        let sent = self.pairs().into_iter().map(|(name, value)| format!("{name}={}", encode(value)));
        let query = kept.chain(sent).collect::<Vec<_>>().join("&");
        format!("{address}?{query}")
    }
}

impl fmt::Debug for AuthorizationResponse {
    /// Without the code (requirement 131).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationResponse")
            .field("callback", &self.callback)
            .field("problem", &self.problem())
            .finish_non_exhaustive()
    }
}

fn is_response_parameter(pair: &str) -> bool {
    Params::urlencoded(pair.as_bytes()).is_ok_and(|params| RESPONSE_PARAMETERS.iter().any(|name| params.has(name)))
}

/// Percent-encoding that both readers of forms and readers of URIs decode alike: a space is `%20`.
fn encode(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
#[path = "response_tests.rs"]
mod tests;
