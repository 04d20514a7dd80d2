//! The page of those who may not allow: why not, and whom to ask.

use domain::oauth::error::ErrorCode;
use domain::paths;
use domain::portal::{ConsentView, NotPermitted, OrganizationName};
use domain::role::Role;
use leptos::prelude::*;

use crate::components::csrf_field::CsrfField;
use crate::pages::search::with_query;

/// Who can do something about it, as far as the organization goes.
pub(super) enum Whom {
    /// The person himself, in this role; and the other owners and admins.
    Himself(Role, Vec<String>),
    /// Owners and admins, of whom he is none.
    Others(Vec<String>),
}

impl Whom {
    /// Of the owners and admins `ask`, for the person with `role` in the organization and this e-mail address.
    pub(super) fn of(role: Option<Role>, ask: &[String], email: &str) -> Self {
        match role.filter(|role| role.administers_installs()) {
            Some(role) => {
                let himself = format!(" <{email}>");
                Self::Himself(role, ask.iter().filter(|line| !line.ends_with(&himself)).cloned().collect())
            }
            None => Self::Others(ask.to_vec()),
        }
    }
}

pub(super) fn not_permitted(
    view: &ConsentView,
    organization: &OrganizationName,
    reason: NotPermitted,
    whom: Whom,
    others: bool,
) -> impl IntoView + use<> {
    let here = paths::consent(view.id);
    let change = format!("{here}?change=1");
    let way_out = match whom {
        Whom::Others(ask) => {
            people(format!("Ask an owner or admin of {} to {}:", organization.name, remedy(reason)), ask).into_any()
        }
        Whom::Himself(role, ask) => by_himself(view, organization, reason, role, ask),
    };
    view! {
        <p>{long_reason(reason, &organization.name)}</p>
        {way_out}
        <p class="small soft">{format!("Nothing was shared with {}. When you return, it learns only that the request was not allowed: ", view.app.name)} <code class="value">{ErrorCode::AccessDenied.as_str()}</code> "."</p>
        <form class="stack-s" method="post" action=here>
            <CsrfField/>
            <input type="hidden" name="organization" value=organization.id.to_string()/>
            <button class="button main-action wide" name="decision" value="deny">"Return to app"</button>
        </form>
        {others.then(|| view! { <p class="small"><a href=change>"Choose another organization"</a></p> })}
    }
}

/// Whom to ask for what.
fn people(sentence: String, ask: Vec<String>) -> impl IntoView {
    (!ask.is_empty()).then(|| {
        let people = ask.into_iter().map(|person| view! { <li>{person}</li> }).collect_view();
        view! {
            <div class="stack-s">
                <h2 class="minor">"Whom to ask"</h2>
                <p>{sentence}</p>
                <ul class="people">{people}</ul>
            </div>
        }
    })
}

/// What somebody with `role` does who administers the installs himself. The installed apps are those of one organization
/// at a time, which need not be this one: the button changes to it.
fn by_himself(
    view: &ConsentView,
    organization: &OrganizationName,
    reason: NotPermitted,
    role: Role,
    others: Vec<String>,
) -> AnyView {
    let (place, app) = (&organization.name, &view.app.name);
    let (status, act) = match reason {
        NotPermitted::Blocked => ("revoked", "lift the block on the page of its revoked install"),
        NotPermitted::InstallSuspended => ("suspended", "revoke the suspended install"),
        NotPermitted::BeyondRole if role == Role::Admin => {
            return people(format!("Ask an owner of {place} to install it:"), others).into_any();
        }
        NotPermitted::NotLive | NotPermitted::BeyondRole => {
            let text = format!("Ask {}, who make it, about it.", view.owner.name);
            return view! { <p>{text}</p> }.into_any();
        }
        NotPermitted::NotOnAllowlist
        | NotPermitted::OwnAppsOnly
        | NotPermitted::AdminsInstall
        | NotPermitted::AdminsFirst => {
            let text = "No page changes that yet: ask whoever runs this site.";
            return view! { <p>{text}</p> }.into_any();
        }
    };
    let next = with_query(paths::INSTALLS, &[("status", status), ("q", app)]);
    let text = format!("You administer {place}: {act}. Then start again from {app}.");
    view! {
        <form class="stack-s" method="post" action=paths::SWITCH_ORGANIZATION>
            <CsrfField/>
            <input type="hidden" name="next" value=next/>
            <p>{text}</p>
            <button class="button wide" name="organization" value=organization.id.to_string()>{format!("Installed apps of {place}")}</button>
        </form>
    }
    .into_any()
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
