//! `/support`: what staff see of everything, read-only (PRODUCT D1 to D3). Opening a dossier leaves a line in the audit log.

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
    app::SupportApp, index::Support, install::SupportInstall, organization::SupportOrganization, person::SupportPerson,
};

#[cfg(feature = "ssr")]
pub(in crate::pages) use self::lists::install_links;
