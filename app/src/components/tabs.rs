//! Tabs are links: each has its own address.

use leptos::prelude::*;

/// A tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Its address.
    pub href: String,
    /// Its name.
    pub name: &'static str,
    /// How many things are behind it.
    pub count: Option<u64>,
    /// Whether it is the one that shows.
    pub current: bool,
}

/// A row of tabs.
#[component]
pub fn Tabs(
    /// Of what they are the parts, for screen readers.
    #[prop(into)]
    label: String,
    /// The tabs.
    tabs: Vec<Tab>,
) -> impl IntoView {
    let links = tabs.into_iter().map(|tab| {
        view! {
            <a href=tab.href aria-current=tab.current.then_some("page")>
                {tab.name}
                {tab.count.map(|count| view! { <span class="count">{count.to_string()}</span> })}
            </a>
        }
    });
    view! { <nav class="tabs" aria-label=label>{links.collect_view()}</nav> }
}
