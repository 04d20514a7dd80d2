//! Escape closes the sheet that lies over the page.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// The sheets, where they are open.
const OPEN: &str = "details:is(.confirm, .menu, .switcher)[open]";

/// From now on Escape closes the innermost open sheet, and a focus within it goes back to what opened it.
pub fn close_on_escape() {
    _ = window_event_listener(ev::keydown, |event| {
        // Others may have meant it: a list of suggestions, or whoever composes a sign.
        if event.key() == "Escape" && !event.default_prevented() && !event.is_composing() {
            close_innermost();
        }
    });
}

fn close_innermost() {
    let Ok(open) = document().query_selector_all(OPEN) else { return };
    // What is within another comes after it.
    let last = open.length().checked_sub(1).and_then(|last| open.item(last));
    let Some(sheet) = last.and_then(|node| node.dyn_into::<Element>().ok()) else { return };
    _ = sheet.remove_attribute("open");
    let focused = document().active_element();
    let elsewhere = focused.is_some_and(|focused| focused.tag_name() != "BODY" && !sheet.contains(Some(&focused)));
    if elsewhere {
        return;
    }
    let summary = sheet.query_selector("summary").ok().flatten();
    if let Some(summary) = summary.and_then(|summary| summary.dyn_into::<HtmlElement>().ok()) {
        _ = summary.focus();
    }
}
