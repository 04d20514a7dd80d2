//! `/installs`: what the organization installed.

pub mod detail;
#[cfg(feature = "ssr")]
pub(in crate::pages) mod dossier;
#[cfg(feature = "ssr")]
pub mod index;

#[cfg(feature = "ssr")]
pub use detail::Install;
#[cfg(feature = "ssr")]
pub use index::Installs;
