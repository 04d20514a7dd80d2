//! The audit log.

use serde::{Deserialize, Serialize};

use super::OrganizationName;
use crate::audit::{Action, ActorKind, Outcome, Source, TargetKind};
use crate::id::{EventId, RequestId};
use crate::time::Timestamp;

/// An audit event as pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// The event.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// Through which door.
    pub source: Source,
    /// What kind of actor.
    pub actor_kind: ActorKind,
    /// The actor's name at that time.
    pub actor: String,
    /// On whose behalf, if on another's.
    pub on_behalf_of: Option<String>,
    /// In which organization.
    pub organization: Option<OrganizationName>,
    /// What kind of target.
    pub target_kind: TargetKind,
    /// The target's id.
    pub target: String,
    /// The target's name at that time.
    pub target_name: String,
    /// The app, by its present name, whose secret or redirect URI the target is.
    pub of_app: Option<String>,
    /// What it was before, as JSON without secrets.
    pub before: Option<String>,
    /// What it is after, as JSON without secrets.
    pub after: Option<String>,
    /// The request.
    pub request_id: Option<RequestId>,
    /// The address that it came from.
    pub ip: Option<String>,
    /// The program that sent it.
    pub user_agent: Option<String>,
}
