//! `/apps/{id}/scopes`: what the app asks for, and why (PRODUCT A4 to A6).

use domain::id::AppId;
use domain::portal::ScopeChoice;
use domain::scope::CatalogueScope;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use super::scope_picker::{ScopePicker, choices, picks};
use crate::components::alert::{Notice, Tone};
use crate::components::sending::{Failure, SendButton, Sending};
use crate::csrf::CsrfClient;
use crate::error::PortalError;

/// Makes `scopes` what the app asks for from now on. Running installs never grow by it.
#[server(prefix = "/fn", endpoint = "apps/scopes/set", client = CsrfClient, input = Json)]
pub async fn set_scopes(app: AppId, scopes: Vec<ScopeChoice>) -> Result<(), PortalError> {
    crate::error::answer(async {
        let developer = crate::session::developer().await?;
        Ok(developer.store().set_scopes(developer.by(), developer.org(), app, scopes).await?)
    })
    .await
}

/// The picker and its Save.
#[island]
pub fn ScopeForm(
    /// The app.
    app: AppId,
    /// The scopes of the instance.
    catalogue: Vec<CatalogueScope>,
    /// What the app asks for now.
    chosen: Vec<ScopeChoice>,
) -> impl IntoView {
    let sending = Sending::new();
    let saved = RwSignal::new(false);
    let picks = picks(catalogue, &chosen);
    let sent = picks.clone();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        saved.set(false);
        sending.run(set_scopes(app, choices(&sent)), move |()| saved.set(true));
    };
    view! {
        <form class="stack" novalidate on:submit=submit on:input=move |_| saved.set(false)>
            <ScopePicker picks sending/>
            <Failure sending/>
            {move || saved.get().then(|| view! { <Notice tone=Tone::Good><p>"Saved. The next consent asks for these."</p></Notice> })}
            <div class="row"><SendButton sending label="Save scopes"/></div>
        </form>
    }
}

#[cfg(feature = "ssr")]
pub use page::Scopes;

#[cfg(feature = "ssr")]
mod page {
    use domain::portal::{AppScope, ScopeChoice};
    use leptos::prelude::*;

    use super::ScopeForm;
    use crate::components::card::Card;
    use crate::components::scope_list::ScopeList;
    use crate::error::PortalError;
    use crate::pages::apps::app_page::{id_in_path, open, tab_page};
    use crate::pages::apps::needs_script;
    use crate::pages::framed::{Framed, framed};

    /// The tab.
    #[component]
    pub fn Scopes() -> impl IntoView {
        framed(load(id_in_path()))
    }

    async fn load(id: String) -> Result<Framed, PortalError> {
        let (developer, app) = open(&id).await?;
        let catalogue = developer.store().catalogue().await.map_err(PortalError::internal)?.0;
        let choice = |held: &AppScope| ScopeChoice {
            token: held.scope.token.clone(),
            purpose: held.purpose.clone(),
            required: held.required,
        };
        let chosen = app.scopes.iter().map(choice).collect::<Vec<_>>();
        let (may, scopes) = (format!("{} will be able to", app.name), app.scopes.clone());
        let id = app.id;
        let body = view! {
            {needs_script()}
            <div class="columns">
                <Card title="Scopes" lead="What the app asks for. The reason that you write is shown to whoever decides.">
                    <ScopeForm app=id catalogue chosen/>
                </Card>
                <div class="stack">
                    <Card title="As people read it" lead=may>
                        <ScopeList scopes/>
                    </Card>
                    <Card title="What a change does">
                        <p class="soft">"Running installs keep what was granted: they never grow by themselves. What you take away here is gone from their tokens at once. New scopes are asked for at the next consent."</p>
                    </Card>
                </div>
            </div>
        };
        Ok(tab_page(&developer, &app, "scopes", body.into_any()).await)
    }
}
