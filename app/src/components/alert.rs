//! A notice: a sentence that stands out, with an icon that says how much it matters.

use leptos::prelude::*;

use super::icon::{CIRCLE_ALERT, CIRCLE_CHECK, INFO, Icon, KEY_ROUND, TRIANGLE_ALERT};

/// How much it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Good to know.
    #[default]
    Info,
    /// It worked.
    Good,
    /// Care is due.
    Warn,
    /// It failed. Read out at once (`role=alert`).
    Bad,
    /// Something is shown once.
    Once,
}

/// A notice. Failures announce themselves to screen readers.
#[component]
pub fn Notice(
    /// How much it matters.
    #[prop(optional)]
    tone: Tone,
    /// What it says.
    children: Children,
) -> impl IntoView {
    let (class, glyph, role) = match tone {
        Tone::Info => ("notice", INFO, None),
        Tone::Good => ("notice good", CIRCLE_CHECK, Some("status")),
        Tone::Warn => ("notice warn", TRIANGLE_ALERT, None),
        Tone::Bad => ("notice bad", CIRCLE_ALERT, Some("alert")),
        Tone::Once => ("notice once", KEY_ROUND, None),
    };
    view! { <div class=class role=role><Icon glyph/><div class="stack-s">{children()}</div></div> }
}
