//! `/support`: what staff see of everything, read-only but for the review of apps (PRODUCT D1 to D3). Opening a dossier leaves a line in the audit log.

pub mod reviews;

#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod index;
#[cfg(feature = "ssr")]
pub mod install;
#[cfg(feature = "ssr")]
mod lists;
#[cfg(feature = "ssr")]
pub mod organization;
#[cfg(feature = "ssr")]
pub mod person;

#[cfg(feature = "ssr")]
pub use self::{
    app::SupportApp,
    index::Support,
    install::SupportInstall,
    organization::SupportOrganization,
    person::SupportPerson,
    reviews::{Review, Reviews},
};

#[cfg(feature = "ssr")]
pub(in crate::pages) use self::lists::install_links;

/// Records that `staff` opened the dossier of `name`.
#[cfg(feature = "ssr")]
async fn opened(
    staff: &crate::session::Support,
    kind: domain::audit::TargetKind,
    id: impl std::fmt::Display + Send,
    name: &str,
) -> Result<(), crate::error::PortalError> {
    staff.store().support_viewed(staff.by(), kind, id, name).await.map_err(crate::error::PortalError::internal)
}
