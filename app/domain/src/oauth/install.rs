//! Who may install (PROTOCOL section 1, *Who may do what*), and what a role can grant.

use crate::client::{ActorMode, Client};
use crate::id::OrgId;
use crate::organization::InstallPolicy;
use crate::portal::NotPermitted;
use crate::role::Role;
use crate::scope::{Catalogue, ScopeSet};

/// Scopes that a member may grant for himself wherever the policy asks admins first.
pub const ABOUT_THE_PERSON: [&str; 4] = ["openid", "profile", "email", "plan"];

/// The facts of the target organization, and of the person in it.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "facts that are loaded, each independent of the others")]
pub struct Target {
    /// The organization.
    pub organization: OrgId,
    /// Its install policy.
    pub policy: InstallPolicy,
    /// Whether the app is live there: a draft is so only for its owner and for organizations on its list.
    pub live: bool,
    /// Whether it blocked the app.
    pub blocked: bool,
    /// Whether its allowlist has the app.
    pub on_allowlist: bool,
    /// Whether the install that this would become is suspended: it stands in the way until it is revoked.
    pub suspended: bool,
    /// The person's role there.
    pub role: Role,
    /// What owners and admins of the present allowed of each active install of the app there.
    pub admin_installs: Vec<ScopeSet>,
    /// Whether this is the Test install button.
    pub test: bool,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// Who will act.
    pub actor: ActorMode,
    /// Every scope that is asked for.
    pub scopes: &'a ScopeSet,
    /// Those that may be left out.
    pub optional: &'a ScopeSet,
}

/// What the person can grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grantable {
    /// Scopes that come with the consent.
    pub required: ScopeSet,
    /// Scopes that the person may tick.
    pub optional: ScopeSet,
    /// Optional scopes beyond the person's role: left out, and said so.
    pub left_out: ScopeSet,
}

impl Grantable {
    /// The scopes of a consent in which `ticked` were chosen; what was not on offer is not granted (requirement 28).
    pub fn granted(&self, ticked: &ScopeSet) -> ScopeSet {
        self.required.union(&self.optional.intersection(ticked))
    }

    /// Every scope that this person can grant.
    pub fn all(&self) -> ScopeSet {
        self.required.union(&self.optional)
    }
}

/// Whether this person may install the app in this organization, and what he can grant. One line per rule, in the order
/// of their force.
pub fn who_may_install(
    client: &Client,
    target: &Target,
    wish: &Wish<'_>,
    catalogue: &Catalogue,
) -> Result<Grantable, NotPermitted> {
    live_there(target)?;
    not_blocked(target)?;
    policy_covers(client, target)?;
    not_suspended(target)?;
    let grantable = within_role(target, wish, catalogue);
    match wish.actor {
        ActorMode::App => administers(client, target)?,
        ActorMode::Myself => may_for_himself(client, target, wish)?,
    }
    grantable
}

/// *Approval*: a draft is live for its owner organization and its test organizations.
const fn live_there(target: &Target) -> Result<(), NotPermitted> {
    if target.live { Ok(()) } else { Err(NotPermitted::NotLive) }
}

/// A block refuses everybody.
const fn not_blocked(target: &Target) -> Result<(), NotPermitted> {
    if target.blocked { Err(NotPermitted::Blocked) } else { Ok(()) }
}

/// `allowlist` and `own_apps_only` refuse everybody; the organization's own apps are exempt.
fn policy_covers(client: &Client, target: &Target) -> Result<(), NotPermitted> {
    match target.policy {
        _ if client.owner == target.organization => Ok(()),
        InstallPolicy::Allowlist if !target.on_allowlist => Err(NotPermitted::NotOnAllowlist),
        InstallPolicy::OwnAppsOnly => Err(NotPermitted::OwnAppsOnly),
        InstallPolicy::Allowlist | InstallPolicy::Admins | InstallPolicy::Open => Ok(()),
    }
}

/// A key has one install; a suspended one neither grows nor makes room.
const fn not_suspended(target: &Target) -> Result<(), NotPermitted> {
    if target.suspended { Err(NotPermitted::InstallSuspended) } else { Ok(()) }
}

/// `app`: owners and admins; a test install in the owner organization is also a developer's.
fn administers(client: &Client, target: &Target) -> Result<(), NotPermitted> {
    if target.role.administers_installs() || tests_own_app(client, target) {
        Ok(())
    } else {
        Err(NotPermitted::AdminsInstall)
    }
}

/// `self`: any member, where the scopes are about himself, the policy is open, or an admin went first.
fn may_for_himself(client: &Client, target: &Target, wish: &Wish<'_>) -> Result<(), NotPermitted> {
    let about_himself = wish.scopes.iter().all(|scope| ABOUT_THE_PERSON.contains(&scope.as_str()));
    let open = target.policy == InstallPolicy::Open;
    let after_an_admin = target.admin_installs.iter().any(|scopes| wish.scopes.is_subset(scopes));
    let himself_an_admin = target.role.administers_installs();
    if about_himself || open || after_an_admin || himself_an_admin || tests_own_app(client, target) {
        Ok(())
    } else {
        Err(NotPermitted::AdminsFirst)
    }
}

/// *A test install*: into the owner organization, a developer too.
fn tests_own_app(client: &Client, target: &Target) -> bool {
    target.test && client.owner == target.organization && target.role.makes_apps()
}

/// Nobody grants what his own role does not have, in either actor mode.
fn within_role(target: &Target, wish: &Wish<'_>, catalogue: &Catalogue) -> Result<Grantable, NotPermitted> {
    let optional = wish.optional.intersection(wish.scopes);
    let required = wish.scopes.difference(&optional);
    if required.within(target.role, catalogue) != required {
        return Err(NotPermitted::BeyondRole);
    }
    let within = optional.within(target.role, catalogue);
    if required.is_empty() && within.is_empty() {
        return Err(NotPermitted::BeyondRole);
    }
    Ok(Grantable { required, left_out: optional.difference(&within), optional: within })
}

#[cfg(test)]
#[path = "install_tests.rs"]
mod tests;
