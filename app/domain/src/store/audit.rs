//! The audit log: written inside each verb's transaction, read by page.

use std::fmt::Display;

use sea_orm::{Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::page::{PAGE_LIMIT, after, contains, looked_for, page};
use super::trail::{Which, part_contains};
use super::{By, Store, views};
use crate::audit::{Action, Outcome, TargetKind};
use crate::entity::audit_event::{self, Column};
use crate::id::{AppId, EventId, InstallId, OrgId, RequestId, UserId};
use crate::portal::{AuditRow, Page};
use crate::time::Timestamp;

/// The longest `User-Agent` that is kept, in characters.
const MAX_USER_AGENT: usize = 300;

/// Events of a log at which a search looks at once.
pub const EVENTS_AT_ONCE: u64 = 5_000;
/// So many parts of a log it looks through before it gives a page without anything.
const PARTS: usize = 4;
/// Events of a timeline.
const TIMELINE_ROWS: u64 = 100;

/// Which events of an organization's log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only these.
    pub action: Option<Action>,
    /// Only those whose actor's or target's name, target's id or change contains this. The id of a request, or of a token that was
    /// issued, finds what belongs to it, however old it is.
    pub text: Option<String>,
    /// Only those whose actor's name, or whose name on whose behalf it was done, contains this.
    pub actor: Option<String>,
    /// Where the page before ended.
    pub after: Option<String>,
}

impl AuditFilter {
    /// Whether it asks for a text and nothing else, from the beginning.
    const fn is_text_alone(&self) -> bool {
        self.action.is_none() && self.actor.is_none() && self.after.is_none()
    }
}

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

impl Store {
    /// The log of `organization`, newest first. A search looks through a part of it and gives what it found there, be it
    /// nothing; the next page goes on.
    pub async fn audit_log(&self, organization: OrgId, filter: AuditFilter) -> Result<Page<AuditRow>, DbErr> {
        let mut log = Which::of_organization(organization);
        if let Some(after) = after::<EventId>(filter.after.as_deref()) {
            log = log.before(after);
        }
        let mut which = log.clone();
        let mut searches = filter.action.is_some();
        if let Some(action) = filter.action {
            which = which.of_action(action);
        }
        let text = filter.text.as_deref().and_then(looked_for);
        if let Some(text) = text.as_deref().filter(|_| filter.is_text_alone()) {
            let mut found = self.events_of(text).await?;
            found.retain(|event| event.organization_id == Some(organization));
            if !found.is_empty() {
                return Ok(Page { items: members_rows(self.reader(), found).await?, next: None });
            }
        }
        if let Some(text) = text {
            let columns = [Column::ActorName, Column::TargetName, Column::TargetId, Column::Before, Column::After];
            which = which.and(any_contains(columns, &text), any_part_contains(["app", "after"], &text));
            searches = true;
        }
        if let Some(actor) = filter.actor.as_deref().and_then(looked_for) {
            let events = any_contains([Column::ActorName, Column::OnBehalfOfName], &actor);
            which = which.and(events, any_part_contains(["app", "on_behalf_of"], &actor));
            searches = true;
        }
        log.trails = log.trails.filter(|_| which.trails.is_some());
        let (mut found, mut last) = (Vec::new(), None);
        for _ in 0..PARTS {
            last = if searches { log.looked_at_last(self.reader()).await? } else { None };
            let part = last.map_or_else(|| which.clone(), |last| which.clone().since(last));
            found = part.newest(self.reader(), PAGE_LIMIT).await?;
            let Some(last) = last.filter(|_| found.is_empty()) else { break };
            (log, which) = (log.before(last), which.before(last));
        }
        let found = page(members_rows(self.reader(), found).await?, |row| row.id.to_string());
        Ok(Page { next: found.next.or(last.map(|last| last.to_string())), ..found })
    }

    /// The events of the request whose id `text` is, or the issue of that token.
    async fn events_of(&self, text: &str) -> Result<Vec<audit_event::Model>, DbErr> {
        let mut found = Vec::new();
        if let Ok(request) = text.parse() {
            found = Which::of_request(request).newest(self.reader(), TIMELINE_ROWS).await?;
        }
        if let (true, Ok(token)) = (found.is_empty(), text.parse()) {
            found = Which::of_token(token).newest(self.reader(), 1).await?;
        }
        Ok(found)
    }

