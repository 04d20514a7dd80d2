//! Changes of a live app that wait for approval while the approved values stay in force (PROTOCOL section 1, *Approval*).
//! The verbs that edit an app ask here which part of an edit acts now; the rest becomes the app's one waiting change.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::audit::{Event, record};
use super::{AppReview, By, Store, post_logout_uris, views};
use crate::audit::{Action, TargetKind};
use crate::entity::{app, app_review, app_scope};
use crate::id::{AppId, ReviewId};
use crate::portal::{RedirectUriRow, ScopeChoice};
use crate::redirect_uri::RedirectUri;
use crate::review::{
    Proposal, ReviewKind, ReviewStatus, Snapshot, Split, edits_wait, hosts, split_name, split_scopes, split_uris,
};

/// An edit: what acts now, and whether a part of it waits.
pub(super) struct Edit<T> {
    /// What acts now; none leaves everything as it is.
    pub(super) now: Option<T>,
    /// Whether a part of it waits for an operator.
    pub(super) waits: bool,
}

impl Store {
    /// Whether the instance's switch is on.
    pub(crate) fn reviews_apps(&self) -> bool {
        self.settings().app_review == AppReview::BeforeLive
    }
}

/// The name that is in force when `wanted` was saved for `row`.
pub(super) async fn name(
    tx: &impl ConnectionTrait,
    store: &Store,
    by: &By,
    row: &app::Model,
    wanted: String,
) -> Result<Edit<String>, DbErr> {
    let split = if edits_wait(store.reviews_apps(), row.stage()) {
        split_name(&row.name, &wanted)
    } else {
        Split { now: wanted, waits: None }
    };
    let waits = split.waits.is_some();
    propose(tx, store, by, row, |proposal| proposal.name = split.waits).await?;
    Ok(Edit { now: Some(split.now), waits })
}

/// The redirect URIs that are in force when `wanted` were saved for `row`, which has `held`.
pub(super) async fn uris(
    tx: &impl ConnectionTrait,
    store: &Store,
    by: &By,
    row: &app::Model,
    held: &[RedirectUriRow],
    wanted: Vec<RedirectUri>,
) -> Result<Edit<Vec<RedirectUri>>, DbErr> {
    let texts: Vec<_> = wanted.iter().map(|uri| uri.as_str().to_owned()).collect();
    let held: Vec<_> = held.iter().map(|held| held.uri.clone()).collect();
    let split = if edits_wait(store.reviews_apps(), row.stage()) {
        split_uris(&held, &texts)
    } else {
        Split { now: texts, waits: None }
    };
    let waits = split.waits.is_some();
    propose(tx, store, by, row, |proposal| proposal.redirect_uris = split.waits).await?;
    let now =
        (split.now != held).then(|| wanted.into_iter().filter(|uri| split.now.iter().any(|now| now == uri.as_str())));
    Ok(Edit { now: now.map(Iterator::collect), waits })
}

/// The scopes that are in force when `wanted` were saved for `row`.
pub(super) async fn scopes(
    tx: &impl ConnectionTrait,
    store: &Store,
    by: &By,
    row: &app::Model,
    wanted: Vec<ScopeChoice>,
) -> Result<Edit<Vec<ScopeChoice>>, DbErr> {
    let held = choices(tx, row.id).await?;
    let split = if edits_wait(store.reviews_apps(), row.stage()) {
        split_scopes(&held, &wanted)
    } else {
        Split { now: wanted, waits: None }
    };
    let waits = split.waits.is_some();
    propose(tx, store, by, row, |proposal| proposal.scopes = split.waits).await?;
    Ok(Edit { now: Some(split.now).filter(|now| *now != held), waits })
}

/// The scopes that an app asks for, in its order.
pub(super) async fn choices(db: &impl ConnectionTrait, app: AppId) -> Result<Vec<ScopeChoice>, DbErr> {
    let rows = views::app_scope_rows(db, app).await?;
    let choice = |row: app_scope::Model| ScopeChoice { token: row.scope, purpose: row.purpose, required: row.required };
    Ok(rows.into_iter().map(choice).collect())
}

/// Whether an app asks for `scope`, or would once what waits is approved.
pub(super) async fn asks(db: &impl ConnectionTrait, app: AppId, scope: &str) -> Result<bool, DbErr> {
    let waiting = proposal(db, app).await?.scopes.unwrap_or_default();
    Ok(choices(db, app).await?.iter().chain(&waiting).any(|choice| choice.token.as_str() == scope))
}

/// What an operator judges of `row` as it is now.
pub(super) async fn snapshot(db: &impl ConnectionTrait, row: &app::Model) -> Result<Snapshot, DbErr> {
    let mut uris: Vec<_> = views::redirect_uris(db, row.id).await?.into_iter().map(|row| row.uri).collect();
    uris.extend(post_logout_uris::held(db, row.id).await?);
    Ok(Snapshot { name: row.name.clone(), hosts: hosts(&uris), scopes: choices(db, row.id).await? })
}

