//! What the audit log is written with: each verb's events, inside its transaction.

use std::fmt::Display;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, IntoActiveModel};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{By, Store};
use crate::audit::{Action, Outcome, TargetKind};
use crate::entity::audit_event;
use crate::id::{AppId, EventId, InstallId, OrgId, UserId};
use crate::time::Timestamp;

/// The longest `User-Agent` that is kept, in characters.
const MAX_USER_AGENT: usize = 300;

/// What happened, before it is known who did it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    action: Action,
    outcome: Outcome,
    target_kind: TargetKind,
    target_id: String,
    target_name: String,
    on_behalf_of: Option<(UserId, String)>,
    organization: Option<OrgId>,
    app: Option<AppId>,
    install: Option<InstallId>,
    before: Option<Box<RawValue>>,
    after: Option<Box<RawValue>>,
}

impl Event {
    /// `action` was done to the target.
    pub(crate) fn new(
        action: Action,
        target_kind: TargetKind,
        target_id: impl Display,
        target_name: impl Into<String>,
    ) -> Self {
        Self {
            action,
            outcome: Outcome::Success,
            target_kind,
            target_id: target_id.to_string(),
            target_name: target_name.into(),
            on_behalf_of: None,
            organization: None,
            app: None,
            install: None,
            before: None,
            after: None,
        }
    }

    /// In this organization: its members with the right to read its log see the event.
    pub(crate) fn organization(mut self, organization: impl Into<Option<OrgId>>) -> Self {
        self.organization = organization.into();
        self
    }

    /// Of this app: its dossier shows the event.
    pub(crate) fn app(mut self, app: impl Into<Option<AppId>>) -> Self {
        self.app = app.into();
        self
    }

    /// Of this install: its timeline shows the event.
    pub(crate) fn install(mut self, install: impl Into<Option<InstallId>>) -> Self {
        self.install = install.into();
        self
    }

    /// What it was before; never a secret.
    pub(crate) fn before(mut self, before: impl Serialize) -> Self {
        self.before = json(&before);
        self
    }

    /// What it is after; never a secret.
    pub(crate) fn after(mut self, after: impl Serialize) -> Self {
        self.after = json(&after);
        self
    }

    /// It was refused.
    pub(crate) fn refused(mut self) -> Self {
        self.outcome = Outcome::Refused;
        self
    }

    /// Somebody did it for another person.
    pub(crate) fn on_behalf_of(mut self, user: UserId, name: impl Into<String>) -> Self {
        self.on_behalf_of = Some((user, name.into()));
        self
    }

    /// The name of the person for whom it was done.
    pub(super) fn name_of_behalf(&self) -> Option<&str> {
        self.on_behalf_of.as_ref().map(|(_, name)| name.as_str())
    }

    /// What it is after.
    pub(super) fn what_after(&self) -> Option<&RawValue> {
        self.after.as_deref()
    }

    /// The row of the event.
    pub(crate) fn into_row(self, id: EventId, at: Timestamp, by: &By) -> audit_event::Model {
        debug_assert!(
            self.organization.is_none() || self.action.in_organization(),
            "the filter of an organization's log does not offer {}",
            self.action
        );
        let (on_behalf_of_id, on_behalf_of_name) = self.on_behalf_of.unzip();
        audit_event::Model {
            id,
            at,
            action: self.action,
            outcome: self.outcome,
            source: by.source,
            actor_kind: by.actor.kind(),
            actor_id: by.actor.uuid(),
            actor_name: by.actor.name().to_owned(),
            on_behalf_of_id,
            on_behalf_of_name,
            organization_id: self.organization,
            app_id: self.app,
            install_id: self.install,
            target_kind: self.target_kind,
            target_id: self.target_id,
            target_name: self.target_name,
            before: self.before.map(|value| Box::<str>::from(value).into()),
            after: self.after.map(|value| Box::<str>::from(value).into()),
            request_id: by.request_id,
            ip: by.ip.map(|ip| ip.to_string()),
            user_agent: by.short_user_agent(),
        }
    }
}

/// A part of an event as JSON.
fn json(part: &impl Serialize) -> Option<Box<RawValue>> {
    to_raw_value(part).inspect_err(|error| tracing::error!(%error, "the audit log lacks a part of an event")).ok()
}

/// Writes `event` inside the transaction of the verb that did it.
pub(crate) async fn record(tx: &impl ConnectionTrait, store: &Store, by: &By, event: Event) -> Result<(), DbErr> {
    let row = event.into_row(EventId(store.new_id()), store.now(), by);
    audit_event::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// So many events are written by one statement.
const TOGETHER: usize = 500;

/// The same for many events.
pub(crate) async fn record_all(
    tx: &impl ConnectionTrait,
    store: &Store,
    by: &By,
    events: impl IntoIterator<Item = Event>,
) -> Result<(), DbErr> {
    let now = store.now();
    let mut rows = events.into_iter().map(|event| event.into_row(EventId(store.new_id()), now, by).into_active_model());
    loop {
        let some: Vec<_> = rows.by_ref().take(TOGETHER).collect();
        if some.is_empty() {
            return Ok(());
        }
        audit_event::Entity::insert_many(some).exec_without_returning(tx).await?;
    }
}

impl By {
    /// As much of the program's name as is kept.
    pub(super) fn short_user_agent(&self) -> Option<String> {
        self.user_agent.as_ref().map(|agent| agent.chars().take(MAX_USER_AGENT).collect())
    }
}
