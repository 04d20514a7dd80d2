//! Wire types: what pages show and forms send. None holds a secret, apart from [`ShownOnce`].

mod apps;
mod audit;
mod consent;
mod installs;
mod seen;
mod support;

use serde::{Deserialize, Serialize};

pub use self::apps::{
    AppDetail, AppFields, AppName, AppRow, AppScope, Checklist, CreatedApp, CreatedSecret, NewApp, RedirectUriRow,
    ScopeChoice, ScopeLines, SecretRow,
};
pub use self::audit::AuditRow;
pub use self::consent::{ConsentStep, ConsentView, NotPermitted, OrganizationChoice, PresentInstall};
pub use self::installs::{InstallDetail, InstallRow, TokenRow};
pub use self::seen::{ChangedMeanwhile, Saved, Seen};
pub use self::support::{
    AppDossier, OrganizationDossier, PersonDossier, SearchResults, SupportApp, SupportOrganization, SupportPerson,
};
use crate::id::{OrgId, SessionId, UserId};
use crate::role::{Role, StaffRole};
use crate::time::Timestamp;

/// The person who is signed in, with his organizations: what every page's frame shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Who.
    pub user: UserId,
    /// His name.
    pub name: String,
    /// His e-mail address.
    pub email: String,
    /// His role in the instance.
    pub staff_role: Option<StaffRole>,
    /// Active organizations, by name.
    pub memberships: Vec<Membership>,
    /// The one that the pages speak of now; none while he has none.
    pub current: Option<Membership>,
}

/// An organization and the person's role there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The organization.
    pub organization: OrganizationName,
    /// His role.
    pub role: Role,
}

/// An organization by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationName {
    /// The organization.
    pub id: OrgId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// One page of a list and the way on: keyset pagination by id, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// At most the page's size.
    pub items: Vec<T>,
    /// The value of `after` for the next page; none on the last.
    pub next: Option<String>,
}

/// A value that is shown once: a client secret, a test token. It exists in one response.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownOnce(pub String);

impl std::fmt::Debug for ShownOnce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShownOnce(…)")
    }
}

/// One of a person's own sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// The session.
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// When the person proved who he is.
    pub authenticated_at: Timestamp,
    /// When it was used last.
    pub last_seen_at: Timestamp,
    /// The address of its sign-in.
    pub ip: Option<String>,
    /// The program of its sign-in.
    pub user_agent: Option<String>,
}

/// The dashboard of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dashboard {
    /// Apps that it makes.
    pub apps: u64,
    /// Active installs in it.
    pub installs: u64,
    /// Its apps that changed last, at most five.
    pub recent_apps: Vec<AppRow>,
    /// What happened last, at most eight; empty for those who do not administer it.
    pub recent_events: Vec<AuditRow>,
}
