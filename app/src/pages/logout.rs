//! `/oauth/logout`, where an app sent somebody to sign out: asks, or says that nobody is signed in; no script.

use domain::paths;
use leptos::prelude::*;

use crate::components::csrf_field::CsrfField;
use crate::components::layout::Alone;

/// What the endpoint found out; in context for its page.
#[derive(Clone, Debug)]
pub enum LogoutPage {
    /// Somebody is signed in, and nothing shows that he asked for this himself.
    Ask {
        /// His name.
        name: String,
        /// His e-mail address.
        email: String,
        /// The name of the app that asks.
        app: Option<String>,
        /// The request, for the form.
        fields: Vec<(&'static str, String)>,
    },
    /// Nobody is signed in.
    SignedOut,
}

/// The page.
#[component]
pub fn Logout() -> impl IntoView {
    match use_context::<LogoutPage>() {
        Some(LogoutPage::Ask { name, email, app, fields }) => ask(&name, &email, app, fields).into_any(),
        Some(LogoutPage::SignedOut) | None => signed_out().into_any(),
    }
}

fn ask(name: &str, email: &str, app: Option<String>, fields: Vec<(&'static str, String)>) -> impl IntoView + use<> {
    let who = format!("You are signed in as {name} ({email}) in this browser.");
    let asks = app.map_or_else(
        || "An app sent you here to sign out.".to_owned(),
        |app| format!("{app} sent you here to sign out."),
    );
    let hidden = fields.into_iter().map(|(name, value)| view! { <input type="hidden" name=name value=value/> });
    view! {
        <Alone title="Sign out">
            <section class="card entry">
                <div class="body">
                    <h1>"Sign out of this site?"</h1>
                    <p>{asks} " " {who}</p>
                    <p class="small soft">"If you did not ask for this, stay signed in."</p>
                    <form class="decide" method="post" action=paths::LOGOUT_CONFIRM>
                        <CsrfField/>
                        {hidden.collect_view()}
                        <a class="button" href=paths::HOME>"Stay"</a>
                        <button class="button main-action">"Sign out"</button>
                    </form>
                </div>
            </section>
        </Alone>
    }
}

fn signed_out() -> impl IntoView {
    view! {
        <Alone title="Signed out">
            <section class="card entry">
                <div class="body">
                    <h1>"You are signed out"</h1>
                    <p>"Nobody is signed in in this browser. You can close this page."</p>
                    <a class="button main-action wide" href=paths::SIGN_IN>"Sign in"</a>
                </div>
            </section>
        </Alone>
    }
}
