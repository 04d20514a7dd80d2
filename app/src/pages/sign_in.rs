//! `/sign-in`: a plain HTML form that posts to the same path; no script.

use domain::paths;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::consent::app_that_asks;
use super::search::with_query;
use crate::components::alert::{Notice, Tone};
use crate::components::csrf_field::CsrfField;
use crate::components::field::Field;
use crate::components::form_errors::FormErrors;
use crate::components::layout::Alone;
use crate::error::see_other;
use crate::forms::FormProblem;
use crate::session;

/// The longest hint that the form shows, in characters: the longest e-mail address.
const MAX_HINT: usize = 254;

/// The query that the page comes with once a one-time link has set a password.
pub const PASSWORD_SET: &str = "password_set";

/// The sign-in page. Whoever is signed in already goes on at once, unless he is to sign in again.
#[component]
pub fn SignIn() -> impl IntoView {
    let problem = FormProblem::of_request();
    let next = next_of(&problem);
    let query = use_query_map().read_untracked().clone();
    let again = is_again();
    let hint = query.get("login_hint").unwrap_or_default();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let signed_in = session::signed_in().await.ok().map(|who| who.me().email.clone());
                if problem == FormProblem::default() && signed_in.is_some() && !again {
                    see_other(&next);
                    return view! { <p><a href=next>"Go on"</a></p> }.into_any();
                }
                let app = app_that_asks(&next).await;
                form(next, &hint, signed_in.filter(|_| again), app).into_any()
            })}
        </Suspense>
    }
    .into_any()
}

/// Whether the form comes although somebody is signed in.
pub(super) fn is_again() -> bool {
    use_query_map().read_untracked().get("again").is_some()
}

/// Where the person goes afterwards: what was typed counts before what the URL says.
pub(super) fn next_of(problem: &FormProblem) -> String {
    let sent = problem.value("next");
    let next = if sent.is_empty() { use_query_map().read_untracked().get("next").unwrap_or_default() } else { sent };
    paths::local_or_home(&next).to_owned()
}

/// `path` with `next`, if it leads anywhere but home, and whether its form comes although somebody is signed in.
pub(super) fn with_next(path: &str, next: &str, again: bool) -> String {
    with_query(path, &[("next", if next == paths::HOME { "" } else { next }), ("again", if again { "1" } else { "" })])
}

/// `hint` is what a client thinks who it will be; `present` is the account of somebody who is to sign in again; `app` waits
/// for him.
fn form(next: String, hint: &str, present: Option<String>, app: Option<String>) -> impl IntoView + use<> {
    let email: String =
        if hint.is_empty() { present.clone().unwrap_or_default() } else { hint.chars().take(MAX_HINT).collect() };
    let sign_up = with_next(paths::SIGN_UP, &next, present.is_some());
    let password_set = use_query_map().read_untracked().get(PASSWORD_SET).is_some();
    view! {
        <Alone title="Sign in">
            <section class="card entry">
                <div class="body">
                    <h1>"Sign in"</h1>
                    {app.map(|app| view! { <p>"Then you go on to " <b>{app}</b> "."</p> })}
                    {present.map(|email| view! {
                        <p>{format!("You are signed in as {email}. The app asks you to sign in again: with this account, or with another.")}</p>
                    })}
                    {password_set.then(|| view! { <Notice tone=Tone::Good><p>"Your password is set. Sign in with it."</p></Notice> })}
                    <FormErrors/>
                    <form class="stack" method="post" action=paths::SIGN_IN>
                        <CsrfField/>
                        <input type="hidden" name="next" value=next/>
                        <Field name="email" label="E-mail address" kind="email" autocomplete="username" value=email required=true/>
                        <Field name="password" label="Password" kind="password" autocomplete="current-password" required=true/>
                        <button class="button main-action wide">"Sign in"</button>
                    </form>
                </div>
            </section>
            <p class="small soft">"New here? " <a href=sign_up>"Create an account"</a></p>
            <p class="small soft">"Forgot your password? Whoever runs this site can make you a link that sets a new one."</p>
        </Alone>
    }
}
