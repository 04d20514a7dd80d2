//! The scope picker: the catalogue by group, with risk, endpoints, purpose, required or optional (PRODUCT A4 to A6).
//!
//! Plain HTML: the details of a scope show while it is ticked, which is a line of the style sheet.

use domain::oauth::openid::OPENID;
use domain::portal::ScopeChoice;
use domain::scope::{CatalogueScope, Risk};
use domain::typed::MAX_LINE;
use leptos::prelude::*;

use crate::components::field::FieldError;
use crate::forms::FormProblem;

/// The picker. Its fields are those of [`domain::portal::ScopeLines`]: `scopes[<token>][ticked]`, `[purpose]` and
/// `[required]`.
#[component]
pub fn ScopePicker(
    /// The scopes of the instance.
    catalogue: Vec<CatalogueScope>,
    /// What is ticked at first.
    chosen: Vec<ScopeChoice>,
) -> impl IntoView {
    let mut groups: Vec<(String, Vec<CatalogueScope>)> = Vec::new();
    for scope in catalogue {
        match groups.iter_mut().find(|(name, _)| *name == scope.group) {
            Some((_, members)) => members.push(scope),
            None => groups.push((scope.group.clone(), vec![scope])),
        }
    }
    let groups = groups.into_iter().map(|(name, members)| {
        let lines = members.into_iter().map(|scope| {
            let held = chosen.iter().find(|choice| choice.token == scope.token).cloned();
            view! { <Line scope held/> }
        });
        view! { <fieldset class="scope-group"><legend>{name}</legend>{lines.collect_view()}</fieldset> }
    });
    view! {
        <div class="scope-picker" id="field-scopes">
            {groups.collect_view()}
            <FieldError id="scopes-error" name="scopes"/>
        </div>
    }
}

/// One scope: tick, sentence, and, once ticked, purpose and need.
#[component]
fn Line(scope: CatalogueScope, held: Option<ScopeChoice>) -> impl IntoView {
    let token = scope.token.to_string();
    let ticked = held.is_some();
    let optional = held.as_ref().is_some_and(|choice| !choice.required);
    let purpose = held.map(|choice| choice.purpose).unwrap_or_default();
    let endpoints = (!scope.endpoints.is_empty()).then(|| {
        view! { <span class="soft small">"Unlocks " <code>{scope.endpoints.join(", ")}</code></span> }
    });
    let (error, field) = (format!("scope-{token}-error"), format!("scope:{token}"));
    let name = |part: &str| format!("scopes[{token}][{part}]");
    let (tick, purpose_name) = (name("ticked"), name("purpose"));
    // Those of scopes without a tick were sent as well.
    let problem = FormProblem::of_request();
    let purpose = problem.typed(&purpose_name).unwrap_or(purpose);
    let invalid = problem.error(&field).map(|_| "true");
    let need = need(&token, name("required"), optional);
    view! {
        <div class="scope">
            <label class="check">
                <input type="checkbox" name=tick value="true" checked=ticked/>
                <span class="scope-text">
                    <span><b>{scope.sentence}</b>" "<code class="soft">{token.clone()}</code>
                        {(scope.risk == Risk::Sensitive).then(|| view! { " " <span class="status warn">"Sensitive"</span> })}</span>
                    {endpoints}
                </span>
            </label>
            <div class="scope-more">
                <div class="field">
                    <input class="input" type="text" id=format!("field-{field}") name=purpose_name maxlength=MAX_LINE value=purpose
                        aria-label=format!("Purpose of {token}") placeholder="Why the app needs it, in one sentence" aria-describedby=error.clone() aria-invalid=invalid/>
                    <FieldError id=error name=field/>
                </div>
                {need}
            </div>
        </div>
    }
}

/// Whether a person may leave the scope `token` out: a choice, but for the one that makes a request a sign-in.
fn need(token: &str, name: String, optional: bool) -> AnyView {
    if token == OPENID {
        return view! {
            <input type="hidden" name=name value="true"/>
            <p class="soft small">"It makes a request a sign-in, so nobody leaves it out."</p>
        }
        .into_any();
    }
    let name_too = name.clone();
    view! {
        <div class="row" role="radiogroup" aria-label=format!("Need of {token}")>
            <label class="check"><input type="radio" name=name value="true" checked=!optional/><span>"Required"</span></label>
            <label class="check"><input type="radio" name=name_too value="false" checked=optional/><span>"Optional: a person may leave it out"</span></label>
        </div>
    }
    .into_any()
}
