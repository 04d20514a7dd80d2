//! The organization picker, the consent page, and why somebody may not allow.

use serde::{Deserialize, Serialize};

use super::{AppName, AppScope, OrganizationName};
use crate::client::{ActorMode, ClientId};
use crate::id::GrantId;
use crate::role::Role;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// What the picker and the consent page show of a pending grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentView {
    /// The pending grant.
    pub id: GrantId,
    /// The app.
    pub app: AppName,
    /// Its public id.
    pub client_id: ClientId,
    /// Who made it.
    pub owner: OrganizationName,
    /// Its homepage.
    pub homepage: Option<String>,
    /// Whom to ask.
    pub support_email: Option<String>,
    /// The person's name.
    pub person: String,
    /// The person's e-mail address.
    pub email: String,
    /// Who will act.
    pub actor: ActorMode,
    /// The origin that the person will be sent to, as `https://host`.
    pub redirect_origin: String,
    /// Lifetime of an access token in seconds; none means that it never ends.
    pub access_seconds: Option<i64>,
    /// Whether the app can renew its access without the person.
    pub refreshes: bool,
    /// Whether an operator approved the app; none where the instance reviews no apps.
    pub approved: Option<bool>,
    /// Whether the request names an organization that the person cannot choose.
    pub hint_missed: bool,
    /// What the page asks.
    pub step: ConsentStep,
}

/// What the page asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConsentStep {
    /// Nothing: the app is a draft, and the person is no member where it is live.
    Draft,
    /// The person has no organization yet.
    NoOrganization,
    /// Which organization?
    Pick {
        /// Each of the person's organizations.
        choices: Vec<OrganizationChoice>,
    },
    /// May it?
    Decide {
        /// The chosen organization.
        organization: OrganizationName,
        /// What it may do.
        scopes: Vec<AppScope>,
        /// Optional scopes that this person's role cannot grant: left out, and said so.
        left_out: Vec<AppScope>,
        /// Whether the person could pick another organization.
        others: bool,
        /// The install that this consent would add to; none where it would make one.
        present: Option<PresentInstall>,
    },
    /// This person may not, in the chosen organization.
    NotPermitted {
        /// The chosen organization.
        organization: OrganizationName,
        /// Why not.
        reason: NotPermitted,
        /// Owners and admins whom to ask: names and addresses, at most five.
        ask: Vec<String>,
        /// Whether the person could pick another organization.
        others: bool,
    },
}

/// An install that is there already, whose consent is asked for again (PRODUCT C7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresentInstall {
    /// When it was made.
    pub since: Timestamp,
    /// What it was granted.
    pub scopes: ScopeSet,
    /// Whether the token of another consent takes the place of the one that it has.
    pub replaces: bool,
}

/// An organization in the picker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationChoice {
    /// The organization.
    pub organization: OrganizationName,
    /// The person's role there.
    pub role: Role,
    /// Why it cannot be chosen; none where it can.
    pub not_permitted: Option<NotPermitted>,
    /// Whether the request's hint named it.
    pub hinted: bool,
}

words! {
    /// Why a person may not install (PROTOCOL section 1, *Who may install*).
    NotPermitted {
        /// The app is a draft, and the organization is not one that may test it.
        NotLive = "not_live",
        /// The organization blocked the app.
        Blocked = "blocked",
        /// The organization installs only apps on its list.
        NotOnAllowlist = "not_on_allowlist",
        /// The organization installs only its own apps.
        OwnAppsOnly = "own_apps_only",
        /// The install that it would become is suspended: it has to be revoked first.
        InstallSuspended = "install_suspended",
        /// Only owners and admins install an app that acts as itself.
        AdminsInstall = "admins_install",
        /// Owners and admins have to install it first.
        AdminsFirst = "admins_first",
        /// A required scope needs more than the person's role gives.
        BeyondRole = "beyond_role",
    }
}
