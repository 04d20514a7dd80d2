//! Test install: a real install into an organization of one's own, with real lifetimes (PRODUCT A13).
//!
//! `authorize` makes the grant, `token` exchanges it: the same verbs as the endpoints of these names.

use domain::id::{AppId, CodeId, OrgId};
use domain::portal::ShownOnce;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::csrf::CsrfClient;
use crate::error::PortalError;

/// A token that the portal obtained for its user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestToken {
    /// The access token, shown once.
    pub access_token: ShownOnce,
    /// Its lifetime in seconds; none means that it never ends.
    pub expires_in: Option<i64>,
    /// The granted scopes.
    pub scope: String,
    /// Where the install is seen: its page for those who administer it, else the app's installs.
    pub next: String,
}

/// Grants the app access to `organization`, as the consent page would.
#[server(prefix = "/fn", endpoint = "authorize", client = CsrfClient)]
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
#[server(prefix = "/fn", endpoint = "token", client = CsrfClient)]
pub async fn token(app: AppId, code: CodeId) -> Result<TestToken, PortalError> {
    use domain::paths;

    crate::error::answer(async {
        let developer = crate::session::developer().await?;
        let (install, response) =
            developer.store().token_in_portal(developer.by(), developer.org(), app, developer.user(), code).await?;
        let administers = developer.role().administers_installs();
        let seen_here = administers && developer.store().install(developer.org(), install).await.is_ok();
        let next = if seen_here { paths::install(install) } else { paths::app(app, "installs") };
        Ok(TestToken {
            access_token: ShownOnce(response.access_token),
            expires_in: response.expires_in,
            scope: response.scope.to_string(),
            next,
        })
    })
    .await
}

#[cfg(feature = "ssr")]
pub use page::*;

#[cfg(feature = "ssr")]
mod page {
    use domain::id::AppId;
    use domain::portal::Membership;
    use leptos::prelude::*;

    use crate::components::card::Card;
    use crate::components::field::RadioCard;
    use crate::components::layout::role_name;
    use crate::pages::apps::form::{AppForm, Subject, Task};

    /// An organization that the person may test in.
    #[derive(Clone)]
    pub struct Target {
        /// The organization, and the person's role there.
        pub membership: Membership,
        /// Whether the app works there with the one live token that a test takes away.
        pub in_use: bool,
    }

    /// What a test costs where the app works already.
    const IN_USE: &str = "The app works there already: its token ends, and what uses it has to be connected again.";

    /// The choice of the organization, then the token.
    #[component]
    pub fn TestInstall(
        /// The app.
        app: AppId,
        /// Its public id.
        client_id: String,
        /// The issuer.
        issuer: String,
        /// The organizations that the person may test in; the first is chosen at first.
        targets: Vec<Target>,
        /// Whether the token ends by itself.
        ends: bool,
        /// Whether the app is a draft.
        draft: bool,
    ) -> impl IntoView {
        let subject = view! { <Subject app client_id issuer/> };
        let several = targets.len() > 1;
        let only = targets.first().cloned();
        let choice = if several {
            let cards = targets.into_iter().enumerate().map(|(index, target)| {
                let Target { membership: Membership { organization, role }, in_use } = target;
                let text = format!("You are {} there.", role_name(role).to_lowercase());
                let text = if in_use { format!("{text} {IN_USE}") } else { text };
                let id = organization.id.to_string();
                view! { <RadioCard name="organization" value=id title=organization.name text checked=index == 0/> }
            });
            view! {
                <fieldset class="stack-s">
                    <legend>"Into which of your organizations?"</legend>
                    <div class="choices-grid">{cards.collect_view()}</div>
                </fieldset>
            }
            .into_any()
        } else {
            only.map(|Target { membership, in_use }| {
                let organization = membership.organization;
                view! {
                    <input type="hidden" name="organization" value=organization.id.to_string()/>
                    <p class="soft">"It will be installed into "<b>{organization.name}</b>"."</p>
                    {in_use.then(|| view! { <p>{IN_USE}</p> })}
                }
            })
            .into_any()
        };
        view! {
            <div id="test-install">
                <Card title="Test install" lead="A real install with real lifetimes, into an organization of yours. You can revoke it like any other.">
                    {(!ends).then(|| view! { <p>"Its token never ends by itself: it works until the install is revoked."</p> })}
                    {draft.then(|| view! { <p class="soft">"This app is a draft. An organization that you choose here may test it from then on."</p> })}
                    <noscript><p class="soft">"The token is shown once, which needs JavaScript."</p></noscript>
                    <AppForm task=Task::TestInstall label="Install and show the token".to_owned() danger=false>{subject}{choice}</AppForm>
                </Card>
            </div>
        }
    }
}
