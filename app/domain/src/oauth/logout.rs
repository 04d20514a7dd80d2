//! RP-Initiated Logout 1.0 (requirement 102): whether a logout happens at once, is asked about, or is refused, and where
//! the person goes. A pure rule over the request, the hint, the client and the session.

use super::error::ErrorCode;
use super::id_token::Hint;
use super::params::{Params, Sensitive};
use crate::client::{AppStatus, Client, ClientId};
use crate::id::UserId;
use crate::redirect_uri::RedirectUri;

/// The parameters (section 2); each may come once.
pub const PARAMETERS: [&str; 6] =
    ["id_token_hint", "logout_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"];

/// A logout request, as it was sent. `logout_hint` and `ui_locales` are taken and not needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutRequest {
    /// An ID token of ours.
    pub id_token_hint: Option<Sensitive>,
    /// The client that asks.
    pub client_id: Option<ClientId>,
    /// Where it wants the person to go.
    pub post_logout_redirect_uri: Option<String>,
    /// What goes there with him.
    pub state: Option<String>,
}

/// Why a logout request gets a page with status 400: nothing redirects, nobody is signed out. Prints as a sentence for
/// the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The parameters cannot be read ([`super::params::Unreadable`]).
    #[error("The link holds parameters that cannot be read.")]
    Unreadable,
    /// A parameter came more than once.
    #[error("The link holds a parameter more than once.")]
    Repeated,
    /// `id_token_hint` is not an ID token that this site signed.
    #[error("The link brings an ID token that this site did not issue: id_token_hint does not verify.")]
    BadHint,
    /// `id_token_hint` was issued to another client than `client_id`.
    #[error("The link brings an ID token of another app: id_token_hint and client_id do not match.")]
    OtherClient,
    /// No app has the `client_id`.
    #[error("The link names an app that does not exist: its client_id is unknown.")]
    ClientUnknown,
    /// There is a `post_logout_redirect_uri`, and nothing says whose it is.
    #[error("The link does not say which app it belongs to: id_token_hint and client_id are missing.")]
    ClientMissing,
    /// The client did not register the `post_logout_redirect_uri`, or nobody may be sent to it now.
    #[error(
        "The link would return to an address that the app has not registered: post_logout_redirect_uri does not match."
    )]
    NotRegistered,
}

impl Refusal {
    /// The code that the page shows to the app's developer.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::ClientUnknown => ErrorCode::InvalidClient,
            _ => ErrorCode::InvalidRequest,
        }
    }

    /// What the person can do, a sentence for the page.
    pub const fn what_to_do(self) -> &'static str {
        match self {
            Self::NotRegistered | Self::ClientMissing => {
                "You are as signed in or out as before. If you make this app: register the exact address as a post-logout \
                 redirect URI. If you do not: sign out here yourself."
            }
            _ => "You are as signed in or out as before. To sign out of this site, open it and do it there.",
        }
    }
}

impl LogoutRequest {
    /// Reads the request.
    pub fn parse(params: &Params) -> Result<Self, Refusal> {
        params.once(&PARAMETERS).map_err(|_| Refusal::Repeated)?;
        let client_id = params.get("client_id").map(str::parse).transpose().map_err(|_| Refusal::ClientUnknown)?;
        Ok(Self {
            id_token_hint: params.get("id_token_hint").map(Sensitive::from),
            client_id,
            post_logout_redirect_uri: params.get("post_logout_redirect_uri").map(str::to_owned),
            state: params.get("state").map(str::to_owned),
        })
    }

