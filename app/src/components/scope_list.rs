//! What an app may do, in sentences.

use domain::portal::AppScope;
use domain::scope::{Risk, ScopeSet};
use leptos::prelude::*;

use super::icon::{CHECK, Icon, TRIANGLE_ALERT};

/// The scopes as sentences, with the maker's purpose, the risk and, on request, the tokens themselves.
#[component]
pub fn ScopeList(
    /// The scopes.
    scopes: Vec<AppScope>,
    /// Whether to show tokens and endpoints, for developers.
    #[prop(optional)]
    technical: bool,
    /// What was granted before, where others are to be told apart as new.
    #[prop(optional_no_strip)]
    granted: Option<ScopeSet>,
) -> impl IntoView {
    let rows = scopes.into_iter().map(|scope| {
        let new = is_new(&scope, granted.as_ref());
        view! { <ScopeLine scope technical new/> }
    });
    view! { <ul class="may">{rows.collect_view()}</ul> }
}

/// Whether a scope comes to what was granted before, if anything was.
pub fn is_new(scope: &AppScope, granted: Option<&ScopeSet>) -> bool {
    granted.is_some_and(|granted| !granted.contains(scope.scope.token.as_str()))
}

/// One of them.
#[component]
fn ScopeLine(scope: AppScope, technical: bool, new: bool) -> impl IntoView {
    let sensitive = scope.scope.risk == Risk::Sensitive;
    view! {
        <ScopeSentence sentence=scope.scope.sentence sensitive>
                {new.then(|| view! { " " <span class="tag">"New"</span> })}
                {(!scope.required).then(|| view! { " " <span class="tag">"Optional"</span> })}
                {(!scope.purpose.is_empty()).then(|| view! {
                    <span class="purpose">"\u{201c}" {scope.purpose} "\u{201d}"</span>
                })}
                {technical.then(|| view! { <code class="soft">{scope.scope.token.to_string()}</code> })}
        </ScopeSentence>
    }
}

/// What a scope lets an app do, and whether that needs care.
#[component]
pub fn ScopeSentence(
    /// The sentence.
    #[prop(into)]
    sentence: String,
    /// Whether it needs care.
    sensitive: bool,
    /// What stands after it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let glyph = if sensitive { TRIANGLE_ALERT } else { CHECK };
    view! {
        <li class=if sensitive { "sensitive" } else { "" }>
            <Icon glyph/>
            <span>
                {sentence}
                {sensitive.then(|| view! { " " <span class="status warn">"Sensitive"</span> })}
                {children.map(|children| children())}
            </span>
        </li>
    }
}
