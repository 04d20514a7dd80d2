//! Metadata of this server (RFC 8414; OpenID Connect Discovery 1.0 section 3): what works here, and nothing else
//! (requirement 101). One document at both addresses.

use serde::{Deserialize, Serialize};

use super::openid::Prompt;
use super::{Server, id_token, userinfo};
use crate::client::{AuthMethod, GrantType};
use crate::jwt::SigningAlgorithm;
use crate::oauth::authorize::ResponseMode;
use crate::paths;
use crate::pkce::S256;
use crate::scope::ScopeToken;

/// The document at [`paths::AUTHORIZATION_SERVER_METADATA`] and [`paths::OPENID_CONFIGURATION`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "the members are named and typed by the standards")]
pub struct Metadata {
    /// The URL of this server, byte for byte the `iss` of its responses.
    pub issuer: String,
    /// [`paths::AUTHORIZE`].
    pub authorization_endpoint: String,
    /// [`paths::TOKEN`].
    pub token_endpoint: String,
    /// [`paths::USERINFO`].
    pub userinfo_endpoint: String,
    /// [`paths::JWKS`].
    pub jwks_uri: String,
    /// [`paths::REVOKE`].
    pub revocation_endpoint: String,
    /// [`paths::INTROSPECT`].
    pub introspection_endpoint: String,
    /// [`paths::LOGOUT`].
    pub end_session_endpoint: String,
    /// The scopes of the catalogue.
    pub scopes_supported: Vec<ScopeToken>,
    /// `code` only.
    pub response_types_supported: Vec<String>,
    /// How an authorization response travels.
    pub response_modes_supported: Vec<ResponseMode>,
    /// The grants of the token endpoint.
    pub grant_types_supported: Vec<GrantType>,
    /// `public`: one `sub` for all clients.
    pub subject_types_supported: Vec<String>,
    /// What an app can have its ID tokens signed with.
    pub id_token_signing_alg_values_supported: Vec<SigningAlgorithm>,
    /// How a client authenticates at the token endpoint.
    pub token_endpoint_auth_methods_supported: Vec<AuthMethod>,
    /// How a client authenticates at the revocation endpoint.
    pub revocation_endpoint_auth_methods_supported: Vec<AuthMethod>,
    /// How a caller authenticates at the introspection endpoint: no public clients.
    pub introspection_endpoint_auth_methods_supported: Vec<AuthMethod>,
    /// The claims of ID tokens and of userinfo.
    pub claims_supported: Vec<String>,
    /// `prompt` (Initiating User Registration 1.0 names the member).
    pub prompt_values_supported: Vec<Prompt>,
    /// `S256` only (requirement 38).
    pub code_challenge_methods_supported: Vec<String>,
    /// RFC 9207 (requirement 23).
    pub authorization_response_iss_parameter_supported: bool,
    /// `claims` is ignored (requirement 98).
    pub claims_parameter_supported: bool,
    /// `request` is refused.
    pub request_parameter_supported: bool,
    /// `request_uri` is refused; true when absent, therefore said.
    pub request_uri_parameter_supported: bool,
}

/// The metadata of this instance.
pub fn document(server: &Server) -> Metadata {
    let url = |path: &str| format!("{}{path}", server.issuer);
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    let claims = [id_token::CLAIMS.as_slice(), userinfo::CLAIMS.as_slice()].concat();
    Metadata {
        issuer: server.issuer.clone(),
        authorization_endpoint: url(paths::AUTHORIZE),
        token_endpoint: url(paths::TOKEN),
        userinfo_endpoint: url(paths::USERINFO),
        jwks_uri: url(paths::JWKS),
        revocation_endpoint: url(paths::REVOKE),
        introspection_endpoint: url(paths::INTROSPECT),
        end_session_endpoint: url(paths::LOGOUT),
        scopes_supported: server.catalogue.0.iter().map(|scope| scope.token.clone()).collect(),
        response_types_supported: words(&["code"]),
        response_modes_supported: ResponseMode::ALL.to_vec(),
        grant_types_supported: GrantType::ALL.to_vec(),
        subject_types_supported: words(&["public"]),
        id_token_signing_alg_values_supported: SigningAlgorithm::ALL.to_vec(),
        token_endpoint_auth_methods_supported: AuthMethod::ALL.to_vec(),
        revocation_endpoint_auth_methods_supported: AuthMethod::ALL.to_vec(),
        introspection_endpoint_auth_methods_supported: vec![
            AuthMethod::ClientSecretBasic,
            AuthMethod::ClientSecretPost,
        ],
        claims_supported: words(&claims),
        prompt_values_supported: Prompt::ALL.to_vec(),
        code_challenge_methods_supported: words(&[S256]),
        authorization_response_iss_parameter_supported: true,
        claims_parameter_supported: false,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
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
                "userinfo_endpoint": "https://id.example/oauth/userinfo",
                "jwks_uri": "https://id.example/.well-known/jwks.json",
                "revocation_endpoint": "https://id.example/oauth/revoke",
                "introspection_endpoint": "https://id.example/oauth/introspect",
                "end_session_endpoint": "https://id.example/oauth/logout",
                "scopes_supported":
                    ["read", "write", "delete", "admin", "posts:read", "posts:write", "webhooks:manage", "openid", "profile", "email", "plan"],
                "response_types_supported": ["code"],
                "response_modes_supported": ["query", "form_post"],
                "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256", "ES256", "EdDSA"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
                "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
                "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "claims_supported":
                    ["iss", "sub", "aud", "azp", "exp", "iat", "auth_time", "nonce", "at_hash", "name", "email", "email_verified", "plan"],
                "prompt_values_supported": ["none", "login", "consent", "select_account"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": true,
                "claims_parameter_supported": false,
                "request_parameter_supported": false,
                "request_uri_parameter_supported": false,
            })
        );
    }
}
