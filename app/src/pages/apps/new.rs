//! `/apps/new`: the wizard: name, type, redirect URIs, scopes, and the secret once (PRODUCT A1 to A7).

use domain::portal::{CreatedApp, NewApp as NewAppForm};
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use crate::csrf::CsrfClient;
use crate::error::PortalError;

/// Registers an app of the current organization. The answer is the only one that holds its first secret.
#[server(prefix = "/fn", endpoint = "apps/create", client = CsrfClient, input = Json)]
pub async fn create_app(app: NewAppForm) -> Result<CreatedApp, PortalError> {
    crate::error::answer(async {
        let developer = crate::session::developer().await?;
        let sent: Vec<_> = app.scopes.iter().map(|choice| choice.token.clone()).collect();
        let result = developer.store().create_app(developer.by(), developer.org(), app).await;
        result.map_err(|problem| super::scopes::by_token(problem, &sent))
    })
    .await
}

#[cfg(feature = "ssr")]
pub use page::*;

#[cfg(feature = "ssr")]
mod page {
    use domain::paths;
    use domain::scope::CatalogueScope;
    use leptos::prelude::*;

    use crate::components::field::{Field, RadioCard, TextArea};
    use crate::components::layout::Section;
    use crate::components::page_header::{Crumb, PageHeader};
    use crate::error::PortalError;
    use crate::pages::apps::form::{AppForm, Task};
    use crate::pages::apps::needs_script;
    use crate::pages::apps::scope_picker::ScopePicker;
    use crate::pages::apps::uri_rows::UriRows;
    use crate::pages::framed::{Framed, framed};
    use crate::session::developer;

    /// The wizard's page.
    #[component]
    pub fn NewApp() -> impl IntoView {
        framed(load())
    }

    async fn load() -> Result<Framed, PortalError> {
        let developer = developer().await?;
        let catalogue = developer.store().catalogue().await.map_err(PortalError::internal)?.0;
        let issuer = developer.store().settings().issuer.clone();
        let lead = format!("{} will own it.", developer.organization().name);
        let page = view! {
            <PageHeader title="New app" lead crumbs=vec![Crumb::new(paths::APPS, "Apps")]/>
            {needs_script()}
            <div class="wizard">
                <AppForm task=Task::Create label="Register app".to_owned() danger=false action=String::new()>
                    <input type="hidden" name="issuer" value=issuer/>
                    <Steps catalogue/>
                </AppForm>
            </div>
        };
        Ok(Framed {
            me: developer.me().clone(),
            section: Section::Apps,
            title: "New app".to_owned(),
            page: page.into_any(),
        })
    }

    /// Everything on one page: nothing is typed twice, and nothing is lost when a part is refused.
    #[component]
    fn Steps(catalogue: Vec<CatalogueScope>) -> impl IntoView {
        view! {
            <Step number=1 title="What it is" text="People see this before they decide.">
                <Field label="Name" name="name" required=true maxlength=80 autocomplete="off"/>
                <TextArea label="Description" name="description" maxlength=200
                    hint="One line: what it does for the organization that installs it."/>
            </Step>
            <Step number=2 title="Where it runs" text="This decides how it proves who it is when it exchanges a code.">
                <div class="choices-grid">
                    <RadioCard name="type" value="confidential" title="On a server" checked=true
                        text="Confidential: it keeps a client secret. PKCE is required as well."/>
                    <RadioCard name="type" value="public" title="On a device or in a browser"
                        text="Public: no secret, because it could not keep one. PKCE protects each exchange."/>
                </div>
            </Step>
            <Step number=3 title="Where people come back to" text="Compared character by character: https, or http on a loopback address.">
                <UriRows uris=Vec::new()/>
            </Step>
            <Step number=4 title="What it may do" text="Ask for what you need: admins read each line, and your reason for it.">
                <ScopePicker catalogue chosen=Vec::new()/>
            </Step>
            <Step number=5 title="Who acts" text="An app may act as itself, as the person who allows it, or leave the choice to each request.">
                <div class="choices-grid">
                    <RadioCard name="actor" value="both" title="Either" checked=true text="Each authorization request says which."/>
                    <RadioCard name="actor" value="app" title="The app itself" text="A bot of its own, installed by an admin; it stays when people leave."/>
                    <RadioCard name="actor" value="self" title="The person" text="Acts as whoever allows it, never beyond that person's role."/>
                </div>
            </Step>
        }
    }

    /// A numbered part of the form.
    #[component]
    fn Step(number: u8, title: &'static str, text: &'static str, children: Children) -> impl IntoView {
        view! {
            <fieldset class="card step">
                <legend class="visually-hidden">{title}</legend>
                <div class="step-head">
                    <span class="step-number" aria-hidden="true">{number}</span>
                    <div><h2>{title}</h2><p class="soft">{text}</p></div>
                </div>
                <div class="body">{children()}</div>
            </fieldset>
        }
    }
}
