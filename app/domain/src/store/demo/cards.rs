//! The apps of the demo data: five that show a portal's life, and one for each platform whose document partners follow.

use super::cast::{KUPFER, LENA, LUMEN_BRIDGE, MARA, TOMAS};
use crate::client::{ActorModes, AppGrants, AuthMethod, GrantType};
use crate::token_policy::STANDARD;

/// An app.
pub(super) struct Card {
    pub(super) name: &'static str,
    pub(super) slug: &'static str,
    pub(super) description: &'static str,
    pub(super) owner: usize,
    pub(super) maker: usize,
    pub(super) days_ago: i64,
    pub(super) auth_method: AuthMethod,
    pub(super) pkce_required: bool,
    pub(super) actor_modes: ActorModes,
    pub(super) grants: AppGrants,
    pub(super) token_policy: &'static str,
    /// The site; its callback is `<site>/oauth/callback`.
    pub(super) site: &'static str,
    pub(super) support_email: &'static str,
    /// Token, whether it is required, why.
    pub(super) scopes: &'static [(&'static str, bool, &'static str)],
    /// Label, age in days, and how it ended: none, a deadline in hours to come, or revoked so many days ago.
    pub(super) secrets: &'static [(&'static str, i64, Ending)],
    pub(super) ip: &'static str,
}

impl Card {
    /// Its redirect URIs: loopback, so that programs on this machine can use it, and its own site; none for an app that
    /// nobody is sent back to.
    pub(super) fn redirect_uris(&self) -> Vec<String> {
        if !self.grants.allows_code() {
            return Vec::new();
        }
        vec![LOOPBACK.to_owned(), format!("{}/oauth/callback", self.site)]
    }

    /// Its grants as requests name them.
    pub(super) fn grant_types(&self) -> Vec<GrantType> {
        let code = self.grants.allows_code().then_some(GrantType::AuthorizationCode);
        let own = self.grants.allows_client_credentials().then_some(GrantType::ClientCredentials);
        code.into_iter().chain(own).collect()
    }

    /// The scopes that a person may leave out.
    pub(super) fn optional_scopes(&self) -> Vec<String> {
        self.scopes.iter().filter(|(_, required, _)| !required).map(|(scope, _, _)| (*scope).to_owned()).collect()
    }
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
pub(super) const STAR_RIBBON: usize = 6;
pub(super) const CRATE_KEEPER: usize = 7;

/// What most of them are.
const CARD: Card = Card {
    name: "",
    slug: "",
    description: "",
    owner: LUMEN_BRIDGE,
    maker: LENA,
    days_ago: 0,
    auth_method: AuthMethod::ClientSecretBasic,
    pkce_required: true,
    actor_modes: ActorModes::Both,
    grants: AppGrants::AuthorizationCode,
    token_policy: STANDARD,
    site: "",
    support_email: "",
    scopes: &[],
    secrets: &[],
    ip: "203.0.113.99",
};

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
        ..CARD
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
        ..CARD
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
        ..CARD
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
        ..CARD
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
        ..CARD
    },
    // One for each shipped policy besides `standard`: each takes the requests that its platform's document shows.
    Card {
        name: "Post Loom",
        slug: "post-loom",
        description: "Weaves feedback posts into your roadmap.",
        owner: LUMEN_BRIDGE,
        maker: TOMAS,
        days_ago: 12,
        pkce_required: false,
        token_policy: "featureos",
        site: "https://postloom.example",
        support_email: "weavers@postloom.example",
        scopes: &[
            ("read", true, "To show which organization it weaves for"),
            ("posts:read", true, "To read the posts that go onto the roadmap"),
            ("posts:write", false, "To tell people that their wish is planned"),
        ],
        secrets: &[("Server", 12, Ending::Active)],
        ip: "203.0.113.83",
        ..CARD
    },
    Card {
        name: "Star Ribbon",
        slug: "star-ribbon",
        description: "Shows what customers say beside what they buy.",
        owner: KUPFER,
        maker: LENA,
        days_ago: 11,
        auth_method: AuthMethod::ClientSecretPost,
        pkce_required: false,
        actor_modes: ActorModes::App,
        token_policy: "fera",
        site: "https://starribbon.example",
        support_email: "stars@starribbon.example",
        scopes: &[("read", true, "To show the reviews"), ("write", true, "To ask customers for a review")],
        secrets: &[("Server", 11, Ending::Active)],
        ip: "203.0.113.92",
        ..CARD
    },
    Card {
        name: "Crate Keeper",
        slug: "crate-keeper",
        description: "Keeps the stock of every warehouse in step.",
        owner: KUPFER,
        maker: MARA,
        days_ago: 11,
        auth_method: AuthMethod::ClientSecretPost,
        pkce_required: false,
        actor_modes: ActorModes::App,
        grants: AppGrants::ClientCredentials,
        token_policy: "apiera",
        site: "https://cratekeeper.example",
        support_email: "crates@cratekeeper.example",
        scopes: &[
            ("read", true, "To count the stock"),
            ("write", true, "To book what comes and goes"),
            ("delete", false, "To take out what is sold off"),
            ("admin", false, "To set up new warehouses"),
        ],
        secrets: &[("Warehouse", 11, Ending::Active)],
        ip: "203.0.113.93",
    },
    Card {
        name: "Ledger Lane",
        slug: "ledger-lane",
        description: "Reads the market with you, under your own name.",
        owner: KUPFER,
        maker: MARA,
        days_ago: 7,
        auth_method: AuthMethod::ClientSecretPost,
        pkce_required: false,
        actor_modes: ActorModes::Myself,
        token_policy: "financefeast",
        site: "https://ledgerlane.example",
        support_email: "tellers@ledgerlane.example",
        scopes: &[
            ("openid", true, "To know you when you come back"),
            ("profile", true, "To greet you by your name"),
            ("plan", true, "To show what your plan includes"),
        ],
        secrets: &[("Server", 7, Ending::Active)],
        ip: "203.0.113.94",
        ..CARD
    },
];
