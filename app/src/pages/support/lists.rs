//! The tables that search and dossiers share.

use domain::organization::Status as Takes;
use domain::paths;
use domain::portal::{AppRow, AuditRow, InstallRow, SecretRow, SupportOrganization, SupportPerson};
use domain::role::{Role, StaffRole};
use leptos::prelude::*;

use crate::components::card::Card;
use crate::components::layout::role_name;
use crate::components::mark::Mark;
use crate::components::page_header::Crumb;
use crate::components::status::{AppState, InstallState, Meaning, SecretState, Status};
use crate::components::table::{Table, Who};
use crate::components::timeline::Timeline;
use crate::components::timestamp::{MaybeWhen, When};
use crate::format::counted;
use crate::pages::installs::index::{acts_as, may};

/// The way back to the search.
pub(super) fn crumbs() -> Vec<Crumb> {
    vec![Crumb::new(paths::SUPPORT, "Support")]
}

/// A card with a table; nothing in it is said in words.
pub(super) fn listing(title: &str, nothing: &'static str, count: usize, table: AnyView) -> impl IntoView + use<> {
    let body = if count == 0 { view! { <p class="soft padded">{nothing}</p> }.into_any() } else { table };
    let aside = view! { <span class="small soft">{count.to_string()}</span> };
    view! { <Card title=title.to_owned() aside=aside.into_any() flush=true>{body}</Card> }
}

/// A dossier's history.
pub(super) fn history(rows: Vec<AuditRow>) -> impl IntoView {
    let body = if rows.is_empty() {
        view! { <p class="soft">"Nothing is recorded yet."</p> }.into_any()
    } else {
        view! { <Timeline rows at_once=12_usize/> }.into_any()
    };
    view! { <Card title="Timeline" lead="Newest first, at most a hundred.">{body}</Card> }
}

/// Apps; `owners` stands beside each where the list holds several organizations' apps.
pub(super) fn apps(rows: Vec<(AppRow, Option<String>)>) -> AnyView {
    let line = |(row, owner): (AppRow, Option<String>)| {
        let mark = view! { <Mark id=row.id.to_string() name=row.name.clone() logo=row.logo.clone()/> };
        let name = view! { <a href=paths::support_app(row.id)>{row.name.clone()}</a> };
        let note = view! { <code>{row.client_id.to_string()}</code> };
        view! {
            <tr>
                <td class="lead"><Who mark=mark.into_any() name=name.into_any() note=note.into_any()/></td>
                <td class="state"><AppState status=row.status/></td>
                <td data-label="Made by">{owner}</td>
                <td data-label="Installed in">{counted(row.installs, "organization")}</td>
                <td data-label="Changed"><When at=row.updated_at/></td>
            </tr>
        }
    };
    let rows = rows.into_iter().map(line).collect_view();
    view! { <Table caption="Apps" columns=vec!["App", "Status", "Made by", "Installed in", "Changed"]>{rows}</Table> }
        .into_any()
}

/// Installs.
pub(super) fn installs(rows: Vec<InstallRow>) -> AnyView {
    let line = |row: InstallRow| {
        let mark = view! { <Mark id=row.app.id.to_string() name=row.app.name.clone() logo=row.app.logo.clone()/> };
        let name = view! {
            <a href=paths::support_install(row.id)>{format!("{} in {}", row.app.name, row.organization.name)}</a>
            {row.test.then(|| view! { " " <span class="tag">"Test"</span> })}
        };
        let note = format!("Installed by {}", row.installed_by);
        view! {
            <tr>
                <td class="lead"><Who mark=mark.into_any() name=name.into_any() note=note.into_any()/></td>
                <td class="state"><InstallState status=row.status/></td>
                <td data-label="Acts as">{acts_as(&row)}</td>
                <td data-label="May">{may(&row)}</td>
                <td data-label="Installed"><When at=row.installed_at/></td>
                <td data-label="Last used"><MaybeWhen at=row.last_used_at never="Never used"/></td>
            </tr>
        }
    };
    let rows = rows.into_iter().map(line).collect_view();
    view! {
        <Table caption="Installs" columns=vec!["Install", "Status", "Acts as", "May", "Installed", "Last used"]>{rows}</Table>
    }
    .into_any()
}

