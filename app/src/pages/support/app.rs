//! `/support/apps/{id}`: the dossier of an app; secrets are never displayed (PRODUCT D2).

use domain::audit::TargetKind;
use domain::client::{ActorModes, ClientType};
use domain::id::AppId;
use domain::paths;
use domain::portal::{AppDetail, AppDossier};
use leptos::prelude::*;

use super::{lists, opened};
use crate::components::card::Card;
use crate::components::layout::Section;
use crate::components::mark::Mark;
use crate::components::page_header::PageHeader;
use crate::components::scope_list::ScopeList;
use crate::components::status::AppState;
use crate::components::timestamp::When;
use crate::error::PortalError;
use crate::pages::framed::{Framed, framed, id_in_path};
use crate::session;

/// An app, as staff see it.
#[component]
pub fn SupportApp() -> impl IntoView {
    framed(load())
}

async fn load() -> Result<Framed, PortalError> {
    let staff = session::support().await?;
    let id: AppId = id_in_path()?;
    let dossier = staff.store().app_dossier(id).await?;
    let title = dossier.app.fields.name.clone();
    opened(&staff, TargetKind::App, id, &title).await?;
    Ok(Framed::new(&staff, Section::Support, title, page(dossier)))
}

fn page(dossier: AppDossier) -> impl IntoView {
    let AppDossier { app, secrets, installs, timeline } = dossier;
    let mark = view! { <Mark id=app.id.to_string() name=app.fields.name.clone() logo=app.logo.clone() large=true/> };
    let status = app.status;
    let facts = facts(app.clone()).into_any();
    let uris = app
        .redirect_uris
        .iter()
        .map(|row| view! { <li><code class="value">{row.uri.clone()}</code></li> })
        .collect_view();
    let no_uris = app.redirect_uris.is_empty();
    let (secret_count, install_count) = (secrets.len(), installs.len());
    view! {
        <PageHeader title=app.fields.name.clone() crumbs=lists::crumbs() lead=app.fields.description.clone() mark=mark.into_any()>
            <AppState status/>
        </PageHeader>
        <div class="stack">
            {facts}
            <div class="columns even">
                <Card title="Scopes that it asks for"><ScopeList scopes=app.scopes technical=true/></Card>
                <Card title="Redirect URIs">
                    {no_uris.then(|| view! { <p class="soft">"None is registered."</p> })}
                    <ul class="stack-s">{uris}</ul>
                </Card>
            </div>
            {lists::listing("Installs", "Nobody has installed it yet.", install_count, lists::installs(installs))}
            {lists::listing("Client secrets", "It has none.", secret_count, lists::secrets(secrets))}
            {lists::history(timeline)}
        </div>
    }
}

fn facts(app: AppDetail) -> impl IntoView {
    let client_type = match app.client_type {
        ClientType::Confidential => "Confidential: keeps a secret",
        ClientType::Public => "Public: cannot keep a secret",
    };
    let modes = match app.fields.actor_modes {
        ActorModes::App => "Itself",
        ActorModes::Myself => "The person who allows it",
        ActorModes::Both => "Itself, or the person who allows it",
    };
    view! {
        <Card title="App">
            <dl class="facts across">
                <div><dt>"Made by"</dt> <dd><a href=paths::support_organization(app.owner.id)>{app.owner.name}</a></dd></div>
                <div><dt>"Client ID"</dt> <dd><code class="value">{app.client_id.to_string()}</code></dd></div>
                <div><dt>"App ID"</dt> <dd><code class="value">{app.id.to_string()}</code></dd></div>
                <div><dt>"Type"</dt> <dd>{client_type}</dd></div>
                <div><dt>"Authenticates with"</dt> <dd><code>{app.auth_method.as_str()}</code></dd></div>
                <div><dt>"PKCE"</dt> <dd>{if app.fields.pkce_required { "Required" } else { "Optional" }}</dd></div>
                <div><dt>"May act as"</dt> <dd>{modes}</dd></div>
                <div><dt>"Token policy"</dt> <dd><code>{app.fields.token_policy}</code></dd></div>
                {app.fields.homepage.map(|url| {
                    let shown = url.clone();
                    view! { <div><dt>"Homepage"</dt> <dd><a class="value" href=url rel="noopener noreferrer">{shown}</a></dd></div> }
                })}
                {app.fields.support_email.map(|email| {
                    let href = format!("mailto:{email}");
                    view! { <div><dt>"Support"</dt> <dd><a class="value" href=href>{email}</a></dd></div> }
                })}
                <div><dt>"Registered"</dt> <dd><When at=app.created_at/></dd></div>
            </dl>
        </Card>
    }
}
