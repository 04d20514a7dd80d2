//! `/oauth/*` and `/.well-known/*`: the provider as clients, browsers and attackers meet it.

mod authorize;
pub(crate) mod client_credentials;
mod consent;
mod cors;
mod discovery;
mod draft;
mod generated;
mod id_token;
mod introspect;
mod jwks;
mod jwt;
mod logout;
mod openid;
mod openidconnect;
mod overload;
mod pipeline;
mod races;
mod refresh;
pub(crate) mod request;
mod resource_metadata;
mod revoke;
mod token;
mod userinfo;
pub(crate) mod world;
