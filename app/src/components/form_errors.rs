//! What is wrong with a plain form, at its head: read out at once, focusable, with a way to each field.

use leptos::prelude::*;

use super::icon::{CIRCLE_ALERT, Icon};
use crate::forms::FormProblem;

/// The summary of the request's [`FormProblem`]; nothing where there is none.
#[component]
pub fn FormErrors() -> impl IntoView {
    let problem = FormProblem::of_request();
    if problem.message().is_none() && problem.errors().is_empty() {
        return ().into_any();
    }
    let message = problem.message().unwrap_or("Some of it cannot be accepted yet.").to_owned();
    let has_errors = !problem.errors().is_empty();
    let links = problem
        .errors()
        .iter()
        .map(|(name, message)| view! { <li><a href=format!("#field-{name}")>{message.clone()}</a></li> })
        .collect_view();
    view! {
        <div class="notice bad" role="alert" tabindex="-1" autofocus>
            <Icon glyph=CIRCLE_ALERT/>
            <div class="stack-s">
                <p>{message}</p>
                {has_errors.then(|| view! { <ul class="errors">{links}</ul> })}
            </div>
        </div>
    }
    .into_any()
}
