//! What lists are narrowed by: a search box and chips, both in the URL, so that a view can be kept and shared.

use leptos::prelude::*;

use crate::components::icon::{Icon, SEARCH};
use crate::format::percent_encoded;

/// `path` with the pairs whose values are not empty.
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let kept = pairs.iter().filter(|(_, value)| !value.is_empty());
    let query: Vec<String> = kept.map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

/// A filter that is on or off: a link.
#[derive(Clone, Debug)]
pub struct Chip {
    href: String,
    name: &'static str,
    current: bool,
}

impl Chip {
    /// A link to `path` with `pairs`, marked where it is the view at hand.
    pub fn new(path: &str, pairs: &[(&str, &str)], name: &'static str, current: bool) -> Self {
        Self { href: with_query(path, pairs), name, current }
    }
}

/// A group of chips, of which one is on.
#[component]
pub fn Chips(
    /// What they tell apart, for screen readers.
    #[prop(into)]
    label: String,
    /// The chips.
    chips: Vec<Chip>,
) -> impl IntoView {
    let links = chips
        .into_iter()
        .map(|Chip { href, name, current }| view! { <li><a class="chip" href=href aria-current=current.then_some("true")>{name}</a></li> })
        .collect_view();
    view! { <nav class="chips" aria-label=label><ul>{links}</ul></nav> }
}

/// A search box: a plain GET form.
#[component]
pub fn SearchBox(
    /// The list's path.
    #[prop(into)]
    action: String,
    /// Its label.
    #[prop(into)]
    label: String,
    /// What can be typed.
    #[prop(into)]
    placeholder: String,
    /// What was typed.
    q: String,
    /// Other filters that stay in force.
    #[prop(optional)]
    kept: Vec<(&'static str, String)>,
) -> impl IntoView {
    let kept = kept
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect_view();
    view! {
        <form class="search" role="search" method="get" action=action>
            {kept}
            <label class="visually-hidden" for="q">{label}</label>
            <input class="input" type="search" id="q" name="q" value=q placeholder=placeholder/>
            <button class="button" aria-label="Search"><Icon glyph=SEARCH/></button>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::with_query;

    #[test]
    fn empty_filters_leave_no_trace_in_the_url() {
        assert_eq!(with_query("/installs", &[("status", ""), ("q", "")]), "/installs");
        assert_eq!(with_query("/installs", &[("status", "all"), ("q", "a b")]), "/installs?status=all&q=a%20b");
    }
}
