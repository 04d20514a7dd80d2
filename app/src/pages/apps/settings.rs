//! `/apps/{id}/settings`: fields and danger zone (PRODUCT A1, section 5.5).

use domain::client::ActorModes;
use domain::id::AppId;
use domain::paths;
use domain::portal::AppFields;
use leptos::prelude::*;
use leptos::server_fn::codec::Json;

use crate::components::alert::{Notice, Tone};
use crate::components::field::{Field, RadioCard, TextArea};
use crate::components::sending::{Failure, SendButton, Sending};
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
    crate::error::settle(&paths::app(app, "settings"), "The app is suspended.", async {
        let developer = crate::session::developer().await?;
        Ok(developer.store().suspend_app(developer.by(), developer.org(), app).await?)
    })
    .await
}

/// Lets a suspended app run again.
#[server(prefix = "/fn", endpoint = "apps/settings/resume")]
pub async fn resume_app(app: AppId) -> Result<(), PortalError> {
    crate::error::settle(&paths::app(app, "settings"), "The app is live again.", async {
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

/// The fields of the app.
#[island]
pub fn SettingsForm(
    /// The app.
    app: AppId,
    /// What they are now.
    fields: AppFields,
    /// Whether the app is public: then PKCE is not a choice.
    public: bool,
) -> impl IntoView {
    let sending = Sending::new();
    let saved = RwSignal::new(false);
    let now = RwSignal::new(fields.clone());
    let change = move |set: fn(&mut AppFields, String)| {
        move |event: leptos::ev::Event| now.update(|fields| set(fields, event_target_value(&event)))
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        saved.set(false);
        sending.run(update_app(app, now.get_untracked()), move |()| saved.set(true));
    };
    let actor = fields.actor_modes;
    view! {
        <form class="stack" novalidate on:submit=submit on:input=move |_| saved.set(false)>
            <Field label="Name" name="name" value=fields.name required=true maxlength=80 autocomplete="off"
                error=sending.of_field("name") on:input=change(|fields, text| fields.name = text)/>
            <TextArea label="Description" name="description" value=fields.description maxlength=200
                hint="One line: what it does for the organization that installs it."
                error=sending.of_field("description") on:input=change(|fields, text| fields.description = text)/>
            <Field label="Homepage" name="homepage" kind="url" value=fields.homepage.unwrap_or_default() autocomplete="url"
                error=sending.of_field("homepage") on:input=change(|fields, text| fields.homepage = Some(text))/>
            <Field label="Support address" name="support_email" kind="email" value=fields.support_email.unwrap_or_default()
                hint="Admins look at it before they install." autocomplete="email"
                error=sending.of_field("support_email") on:input=change(|fields, text| fields.support_email = Some(text))/>
            <fieldset class="stack-s">
                <legend>"Who acts"</legend>
                <div class="choices-grid" on:change=move |ev| {
                    if let Ok(modes) = event_target_value(&ev).parse() {
                        now.update(|fields| fields.actor_modes = modes);
                    }
                }>
                    <RadioCard name="actor" value="both" title="Either" text="Each request says which." checked=actor == ActorModes::Both/>
                    <RadioCard name="actor" value="app" title="The app itself" text="A bot of its own." checked=actor == ActorModes::App/>
                    <RadioCard name="actor" value="self" title="The person" text="Within that person's role." checked=actor == ActorModes::Myself/>
                </div>
            </fieldset>
            <label class="check">
                <input type="checkbox" name="pkce_required" checked=fields.pkce_required || public disabled=public
                    on:change=move |ev| now.update(|fields| fields.pkce_required = event_target_checked(&ev))/>
                <span><b>"Require PKCE"</b>" "<span class="soft">{if public {
                    "A public app always needs it."
                } else {
                    "Refuse authorization requests without a code challenge. Recommended."
                }}</span></span>
            </label>
            <Failure sending/>
            {move || saved.get().then(|| view! { <Notice tone=Tone::Good><p>"Saved."</p></Notice> })}
            <div class="row"><SendButton sending label="Save changes"/></div>
        </form>
    }
}

/// Deletes the app once its name is typed.
#[island]
pub fn DeleteForm(
    /// The app.
    app: AppId,
    /// Its name.
    name: String,
) -> impl IntoView {
    let sending = Sending::new();
    let typed = RwSignal::new(String::new());
    let wanted = name.clone();
    let ready = Signal::derive(move || typed.with(|typed| typed.trim() == wanted));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        sending.run(delete_app(app, typed.get_untracked()), |()| _ = window().location().set_href(paths::APPS));
    };
    view! {
        <form class="type-the-name" novalidate on:submit=submit>
            <Field label=format!("Type \u{201c}{name}\u{201d} to confirm") name="confirm" required=true autocomplete="off"
                error=sending.of_field("confirm") on:input=move |ev| typed.set(event_target_value(&ev))/>
            <Failure sending/>
            <SendButton sending label="Delete this app" danger=true ready/>
        </form>
    }
}

#[cfg(feature = "ssr")]
pub use page::Settings;

#[cfg(feature = "ssr")]
mod page {
    use domain::client::{AppStatus, ClientType, InstallStatus};
    use domain::portal::{AppDetail, AppFields};
    use domain::store::installs::InstallFilter;
    use leptos::prelude::*;
    use leptos::server_fn::ServerFn;

    use super::{DeleteForm, ResumeApp, SettingsForm, SuspendApp};
    use crate::components::card::Card;
    use crate::components::confirm::Confirm;
    use crate::components::csrf_field::CsrfField;
    use crate::components::danger_zone::{DangerAct, DangerZone};
    use crate::error::PortalError;
    use crate::format::counted;
    use crate::pages::apps::app_page::{id_in_path, open, tab_page};
    use crate::pages::apps::needs_script;
    use crate::pages::framed::{Framed, framed};

    /// The tab.
    #[component]
    pub fn Settings() -> impl IntoView {
        framed(load(id_in_path()))
    }

    async fn load(id: String) -> Result<Framed, PortalError> {
        let (developer, app) = open(&id).await?;
        let installs = developer.store().installs_of_app(developer.org(), app.id, InstallFilter::default()).await?;
        let more = installs.next.is_some();
        let active = installs.items.iter().filter(|install| install.status == InstallStatus::Active).count();
        let reach = match (active, more) {
            (0, false) => "No install is active now.".to_owned(),
            (count, false) => format!("It is active in {}.", counted(count as u64, "install")),
            (count, true) => format!("It is active in more than {}.", counted(count as u64, "install")),
        };
        let fields = AppFields {
            name: app.name.clone(),
            description: app.description.clone(),
            homepage: app.homepage.clone(),
            support_email: app.support_email.clone(),
            pkce_required: app.pkce_required,
            actor_modes: app.actor_modes,
        };
        let body = view! {
            {needs_script()}
            <Card title="About the app" lead="Shown at consent and to the admins who review it.">
                <SettingsForm app=app.id fields public=app.client_type == ClientType::Public/>
            </Card>
            <Danger app=app.clone() reach/>
        };
        Ok(tab_page(&developer, &app, "settings", body.into_any()).await)
    }

    #[component]
    fn Danger(app: AppDetail, reach: String) -> impl IntoView {
        let id = app.id.to_string();
        let pause = if app.status == AppStatus::Suspended {
            view! {
                <DangerAct title="Resume the app" consequence="Its requests are answered again, and tokens that have not ended work again.">
                    <form method="post" action=ResumeApp::url()><CsrfField/><input type="hidden" name="app" value=id/>
                        <button class="button">"Resume app"</button></form>
                </DangerAct>
            }
            .into_any()
        } else {
            let consequence = format!("No request of it is answered and no token of it works until you resume it. {reach} Can be undone.");
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
                <DangerAct title="Delete the app" consequence><DeleteForm app=app.id name=app.name/></DangerAct>
            </DangerZone>
        }
    }
}
