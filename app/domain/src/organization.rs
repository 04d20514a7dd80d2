//! Organizations and people: their states, and the names that find them.

words! {
    /// Whether a person may sign in, or an organization take part.
    Status {
        /// Takes part.
        Active = "active",
        /// Stopped by an operator; keeps its data.
        Suspended = "suspended",
    }
}

words! {
    /// What members of an organization may install (PRODUCT decision 1). The organization's own apps are exempt.
    InstallPolicy {
        /// Admins install, members ask.
        Admins = "admins",
        /// Any active member installs for himself.
        Open = "open",
        /// Only apps on the organization's list.
        Allowlist = "allowlist",
        /// Only apps that the organization owns.
        OwnAppsOnly = "own_apps_only",
    }
}
