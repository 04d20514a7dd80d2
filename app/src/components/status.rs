//! Status as a word with a dot whose shape differs as well: never colour alone.

use domain::client::{AppStatus, InstallStatus, SecretStatus};
use leptos::prelude::*;

/// What a state means for the one who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// In order.
    Good,
    /// Care is due.
    Warn,
    /// Stopped.
    Bad,
    /// Over, or not begun.
    Off,
    /// A plain fact.
    Plain,
}

impl Meaning {
    const fn class(self) -> &'static str {
        match self {
            Self::Good => "status good",
            Self::Warn => "status warn",
            Self::Bad => "status bad",
            Self::Off => "status off",
            Self::Plain => "status",
        }
    }
}

/// A state.
#[component]
pub fn Status(
    /// What it means.
    meaning: Meaning,
    /// The word.
    #[prop(into)]
    word: String,
) -> impl IntoView {
    view! { <span class=meaning.class()>{word}</span> }
}

/// Where an app is in its lifecycle.
#[component]
pub fn AppState(
    /// Where.
    status: AppStatus,
) -> impl IntoView {
    let (meaning, word) = match status {
        AppStatus::Draft => (Meaning::Off, "Draft"),
        AppStatus::Live => (Meaning::Good, "Live"),
        AppStatus::Suspended => (Meaning::Bad, "Suspended"),
        AppStatus::Deleted => (Meaning::Off, "Deleted"),
    };
    view! { <Status meaning word/> }
}

/// Where an install is in its lifecycle.
#[component]
pub fn InstallState(
    /// Where.
    status: InstallStatus,
) -> impl IntoView {
    let (meaning, word) = match status {
        InstallStatus::Active => (Meaning::Good, "Active"),
        InstallStatus::Suspended => (Meaning::Warn, "Suspended"),
        InstallStatus::Revoked => (Meaning::Off, "Revoked"),
    };
    view! { <Status meaning word/> }
}

/// What a secret is now; `remaining` seconds are left to a retiring one.
#[component]
pub fn SecretState(
    /// What it is.
    status: SecretStatus,
    /// Seconds until its deadline.
    #[prop(optional_no_strip)]
    remaining: Option<i64>,
) -> impl IntoView {
    let (meaning, word) = match (status, remaining) {
        (SecretStatus::Active, _) => (Meaning::Good, "Active".to_owned()),
        (SecretStatus::Retiring, Some(left)) => {
            (Meaning::Warn, format!("Retiring in {}", crate::format::countdown(left)))
        }
        (SecretStatus::Retiring, None) => (Meaning::Warn, "Retiring".to_owned()),
        (SecretStatus::Expired, _) => (Meaning::Off, "Expired".to_owned()),
        (SecretStatus::Revoked, _) => (Meaning::Bad, "Revoked".to_owned()),
    };
    view! { <Status meaning word/> }
}
