//! Escape closes the sheet that lies over the page.

use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// The sheets, where they are open.
const OPEN: &str = "details:is(.confirm, .menu, .switcher)[open]";

/// From now on Escape closes the innermost open sheet, and the focus goes back to what opened it.
pub fn close_on_escape() {
    _ = window_event_listener(ev::keydown, |event| {
        if event.key() == "Escape" {
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
    let summary = sheet.query_selector("summary").ok().flatten();
    if let Some(summary) = summary.and_then(|summary| summary.dyn_into::<HtmlElement>().ok()) {
        _ = summary.focus();
    }
}
