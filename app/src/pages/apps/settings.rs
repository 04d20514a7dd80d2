//! `/apps/{id}/settings`: fields and danger zone (PRODUCT A1, section 5.5).

use domain::id::AppId;
use domain::portal::{AppFields, Saved, Seen};
#[cfg(feature = "ssr")]
use domain::typed::collapsed;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::redirect_uris::{Rows, by_row};

use crate::csrf::CsrfClient;
#[cfg(feature = "ssr")]
use crate::error::Next;
use crate::error::PortalError;

/// Changes the app's fields.
#[server(prefix = "/fn", endpoint = "apps/settings/update", client = CsrfClient)]
pub async fn update_app(app: AppId, fields: AppFields, seen: Option<Seen>) -> Result<Saved, PortalError> {
    let page = domain::paths::app(app, "settings");
    let body = async {
        let developer = crate::session::developer().await?;
        let saved = Seen::of_fields(&fields.clone().kept());
        let waits = developer.store().update_app(developer.by(), developer.org(), app, fields, seen.as_ref()).await?;
        Ok(Saved { waits, seen: saved })
    };
    crate::error::save(&page, Next::Page(&page), body, |saved| super::form::of_edit(saved.waits, "Saved.")).await
}

/// Stops the app until it is resumed.
#[server(prefix = "/fn", endpoint = "apps/settings/suspend")]
pub async fn suspend_app(app: AppId) -> Result<(), PortalError> {
    crate::error::settle(&domain::paths::app(app, "settings"), async {
        let developer = crate::session::developer().await?;
        developer.store().suspend_app(developer.by(), developer.org(), app).await?;
        Ok("The app is suspended.")
    })
    .await
}

/// Lets a suspended app run again.
#[server(prefix = "/fn", endpoint = "apps/settings/resume")]
pub async fn resume_app(app: AppId) -> Result<(), PortalError> {
    crate::error::settle(&domain::paths::app(app, "settings"), async {
        let developer = crate::session::developer().await?;
        developer.store().resume_app(developer.by(), developer.org(), app).await?;
        Ok("The app is resumed.")
    })
    .await
}

/// Deletes the app for good. `confirm` has to be its name.
#[server(prefix = "/fn", endpoint = "apps/settings/delete", client = CsrfClient)]
pub async fn delete_app(app: AppId, confirm: String) -> Result<(), PortalError> {
    let body = async {
        let developer = crate::session::developer().await?;
        let detail = developer.store().app(developer.org(), app).await?;
        if collapsed(&detail.fields.name) != collapsed(&confirm) {
            return Err(PortalError::field("confirm", "That is not the app's name."));
        }
        developer.store().delete_app(developer.by(), developer.org(), app).await?;
        Ok(())
    };
    // The page that comes next is the list, in which it is no more.
    let gone = format!("{} is deleted. Its installs, tokens and secrets have ended.", collapsed(&confirm));
    crate::error::save(&domain::paths::app(app, "settings"), Next::Page(domain::paths::APPS), body, |()| gone.as_str())
        .await
}

/// Makes `uris` the addresses where people may be sent after they signed out: all of them, or none.
#[server(prefix = "/fn", endpoint = "apps/settings/post-logout", client = CsrfClient)]
pub async fn set_post_logout_uris(app: AppId, uris: Vec<String>, seen: Option<Seen>) -> Result<Saved, PortalError> {
    let body = async {
        let developer = crate::session::developer().await?;
        let (saved, by, owner) = (Seen::of_uris(&uris), developer.by(), developer.org());
        let Rows { uris, numbers } = Rows::of(uris);
        let result = developer.store().set_post_logout_redirect_uris(by, owner, app, uris, seen.as_ref()).await;
        result.map_err(|problem| by_row(problem, &numbers))?;
        Ok(Saved { waits: false, seen: saved })
    };
    crate::error::save(&domain::paths::app(app, "settings"), Next::Same, body, |_| super::form::ADDRESSES_SAVED).await
}

#[cfg(feature = "ssr")]
pub use page::*;

#[cfg(feature = "ssr")]
mod page {
    use domain::client::{AppGrants, AppStatus, ClientType};
    use domain::portal::{AppDetail, AppFields, Seen};
    use domain::typed::{MAX_LINE, MAX_NAME};
    use leptos::prelude::*;
    use leptos::server_fn::ServerFn;

    use super::{ResumeApp, SetPostLogoutUris, SuspendApp, UpdateApp};
    use crate::components::card::Card;
    use crate::components::confirm::Confirm;
    use crate::components::csrf_field::CsrfField;
    use crate::components::danger_zone::{DangerAct, DangerZone};
    use crate::components::field::{Field, TextArea};
    use crate::error::PortalError;
    use crate::forms::FormProblem;
    use crate::pages::apps::app_page::{open, reach, tab_page};
    use crate::pages::apps::form::{AppForm, Subject, Task};
    use crate::pages::apps::policy::{Choice, PolicyChoice, for_an_app};
    use crate::pages::apps::protocol::{ActorChoice, AlgorithmChoice, GrantChoice, PkceCheck};
    use crate::pages::apps::redirect_uris::rows;
    use crate::pages::apps::uri_rows::POST_LOGOUT_REDIRECT_URI;
    use crate::pages::framed::{Framed, framed};

    /// The tab.
    #[component]
    pub fn Settings() -> impl IntoView {
        framed(load())
    }

