//! Moments: relative words, the exact UTC on hover and focus, and for programs.

use domain::store::Store;
use domain::time::Timestamp;
use leptos::prelude::*;

use crate::format::{exact, relative, rfc3339};

/// This moment, from the store's clock.
pub fn now() -> Timestamp {
    use_context::<Store>().map_or(Timestamp(0), |store| store.now())
}

/// A moment.
#[component]
pub fn When(
    /// Which.
    at: Timestamp,
) -> impl IntoView {
    view! { <time datetime=rfc3339(at) title=exact(at)>{relative(at, now())}</time> }
}

/// A moment to the second, for whoever cannot point at it.
#[component]
pub fn Exactly(
    /// Which.
    at: Timestamp,
) -> impl IntoView {
    view! { <time datetime=rfc3339(at)>{exact(at)}</time> }
}

/// A moment that may not have come, such as the last use.
#[component]
pub fn MaybeWhen(
    /// Which; none shows `never`.
    at: Option<Timestamp>,
    /// The words for none, such as `Never used`.
    #[prop(into)]
    never: String,
) -> impl IntoView {
    match at {
        Some(at) => view! { <When at/> }.into_any(),
        None => view! { <span class="soft never">{never}</span> }.into_any(),
    }
}