/// Organizations.
pub(super) fn organizations(rows: Vec<SupportOrganization>) -> AnyView {
    let line = |row: SupportOrganization| {
        let organization = row.organization;
        let mark = view! { <Mark id=organization.id.to_string() name=organization.name.clone()/> };
        let name = view! { <a href=paths::support_organization(organization.id)>{organization.name}</a> };
        view! {
            <tr>
                <td class="lead"><Who mark=mark.into_any() name=name.into_any() note=organization.slug.into_any()/></td>
                <td class="state">{state(row.status)}</td>
                <td data-label="Domain">{row.domain.unwrap_or_else(|| "None".to_owned())}</td>
                <td data-label="Plan">{row.plan}</td>
                <td data-label="Made"><When at=row.created_at/></td>
            </tr>
        }
    };
    let rows = rows.into_iter().map(line).collect_view();
    view! { <Table caption="Organizations" columns=vec!["Organization", "Status", "Domain", "Plan", "Made"]>{rows}</Table> }
        .into_any()
}

/// People and a role of theirs: the one in the organization whose members they are, else in the staff. `role` heads it.
pub(super) fn people(rows: Vec<(SupportPerson, Option<Role>)>, role: &'static str) -> AnyView {
    let line = |(row, held): (SupportPerson, Option<Role>)| {
        let mark = view! { <Mark id=row.id.to_string() name=row.name.clone()/> };
        let name = view! { <a href=paths::support_person(row.id)>{row.name.clone()}</a> };
        let held = match (held, row.staff_role) {
            (Some(role), _) => role_name(role),
            (None, Some(StaffRole::Support)) => "Support",
            (None, Some(StaffRole::Operator)) => "Operator",
            (None, None) => "None",
        };
        view! {
            <tr>
                <td class="lead"><Who mark=mark.into_any() name=name.into_any() note=row.email.into_any()/></td>
                <td class="state">{state(row.status)}</td>
                <td data-label=role>{held}</td>
                <td data-label="Signed up"><When at=row.created_at/></td>
            </tr>
        }
    };
    let rows = rows.into_iter().map(line).collect_view();
    view! { <Table caption="People" columns=vec!["Person", "Status", role, "Signed up"]>{rows}</Table> }.into_any()
}

/// An app's secrets: hints only.
pub(super) fn secrets(rows: Vec<SecretRow>) -> AnyView {
    let line = |row: SecretRow| {
        let note = view! { <code>{row.hint}</code> };
        view! {
            <tr>
                <td class="lead"><Who name=row.label.into_any() note=note.into_any()/></td>
                <td class="state"><SecretState status=row.status end=row.expires_at/></td>
                <td data-label="Created by">{if row.created_by.is_empty() { "The command line".to_owned() } else { row.created_by }}</td>
                <td data-label="Created"><When at=row.created_at/></td>
                <td data-label="Last used"><MaybeWhen at=row.last_used_at never="Never used"/></td>
            </tr>
        }
    };
    let rows = rows.into_iter().map(line).collect_view();
    view! { <Table caption="Client secrets" columns=vec!["Secret", "Status", "Created by", "Created", "Last used"]>{rows}</Table> }
        .into_any()
}

/// Whether a person or an organization takes part.
pub(super) fn state(status: Takes) -> impl IntoView {
    let (meaning, word) = match status {
        Takes::Active => (Meaning::Good, "Active"),
        Takes::Suspended => (Meaning::Bad, "Suspended"),
    };
    view! { <Status meaning word/> }
}

/// From an install to the other dossiers.
pub(in crate::pages) fn install_links(row: &InstallRow) -> impl IntoView + use<> {
    view! {
        <dt>"App"</dt> <dd><a href=paths::support_app(row.app.id)>{row.app.name.clone()}</a></dd>
        <dt>"Made by"</dt> <dd><a href=paths::support_organization(row.owner.id)>{row.owner.name.clone()}</a></dd>
        <dt>"Installed in"</dt> <dd><a href=paths::support_organization(row.organization.id)>{row.organization.name.clone()}</a></dd>
    }
}
