//! The terms of use: which version an app's people accepted, who, and when (PROTOCOL section 1, *Approval*).

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde_json::json;

use super::audit::{Event, record};
use super::{Actor, By, Store};
use crate::audit::{Action, TargetKind};
use crate::entity::{app, terms_acceptance};
use crate::id::AppId;
use crate::review::{Accepted, Terms};

impl Store {
    /// The terms that are still to be accepted for `app`: a newer version than it has is asked for at the next submission.
    pub(crate) async fn terms_due(&self, db: &impl ConnectionTrait, app: AppId) -> Result<Option<Terms>, DbErr> {
        let Some(terms) = &self.settings().terms else { return Ok(None) };
        let held = terms_acceptance::Entity::find_by_id((app, terms.version.clone())).one(db).await?;
        Ok(held.is_none().then(|| terms.clone()))
    }
}

/// Keeps that the person behind `by` accepts the version `accepted` for `app`. False where terms are due and this is
/// not their version, or nobody who has a name: then nothing is kept.
pub(crate) async fn accept(
    tx: &impl ConnectionTrait,
    store: &Store,
    by: &By,
    app: &app::Model,
    accepted: Option<&str>,
) -> Result<bool, DbErr> {
    let Some(due) = store.terms_due(tx, app.id).await? else { return Ok(true) };
    let Actor::User { id, name } = &by.actor else { return Ok(false) };
    if accepted != Some(due.version.as_str()) {
        return Ok(false);
    }
    let event = Event::new(Action::TermsAccepted, TargetKind::App, app.id, &app.name);
    let event = event.organization(app.owner_id).app(app.id);
    record(tx, store, by, event.after(json!({ "version": due.version, "url": due.url }))).await?;
    let row = terms_acceptance::Model {
        app_id: app.id,
        version: due.version,
        url: due.url,
        user_id: *id,
        user_name: name.clone(),
        accepted_at: store.now(),
    };
    terms_acceptance::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(true)
}

/// What is wrong with a form whose sender has not accepted the terms: the field and the sentence.
pub(crate) fn not_accepted() -> (String, String) {
    ("accepted_terms".to_owned(), "Read the terms of use and accept them first.".to_owned())
}

/// Which terms were accepted last for `app`.
pub(crate) async fn last_accepted(db: &impl ConnectionTrait, app: AppId) -> Result<Option<Accepted>, DbErr> {
    let row = terms_acceptance::Entity::find()
        .filter(terms_acceptance::Column::AppId.eq(app))
        .order_by_desc(terms_acceptance::Column::AcceptedAt)
        .one(db)
        .await?;
    Ok(row.map(|row| Accepted { version: row.version, by: row.user_name, at: row.accepted_at }))
}
