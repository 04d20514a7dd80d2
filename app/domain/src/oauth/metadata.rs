//! Authorization server metadata (RFC 8414): what works here, and nothing else (requirement 101).

use serde::{Deserialize, Serialize};

use super::Server;
use crate::client::AuthMethod;
use crate::paths;
use crate::pkce::S256;
use crate::scope::ScopeToken;

/// The document at [`paths::AUTHORIZATION_SERVER_METADATA`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The URL of this server, byte for byte the `iss` of its responses.
    pub issuer: String,
    /// [`paths::AUTHORIZE`].
    pub authorization_endpoint: String,
    /// [`paths::TOKEN`].
    pub token_endpoint: String,
    /// [`paths::REVOKE`].
    pub revocation_endpoint: String,
    /// [`paths::INTROSPECT`].
    pub introspection_endpoint: String,
    /// `code` only.
    pub response_types_supported: Vec<String>,
    /// `query` only.
    pub response_modes_supported: Vec<String>,
    /// `authorization_code` and `refresh_token`.
    pub grant_types_supported: Vec<String>,
    /// `S256` only (requirement 38).
    pub code_challenge_methods_supported: Vec<String>,
    /// How a client authenticates at the token endpoint.
    pub token_endpoint_auth_methods_supported: Vec<AuthMethod>,
    /// How a client authenticates at the revocation endpoint.
    pub revocation_endpoint_auth_methods_supported: Vec<AuthMethod>,
    /// How a caller authenticates at the introspection endpoint: no public clients.
    pub introspection_endpoint_auth_methods_supported: Vec<AuthMethod>,
    /// RFC 9207 (requirement 23).
    pub authorization_response_iss_parameter_supported: bool,
    /// `OpenID` Connect Discovery: `request` is refused.
    pub request_parameter_supported: bool,
    /// `OpenID` Connect Discovery: `request_uri` is refused; true when absent, therefore said.
    pub request_uri_parameter_supported: bool,
    /// The scopes of the catalogue.
    pub scopes_supported: Vec<ScopeToken>,
}

/// The metadata of this instance.
pub fn document(server: &Server) -> Metadata {
    let url = |path: &str| format!("{}{path}", server.issuer);
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    let secret_methods = vec![AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost];
    Metadata {
        issuer: server.issuer.clone(),
        authorization_endpoint: url(paths::AUTHORIZE),
        token_endpoint: url(paths::TOKEN),
        revocation_endpoint: url(paths::REVOKE),
        introspection_endpoint: url(paths::INTROSPECT),
        response_types_supported: words(&["code"]),
        response_modes_supported: words(&["query"]),
        grant_types_supported: words(&["authorization_code", "refresh_token"]),
        code_challenge_methods_supported: words(&[S256]),
        token_endpoint_auth_methods_supported: AuthMethod::ALL.to_vec(),
        revocation_endpoint_auth_methods_supported: AuthMethod::ALL.to_vec(),
        introspection_endpoint_auth_methods_supported: secret_methods,
        authorization_response_iss_parameter_supported: true,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        scopes_supported: server.catalogue.0.iter().map(|scope| scope.token.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Catalogue;

    #[test]
    fn req_038_req_101_the_document_says_what_works_and_nothing_else() {
        let server = Server {
            issuer: "https://id.example".to_owned(),
            catalogue: Catalogue::shipped(),
            audiences: vec!["https://id.example/api/v1".to_owned()],
        };
        let document = serde_json::to_value(document(&server)).expect("serialisable");
        assert_eq!(
            document,
            serde_json::json!({
                "issuer": "https://id.example",
                "authorization_endpoint": "https://id.example/oauth/authorize",
                "token_endpoint": "https://id.example/oauth/token",
                "revocation_endpoint": "https://id.example/oauth/revoke",
                "introspection_endpoint": "https://id.example/oauth/introspect",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
                "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
                "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "authorization_response_iss_parameter_supported": true,
                "request_parameter_supported": false,
                "request_uri_parameter_supported": false,
                "scopes_supported":
                    ["read", "write", "delete", "admin", "posts:read", "posts:write", "webhooks:manage", "openid", "profile", "email", "plan"],
            })
        );
    }
}
