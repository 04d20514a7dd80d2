//! The authorization response: the only thing that redirects away, and the only place that it can go to (RFC 6749
//! sections 4.1.2 and 4.1.2.1, RFC 9207).

use std::fmt;

use super::error::OAuthError;
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

/// How a client is answered: where, in which mode, with which state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyTo {
    /// Where.
    pub callback: Callback,
    /// How the parameters travel.
    pub mode: ResponseMode,
    /// `state`, byte for byte.
    pub state: Option<String>,
}

/// What goes to the client, and where.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationResponse {
    to: ReplyTo,
    iss: String,
    answer: Answer,
}

#[derive(Clone, PartialEq, Eq)]
enum Answer {
    Code(String),
    Error(OAuthError),
}

/// What the browser had asked for before the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// An address that the client chose, by GET: it may have had a fragment.
    ByLink,
    /// A form of ours, which names its own address and has none.
    ByForm,
}

/// How a response leaves: whoever sends one has to say what he does with either.
#[derive(Clone, PartialEq, Eq)]
pub enum Delivery {
    /// 303 to this address.
    Redirect(String),
    /// A page whose form is posted to the callback (OAuth 2.0 Form Post Response Mode section 2).
    FormPost {
        /// The form's action.
        action: String,
        /// Its fields: name and value.
        fields: Vec<(&'static str, String)>,
    },
}

impl AuthorizationResponse {
    /// A code: its one showing.
    pub fn code(to: ReplyTo, issuer: &str, code: Plain<AuthorizationCode>) -> Self {
        Self { to, iss: issuer.to_owned(), answer: Answer::Code(code.reveal()) }
    }

    /// An error.
    pub fn error(to: ReplyTo, issuer: &str, error: OAuthError) -> Self {
        Self { to, iss: issuer.to_owned(), answer: Answer::Error(error) }
    }

    /// The same answer to the same client with another error in it: for the errors of our side.
    #[must_use]
    pub fn with_error(self, error: OAuthError) -> Self {
        Self { answer: Answer::Error(error), ..self }
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
        &self.to.callback
    }

    /// The response's parameters, in the order in which they are sent.
    pub fn pairs(&self) -> Vec<(&'static str, &str)> {
        let mut pairs = match &self.answer {
            Answer::Code(code) => vec![("code", code.as_str())],
            Answer::Error(error) => {
                vec![("error", error.code.as_str()), ("error_description", error.description())]
            }
        };
        pairs.extend(self.to.state.as_deref().map(|state| ("state", state)));
        pairs.push(("iss", self.iss.as_str()));
        pairs
    }

    /// How it leaves, in the mode that the client asked for.
    pub fn delivery(&self, asked: Asked) -> Delivery {
        match (self.to.mode, asked) {
            (ResponseMode::Query, Asked::ByLink) => Delivery::Redirect(self.location_at_once()),
            (ResponseMode::Query, Asked::ByForm) => Delivery::Redirect(self.location()),
            (ResponseMode::FormPost, _) => {
                let (address, query) = self.address();
                let action = if query.is_empty() { address.to_owned() } else { format!("{address}?{query}") };
                let fields = self.pairs().into_iter().map(|(name, value)| (name, value.to_owned())).collect();
                Delivery::FormPost { action, fields }
            }
        }
    }

    /// The `Location` of the answer to an address that the client chose. A browser carries the fragment of its request
    /// over to a location that has none, so this one has its own (requirement 25).
    fn location_at_once(&self) -> String {
        format!("{}#_", self.location())
    }

    /// The `Location` of the answer to a form of ours. No fragment: clients that are handed the whole address read one as
    /// the implicit flow's.
    pub(super) fn location(&self) -> String {
        let (address, kept) = self.address();
        let sent = self.pairs().into_iter().map(|(name, value)| format!("{name}={}", encode(value)));
        let kept = Some(kept).filter(|kept| !kept.is_empty());
        let query = kept.into_iter().chain(sent).collect::<Vec<_>>().join("&");
        format!("{address}?{query}")
    }

    /// The callback without its query, and what is kept of that (requirement 24).
    fn address(&self) -> (&str, String) {
        let address = self.to.callback.as_str();
        let (address, query) = address.split_once('?').unwrap_or((address, ""));
        let kept: Vec<_> = query.split('&').filter(|pair| !pair.is_empty() && !is_response_parameter(pair)).collect();
        (address, kept.join("&"))
    }
}

impl fmt::Debug for AuthorizationResponse {
    /// Without the code (requirement 131).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationResponse")
            .field("callback", &self.to.callback)
            .field("problem", &self.problem())
            .finish_non_exhaustive()
    }
}

fn is_response_parameter(pair: &str) -> bool {
    form_urlencoded::parse(pair.as_bytes()).any(|(name, _)| RESPONSE_PARAMETERS.contains(&name.as_ref()))
}

/// Percent-encoding that both readers of forms and readers of URIs decode alike: a space is `%20`.
fn encode(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
#[path = "response_tests.rs"]
mod tests;
