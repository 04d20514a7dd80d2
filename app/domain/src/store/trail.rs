//! The audit trail of what an app had issued: kept in the token's own row, so that an issue writes one row and its indexes
//! instead of two. Readers of the log find it here, between the events around it; the sweep that takes the token moves it
//! to the log first.

use std::cmp::Reverse;
use std::net::IpAddr;

use sea_orm::sea_query::{Expr, IntoCondition, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde_json::value::RawValue;

use super::audit::Event;
use super::audit_log::EVENTS_AT_ONCE;
use super::newest::{Place, newest_ids, newest_tokens};
use super::page::value_contains;
use super::{Actor, By};
use crate::audit::{Action, ActorKind, Outcome, Source, TargetKind};
use crate::client::GrantType;
use crate::entity::access_token::{self, Column};
use crate::entity::audit_event;
use crate::id::{AccessTokenId, AppId, EventId, InstallId, OrgId, RequestId, UserId};

/// Tokens of a place at which a search looks at once.
const TOKENS_AT_ONCE: usize = 2_000;

/// Events by a question that the log and the rows of tokens both answer.
#[derive(Clone, Debug)]
pub(crate) struct Which {
    /// Of the log.
    pub(super) events: Condition,
    /// Of the trails in tokens' rows; none where nothing there can be meant.
    pub(super) trails: Option<Trails>,
}

/// Trails by a condition, and by the place in which they are looked for, if there is one.
#[derive(Clone, Debug)]
pub(super) struct Trails {
    of: Option<Place>,
    which: Condition,
}

impl Which {
    /// Those in an organization.
    pub(crate) fn of_organization(id: OrgId) -> Self {
        Self::at(audit_event::Column::OrganizationId.eq(id), Place::Organization(id))
    }

    /// Those of an app and its installs, but for what it had issued: of that the histories of its installs tell.
    pub(crate) fn of_app(id: AppId) -> Self {
        // In the words of the partial index, which knows no parameters.
        let no_issue = Expr::cust("action NOT IN ('token.issued', 'token.refreshed')");
        Self { events: audit_event::Column::AppId.eq(id).and(no_issue).into_condition(), trails: None }
    }

    /// Those of an install.
    pub(crate) fn of_install(id: InstallId) -> Self {
        Self::at(audit_event::Column::InstallId.eq(id), Place::Install(id))
    }

    /// Those of a request.
    pub(crate) fn of_request(id: RequestId) -> Self {
        Self::both(audit_event::Column::RequestId.eq(id), Column::RequestId.eq(id))
    }

    /// The issue of a token, in its row or in the log.
    pub(crate) fn of_token(id: AccessTokenId) -> Self {
        Self::both(audit_event::Column::Id.eq(EventId(id.uuid())), Column::Id.eq(id))
    }

    /// What a person did, what was done in his name and to him.
    pub(crate) fn of_user(id: UserId) -> Self {
        use audit_event::Column::{ActorId, OnBehalfOfId, TargetId};
        // In the words of the partial indexes, which know no parameters.
        let his = Condition::any()
            .add(ActorId.eq(id.uuid()).and(Expr::cust("actor_kind = 'user'")))
            .add(OnBehalfOfId.eq(id))
            .add(TargetId.eq(id.to_string()).and(Expr::cust("target_kind = 'user'")));
        Self::both(his, Column::UserId.eq(id))
    }

    fn both(events: impl IntoCondition, trails: impl IntoCondition) -> Self {
        let trails = Trails { of: None, which: trails.into_condition() };
        Self { events: events.into_condition(), trails: Some(trails) }
    }

    fn at(events: impl IntoCondition, place: Place) -> Self {
        let trails = Trails { of: Some(place), which: Condition::all() };
        Self { events: events.into_condition(), trails: Some(trails) }
    }

    /// Only those that fulfil this too.
    #[must_use]
    pub(super) fn and(self, events: impl IntoCondition, trails: impl IntoCondition) -> Self {
        Self {
            events: Condition::all().add(self.events).add(events.into_condition()),
            trails: self.trails.map(|Trails { of, which }| Trails {
                of,
                which: Condition::all().add(which).add(trails.into_condition()),
            }),
        }
    }

    /// Only those before this one.
    #[must_use]
    pub(super) fn before(self, id: EventId) -> Self {
        self.and(audit_event::Column::Id.lt(id), Column::Id.lt(id.uuid()))
    }

    /// Only this one and what came after it.
    #[must_use]
    pub(super) fn since(self, id: EventId) -> Self {
        self.and(audit_event::Column::Id.gte(id), Column::Id.gte(id.uuid()))
    }

    /// The oldest of them at which a search looks; none where it looks at all. A log is kept for ever: no search reads it
    /// whole, and the page after it goes on from there.
    pub(super) async fn looked_at_last(&self, db: &impl ConnectionTrait) -> Result<Option<EventId>, DbErr> {
        let event: Option<EventId> = audit_event::Entity::find()
            .select_only()
            .column(audit_event::Column::Id)
            .filter(self.events.clone())
            .order_by_desc(audit_event::Column::Id)
            .offset(EVENTS_AT_ONCE - 1)
            .limit(1)
            .into_tuple()
            .one(db)
            .await?;
        let mut last = event;
        if let Some(Trails { of: Some(place), which }) = &self.trails {
            let tokens = newest_ids(db, *place, which, TOKENS_AT_ONCE).await?;
            let token = tokens.get(TOKENS_AT_ONCE - 1).map(|id| EventId(id.uuid()));
            last = Ord::max(last, token);
        }
        Ok(last)
    }

    /// Only those of `action`.
    #[must_use]
    pub(super) fn of_action(self, action: Action) -> Self {
        let refreshed = Column::GrantType.eq(GrantType::RefreshToken);
        let trails = match action {
            Action::TokenRefreshed => refreshed,
            Action::TokenIssued => refreshed.not(),
            _ => return Self { trails: None, ..self.and(audit_event::Column::Action.eq(action), Condition::all()) },
        };
        self.and(audit_event::Column::Action.eq(action), trails)
    }

    /// The newest of them, at most `limit`.
    pub(crate) async fn newest(self, db: &impl ConnectionTrait, limit: u64) -> Result<Vec<audit_event::Model>, DbErr> {
        let mut found = Vec::new();
        // First the rows of tokens: what a sweep moves meanwhile is then found twice, and not missed.
        if let Some(Trails { of, which }) = self.trails {
            let which = Condition::all().add(which).add(Column::Told.is_not_null());
            let rows = if let Some(place) = of {
                newest_tokens(db, place, &which, limit).await?
            } else {
                let found = access_token::Entity::find().filter(which);
                found.order_by_desc(Column::Id).limit(limit).all(db).await?
            };
            found.extend(rows.into_iter().filter_map(event));
        }
        let events = audit_event::Entity::find()
            .filter(self.events)
            .order_by_desc(audit_event::Column::Id)
            .limit(limit)
            .all(db)
            .await?;
        found.extend(events);
        found.sort_unstable_by_key(|event| Reverse(event.id));
        found.dedup_by_key(|event| event.id);
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }
}

/// Whether the part `name` of a trail contains `text`, without regard to case. Both databases read this operator alike.
pub(super) fn part_contains(name: &'static str, text: &str) -> SimpleExpr {
    value_contains(Expr::cust(format!("told ->> '{name}'")), text)
}

/// An [`access_token::Told`] to be written.
#[derive(Serialize)]
struct Telling<'a> {
    source: Source,
    app: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_behalf_of: Option<&'a str>,
    after: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
}

