//! Changes of a live app that wait for approval while the approved values stay in force (PROTOCOL section 1, *Approval*).
//! The verbs that edit an app ask here which part of an edit acts now; the rest becomes the app's one waiting change.

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
use crate::scope::Catalogue;

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

/// The edits of an app whose row is locked, and its one change that waits.
pub(super) struct Edits<'a, C> {
    tx: &'a C,
    store: &'a Store,
    by: &'a By,
    row: &'a app::Model,
    open: Option<app_review::Model>,
    /// What `open` proposes.
    proposal: Proposal,
}

impl<'a, C: ConnectionTrait> Edits<'a, C> {
    /// Those that `by` makes to `row`.
    pub(super) async fn of(tx: &'a C, store: &'a Store, by: &'a By, row: &'a app::Model) -> Result<Self, DbErr> {
        let open = waiting(tx, row.id, ReviewKind::Change).await?;
        let proposal = open.as_ref().map(proposal_of).unwrap_or_default();
        Ok(Self { tx, store, by, row, open, proposal })
    }

    /// The name that a form shows: the one that waits, else the one in force. So with what follows.
    pub(super) fn shown_name(&self) -> String {
        self.proposal.name.as_ref().unwrap_or(&self.row.name).clone()
    }

    /// The redirect URIs that a form shows, of an app that has `held`.
    pub(super) fn shown_uris(&self, held: &[RedirectUriRow]) -> Vec<String> {
        let held = || held.iter().map(|row| row.uri.clone()).collect();
        self.proposal.redirect_uris.clone().unwrap_or_else(held)
    }

    /// The scopes that a form shows. What the catalogue lost is on no page.
    pub(super) async fn shown_scopes(&self, catalogue: &Catalogue) -> Result<Vec<ScopeChoice>, DbErr> {
        if let Some(waiting) = &self.proposal.scopes {
            return Ok(waiting.clone());
        }
        let mut held = choices(self.tx, self.row.id).await?;
        held.retain(|choice| catalogue.get(&choice.token).is_some());
        Ok(held)
    }

    /// Whether the app asks for `scope`, or would once what waits is approved.
    pub(super) async fn asks(&self, scope: &str) -> Result<bool, DbErr> {
        let held = choices(self.tx, self.row.id).await?;
        let waiting = self.proposal.scopes.iter().flatten();
        Ok(held.iter().chain(waiting).any(|choice| choice.token.as_str() == scope))
    }

    /// The name that is in force when `wanted` was saved.
    pub(super) async fn name(self, wanted: String) -> Result<Edit<String>, DbErr> {
        let Split { now, waits } =
            if self.wait() { split_name(&self.row.name, &wanted) } else { Split { now: wanted, waits: None } };
        let edit = Edit { now: Some(now), waits: waits.is_some() };
        self.propose(|proposal| proposal.name = waits).await?;
        Ok(edit)
    }

    /// The redirect URIs that are in force when `wanted` were saved for an app that has `held`.
    pub(super) async fn uris(
        self,
        held: &[RedirectUriRow],
        wanted: Vec<RedirectUri>,
    ) -> Result<Edit<Vec<RedirectUri>>, DbErr> {
        let texts: Vec<_> = wanted.iter().map(|uri| uri.as_str().to_owned()).collect();
        let held: Vec<_> = held.iter().map(|held| held.uri.clone()).collect();
        let Split { now, waits } =
            if self.wait() { split_uris(&held, &texts) } else { Split { now: texts, waits: None } };
        let acts = || wanted.into_iter().filter(|uri| now.iter().any(|now| now == uri.as_str())).collect();
        let edit = Edit { waits: waits.is_some(), now: (now != held).then(acts) };
        self.propose(|proposal| proposal.redirect_uris = waits).await?;
        Ok(edit)
    }

    /// The scopes that are in force when `wanted` were saved.
    pub(super) async fn scopes(self, wanted: Vec<ScopeChoice>) -> Result<Edit<Vec<ScopeChoice>>, DbErr> {
        let held = choices(self.tx, self.row.id).await?;
        let Split { now, waits } =
            if self.wait() { split_scopes(&held, &wanted) } else { Split { now: wanted, waits: None } };
        let edit = Edit { waits: waits.is_some(), now: Some(now).filter(|now| *now != held) };
        self.propose(|proposal| proposal.scopes = waits).await?;
        Ok(edit)
    }

    /// Whether edits that grow the app wait for an operator.
    fn wait(&self) -> bool {
        edits_wait(self.store.reviews_apps(), self.row.stage())
    }

    /// Edits the change that waits. Another change is another submission, under another id.
    async fn propose(self, edit: impl FnOnce(&mut Proposal) + Send) -> Result<(), DbErr> {
        let Self { tx, store, by, row, open, proposal: before } = self;
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
        insert(tx, store, by, row.id, &snapshot(tx, row, &after).await?, Some(&after)).await
    }
}

/// The scopes that an app asks for, in its order.
pub(super) async fn choices(db: &impl ConnectionTrait, app: AppId) -> Result<Vec<ScopeChoice>, DbErr> {
    let rows = views::app_scope_rows(db, app).await?;
    let choice = |row: app_scope::Model| ScopeChoice { token: row.scope, purpose: row.purpose, required: row.required };
    Ok(rows.into_iter().map(choice).collect())
}

/// What an operator judges of `row` once `proposal` is in force.
pub(super) async fn snapshot(
    db: &impl ConnectionTrait,
    row: &app::Model,
    proposal: &Proposal,
) -> Result<Snapshot, DbErr> {
    let Proposal { name, redirect_uris, scopes } = proposal.clone();
    let mut uris = match redirect_uris {
        Some(uris) => uris,
        None => views::redirect_uris(db, row.id).await?.into_iter().map(|row| row.uri).collect(),
    };
    uris.extend(post_logout_uris::held(db, row.id).await?);
    let scopes = match scopes {
        Some(scopes) => scopes,
        None => choices(db, row.id).await?,
    };
    Ok(Snapshot { name: name.unwrap_or_else(|| row.name.clone()), hosts: hosts(&uris), scopes })
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
