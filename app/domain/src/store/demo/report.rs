//! What `portico demo --json` prints.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::client::{ActorModes, AuthMethod, ClientType, GrantType};
use crate::role::{Role, StaffRole};

/// The demo data's credentials: shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoReport {
    /// The instance's issuer.
    pub issuer: String,
    /// The people.
    pub users: Vec<DemoUser>,
    /// The organizations.
    pub organizations: Vec<DemoOrganization>,
    /// The apps: one at least for each shipped token policy.
    pub apps: Vec<DemoApp>,
    /// The audiences that tokens may have, the default one first.
    pub audiences: Vec<String>,
}

impl fmt::Debug for DemoReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoReport").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// A person who can sign in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoUser {
    /// His e-mail address.
    pub email: String,
    /// His password, fixed and public.
    pub password: String,
    /// His role in the instance.
    pub staff_role: Option<StaffRole>,
    /// Where he belongs.
    pub memberships: Vec<DemoMembership>,
}

/// A membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoMembership {
    /// The organization's slug.
    pub organization: String,
    /// The role there.
    pub role: Role,
}

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoOrganization {
    /// Its id, as `org_<uuid>`.
    pub id: String,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its domain.
    pub domain: Option<String>,
}

/// An app with its credentials.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoApp {
    /// Its name.
    pub name: String,
    /// Its client id.
    pub client_id: String,
    /// Its newest secret; none for a public app.
    pub client_secret: Option<String>,
    /// Confidential or public.
    #[serde(rename = "type")]
    pub client_type: ClientType,
    /// How it authenticates at the token endpoint.
    pub auth_method: AuthMethod,
    /// Whether it must send a PKCE challenge.
    pub pkce_required: bool,
    /// The actor modes that it allows.
    pub actor: ActorModes,
    /// The grants that it has, as `grant_type` names them.
    pub grants: Vec<GrantType>,
    /// The name of its token policy.
    pub token_policy: String,
    /// Its redirect URIs; none where it has `client_credentials` alone. A loopback one fits any port.
    pub redirect_uris: Vec<String>,
    /// The scopes that it asks for.
    pub scopes: Vec<String>,
    /// Those of them that a person may leave out.
    pub optional_scopes: Vec<String>,
    /// The slugs of the organizations that have an active install of it.
    pub installed_in: Vec<String>,
    /// The slug of its owner organization.
    pub owner: String,
}
