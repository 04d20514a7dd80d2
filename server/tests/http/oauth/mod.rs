//! `/oauth/*` and `/.well-known/*`: the provider as clients, browsers and attackers meet it.

mod authorize;
mod consent;
mod cors;
mod introspect;
mod races;
mod refresh;
pub(crate) mod request;
mod revoke;
mod token;
pub(crate) mod world;
