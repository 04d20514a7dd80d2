//! The only doors: who is asking, and in which role. A stranger gets `NotFound`, so that nothing tells him what exists.

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::audit::Source;
use domain::id::{OrgId, RequestId, UserId};
use domain::portal::{Me, Membership, OrganizationName};
use domain::role::{Role, StaffRole};
use domain::store::{Actor, By, Store};
use domain::time::Timestamp;
use http::request::Parts;
use leptos::prelude::use_context;
use tower_sessions::Session;

use crate::error::PortalError;

/// The session key of the person's id ([`UserId`]).
pub const USER: &str = "user";
/// The session key of the current organization ([`OrgId`]).
pub const ORGANIZATION: &str = "organization";
/// The session key of the moment at which the person proved who he is ([`domain::time::Timestamp`]).
pub const AUTHENTICATED_AT: &str = "authenticated_at";

/// The session key of the address of the sign-in. It travels to the row of a new session, and stays out of its data.
pub const IP: &str = "ip";
/// The same of its program.
pub const USER_AGENT: &str = "user_agent";

/// The session key of a sentence for the next page ([`Said`]).
const SAID: &str = "said";

/// What the server knows of the request at hand; in context for every page and server function.
#[derive(Clone, Debug, Default)]
pub struct RequestFacts {
    /// Its id, as in the log, in audit events and on error pages.
    pub request_id: Option<RequestId>,
    /// The caller's address (requirement 135 decides which that is).
    pub ip: Option<IpAddr>,
    /// The caller's program.
    pub user_agent: Option<String>,
    /// The token that forms and islands send back (requirement 108).
    pub csrf: String,
    /// The nonce of this response's scripts.
    pub nonce: String,
    /// The theme that the person chose; none follows the system.
    pub theme: Option<Theme>,
}

impl RequestFacts {
    /// This request, done by `actor` through the door `source`.
    pub fn by(&self, actor: Actor, source: Source) -> By {
        By { actor, source, request_id: self.request_id, ip: self.ip, user_agent: self.user_agent.clone() }
    }
}

/// A theme that the person chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Ink on limestone.
    Light,
    /// The other way around.
    Dark,
}

impl Theme {
    /// The cookie that keeps it.
    pub const COOKIE: &'static str = "portico_theme";

    /// The word in the cookie, in the form and in `data-theme`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme named `word`; none for any other word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Light, Self::Dark].into_iter().find(|theme| theme.as_str() == word)
    }
}

/// A mark for the server, in context where it counts: the present password that came with a request was wrong
/// (requirement 124).
#[derive(Clone, Debug, Default)]
pub struct WrongPassword(Arc<AtomicBool>);

impl WrongPassword {
    /// It was wrong.
    pub fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was.
    pub fn happened(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A person with a session.
#[derive(Clone)]
pub struct SignedIn {
    me: Me,
    by: By,
    store: Store,
    session: Session,
}

impl SignedIn {
    /// Who, with his organizations.
    pub const fn me(&self) -> &Me {
        &self.me
    }

    /// His id.
    pub const fn user(&self) -> UserId {
        self.me.user
    }

    /// He, as audit events name him.
    pub const fn by(&self) -> &By {
        &self.by
    }

    /// The store that let him in.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// His session.
    pub const fn session(&self) -> &Session {
        &self.session
    }
}

/// A sentence for the next page that the person sees: what became of the form of buttons that he pressed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Said {
    /// Whether it worked.
    pub good: bool,
    /// The sentence.
    pub text: String,
}

impl Said {
    /// It worked.
    pub fn good(text: impl Into<String>) -> Self {
        Self { good: true, text: text.into() }
    }
}

impl SignedIn {
    /// What was kept for this page; it is gone afterwards.
    pub async fn said(&self) -> Option<Said> {
        self.session.remove::<Said>(SAID).await.ok().flatten()
    }
}

/// Makes `session`, which has no id yet, the session of `user`, who proved who he is at `authenticated_at`.
pub async fn begin(
    session: &Session,
    user: UserId,
    authenticated_at: Timestamp,
    by: &By,
) -> Result<(), tower_sessions::session::Error> {
    session.insert(USER, user).await?;
    session.insert(AUTHENTICATED_AT, authenticated_at).await?;
    if let Some(ip) = by.ip {
        session.insert(IP, ip.to_string()).await?;
    }
    if let Some(agent) = &by.user_agent {
        session.insert(USER_AGENT, agent).await?;
    }
    // Kept here, where it is known why that fails.
    session.save().await
}

/// Keeps a sentence in the session of the request at hand, for the page that follows.
pub async fn say(said: Said) {
    if let Some(parts) = use_context::<Parts>() {
        say_in(parts.extensions.get::<Session>(), said).await;
    }
}

/// The same in `session`, if there is one.
pub async fn say_in(session: Option<&Session>, said: Said) {
    if let Some(session) = session
        && let Err(error) = session.insert(SAID, said).await
    {
        tracing::warn!(%error, "a sentence for the next page was lost");
    }
}

/// A member of his current organization, of any role.
#[derive(Clone)]
pub struct Member {
    who: SignedIn,
    membership: Membership,
}

impl Member {
    /// The current organization's id.
    pub const fn org(&self) -> OrgId {
        self.membership.organization.id
    }