/// The submission of `kind` that waits for `app`. Whoever changes it holds the lock of the app's row.
pub(super) async fn waiting(
    db: &impl ConnectionTrait,
    app: AppId,
    kind: ReviewKind,
) -> Result<Option<app_review::Model>, DbErr> {
    app_review::Entity::find()
        .filter(app_review::Column::AppId.eq(app))
        .filter(app_review::Column::Kind.eq(kind))
        .filter(app_review::Column::Status.eq(ReviewStatus::Submitted))
        .one(db)
        .await
}

/// Takes the submission of `kind` that waits for `app` out of the queue, if there is one.
pub(super) async fn withdraw(tx: &impl ConnectionTrait, app: AppId, kind: ReviewKind) -> Result<(), DbErr> {
    if let Some(open) = waiting(tx, app, kind).await? {
        app_review::Entity::delete_by_id(open.id).exec(tx).await?;
    }
    Ok(())
}

/// What of `app` waits for approval.
pub(super) async fn proposal(db: &impl ConnectionTrait, app: AppId) -> Result<Proposal, DbErr> {
    Ok(waiting(db, app, ReviewKind::Change).await?.as_ref().map(proposal_of).unwrap_or_default())
}

/// What a change proposes.
pub(super) fn proposal_of(row: &app_review::Model) -> Proposal {
    row.proposal.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// What `snapshot` is once `proposal` is in force; after a sign-out people go to the hosts `after_logout`.
pub(super) fn with(snapshot: Snapshot, proposal: &Proposal, after_logout: BTreeSet<String>) -> Snapshot {
    let Proposal { name, redirect_uris, scopes } = proposal.clone();
    let new: BTreeSet<String> = redirect_uris.as_deref().map(hosts).unwrap_or_default();
    Snapshot {
        name: name.unwrap_or(snapshot.name),
        hosts: if new.is_empty() { snapshot.hosts } else { new.into_iter().chain(after_logout).collect() },
        scopes: scopes.unwrap_or(snapshot.scopes),
    }
}

/// Edits the waiting change of `row`, whose row is locked. Another change is another submission, under another id.
async fn propose(
    tx: &impl ConnectionTrait,
    store: &Store,
    by: &By,
    row: &app::Model,
    edit: impl FnOnce(&mut Proposal) + Send,
) -> Result<(), DbErr> {
    let open = waiting(tx, row.id, ReviewKind::Change).await?;
    let before = open.as_ref().map(proposal_of).unwrap_or_default();
    let mut after = before.clone();
    edit(&mut after);
    if after == before {
        return Ok(());
    }
    if let Some(open) = open {
        app_review::Entity::delete_by_id(open.id).exec(tx).await?;
    }
    let action = if after.is_empty() { Action::AppWithdrawn } else { Action::AppSubmitted };
    let event = Event::new(action, TargetKind::App, row.id, &row.name).organization(row.owner_id).app(row.id);
    record(tx, store, by, event.before(json!(before)).after(json!(after))).await?;
    if after.is_empty() {
        return Ok(());
    }
    let after_logout = hosts(&post_logout_uris::held(tx, row.id).await?);
    let snapshot = with(snapshot(tx, row).await?, &after, after_logout);
    insert(tx, store, by, row.id, &snapshot, Some(&after)).await
}

/// Puts a submission into the queue.
pub(super) async fn insert(
    tx: &impl ConnectionTrait,
    store: &Store,
    by: &By,
    app: AppId,
    snapshot: &Snapshot,
    proposal: Option<&Proposal>,
) -> Result<(), DbErr> {
    let row = app_review::Model {
        id: ReviewId(store.new_id()),
        app_id: app,
        kind: if proposal.is_some() { ReviewKind::Change } else { ReviewKind::Launch },
        status: ReviewStatus::Submitted,
        snapshot: json!(snapshot).to_string(),
        proposal: proposal.map(|proposal| json!(proposal).to_string()),
        submitted_by: by.actor.user(),
        submitted_at: store.now(),
        decided_by: None,
        decided_at: None,
        feedback: None,
    };
    app_review::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

/// Takes everything that waits for `app` out of the queue: it was deleted.
pub(super) async fn withdraw_all(tx: &impl ConnectionTrait, app: AppId) -> Result<(), DbErr> {
    app_review::Entity::delete_many()
        .filter(app_review::Column::AppId.eq(app))
        .filter(app_review::Column::Status.eq(ReviewStatus::Submitted))
        .exec(tx)
        .await?;
    Ok(())
}
