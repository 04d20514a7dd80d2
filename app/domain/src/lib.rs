//! The glossary of Portico: every noun of the product, once, and the rules that bind them.
//!
//! Without features this crate is pure: no I/O, no clock, no chance, no framework. It compiles to wasm with every
//! front-end build, so its purity is proven by the build. Feature `store` adds exactly two modules: `entity`, the
//! tables, and `store`, the transactional verbs over them.
//!
//! - **Organization**: a customer of the platform. As *owner organization* it makes apps, as *target organization* it
//!   installs them ([`id::OrgId`]).
//! - **Member**: a person of an organization, with a [`role::Role`].
//! - **App**: an OAuth client with a permanent client id ([`client::Client`] is what the rules see of it).
//! - **Install**: an app in a target organization, with an [`client::ActorMode`] and a snapshot of scopes.
//! - **Staff**: `support` reads everything but secrets, `operator` acts ([`role::StaffRole`]).

#[macro_use]
mod word;

mod base62;

pub mod audit;
pub mod client;
pub mod entropy;
pub mod id;
pub mod jwt;
pub mod oauth;
pub mod organization;
pub mod paths;
pub mod pkce;
pub mod policy_document;
pub mod portal;
pub mod redirect_uri;
pub mod review;
pub mod role;
pub mod scope;
pub mod secret;
pub mod time;
pub mod token_policy;
pub mod typed;

#[cfg(feature = "store")]
pub mod entity;
#[cfg(feature = "store")]
pub mod store;

/// A text that is not one of the words of the enum it was read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of the known words")]
pub struct UnknownWord;