    /// What happened to an install, newest first.
    pub async fn timeline_of_install(&self, install: InstallId) -> Result<Vec<AuditRow>, DbErr> {
        timeline(self.reader(), Which::of_install(install)).await
    }

    /// What happened to an app and its installs, newest first; its tokens stand in the histories of its installs.
    pub async fn timeline_of_app(&self, app: AppId) -> Result<Vec<AuditRow>, DbErr> {
        timeline(self.reader(), Which::of_app(app)).await
    }

    /// What happened in an organization, newest first.
    pub async fn timeline_of_organization(&self, organization: OrgId) -> Result<Vec<AuditRow>, DbErr> {
        timeline(self.reader(), Which::of_organization(organization)).await
    }

    /// What a person did, what was done in his name and to him, newest first.
    pub async fn timeline_of_user(&self, user: UserId) -> Result<Vec<AuditRow>, DbErr> {
        timeline(self.reader(), Which::of_user(user)).await
    }

    /// The events of one request, newest first.
    pub async fn events_of_request(&self, request: RequestId) -> Result<Vec<AuditRow>, DbErr> {
        timeline(self.reader(), Which::of_request(request)).await
    }
}

fn any_contains<const N: usize>(columns: [Column; N], text: &str) -> Condition {
    columns.into_iter().fold(Condition::any(), |any, column| any.add(contains(column, text)))
}

fn any_part_contains<const N: usize>(parts: [&'static str; N], text: &str) -> Condition {
    parts.into_iter().fold(Condition::any(), |any, part| any.add(part_contains(part, text)))
}

/// The newest of `which`.
pub(crate) async fn timeline(db: &impl ConnectionTrait, which: Which) -> Result<Vec<AuditRow>, DbErr> {
    let found = which.newest(db, TIMELINE_ROWS).await?;
    audit_rows(db, found).await
}

/// Events that [`latest`] looks through; without a bound a busy organization's whole log would be read.
const LATEST_WITHIN: u64 = 250;

/// What people did last in `organization`: at most `count` of its newest events that are no program's routine.
pub(crate) async fn latest(
    db: &impl ConnectionTrait,
    organization: OrgId,
    count: usize,
) -> Result<Vec<AuditRow>, DbErr> {
    // What apps had issued is routine, and most of it: it need not be read.
    let which = Which { trails: None, ..Which::of_organization(organization) };
    let found = which.newest(db, LATEST_WITHIN).await?;
    members_rows(db, found.into_iter().filter(|event| !event.action.is_routine()).take(count).collect()).await
}

/// Events as an organization's own pages show them. Where the instance's staff sit when they judge its apps is not its
/// business.
async fn members_rows(db: &impl ConnectionTrait, events: Vec<audit_event::Model>) -> Result<Vec<AuditRow>, DbErr> {
    let judged = |action| matches!(action, Action::AppApproved | Action::AppChangesRequested | Action::AppRejected);
    let mut rows = audit_rows(db, events).await?;
    for row in rows.iter_mut().filter(|row| judged(row.action)) {
        (row.ip, row.user_agent) = (None, None);
    }
    Ok(rows)
}

/// Events as pages show them, in the order given.
async fn audit_rows(db: &impl ConnectionTrait, events: Vec<audit_event::Model>) -> Result<Vec<AuditRow>, DbErr> {
    let organizations =
        views::organizations(db, events.iter().filter_map(|event| event.organization_id).collect()).await?;
    let belongs = |event: &audit_event::Model| {
        event.app_id.filter(|_| matches!(event.target_kind, TargetKind::Secret | TargetKind::RedirectUri))
    };
    let apps = views::apps(db, events.iter().filter_map(belongs).collect()).await?;
    let line = |event: audit_event::Model| AuditRow {
        of_app: belongs(&event).and_then(|id| apps.get(&id)).map(|app| app.name.clone()),
        id: event.id,
        at: event.at,
        action: event.action,
        outcome: event.outcome,
        source: event.source,
        actor_kind: event.actor_kind,
        actor: event.actor_name,
        on_behalf_of: event.on_behalf_of_name,
        organization: event.organization_id.and_then(|id| organizations.get(&id)).map(views::organization_name),
        target_kind: event.target_kind,
        target: event.target_id,
        target_name: event.target_name,
        before: event.before,
        after: event.after,
        request_id: event.request_id,
        ip: event.ip,
        user_agent: event.user_agent,
    };
    Ok(events.into_iter().map(line).collect())
}
