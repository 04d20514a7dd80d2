//! Who and what the demo data has, and what happened in thirty days.

use crate::client::{ActorMode, ActorModes, AuthMethod};
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

/// An app.
pub(super) struct Card {
    pub(super) name: &'static str,
    pub(super) slug: &'static str,
    pub(super) description: &'static str,
    pub(super) owner: usize,
    pub(super) maker: usize,
    pub(super) days_ago: i64,
    pub(super) auth_method: AuthMethod,
    pub(super) actor_modes: ActorModes,
    /// The site; its callback is `<site>/oauth/callback`.
    pub(super) site: &'static str,
    pub(super) support_email: &'static str,
    /// Token, whether it is required, why.
    pub(super) scopes: &'static [(&'static str, bool, &'static str)],
    /// Label, age in days, and how it ended: none, a deadline in hours to come, or revoked so many days ago.
    pub(super) secrets: &'static [(&'static str, i64, Ending)],
    pub(super) ip: &'static str,
}

/// How a secret ended.
pub(super) enum Ending {
    /// Not.
    Active,
    /// It retires in so many hours.
    RetiresInHours(i64),
    /// It was revoked so many days ago.
    RevokedDaysAgo(i64),
}

/// Loopback, any port (RFC 8252 section 7.3): real clients on this machine can use each app.
pub(super) const LOOPBACK: &str = "http://127.0.0.1/callback";

pub(super) const RELAY_DESK: usize = 0;
pub(super) const POCKET_BOARD: usize = 1;
pub(super) const QUILL_PROOF: usize = 2;
pub(super) const TIDESHEET: usize = 3;
pub(super) const METRIC_BARN: usize = 4;

/// The apps.
pub(super) const CARDS: &[Card] = &[
    Card {
        name: "Relay Desk",
        slug: "relay-desk",
        description: "Answers feedback posts from your help desk.",
        owner: LUMEN_BRIDGE,
        maker: TOMAS,
        days_ago: 29,
        auth_method: AuthMethod::ClientSecretBasic,
        actor_modes: ActorModes::Both,
        site: "https://relaydesk.example",
        support_email: "help@relaydesk.example",
        scopes: &[
            ("read", true, "To show which organization your help desk is connected to"),
            ("posts:read", true, "To bring new feedback posts into your help desk"),
            ("posts:write", false, "To send the answers that your agents write"),
            ("write", false, "To tag posts with the ticket they became"),
        ],
        secrets: &[("Production 2025", 29, Ending::RetiresInHours(20)), ("Production", 0, Ending::Active)],
        ip: "203.0.113.80",
    },
    Card {
        name: "Pocket Board",
        slug: "pocket-board",
        description: "Your feedback board on the phone in your pocket.",
        owner: LUMEN_BRIDGE,
        maker: LENA,
        days_ago: 21,
        auth_method: AuthMethod::None,
        actor_modes: ActorModes::Both,
        site: "https://pocketboard.example",
        support_email: "hello@pocketboard.example",
        scopes: &[
            ("read", true, "To show your boards"),
            ("write", false, "To move cards between columns"),
            ("posts:read", false, "To show the posts behind a card"),
        ],
        secrets: &[],
        ip: "203.0.113.81",
    },
    Card {
        name: "Quill Proof",
        slug: "quill-proof",
        description: "Proofreads what you write, before everybody reads it.",
        owner: LUMEN_BRIDGE,
        maker: LENA,
        days_ago: 18,
        auth_method: AuthMethod::ClientSecretPost,
        actor_modes: ActorModes::Myself,
        site: "https://quillproof.example",
        support_email: "desk@quillproof.example",
        scopes: &[
            ("read", true, "To greet you by the name of your organization"),
            ("posts:read", true, "To read the drafts that you hand over"),
            ("posts:write", false, "To put the corrections back"),
        ],
        secrets: &[("Server", 18, Ending::Active)],
        ip: "203.0.113.82",
    },
    Card {
        name: "Tidesheet",
        slug: "tidesheet",
        description: "Keeps a spreadsheet of your posts, always up to date.",
        owner: KUPFER,
        maker: MARA,
        days_ago: 27,
        auth_method: AuthMethod::ClientSecretBasic,
        actor_modes: ActorModes::App,
        site: "https://tidesheet.example",
        support_email: "ahoy@tidesheet.example",
        scopes: &[
            ("read", true, "To name the sheet after your organization"),
            ("posts:read", true, "To fill the rows"),
            ("delete", false, "To remove posts that you strike out in the sheet"),
        ],
        secrets: &[("Old laptop", 27, Ending::RevokedDaysAgo(13)), ("Server", 13, Ending::Active)],
        ip: "203.0.113.90",
    },
    Card {
        name: "Metric Barn",
        slug: "metric-barn",
        description: "Counts what matters and tells your other tools.",
        owner: KUPFER,
        maker: LENA,
        days_ago: 15,
        auth_method: AuthMethod::ClientSecretBasic,
        actor_modes: ActorModes::Both,
        site: "https://metricbarn.example",
        support_email: "barn@metricbarn.example",
        scopes: &[
            ("read", true, "To count"),
            ("webhooks:manage", true, "To be told at once when something changes"),
            ("admin", false, "To set up the weekly report for you"),
        ],
        secrets: &[("Collector", 15, Ending::Active)],
        ip: "203.0.113.91",
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
];
