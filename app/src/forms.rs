//! What a plain form's handler tells the page that it renders again, and what an error page says.

/// A form that could not be accepted: the page shows it again, with what was typed (never a password).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormProblem {
    /// What was typed: field name and value.
    pub fields: Vec<(String, String)>,
    /// What is wrong with which field.
    pub errors: Vec<(String, String)>,
    /// What is wrong on the whole.
    pub message: Option<String>,
}

impl FormProblem {
    /// The problem of the request at hand; an empty one where there is none.
    pub fn of_request() -> Self {
        leptos::prelude::use_context().unwrap_or_default()
    }

    /// What was typed into `name`; empty if nothing.
    pub fn value(&self, name: &str) -> String {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// What is wrong with `name`.
    pub fn error(&self, name: &str) -> Option<String> {
        self.errors.iter().find(|(field, _)| field == name).map(|(_, message)| message.clone())
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
