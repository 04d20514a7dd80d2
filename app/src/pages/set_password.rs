//! `/set-password/{token}`: a one-time link. GET only shows the form, the POST to the same path uses the link; no script.

use domain::paths;
use domain::store::Store;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::problem::{ProblemPage, problem_of};
use super::sign_up::PASSWORD_HINT;
use crate::components::csrf_field::CsrfField;
use crate::components::field::Field;
use crate::components::form_errors::FormErrors;
use crate::components::layout::Alone;
use crate::error::PortalError;
use crate::forms::Problem;

/// The page of a one-time link.
#[component]
pub fn SetPassword() -> impl IntoView {
    let token = use_params_map().read_untracked().get("token").unwrap_or_default();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let store = expect_context::<Store>();
                match store.link_person(&token).await {
                    Ok(Some(email)) => form(&token, email).into_any(),
                    Ok(None) => view! { <ProblemPage problem=used_up()/> }.into_any(),
                    Err(error) => view! { <ProblemPage problem=problem_of(&PortalError::internal(error))/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The answer to a link that was used, has run out, or was replaced: to GET and to POST.
pub fn used_up() -> Problem {
    Problem {
        status: 410,
        title: "This link does not work any more".to_owned(),
        cause: "A link that sets a password works once, for 24 hours, and until a newer one is made.".to_owned(),
        what_to_do:
            "Ask whoever runs this site for a new link. If you have set your password with it already, sign in."
                .to_owned(),
        error_code: None,
    }
}

fn form(token: &str, email: String) -> impl IntoView + use<> {
    // Only what can stand in a path comes back: the token was found, so it is one.
    let action = format!("{}/{token}", paths::SET_PASSWORD);
    let whose =
        format!("For {email}. It signs you out everywhere, and apps that act as you have to be connected again.");
    view! {
        <Alone title="Choose a password">
            <section class="card entry">
                <div class="body">
                    <h1>"Choose a password"</h1>
                    <p class="soft">{whose}</p>
                    <FormErrors/>
                    <form class="stack" method="post" action=action>
                        <CsrfField/>
                        // For password managers: which account the new password belongs to.
                        <input class="visually-hidden" type="email" autocomplete="username" value=email readonly tabindex="-1" aria-hidden="true"/>
                        <Field name="password" label="New password" kind="password" autocomplete="new-password" hint=PASSWORD_HINT required=true/>
                        <button class="button main-action wide">"Set password"</button>
                    </form>
                </div>
            </section>
        </Alone>
    }
}
