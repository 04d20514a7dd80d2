//! What is wrong with a field stands beside it, where the page has a place for it.

use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::wire::Refused;

/// Takes away what is wrong with the fields in `part`.
pub(crate) fn clear(part: &Element) {
    show(part, None);
}

/// Puts each message of `refused` into the element of `part` that waits for it, clears the others, and moves the focus
/// to the first. Whether what is said on the whole stands beside a field by now.
pub(super) fn show(part: &Element, refused: Option<&Refused>) -> bool {
    let Ok(places) = part.query_selector_all("[data-error-for]") else { return false };
    let (mut first, mut said) = (true, false);
    for index in 0..places.length() {
        let Some(place) = places.item(index).and_then(|node| node.dyn_into::<Element>().ok()) else { continue };
        let name = place.get_attribute("data-error-for").unwrap_or_default();
        let message = refused.and_then(|refused| refused.of_field(&name));
        place.set_text_content(message.as_deref());
        said |= refused.is_some_and(|refused| message.as_ref() == Some(&refused.message));
        let field = place.closest(".field").ok().flatten();
        let Some(control) = field.and_then(|field| field.query_selector(".input").ok().flatten()) else { continue };
        if message.is_some() {
            _ = control.set_attribute("aria-invalid", "true");
            if first && let Some(control) = control.dyn_ref::<HtmlElement>() {
                _ = control.focus();
                first = false;
            }
        } else {
            _ = control.remove_attribute("aria-invalid");
        }
    }
    said
}