    async fn load() -> Result<Framed, PortalError> {
        let (developer, app) = open().await?;
        let reach = reach(&developer, app.id).await?;
        let waits = developer.store().app_review(developer.org(), app.id).await?.waits;
        // A name that waits was saved last: saving something else must not take it back in passing.
        let name = waits.name.unwrap_or_else(|| app.fields.name.clone());
        let (problem, saved) = (FormProblem::of_request(), AppFields { name, ..app.fields.clone() });
        let typed = |typed: UpdateApp| (typed.fields, typed.seen);
        let (shown, of_fields) = problem.edited(saved, Seen::of_fields, typed);
        let (number, tokens) = (app.id, AppDetail { fields: shown.clone(), ..app.clone() });
        let policies = for_an_app(
            &developer.store().settings().policies,
            &app.fields.token_policy,
            &shown.token_policy,
            app.auth_method,
        );
        let after_logout = developer.store().post_logout_redirect_uris(app.id).await.map_err(PortalError::internal)?;
        let after_logout = after_logout.into_iter().map(String::from).collect::<Vec<_>>();
        let typed = |typed: SetPostLogoutUris| (typed.uris, typed.seen);
        let (after_logout, of_addresses) = problem.edited(after_logout, |uris| Seen::of_uris(uris), typed);
        let body = view! {
            <AppForm task=Task::Update label="Save changes".to_owned() danger=false>
                <Subject app=number seen=of_fields/>
                <Card title="About the app" lead="Shown at consent and to the admins who review it."><About fields=shown/></Card>
                <Card title="Tokens" lead="How it gets them, and how long they live."><Tokens app=tokens policies/></Card>
            </AppForm>
            <Card title="After a sign-out" lead="Where an app that signs people in may send them when they sign out. Compared character by character.">
                <AppForm task=Task::PostLogout label="Save addresses".to_owned() danger=false>
                    <Subject app=number seen=of_addresses/>{rows(after_logout, POST_LOGOUT_REDIRECT_URI)}
                </AppForm>
            </Card>
            <Danger app=app.clone() reach/>
        };
        tab_page(&developer, &app, "settings", body.into_any()).await
    }

    /// What people see of the app.
    #[component]
    fn About(fields: AppFields) -> impl IntoView {
        view! {
            <Field label="Name" name="fields[name]" value=fields.name required=true maxlength=MAX_NAME hint=format!("At most {MAX_NAME} characters.")/>
            <TextArea label="Description" name="fields[description]" value=fields.description maxlength=MAX_LINE
                hint="One line: what it does for the organization that installs it."/>
            <Field label="Homepage" name="fields[homepage]" kind="url" value=fields.homepage.unwrap_or_default()/>
            <Field label="Support address" name="fields[support_email]" kind="email" value=fields.support_email.unwrap_or_default()
                hint="Admins look at it before they install."/>
        }
    }

    /// What the protocol reads.
    #[component]
    fn Tokens(app: AppDetail, policies: Vec<Choice>) -> impl IntoView {
        let public = app.client_type == ClientType::Public;
        let grants = if public {
            let only = AppGrants::AuthorizationCode.as_str();
            view! {
                <input type="hidden" name="fields[grants]" value=only/>
                <p class="soft">"People allow it. A public app has no credentials of its own."</p>
            }
            .into_any()
        } else {
            view! { <GrantChoice chosen=app.fields.grants/> }.into_any()
        };
        view! {
            <ul class="plain-list small">
                <li>"If you choose another policy, everybody is asked to consent again. Tokens that exist keep their end; where profile comes to include the e-mail address, they end at once."</li>
                <li>"If it gives up acting as itself or as people, everybody is asked again, and in that mode nothing is refreshed any more. Access tokens keep their end."</li>
            </ul>
            <fieldset class="stack-s"><legend>"How it gets its tokens"</legend>{grants}</fieldset>
            <fieldset class="stack-s"><legend>"Who acts"</legend><ActorChoice chosen=app.fields.actor_modes/></fieldset>
            <fieldset class="stack-s"><legend>"Token policy"</legend><PolicyChoice choices=policies/></fieldset>
            <AlgorithmChoice chosen=app.fields.id_token_signed_response_alg/>
            <PkceCheck checked=app.fields.pkce_required public/>
        }
    }

    #[component]
    fn Danger(app: AppDetail, reach: String) -> impl IntoView {
        let (id, number) = (app.id.to_string(), app.id);
        let confirm = format!("Type \u{201c}{}\u{201d} to confirm", app.fields.name);
        let pause = if app.status == AppStatus::Suspended {
            view! {
                <DangerAct title="Resume the app" consequence="Its requests are answered again, and tokens that have not ended work again.">
                    <form method="post" action=ResumeApp::url()><CsrfField/><input type="hidden" name="app" value=id/>
                        <button class="button">"Resume app"</button></form>
                </DangerAct>
            }
            .into_any()
        } else {
            let consequence = format!(
                "No request of it is answered and no token of it works until you resume it. {reach} Can be undone."
            );
            view! {
                <DangerAct title="Suspend the app" consequence>
                    <Confirm label="Suspend\u{2026}" danger=true>
                        <p>"It stops working everywhere, at once."</p>
                        <form method="post" action=SuspendApp::url()><CsrfField/><input type="hidden" name="app" value=id/>
                            <button class="button danger">"Suspend app"</button></form>
                    </Confirm>
                </DangerAct>
            }
            .into_any()
        };
        let consequence = format!(
            "Every install, token and secret of it ends at once, and its client ID is never used again. {reach} Cannot be undone.",
        );
        view! {
            <DangerZone>
                {pause}
                <DangerAct title="Delete the app" consequence>
                    <div class="type-the-name">
                        <AppForm task=Task::Delete label="Delete this app".to_owned() danger=true>
                            <Subject app=number/>
                            <Field label=confirm name="confirm" required=true autocomplete="off"/>
                        </AppForm>
                    </div>
                </DangerAct>
            </DangerZone>
        }
    }
}