    /// The current organization.
    pub const fn organization(&self) -> &OrganizationName {
        &self.membership.organization
    }

    /// His role there.
    pub const fn role(&self) -> Role {
        self.membership.role
    }
}

impl Deref for Member {
    type Target = SignedIn;

    fn deref(&self) -> &SignedIn {
        &self.who
    }
}

macro_rules! narrower {
    ($($(#[$meta:meta])* $name:ident of $wider:ident;)+) => {$(
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name($wider);

        impl Deref for $name {
            type Target = $wider;

            fn deref(&self) -> &$wider {
                &self.0
            }
        }
    )+};
}

narrower! {
    /// A member who makes apps: owner, admin or developer.
    Developer of Member;
    /// A member who administers installs: owner or admin.
    OrgAdmin of Member;
    /// Staff that reads everything but secrets: support or operator.
    Support of SignedIn;
    /// Staff that acts.
    Operator of SignedIn;
}

/// The door for everybody who has a session.
pub async fn signed_in() -> Result<SignedIn, PortalError> {
    let store = use_context::<Store>().ok_or_else(|| PortalError::internal("no store in context"))?;
    let parts = use_context::<Parts>().ok_or_else(|| PortalError::internal("no request in context"))?;
    let facts = use_context::<RequestFacts>().unwrap_or_default();
    let session = parts.extensions.get::<Session>().cloned().ok_or(PortalError::NotSignedIn)?;
    let user = session.get::<UserId>(USER).await.map_err(PortalError::internal)?.ok_or(PortalError::NotSignedIn)?;
    let current = session.get::<OrgId>(ORGANIZATION).await.map_err(PortalError::internal)?;
    let me = store.me(user, current).await.map_err(PortalError::internal)?.ok_or(PortalError::NotSignedIn)?;
    let by = facts.by(Actor::User { id: user, name: me.name.clone() }, Source::Web);
    Ok(SignedIn { me, by, store, session })
}

/// The door for members of the current organization. A page sends a person without one to make one.
pub async fn member() -> Result<Member, PortalError> {
    let who = signed_in().await?;
    let membership = who.me.current.clone().ok_or(PortalError::NoOrganization)?;
    Ok(Member { who, membership })
}

/// The door for those who make apps in the current organization.
pub async fn developer() -> Result<Developer, PortalError> {
    let member = member().await?;
    if member.role().makes_apps() { Ok(Developer(member)) } else { Err(PortalError::NotFound) }
}

/// The door for those who administer installs in the current organization.
pub async fn org_admin() -> Result<OrgAdmin, PortalError> {
    let member = member().await?;
    if member.role().administers_installs() { Ok(OrgAdmin(member)) } else { Err(PortalError::NotFound) }
}

/// The door for support and operators.
pub async fn support() -> Result<Support, PortalError> {
    let who = signed_in().await?;
    if who.me.staff_role.is_some() { Ok(Support(who)) } else { Err(PortalError::NotFound) }
}

/// The door for operators.
pub async fn operator() -> Result<Operator, PortalError> {
    let who = signed_in().await?;
    if who.me.staff_role == Some(StaffRole::Operator) { Ok(Operator(who)) } else { Err(PortalError::NotFound) }
}
