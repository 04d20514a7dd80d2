//! `/sign-out`: asks, and posts to the same path; no script.

use domain::paths;
use leptos::prelude::*;

use super::framed::refused;
use super::sign_in::{next_of, with_next};
use crate::components::csrf_field::CsrfField;
use crate::components::layout::Alone;
use crate::error::PortalError;
use crate::forms::FormProblem;
use crate::session;

/// The sign-out page; for those who are signed out, the way back in.
#[component]
pub fn SignOut() -> impl IntoView {
    let next = next_of(&FormProblem::of_request());
    view! {
        <Suspense>
            {Suspend::new(async move {
                match session::signed_in().await {
                    Ok(who) => ask(&who.me().name, &who.me().email, next).into_any(),
                    Err(PortalError::NotSignedIn) => signed_out(&next).into_any(),
                    Err(error) => refused(&error),
                }
            })}
        </Suspense>
    }
    .into_any()
}

fn ask(name: &str, email: &str, next: String) -> impl IntoView + use<> {
    let who = format!("You are signed in as {name} ({email}) in this browser.");
    let elsewhere = next != paths::HOME;
    view! {
        <Alone title="Sign out">
            <section class="card entry">
                <div class="body">
                    <h1>"Sign out"</h1>
                    <p>{who}</p>
                    {elsewhere.then(|| view! { <p class="small soft">"Afterwards you can sign in with another account. An app's request that this account has opened already has to be started again from the app."</p> })}
                    <form class="decide" method="post" action=paths::SIGN_OUT>
                        <CsrfField/>
                        <input type="hidden" name="next" value=next.clone()/>
                        <a class="button" href=next>"Stay"</a>
                        <button class="button main-action">"Sign out"</button>
                    </form>
                </div>
            </section>
        </Alone>
    }
}

fn signed_out(next: &str) -> impl IntoView + use<> {
    let sign_in = with_next(paths::SIGN_IN, next, false);
    view! {
        <Alone title="Signed out">
            <section class="card entry">
                <div class="body">
                    <h1>"You are signed out"</h1>
                    <p>"Nobody is signed in in this browser."</p>
                    <a class="button main-action wide" href=sign_in>"Sign in"</a>
                </div>
            </section>
        </Alone>
    }
}
