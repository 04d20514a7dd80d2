//! `/apps/{id}/scopes`: what the app asks for, and why (PRODUCT A4 to A6).

use domain::id::AppId;
use domain::portal::{ScopeChoice, Seen};
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use crate::csrf::CsrfClient;
use crate::error::PortalError;

/// Makes `scopes` what the app asks for from now on. Running installs never grow by it. True where a new one waits for
/// approval.
#[server(prefix = "/fn", endpoint = "apps/scopes/set", client = CsrfClient, input = Json)]
pub async fn set_scopes(app: AppId, scopes: Vec<ScopeChoice>, seen: Option<Seen>) -> Result<bool, PortalError> {
    crate::error::answer(async {
        let developer = crate::session::developer().await?;
        let sent: Vec<_> = scopes.iter().map(|choice| choice.token.clone()).collect();
        let result = developer.store().set_scopes(developer.by(), developer.org(), app, scopes, seen.as_ref()).await;
        let waits = result.map_err(|problem| by_token(problem, &sent))?;
        Ok(super::form::told(waits, "Saved. The next consent asks for these.").await)
    })
    .await
}

/// Names the fields of scopes by their tokens, as the picker does; the store counts them.
#[cfg(feature = "ssr")]
pub(super) fn by_token(problem: domain::store::apps::AppProblem, sent: &[domain::scope::ScopeToken]) -> PortalError {
    let mut error = PortalError::from(problem);
    if let PortalError::Invalid { fields, .. } = &mut error {
        for (field, _) in fields {
            let row = field.strip_prefix("scopes.").and_then(|row| row.parse::<usize>().ok());
            if let Some(token) = row.and_then(|row| sent.get(row)) {
                *field = format!("scope:{token}");
            }
        }
    }
    error
}

#[cfg(feature = "ssr")]
pub use page::*;

#[cfg(feature = "ssr")]
mod page {
    use domain::portal::{AppScope, ScopeChoice, Seen};
    use leptos::prelude::*;

    use crate::components::card::Card;
    use crate::components::scope_list::ScopeList;
    use crate::error::PortalError;
    use crate::pages::apps::app_page::{open, tab_page};
    use crate::pages::apps::form::{AppForm, Subject, Task};
    use crate::pages::apps::rows_need_script;
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
        let (id, seen) = (app.id, Seen::of_scopes(&chosen));
        let body = view! {
            {rows_need_script("save")}
            <div class="columns">
                <Card title="Scopes" lead="What the app asks for. The reason that you write is shown to whoever decides.">
                    <AppForm task=Task::Scopes label="Save scopes".to_owned() danger=false action=String::new()><Subject app=id seen/><ScopePicker catalogue chosen/></AppForm>
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
