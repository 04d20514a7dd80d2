//! A card: one purpose, a heading, a body.

use leptos::prelude::*;

/// A card with a heading.
#[component]
pub fn Card(
    /// Its heading.
    #[prop(into)]
    title: String,
    /// What stands at the heading's other end: a count, a link, a button.
    #[prop(optional, into)]
    aside: Option<AnyView>,
    /// One soft line under the heading.
    #[prop(optional, into)]
    lead: Option<String>,
    /// Whether the content reaches the edges, as a table does.
    #[prop(optional)]
    flush: bool,
    /// Its content.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card">
            <header>
                <div><h2>{title}</h2>{lead.map(|lead| view! { <p class="soft">{lead}</p> })}</div>
                {aside}
            </header>
            <div class=if flush { "flush" } else { "body" }>{children()}</div>
        </section>
    }
}