/// The trail of a token whose issue `event` tells of, as its row keeps it: a JSON text of [`access_token::Told`]. None for
/// what the app did not ask for itself, a person's test install: that stands in the log among what that person did.
pub(super) fn told(event: &Event, by: &By) -> Option<String> {
    let Actor::App { name, .. } = &by.actor else { return None };
    let telling = Telling {
        source: by.source,
        app: name,
        on_behalf_of: event.name_of_behalf(),
        after: event.what_after(),
        ip: by.ip,
        user_agent: by.short_user_agent(),
    };
    serde_json::to_string(&telling).ok()
}

/// The event that the row's trail tells of.
fn event(row: access_token::Model) -> Option<audit_event::Model> {
    let told = row.told?;
    let refreshed = row.grant_type == GrantType::RefreshToken;
    Some(audit_event::Model {
        id: EventId(row.id.uuid()),
        at: row.created_at,
        action: if refreshed { Action::TokenRefreshed } else { Action::TokenIssued },
        outcome: Outcome::Success,
        source: told.source,
        actor_kind: ActorKind::App,
        actor_id: Some(row.app_id.uuid()),
        actor_name: told.app.clone(),
        on_behalf_of_id: told.on_behalf_of.as_ref().and(row.user_id),
        on_behalf_of_name: told.on_behalf_of,
        organization_id: Some(row.organization_id),
        app_id: Some(row.app_id),
        install_id: Some(row.install_id),
        target_kind: TargetKind::Grant,
        target_id: row.id.to_string(),
        target_name: told.app,
        before: None,
        after: Some(told.after.to_string()),
        request_id: row.request_id,
        ip: told.ip,
        user_agent: told.user_agent,
    })
}

/// Moves the trails of tokens that are about to be deleted to the log. The database refuses to delete one that is not
/// there.
pub(super) async fn move_to_log(db: &impl ConnectionTrait, which: SimpleExpr) -> Result<(), DbErr> {
    let rows = access_token::Entity::find().filter(which).filter(Column::Told.is_not_null()).all(db).await?;
    let events: Vec<_> = rows.into_iter().filter_map(event).map(IntoActiveModel::into_active_model).collect();
    if !events.is_empty() {
        // Another process may have moved them a moment ago.
        audit_event::Entity::insert_many(events).on_conflict_do_nothing().exec_without_returning(db).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::{Actor, By, Event, told};
    use crate::audit::{Action, Source, TargetKind};
    use crate::entity::access_token::Told;
    use crate::id::{AppId, UserId};

    #[test]
    fn what_is_written_of_an_issue_is_read_back() {
        let by = By {
            actor: Actor::App { id: AppId(uuid::Uuid::nil()), name: "An \"app\"".to_owned() },
            source: Source::Api,
            request_id: None,
            ip: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            user_agent: Some("a program".to_owned()),
        };
        let event = Event::new(Action::TokenIssued, TargetKind::Grant, "id", "An app")
            .on_behalf_of(UserId(uuid::Uuid::nil()), "Ada")
            .after(serde_json::json!({ "token": "ptcot_…1234" }));
        let read: Told = serde_json::from_str(&told(&event, &by).expect("told")).expect("read");
        let expected = Told {
            source: Source::Api,
            app: "An \"app\"".to_owned(),
            on_behalf_of: Some("Ada".to_owned()),
            after: serde_json::json!({ "token": "ptcot_…1234" }),
            ip: Some("127.0.0.1".to_owned()),
            user_agent: Some("a program".to_owned()),
        };
        assert_eq!(read, expected);
        let bare = By { ip: None, user_agent: None, ..by };
        let event = Event::new(Action::TokenIssued, TargetKind::Grant, "id", "An app");
        let read: Told = serde_json::from_str(&told(&event, &bare).expect("told")).expect("read");
        assert_eq!((read.after, read.on_behalf_of, read.ip), (serde_json::Value::Null, None, None));
    }
}
