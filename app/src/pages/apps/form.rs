//! The one island of the app's forms. The fields are plain HTML that the server drew: the island reads them when the
//! form is sent, calls the server function, and puts what is wrong beside the field that it concerns.
//!
//! Drawing the fields in the browser as well would triple the wasm; nothing of them reacts but their errors.

use domain::client::{ActorModes, AuthMethod};
use domain::id::{AppId, OrgId};
use domain::paths;
use domain::portal::{AppFields, NewApp, ScopeChoice};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use serde::{Deserialize, Serialize};
use web_sys::{Element, FormData, HtmlElement, HtmlFormElement};

use super::credentials::{create_secret, rotate_secret};
use super::new::create_app;
use super::redirect_uris::set_redirect_uris;
use super::scopes::set_scopes;
use super::settings::{delete_app, update_app};
use super::test_install::{authorize, token};
use crate::components::alert::{Notice, Tone};
use crate::components::copy_button::Copier;
use crate::components::reveal_once::RevealOnce;
use crate::error::PortalError;
use crate::format::span_in_words;

/// What the form does when it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// Register an app.
    Create {
        /// The issuer, for the downloaded files.
        issuer: String,
    },
    /// Change its fields.
    Update(AppId),
    /// Delete it.
    Delete(AppId),
    /// Replace its redirect URIs.
    RedirectUris(AppId),
    /// Replace its scopes.
    Scopes(AppId),
    /// Make one more secret.
    CreateSecret(Identity),
    /// Make a secret and let the older ones retire.
    RotateSecret(Identity),
    /// Install it into an organization of one's own and show the token.
    TestInstall(Identity),
}

/// What the downloaded files say beside a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The app.
    pub app: AppId,
    /// Its public id.
    pub client_id: String,
    /// The issuer.
    pub issuer: String,
}

/// What the form shows once it was sent.
#[derive(Clone)]
enum Answer {
    /// It was saved; this is what that means.
    Saved(&'static str),
    /// Go to this path.
    Go(String),
    /// A value that is shown once.
    Once(Box<Once>),
}

/// A value that is shown once, and what stands around it.
#[derive(Clone)]
struct Once {
    noun: &'static str,
    value: String,
    variables: Vec<(&'static str, String)>,
    file: String,
    /// The app's public id, where it is new.
    client_id: Option<String>,
    /// A sentence under the value.
    note: String,
    /// A call that uses the value.
    command: Option<String>,
    /// Where to go when it is stored.
    next: String,
}

/// The form: the fields as children, then what went wrong or well, then the button.
#[island]
pub fn AppForm(
    /// What it does.
    task: Task,
    /// What its button says.
    label: String,
    /// Whether it ends something.
    danger: bool,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let answer = RwSignal::new(None::<Answer>);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        let Some(form) = form.filter(|_| !busy.get_untracked()) else { return };
        let Ok(fields) = FormData::new_with_form(&form) else { return };
        let task = task.clone();
        busy.set(true);
        problem.set(None);
        answer.set(None);
        leptos::task::spawn_local(async move {
            let result = run(task, Fields(fields)).await;
            busy.set(false);
            show_errors(&form, result.as_ref().err());
            match result {
                Ok(Answer::Go(path)) => _ = window().location().set_href(&path),
                Ok(other) => answer.set(Some(other)),
                Err(error) => problem.set(Some(error.to_string())),
            }
        });
    };
    let class = if danger { "button danger" } else { "button main-action" };
    let shown_once = move || matches!(answer.get(), Some(Answer::Once(_)));
    view! {
        <div class="app-form">
            <form class="stack" novalidate hidden=shown_once on:submit=submit on:input=move |_| answer.set(None)>
                {children()}
                {move || problem.get().map(|text| view! { <Notice tone=Tone::Bad><p>{text}</p></Notice> })}
                {move || match answer.get() {
                    Some(Answer::Saved(text)) => Some(view! { <Notice tone=Tone::Good><p>{text}</p></Notice> }),
                    _ => None,
                }}
                <div class="row"><button class=class disabled=move || busy.get()>{label}</button></div>
            </form>
            {move || match answer.get() {
                Some(Answer::Once(once)) => Some(view! { <Shown once=*once/> }),
                _ => None,
            }}
        </div>
    }
}

/// The value, once.
#[component]
fn Shown(once: Once) -> impl IntoView {
    let Once { noun, value, variables, file, client_id, note, command, next } = once;
    let done = Callback::new(move |()| _ = window().location().set_href(&next));
    view! {
        <div class="shown-once">
            {client_id.map(|id| view! {
                <h3>"Client ID"</h3>
                <div class="reveal plain"><code>{id.clone()}</code><Copier text=id label="Copy client ID".to_owned()/></div>
            })}
            {(!value.is_empty()).then(|| view! { <RevealOnce noun value=value variables file done/> })}
            {command.map(|command| view! {
                <div class="code">
                    <header><span class="code-name">"Ask whose it is"</span><Copier text=command.clone() label="Copy the call".to_owned()/></header>
                    <pre tabindex="0">{command}</pre>
                </div>
            })}
            <p class="soft small">{note}</p>
        </div>
    }
}

/// The fields of the form, read once.
struct Fields(FormData);

impl Fields {
    fn text(&self, name: &str) -> String {
        self.0.get(name).as_string().unwrap_or_default()
    }

