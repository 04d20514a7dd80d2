//! `/apps/new`: the wizard: name, type, redirect URIs, scopes, and the secret once (PRODUCT A1 to A7).

use domain::client::{ActorModes, AuthMethod};
use domain::paths;
use domain::portal::{CreatedApp, NewApp as NewAppForm};
use domain::scope::CatalogueScope;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use super::scope_picker::{ScopePicker, choices, picks};
use super::uri_rows::{UriRows, Uris};
use crate::components::copy_button::Copier;
use crate::components::field::{Field, RadioCard, TextArea};
use crate::components::icon::{ARROW_RIGHT, CIRCLE_CHECK, Icon};
use crate::components::reveal_once::RevealOnce;
use crate::components::sending::{Failure, SendButton, Sending};
use crate::csrf::CsrfClient;
use crate::error::PortalError;

/// Registers an app of the current organization. The answer is the only one that holds its first secret.
#[server(prefix = "/fn", endpoint = "apps/create", client = CsrfClient, input = Json)]
pub async fn create_app(app: NewAppForm) -> Result<CreatedApp, PortalError> {
    crate::error::answer(async {
        let developer = crate::session::developer().await?;
        Ok(developer.store().create_app(developer.by(), developer.org(), app).await?)
    })
    .await
}

/// The wizard. Nothing is typed twice, and nothing that was typed is lost when a part of it is refused.
#[island]
pub fn Wizard(
    /// The scopes of the instance.
    catalogue: Vec<CatalogueScope>,
    /// The issuer, for the downloaded files.
    issuer: String,
) -> impl IntoView {
    let created = RwSignal::new(None::<CreatedApp>);
    let form = StoredValue::new(catalogue);
    let issuer = StoredValue::new(issuer);
    move || match created.get() {
        None => view! { <Form catalogue=form.get_value() created/> }.into_any(),
        Some(app) => view! { <Created app issuer=issuer.get_value()/> }.into_any(),
    }
}

#[component]
fn Form(catalogue: Vec<CatalogueScope>, created: RwSignal<Option<CreatedApp>>) -> impl IntoView {
    let sending = Sending::new();
    let (name, description) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let auth_method = RwSignal::new(AuthMethod::ClientSecretBasic);
    let actor_modes = RwSignal::new(ActorModes::Both);
    let uris = Uris::new(Vec::new());
    let picks = picks(catalogue, &[]);
    let sent = picks.clone();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let app = NewAppForm {
            name: name.get_untracked(),
            description: description.get_untracked(),
            auth_method: auth_method.get_untracked(),
            pkce_required: true,
            actor_modes: actor_modes.get_untracked(),
            redirect_uris: uris.texts(),
            scopes: choices(&sent),
        };
        sending.run(create_app(app), move |answer| created.set(Some(answer)));
    };
    view! {
        <form class="wizard" novalidate on:submit=submit>
            <Step number=1 title="What it is" text="People see this before they decide.">
                <Field label="Name" name="name" required=true maxlength=80 autocomplete="off" error=sending.of_field("name")
                    on:input=move |ev| name.set(event_target_value(&ev))/>
                <TextArea label="Description" name="description" maxlength=200 error=sending.of_field("description")
                    hint="One line: what it does for the organization that installs it."
                    on:input=move |ev| description.set(event_target_value(&ev))/>
            </Step>
            <Step number=2 title="Where it runs" text="This decides how it proves who it is when it exchanges a code.">
                <div class="choices-grid" on:change=move |ev| {
                    let public = event_target_value(&ev) == "public";
                    auth_method.set(if public { AuthMethod::None } else { AuthMethod::ClientSecretBasic });
                }>
                    <RadioCard name="type" value="confidential" title="On a server" checked=true
                        text="Confidential: it keeps a client secret. PKCE is required as well."/>
                    <RadioCard name="type" value="public" title="On a device or in a browser"
                        text="Public: no secret, because it could not keep one. PKCE protects each exchange."/>
                </div>
            </Step>
            <Step number=3 title="Where people come back to" text="Compared character by character: https, or http on a loopback address.">
                <UriRows uris sending/>
            </Step>
            <Step number=4 title="What it may do" text="Ask for what you need: admins read each line, and your reason for it.">
                <ScopePicker picks sending/>
            </Step>
            <Step number=5 title="Who acts" text="An app may act as itself, as the person who allows it, or leave the choice to each request.">
                <div class="choices-grid" on:change=move |ev| {
                    if let Ok(modes) = event_target_value(&ev).parse() {
                        actor_modes.set(modes);
                    }
                }>
                    <RadioCard name="actor" value="both" title="Either" checked=true text="Each authorization request says which."/>
                    <RadioCard name="actor" value="app" title="The app itself" text="A bot of its own, installed by an admin; it stays when people leave."/>
                    <RadioCard name="actor" value="self" title="The person" text="Acts as whoever allows it, never beyond that person's role."/>
                </div>
            </Step>
            <div class="wizard-end">
                <Failure sending/>
                <div class="row">
                    <SendButton sending label="Register app"/>
                    <a class="button" href=paths::APPS>"Cancel"</a>
                </div>
            </div>
        </form>
    }
}

