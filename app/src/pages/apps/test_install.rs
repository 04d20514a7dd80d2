//! Test install: a real install into an organization of one's own, with real lifetimes (PRODUCT A13).
//!
//! `authorize` makes the grant, `token` exchanges it: the same verbs as the endpoints of these names.

use domain::id::{AppId, CodeId, InstallId, OrgId};
use domain::paths;
use domain::portal::ShownOnce;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

use crate::components::copy_button::Copier;
use crate::components::field::RadioCard;
use crate::components::icon::{ARROW_RIGHT, Icon};
use crate::components::reveal_once::RevealOnce;
use crate::components::sending::{Failure, SendButton, Sending};
use crate::csrf::CsrfClient;
use crate::error::PortalError;

/// A token that the portal obtained for its user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestToken {
    /// The install that it belongs to.
    pub install: InstallId,
    /// The access token, shown once.
    pub access_token: ShownOnce,
    /// Its lifetime in seconds; none means that it never ends.
    pub expires_in: Option<i64>,
    /// The granted scopes.
    pub scope: String,
}

/// Grants the app access to `organization`, as the consent page would.
#[server(prefix = "/fn", endpoint = "authorize", client = CsrfClient, input = Json)]
pub async fn authorize(app: AppId, organization: OrgId) -> Result<CodeId, PortalError> {
    crate::error::answer(async {
        let developer = crate::session::developer().await?;
        let granted = developer
            .store()
            .authorize_in_portal(developer.by(), developer.org(), app, developer.user(), organization)
            .await;
        Ok(granted?)
    })
    .await
}

/// Exchanges the grant for a token, as the token endpoint would. The answer is the only one that holds it.
#[server(prefix = "/fn", endpoint = "token", client = CsrfClient, input = Json)]
pub async fn token(app: AppId, code: CodeId) -> Result<TestToken, PortalError> {
    crate::error::answer(async {
        let developer = crate::session::developer().await?;
        let (install, response) = developer
            .store()
            .token_in_portal(developer.by(), developer.org(), app, developer.user(), code)
            .await?;
        Ok(TestToken {
            install,
            access_token: ShownOnce(response.access_token),
            expires_in: response.expires_in,
            scope: response.scope.to_string(),
        })
    })
    .await
}

/// An organization that the app can be tested in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
    /// The person's role there, in words.
    pub role: String,
}

/// The choice of the organization, then the token.
#[island]
pub fn TestInstallForm(
    /// The app.
    app: AppId,
    /// The person's organizations; the first is chosen at first.
    targets: Vec<Target>,
    /// The issuer, for the example.
    issuer: String,
) -> impl IntoView {
    let got = RwSignal::new(None::<TestToken>);
    let targets = StoredValue::new(targets);
    let issuer = StoredValue::new(issuer);
    move || match got.get() {
        None => view! { <Choose app targets=targets.get_value() got/> }.into_any(),
        Some(token) => view! { <Got token issuer=issuer.get_value()/> }.into_any(),
    }
}

#[component]
fn Choose(app: AppId, targets: Vec<Target>, got: RwSignal<Option<TestToken>>) -> impl IntoView {
    let sending = Sending::new();
    let first = targets.first().map(|target| target.id);
    let chosen = RwSignal::new(first);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(organization) = chosen.get_untracked() else { return };
        let call = async move {
            let code = authorize(app, organization).await?;
            token(app, code).await
        };
        sending.run(call, move |token| got.set(Some(token)));
    };
    let several = targets.len() > 1;
    let only = targets.first().map(|target| target.name.clone()).unwrap_or_default();
    let cards = targets.into_iter().map(|target| {
        let checked = Some(target.id) == first;
        view! { <RadioCard name="organization" value=target.id.to_string() title=target.name text=target.role checked/> }
    });
    let choice = if several {
        view! {
            <fieldset class="stack-s">
                <legend>"Into which of your organizations?"</legend>
                <div class="choices-grid" on:change=move |ev| chosen.set(event_target_value(&ev).parse().ok())>{cards.collect_view()}</div>
            </fieldset>
        }
        .into_any()
    } else {
        view! { <p class="soft">"It will be installed into "<b>{only}</b>"."</p> }.into_any()
    };
    view! {
        <form class="stack" novalidate on:submit=submit>
            {choice}
            <Failure sending/>
            <div class="row"><SendButton sending label="Install and show the token"/></div>
        </form>
    }
}

/// The token, the call that uses it, and the way to the install.
#[component]
fn Got(token: TestToken, issuer: String) -> impl IntoView {
    let access = token.access_token.0;
    let command = format!("curl -H \"Authorization: Bearer {access}\" {issuer}{}", paths::WHOAMI);
    let install = paths::install(token.install);
    let stored = RwSignal::new(false);
    let lifetime = token.expires_in.map_or("It never ends by itself.".to_owned(), |seconds| {
        format!("It ends in {}, like any other.", crate::format::span_in_words(seconds))
    });
    let variables = vec![("PORTICO_ISSUER", issuer), ("PORTICO_ACCESS_TOKEN", access.clone())];
    let call = command.clone();
    move || {
        if stored.get() {
            let install = install.clone();
            return view! {
                <p>"The app is installed. "<a href=install>"Look at the install"<Icon glyph=ARROW_RIGHT/></a></p>
            }
            .into_any();
        }
        view! {
            <div class="stack">
                <RevealOnce noun="token" value=access.clone() variables=variables.clone() file="portico-test-token"
                    done=Callback::new(move |()| stored.set(true))/>
                <p class="soft">{lifetime.clone()}" It may "<code>{token.scope.clone()}</code>"."</p>
                <div class="code">
                    <header><span class="soft small">"Ask whose it is"</span><Copier text=call.clone() label="Copy the call".to_owned()/></header>
                    <pre tabindex="0"><code>{command.clone()}</code></pre>
                </div>
            </div>
        }
        .into_any()
    }
}
