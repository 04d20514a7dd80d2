//! What of an app a form showed when it was opened: two people who edit the same app do not undo each other's work unseen.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{AppFields, ScopeChoice};

/// Somebody changed meanwhile what a form showed.
#[derive(Debug, thiserror::Error)]
#[error("changed meanwhile")]
pub struct ChangedMeanwhile;

/// A mark of the part of an app that a form edits, as it was shown: what waits for approval, else what is in force. Of the
/// same part it is the same, whoever computes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seen(String);

impl Seen {
    /// Of the fields of the settings form.
    pub fn of_fields(fields: &AppFields) -> Self {
        Self::of(fields)
    }

    /// Of redirect URIs or post-logout redirect URIs, in any order.
    pub fn of_uris(uris: &[String]) -> Self {
        let mut uris: Vec<_> = uris.iter().map(|uri| uri.trim()).filter(|uri| !uri.is_empty()).collect();
        uris.sort_unstable();
        Self::of(&uris)
    }

    /// Of the scopes that the app asks for, in any order.
    pub fn of_scopes(scopes: &[ScopeChoice]) -> Self {
        let mut scopes: Vec<_> = scopes.iter().collect();
        scopes.sort_by(|one, other| one.token.cmp(&other.token));
        Self::of(&scopes)
    }

    /// Of what is shown now, for a form that `saw` something; one that saw nothing checks nothing.
    ///
    /// # Errors
    /// What it saw is not what is shown now.
    pub fn unchanged(&self, saw: Option<&Self>) -> Result<(), ChangedMeanwhile> {
        if saw.is_none_or(|saw| saw == self) { Ok(()) } else { Err(ChangedMeanwhile) }
    }

    /// The mark, for the form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(shown: &impl Serialize) -> Self {
        let shown = serde_json::to_vec(shown).unwrap_or_default();
        Self(URL_SAFE_NO_PAD.encode(&Sha256::digest(shown)[..12]))
    }
}

/// What a form hears when it was saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// Whether a part of it waits for approval.
    pub waits: bool,
    /// What the form shows from now on.
    pub seen: Seen,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_of_what_is_shown_and_not_of_its_order() {
        let uris = |uris: &[&str]| Seen::of_uris(&uris.iter().map(|&uri| uri.to_owned()).collect::<Vec<_>>());
        assert_eq!(
            uris(&["https://a.example/", "https://b.example/"]),
            uris(&["https://b.example/", " https://a.example/", ""])
        );
        assert_ne!(uris(&["https://a.example/"]), uris(&["https://a.example"]));
        assert_eq!(uris(&[]), uris(&[""]));
        let scope = |token: &str, purpose: &str| ScopeChoice {
            token: token.parse().expect("a token"),
            purpose: purpose.to_owned(),
            required: true,
        };
        let (read, write) = (scope("read", "a"), scope("write", "b"));
        assert_eq!(Seen::of_scopes(&[read.clone(), write.clone()]), Seen::of_scopes(&[write, read.clone()]));
        assert_ne!(Seen::of_scopes(&[read]), Seen::of_scopes(&[scope("read", "another")]));
        let named = |name: &str| Seen::of_fields(&AppFields { name: name.to_owned(), ..AppFields::default() });
        assert_ne!(named("One"), named("Two"));
        assert_eq!(serde_json::to_string(&named("One")).expect("JSON"), format!("{:?}", named("One").as_str()));
    }
}
