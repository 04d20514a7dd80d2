//! Support's search and its dossiers.

use serde::{Deserialize, Serialize};

use super::{AppDetail, AppRow, AuditRow, InstallRow, Membership, OrganizationName, SecretRow};
use crate::id::UserId;
use crate::organization::{InstallPolicy, Status};
use crate::role::{Role, StaffRole};
use crate::time::Timestamp;

/// What support's search found, at most ten of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchResults {
    /// Apps by name or client id.
    pub apps: Vec<SupportApp>,
    /// Installs by id, app or organization.
    pub installs: Vec<InstallRow>,
    /// Organizations by name, slug, domain or id.
    pub organizations: Vec<SupportOrganization>,
    /// People by name or e-mail address.
    pub people: Vec<SupportPerson>,
    /// Events by request id.
    pub events: Vec<AuditRow>,
}

/// An app as support sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportApp {
    /// The list's line.
    pub row: AppRow,
    /// Who made it.
    pub owner: OrganizationName,
}

/// An organization as support sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportOrganization {
    /// The organization.
    pub organization: OrganizationName,
    /// Its domain.
    pub domain: Option<String>,
    /// Its plan.
    pub plan: String,
    /// Whether it takes part.
    pub status: Status,
    /// What its members may install.
    pub install_policy: InstallPolicy,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A person as support sees him.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportPerson {
    /// Who.
    pub id: UserId,
    /// His name.
    pub name: String,
    /// His e-mail address.
    pub email: String,
    /// Whether he may sign in.
    pub status: Status,
    /// His role in the instance.
    pub staff_role: Option<StaffRole>,
    /// When he signed up.
    pub created_at: Timestamp,
}

/// Support's dossier of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppDossier {
    /// What its owner sees.
    pub app: AppDetail,
    /// Its secrets: hints only.
    pub secrets: Vec<SecretRow>,
    /// Its installs, newest first, at most fifty.
    pub installs: Vec<InstallRow>,
    /// What happened, newest first, at most a hundred.
    pub timeline: Vec<AuditRow>,
}

/// Support's dossier of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationDossier {
    /// The list's line.
    pub organization: SupportOrganization,
    /// Its members and their roles, at most a hundred.
    pub members: Vec<(SupportPerson, Role)>,
    /// Its apps, at most fifty.
    pub apps: Vec<AppRow>,
    /// Installs in it, newest first, at most fifty.
    pub installs: Vec<InstallRow>,
    /// What happened, newest first, at most a hundred.
    pub timeline: Vec<AuditRow>,
}

/// Support's dossier of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonDossier {
    /// The list's line.
    pub person: SupportPerson,
    /// His organizations.
    pub memberships: Vec<Membership>,
    /// What happened, newest first, at most a hundred.
    pub timeline: Vec<AuditRow>,
}