    /// The request's parameters again, for the GET after a POST and for the form that asks.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let hint = self.id_token_hint.as_ref().map(|hint| ("id_token_hint", hint.expose().to_owned()));
        let client = self.client_id.as_ref().map(|id| ("client_id", id.to_string()));
        let uri = self.post_logout_redirect_uri.clone().map(|uri| ("post_logout_redirect_uri", uri));
        let state = self.state.clone().map(|state| ("state", state));
        [hint, client, uri, state].into_iter().flatten().collect()
    }

    /// Which client's rows the rule needs.
    pub fn client_of<'a>(&'a self, hint: &'a HintFact) -> Option<&'a ClientId> {
        self.client_id.as_ref().or(match hint {
            HintFact::Good(hint) => Some(&hint.client_id),
            HintFact::None | HintFact::Bad => None,
        })
    }

    /// Judges the request. Total: every combination has its answer.
    pub fn evaluate(&self, facts: &LogoutFacts<'_>) -> Decision {
        let hint = match facts.hint {
            HintFact::Bad => return Decision::Refuse(Refusal::BadHint),
            HintFact::Good(hint) if self.client_id.as_ref().is_some_and(|id| *id != hint.client_id) => {
                return Decision::Refuse(Refusal::OtherClient);
            }
            HintFact::Good(hint) => Some(hint),
            HintFact::None => None,
        };
        if self.client_id.is_some() && facts.client.is_none() {
            return Decision::Refuse(Refusal::ClientUnknown);
        }
        let then = match self.after(hint.is_some(), facts) {
            Ok(then) => then,
            Err(refusal) => return Decision::Refuse(refusal),
        };
        match (facts.session, hint) {
            (None, _) => Decision::Gone(then),
            (Some(person), Some(hint)) if hint.user == person => Decision::SignOut(then),
            (Some(_), _) => Decision::Ask(then),
        }
    }

    /// Where the person goes afterwards.
    fn after(&self, hinted: bool, facts: &LogoutFacts<'_>) -> Result<After, Refusal> {
        let Some(wanted) = self.post_logout_redirect_uri.as_deref() else { return Ok(After::Page) };
        let Some(client) = facts.client else {
            return Err(if hinted { Refusal::NotRegistered } else { Refusal::ClientMissing });
        };
        // A draft is nobody's but its own people's: only an ID token shows that one of them signed in with it.
        let trusted = client.enabled() && (client.status == AppStatus::Live || hinted);
        if !trusted || !facts.registered.iter().any(|uri| uri.as_str() == wanted) {
            return Err(Refusal::NotRegistered);
        }
        Ok(After::Redirect(location(wanted, self.state.as_deref())))
    }
}

/// What is known of `id_token_hint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HintFact {
    /// None was sent.
    None,
    /// It does not verify.
    Bad,
    /// It is an ID token of ours, expired or not.
    Good(Hint),
}

/// What the rule needs to know.
#[derive(Clone, Copy, Debug)]
pub struct LogoutFacts<'a> {
    /// The hint.
    pub hint: &'a HintFact,
    /// The client that [`LogoutRequest::client_of`] names, if there is one.
    pub client: Option<&'a Client>,
    /// Its post-logout redirect URIs.
    pub registered: &'a [RedirectUri],
    /// Who is signed in in this browser.
    pub session: Option<UserId>,
}

/// What becomes of a logout request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A page with status 400.
    Refuse(Refusal),
    /// End the session at once: the hint is of this very person.
    SignOut(After),
    /// Ask the person.
    Ask(After),
    /// Nobody is signed in: the same end, once more.
    Gone(After),
}

/// Where the person goes afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// A page that says so.
    Page,
    /// An address that the client registered, with `state`.
    Redirect(String),
}

/// The registered address with `state`, which stands there once (requirement 24).
fn location(registered: &str, state: Option<&str>) -> String {
    let Some(state) = state else { return registered.to_owned() };
    let (address, query) = registered.split_once('?').unwrap_or((registered, ""));
    let named_state = |pair: &str| form_urlencoded::parse(pair.as_bytes()).any(|(name, _)| name == "state");
    let state: String = form_urlencoded::byte_serialize(state.as_bytes()).collect();
    let sent = format!("state={}", state.replace('+', "%20"));
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !named_state(pair)).map(str::to_owned);
    format!("{address}?{}", kept.chain([sent]).collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
#[path = "logout_tests.rs"]
mod tests;
