//! Who and what the demo data has, and what happened in thirty days.

pub(super) use super::cards::{
    CARDS, CRATE_KEEPER, Ending, METRIC_BARN, POCKET_BOARD, QUILL_PROOF, RELAY_DESK, STAR_RIBBON, TIDESHEET,
};
use crate::client::ActorMode;
use crate::organization::InstallPolicy;
use crate::role::{Role, StaffRole};

/// A person.
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) password: &'static str,
    pub(super) staff_role: Option<StaffRole>,
    /// The address that he comes from (RFC 5737).
    pub(super) ip: &'static str,
}

pub(super) const LENA: usize = 0;
pub(super) const TOMAS: usize = 1;
pub(super) const MARA: usize = 2;
pub(super) const INES: usize = 3;
pub(super) const JON: usize = 4;
pub(super) const PRIYA: usize = 5;
pub(super) const SAM: usize = 6;
pub(super) const OLGA: usize = 7;

const fn person(
    name: &'static str,
    email: &'static str,
    password: &'static str,
    staff_role: Option<StaffRole>,
    ip: &'static str,
) -> Person {
    Person { name, email, password, staff_role, ip }
}

/// The people.
pub(super) const PEOPLE: &[Person] = &[
    person("Lena Okafor", "lena@lumenbridge.example", "portico-demo-1", None, "203.0.113.14"),
    person("Tomas Weil", "tomas@lumenbridge.example", "portico-demo-2", None, "203.0.113.15"),
    person("Mara Kupfer", "mara@kupfer.example", "portico-demo-3", None, "203.0.113.61"),
    person("Ines Roth", "ines@northwind.example", "portico-demo-4", None, "198.51.100.20"),
    person("Jon Adeyemi", "jon@northwind.example", "portico-demo-5", None, "198.51.100.21"),
    person("Priya Nair", "priya@northwind.example", "portico-demo-6", None, "198.51.100.22"),
    person("Sam Whitlock", "sam@portico.example", "portico-demo-7", Some(StaffRole::Support), "192.0.2.5"),
    person("Olga Brandt", "olga@portico.example", "portico-demo-8", Some(StaffRole::Operator), "192.0.2.6"),
];

/// An organization; its first member made it.
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) slug: &'static str,
    pub(super) domain: Option<&'static str>,
    pub(super) plan: &'static str,
    pub(super) install_policy: InstallPolicy,
    pub(super) members: &'static [(usize, Role)],
}

pub(super) const LUMEN_BRIDGE: usize = 0;
pub(super) const KUPFER: usize = 1;
pub(super) const NORTHWIND: usize = 2;
pub(super) const HARBOUR_HOUSE: usize = 3;
pub(super) const TALLOW_STUDIO: usize = 4;

/// The organizations: two that make apps, three that install them.
pub(super) const PLACES: &[Place] = &[
    Place {
        name: "Lumen Bridge",
        slug: "lumen-bridge",
        domain: Some("lumenbridge.example"),
        plan: "partner",
        install_policy: InstallPolicy::Admins,
        members: &[(LENA, Role::Owner), (TOMAS, Role::Developer)],
    },
    Place {
        name: "Kupfer & Co",
        slug: "kupfer-co",
        domain: Some("kupfer.example"),
        plan: "partner",
        install_policy: InstallPolicy::OwnAppsOnly,
        members: &[(MARA, Role::Owner), (LENA, Role::Developer)],
    },
    Place {
        name: "Northwind",
        slug: "northwind",
        domain: Some("northwind.example"),
        plan: "business",
        install_policy: InstallPolicy::Admins,
        members: &[(INES, Role::Owner), (JON, Role::Admin), (PRIYA, Role::Member)],
    },
    Place {
        name: "Harbour House",
        slug: "harbour-house",
        domain: Some("harbourhouse.example"),
        plan: "team",
        install_policy: InstallPolicy::Admins,
        members: &[(JON, Role::Owner)],
    },
    Place {
        name: "Tallow Studio",
        slug: "tallow-studio",
        domain: None,
        plan: "free",
        install_policy: InstallPolicy::Open,
        members: &[(INES, Role::Owner), (TOMAS, Role::Member)],
    },
];

/// An install and how it went on.
pub(super) struct Stay {
    pub(super) app: usize,
    pub(super) place: usize,
    pub(super) person: usize,
    pub(super) actor: ActorMode,
    pub(super) days_ago: i64,
    pub(super) scopes: &'static str,
    pub(super) reason: Option<&'static str>,
    pub(super) test: bool,
    pub(super) until: Until,
}

/// How an install went on.
pub(super) enum Until {
    /// It is used: last so many minutes ago.
    Used(i64),
    /// It was never used.
    Unused,
    /// A stolen refresh token came back so many days ago: an operator suspended it.
    Suspended(i64),
    /// A person revoked it so many days ago, and blocked the app or not.
    Revoked { days_ago: i64, by: usize, reason: &'static str, block: bool },
}

const fn stay(
    app: usize,
    place: usize,
    person: usize,
    actor: ActorMode,
    days_ago: i64,
    scopes: &'static str,
    until: Until,
) -> Stay {
    Stay { app, place, person, actor, days_ago, scopes, reason: None, test: false, until }
}

/// The installs.
pub(super) const STAYS: &[Stay] = &[
    Stay {
        test: true,
        ..stay(RELAY_DESK, LUMEN_BRIDGE, TOMAS, ActorMode::App, 28, "read posts:read write", Until::Used(190))
    },
    Stay {
        reason: Some("Support answers posts from the help desk since November"),
        ..stay(RELAY_DESK, NORTHWIND, INES, ActorMode::App, 26, "read posts:read posts:write write", Until::Used(3))
    },
    stay(RELAY_DESK, HARBOUR_HOUSE, JON, ActorMode::App, 16, "read posts:read posts:write", Until::Used(47)),
    Stay {
        reason: Some("Trial"),
        ..stay(
            RELAY_DESK,
            TALLOW_STUDIO,
            INES,
            ActorMode::App,
            24,
            "read posts:read",
            Until::Revoked { days_ago: 3, by: INES, reason: "The trial is over, we stay with e-mail", block: false },
        )
    },
    stay(POCKET_BOARD, TALLOW_STUDIO, TOMAS, ActorMode::Myself, 9, "read", Until::Used(25)),
    stay(POCKET_BOARD, NORTHWIND, JON, ActorMode::App, 2, "read write", Until::Unused),
    stay(QUILL_PROOF, NORTHWIND, JON, ActorMode::Myself, 14, "read posts:read posts:write", Until::Used(1500)),
    stay(TIDESHEET, NORTHWIND, JON, ActorMode::App, 20, "read posts:read", Until::Used(11)),
    stay(
        TIDESHEET,
        HARBOUR_HOUSE,
        JON,
        ActorMode::App,
        12,
        "read posts:read delete",
        Until::Revoked { days_ago: 5, by: JON, reason: "It removed posts that we had only hidden", block: true },
    ),
    stay(METRIC_BARN, NORTHWIND, INES, ActorMode::App, 13, "admin read webhooks:manage", Until::Suspended(6)),
    Stay {
        reason: Some("The warehouse keeps its own books"),
        ..stay(CRATE_KEEPER, NORTHWIND, INES, ActorMode::App, 10, "admin delete read write", Until::Unused)
    },
    stay(STAR_RIBBON, HARBOUR_HOUSE, JON, ActorMode::App, 8, "read write", Until::Used(30)),
];
