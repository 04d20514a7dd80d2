//! `/installs`: what may act in the organization, and who let it in (PRODUCT B1).

use domain::client::{ActorMode, InstallStatus};
use domain::paths;
use domain::portal::{InstallRow, Page};
use domain::scope::Risk;
use domain::store::installs::InstallFilter;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::components::empty_state::EmptyState;
use crate::components::icon::PLUG;
use crate::components::layout::Section;
use crate::components::mark::Mark;
use crate::components::page_header::PageHeader;
use crate::components::pagination::Pagination;
use crate::components::status::{InstallState, Meaning, Status};
use crate::components::table::{Table, Who};
use crate::components::timestamp::{MaybeWhen, When};
use crate::error::PortalError;
use crate::pages::framed::{Framed, framed};
use crate::pages::search::{Chip, Chips, SearchBox};
use crate::session;

/// What the URL asks for.
#[derive(Clone, Debug)]
struct Asked {
    q: String,
    status: Option<InstallStatus>,
    word: String,
    after: Option<String>,
}

impl Asked {
    fn of_url() -> Self {
        let query = use_query_map();
        let query = query.read_untracked();
        let word = query.get("status").unwrap_or_default();
        // Active ones are what an admin comes for; `all` is a filter too.
        let status = match word.as_str() {
            "" => Some(InstallStatus::Active),
            other => other.parse().ok(),
        };
        Self { q: query.get("q").unwrap_or_default(), status, word, after: query.get("after") }
    }
}

/// The list of installed apps.
#[component]
pub fn Installs() -> impl IntoView {
    framed(load(Asked::of_url()))
}

async fn load(asked: Asked) -> Result<Framed, PortalError> {
    let admin = session::org_admin().await?;
    let filter = InstallFilter {
        status: asked.status,
        q: (!asked.q.trim().is_empty()).then(|| asked.q.trim().to_owned()),
        after: asked.after.clone(),
    };
    let page = admin.store().installs_in(admin.org(), filter).await.map_err(PortalError::internal)?;
    let list = list(&asked, page, &admin.organization().name);
    Ok(Framed::new(&admin, Section::Installs, "Installed apps", list))
}

fn list(asked: &Asked, page: Page<InstallRow>, organization: &str) -> impl IntoView + use<> {
    let lead = format!("What may act in {organization}, and who let it in.");
    let filters = vec![("status", asked.word.clone()), ("q", asked.q.clone())];
    let body = if page.items.is_empty() { nothing(asked).into_any() } else { table(page.items).into_any() };
    view! {
        <PageHeader title="Installed apps" lead=lead/>
        <section class="card">
            <h2 class="visually-hidden">"List"</h2>
            <div class="filters">
                <SearchBox action=paths::INSTALLS label="Search installed apps" placeholder="App or maker" q=asked.q.clone() kept=vec![("status", asked.word.clone())]/>
                <Chips label="Status" chips=chips(asked)/>
            </div>
            {body}
        </section>
        <Pagination path=paths::INSTALLS filters=filters next=page.next first=asked.after.is_none()/>
    }
}

fn chips(asked: &Asked) -> Vec<Chip> {
    [("", "Active"), ("suspended", "Suspended"), ("revoked", "Revoked"), ("all", "All")]
        .into_iter()
        .map(|(word, name)| Chip::new(paths::INSTALLS, &[("status", word), ("q", &asked.q)], name, asked.word == word))
        .collect()
}

fn nothing(asked: &Asked) -> impl IntoView + use<> {
    let filtered = !asked.q.is_empty() || !asked.word.is_empty();
    if filtered {
        view! {
            <EmptyState glyph=PLUG title="No install matches" text="Nothing here has this name and status.">
                <a class="button" href=format!("{}?status=all", paths::INSTALLS)>"Show all"</a>
            </EmptyState>
        }
        .into_any()
    } else {
        view! {
            <EmptyState glyph=PLUG title="No app is installed here"
                text="An install begins at the app: it sends you here, and you see what it asks for before you allow it."/>
        }
        .into_any()
    }
}

fn table(rows: Vec<InstallRow>) -> impl IntoView + use<> {
    let rows = rows.into_iter().map(row).collect_view();
    view! {
        <Table caption="Installed apps" columns=vec!["App", "Status", "Acts as", "May", "Installed", "Last used"]>{rows}</Table>
    }
}

fn row(install: InstallRow) -> impl IntoView {
    let href = paths::install(install.id);
    let mark =
        view! { <Mark id=install.app.id.to_string() name=install.app.name.clone() logo=install.app.logo.clone()/> };
    let name = view! {
        <a href=href>{install.app.name.clone()}</a>
        {install.test.then(|| view! { " " <span class="tag">"Test"</span> })}
    };
    let note = format!("Made by {}", install.owner.name);
    let by = format!("by {}", install.installed_by);
    view! {
        <tr>
            <td class="lead"><Who mark=mark.into_any() name=name.into_any() note=note.into_any()/></td>
            <td class="state"><InstallState status=install.status/></td>
            <td data-label="Acts as">{acts_as(&install)}</td>
            <td class="long" data-label="May">{may_in_words(&install)}</td>
            <td data-label="Installed"><span><When at=install.installed_at/><span class="soft small under">{by}</span></span></td>
            <td data-label="Last used"><MaybeWhen at=install.last_used_at never="Never used"/></td>
        </tr>
    }
}

/// Itself, or the person.
pub(in crate::pages) fn acts_as(install: &InstallRow) -> String {
    match (install.actor, &install.acts_as) {
        (ActorMode::App, _) => "Itself".to_owned(),
        (ActorMode::Myself, Some(person)) => person.clone(),
        (ActorMode::Myself, None) => "A person who left".to_owned(),
    }
}

/// Sentences that a row has room for.
const SENTENCES: usize = 2;

/// What it may do, as far as there is room, and whether something needs care.
fn may_in_words(install: &InstallRow) -> impl IntoView + use<> {
    let known = &install.may;
    let sentences = known.iter().take(SENTENCES).map(|scope| view! { <span>{scope.sentence.clone()}</span> });
    let sentences = sentences.collect_view();
    let more = known.len().saturating_sub(SENTENCES);
    let sensitive = install.risk == Risk::Sensitive;
    view! {
        <span class="may-in-words small">
            {sentences}
            {known.is_empty().then(|| view! { <span class="soft">"Nothing"</span> })}
            <span class="row-s">
                {(more > 0).then(|| view! { <span class="soft">{format!("and {more} more")}</span> })}
                {sensitive.then(|| view! { <Status meaning=Meaning::Warn word="Sensitive"/> })}
            </span>
        </span>
    }
}

/// How many scopes, and whether one of them needs care.
pub(in crate::pages) fn may(install: &InstallRow) -> impl IntoView + use<> {
    let count = u64::try_from(install.scopes.len()).unwrap_or(u64::MAX);
    let sensitive = install.risk == Risk::Sensitive;
    view! {
        <span class="row-s">
            {crate::format::counted(count, "scope")}
            {sensitive.then(|| view! { <Status meaning=Meaning::Warn word="Sensitive"/> })}
        </span>
    }
}
