//! `/sign-up`: a plain HTML form that posts to the same path; no script.

use domain::paths;
use leptos::prelude::*;

use super::sign_in::{is_again, next_of, with_next};
use crate::components::csrf_field::CsrfField;
use crate::components::field::Field;
use crate::components::form_errors::FormErrors;
use crate::components::layout::Alone;
use crate::error::see_other;
use crate::forms::FormProblem;
use crate::session;

/// What a new password has to be: the store refuses others (requirement 107).
pub(super) const PASSWORD_HINT: &str = "At least 10 characters. A few words together are easy to keep in mind.";

/// The sign-up page. Whoever is signed in already goes on at once, unless it shall be another account.
#[component]
pub fn SignUp() -> impl IntoView {
    let problem = FormProblem::of_request();
    let (next, again) = (next_of(&problem), is_again());
    view! {
        <Suspense>
            {Suspend::new(async move {
                if problem == FormProblem::default() && !again && session::signed_in().await.is_ok() {
                    see_other(&next);
                    return view! { <p><a href=next>"Go on"</a></p> }.into_any();
                }
                form(next, again).into_any()
            })}
        </Suspense>
    }
    .into_any()
}

fn form(next: String, again: bool) -> impl IntoView {
    let sign_in = with_next(paths::SIGN_IN, &next, again);
    view! {
        <Alone title="Create an account">
            <section class="card entry">
                <div class="body">
                    <h1>"Create an account"</h1>
                    <FormErrors/>
                    <form class="stack" method="post" action=paths::SIGN_UP>
                        <CsrfField/>
                        <input type="hidden" name="next" value=next/>
                        <Field name="name" label="Your name" kind="text" autocomplete="name" required=true/>
                        <Field name="email" label="E-mail address" kind="email" autocomplete="username" required=true/>
                        <Field name="password" label="Password" kind="password" autocomplete="new-password" hint=PASSWORD_HINT required=true/>
                        <button class="button main-action wide">"Create account"</button>
                    </form>
                </div>
            </section>
            <p class="small soft">"You have an account? " <a href=sign_in>"Sign in"</a></p>
        </Alone>
    }
}
