//! `/organizations/new`: a plain HTML form that posts to the same path; no script.

use domain::paths;
use leptos::prelude::*;

use super::framed::ask_to_sign_in;
use super::sign_in::next_of;
use crate::components::csrf_field::CsrfField;
use crate::components::field::Field;
use crate::components::form_errors::FormErrors;
use crate::components::layout::Alone;
use crate::error::PortalError;
use crate::forms::FormProblem;
use crate::session;

/// Create an organization; whoever makes it owns it.
#[component]
pub fn NewOrganization() -> impl IntoView {
    let next = next_of(&FormProblem::of_request());
    view! {
        <Suspense>
            {Suspend::new(async move {
                match session::signed_in().await {
                    Err(PortalError::NotSignedIn) => ask_to_sign_in(),
                    _ => form(next).into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

fn form(next: String) -> impl IntoView {
    view! {
        <Alone title="Create an organization">
            <section class="card entry">
                <div class="body">
                    <h1>"Create an organization"</h1>
                    <p class="soft">"Apps are made by an organization and installed in one. You will be its owner."</p>
                    <FormErrors/>
                    <form class="stack" method="post" action=paths::NEW_ORGANIZATION>
                        <CsrfField/>
                        <input type="hidden" name="next" value=next.clone()/>
                        <Field name="name" label="Name" kind="text" autocomplete="organization" hint="As your colleagues and customers know it." required=true/>
                        <div class="decide">
                            <a class="button" href=next>"Cancel"</a>
                            <button class="button main-action">"Create"</button>
                        </div>
                    </form>
                </div>
            </section>
        </Alone>
    }
}
