//! The one island of the app's forms. The fields are plain HTML that the server drew: the island reads them when the
//! form is sent, calls the server function, and puts what is wrong beside the field that it concerns.
//!
//! Drawing the fields in the browser as well, and the generated clients of eight server functions with their serde,
//! would double the wasm. So the island writes and reads JSON with the browser's own hands; the server functions check
//! its shape as they check everything.

use std::fmt::Write as _;

use domain::id::AppId;
use domain::paths;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::wasm_bindgen::{JsCast, JsValue};
use serde::{Deserialize, Serialize};
use web_sys::js_sys::futures::JsFuture;
use web_sys::js_sys::{Array, JSON, Reflect};
use web_sys::{Element, FormData, Headers, HtmlElement, HtmlFormElement, RequestInit, Response};

use super::credentials::{CreateSecret, RotateSecret};
use super::new::CreateApp;
use super::redirect_uris::SetRedirectUris;
use super::scopes::SetScopes;
use super::settings::{DeleteApp, UpdateApp};
use super::test_install::{Authorize, Token};
use crate::components::alert::{Notice, Tone};
use crate::components::copy_button::Copier;
use crate::components::reveal_once::RevealOnce;
use crate::csrf;
use crate::error::PortalError;
use crate::format::{percent_encoded, span_in_words};
use crate::pages::account::{ChangePassword, PASSWORD_CHANGED};

/// What the form does when it is sent. Which app it does it to stands in the form, in [`Subject`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// Register an app.
    Create,
    /// Change its fields.
    Update,
    /// Delete it.
    Delete,
    /// Replace its redirect URIs.
    RedirectUris,
    /// Replace its scopes.
    Scopes,
    /// Make one more secret.
    CreateSecret,
    /// Make a secret and let the older ones retire.
    RotateSecret,
    /// Install it into an organization of one's own and show the token.
    TestInstall,
    /// Set the person's own password.
    Password,
}

/// Which app the form is about, and what downloaded files say beside a secret: hidden fields.
#[component]
pub fn Subject(
    /// The app.
    app: AppId,
    /// Its public id; empty where no secret is made.
    #[prop(optional, into)]
    client_id: String,
    /// The issuer; empty where no secret is made.
    #[prop(optional, into)]
    issuer: String,
) -> impl IntoView {
    view! {
        <input type="hidden" name="app" value=app.to_string()/>
        <input type="hidden" name="client_id" value=client_id/>
        <input type="hidden" name="issuer" value=issuer/>
    }
}

/// Why the server refused, as its JSON says it.
struct Refused {
    message: String,
    fields: Array,
}

impl Refused {
    /// What `PortalError` wrote.
    fn read(answer: &JsValue) -> Self {
        let message = text_of(answer, "message");
        Self { message, fields: get(answer, "fields").dyn_into().unwrap_or_default() }
    }

    /// Not even an answer.
    fn unreachable(_: JsValue) -> Self {
        Self { message: PortalError::Unreachable.to_string(), fields: Array::new() }
    }

    /// What is wrong with the field `name`.
    fn of_field(&self, name: &str) -> Option<String> {
        let pair = self
            .fields
            .iter()
            .map(|pair| Array::from(&pair))
            .find(|pair| pair.get(0).as_string().as_deref() == Some(name))?;
        pair.get(1).as_string()
    }
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
    /// Where the form goes without a script; empty where it cannot.
    action: String,
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
        busy.set(true);
        problem.set(None);
        answer.set(None);
        leptos::task::spawn_local(async move {
            let result = run(task, Fields(fields)).await;
            busy.set(false);
            show_errors(&form, result.as_ref().err());
            match result {
                Ok(Answer::Go(path)) => _ = window().location().set_href(&path),
                Ok(other) => {
                    if task == Task::Password {
                        form.reset();
                    }
                    answer.set(Some(other));
                }
                Err(refused) => problem.set(Some(refused.message)),
            }
        });
    };
    let class = if danger { "button danger" } else { "button main-action" };
    let shown_once = move || matches!(answer.get(), Some(Answer::Once(_)));
    view! {
        <div class="app-form">
            <form class="stack" method="post" action=action novalidate hidden=shown_once on:submit=submit on:input=move |_| answer.set(None)>
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
                <Notice tone=Tone::Good><p><b>"The app is registered."</b></p></Notice>
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

    /// The field as a JSON string.
    fn json(&self, name: &str) -> String {
        quoted(&self.text(name))
    }

    /// The rows of redirect URIs as JSON; empty rows at the end are left out, so that row numbers stay true.
    fn redirect_uris(&self) -> String {
        let mut rows = self.texts("redirect_uri");
        while rows.len() > 1 && rows.last().is_some_and(|row| row.trim().is_empty()) {
            rows.pop();
        }
        list(rows.iter().map(|row| quoted(row.trim())))
    }

    /// The ticked scopes as JSON, each with its purpose and need.
    fn scopes(&self) -> String {
        list(self.texts("scope").iter().map(|token| {
            let purpose = self.text(&format!("purpose:{token}"));
            let required = self.text(&format!("need:{token}")) != "optional";
            object(&[
                ("token", &quoted(token)),
                ("purpose", &quoted(purpose.trim())),
                ("required", bool_json(required)),
            ])
        }))
    }
}

