//! `/support/installs/{id}`: the dossier of an install (PRODUCT D3).

use domain::audit::TargetKind;
use domain::id::InstallId;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::lists;
use crate::components::alert::Notice;
use crate::components::layout::Section;
use crate::error::PortalError;
use crate::format::exact;
use crate::pages::framed::{Framed, framed};
use crate::pages::installs::dossier;
use crate::session;

/// An install, as staff see it.
#[component]
pub fn SupportInstall() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    framed(load(id))
}

async fn load(id: String) -> Result<Framed, PortalError> {
    let staff = session::support().await?;
    let id: InstallId = id.parse().map_err(|_| PortalError::NotFound)?;
    let detail = staff.store().install_dossier(id).await?;
    let title = format!("{} in {}", detail.row.app.name, detail.row.organization.name);
    let seen = staff.store().support_viewed(staff.by(), TargetKind::Install, id, &title).await;
    seen.map_err(PortalError::internal)?;
    let revoked = detail.revoked_at.map(|at| {
        let reason = detail.revoked_reason.clone().map(|reason| format!(" The reason given: “{reason}”"));
        view! { <Notice><p>{format!("This install ended on {}.", exact(at))} {reason}</p></Notice> }
    });
    let page = view! {
        {dossier::header(&detail.row, lists::crumbs(), detail.blocked)}
        {revoked}
        {dossier::body(detail, true)}
    };
    Ok(Framed { me: staff.me().clone(), section: Section::Support, title, page: page.into_any() })
}
