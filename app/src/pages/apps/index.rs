//! `/apps`: the list, its search and its empty state (PRODUCT A1, section 5.2).

use domain::paths;
use domain::portal::AppRow;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::components::empty_state::EmptyState;
use crate::components::icon::{Icon, PACKAGE, PLUS, SEARCH};
use crate::components::layout::Section;
use crate::components::mark::Mark;
use crate::components::page_header::PageHeader;
use crate::components::pagination::Pagination;
use crate::components::status::AppState;
use crate::components::table::{Table, Who};
use crate::components::timestamp::When;
use crate::error::PortalError;
use crate::format::counted;
use crate::pages::framed::{Framed, framed, said};
use crate::pages::search::SearchBox;
use crate::session::developer;

/// The apps of the organization.
#[component]
pub fn Apps() -> impl IntoView {
    let query = use_query_map().read_untracked().clone();
    framed(load(query.get("q").unwrap_or_default(), query.get("after")))
}

async fn load(q: String, after: Option<String>) -> Result<Framed, PortalError> {
    let developer = developer().await?;
    let list = developer.store().apps_of(
        developer.org(),
        Some(&q).filter(|q| !q.is_empty()).map(String::as_str),
        after.as_deref(),
    );
    let list = list.await.map_err(PortalError::internal)?;
    let nothing_yet = list.items.is_empty() && q.is_empty() && after.is_none();
    let lead = format!("OAuth apps that {} makes for other organizations.", developer.organization().name);
    let body = if nothing_yet {
        view! { <section class="card"><NoApps/></section> }.into_any()
    } else {
        let found = !list.items.is_empty();
        let first = after.is_none();
        view! {
            <section class="card">
                <div class="filters">
                    <SearchBox action=paths::APPS label="Search apps" placeholder="Name or client ID" q=q.clone()/>
                </div>
                {if found { view! { <AppRows apps=list.items/> }.into_any() } else { view! { <NoMatch q=q.clone()/> }.into_any() }}
            </section>
            <Pagination path=paths::APPS filters=vec![("q", q)] next=list.next first/>
        }
        .into_any()
    };
    let said = said(&developer).await;
    let page = view! {
        <PageHeader title="Apps" lead>
            {(!nothing_yet).then(|| view! { <a class="button main-action" href=paths::NEW_APP><Icon glyph=PLUS/>"New app"</a> })}
        </PageHeader>
        {said}
        {body}
    };
    Ok(Framed::new(&developer, Section::Apps, "Apps", page))
}

/// Apps as a table.
#[component]
pub fn AppRows(
    /// The apps.
    apps: Vec<AppRow>,
) -> impl IntoView {
    let rows = apps.into_iter().map(|app| view! { <Line app/> });
    view! { <Table caption="Apps" columns=vec!["App", "Status", "Client ID", "Installs", "Updated"]>{rows.collect_view()}</Table> }
}

/// One app.
#[component]
fn Line(app: AppRow) -> impl IntoView {
    let href = paths::app(app.id, "overview");
    let mark = view! { <Mark name=app.name.clone() id=app.id.to_string() logo=app.logo/> }.into_any();
    let name = view! { <a class="row-link" href=href>{app.name}</a> }.into_any();
    let note = app.description.into_any();
    let installs = if app.installs == 0 {
        view! { <span class="soft">"None yet"</span> }.into_any()
    } else {
        counted(app.installs, "organization").into_any()
    };
    view! {
        <tr>
            <td class="lead"><Who mark name note/></td>
            <td class="state"><AppState status=app.status/></td>
            <td data-label="Client ID"><code class="soft id">{app.client_id.to_string()}</code></td>
            <td class="keep" data-label="Installs">{installs}</td>
            <td data-label="Updated"><When at=app.updated_at/></td>
        </tr>
    }
}

#[component]
fn NoApps() -> impl IntoView {
    view! {
        <EmptyState glyph=PACKAGE title="No apps yet"
            text="An app is what asks organizations for access. Registering one takes a name, a redirect URI and the scopes that it needs.">
            <a class="button main-action" href=paths::NEW_APP><Icon glyph=PLUS/>"Register your first app"</a>
        </EmptyState>
    }
}

#[component]
fn NoMatch(q: String) -> impl IntoView {
    view! {
        <EmptyState glyph=SEARCH title=format!("No app matches \u{201c}{q}\u{201d}") text="Search looks at names and client IDs.">
            <a class="button" href=paths::APPS>"Show all apps"</a>
        </EmptyState>
    }
}
