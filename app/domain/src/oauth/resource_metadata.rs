//! Metadata of our own API as a protected resource (RFC 9728 section 2; requirement 146).

use serde::{Deserialize, Serialize};

use super::Server;
use crate::paths;
use crate::scope::ScopeToken;

/// The document at [`paths::PROTECTED_RESOURCE_METADATA`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceMetadata {
    /// The API's identifier, byte for byte the URL that the document's address is made of.
    pub resource: String,
    /// Who issues its tokens: this instance alone.
    pub authorization_servers: Vec<String>,
    /// The scopes that allow something here; the OpenID scopes are for userinfo.
    pub scopes_supported: Vec<ScopeToken>,
    /// `header` alone (requirement 83).
    pub bearer_methods_supported: Vec<String>,
    /// Its name, for people.
    pub resource_name: String,
}

/// The metadata of this instance's API.
pub fn document(server: &Server) -> ResourceMetadata {
    let scopes = server.catalogue.0.iter().filter(|scope| scope.permission.is_some());
    ResourceMetadata {
        resource: format!("{}{}", server.issuer, paths::API),
        authorization_servers: vec![server.issuer.clone()],
        scopes_supported: scopes.map(|scope| scope.token.clone()).collect(),
        bearer_methods_supported: vec!["header".to_owned()],
        resource_name: "Portico API".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::fixture::{ISSUER, server};

    #[test]
    fn req_146_the_document_says_what_the_api_takes() {
        assert_eq!(
            serde_json::to_value(document(&server())).expect("serialisable"),
            serde_json::json!({
                "resource": format!("{ISSUER}/api/v1"),
                "authorization_servers": [ISSUER],
                "scopes_supported":
                    ["read", "write", "delete", "admin", "posts:read", "posts:write", "webhooks:manage"],
                "bearer_methods_supported": ["header"],
                "resource_name": "Portico API",
            })
        );
        // RFC 9728 section 3.1: the well-known path stands before the path of the resource.
        assert_eq!(paths::PROTECTED_RESOURCE_METADATA, format!("/.well-known/oauth-protected-resource{}", paths::API));
    }
}
