//! The page of those who may not allow: why not, and whom to ask.

use domain::oauth::error::ErrorCode;
use domain::paths;
use domain::portal::{ConsentView, NotPermitted, OrganizationName};
use leptos::prelude::*;

use crate::components::csrf_field::CsrfField;

pub(super) fn not_permitted(
    view: &ConsentView,
    organization: &OrganizationName,
    reason: NotPermitted,
    ask: &[String],
    others: bool,
) -> impl IntoView + use<> {
    let here = paths::consent(view.id);
    let change = format!("{here}?change=1");
    let people = ask.iter().map(|person| view! { <li>{person.clone()}</li> }).collect_view();
    let has_people = !ask.is_empty();
    let whom = format!("Ask an owner or admin of {} to {}:", organization.name, remedy(reason));
    view! {
        <p>{long_reason(reason, &organization.name)}</p>
        {has_people.then(|| view! {
            <div class="stack-s">
                <h2 class="minor">"Whom to ask"</h2>
                <p>{whom}</p>
                <ul class="people">{people}</ul>
            </div>
        })}
        <p class="small soft">{format!("Nothing was shared with {}. When you return, it learns only that the request was not allowed: ", view.app.name)} <code class="value">{ErrorCode::AccessDenied.as_str()}</code> "."</p>
        <form class="stack-s" method="post" action=here>
            <CsrfField/>
            <input type="hidden" name="organization" value=organization.id.to_string()/>
            <button class="button main-action wide" name="decision" value="deny">"Return to app"</button>
        </form>
        {others.then(|| view! { <p class="small"><a href=change>"Choose another organization"</a></p> })}
    }
}

/// Why not, in a sentence.
fn long_reason(reason: NotPermitted, organization: &str) -> String {
    match reason {
        NotPermitted::NotLive => {
            format!("This app is a draft, and {organization} is not one of the organizations that test it.")
        }
        NotPermitted::Blocked => {
            format!("{organization} has blocked this app. Nobody can connect it there, admins included.")
        }
        NotPermitted::NotOnAllowlist => {
            format!("{organization} installs only apps that are on its list, and this one is not on it.")
        }
        NotPermitted::OwnAppsOnly => format!("{organization} installs only apps that it makes itself."),
        NotPermitted::InstallSuspended => format!(
            "This app is installed in {organization} already, and that install is suspended. Once an owner or admin has revoked it, the app can be installed again."
        ),
        NotPermitted::AdminsInstall => {
            format!("This app acts as itself, and only owners and admins of {organization} install such an app.")
        }
        NotPermitted::AdminsFirst => format!(
            "In {organization}, an owner or admin has to install this app before members connect it to their own account."
        ),
        NotPermitted::BeyondRole => format!(
            "It asks for something that your role in {organization} does not give, and nobody grants what his own role does not have."
        ),
    }
}

/// What to ask for: the end of "Ask an owner or admin to ..".
const fn remedy(reason: NotPermitted) -> &'static str {
    match reason {
        NotPermitted::NotLive => "ask the people who make it for a test",
        NotPermitted::Blocked => "lift the block",
        NotPermitted::NotOnAllowlist => "put it on the list",
        NotPermitted::OwnAppsOnly => "change the install policy",
        NotPermitted::InstallSuspended => "revoke the suspended install under Installed apps",
        NotPermitted::AdminsInstall | NotPermitted::AdminsFirst | NotPermitted::BeyondRole => "install it",
    }
}
