//! What cannot be taken back, last on its page: each row says what happens, to how many, and whether it can be undone.

use leptos::prelude::*;

/// The card at the end of a page.
#[component]
pub fn DangerZone(
    /// Rows of [`DangerAct`].
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card danger-zone">
            <header><h2>"Danger zone"</h2></header>
            <div class="body">{children()}</div>
        </section>
    }
}

/// One action of it.
#[component]
pub fn DangerAct(
    /// What it is, as a noun or a situation.
    #[prop(into)]
    title: String,
    /// What happens, to how many, and whether it can be undone.
    #[prop(into)]
    consequence: String,
    /// The form or button.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="act">
            <div><h3>{title}</h3><p class="soft">{consequence}</p></div>
            {children()}
        </div>
    }
}
