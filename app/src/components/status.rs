//! Status as a word with a dot whose shape differs as well: never colour alone.

#[cfg(feature = "ssr")]
use domain::client::SecretStatus;
use domain::client::{AppStatus, InstallStatus};
#[cfg(feature = "ssr")]
use domain::time::Timestamp;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::timestamp::{Exactly, now};
#[cfg(feature = "ssr")]
use crate::format::countdown;

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

/// What a secret is now, and until when a retiring one works.
#[cfg(feature = "ssr")]
#[component]
pub fn SecretState(
    /// What it is.
    status: SecretStatus,
    /// When it ends.
    end: Option<Timestamp>,
) -> impl IntoView {
    let (meaning, word) = match (status, end) {
        (SecretStatus::Retiring, Some(end)) => return view! { <Retiring end/> }.into_any(),
        (SecretStatus::Retiring, None) => (Meaning::Warn, "Retiring"),
        (SecretStatus::Active, _) => (Meaning::Good, "Active"),
        (SecretStatus::Expired, _) => (Meaning::Off, "Expired"),
        (SecretStatus::Revoked, _) => (Meaning::Bad, "Revoked"),
    };
    view! { <Status meaning word/> }.into_any()
}

/// How long it still works, and the moment itself.
#[cfg(feature = "ssr")]
#[component]
fn Retiring(end: Timestamp) -> impl IntoView {
    let left = countdown(end.seconds_since(now()));
    view! {
        <span>
            <span class=Meaning::Warn.class()>{format!("Retiring in {left}")}</span>
            <span class="soft small under"><Exactly at=end/></span>
        </span>
    }
}
