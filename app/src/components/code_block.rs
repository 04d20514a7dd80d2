//! Code to copy, with what it is and a copy button.

use leptos::prelude::*;

use super::copy_button::CopyButton;

/// A block of code. The button copies exactly what is shown.
#[component]
pub fn CodeBlock(
    /// The code.
    #[prop(into)]
    code: String,
    /// What the button says it copies, such as `Copy example`.
    #[prop(into)]
    label: String,
    /// What stands at the other end of its head: a name or the choice of languages.
    #[prop(optional, into)]
    head: Option<AnyView>,
) -> impl IntoView {
    view! {
        <div class="code">
            <header><span class="choices">{head}</span><CopyButton text=code.clone() label/></header>
            <pre tabindex="0"><code>{code}</code></pre>
        </div>
    }
}
