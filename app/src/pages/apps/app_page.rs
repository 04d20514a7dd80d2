//! What every tab of an app's page shares: who may open it, its head and its tabs.

use domain::client::AppStatus;
use domain::id::AppId;
use domain::paths;
use domain::portal::{AppDetail, NotPermitted};
use domain::store::app_parts::PauseProblem;
use domain::store::apps::AppProblem;
use domain::store::portal_door::PortalDoorError;
use domain::store::secrets::SecretProblem;
use leptos::prelude::*;

use crate::components::alert::{Notice, Tone};
use crate::components::icon::{Icon, PLUG};
use crate::components::layout::Section;
use crate::components::mark::Mark;
use crate::components::page_header::{Crumb, PageHeader};
use crate::components::status::AppState;
use crate::components::tabs::{Tab, Tabs};
use crate::error::PortalError;
use crate::format::counted;
use crate::pages::apps::review::waits_notice;
use crate::pages::framed::{Framed, id_in_path, said};
use crate::session::{Developer, developer};

/// The tabs: address, name.
const TABS: [(&str, &str); 6] = [
    ("overview", "Overview"),
    ("credentials", "Credentials"),
    ("redirect-uris", "Redirect URIs"),
    ("scopes", "Scopes"),
    ("installs", "Installs"),
    ("settings", "Settings"),
];

/// The app in the path, for those who make apps in the organization that owns it.
pub(super) async fn open() -> Result<(Developer, AppDetail), PortalError> {
    let developer = developer().await?;
    let app = developer.store().app(developer.org(), id_in_path()?).await?;
    Ok((developer, app))
}

/// The page of `tab` around `body`.
pub(super) async fn tab_page(
    developer: &Developer,
    app: &AppDetail,
    tab: &'static str,
    body: AnyView,
) -> Result<Framed, PortalError> {
    let name = TABS.iter().find(|(path, _)| *path == tab).map_or("", |(_, name)| name);
    let said = said(developer).await;
    let tabs = TABS.map(|(path, name)| Tab { href: paths::app(app.id, path), name, count: None, current: path == tab });
    let mark = view! { <Mark name=app.fields.name.clone() id=app.id.to_string() logo=app.logo.clone() large=true/> }
        .into_any();
    let waits = match developer.store().app_review(developer.org(), app.id).await {
        // The overview's card says it with the button that takes it back.
        Ok(review) if tab != "overview" => waits_notice(&review),
        Ok(_) => None,
        Err(error) => return Err(error.into()),
    };
    let try_it = matches!(app.status, AppStatus::Live | AppStatus::Draft).then(|| {
        let href = format!("{}#test-install", paths::app(app.id, "overview"));
        view! { <a class="button" href=href><Icon glyph=PLUG/>"Test install"</a> }
    });
    let status = app.status;
    let page = view! {
        <PageHeader title=app.fields.name.clone() lead=app.fields.description.clone() mark crumbs=vec![Crumb::new(paths::APPS, "Apps")]>
            <AppState status/>
            {try_it}
        </PageHeader>
        <Tabs label="App" tabs=tabs.to_vec()/>
        {said}
        {waits}
        {(status == AppStatus::Suspended).then(|| view! {
            <Notice tone=Tone::Warn>
                <p><b>"This app is suspended. "</b>"No request of it is answered and none of its tokens work. Its installs stay."</p>
            </Notice>
        })}
        {body}
    };
    Ok(Framed::new(developer, Section::Apps, format!("{name} · {}", app.fields.name), page))
}

/// How far the app reaches: what a danger zone says before something ends.
pub(super) async fn reach(developer: &Developer, app: AppId) -> Result<String, PortalError> {
    Ok(match developer.store().active_installs_of_app(developer.org(), app).await? {
        0 => "No install is active now.".to_owned(),
        1 => "1 install is active now.".to_owned(),
        more => format!("{} are active now.", counted(more, "install")),
    })
}

impl From<AppProblem> for PortalError {
    fn from(problem: AppProblem) -> Self {
        match problem {
            AppProblem::NotFound => Self::NotFound,
            AppProblem::Invalid(fields) => {
                Self::Invalid { message: "Some of it cannot be accepted yet.".to_owned(), fields }
            }
            AppProblem::Changed(_) => super::changed_meanwhile(),
            AppProblem::Database(error) => Self::internal(error),
        }
    }
}

impl From<PauseProblem> for PortalError {
    fn from(problem: PauseProblem) -> Self {
        match problem {
            PauseProblem::NotFound => Self::NotFound,
            PauseProblem::Suspended | PauseProblem::NotSuspended => Self::conflict(problem.to_string()),
            PauseProblem::Database(error) => Self::internal(error),
        }
    }
}

impl From<PortalDoorError> for PortalError {
    fn from(error: PortalDoorError) -> Self {
        match error {
            PortalDoorError::NotFound => Self::NotFound,
            PortalDoorError::NotPermitted(reason) => Self::conflict(not_permitted(reason)),
            PortalDoorError::OAuth(refusal) => Self::conflict(refusal.description().to_owned()),
            PortalDoorError::Database(error) => Self::internal(error),
        }
    }
}

/// Why a test install is not possible there, for the person who tried.
const fn not_permitted(reason: NotPermitted) -> &'static str {
    match reason {
        NotPermitted::NotLive => "The app is a draft, and this organization is not one that tests it.",
        NotPermitted::Blocked => "This organization has blocked the app. Lift the block under Installed apps first.",
        NotPermitted::NotOnAllowlist => "This organization installs only apps on its list.",
        NotPermitted::OwnAppsOnly => "This organization installs only its own apps.",
        NotPermitted::InstallSuspended => {
            "The app's install there is suspended. An owner or admin revokes it under Installed apps; then this works again."
        }
        NotPermitted::AdminsInstall => {
            "Only owners and admins install an app that acts as itself. Ask one of them to press this button."
        }
        NotPermitted::AdminsFirst => "An owner or admin of this organization has to install it first.",
        NotPermitted::BeyondRole => {
            "A required scope needs more than your role there gives. Ask an owner or admin to press this button."
        }
    }
}

impl From<SecretProblem> for PortalError {
    fn from(problem: SecretProblem) -> Self {
        match problem {
            SecretProblem::NotFound => Self::NotFound,
            SecretProblem::Database(error) => Self::internal(error),
            refusal => Self::conflict(refusal.to_string()),
        }
    }
}
