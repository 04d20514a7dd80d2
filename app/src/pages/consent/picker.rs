//! The organization picker (PRODUCT C4).

use domain::paths;
use domain::portal::{ConsentView, NotPermitted, OrganizationChoice, OrganizationName};
use domain::role::Role;
use leptos::prelude::*;

use crate::components::csrf_field::CsrfField;
use crate::components::mark::Mark;

pub(super) fn pick(view: &ConsentView, choices: &[OrganizationChoice]) -> impl IntoView + use<> {
    let here = paths::consent(view.id);
    let chosen = preselected(choices);
    let any = choices.iter().any(|choice| choice.not_permitted.is_none());
    let rows = choices.iter().map(|choice| choice_row(choice, chosen == Some(&choice.organization))).collect_view();
    view! {
        // Cancel belongs to a form of its own: Enter in the list continues.
        <form id="cancel" method="post" action=here.clone()>
            <CsrfField/>
        </form>
        <form class="stack" method="post" action=here>
            <CsrfField/>
            <fieldset class="choice-list">
                <legend>"Choose the organization that it will see"</legend>
                {rows}
            </fieldset>
            {(!any).then(|| view! { <p class="small">"You may not connect it to any of them. Choose one to see whom to ask."</p> })}
            <div class="decide">
                <button class="button" form="cancel" name="decision" value="deny">"Cancel"</button>
                <button class="button main-action" name="choose" value="1">"Continue"</button>
            </div>
        </form>
    }
}

/// The hinted organization, else the only permitted one: nothing else is chosen for the person.
fn preselected(choices: &[OrganizationChoice]) -> Option<&OrganizationName> {
    let mut permitted = choices.iter().filter(|choice| choice.not_permitted.is_none());
    if let Some(hinted) = choices.iter().find(|choice| choice.hinted) {
        return Some(&hinted.organization);
    }
    match (permitted.next(), permitted.next()) {
        (Some(only), None) => Some(&only.organization),
        _ => None,
    }
}

fn choice_row(choice: &OrganizationChoice, checked: bool) -> impl IntoView + use<> {
    let organization = choice.organization.clone();
    let note = match choice.not_permitted {
        Some(reason) => short_reason(reason).to_owned(),
        None => format!("You are {}", role_words(choice.role)),
    };
    view! {
        <label class="choice">
            <input type="radio" name="organization" value=organization.id.to_string() checked=checked required/>
            <Mark id=organization.id.to_string() name=organization.name.clone()/>
            <span class="choice-text">
                <b>{organization.name}</b>
                <span class="soft small">{note}</span>
            </span>
        </label>
    }
}

/// Why not, in one line of the picker.
const fn short_reason(reason: NotPermitted) -> &'static str {
    match reason {
        NotPermitted::NotLive => "May not test this draft",
        NotPermitted::Blocked => "Blocked this app",
        NotPermitted::NotOnAllowlist => "Installs only apps on its list",
        NotPermitted::OwnAppsOnly => "Installs only its own apps",
        NotPermitted::InstallSuspended => "Its install there is suspended",
        NotPermitted::AdminsInstall => "Only owners and admins install here",
        NotPermitted::AdminsFirst => "An admin has to install it first",
        NotPermitted::BeyondRole => "It asks for more than your role gives",
    }
}

const fn role_words(role: Role) -> &'static str {
    match role {
        Role::Owner => "an owner",
        Role::Admin => "an admin",
        Role::Developer => "a developer",
        Role::Member => "a member",
    }
}
