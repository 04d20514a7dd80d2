//! `/apps/{id}/redirect-uris`: the addresses that people may be sent back to (PRODUCT A3, requirements 2 to 7).

use domain::id::AppId;
use domain::portal::{Saved, Seen};
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use crate::csrf::CsrfClient;
use crate::error::PortalError;

/// Makes `uris` the app's redirect URIs: all of them, or none with what is wrong in which row. One Save for all: an
/// address that decides where codes go is never saved in passing.
#[server(prefix = "/fn", endpoint = "apps/redirect-uris/set", client = CsrfClient, input = Json)]
pub async fn set_redirect_uris(app: AppId, uris: Vec<String>, seen: Option<Seen>) -> Result<Saved, PortalError> {
    crate::error::answer(async {
        let developer = crate::session::developer().await?;
        let saved = Seen::of_uris(&uris);
        let result =
            developer.store().set_redirect_uris(developer.by(), developer.org(), app, uris, seen.as_ref()).await;
        Ok(Saved { waits: result.map_err(by_row)?, seen: saved })
    })
    .await
}

/// Says what is wrong beside the row that it concerns.
#[cfg(feature = "ssr")]
pub(super) fn by_row(problem: domain::store::app_parts::UrisProblem) -> PortalError {
    use domain::store::app_parts::UrisProblem;

    match problem {
        UrisProblem::NotFound => PortalError::NotFound,
        UrisProblem::Rows(rows) => PortalError::Invalid {
            message: "Nothing was saved: some addresses cannot be registered.".to_owned(),
            fields: rows.into_iter().map(|(row, text)| (format!("redirect_uris.{row}"), text)).collect(),
        },
        UrisProblem::Changed(_) => super::changed_meanwhile(),
        UrisProblem::Database(error) => PortalError::internal(error),
    }
}

#[cfg(feature = "ssr")]
pub use page::*;

#[cfg(feature = "ssr")]
mod page {
    use domain::portal::Seen;
    use leptos::prelude::*;

    use crate::components::card::Card;
    use crate::error::PortalError;
    use crate::pages::apps::app_page::{open, tab_page};
    use crate::pages::apps::form::{AppForm, Subject, Task};
    use crate::pages::apps::rows_need_script;
    use crate::pages::apps::uri_rows::{REDIRECT_URI, UriRows};
    use crate::pages::framed::{Framed, framed};

    /// The tab.
    #[component]
    pub fn RedirectUris() -> impl IntoView {
        framed(load())
    }

    async fn load() -> Result<Framed, PortalError> {
        let (developer, app) = open().await?;
        let review = developer.store().app_review(developer.org(), app.id).await?;
        // What waits is what was saved last: saving again must not take it back in passing.
        let uris = review.waits.redirect_uris;
        let uris = uris.unwrap_or_else(|| app.redirect_uris.iter().map(|row| row.uri.clone()).collect());
        let (id, seen) = (app.id, Seen::of_uris(&uris));
        let body = view! {
            {rows_need_script("save")}
            <div class="columns">
                <Card title="Redirect URIs" lead="Where people are sent after they decide. Nothing else is ever redirected to.">
                    <AppForm task=Task::RedirectUris label="Save redirect URIs".to_owned() danger=false action=String::new()><Subject app=id seen/><UriRows uris noun=REDIRECT_URI.to_owned()/></AppForm>
                </Card>
                <Rules/>
            </div>
        };
        tab_page(&developer, &app, "redirect-uris", body.into_any()).await
    }

    /// What can be registered.
    #[component]
    fn Rules() -> impl IntoView {
        view! {
            <Card title="How they are compared">
                <ul class="plain-list">
                    <li>"Character by character: a slash at the end is another address."</li>
                    <li>"Use "<code>"https"</code>". Plain "<code>"http"</code>" is for loopback addresses, whose port may differ in each request."</li>
                    <li>"An app on a device may use its own scheme, such as "<code>"com.example.app:/callback"</code>"."</li>
                    <li>"No wildcards, no fragments, no user names."</li>
                    <li>"With more than one registered, each request has to name the one that it means."</li>
                </ul>
            </Card>
        }
    }
}
