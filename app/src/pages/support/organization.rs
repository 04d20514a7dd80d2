//! `/support/organizations/{id}`: the dossier of an organization.

use domain::audit::TargetKind;
use domain::id::OrgId;
use domain::organization::InstallPolicy;
use domain::portal::{OrganizationDossier, SupportOrganization as Line};
use leptos::prelude::*;

use super::{lists, opened};
use crate::components::card::Card;
use crate::components::layout::Section;
use crate::components::mark::Mark;
use crate::components::page_header::PageHeader;
use crate::components::timestamp::When;
use crate::error::PortalError;
use crate::pages::framed::{Framed, framed, id_in_path};
use crate::session;

/// An organization, as staff see it.
#[component]
pub fn SupportOrganization() -> impl IntoView {
    framed(load())
}

async fn load() -> Result<Framed, PortalError> {
    let staff = session::support().await?;
    let id: OrgId = id_in_path()?;
    let dossier = staff.store().organization_dossier(id).await?;
    let title = dossier.organization.organization.name.clone();
    opened(&staff, TargetKind::Organization, id, &title).await?;
    Ok(Framed::new(&staff, Section::Support, title, page(dossier)))
}

fn page(dossier: OrganizationDossier) -> impl IntoView {
    let OrganizationDossier { organization, members, apps, installs, timeline } = dossier;
    let name = organization.organization.name.clone();
    let mark = view! { <Mark id=organization.organization.id.to_string() name=name.clone() large=true/> };
    let status = organization.status;
    let lead = organization.organization.slug.clone();
    let (member_count, app_count, install_count) = (members.len(), apps.len(), installs.len());
    let members = lists::people(members.into_iter().map(|(person, role)| (person, Some(role))).collect(), "Role");
    let apps = lists::apps(apps.into_iter().map(|row| (row, Some(name.clone()))).collect());
    view! {
        <PageHeader title=name crumbs=lists::crumbs() lead=lead mark=mark.into_any()>{lists::state(status)}</PageHeader>
        <div class="stack">
            {facts(organization)}
            {lists::listing("Installed apps", "No app is installed here.", install_count, lists::installs(installs))}
            {lists::listing("Apps that it makes", "It makes none.", app_count, apps)}
            {lists::listing("Members", "It has none.", member_count, members)}
            {lists::history(timeline)}
        </div>
    }
}

fn facts(line: Line) -> impl IntoView {
    let policy = match line.install_policy {
        InstallPolicy::Admins => "Admins install, members ask",
        InstallPolicy::Open => "Any member installs for himself",
        InstallPolicy::Allowlist => "Only apps on its list",
        InstallPolicy::OwnAppsOnly => "Only apps that it makes",
    };
    view! {
        <Card title="Organization">
            <dl class="facts across">
                <div><dt>"ID"</dt> <dd><code class="value">{line.organization.id.to_string()}</code></dd></div>
                <div><dt>"Slug"</dt> <dd><code class="value">{line.organization.slug}</code></dd></div>
                <div><dt>"Domain"</dt> <dd>{line.domain.unwrap_or_else(|| "None".to_owned())}</dd></div>
                <div><dt>"Plan"</dt> <dd>{line.plan}</dd></div>
                <div><dt>"Install policy"</dt> <dd>{policy}</dd></div>
                <div><dt>"Made"</dt> <dd><When at=line.created_at/></dd></div>
            </dl>
        </Card>
    }
}
