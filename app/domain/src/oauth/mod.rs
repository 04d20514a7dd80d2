//! The rules of the provider, pure: what a request means, and what the answer is. Handlers load, ask here, commit and
//! respond.

use crate::scope::Catalogue;

pub mod authorize;
pub mod client_auth;
pub mod error;
pub mod gate;
pub mod id_token;
pub mod install;
pub mod introspect;
pub mod logout;
pub mod metadata;
pub mod openid;
pub mod params;
mod refusal;
pub mod resource_metadata;
mod response;
pub mod revoke;
pub mod standing;
pub mod token;
pub mod userinfo;

#[cfg(test)]
mod fixture;

/// The facts of the instance that the rules need.
#[derive(Clone, Debug)]
pub struct Server {
    /// `iss`: scheme, host and port, without a trailing slash.
    pub issuer: String,
    /// The scopes of the instance.
    pub catalogue: Catalogue,
    /// The audiences that a token may be for; the first is that of a request that names none. Never empty.
    pub audiences: Vec<String>,
}

impl Server {
    /// The audience of a request that names none.
    pub fn default_audience(&self) -> &str {
        self.audiences.first().map_or(self.issuer.as_str(), String::as_str)
    }
}
