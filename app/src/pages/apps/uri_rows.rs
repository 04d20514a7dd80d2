//! Rows of redirect URIs, or of post-logout redirect URIs, each with its own error (PRODUCT A3).

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::Element;

use super::form::clear_errors;
use crate::components::icon::{Icon, PLUS, TRASH_2};

/// What an address of `/apps/{id}/redirect-uris` is called.
pub const REDIRECT_URI: &str = "Redirect URI";

/// The rows: inputs named `redirect_uri`. An error of the field `redirect_uris.N` stands under row N, counted from 0.
#[island]
pub fn UriRows(
    /// What stands in them at first.
    uris: Vec<String>,
    /// What one of them is called.
    noun: String,
) -> impl IntoView {
    let uris = if uris.is_empty() { vec![String::new()] } else { uris };
    let rows = RwSignal::new(uris.into_iter().map(RwSignal::new).collect::<Vec<_>>());
    let lines = move || {
        let held = rows.get().into_iter().enumerate();
        held.map(|(index, row)| view! { <Row rows row index noun=noun.clone()/> }).collect::<Vec<_>>()
    };
    view! {
        <div class="uri-rows">
            <ol>{lines}</ol>
            <span class="field-error" data-error-for="redirect_uris" role="alert"></span>
            <button type="button" class="button slight"
                on:click=move |_| rows.update(|rows| rows.push(RwSignal::new(String::new())))><Icon glyph=PLUS/>"Add another"</button>
        </div>
    }
}

#[component]
fn Row(rows: RwSignal<Vec<RwSignal<String>>>, row: RwSignal<String>, index: usize, noun: String) -> impl IntoView {
    let number = index + 1;
    let (label, remove_label) = (format!("{noun} {number}"), format!("Remove {noun} {number}"));
    let error = format!("redirect-uri-{number}-error");
    let placeholder =
        if noun == REDIRECT_URI { "https://app.example.com/oauth/callback" } else { "https://app.example.com/goodbye" };
    let remove = move |event: MouseEvent| {
        forget_errors(&event);
        rows.update(|rows| {
            rows.remove(index);
            if rows.is_empty() {
                rows.push(RwSignal::new(String::new()));
            }
        });
    };
    view! {
        <li class="field">
            <div class="uri-row">
                <input class="input mono" type="text" inputmode="url" name="redirect_uri" autocomplete="off" spellcheck="false"
                    aria-label=label aria-describedby=error.clone()
                    placeholder=placeholder
                    value=row.get_untracked() prop:value=move || row.get() on:input=move |ev| row.set(event_target_value(&ev))/>
                <button type="button" class="button bare" aria-label=remove_label on:click=remove>
                    <Icon glyph=TRASH_2/>
                </button>
            </div>
            <span class="field-error" id=error data-error-for=format!("redirect_uris.{index}") role="alert"></span>
        </li>
    }
}

/// What is wrong stands by the number of a row: once the numbers move, it would stand at another one.
fn forget_errors(event: &MouseEvent) {
    let pressed = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    if let Some(list) = pressed.and_then(|pressed| pressed.closest(".uri-rows").ok().flatten()) {
        clear_errors(&list);
    }
}
