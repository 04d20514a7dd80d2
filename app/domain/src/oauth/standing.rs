//! What a token may do now: `self` is limited again at each use (PROTOCOL section 1; requirements 19, 73, 75, 120).

use crate::client::{ActorMode, Client, InstallStatus};
use crate::organization::Status;
use crate::role::Role;
use crate::scope::{Catalogue, ScopeSet};

/// Who acts with the token, as he stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acting {
    /// The app itself: it does not depend on the person who installed it.
    App,
    /// A person.
    Myself {
        /// Whether he may sign in.
        status: Status,
        /// His role in the target organization; none when he left it.
        role: Option<Role>,
    },
}

impl Acting {
    /// The mode alone.
    pub const fn mode(self) -> ActorMode {
        match self {
            Self::App => ActorMode::App,
            Self::Myself { .. } => ActorMode::Myself,
        }
    }
}

/// What a code or token rests on, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its install.
    pub install: InstallStatus,
    /// What that install was granted: the snapshot beyond which nothing goes that rests on it.
    pub snapshot: ScopeSet,
    /// The target organization.
    pub organization: Status,
    /// Who acts.
    pub acting: Acting,
}

impl Standing {
    /// Whether it carries anything at all: app in use, install and organization active and, for `self`, the person an
    /// active member.
    pub fn holds(&self, client: &Client) -> bool {
        let person_stands = match self.acting {
            Acting::App => true,
            Acting::Myself { status, role } => status == Status::Active && role.is_some(),
        };
        client.enabled()
            && self.install == InstallStatus::Active
            && self.organization == Status::Active
            && person_stands
    }

    /// What a token with the scopes `granted` may do now: within the install's snapshot, the app's present scopes and, for
    /// `self`, the present role. None: the token is inactive. The one rule behind introspection, whoami and the API's check.
    pub fn effective(&self, granted: &ScopeSet, client: &Client, catalogue: &Catalogue) -> Option<ScopeSet> {
        if !self.holds(client) {
            return None;
        }
        let present = granted.intersection(&self.snapshot).intersection(&client.scopes());
        Some(match self.acting {
            Acting::App | Acting::Myself { role: None, .. } => present,
            Acting::Myself { role: Some(role), .. } => present.within(role, catalogue),
        })
    }
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
