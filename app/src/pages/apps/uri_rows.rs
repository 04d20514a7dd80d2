//! Rows of redirect URIs, or of post-logout redirect URIs, each with its own error (PRODUCT A3).

use leptos::ev::MouseEvent;
use leptos::html::Ol;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlInputElement};

use super::form::errors;
use crate::components::icon::{Icon, PLUS, TRASH_2};

/// What an address of `/apps/{id}/redirect-uris` is called.
pub const REDIRECT_URI: &str = "Redirect URI";
/// What an address is called where people are sent after a sign-out.
pub const POST_LOGOUT_REDIRECT_URI: &str = "Post-logout redirect URI";

/// What the rows are called in their form.
pub const URIS: &str = "uris[]";

/// The rows: inputs named [`URIS`]. An error of the field `redirect_uris.N` stands under row N, counted from 0.
#[island]
pub fn UriRows(
    /// What stands in them at first.
    uris: Vec<String>,
    /// What is wrong with each of these at first; empty where nothing is.
    wrong: Vec<String>,
    /// What one of them is called.
    noun: String,
) -> impl IntoView {
    let uris = if uris.is_empty() { vec![String::new()] } else { uris };
    let rows = RwSignal::new(uris.into_iter().map(RwSignal::new).collect::<Vec<_>>());
    let (awake, said, list) = (RwSignal::new(false), RwSignal::new(String::new()), NodeRef::<Ol>::new());
    // What a browser put back into the rows, after Back, is older than this island.
    Effect::new(move |_| {
        let inputs = list.get().map(|list| inputs_of(&list)).unwrap_or_default();
        for (row, input) in rows.get_untracked().into_iter().zip(inputs) {
            row.set(input.value());
        }
        awake.set(true);
    });
    let add = {
        let noun = noun.clone();
        move |event: MouseEvent| {
            rows.update(|rows| rows.push(RwSignal::new(String::new())));
            let count = rows.with_untracked(Vec::len);
            said.set(format!("{noun} {count} added."));
            focus_row(list_of(&event), count - 1);
        }
    };
    let lines = move || {
        let held = rows.get().into_iter().enumerate();
        let held = held.map(|(index, row)| {
            // Later errors are put there by the form.
            let wrong = wrong.get(index).filter(|_| !awake.get_untracked()).cloned().unwrap_or_default();
            view! { <Row rows row index wrong noun=noun.clone() awake said/> }
        });
        held.collect::<Vec<_>>()
    };
    view! {
        <div class="uri-rows">
            <ol node_ref=list>{lines}</ol>
            <span class="field-error" data-error-for="redirect_uris" role="alert"></span>
            <button type="button" class="button slight" on:click=add><Icon glyph=PLUS/>"Add another"</button>
            <span role="status" class="visually-hidden">{move || said.get()}</span>
        </div>
    }
}

#[component]
fn Row(
    rows: RwSignal<Vec<RwSignal<String>>>,
    row: RwSignal<String>,
    index: usize,
    wrong: String,
    noun: String,
    awake: RwSignal<bool>,
    said: RwSignal<String>,
) -> impl IntoView {
    let number = index + 1;
    let (label, remove_label) = (format!("{noun} {number}"), format!("Remove {noun} {number}"));
    let error = format!("redirect-uri-{number}-error");
    let placeholder =
        if noun == REDIRECT_URI { "https://app.example.com/oauth/callback" } else { "https://app.example.com/goodbye" };
    let remove = move |event: MouseEvent| {
        let list = list_of(&event);
        if let Some(list) = &list {
            // What is wrong stands by the number of a row: once the numbers move, it would stand at another one.
            errors::clear(list);
            tell_the_form(list);
        }
        rows.update(|rows| {
            rows.remove(index);
            if rows.is_empty() {
                rows.push(RwSignal::new(String::new()));
            }
        });
        said.set(format!("{noun} {number} removed."));
        focus_row(list, index.min(rows.with_untracked(Vec::len) - 1));
    };
    view! {
        <li class="field">
            <div class="uri-row">
                <input class="input mono" type="text" inputmode="url" id=format!("field-redirect_uris.{index}") name=URIS spellcheck="false"
                    aria-label=label aria-describedby=error.clone() aria-invalid=(!wrong.is_empty()).then_some("true")
                    placeholder=placeholder
                    value=row.get_untracked() prop:value=move || awake.get().then(|| row.get()) on:input=move |ev| row.set(event_target_value(&ev))/>
                <button type="button" class="button bare" aria-label=remove_label on:click=remove>
                    <Icon glyph=TRASH_2/>
                </button>
            </div>
            <span class="field-error" id=error data-error-for=format!("redirect_uris.{index}") role="alert">{(!wrong.is_empty()).then_some(wrong)}</span>
        </li>
    }
}

/// The rows that the pressed button belongs to.
fn list_of(event: &MouseEvent) -> Option<Element> {
    let pressed = event.target()?.dyn_into::<Element>().ok()?;
    pressed.closest(".uri-rows").ok().flatten()
}

fn inputs_of(list: &Element) -> Vec<HtmlInputElement> {
    let Ok(inputs) = list.query_selector_all("input") else { return Vec::new() };
    (0..inputs.length()).filter_map(|index| inputs.item(index)?.dyn_into().ok()).collect()
}

/// Moves the focus to a row, once it is drawn: the pressed button stays behind, or is gone.
fn focus_row(list: Option<Element>, index: usize) {
    let Some(list) = list else { return };
    request_animation_frame(move || {
        if let Some(row) = inputs_of(&list).get(index) {
            _ = HtmlElement::focus(row);
        }
    });
}

/// A row that is taken away is a change that nobody typed.
fn tell_the_form(list: &Element) {
    if let Ok(event) = Event::new("input") {
        event.init_event_with_bubbles("input", true);
        _ = list.dispatch_event(&event);
    }
}