    fn texts(&self, name: &str) -> Vec<String> {
        self.0.get_all(name).iter().filter_map(|value| value.as_string()).collect()
    }

    /// The rows of redirect URIs; empty rows at the end are left out, so that row numbers stay true.
    fn redirect_uris(&self) -> Vec<String> {
        let mut rows: Vec<String> = self.texts("redirect_uri").iter().map(|row| row.trim().to_owned()).collect();
        while rows.len() > 1 && rows.last().is_some_and(String::is_empty) {
            rows.pop();
        }
        rows
    }

    /// The ticked scopes in the catalogue's order, each with its purpose and need.
    fn scopes(&self) -> Vec<ScopeChoice> {
        let choice = |token: String| {
            let purpose = self.text(&format!("purpose:{token}")).trim().to_owned();
            let required = self.text(&format!("need:{token}")) != "optional";
            Some(ScopeChoice { token: token.parse().ok()?, purpose, required })
        };
        self.texts("scope").into_iter().filter_map(choice).collect()
    }

    fn actor_modes(&self) -> ActorModes {
        self.text("actor").parse().unwrap_or(ActorModes::Both)
    }
}

/// Does it.
async fn run(task: Task, fields: Fields) -> Result<Answer, PortalError> {
    match task {
        Task::Create { issuer } => create(issuer, &fields).await,
        Task::Update(app) => {
            let sent = AppFields {
                name: fields.text("name"),
                description: fields.text("description"),
                homepage: Some(fields.text("homepage")),
                support_email: Some(fields.text("support_email")),
                pkce_required: fields.text("pkce_required") == "true",
                actor_modes: fields.actor_modes(),
            };
            update_app(app, sent).await.map(|()| Answer::Saved("Saved."))
        }
        Task::Delete(app) => {
            delete_app(app, fields.text("confirm")).await.map(|()| Answer::Go(paths::APPS.to_owned()))
        }
        Task::RedirectUris(app) => {
            let saved = "Saved. Requests are compared with this list from now on.";
            set_redirect_uris(app, fields.redirect_uris()).await.map(|()| Answer::Saved(saved))
        }
        Task::Scopes(app) => {
            let saved = "Saved. The next consent asks for these.";
            set_scopes(app, fields.scopes()).await.map(|()| Answer::Saved(saved))
        }
        Task::CreateSecret(of) => {
            let created = create_secret(of.app, fields.text("label")).await?;
            Ok(secret_once(of, created.secret.0))
        }
        Task::RotateSecret(of) => {
            let grace = fields.text("grace").parse().unwrap_or(super::credentials::DEFAULT_GRACE);
            let created = rotate_secret(of.app, fields.text("label"), grace).await?;
            Ok(secret_once(of, created.secret.0))
        }
        Task::TestInstall(of) => test_install(of, &fields).await,
    }
}

async fn create(issuer: String, fields: &Fields) -> Result<Answer, PortalError> {
    let public = fields.text("type") == "public";
    let sent = NewApp {
        name: fields.text("name"),
        description: fields.text("description"),
        auth_method: if public { AuthMethod::None } else { AuthMethod::ClientSecretBasic },
        pkce_required: true,
        actor_modes: fields.actor_modes(),
        redirect_uris: fields.redirect_uris(),
        scopes: fields.scopes(),
    };
    let app = create_app(sent).await?;
    let overview = paths::app(app.id, "overview");
    let Some(secret) = app.secret else { return Ok(Answer::Go(overview)) };
    let client_id = app.client_id.to_string();
    let of = Identity { app: app.id, client_id: client_id.clone(), issuer };
    Ok(Answer::Once(Box::new(Once { client_id: Some(client_id), next: overview, ..once_of_secret(of, secret.0) })))
}

fn secret_once(of: Identity, secret: String) -> Answer {
    Answer::Once(Box::new(once_of_secret(of, secret)))
}

fn once_of_secret(of: Identity, secret: String) -> Once {
    Once {
        noun: "client secret",
        value: secret.clone(),
        file: of.client_id.clone(),
        next: paths::app(of.app, "credentials"),
        variables: vec![
            ("PORTICO_ISSUER", of.issuer),
            ("PORTICO_CLIENT_ID", of.client_id),
            ("PORTICO_CLIENT_SECRET", secret),
        ],
        client_id: None,
        note: String::new(),
        command: None,
    }
}

async fn test_install(of: Identity, fields: &Fields) -> Result<Answer, PortalError> {
    let chosen = fields.text("organization").parse::<OrgId>();
    let organization = chosen.map_err(|_| PortalError::field("organization", "Choose an organization."))?;
    let code = authorize(of.app, organization).await?;
    let got = token(of.app, code).await?;
    let value = got.access_token.0;
    let end = got.expires_in.map_or_else(
        || "It never ends by itself".to_owned(),
        |seconds| format!("It ends in {}, like any other", span_in_words(seconds)),
    );
    Ok(Answer::Once(Box::new(Once {
        noun: "token",
        command: Some(format!("curl -H \"Authorization: Bearer {value}\" {}{}", of.issuer, paths::WHOAMI)),
        variables: vec![("PORTICO_ISSUER", of.issuer), ("PORTICO_ACCESS_TOKEN", value.clone())],
        file: format!("{}-test-token", of.client_id),
        client_id: None,
        note: format!("{end}. Scopes: {}.", got.scope),
        value,
        next: got.next,
    })))
}

/// Puts each message of `error` into the element that waits for it, clears the others, and moves the focus to the first.
fn show_errors(form: &HtmlFormElement, error: Option<&PortalError>) {
    let Ok(places) = form.query_selector_all("[data-error-for]") else { return };
    let mut first = true;
    for index in 0..places.length() {
        let Some(place) = places.item(index).and_then(|node| node.dyn_into::<Element>().ok()) else { continue };
        let name = place.get_attribute("data-error-for").unwrap_or_default();
        let message = error.and_then(|error| error.of_field(&name));
        place.set_text_content(message.as_deref());
        let field = place.closest(".field").ok().flatten();
        let Some(control) = field.and_then(|field| field.query_selector(".input").ok().flatten()) else { continue };
        if message.is_some() {
            _ = control.set_attribute("aria-invalid", "true");
            if first && let Some(control) = control.dyn_ref::<HtmlElement>() {
                _ = control.focus();
                first = false;
            }
        } else {
            _ = control.remove_attribute("aria-invalid");
        }
    }
}
