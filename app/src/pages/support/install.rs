//! `/support/installs/{id}`: the dossier of an install (PRODUCT D3).

use domain::audit::TargetKind;
use domain::id::InstallId;
use leptos::prelude::*;

use super::{lists, opened};
use crate::components::layout::Section;
use crate::error::PortalError;
use crate::pages::framed::{Framed, framed, id_in_path};
use crate::pages::installs::dossier;
use crate::session;

/// An install, as staff see it.
#[component]
pub fn SupportInstall() -> impl IntoView {
    framed(load())
}

async fn load() -> Result<Framed, PortalError> {
    let staff = session::support().await?;
    let id: InstallId = id_in_path()?;
    let detail = staff.store().install_dossier(id).await?;
    let title = format!("{} in {}", detail.row.app.name, detail.row.organization.name);
    opened(&staff, TargetKind::Install, id, &title).await?;
    let page = view! {
        {dossier::header(&detail.row, lists::crumbs(), detail.blocked)}
        {dossier::revoked(&detail, "")}
        {dossier::body(detail, true)}
    };
    Ok(Framed::new(&staff, Section::Support, title, page))
}
