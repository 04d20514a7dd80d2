//! The one island of the app's forms. The fields are plain HTML that the server drew: the island sends them as a browser
//! would, to the server function of that form, and puts what is wrong beside the field that it concerns. Without a script
//! the browser sends them, and the page that comes back says the same.
//!
//! Drawing the fields in the browser as well, and the generated clients of the server functions with their serde, would
//! double the wasm.

use domain::id::AppId;
use domain::paths;
#[cfg(feature = "ssr")]
use domain::portal::Seen;
use leptos::ev::{Event, SubmitEvent};
use leptos::html::Div;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::wasm_bindgen::{JsCast, JsValue};
use serde::{Deserialize, Serialize};
use web_sys::{FormData, HtmlFormElement, HtmlInputElement};

use self::wire::{Refused, encoded, get, send, text_in, text_of};
use super::credentials::{CreateSecret, RotateSecret};
use super::new::CreateApp;
use super::redirect_uris::SetRedirectUris;
use super::scopes::SetScopes;
use super::settings::{DeleteApp, SetPostLogoutUris, UpdateApp};
use super::test_install::{Authorize, Token};
use crate::components::alert::{Notice, Tone};
use crate::components::copy_button::Copier;
#[cfg(feature = "ssr")]
use crate::components::csrf_field::CsrfField;
use crate::components::leave_guard::LeaveGuard;
use crate::components::reveal_once::RevealOnce;
use crate::format::{percent_encoded, span_in_words};
use crate::pages::account::ChangePassword;

pub(super) mod errors;
mod preset;
mod wire;

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
    /// Replace its post-logout redirect URIs.
    PostLogout,
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

impl Task {
    /// The server function that does it.
    const fn function(self) -> &'static str {
        match self {
            Self::Create => CreateApp::PATH,
            Self::Update => UpdateApp::PATH,
            Self::Delete => DeleteApp::PATH,
            Self::RedirectUris => SetRedirectUris::PATH,
            Self::PostLogout => SetPostLogoutUris::PATH,
            Self::Scopes => SetScopes::PATH,
            Self::CreateSecret => CreateSecret::PATH,
            Self::RotateSecret => RotateSecret::PATH,
            Self::TestInstall => Authorize::PATH,
            Self::Password => ChangePassword::PATH,
        }
    }

    /// Whether it shows a value once, which is no part of a page.
    const fn shows_once(self) -> bool {
        matches!(self, Self::Create | Self::CreateSecret | Self::RotateSecret | Self::TestInstall)
    }

    /// Has `guard` hold what was typed, where that is more than a word to confirm with, or a password.
    fn keeps(self, guard: LeaveGuard) {
        if !matches!(self, Self::Delete | Self::TestInstall | Self::Password) {
            guard.hold();
        }
    }
}

/// Which app the form is about, and what downloaded files say beside a secret: hidden fields.
#[cfg(feature = "ssr")]
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
    /// What the form shows of the app, where it edits it.
    #[prop(optional)]
    seen: Option<Seen>,
) -> impl IntoView {
    view! {
        <CsrfField/>
        {seen.map(|seen| view! { <input type="hidden" name="seen" value=seen.as_str().to_owned()/> })}
        <input type="hidden" name="app" value=app.to_string()/>
        <input type="hidden" name="client_id" value=client_id/>
        <input type="hidden" name="issuer" value=issuer/>
    }
}