/// Text as a JSON string.
fn quoted(text: &str) -> String {
    JSON::stringify(&JsValue::from_str(text)).map(String::from).unwrap_or_default()
}

/// JSON values as a JSON array.
fn list(values: impl Iterator<Item = String>) -> String {
    let mut text = String::from("[");
    for (index, value) in values.enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&value);
    }
    text.push(']');
    text
}

/// Names and JSON values as a JSON object.
fn object(members: &[(&str, &str)]) -> String {
    let mut text = String::from("{");
    for (index, (name, value)) in members.iter().enumerate() {
        _ = write!(text, "{}\"{name}\":{value}", if index > 0 { "," } else { "" });
    }
    text.push('}');
    text
}

const fn bool_json(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn get(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

fn text_of(value: &JsValue, name: &str) -> String {
    get(value, name).as_string().unwrap_or_default()
}

/// Calls a server function that takes JSON.
async fn call(path: &str, body: &str) -> Result<JsValue, Refused> {
    send(path, "application/json", body).await
}

/// Calls a server function and reads the JSON of its answer.
async fn send(path: &str, kind: &str, body: &str) -> Result<JsValue, Refused> {
    let headers = Headers::new().map_err(Refused::unreachable)?;
    for (name, value) in [
        ("content-type", kind),
        ("accept", "application/json"),
        (csrf::HEADER, &csrf::token_of_the_page().unwrap_or_default()),
    ] {
        headers.set(name, value).map_err(Refused::unreachable)?;
    }
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(body));
    let response = JsFuture::from(window().fetch_with_str_and_init(path, &init)).await.map_err(Refused::unreachable)?;
    let response: Response = response.dyn_into().map_err(Refused::unreachable)?;
    let answer = JsFuture::from(response.json().map_err(Refused::unreachable)?).await.map_err(Refused::unreachable)?;
    if response.ok() { Ok(answer) } else { Err(Refused::read(&answer)) }
}

/// Does it.
async fn run(task: Task, fields: Fields) -> Result<Answer, Refused> {
    let app = fields.json("app");
    let (path, body, saved) = match task {
        Task::Create => return create(&fields).await,
        Task::Password => {
            let body = format!(
                "current={}&password={}",
                percent_encoded(&fields.text("current")),
                percent_encoded(&fields.text("password"))
            );
            send(ChangePassword::PATH, "application/x-www-form-urlencoded", &body).await?;
            return Ok(Answer::Saved(PASSWORD_CHANGED));
        }
        Task::TestInstall => return test_install(&fields).await,
        Task::CreateSecret => {
            let body = object(&[("app", &app), ("label", &fields.json("label"))]);
            return Ok(secret_once(&fields, &call(CreateSecret::PATH, &body).await?));
        }
        Task::RotateSecret => {
            let grace = fields.text("grace");
            let body = object(&[("app", &app), ("label", &fields.json("label")), ("grace_seconds", &grace)]);
            return Ok(secret_once(&fields, &call(RotateSecret::PATH, &body).await?));
        }
        Task::Delete => {
            call(DeleteApp::PATH, &object(&[("app", &app), ("name", &fields.json("confirm"))])).await?;
            return Ok(Answer::Go(paths::APPS.to_owned()));
        }
        Task::Update => (UpdateApp::PATH, object(&[("app", &app), ("fields", &settings(&fields))]), "Saved."),
        Task::RedirectUris => (
            SetRedirectUris::PATH,
            object(&[("app", &app), ("uris", &fields.redirect_uris())]),
            "Saved. Requests are compared with this list from now on.",
        ),
        Task::Scopes => (
            SetScopes::PATH,
            object(&[("app", &app), ("scopes", &fields.scopes())]),
            "Saved. The next consent asks for these.",
        ),
    };
    call(path, &body).await.map(|_| Answer::Saved(saved))
}

/// `AppFields` as JSON.
fn settings(fields: &Fields) -> String {
    object(&[
        ("name", &fields.json("name")),
        ("description", &fields.json("description")),
        ("homepage", &fields.json("homepage")),
        ("support_email", &fields.json("support_email")),
        ("pkce_required", bool_json(fields.text("pkce_required") == "true")),
        ("actor_modes", &fields.json("actor")),
    ])
}

async fn create(fields: &Fields) -> Result<Answer, Refused> {
    let public = fields.text("type") == "public";
    // `NewApp` as JSON.
    let app = object(&[
        ("name", &fields.json("name")),
        ("description", &fields.json("description")),
        ("auth_method", if public { "\"none\"" } else { "\"client_secret_basic\"" }),
        ("pkce_required", "true"),
        ("actor_modes", &fields.json("actor")),
        ("redirect_uris", &fields.redirect_uris()),
        ("scopes", &fields.scopes()),
    ]);
    let made = call(CreateApp::PATH, &object(&[("app", &app)])).await?;
    let next = app_path(&text_of(&made, "id"), "overview");
    let client_id = text_of(&made, "client_id");
    Ok(match get(&made, "secret").as_string() {
        None => Answer::Go(next),
        Some(secret) => {
            let once = once_of_secret(client_id.clone(), fields.text("issuer"), secret, next);
            Answer::Once(Box::new(Once { client_id: Some(client_id), ..once }))
        }
    })
}

fn app_path(id: &str, tab: &str) -> String {
    id.parse().map_or_else(|_| paths::APPS.to_owned(), |id: AppId| paths::app(id, tab))
}

fn secret_once(fields: &Fields, made: &JsValue) -> Answer {
    let next = app_path(&fields.text("app"), "credentials");
    let secret = text_of(made, "secret");
    Answer::Once(Box::new(once_of_secret(fields.text("client_id"), fields.text("issuer"), secret, next)))
}

fn once_of_secret(client_id: String, issuer: String, secret: String, next: String) -> Once {
    Once {
        noun: "client secret",
        value: secret.clone(),
        file: client_id.clone(),
        next,
        variables: vec![
            ("PORTICO_ISSUER", issuer),
            ("PORTICO_CLIENT_ID", client_id),
            ("PORTICO_CLIENT_SECRET", secret),
        ],
        client_id: None,
        note: String::new(),
        command: None,
    }
}

async fn test_install(fields: &Fields) -> Result<Answer, Refused> {
    let app = fields.json("app");
    let body = object(&[("app", &app), ("organization", &fields.json("organization"))]);
    let code = call(Authorize::PATH, &body).await?.as_string().unwrap_or_default();
    let got = call(Token::PATH, &object(&[("app", &app), ("code", &quoted(&code))])).await?;
    let value = text_of(&got, "access_token");
    let issuer = fields.text("issuer");
    #[expect(clippy::cast_possible_truncation, reason = "a lifetime in whole seconds")]
    let end = get(&got, "expires_in").as_f64().map_or_else(
        || "It never ends by itself".to_owned(),
        |seconds| format!("It ends in {}, like any other", span_in_words(seconds as i64)),
    );
    Ok(Answer::Once(Box::new(Once {
        noun: "token",
        command: Some(format!("curl -H \"Authorization: Bearer {value}\" {issuer}{}", paths::WHOAMI)),
        variables: vec![("PORTICO_ISSUER", issuer), ("PORTICO_ACCESS_TOKEN", value.clone())],
        file: format!("{}-test-token", fields.text("client_id")),
        client_id: None,
        note: format!("{end}. Scopes: {}.", text_of(&got, "scope")),
        value,
        next: text_of(&got, "next"),
    })))
}

/// Puts each message of `refused` into the element that waits for it, clears the others, and moves the focus to the first.
fn show_errors(form: &HtmlFormElement, refused: Option<&Refused>) {
    let Ok(places) = form.query_selector_all("[data-error-for]") else { return };
    let mut first = true;
    for index in 0..places.length() {
        let Some(place) = places.item(index).and_then(|node| node.dyn_into::<Element>().ok()) else { continue };
        let name = place.get_attribute("data-error-for").unwrap_or_default();
        let message = refused.and_then(|refused| refused.of_field(&name));
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
