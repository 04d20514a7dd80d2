//! Nothing here: why, and the next step. Never shown for a failure.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// An empty list.
#[component]
pub fn EmptyState(
    /// What would be here.
    glyph: Glyph,
    /// A sentence: what is missing.
    #[prop(into)]
    title: String,
    /// Why it is empty or what comes of filling it.
    #[prop(into)]
    text: String,
    /// The next action.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <span class="empty-sign"><Icon glyph/></span>
            <h2>{title}</h2>
            <p class="soft">{text}</p>
            {children.map(|children| view! { <div class="row">{children()}</div> })}
        </div>
    }
}
