//! The one error of all server functions and pages: a code for programs and a sentence for people.

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// Why a server function or a page refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(from = "Wire", into = "Wire")]
pub enum PortalError {
    /// Nobody is signed in.
    #[error("You are signed out. Sign in and try again.")]
    NotSignedIn,
    /// The person belongs to no organization yet.
    #[error("Create an organization first.")]
    NoOrganization,
    /// It does not exist, or belongs to others: a stranger cannot tell which.
    #[error("That does not exist, or it is not yours to see.")]
    NotFound,
    /// The person's role does not allow it.
    #[error("Your role does not allow this.")]
    Forbidden,
    /// What was typed cannot be accepted.
    #[error("{message}")]
    Invalid {
        /// What is wrong on the whole.
        message: String,
        /// What is wrong with which field: name and sentence.
        fields: Vec<(String, String)>,
    },
    /// It cannot be done in the present state; the sentence says why.
    #[error("{message}")]
    Conflict {
        /// Why not.
        message: String,
    },
    /// Too much at once.
    #[error("Too much is going on right now. Try again in a moment.")]
    Busy,
    /// Our fault; the log has it under the request id.
    #[error("Something went wrong on our side. Try again; if it stays, tell us the request id.")]
    Internal,
    /// The server was not reached, or its answer was not understood.
    #[error("The server could not be reached. Check the connection and try again.")]
    Unreachable,
}

/// What programs read: a code, the sentence, and what is wrong with which field.
#[derive(Serialize, Deserialize)]
struct Wire {
    code: String,
    message: String,
    fields: Vec<(String, String)>,
}

impl From<PortalError> for Wire {
    fn from(error: PortalError) -> Self {
        let message = error.to_string();
        let code = error.code().to_owned();
        let fields = if let PortalError::Invalid { fields, .. } = error { fields } else { Vec::new() };
        Self { code, message, fields }
    }
}

impl From<Wire> for PortalError {
    fn from(Wire { code, message, fields }: Wire) -> Self {
        let plain = [
            Self::NotSignedIn,
            Self::NoOrganization,
            Self::NotFound,
            Self::Forbidden,
            Self::Busy,
            Self::Internal,
            Self::Unreachable,
        ];
        match code.as_str() {
            "invalid" => Self::Invalid { message, fields },
            "conflict" => Self::Conflict { message },
            code => plain.into_iter().find(|error| error.code() == code).unwrap_or(Self::Unreachable),
        }
    }
}

impl PortalError {
    /// The word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::NoOrganization => "no_organization",
            Self::NotFound => "not_found",
            Self::Forbidden => "forbidden",
            Self::Invalid { .. } => "invalid",
            Self::Conflict { .. } => "conflict",
            Self::Busy => "busy",
            Self::Internal => "internal",
            Self::Unreachable => "unreachable",
        }
    }

    /// A refusal in words.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict { message: message.into() }
    }

    /// A refusal of one field.
    pub fn field(name: impl Into<String>, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Invalid { message: message.clone(), fields: vec![(name.into(), message)] }
    }

    /// The same, with those fields called otherwise for which `name` knows another.
    #[must_use]
    pub fn renamed(mut self, name: impl Fn(&str) -> Option<String>) -> Self {
        if let Self::Invalid { fields, .. } = &mut self {
            for (field, _) in fields {
                if let Some(other) = name(field) {
                    *field = other;
                }
            }
        }
        self
    }

    /// What is wrong with the field `name`.
    pub fn of_field(&self, name: &str) -> Option<String> {
        let Self::Invalid { fields, .. } = self else { return None };
        fields.iter().find(|(field, _)| field == name).map(|(_, message)| message.clone())
    }
}

impl FromServerFnError for PortalError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => malformed(),
            // On the server it is the arguments that were read, in the browser the answer.
            ServerFnErrorErr::Deserialization(_) if cfg!(feature = "ssr") => malformed(),
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Deserialization(_) | ServerFnErrorErr::Response(_) => {
                Self::Unreachable
            }
            _ => Self::Internal,
        }
    }
}

/// The arguments of a server function that cannot be read: 400, where a program asked.
fn malformed() -> PortalError {
    let message = "The form is incomplete, or something in it has the wrong form. Nothing was done.".to_owned();
    let error = PortalError::Invalid { message, fields: Vec::new() };
    #[cfg(feature = "ssr")]
    ssr::bad_request(&error);
    error
}

#[cfg(feature = "ssr")]
mod ssr {
    use std::fmt::Display;

    use domain::paths;
    use domain::store::{StoreError, is_overload};
    use http::request::Parts;
    use http::{HeaderMap, HeaderValue, StatusCode, header};
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;

    use super::PortalError;
    use crate::format::percent_encoded;
    use crate::forms::{Refusal, Refused};
    use crate::session::{Said, say};

    impl PortalError {
        /// The status of a response that says this.
        pub const fn status(&self) -> StatusCode {
            match self {
                Self::NotSignedIn => StatusCode::UNAUTHORIZED,
                Self::NotFound => StatusCode::NOT_FOUND,
                Self::Forbidden => StatusCode::FORBIDDEN,
                Self::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
                Self::Conflict { .. } | Self::NoOrganization => StatusCode::CONFLICT,
                Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
                Self::Internal | Self::Unreachable => StatusCode::INTERNAL_SERVER_ERROR,
            }
        }

