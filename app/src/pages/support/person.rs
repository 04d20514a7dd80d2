//! `/support/people/{id}`: the dossier of a person.

use domain::audit::TargetKind;
use domain::id::UserId;
use domain::paths;
use domain::portal::{Membership, PersonDossier};
use leptos::prelude::*;

use super::{lists, opened};
use crate::components::card::Card;
use crate::components::layout::{Section, role_name};
use crate::components::mark::Mark;
use crate::components::page_header::PageHeader;
use crate::components::table::Who;
use crate::components::timestamp::When;
use crate::error::PortalError;
use crate::pages::framed::{Framed, framed, id_in_path};
use crate::session;

/// A person, as staff see him.
#[component]
pub fn SupportPerson() -> impl IntoView {
    framed(load())
}

async fn load() -> Result<Framed, PortalError> {
    let staff = session::support().await?;
    let id: UserId = id_in_path()?;
    let dossier = staff.store().person_dossier(id).await?;
    let title = dossier.person.name.clone();
    opened(&staff, TargetKind::User, id, &title).await?;
    Ok(Framed::new(&staff, Section::Support, title, page(dossier)))
}

fn page(dossier: PersonDossier) -> impl IntoView {
    let PersonDossier { person, memberships, timeline } = dossier;
    let mark = view! { <Mark id=person.id.to_string() name=person.name.clone() large=true/> };
    let staff =
        person.staff_role.map(|role| view! { <dt>"Staff role"</dt> <dd><span class="tag">{role.as_str()}</span></dd> });
    view! {
        <PageHeader title=person.name.clone() crumbs=lists::crumbs() lead=person.email.clone() mark=mark.into_any()>
            {lists::state(person.status)}
        </PageHeader>
        <div class="columns">
            <div class="stack">{lists::history(timeline)}</div>
            <div class="stack">
                <Card title="Person">
                    <dl class="facts upright">
                        <dt>"ID"</dt> <dd><code class="value">{person.id.to_string()}</code></dd>
                        <dt>"E-mail address"</dt> <dd class="value">{person.email}</dd>
                        {staff}
                        <dt>"Signed up"</dt> <dd><When at=person.created_at/></dd>
                    </dl>
                </Card>
                {organizations(memberships)}
            </div>
        </div>
    }
}

fn organizations(memberships: Vec<Membership>) -> impl IntoView {
    let none = memberships.is_empty();
    let rows = memberships
        .into_iter()
        .map(|Membership { organization, role }| {
            let mark = view! { <Mark id=organization.id.to_string() name=organization.name.clone()/> };
            let name = view! { <a href=paths::support_organization(organization.id)>{organization.name}</a> };
            view! { <li><Who mark=mark.into_any() name=name.into_any() note=role_name(role).into_any()/></li> }
        })
        .collect_view();
    view! {
        <Card title="Organizations">
            {none.then(|| view! { <p class="soft">"Not a member of any."</p> })}
            <ul class="stack-s">{rows}</ul>
        </Card>
    }
}
