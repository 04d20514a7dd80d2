//! The hidden field that every form has which changes something.

use leptos::prelude::*;

/// The request's token as a hidden field (requirement 108).
#[component]
pub fn CsrfField() -> impl IntoView {
    #[cfg(feature = "ssr")]
    let token = use_context::<crate::session::RequestFacts>().map(|facts| facts.csrf).unwrap_or_default();
    #[cfg(not(feature = "ssr"))]
    let token = "";
    view! { <input type="hidden" name=crate::csrf::FIELD value=token/> }
}
