//! The scope picker: the catalogue by group, with risk, endpoints, purpose, required or optional (PRODUCT A4 to A6).

use domain::portal::ScopeChoice;
use domain::scope::{CatalogueScope, Risk};
use leptos::prelude::*;

use crate::components::field::FieldError;
use crate::components::sending::Sending;

/// One scope and what the person chose for it.
#[derive(Clone)]
pub struct Pick {
    scope: CatalogueScope,
    chosen: RwSignal<bool>,
    required: RwSignal<bool>,
    purpose: RwSignal<String>,
}

/// The whole catalogue with `chosen` ticked.
pub fn picks(catalogue: Vec<CatalogueScope>, chosen: &[ScopeChoice]) -> Vec<Pick> {
    let pick = |scope: CatalogueScope| {
        let held = chosen.iter().find(|choice| choice.token == scope.token);
        Pick {
            chosen: RwSignal::new(held.is_some()),
            required: RwSignal::new(held.is_none_or(|choice| choice.required)),
            purpose: RwSignal::new(held.map(|choice| choice.purpose.clone()).unwrap_or_default()),
            scope,
        }
    };
    catalogue.into_iter().map(pick).collect()
}

/// What is sent: the ticked ones, in the catalogue's order.
pub fn choices(picks: &[Pick]) -> Vec<ScopeChoice> {
    let chosen = picks.iter().filter(|pick| pick.chosen.get_untracked());
    let choice = |pick: &Pick| ScopeChoice {
        token: pick.scope.token.clone(),
        purpose: pick.purpose.get_untracked().trim().to_owned(),
        required: pick.required.get_untracked(),
    };
    chosen.map(choice).collect()
}

/// The picker. An error of the field `scopes.N` stands under the N-th ticked scope, counted from 0.
#[component]
pub fn ScopePicker(
    /// The catalogue with the choices.
    picks: Vec<Pick>,
    /// The form that it belongs to.
    sending: Sending,
) -> impl IntoView {
    let mut groups: Vec<(String, Vec<Pick>)> = Vec::new();
    for pick in picks.iter().cloned() {
        match groups.iter_mut().find(|(name, _)| *name == pick.scope.group) {
            Some((_, members)) => members.push(pick),
            None => groups.push((pick.scope.group.clone(), vec![pick])),
        }
    }
    let all = StoredValue::new(picks);
    let groups = groups.into_iter().map(|(name, members)| {
        let lines = members.into_iter().map(|pick| view! { <Line pick all sending/> });
        view! { <fieldset class="scope-group"><legend>{name}</legend>{lines.collect_view()}</fieldset> }
    });
    view! {
        <div class="scope-picker">
            {groups.collect_view()}
            <FieldError id="scopes-error" message=sending.of_field("scopes")/>
        </div>
    }
}

/// One scope: tick, sentence, and, once ticked, purpose and required or optional.
#[component]
fn Line(pick: Pick, all: StoredValue<Vec<Pick>>, sending: Sending) -> impl IntoView {
    let Pick { scope, chosen, required, purpose } = pick;
    let token = scope.token.to_string();
    let own = token.clone();
    let problem = Memo::new(move |_| {
        let ticked = |picks: &Vec<Pick>| {
            picks.iter().filter(|pick| pick.chosen.get()).position(|pick| pick.scope.token.as_str() == own)
        };
        sending.of(&format!("scopes.{}", all.with_value(ticked)?))
    });
    let error_id = format!("scope-{token}-error");
    let endpoints = (!scope.endpoints.is_empty()).then(|| {
        view! { <span class="soft small">"Unlocks " <code>{scope.endpoints.join(", ")}</code></span> }
    });
    let more = {
        let token = token.clone();
        move || chosen.get().then(|| view! { <Details token=token.clone() required purpose error_id=error_id.clone() problem/> })
    };
    view! {
        <div class="scope" class:chosen=move || chosen.get()>
            <label class="check">
                <input type="checkbox" name="scope" value=token.clone() checked=chosen.get_untracked() prop:checked=move || chosen.get()
                    on:change=move |ev| chosen.set(event_target_checked(&ev))/>
                <span class="scope-text">
                    <span><b>{scope.sentence}</b>" "<code class="soft">{token}</code>
                        {(scope.risk == Risk::Sensitive).then(|| view! { " " <span class="status warn">"Sensitive"</span> })}</span>
                    {endpoints}
                </span>
            </label>
            {more}
        </div>
    }
}

/// Why the app needs it, and whether a person may leave it out.
#[component]
fn Details(
    token: String,
    required: RwSignal<bool>,
    purpose: RwSignal<String>,
    error_id: String,
    problem: Memo<Option<String>>,
) -> impl IntoView {
    let group = format!("need-{token}");
    let choice = move |value: bool, name: &'static str| {
        view! {
            <label class="check">
                <input type="radio" name=group.clone() checked=required.get_untracked() == value prop:checked=move || required.get() == value
                    on:change=move |_| required.set(value)/>
                <span>{name}</span>
            </label>
        }
    };
    view! {
        <div class="scope-more">
            <div class="field">
                <input class="input" type="text" maxlength="200" aria-label=format!("Purpose of {token}")
                    placeholder="Why the app needs it, in one sentence" aria-describedby=error_id.clone()
                    aria-invalid=move || problem.get().map(|_| "true")
                    value=purpose.get_untracked() prop:value=move || purpose.get() on:input=move |ev| purpose.set(event_target_value(&ev))/>
                <FieldError id=error_id message=Signal::derive(move || problem.get())/>
            </div>
            <div class="row" role="radiogroup" aria-label=format!("Need of {token}")>
                {choice(true, "Required")}{choice(false, "Optional: a person may leave it out")}
            </div>
        </div>
    }
}
