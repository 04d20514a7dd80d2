//! The parameters that `OpenID` Connect adds to an authorization request (Core section 3.1.2.1), each read for itself.
//! `ui_locales`, `claims_locales`, `acr_values`, `display` and `claims` are not read at all (requirements 20 and 98).

use std::collections::BTreeSet;
use std::fmt;

use super::error::{ErrorCode, OAuthError, invalid_request};
use super::params::Params;
use crate::client::Client;

/// The scope that makes a request one of `OpenID` Connect.
pub const OPENID: &str = "openid";
/// The longest `nonce`, in bytes: it travels in the ID token.
pub const MAX_NONCE_BYTES: usize = 512;
/// The longest `login_hint` that is kept, in characters: the longest e-mail address.
const MAX_LOGIN_HINT: usize = 254;

words! {
    /// One value of `prompt`.
    Prompt {
        /// No page may be shown.
        None = "none",
        /// The person signs in, whether or not he is signed in.
        Login = "login",
        /// The person is asked, whether or not he consented before.
        Consent = "consent",
        /// The person is asked which account it shall be.
        SelectAccount = "select_account",
    }
}

/// The values of `prompt`; `none` stands alone. Prints as the parameter, in a stable order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromptSet(BTreeSet<Prompt>);

impl PromptSet {
    /// Whether `prompt` is among them.
    pub fn has(&self, prompt: Prompt) -> bool {
        self.0.contains(&prompt)
    }

    /// Without `prompt`: it was done.
    #[must_use]
    pub fn without(mut self, prompt: Prompt) -> Self {
        self.0.remove(&prompt);
        self
    }

    /// The known words of `text`; the others are ignored.
    pub(crate) fn known(text: &str) -> Self {
        Self(text.split(' ').filter_map(|word| word.parse().ok()).collect())
    }
}

impl fmt::Display for PromptSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, prompt) in self.0.iter().enumerate() {
            f.write_str(if index > 0 { " " } else { "" })?;
            f.write_str(prompt.as_str())?;
        }
        Ok(())
    }
}

/// Whether the request is one of `OpenID` Connect: asked before anything else is judged, because it decides whether
/// `redirect_uri` may be omitted (requirement 8).
pub(super) fn wanted(params: &Params, client: &Client) -> bool {
    let named = params.all("scope").any(|scopes| scopes.split(' ').any(|scope| scope == OPENID));
    named || (params.get("scope").is_none() && client.required_scopes.contains(OPENID))
}

/// `nonce`, byte for byte (requirement 90).
pub(super) fn nonce(params: &Params) -> Result<Option<String>, OAuthError> {
    match params.get("nonce") {
        Some(nonce) if nonce.len() > MAX_NONCE_BYTES => {
            Err(invalid_request(format!("The parameter nonce is longer than {MAX_NONCE_BYTES} bytes.")))
        }
        nonce => Ok(nonce.map(str::to_owned)),
    }
}

/// `prompt`: words with single spaces between them. `none` stands alone; a word that the metadata does not list is an
/// error (Initiating User Registration 1.0 section 4.1; requirement 101).
pub(super) fn prompt(params: &Params) -> Result<PromptSet, OAuthError> {
    let text = params.get("prompt").unwrap_or_default();
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    if words.contains(&Prompt::None.as_str()) && words.len() > 1 {
        return Err(invalid_request("prompt=none stands alone."));
    }
    if words.iter().any(|word| word.parse::<Prompt>().is_err()) {
        return Err(invalid_request("The values of prompt are none, login, consent and select_account."));
    }
    Ok(PromptSet::known(text))
}

/// `max_age`: seconds, not negative (requirement 93).
pub(super) fn max_age(params: &Params) -> Result<Option<i64>, OAuthError> {
    let Some(text) = params.get("max_age") else { return Ok(None) };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = if digits { text.parse().ok() } else { None };
    seconds.map(Some).ok_or_else(|| invalid_request("The parameter max_age is a number of seconds, 0 or more."))
}

/// `login_hint`, cut to what a form can show; never an error (requirement 20).
pub(super) fn login_hint(params: &Params) -> Option<String> {
    let text = params.get("login_hint")?;
    let kept: String = text.chars().filter(|c| !c.is_control()).take(MAX_LOGIN_HINT).collect();
    Some(kept).filter(|kept| !kept.trim().is_empty())
}

/// An `id_token_hint` that cannot be read is one that does not verify (requirement 94).
pub(super) fn sound_hint(params: &Params) -> Result<(), OAuthError> {
    if params.is_unreadable("id_token_hint") {
        return Err(OAuthError::new(ErrorCode::LoginRequired, "The id_token_hint is not an ID token of this server."));
    }
    Ok(())
}

#[cfg(test)]
#[path = "openid_tests.rs"]
mod tests;
