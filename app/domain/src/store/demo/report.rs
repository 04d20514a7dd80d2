//! What `portico demo --json` prints.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::client::ClientType;
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
    /// The apps.
    pub apps: Vec<DemoApp>,
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
    /// Its redirect URIs.
    pub redirect_uris: Vec<String>,
    /// The scopes that it asks for.
    pub scopes: Vec<String>,
    /// The slug of its owner organization.
    pub owner: String,
}
