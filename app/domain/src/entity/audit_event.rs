//! The audit log: append-only. Names are snapshots, and no foreign key binds them.

use sea_orm::entity::prelude::*;

use crate::audit::{Action, ActorKind, Outcome, Source, TargetKind};
use crate::id::{AppId, EventId, InstallId, OrgId, RequestId, UserId};
use crate::time::Timestamp;

/// A row of `audit_events`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_events")]
pub struct Model {
    /// The event.
    #[sea_orm(primary_key, auto_increment = false)]
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
    /// The actor: a person or an app.
    pub actor_id: Option<Uuid>,
    /// The actor's name at that time.
    pub actor_name: String,
    /// On whose behalf.
    pub on_behalf_of_id: Option<UserId>,
    /// His name at that time.
    pub on_behalf_of_name: Option<String>,
    /// In which organization.
    pub organization_id: Option<OrgId>,
    /// Of which app.
    pub app_id: Option<AppId>,
    /// Of which install.
    pub install_id: Option<InstallId>,
    /// What kind of target.
    pub target_kind: TargetKind,
    /// The target's id, as it prints.
    pub target_id: String,
    /// The target's name at that time.
    pub target_name: String,
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

impl ActiveModelBehavior for ActiveModel {}
