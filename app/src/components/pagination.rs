//! The way to the next page of a list.

use leptos::prelude::*;

use super::icon::{ARROW_RIGHT, Icon};
use crate::format::percent_encoded;

/// A link to what follows, and one back to the start. Lists are paged by keyset: there are no numbers.
#[component]
pub fn Pagination(
    /// The list's path.
    #[prop(into)]
    path: String,
    /// The filters in force: name and value; empty values are left out.
    #[prop(optional)]
    filters: Vec<(&'static str, String)>,
    /// The value of `after` for the next page; none on the last.
    next: Option<String>,
    /// Whether this is the first page.
    first: bool,
) -> impl IntoView {
    let link = |after: Option<&str>| {
        let after = after.map(|after| ("after", after.to_owned()));
        let pairs = filters.iter().cloned().chain(after).filter(|(_, value)| !value.is_empty());
        let query: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", percent_encoded(&value))).collect();
        if query.is_empty() { path.clone() } else { format!("{path}?{}", query.join("&")) }
    };
    (next.is_some() || !first).then(|| {
        view! {
            <nav class="pagination" aria-label="Pages">
                {(!first).then(|| view! { <a class="button slight" href=link(None)>"Back to the newest"</a> })}
                {next.as_deref().map(|next| view! {
                    <a class="button slight" rel="next" href=link(Some(next))>"Older"<Icon glyph=ARROW_RIGHT/></a>
                })}
            </nav>
        }
    })
}
