//! `/apps/{id}/settings`: fields and danger zone (PRODUCT A1, section 5.5).

use domain::id::AppId;
use domain::portal::AppFields;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use crate::csrf::CsrfClient;
use crate::error::PortalError;

/// Changes the app's fields.
#[server(prefix = "/fn", endpoint = "apps/settings/update", client = CsrfClient, input = Json)]
pub async fn update_app(app: AppId, fields: AppFields) -> Result<(), PortalError> {
    crate::error::answer(async {
        let developer = crate::session::developer().await?;
        Ok(developer.store().update_app(developer.by(), developer.org(), app, fields).await?)
    })
    .await
}

/// Stops the app until it is resumed.
#[server(prefix = "/fn", endpoint = "apps/settings/suspend")]
pub async fn suspend_app(app: AppId) -> Result<(), PortalError> {
    crate::error::settle(&domain::paths::app(app, "settings"), "The app is suspended.", async {
        let developer = crate::session::developer().await?;
        Ok(developer.store().suspend_app(developer.by(), developer.org(), app).await?)
    })
    .await
}

/// Lets a suspended app run again.
#[server(prefix = "/fn", endpoint = "apps/settings/resume")]
pub async fn resume_app(app: AppId) -> Result<(), PortalError> {
    crate::error::settle(&domain::paths::app(app, "settings"), "The app is live again.", async {
        let developer = crate::session::developer().await?;
        Ok(developer.store().resume_app(developer.by(), developer.org(), app).await?)
    })
    .await
}

/// Deletes the app for good. `name` has to be the app's.
#[server(prefix = "/fn", endpoint = "apps/settings/delete", client = CsrfClient, input = Json)]
pub async fn delete_app(app: AppId, name: String) -> Result<(), PortalError> {
    crate::error::answer(async {
        let developer = crate::session::developer().await?;
        let detail = developer.store().app(developer.org(), app).await?;
        if detail.name != name.trim() {
            return Err(PortalError::field("confirm", "That is not the app's name."));
        }
        Ok(developer.store().delete_app(developer.by(), developer.org(), app).await?)
    })
    .await
}

#[cfg(feature = "ssr")]
pub use page::*;

#[cfg(feature = "ssr")]
mod page {
    use domain::client::{ActorModes, AppStatus, ClientType};
    use domain::portal::AppDetail;
    use leptos::prelude::*;
    use leptos::server_fn::ServerFn;

    use super::{ResumeApp, SuspendApp};
    use crate::components::card::Card;
    use crate::components::confirm::Confirm;
    use crate::components::csrf_field::CsrfField;
    use crate::components::danger_zone::{DangerAct, DangerZone};
    use crate::components::field::{Field, RadioCard, TextArea};
    use crate::error::PortalError;
    use crate::pages::apps::app_page::{id_in_path, open, reach, tab_page};
    use crate::pages::apps::form::{AppForm, Subject, Task};
    use crate::pages::apps::needs_script;
    use crate::pages::framed::{Framed, framed};

    /// The tab.
    #[component]
    pub fn Settings() -> impl IntoView {
        framed(load(id_in_path()))
    }

    async fn load(id: String) -> Result<Framed, PortalError> {
        let (developer, app) = open(&id).await?;
        let reach = reach(&developer, app.id).await?;
        let (number, about) = (app.id, app.clone());
        let body = view! {
            {needs_script()}
            <Card title="About the app" lead="Shown at consent and to the admins who review it.">
                <AppForm task=Task::Update label="Save changes".to_owned() danger=false action=String::new()><Subject app=number/><Fields app=about/></AppForm>
            </Card>
            <Danger app=app.clone() reach/>
        };
        Ok(tab_page(&developer, &app, "settings", body.into_any()).await)
    }

    /// The fields of the app.
    #[component]
    fn Fields(app: AppDetail) -> impl IntoView {
        let actor = app.actor_modes;
        let public = app.client_type == ClientType::Public;
        let pkce = if public {
            "A public app always needs it."
        } else {
            "Refuse authorization requests without a code challenge. Recommended."
        };
        view! {
            <Field label="Name" name="name" value=app.name required=true maxlength=80 autocomplete="off"/>
            <TextArea label="Description" name="description" value=app.description maxlength=200
                hint="One line: what it does for the organization that installs it."/>
            <Field label="Homepage" name="homepage" kind="url" value=app.homepage.unwrap_or_default() autocomplete="off"/>
            <Field label="Support address" name="support_email" kind="email" value=app.support_email.unwrap_or_default()
                hint="Admins look at it before they install." autocomplete="off"/>
            <fieldset class="stack-s">
                <legend>"Who acts"</legend>
                <div class="choices-grid">
                    <RadioCard name="actor" value="both" title="Either" text="Each request says which." checked=actor == ActorModes::Both/>
                    <RadioCard name="actor" value="app" title="The app itself" text="A bot of its own." checked=actor == ActorModes::App/>
                    <RadioCard name="actor" value="self" title="The person" text="Within that person's role." checked=actor == ActorModes::Myself/>
                </div>
            </fieldset>
            <label class="check">
                <input type="checkbox" name="pkce_required" value="true" checked=app.pkce_required || public disabled=public/>
                <span><b>"Require PKCE"</b>" "<span class="soft">{pkce}</span></span>
            </label>
        }
    }

    #[component]
    fn Danger(app: AppDetail, reach: String) -> impl IntoView {
        let (id, number) = (app.id.to_string(), app.id);
        let confirm = format!("Type \u{201c}{}\u{201d} to confirm", app.name);
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
                        <AppForm task=Task::Delete label="Delete this app".to_owned() danger=true action=String::new()>
                            <Subject app=number/>
                            <Field label=confirm name="confirm" required=true autocomplete="off"/>
                        </AppForm>
                    </div>
                </DangerAct>
            </DangerZone>
        }
    }
}
