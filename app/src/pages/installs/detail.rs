//! `/installs/{id}`: the review of one install, and its end (PRODUCT B2 to B5).

use domain::id::{AppId, InstallId};
use leptos::prelude::*;

use crate::error::PortalError;

/// Ends an install at once: its codes, access tokens and refresh tokens too. With `block`, every install of the app in
/// the organization, and nobody installs it there again until the block is lifted.
#[server(prefix = "/fn", endpoint = "installs/revoke")]
pub async fn revoke_install(install: InstallId, reason: Option<String>, block: bool) -> Result<(), PortalError> {
    let done = if block { "Revoked and blocked." } else { "Revoked." };
    let page = domain::paths::install(install);
    let body = async {
        let admin = crate::session::org_admin().await?;
        admin.store().revoke_install(admin.by(), admin.org(), install, reason, block).await?;
        Ok(())
    };
    crate::error::save(&page, crate::error::Next::Same, body, |()| done).await
}

/// Lifts the block of an app in the current organization. `install` is the page to come back to.
#[server(prefix = "/fn", endpoint = "installs/unblock")]
pub async fn unblock_app(app: AppId, install: InstallId) -> Result<(), PortalError> {
    crate::error::settle(&domain::paths::install(install), async {
        let admin = crate::session::org_admin().await?;
        admin.store().unblock_app(admin.by(), admin.org(), app).await?;
        Ok("The block is lifted. The app can ask again.")
    })
    .await
}

#[cfg(feature = "ssr")]
pub use page::*;

#[cfg(feature = "ssr")]
mod page {
    use domain::client::InstallStatus;
    use domain::paths;
    use domain::portal::InstallDetail;
    use domain::typed::MAX_LINE;
    use leptos::prelude::*;
    use leptos::server_fn::ServerFn;

    use super::{RevokeInstall, UnblockApp};
    use crate::components::alert::Notice;
    use crate::components::card::Card;
    use crate::components::confirm::Confirm;
    use crate::components::csrf_field::CsrfField;
    use crate::components::danger_zone::{DangerAct, DangerZone};
    use crate::components::field::TextArea;
    use crate::components::layout::Section;
    use crate::components::page_header::Crumb;
    use crate::error::PortalError;
    use crate::format::counted;
    use crate::pages::framed::{Framed, framed, id_in_path, said};
    use crate::pages::installs::dossier;
    use crate::session::{self, OrgAdmin};

    /// One install.
    #[component]
    pub fn Install() -> impl IntoView {
        framed(load())
    }

    async fn load() -> Result<Framed, PortalError> {
        let admin = session::org_admin().await?;
        let detail = admin.store().install(admin.org(), id_in_path()?).await?;
        let others = others_here(&admin, &detail).await?;
        Ok(Framed::new(
            &admin,
            Section::Installs,
            detail.row.app.name.clone(),
            page(detail, others, said(&admin).await),
        ))
    }

    /// Other installs of the same app in the organization: what a block ends besides this one.
    async fn others_here(admin: &OrgAdmin, detail: &InstallDetail) -> Result<u64, PortalError> {
        let all = admin.store().count_installs(admin.org(), detail.row.app.id).await.map_err(PortalError::internal)?;
        Ok(all - u64::from(detail.row.status != InstallStatus::Revoked && all > 0))
    }

    fn page(detail: InstallDetail, others: u64, said: Option<AnyView>) -> impl IntoView {
        let ending = match (detail.row.status, detail.blocked) {
            (InstallStatus::Revoked, false) => ().into_any(),
            (InstallStatus::Revoked, true) => blocked(&detail).into_any(),
            (InstallStatus::Active | InstallStatus::Suspended, _) => danger(&detail, others).into_any(),
        };
        view! {
            {dossier::header(&detail.row, vec![Crumb::new(paths::INSTALLS, "Installed apps")], detail.blocked)}
            {said}
            {suspended(&detail)}
            {dossier::revoked(&detail, " None of its tokens works any more.")}
            {dossier::body(detail, false)}
            {ending}
        }
    }

    fn suspended(detail: &InstallDetail) -> Option<impl IntoView + use<>> {
        (detail.row.status == InstallStatus::Suspended).then(|| {
            view! {
                <Notice>
                    <p>"This install is suspended: none of its tokens works, and the app cannot be connected again until this install is revoked."</p>
                </Notice>
            }
        })
    }

    fn danger(detail: &InstallDetail, others: u64) -> impl IntoView + use<> {
        let app = detail.row.app.name.clone();
        let install = detail.row.id.to_string();
        let organization = detail.row.organization.name.clone();
        let tokens = match detail.live_tokens {
            0 => "No token of it works right now".to_owned(),
            1 => "1 live token of it stops working before this page answers".to_owned(),
            live => format!("{} of it stop working before this page answers", counted(live, "live token")),
        };
        let revoke =
            format!("{tokens}. {app} leaves the list of installed apps. It cannot be undone, but {app} can ask again.");
        let also = match others {
            0 => String::new(),
            more => format!(" It also ends {} of {app} in {organization}.", counted(more, "other install")),
        };
        let block = format!(
            "The same, and nobody connects {app} to {organization} again until an admin lifts the block.{also}"
        );
        let ask_revoke = format!("End what {app} may do in {organization} now?");
        let ask_block = format!("End it now, and keep {app} out of {organization}?");
        view! {
            <form method="post" action=RevokeInstall::url()>
                <CsrfField/>
                <input type="hidden" name="install" value=install/>
                <DangerZone>
                    <TextArea name="reason" label="Reason" hint="Kept in the audit log and shown on this page." maxlength=MAX_LINE/>
                    <DangerAct title="Revoke this install" consequence=revoke>
                        <Confirm label="Revoke…" danger=true>
                            <p>{ask_revoke}</p>
                            <div><button class="button danger" name="block" value="false">"Revoke"</button></div>
                        </Confirm>
                    </DangerAct>
                    <DangerAct title=format!("Revoke, and block {app}") consequence=block>
                        <Confirm label="Revoke and block…" danger=true>
                            <p>{ask_block}</p>
                            <div><button class="button danger" name="block" value="true">"Revoke and block"</button></div>
                        </Confirm>
                    </DangerAct>
                </DangerZone>
            </form>
        }
    }

    fn blocked(detail: &InstallDetail) -> impl IntoView + use<> {
        let (app, organization) = (detail.row.app.name.clone(), detail.row.organization.name.clone());
        let text = format!(
            "Nobody connects {app} to {organization}, admins included. Lifting the block installs nothing: {app} has to ask again."
        );
        let (app_id, install_id) = (detail.row.app.id.to_string(), detail.row.id.to_string());
        view! {
            <Card title="Blocked">
                <p class="soft">{text}</p>
                <form method="post" action=UnblockApp::url()>
                    <CsrfField/>
                    <input type="hidden" name="app" value=app_id/>
                    <input type="hidden" name="install" value=install_id/>
                    <button class="button">"Lift the block"</button>
                </form>
            </Card>
        }
    }
}