/// A numbered part of the form.
#[component]
fn Step(number: u8, title: &'static str, text: &'static str, children: Children) -> impl IntoView {
    view! {
        <fieldset class="card step">
            <legend class="visually-hidden">{title}</legend>
            <div class="step-head" aria-hidden="true">
                <span class="step-number">{number}</span>
                <div><h2>{title}</h2><p class="soft">{text}</p></div>
            </div>
            <div class="body">{children()}</div>
        </fieldset>
    }
}

/// The last step: what the app is called in requests, and its secret, once.
#[component]
fn Created(app: CreatedApp, issuer: String) -> impl IntoView {
    let client_id = app.client_id.to_string();
    let overview = paths::app(app.id, "overview");
    let ready = RwSignal::new(app.secret.is_none());
    let onward = overview.clone();
    let secret = app.secret.map(|secret| {
        let variables = vec![
            ("PORTICO_ISSUER", issuer),
            ("PORTICO_CLIENT_ID", client_id.clone()),
            ("PORTICO_CLIENT_SECRET", secret.0.clone()),
        ];
        let done = move |()| {
            ready.set(true);
            _ = window().location().set_href(&onward);
        };
        view! {
            <div class="stack-s">
                <h3>"Client secret"</h3>
                <RevealOnce noun="client secret" value=secret.0 variables file=client_id.clone() done=Callback::new(done)/>
            </div>
        }
    });
    view! {
        <section class="card created" tabindex="-1">
            <header><div class="row"><span class="created-sign"><Icon glyph=CIRCLE_CHECK/></span><h2>"The app is registered"</h2></div></header>
            <div class="body">
                <div class="stack-s">
                    <h3>"Client ID"</h3>
                    <div class="reveal plain"><code>{client_id.clone()}</code><Copier text=client_id label="Copy client ID".to_owned()/></div>
                    <p class="soft small">"Permanent and public: it stands in every authorization request."</p>
                </div>
                {secret}
                {move || ready.get().then(|| view! {
                    <a class="button main-action" href=overview.clone()>"Go to the app"<Icon glyph=ARROW_RIGHT/></a>
                })}
            </div>
        </section>
    }
}

#[cfg(feature = "ssr")]
pub use page::NewApp;

#[cfg(feature = "ssr")]
mod page {
    use domain::paths;
    use leptos::prelude::*;

    use super::Wizard;
    use crate::components::layout::Section;
    use crate::components::page_header::{Crumb, PageHeader};
    use crate::error::PortalError;
    use crate::pages::apps::needs_script;
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
            <Wizard catalogue issuer/>
        };
        Ok(Framed { me: developer.me().clone(), section: Section::Apps, title: "New app".to_owned(), page: page.into_any() })
    }
}
