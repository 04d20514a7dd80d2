//! A button that asks once more, without any script: a fold with the consequence and the button that does it. One of a page
//! is open at a time: two would lie over each other.

use leptos::prelude::*;

/// The fold.
#[component]
pub fn Confirm(
    /// The word on the first button.
    #[prop(into)]
    label: String,
    /// Whether it ends something.
    #[prop(optional)]
    danger: bool,
    /// The consequence and the form.
    children: Children,
) -> impl IntoView {
    let class = if danger { "button slight danger" } else { "button slight" };
    view! {
        <details class="confirm" name="confirm">
            <summary class=class>{label}</summary>
            <div class="confirm-sheet">{children()}</div>
        </details>
    }
}
