//! Rows of redirect URIs, each with its own error (PRODUCT A3).

use leptos::prelude::*;

use crate::components::field::FieldError;
use crate::components::icon::{Icon, PLUS, TRASH_2};
use crate::components::sending::Sending;

/// The rows that a person edits. What is typed into one lives in a signal of its own, so that typing redraws nothing.
#[derive(Clone, Copy)]
pub struct Uris(RwSignal<Vec<RwSignal<String>>>);

impl Uris {
    /// Rows with `uris` in them; one empty row where there are none.
    pub fn new(uris: Vec<String>) -> Self {
        let uris = if uris.is_empty() { vec![String::new()] } else { uris };
        Self(RwSignal::new(uris.into_iter().map(RwSignal::new).collect()))
    }

    /// What stands in them, in order; trailing empty rows are left out, so that row numbers stay true.
    pub fn texts(self) -> Vec<String> {
        let mut texts: Vec<String> =
            self.0.get_untracked().into_iter().map(|row| row.get_untracked().trim().to_owned()).collect();
        while texts.len() > 1 && texts.last().is_some_and(String::is_empty) {
            texts.pop();
        }
        texts
    }

    fn add(self) {
        self.0.update(|rows| rows.push(RwSignal::new(String::new())));
    }

    fn remove(self, index: usize) {
        self.0.update(|rows| {
            rows.remove(index);
            if rows.is_empty() {
                rows.push(RwSignal::new(String::new()));
            }
        });
    }
}

/// The rows. An error of the field `redirect_uris.N` stands under row N, counted from 0.
#[component]
pub fn UriRows(
    /// The rows.
    uris: Uris,
    /// The form that they belong to.
    sending: Sending,
) -> impl IntoView {
    let rows = move || {
        let rows = uris.0.get();
        rows.into_iter().enumerate().map(|(index, row)| view! { <Row uris row index sending/> }).collect_view()
    };
    view! {
        <div class="uri-rows">
            <ol>{rows}</ol>
            <FieldError id="redirect_uris-error" message=sending.of_field("redirect_uris")/>
            <button type="button" class="button slight" on:click=move |_| uris.add()><Icon glyph=PLUS/>"Add another"</button>
        </div>
    }
}

#[component]
fn Row(uris: Uris, row: RwSignal<String>, index: usize, sending: Sending) -> impl IntoView {
    let number = index + 1;
    let field = format!("redirect_uris.{index}");
    let problem = Memo::new(move |_| sending.of(&field));
    let error_id = format!("redirect-uri-{number}-error");
    view! {
        <li class="field">
            <div class="uri-row">
                <input class="input mono" type="text" inputmode="url" name="redirect_uri" autocomplete="off" spellcheck="false"
                    aria-label=format!("Redirect URI {number}") aria-describedby=error_id.clone()
                    placeholder="https://app.example.com/oauth/callback"
                    aria-invalid=move || problem.get().map(|_| "true")
                    value=row.get_untracked() prop:value=move || row.get() on:input=move |ev| row.set(event_target_value(&ev))/>
                <button type="button" class="button bare" aria-label=format!("Remove redirect URI {number}")
                    on:click=move |_| uris.remove(index)><Icon glyph=TRASH_2/></button>
            </div>
            <FieldError id=error_id message=Signal::derive(move || problem.get())/>
        </li>
    }
}
