//! The audit log as it is read: by page and by search, and as the histories of what it is about.

use sea_orm::{Condition, ConnectionTrait, DbErr};

use super::page::{PAGE_LIMIT, after, contains, looked_for, page};
use super::trail::{Which, part_contains};
use super::{Store, views};
use crate::audit::{Action, TargetKind};
use crate::entity::audit_event::{self, Column};
use crate::id::{AppId, EventId, InstallId, OrgId, RequestId, UserId};
use crate::portal::{AuditRow, Page};

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

/// What a filter looks for.
struct Search {
    action: Option<Action>,
    text: Option<String>,
    actor: Option<String>,
}

impl Search {
    fn of(filter: &AuditFilter) -> Self {
        let read = |text: &Option<String>| text.as_deref().and_then(looked_for);
        Self { action: filter.action, text: read(&filter.text), actor: read(&filter.actor) }
    }

    /// The text, where nothing else is looked for.
    fn text_alone(&self) -> Option<&str> {
        self.text.as_deref().filter(|_| self.action.is_none() && self.actor.is_none())
    }

    const fn is_for_everything(&self) -> bool {
        self.action.is_none() && self.text.is_none() && self.actor.is_none()
    }

    /// Those of `log` that it finds.
    fn within(&self, log: Which) -> Which {
        let mut found = log;
        if let Some(action) = self.action {
            found = found.of_action(action);
        }
        if let Some(text) = &self.text {
            let columns = [Column::ActorName, Column::TargetName, Column::TargetId, Column::Before, Column::After];
            found = found.and(any_contains(columns, text), any_part_contains(["app", "after"], text));
        }
        if let Some(actor) = &self.actor {
            let events = any_contains([Column::ActorName, Column::OnBehalfOfName], actor);
            found = found.and(events, any_part_contains(["app", "on_behalf_of"], actor));
        }
        found
    }
}

impl Store {
    /// The log of `organization`, newest first. A search looks through a part of it and gives what it found there, be it
    /// nothing; the next page goes on.
    pub async fn audit_log(&self, organization: OrgId, filter: AuditFilter) -> Result<Page<AuditRow>, DbErr> {
        let (search, before) = (Search::of(&filter), after::<EventId>(filter.after.as_deref()));
        if let Some(text) = search.text_alone().filter(|_| before.is_none()) {
            let mut found = self.events_of(text).await?;
            found.retain(|event| event.organization_id == Some(organization));
            if !found.is_empty() {
                return Ok(Page { items: members_rows(self.reader(), found).await?, next: None });
            }
        }
        let log = Which::of_organization(organization);
        let log = if let Some(before) = before { log.before(before) } else { log };
        let (found, looked_at) = if search.is_for_everything() {
            (log.newest(self.reader(), PAGE_LIMIT).await?, None)
        } else {
            self.look_through(log, &search).await?
        };
        let found = page(members_rows(self.reader(), found).await?, |row| row.id.to_string());
        Ok(Page { next: found.next.or(looked_at.map(|last| last.to_string())), ..found })
    }

    /// What `search` finds in the first part of `log` in which it finds anything, of so many parts; and the last event that
    /// it looked at, none where it looked through the whole log.
    async fn look_through(
        &self,
        mut log: Which,
        search: &Search,
    ) -> Result<(Vec<audit_event::Model>, Option<EventId>), DbErr> {
        let mut which = search.within(log.clone());
        log.trails = log.trails.filter(|_| which.trails.is_some());
        let (mut found, mut last) = (Vec::new(), None);
        for _ in 0..PARTS {
            last = log.looked_at_last(self.reader()).await?;
            let part = last.map_or_else(|| which.clone(), |last| which.clone().since(last));
            found = part.newest(self.reader(), PAGE_LIMIT).await?;
            let Some(last) = last.filter(|_| found.is_empty()) else { break };
            (log, which) = (log.before(last), which.before(last));
        }
        Ok((found, last))
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