        /// A failure of ours: logged here, once, because no page can say more than that it happened; or that there was
        /// too much to do.
        pub fn internal(cause: impl Display + 'static) -> Self {
            tracing::error!(%cause, "a page or a server function failed");
            if is_overload(&cause) { Self::Busy } else { Self::Internal }
        }
    }

    impl From<StoreError> for PortalError {
        fn from(error: StoreError) -> Self {
            match error {
                StoreError::NotFound => Self::NotFound,
                StoreError::Database(cause) => Self::internal(cause),
            }
        }
    }

    /// Sets the status of the response at hand.
    pub fn set_status(status: StatusCode) {
        if let Some(response) = use_context::<ResponseOptions>() {
            response.set_status(status);
        }
    }

    /// Sends the browser to `path` by GET, whatever it accepts.
    pub fn see_other(path: &str) {
        let (Some(response), Ok(location)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(path)) else {
            return;
        };
        response.insert_header(header::LOCATION, location);
        response.set_status(StatusCode::SEE_OTHER);
    }

    /// Runs the body of a server function that a bare form calls: a browser goes on to the page `path`, which says what the
    /// body says is done, or what went wrong; a program gets the status, and stays where it is.
    pub async fn settle<'a>(
        path: &str,
        body: impl Future<Output = Result<&'a str, PortalError>>,
    ) -> Result<(), PortalError> {
        let said = match body.await {
            Ok(_) if !shows_pages() => return Ok(()),
            Ok(done) => Said::good(done),
            Err(error) if !shows_pages() => {
                set_status(error.status());
                return Err(error);
            }
            Err(PortalError::NotSignedIn) => {
                see_other(&format!("{}?next={}", paths::SIGN_IN, percent_encoded(path)));
                return Ok(());
            }
            Err(error) => Said { good: false, text: error.to_string() },
        };
        say(said).await;
        see_other(path);
        Ok(())
    }

    /// Which page comes after a form with fields that was accepted.
    #[derive(Clone, Copy, Debug)]
    pub enum Next<'a> {
        /// The same; a script stays on it and says by itself what became of the form.
        Same,
        /// This one, which says what became of the form.
        Page(&'a str),
    }

    /// Runs the body of a server function that a form with fields calls, from the page at `path`. A script gets the answer. A
    /// browser goes on to the next page, which says what is `done`; or it gets the same page again, with what was typed and
    /// what is wrong with it.
    pub async fn save<'a, T>(
        path: &str,
        next: Next<'_>,
        body: impl Future<Output = Result<T, PortalError>>,
        done: impl FnOnce(&T) -> &'a str,
    ) -> Result<T, PortalError> {
        let result = answer(body).await;
        let shows_pages = shows_pages();
        match &result {
            Ok(what) => {
                let (page, loads) = match next {
                    Next::Same => (path, shows_pages),
                    Next::Page(page) => (page, true),
                };
                if loads {
                    say(Said::good(done(what))).await;
                }
                if shows_pages {
                    see_other(page);
                }
            }
            Err(error) if shows_pages => {
                if let Some(refusal) = use_context::<Refusal>() {
                    refusal.note(Refused { page: Some(path.to_owned()), error: error.clone() });
                }
            }
            Err(_) => {}
        }
        result
    }

    /// 400, unless the caller is a browser that shows pages: it is sent back to the page, which says so.
    pub(super) fn bad_request(error: &PortalError) {
        if !shows_pages() {
            set_status(StatusCode::BAD_REQUEST);
        } else if let Some(refusal) = use_context::<Refusal>() {
            refusal.note(Refused { page: None, error: error.clone() });
        }
    }

    /// Whether whoever sent these headers shows pages: a browser that a form or a link leads here, not a script or a program.
    pub fn wants_html(headers: &HeaderMap) -> bool {
        let kinds = headers.get_all(header::ACCEPT).iter().filter_map(|kinds| kinds.to_str().ok());
        let mut kinds = kinds.flat_map(|kinds| kinds.split(',')).filter_map(|kind| kind.split(';').next());
        kinds.any(|kind| kind.trim().eq_ignore_ascii_case("text/html"))
    }

    /// The same of the request at hand.
    fn shows_pages() -> bool {
        use_context::<Parts>().is_some_and(|parts| wants_html(&parts.headers))
    }

    /// Runs the body of a server function; a refusal sets the response's status too.
    pub async fn answer<T>(body: impl Future<Output = Result<T, PortalError>>) -> Result<T, PortalError> {
        body.await.inspect_err(|error| set_status(error.status()))
    }
}

#[cfg(feature = "ssr")]
pub use ssr::{Next, answer, save, see_other, set_status, settle, wants_html};

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    use super::wants_html;

    #[test]
    fn a_browser_is_known_by_the_kinds_that_it_shows() {
        for (accept, shows_pages) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("application/json, TEXT/HTML;q=0.5", true),
            ("application/json", false),
            ("*/*", false),
            ("application/vnd.text/html+json", false),
            ("text/html-fragment", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(wants_html(&headers), shows_pages, "{accept}");
        }
        assert!(!wants_html(&HeaderMap::new()), "a program may send none");
    }
}
