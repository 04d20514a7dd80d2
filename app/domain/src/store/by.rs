//! Who does something, and through which door: what each audit event says first.

use std::net::IpAddr;

use uuid::Uuid;

use crate::audit::{ActorKind, Source};
use crate::id::{AppId, RequestId, UserId};

/// Who does something, and through which door.
#[derive(Clone, Debug)]
pub struct By {
    /// Who.
    pub actor: Actor,
    /// Through which door.
    pub source: Source,
    /// The request.
    pub request_id: Option<RequestId>,
    /// The address that it came from (requirement 135).
    pub ip: Option<IpAddr>,
    /// The program that sent it.
    pub user_agent: Option<String>,
}

impl By {
    /// The command line.
    pub const fn operator() -> Self {
        Self { actor: Actor::Operator, source: Source::Cli, request_id: None, ip: None, user_agent: None }
    }

    /// The instance itself.
    pub const fn system() -> Self {
        Self { actor: Actor::System, source: Source::System, request_id: None, ip: None, user_agent: None }
    }

    /// The same request, done by somebody else: after a sign-in the person is known.
    #[must_use]
    pub fn as_actor(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// The same request as another organization's log tells it: not from where.
    #[must_use]
    pub(crate) fn without_place(&self) -> Self {
        Self { ip: None, user_agent: None, ..self.clone() }
    }

    /// The same, nor which of its maker's people: the app did it.
    #[must_use]
    pub(crate) fn as_maker_of(&self, app: AppId, name: &str) -> Self {
        self.without_place().as_actor(Actor::App { id: app, name: name.to_owned() })
    }
}

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person with a session.
    User {
        /// Who.
        id: UserId,
        /// His name.
        name: String,
    },
    /// An app with its credentials.
    App {
        /// Which.
        id: AppId,
        /// Its name.
        name: String,
    },
    /// The command line.
    Operator,
    /// The instance itself.
    System,
    /// Nobody that is known.
    Anonymous,
}

impl Actor {
    /// What kind of actor it is.
    pub const fn kind(&self) -> ActorKind {
        match self {
            Self::User { .. } => ActorKind::User,
            Self::App { .. } => ActorKind::App,
            Self::Operator => ActorKind::Operator,
            Self::System => ActorKind::System,
            Self::Anonymous => ActorKind::Anonymous,
        }
    }

    /// The person, if a person does it.
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::User { id, .. } => Some(*id),
            _ => None,
        }
    }

    pub(crate) const fn uuid(&self) -> Option<Uuid> {
        match self {
            Self::User { id, .. } => Some(id.uuid()),
            Self::App { id, .. } => Some(id.uuid()),
            _ => None,
        }
    }

    /// The name that the audit log keeps.
    pub fn name(&self) -> &str {
        match self {
            Self::User { name, .. } | Self::App { name, .. } => name,
            Self::Operator => "Operator (command line)",
            Self::System => "Portico",
            Self::Anonymous => "Somebody who is not signed in",
        }
    }
}
