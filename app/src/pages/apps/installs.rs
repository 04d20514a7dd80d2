//! `/apps/{id}/installs`: where the app is installed, for its owner (PRODUCT A15).

use domain::client::ActorMode;
use domain::paths;
use domain::portal::InstallRow;
use domain::store::installs::InstallFilter;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::app_page::{open, tab_page};
use crate::components::empty_state::EmptyState;
use crate::components::icon::{Icon, PLUG};
use crate::components::mark::Mark;
use crate::components::pagination::Pagination;
use crate::components::status::InstallState;
use crate::components::table::{Table, Who};
use crate::components::timestamp::{MaybeWhen, When};
use crate::error::PortalError;
use crate::pages::framed::{Framed, framed};

/// The tab.
#[component]
pub fn AppInstalls() -> impl IntoView {
    let after = use_query_map().read_untracked().get("after");
    framed(load(after))
}

async fn load(after: Option<String>) -> Result<Framed, PortalError> {
    let (developer, app) = open().await?;
    let first = after.is_none();
    let filter = InstallFilter { after, ..InstallFilter::default() };
    let list = developer.store().installs_of_app(developer.org(), app.id, filter).await?;
    let body = if list.items.is_empty() && first {
        let try_it = format!("{}#test-install", paths::app(app.id, "overview"));
        view! {
            <section class="card">
                <EmptyState glyph=PLUG title="Installed nowhere yet"
                    text="Every organization that allows the app appears here, with what it granted and when the app was last active in it.">
                    <a class="button main-action" href=try_it><Icon glyph=PLUG/>"Test it in your organization"</a>
                </EmptyState>
            </section>
        }
        .into_any()
    } else {
        let rows = list.items.into_iter().map(|install| view! { <Line install/> });
        view! {
            <section class="card">
                <Table caption="Installs" columns=vec!["Organization", "Status", "Acts as", "Scopes", "Installed", "Last used"]>
                    {rows.collect_view()}
                </Table>
            </section>
            <Pagination path=paths::app(app.id, "installs") next=list.next first/>
        }
        .into_any()
    };
    tab_page(&developer, &app, "installs", body).await
}

/// One install.
#[component]
fn Line(install: InstallRow) -> impl IntoView {
    let organization = install.organization;
    let mark = view! { <Mark name=organization.name.clone() id=organization.id.to_string()/> }.into_any();
    let note =
        view! { {organization.slug}{install.test.then(|| view! { " " <span class="tag">"Test"</span> })} }.into_any();
    let actor = match install.actor {
        ActorMode::App => "The app itself".to_owned(),
        ActorMode::Myself => install.acts_as.unwrap_or_else(|| "A person".to_owned()),
    };
    let by = (!install.installed_by.is_empty())
        .then(|| view! { <span class="soft small under">"by "{install.installed_by}</span> });
    view! {
        <tr>
            <td class="lead"><Who mark name=organization.name.into_any() note/></td>
            <td class="state"><InstallState status=install.status/></td>
            <td data-label="Acts as">{actor}</td>
            <td data-label="Scopes"><code class="soft scopes">{install.scopes.to_string()}</code></td>
            <td data-label="Installed"><span><When at=install.installed_at/>{by}</span></td>
            <td data-label="Last used"><MaybeWhen at=install.last_used_at never="Never used"/></td>
        </tr>
    }
}
