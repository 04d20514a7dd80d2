//! The tables: one file each, no logic. A row never leaves the store.

pub mod access_token;
pub mod allowed_app;
pub mod app;
pub mod app_review;
pub mod app_scope;
pub mod audit_event;
pub mod blocked_app;
pub mod client_secret;
pub mod code;
pub mod grant;
pub mod install;
pub mod install_consent;
pub mod instance;
pub mod membership;
pub mod one_time_link;
pub mod organization;
pub mod post_logout_redirect_uri;
pub mod redirect_uri;
pub mod refresh_token;
pub mod resource_server;
pub mod scope;
pub mod session;
pub mod signing_key;
pub mod terms_acceptance;
pub mod test_organization;
pub mod user;
