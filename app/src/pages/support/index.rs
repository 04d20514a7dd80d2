//! `/support`: one search over apps, installs, organizations, people and request ids (PRODUCT D1).

use domain::paths;
use domain::portal::SearchResults;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::lists;
use crate::components::empty_state::EmptyState;
use crate::components::icon::{LIFE_BUOY, SEARCH};
use crate::components::layout::Section;
use crate::components::page_header::PageHeader;
use crate::error::PortalError;
use crate::pages::framed::{Framed, framed};
use crate::pages::search::SearchBox;
use crate::session;

/// Support's search.
#[component]
pub fn Support() -> impl IntoView {
    let q = use_query_map().read_untracked().get("q").unwrap_or_default().trim().to_owned();
    framed(load(q))
}

async fn load(q: String) -> Result<Framed, PortalError> {
    let staff = session::support().await?;
    let found = if q.is_empty() {
        SearchResults::default()
    } else {
        staff.store().search(&q).await.map_err(PortalError::internal)?
    };
    let waiting = staff.store().reviews_waiting().await.map_err(PortalError::internal)?;
    let page = page(q, found, waiting);
    Ok(Framed::new(&staff, Section::Support, "Support", page))
}

fn page(q: String, found: SearchResults, waiting: u64) -> impl IntoView {
    let body = if q.is_empty() { hints().into_any() } else { results(found) };
    view! {
        <PageHeader title="Support" lead="Everything but secrets. Opening a dossier leaves a line in the audit log.">
            <a class="button" href=paths::REVIEWS>{format!("Review queue ({waiting})")}</a>
        </PageHeader>
        <div class="filters far">
            <SearchBox action=paths::SUPPORT label="Search everything" placeholder="Client ID, name, domain, e-mail address, install or request ID" q=q/>
        </div>
        {body}
    }
}

fn hints() -> impl IntoView {
    view! {
        <section class="card">
            <h2 class="visually-hidden">"What can be found"</h2>
            <EmptyState glyph=LIFE_BUOY title="What are you looking for?"
                text="Apps by name or client ID, installs by ID or by the name of their app or organization, organizations by name, slug, domain or ID, people by name or e-mail address, and what one request did by its request ID. Never paste a secret or a token."/>
        </section>
    }
}

fn results(found: SearchResults) -> AnyView {
    let SearchResults { apps, installs, organizations, people, events } = found;
    if apps.is_empty() && installs.is_empty() && organizations.is_empty() && people.is_empty() && events.is_empty() {
        return view! {
            <section class="card">
                <h2 class="visually-hidden">"Results"</h2>
                <EmptyState glyph=SEARCH title="Nothing was found" text="IDs, slugs and domains must be whole. Names and e-mail addresses may be a part. A request that changed nothing, such as a refused token request, is in the server\u{2019}s log only: look there for its request ID."/>
            </section>
        }
        .into_any();
    }
    let counts = [apps.len(), installs.len(), organizations.len(), people.len()];
    let apps = apps.into_iter().map(|app| (app.row, Some(app.owner.name))).collect();
    let people = people.into_iter().map(|person| (person, None)).collect();
    let groups = [
        ("Apps", lists::apps(apps)),
        ("Installs", lists::installs(installs)),
        ("Organizations", lists::organizations(organizations)),
        ("People", lists::people(people, "Staff role")),
    ];
    let groups = groups
        .into_iter()
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|((title, table), count)| lists::listing(title, "", count, table))
        .collect_view();
    let events = (!events.is_empty()).then(|| lists::history(events));
    view! { <div class="stack">{groups} {events}</div> }.into_any()
}
