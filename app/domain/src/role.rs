//! What a member may do in his organization, and what staff may do in the instance.

use crate::paths;

words! {
    /// A member's role in an organization.
    Role {
        /// Administers the organization and owns it.
        Owner = "owner",
        /// Administers the organization.
        Admin = "admin",
        /// Makes apps.
        Developer = "developer",
        /// Uses what others installed.
        Member = "member",
    }
}

words! {
    /// What a role gives and a scope needs (PROTOCOL section 1, *Scopes*).
    Permission {
        /// View resources.
        Read = "read",
        /// Create and modify resources.
        Write = "write",
        /// Remove resources.
        Delete = "delete",
        /// Manage the organization's settings.
        Admin = "admin",
    }
}

words! {
    /// A role in the instance itself, beside the roles in organizations.
    StaffRole {
        /// Reads everything but secrets.
        Support = "support",
        /// Acts: approves, suspends, revokes, configures.
        Operator = "operator",
    }
}

impl Role {
    /// The permissions that the role gives: owner and admin all, developer `read write`, member `read`.
    pub const fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Owner | Self::Admin => Permission::ALL,
            Self::Developer => &[Permission::Read, Permission::Write],
            Self::Member => &[Permission::Read],
        }
    }

    /// Whether the role gives `permission`.
    pub fn gives(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }

    /// Owners and admins administer installs.
    pub const fn administers_installs(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }

    /// Whether the page at `path` is open to the role: only the first pages of some sections need one.
    pub fn may_open(self, path: &str) -> bool {
        match path {
            paths::APPS => self.makes_apps(),
            paths::INSTALLS | paths::AUDIT => self.administers_installs(),
            _ => true,
        }
    }

    /// Owners, admins and developers make apps.
    pub const fn makes_apps(self) -> bool {
        matches!(self, Self::Owner | Self::Admin | Self::Developer)
    }
}
