//! What a plain form's handler tells the page that it renders again, and what an error page says.

use std::sync::{Arc, OnceLock};

use domain::portal::Seen;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::error::PortalError;

/// How deep the arguments of a server function may lie in the names of a form's fields: as deep as `server_fn` reads them
/// (`codec::PostUrl`). Read otherwise, what was typed would be lost.
const ARGUMENTS_DEEP: usize = 5;

/// A form that could not be accepted: the page shows it again, with what was typed (never a password). Each control asks it,
/// so a copy costs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormProblem {
    /// What was typed: field name and value.
    fields: Arc<[(String, String)]>,
    /// What is wrong with which field.
    errors: Arc<[(String, String)]>,
    /// What is wrong on the whole.
    message: Option<String>,
}

impl FormProblem {
    /// Of the form with `fields`: what is wrong with which of them, and on the whole.
    pub fn new(fields: Vec<(String, String)>, errors: Vec<(String, String)>, message: Option<String>) -> Self {
        Self { fields: fields.into(), errors: errors.into(), message }
    }

    /// Of the form with `fields`, which was refused with `error`.
    pub fn of_error(fields: Vec<(String, String)>, error: &PortalError) -> Self {
        let errors = if let PortalError::Invalid { fields, .. } = error { fields.clone() } else { Vec::new() };
        // Said beside the field, it is not said above it as well.
        let message = Some(error.to_string()).filter(|message| errors.iter().all(|(_, error)| error != message));
        Self::new(fields, errors, message)
    }

    /// The problem of the request at hand; an empty one where there is none.
    pub fn of_request() -> Self {
        leptos::prelude::use_context().unwrap_or_default()
    }

    /// What was typed into `name`; none if that was not sent.
    pub fn typed(&self, name: &str) -> Option<String> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone())
    }

    /// Whether `value` is among what was chosen for `name`.
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.fields.iter().any(|(field, chosen)| field == name && chosen == value)
    }

    /// What was typed into `name`; empty if nothing.
    pub fn value(&self, name: &str) -> String {
        self.typed(name).unwrap_or_default()
    }

    /// What was typed into the form that calls the server function with the arguments `T`; none where it was another form,
    /// or nothing can be made of it.
    pub fn arguments<T: DeserializeOwned>(&self) -> Option<T> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(self.fields.iter()).finish();
        serde_qs::Config::new(ARGUMENTS_DEEP, false).deserialize_str(&form).ok()
    }

    /// What an editor shows, with the mark of what it shows it over: what was typed into the form that calls the server function
    /// with the arguments `T`, over what it showed then, so that whoever was overtaken overwrites nothing unseen; else what is
    /// `saved`.
    pub fn edited<T: DeserializeOwned, E>(
        &self,
        saved: E,
        mark: impl FnOnce(&E) -> Seen,
        typed: impl FnOnce(T) -> (E, Option<Seen>),
    ) -> (E, Seen) {
        let seen = mark(&saved);
        match self.arguments().map(typed) {
            Some((typed, over)) => (typed, over.unwrap_or(seen)),
            None => (saved, seen),
        }
    }

    /// What is wrong with `name`.
    pub fn error(&self, name: &str) -> Option<String> {
        self.errors.iter().find(|(field, _)| field == name).map(|(_, message)| message.clone())
    }

    /// What is wrong with each field, in the order of the form.
    pub fn errors(&self) -> &[(String, String)] {
        &self.errors
    }

    /// What is wrong on the whole.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}

/// A mark for the server, in context where it counts: a form was refused that a browser sent without a script.
#[derive(Clone, Debug, Default)]
pub struct Refusal(Arc<OnceLock<Refused>>);

/// A form that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The path of its page, which is shown again; none where it could not even be read.
    pub page: Option<String>,
    /// Why.
    pub error: PortalError,
}

impl Refusal {
    /// A form was refused.
    pub fn note(&self, refused: Refused) {
        _ = self.0.set(refused);
    }

    /// What was refused, if anything was.
    pub fn noted(&self) -> Option<&Refused> {
        self.0.get()
    }
}

/// What an error page says. While it is in context, the app shows its page whatever the path is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The status of the response.
    pub status: u16,
    /// What happened, in a few words.
    pub title: String,
    /// Why.
    pub cause: String,
    /// What the person can do now.
    pub what_to_do: String,
    /// The code that a developer may look for, such as `invalid_redirect_uri`.
    pub error_code: Option<String>,
}
