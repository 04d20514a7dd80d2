//! Code to copy, with what it is and a copy button.

use leptos::prelude::*;

use super::copy_button::CopyButton;

/// A block of code with its copy button.
#[component]
pub fn CodeBlock(
    /// The code.
    #[prop(into)]
    code: String,
    /// What the button says it copies, such as `Copy example`.
    #[prop(into)]
    label: String,
    /// What is copied where that differs from what is shown: one line, for example.
    #[prop(optional, into)]
    copies: Option<String>,
    /// What stands at the other end of its head: a name or the choice of languages.
    #[prop(optional, into)]
    head: Option<AnyView>,
) -> impl IntoView {
    view! {
        <div class="code">
            <header><span class="choices">{head}</span><CopyButton text=copies.unwrap_or_else(|| code.clone()) label/></header>
            <pre tabindex="0"><code>{code}</code></pre>
        </div>
    }
}
