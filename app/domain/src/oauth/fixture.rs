//! Clients and servers for the tests beside the rules.

use uuid::Uuid;

use super::Server;
use super::params::Params;
use super::standing::{Acting, Standing};
use crate::client::{ActorModes, AppGrants, AppStatus, AuthMethod, Client, InstallStatus};
use crate::id::{AppId, OrgId};
use crate::jwt::SigningAlgorithm;
use crate::organization::Status;
use crate::redirect_uri::RedirectUri;
use crate::scope::{Catalogue, ScopeSet};
use crate::token_policy::TokenPolicy;

pub(super) const ISSUER: &str = "https://id.example";
pub(super) const AUDIENCE: &str = "https://id.example/api/v1";
pub(super) const OTHER_AUDIENCE: &str = "https://billing.example/";
/// R1, the only redirect URI of the baseline.
pub(super) const R1: &str = "https://partner.example/cb";
/// RFC 7636 appendix B.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(super) fn server() -> Server {
    Server {
        issuer: ISSUER.to_owned(),
        catalogue: Catalogue::shipped(),
        audiences: vec![AUDIENCE.to_owned(), OTHER_AUDIENCE.to_owned()],
    }
}

pub(super) fn scopes(text: &str) -> ScopeSet {
    text.parse().expect("scopes")
}

pub(super) fn organization(number: u128) -> OrgId {
    OrgId(Uuid::from_u128(number))
}

/// C1: confidential, `client_secret_basic`, PKCE on, both actor modes, `standard`.
pub(super) fn client() -> Client {
    Client {
        app: AppId(Uuid::from_u128(1)),
        owner: organization(100),
        client_id: "ptcapp_C1".parse().expect("a client id"),
        name: "C1".to_owned(),
        status: AppStatus::Live,
        owner_active: true,
        auth_method: AuthMethod::ClientSecretBasic,
        pkce_required: true,
        actor_modes: ActorModes::Both,
        redirect_uris: redirect_uris(&[R1]),
        required_scopes: scopes("read posts:read"),
        optional_scopes: scopes("posts:write admin"),
        policy: TokenPolicy::standard(),
        grants: AppGrants::AuthorizationCode,
        id_token_signed_response_alg: SigningAlgorithm::Rs256,
        approved: true,
        revision: 0,
    }
}

/// An active install of C1 with all its scopes, in an active organization, where `acting` acts.
pub(super) fn standing(acting: Acting) -> Standing {
    Standing { install: InstallStatus::Active, snapshot: client().scopes(), organization: Status::Active, acting }
}

/// C2: another app of the same kind.
pub(super) fn other_client() -> Client {
    Client { app: AppId(Uuid::from_u128(2)), client_id: "ptcapp_C2".parse().expect("a client id"), ..client() }
}

/// C1 as a public client.
pub(super) fn public_client() -> Client {
    Client { auth_method: AuthMethod::None, pkce_required: false, ..client() }
}

pub(super) fn redirect_uris(texts: &[&str]) -> Vec<RedirectUri> {
    RedirectUri::register_all(texts).expect("registrable")
}

/// The parameters of a redirect.
pub(super) fn query_of(location: &str) -> Params {
    Params::urlencoded(location.split_once('?').expect("a query").1.as_bytes()).expect("readable")
}
