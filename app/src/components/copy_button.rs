//! Copies a value. The focus stays on the button, and a status region beside it says that it worked (WCAG 4.1.3).

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use web_sys::js_sys::futures::JsFuture;

use super::icon::{CHECK, COPY, Icon};

/// What became of the last press.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copied {
    NotYet,
    Done,
    Failed,
}

/// Copies `text`. Without scripting it is not shown: what it copies stands beside it.
#[island]
pub fn CopyButton(
    /// What is copied; never read out.
    text: String,
    /// The button's own name, such as `Copy client ID`.
    label: String,
) -> impl IntoView {
    view! { <Copier text label/> }
}

/// The button itself, for use inside an island.
#[component]
pub fn Copier(
    /// What is copied.
    text: String,
    /// The button's own name.
    label: String,
    /// Whether it is the main action where it stands.
    #[prop(optional)]
    main: bool,
) -> impl IntoView {
    let copied = RwSignal::new(Copied::NotYet);
    let press = move |_: MouseEvent| copy(&text, copied);
    let class = if main { "button main-action copy" } else { "button slight copy" };
    view! {
        <span class="copier">
            <button type="button" class=class aria-label=label on:click=press>
                {move || if copied.get() == Copied::Done {
                    view! { <Icon glyph=CHECK/> }
                } else {
                    view! { <Icon glyph=COPY/> }
                }}
                <span>{move || if copied.get() == Copied::Done { "Copied" } else { "Copy" }}</span>
            </button>
            <span role="status" class="visually-hidden">
                {move || match copied.get() {
                    Copied::NotYet => "",
                    Copied::Done => "Copied",
                    Copied::Failed => "Copying failed: select the text by hand",
                }}
            </span>
        </span>
    }
}

/// Asks the browser; its answer comes later.
fn copy(text: &str, copied: RwSignal<Copied>) {
    copied.set(Copied::NotYet);
    let promise = window().navigator().clipboard().write_text(text);
    leptos::task::spawn_local(async move {
        if JsFuture::from(promise).await.is_ok() {
            copied.set(Copied::Done);
            set_timeout(move || _ = copied.try_set(Copied::NotYet), std::time::Duration::from_secs(2));
        } else {
            copied.set(Copied::Failed);
        }
    });
}
