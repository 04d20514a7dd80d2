//! `/apps/{id}/redirect-uris`: the addresses that people may be sent back to (PRODUCT A3, requirements 2 to 7).

use domain::id::AppId;
use domain::portal::{Saved, Seen};
use leptos::prelude::*;

use crate::csrf::CsrfClient;
use crate::error::PortalError;

/// Makes `uris` the app's redirect URIs: all of them, or none with what is wrong in which row. One Save for all: an
/// address that decides where codes go is never saved in passing.
#[server(prefix = "/fn", endpoint = "apps/redirect-uris/set", client = CsrfClient)]
pub async fn set_redirect_uris(app: AppId, uris: Vec<String>, seen: Option<Seen>) -> Result<Saved, PortalError> {
    let body = async {
        let developer = crate::session::developer().await?;
        let (saved, by, owner) = (Seen::of_uris(&uris), developer.by(), developer.org());
        let Rows { uris, numbers } = Rows::of(uris);
        let result = developer.store().set_redirect_uris(by, owner, app, uris, seen.as_ref()).await;
        Ok(Saved { waits: result.map_err(|problem| by_row(problem, &numbers))?, seen: saved })
    };
    let said = |saved: &Saved| super::form::of_edit(saved.waits, super::form::URIS_SAVED);
    crate::error::save(&domain::paths::app(app, "redirect-uris"), crate::error::Next::Same, body, said).await
}

/// The rows of a form with an address in them, and which ones they are: an empty row is no address.
#[cfg(feature = "ssr")]
pub(super) struct Rows {
    pub(super) uris: Vec<String>,
    pub(super) numbers: Vec<usize>,
}

#[cfg(feature = "ssr")]
impl Rows {
    pub(super) fn of(rows: Vec<String>) -> Self {
        let given = rows.into_iter().enumerate().filter(|(_, row)| !row.trim().is_empty());
        let (numbers, uris) = given.unzip();
        Self { uris, numbers }
    }
}

/// Says what is wrong beside the row that it concerns. `numbers` are those of the rows with an address.
#[cfg(feature = "ssr")]
pub(super) fn by_row(problem: domain::store::app_parts::UrisProblem, numbers: &[usize]) -> PortalError {
    use domain::store::app_parts::UrisProblem;

    match problem {
        UrisProblem::NotFound => PortalError::NotFound,
        UrisProblem::Rows(rows) => {
            let fields = rows.into_iter().map(|(row, text)| (field_of_row(row), text)).collect();
            let message = "Nothing was saved: some addresses cannot be registered.".to_owned();
            at_rows(PortalError::Invalid { message, fields }, numbers)
        }
        UrisProblem::Changed(_) => super::changed_meanwhile(),
        UrisProblem::Database(error) => PortalError::internal(error),
    }
}

/// Names each row as it is counted in the form, where `numbers` are those of the rows with an address.
#[cfg(feature = "ssr")]
pub(super) fn at_rows(error: PortalError, numbers: &[usize]) -> PortalError {
    error.renamed(|field| {
        let row = field.strip_prefix("redirect_uris.")?.parse::<usize>().ok()?;
        Some(field_of_row(*numbers.get(row)?))
    })
}

/// The field of a row.
#[cfg(feature = "ssr")]
fn field_of_row(row: usize) -> String {
    format!("redirect_uris.{row}")
}

#[cfg(feature = "ssr")]
pub use page::*;

#[cfg(feature = "ssr")]
mod page {
    use domain::portal::Seen;
    use domain::redirect_uri::MAX_REDIRECT_URIS;
    use leptos::prelude::*;

    use super::{SetRedirectUris, field_of_row};
    use crate::components::card::Card;
    use crate::error::PortalError;
    use crate::forms::FormProblem;
    use crate::pages::apps::app_page::{open, tab_page};
    use crate::pages::apps::form::{AppForm, Subject, Task};
    use crate::pages::apps::uri_rows::{REDIRECT_URI, URIS, UriRows};
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
        let typed = |typed: SetRedirectUris| (typed.uris, typed.seen);
        let (shown, seen) = FormProblem::of_request().edited(uris, |uris| Seen::of_uris(uris), typed);
        let id = app.id;
        let body = view! {
            <div class="columns">
                <Card title="Redirect URIs" lead="Where people are sent after they decide. Nothing else is ever redirected to.">
                    <AppForm task=Task::RedirectUris label="Save redirect URIs".to_owned() danger=false><Subject app=id seen/>{rows(shown, REDIRECT_URI)}</AppForm>
                </Card>
                <Rules/>
            </div>
        };
        tab_page(&developer, &app, "redirect-uris", body.into_any()).await
    }

    /// The most rows that are shown again, those without an address too.
    const MOST_ROWS: usize = 2 * MAX_REDIRECT_URIS;

    /// Rows with `uris`, each with what is wrong with it. Without a script there is one empty row more, to add an address.
    pub(crate) fn rows(mut uris: Vec<String>, noun: &str) -> impl IntoView + use<> {
        if uris.len() > MOST_ROWS {
            uris.retain(|uri| !uri.trim().is_empty());
            uris.truncate(MOST_ROWS);
        }
        let problem = FormProblem::of_request();
        let wrong = (0..uris.len()).map(|row| problem.error(&field_of_row(row)).unwrap_or_default()).collect();
        let label = format!("One more {}", noun.to_lowercase().replace("uri", "URI"));
        view! {
            <UriRows uris wrong noun=noun.to_owned()/>
            <noscript>
                <div class="uri-row">
                    <input class="input mono" type="text" inputmode="url" name=URIS spellcheck="false" aria-label=label.clone() placeholder=label/>
                </div>
            </noscript>
        }
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
