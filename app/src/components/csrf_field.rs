//! The hidden field that every form has which changes something.

use leptos::prelude::*;

use crate::session::RequestFacts;

/// The request's token as a hidden field (requirement 108).
#[component]
pub fn CsrfField() -> impl IntoView {
    let token = use_context::<RequestFacts>().map(|facts| facts.csrf).unwrap_or_default();
    view! { <input type="hidden" name=crate::csrf::FIELD value=token/> }
}
