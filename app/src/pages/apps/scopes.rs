//! `/apps/{id}/scopes`: what the app asks for, and why (PRODUCT A4 to A6).

use domain::id::AppId;
use domain::portal::{Saved, ScopeLines, Seen};
use leptos::prelude::*;

use crate::csrf::CsrfClient;
use crate::error::PortalError;

/// Makes `scopes` what the app asks for from now on. Running installs never grow by it.
#[server(prefix = "/fn", endpoint = "apps/scopes/set", client = CsrfClient)]
pub async fn set_scopes(app: AppId, scopes: ScopeLines, seen: Option<Seen>) -> Result<Saved, PortalError> {
    let page = domain::paths::app(app, "scopes");
    let body = async {
        let developer = crate::session::developer().await?;
        let scopes = scopes.chosen();
        let (saved, by, owner) = (Seen::of_scopes(&scopes), developer.by(), developer.org());
        let sent: Vec<_> = scopes.iter().map(|choice| choice.token.clone()).collect();
        let result = developer.store().set_scopes(by, owner, app, scopes, seen.as_ref()).await;
        Ok(Saved { waits: result.map_err(|problem| by_token(problem, &sent))?, seen: saved })
    };
    let said = |saved: &Saved| super::form::of_edit(saved.waits, "Saved. The next consent asks for these.");
    crate::error::save(&page, crate::error::Next::Page(&page), body, said).await
}

/// Names the fields of scopes by their tokens, as the picker does; the store counts them.
#[cfg(feature = "ssr")]
pub(super) fn by_token(problem: domain::store::apps::AppProblem, sent: &[domain::scope::ScopeToken]) -> PortalError {
    PortalError::from(problem).renamed(|field| {
        let row = field.strip_prefix("scopes.")?.parse::<usize>().ok()?;
        Some(format!("scope:{}", sent.get(row)?))
    })
}

#[cfg(feature = "ssr")]
pub use page::*;

#[cfg(feature = "ssr")]
mod page {
    use domain::portal::{AppScope, ScopeChoice, Seen};
    use leptos::prelude::*;

    use super::SetScopes;
    use crate::components::card::Card;
    use crate::components::scope_list::ScopeList;
    use crate::error::PortalError;
    use crate::forms::FormProblem;
    use crate::pages::apps::app_page::{open, tab_page};
    use crate::pages::apps::form::{AppForm, Subject, Task};
    use crate::pages::apps::scope_picker::ScopePicker;
    use crate::pages::framed::{Framed, framed};

    /// The tab.
    #[component]
    pub fn Scopes() -> impl IntoView {
        framed(load())
    }

    async fn load() -> Result<Framed, PortalError> {
        let (developer, app) = open().await?;
        let catalogue = developer.store().catalogue().await.map_err(PortalError::internal)?.0;
        let choice = |held: &AppScope| ScopeChoice {
            token: held.scope.token.clone(),
            purpose: held.purpose.clone(),
            required: held.required,
        };
        let review = developer.store().app_review(developer.org(), app.id).await?;
        let chosen = review.waits.scopes.unwrap_or_else(|| app.scopes.iter().map(choice).collect());
        let (may, scopes) = (format!("{} will be able to", app.fields.name), app.scopes.clone());
        let typed = |typed: SetScopes| (typed.scopes.chosen(), typed.seen);
        let (chosen, seen) = FormProblem::of_request().edited(chosen, |chosen| Seen::of_scopes(chosen), typed);
        let id = app.id;
        let body = view! {
            <div class="columns">
                <Card title="Scopes" lead="What the app asks for. The reason that you write is shown to whoever decides.">
                    <AppForm task=Task::Scopes label="Save scopes".to_owned() danger=false><Subject app=id seen/><ScopePicker catalogue chosen/></AppForm>
                </Card>
                <div class="stack">
                    <Card title="As people read it" lead=may>
                        <ScopeList scopes/>
                    </Card>
                    <Card title="What a change does">
                        <p class="soft">"Running installs keep what was granted: they never grow by themselves. What you take away here is gone from their tokens at once. New scopes are asked for at the next consent."</p>
                    </Card>
                </div>
            </div>
        };
        tab_page(&developer, &app, "scopes", body.into_any()).await
    }
}