/// What the form shows once it was sent.
#[derive(Clone)]
enum Answer {
    /// It was saved; this is what that means, and the mark of what the form shows now.
    Saved(&'static str, String),
    /// Go to this path. Back does not lead to what was sent: it is done, and would be done once more.
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
    // A form that leads nowhere by itself waits for the script: its button would only pretend.
    let action = (!task.shows_once()).then(|| task.function());
    let ready = RwSignal::new(action.is_some());
    Effect::new(move |_| ready.set(true));
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let answer = RwSignal::new(None::<Answer>);
    let unsaved = LeaveGuard::idle();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        let Some(form) = form.filter(|_| !busy.get_untracked()) else { return };
        let Ok(fields) = FormData::new_with_form(&form) else { return };
        busy.set(true);
        unsaved.release();
        problem.set(None);
        answer.set(None);
        leptos::task::spawn_local(async move {
            let result = run(task, &fields).await;
            busy.set(false);
            let said = errors::show(&form, result.as_ref().err());
            match result {
                Ok(Answer::Go(path)) => _ = window().location().replace(&path),
                Ok(Answer::Saved(text, seen)) => {
                    now_shows(&form, &seen);
                    answer.set(Some(Answer::Saved(text, seen)));
                }
                Ok(other) => answer.set(Some(other)),
                Err(refused) => {
                    problem.set((!said).then_some(refused.message));
                    task.keeps(unsaved);
                }
            }
        });
    };
    let heard = move |event: Event| {
        answer.set(None);
        task.keeps(unsaved);
        if task == Task::Create {
            preset::heard(&event);
        }
    };
    let class = if danger { "button danger" } else { "button main-action" };
    let shown_once = move || matches!(answer.get(), Some(Answer::Once(_)));
    view! {
        <div class="app-form">
            <form class="stack" method="post" action=action novalidate hidden=shown_once on:submit=submit on:input=heard>
                {children()}
                {move || problem.get().map(|text| view! { <Notice tone=Tone::Bad><p>{text}</p></Notice> })}
                {move || match answer.get() {
                    Some(Answer::Saved(text, _)) => Some(view! { <Notice tone=Tone::Good><p>{text}</p></Notice> }),
                    _ => None,
                }}
                <div class="row"><button class=class disabled=move || !ready.get() aria-busy=move || busy.get().then_some("true")>{label}</button></div>
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
    let (unstored, once) = (LeaveGuard::idle(), !value.is_empty());
    let done = Callback::new(move |()| {
        unstored.release();
        _ = window().location().replace(&next);
    });
    let shown = NodeRef::<Div>::new();
    shown.on_load(move |shown| {
        // Whatever else leads away from here loses the value for good (PRODUCT A7).
        if once {
            unstored.hold();
        }
        // The pressed button went away with its form: without this, nobody hears what came, and Tab begins at the top.
        _ = shown.focus();
    });
    view! {
        <div class="shown-once" node_ref=shown tabindex="-1" role="group" aria-label=format!("Shown once: the {noun}")>
            {client_id.map(|id| view! {
                <Notice tone=Tone::Good><p><b>"The app is registered."</b></p></Notice>
                <h3>"Client ID"</h3>
                <div class="reveal plain"><code>{id.clone()}</code><Copier text=id label="Copy client ID".to_owned()/></div>
            })}
            {once.then(|| view! { <RevealOnce noun value=value variables file done/> })}
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

/// What is said of redirect URIs that were saved.
pub(super) const URIS_SAVED: &str = "Saved. Requests are compared with this list from now on.";
/// What is said of post-logout redirect URIs that were saved.
pub(super) const ADDRESSES_SAVED: &str = "Saved. People are sent to these addresses alone after a sign-out.";

/// What is said of an edit that was saved: `saved`, unless an operator has to approve a part of it.
pub(super) const fn of_edit(waits: bool, saved: &'static str) -> &'static str {
    if waits { "Saved. What is new waits for approval; until then, what is approved stays in force." } else { saved }
}

/// Does it.
async fn run(task: Task, form: &FormData) -> Result<Answer, Refused> {
    let answer = send(task.function(), &encoded(form)).await?;
    let app = text_in(form, "app");
    Ok(match task {
        Task::Create => created(form, &answer),
        Task::CreateSecret | Task::RotateSecret => {
            let next = app_path(&app, "credentials");
            let secret = text_of(&answer, "secret");
            let once = once_of_secret(text_in(form, "client_id"), text_in(form, "issuer"), secret, next);
            Answer::Once(Box::new(once))
        }
        Task::TestInstall => {
            let code = answer.as_string().unwrap_or_default();
            let token = format!("app={}&code={}", percent_encoded(&app), percent_encoded(&code));
            test_token(form, &send(Token::PATH, &token).await?)
        }
        Task::Delete => Answer::Go(paths::APPS.to_owned()),
        // The session is a new one, and what this page would send belongs to the old one.
        Task::Password => Answer::Go(paths::ACCOUNT.to_owned()),
        // Other parts of these two pages show what was saved: they are loaded again.
        Task::Update if rows_are_unsaved() => of_saved(&answer, "Saved."),
        Task::Update => Answer::Go(app_path(&app, "settings")),
        Task::Scopes => Answer::Go(app_path(&app, "scopes")),
        Task::RedirectUris => of_saved(&answer, URIS_SAVED),
        Task::PostLogout => of_saved(&answer, ADDRESSES_SAVED),
    })
}

/// The answer to a form that was saved, `Saved` as JSON.
fn of_saved(answer: &JsValue, saved: &'static str) -> Answer {
    let waits = get(answer, "waits").as_bool() == Some(true);
    Answer::Saved(of_edit(waits, saved), text_of(answer, "seen"))
}

/// The form was saved: from now on it stands for what it sent.
fn now_shows(form: &HtmlFormElement, seen: &str) {
    let mark = form.query_selector("[name=seen]").ok().flatten();
    if let Some(mark) = mark.and_then(|mark| mark.dyn_into::<HtmlInputElement>().ok()) {
        mark.set_value(seen);
    }
}

/// Whether the addresses on the page are other than those that it was loaded with: loading it again would lose them.
fn rows_are_unsaved() -> bool {
    let Ok(rows) = document().query_selector_all(".uri-rows input") else { return false };
    let rows = (0..rows.length()).filter_map(|index| rows.item(index)?.dyn_into::<HtmlInputElement>().ok());
    rows.into_iter().any(|row| row.value() != row.default_value())
}

/// The answer to a new app, `CreatedApp` as JSON.
fn created(form: &FormData, made: &JsValue) -> Answer {
    let next = app_path(&text_of(made, "id"), "overview");
    let client_id = text_of(made, "client_id");
    let Some(secret) = get(made, "secret").as_string() else { return Answer::Go(next) };
    let mut once = once_of_secret(client_id.clone(), text_in(form, "issuer"), secret, next);
    if get(made, "installed").as_bool() == Some(true) {
        // What its token requests need besides the two (Apiera's "save your organization ID").
        let organization = text_in(form, "organization");
        once.note = format!(
            "It is installed into your organization. Its token requests name that one by its ID: {organization}"
        );
        once.variables.push(("OAUTH_ORGANIZATION", organization));
    }
    Answer::Once(Box::new(Once { client_id: Some(client_id), ..once }))
}

fn app_path(id: &str, tab: &str) -> String {
    id.parse().map_or_else(|_| paths::APPS.to_owned(), |id: AppId| paths::app(id, tab))
}

fn once_of_secret(client_id: String, issuer: String, secret: String, next: String) -> Once {
    Once {
        noun: "client secret",
        value: secret.clone(),
        file: client_id.clone(),
        next,
        // Not PORTICO_: what begins so is a setting of the server, which refuses to start with one that it does not know.
        variables: vec![("OAUTH_ISSUER", issuer), ("OAUTH_CLIENT_ID", client_id), ("OAUTH_CLIENT_SECRET", secret)],
        client_id: None,
        note: String::new(),
        command: None,
    }
}

/// The answer to a test install, `TestToken` as JSON.
fn test_token(form: &FormData, got: &JsValue) -> Answer {
    let value = text_of(got, "access_token");
    let issuer = text_in(form, "issuer");
    #[expect(clippy::cast_possible_truncation, reason = "a lifetime in whole seconds")]
    let end = get(got, "expires_in").as_f64().map_or_else(
        || "It never ends by itself".to_owned(),
        |seconds| format!("It ends in {}, like any other", span_in_words(seconds as i64)),
    );
    Answer::Once(Box::new(Once {
        noun: "token",
        command: Some(format!("curl {issuer}{} \\\n  -H \"Authorization: Bearer {value}\"", paths::WHOAMI)),
        variables: vec![("OAUTH_ISSUER", issuer), ("OAUTH_ACCESS_TOKEN", value.clone())],
        file: format!("{}-test-token", text_in(form, "client_id")),
        client_id: None,
        note: format!("{end}. Scopes: {}.", text_of(got, "scope")),
        value,
        next: text_of(got, "next"),
    }))
}
