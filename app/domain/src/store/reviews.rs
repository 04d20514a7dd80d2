//! The review of apps: developers submit, operators decide (PROTOCOL section 1, *Approval*; PRODUCT D7).

use sea_orm::{ActiveModelTrait, ColumnTrait, QueryFilter, QueryOrder};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QuerySelect};
use serde_json::json;

use super::audit::{Event, record};
use super::change::ROW_LOCK;
use super::{By, Store, StoreError, app_changes, app_parts, apps, terms, test_organizations, views};
use crate::audit::{Action, TargetKind};
use crate::client::AppStatus;
use crate::entity::{app, app_review};
use crate::id::{AppId, OrgId, ReviewId};
use crate::review::{
    AppReviewView, NotDecided, Proposal, ReviewKind, ReviewOutcome, ReviewStatus, Snapshot, Submission, Verdict,
    submission,
};
use crate::typed::{MAX_FEEDBACK, given, lines};

/// Why an app was not submitted; prints as a sentence for people.
#[derive(Debug, thiserror::Error)]
pub enum SubmitProblem {
    /// There is no such app, or none that the asker may see.
    #[error("not found")]
    NotFound,
    /// There is nothing to decide.
    #[error("There is nothing to submit or to accept now.")]
    Nothing,
    /// The terms of use were not accepted in their present version.
    #[error("Read the terms of use and accept them first.")]
    Terms,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Why a submission was not decided; prints as a sentence for people.
#[derive(Debug, thiserror::Error)]
pub enum DecideProblem {
    /// It cannot be decided so.
    #[error(transparent)]
    Refused(#[from] NotDecided),
    /// The app became more than what was submitted.
    #[error(
        "The app is not what was submitted any more: its name, a host, a scope or its purpose is another. Ask for a new submission."
    )]
    Outgrown,
    /// The change cannot be made any more.
    #[error("This change cannot be made any more: the rules of the instance have changed since. Reject it.")]
    Impossible,
    /// Nobody accepted the present terms of use for the app whose change this is.
    #[error("Its developers have not accepted the present terms of use yet; its page asks them to.")]
    TermsMissing,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Store {
    /// Submits an app of `owner`. A submission that waits already is replaced; `accepted` is the version of the terms of
    /// use that the person accepts with it. Where the instance reviews no apps a draft is live at once.
    pub async fn submit_app(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        accepted: Option<&str>,
    ) -> Result<Submission, SubmitProblem> {
        let tx = self.begin().await?;
        let row = apps::owned_for_change(&tx, owner, app).await?.ok_or(SubmitProblem::NotFound)?;
        let what = self.submission_of(&tx, &row).await?.ok_or(SubmitProblem::Nothing)?;
        if !terms::accept(&tx, self, by, &row, accepted).await? {
            return Err(SubmitProblem::Terms);
        }
        match what {
            Submission::Terms => {}
            Submission::Live => {
                app_changes::withdraw(&tx, app, ReviewKind::Launch).await?;
                self.publish(&tx, by, row).await?;
            }
            Submission::Waits => {
                app_changes::withdraw(&tx, app, ReviewKind::Launch).await?;
                let snapshot = app_changes::snapshot(&tx, &row, &Proposal::default()).await?;
                app_changes::insert(&tx, self, by, app, &snapshot, None).await?;
                let event =
                    Event::new(Action::AppSubmitted, TargetKind::App, app, &row.name).organization(owner).app(app);
                record(&tx, self, by, event.after(json!(snapshot))).await?;
            }
        }
        tx.commit().await?;
        Ok(what)
    }

    /// What submitting `row` does, if there is anything to submit.
    async fn submission_of(&self, db: &impl ConnectionTrait, row: &app::Model) -> Result<Option<Submission>, DbErr> {
        let what = submission(self.reviews_apps(), row.status, row.approved_at.is_some());
        if what.is_some() || self.terms_due(db, row.id).await?.is_none() {
            return Ok(what);
        }
        let asked = app_changes::waiting(db, row.id, ReviewKind::Change).await?.is_some()
            || terms::last_accepted(db, row.id).await?.is_none();
        Ok(asked.then_some(Submission::Terms))
    }

    async fn publish(&self, tx: &impl ConnectionTrait, by: &By, row: app::Model) -> Result<(), DbErr> {
        let event = Event::new(Action::AppUpdated, TargetKind::App, row.id, &row.name).organization(row.owner_id);
        let event = event.app(row.id).before(json!({ "status": row.status }));
        app_parts::touch(tx, self, app::Model { status: AppStatus::Live, ..row }).await?;
        record(tx, self, by, event.after(json!({ "status": AppStatus::Live }))).await
    }

    /// Takes back what an app of `owner` has in the queue; the approved values stay in force.
    pub async fn withdraw_submission(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        kind: ReviewKind,
    ) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        let row = apps::owned_for_change(&tx, owner, app).await?.ok_or(StoreError::NotFound)?;
        let open = app_changes::waiting(&tx, app, kind).await?.ok_or(StoreError::NotFound)?;
        app_review::Entity::delete_by_id(open.id).exec(&tx).await?;
        let event = Event::new(Action::AppWithdrawn, TargetKind::App, app, &row.name).organization(owner).app(app);
        record(&tx, self, by, event.before(json!({ "kind": kind }))).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The review of an app of `owner`, for its developers.
    pub async fn app_review(&self, owner: OrgId, app: AppId) -> Result<AppReviewView, StoreError> {
        let db = self.reader();
        let row = apps::owned(owner, app).one(db).await?.ok_or(StoreError::NotFound)?;
        Ok(AppReviewView {
            app,
            reviewed: self.reviews_apps(),
            approved: row.approved_at.is_some(),
            submission: self.submission_of(db, &row).await?,
            launch: newest(db, app, ReviewKind::Launch).await?,
            change: newest(db, app, ReviewKind::Change).await?,
            waits: app_changes::proposal(db, app).await?,
            terms_due: self.terms_due(db, app).await?,
            terms: terms::last_accepted(db, app).await?,
            test_organizations: test_organizations::list(db, app).await?,
        })
    }

    /// Decides a submission; for operators. An approval makes a draft live, or puts a change in force, in the same
    /// transaction; it is about what was submitted, and nothing more. Gives the app.
    pub async fn decide_review(
        &self,
        by: &By,
        id: ReviewId,
        verdict: Verdict,
        feedback: Option<String>,
    ) -> Result<AppId, DecideProblem> {
        let feedback = feedback.and_then(|text| given(lines(&text, MAX_FEEDBACK)));
        let catalogue = self.catalogue().await?;
        let tx = self.begin().await?;
        let gone = || DecideProblem::Refused(NotDecided::NotOpen);
        let named = app_review::Entity::find_by_id(id).one(&tx).await?.ok_or_else(gone)?.app_id;
        // The app first, as every edit of it does: or each would wait for the other's row.
        let app = app::Entity::find_by_id(named).lock(ROW_LOCK).one(&tx).await?.ok_or_else(gone)?;
        let row = app_review::Entity::find_by_id(id).one(&tx).await?.ok_or_else(gone)?;
        let status = row.status.decide(verdict, feedback.is_some())?;
        if status == ReviewStatus::Approved {
            match row.kind {
                ReviewKind::Launch => self.launch(&tx, &app, &row).await?,
                ReviewKind::Change if self.terms_due(&tx, app.id).await?.is_some() => {
                    return Err(DecideProblem::TermsMissing);
                }
                ReviewKind::Change => self.put_change(&tx, &by.without_place(), &app, &row, &catalogue).await?,
            }
        }
        let action = match verdict {
            Verdict::Approve => Action::AppApproved,
            Verdict::AskForChanges => Action::AppChangesRequested,
            Verdict::Reject => Action::AppRejected,
        };
        let event = Event::new(action, TargetKind::App, app.id, &app.name).organization(app.owner_id).app(app.id);
        let before = json!({ "kind": row.kind, "status": row.status });
        let after = json!({ "kind": row.kind, "status": status, "feedback": feedback });
        record(&tx, self, by, event.before(before).after(after)).await?;
        let decided =
            app_review::Model { status, feedback, decided_by: by.actor.user(), decided_at: Some(self.now()), ..row };
        decided.into_active_model().reset_all().update(&tx).await?;
        tx.commit().await?;
        Ok(app.id)
    }

    /// Approves the app as it was submitted. One that was live all the time stays as it is.
    async fn launch(
        &self,
        tx: &impl ConnectionTrait,
        app: &app::Model,
        row: &app_review::Model,
    ) -> Result<(), DecideProblem> {
        let submitted: Snapshot = serde_json::from_str(&row.snapshot).map_err(|_| DecideProblem::Outgrown)?;
        if !submitted.covers(&app_changes::snapshot(tx, app, &Proposal::default()).await?) {
            return Err(DecideProblem::Outgrown);
        }
        let status = if app.status == AppStatus::Draft { AppStatus::Live } else { app.status };
        // A draft that was suspended while it waited is approved now: resumed, it is live.
        let approved = app::Model { status, resumes_as: None, approved_at: Some(self.now()), ..app.clone() };
        Ok(app_parts::touch(tx, self, approved).await?)
    }

    /// Puts a change in force, with the events that it would have made at once: the owner organization's, whom it does not
    /// concern where the operator sits.
    async fn put_change(
        &self,
        tx: &impl ConnectionTrait,
        by: &By,
        app: &app::Model,
        row: &app_review::Model,
        catalogue: &crate::scope::Catalogue,
    ) -> Result<(), DecideProblem> {
        let Proposal { name, redirect_uris, scopes } = app_changes::proposal_of(row);
        let mut app = app.clone();
        if let Some(name) = name {
            let event = Event::new(Action::AppUpdated, TargetKind::App, app.id, &name).organization(app.owner_id);
            let event = event.app(app.id).before(json!({ "name": app.name })).after(json!({ "name": name }));
            app.name = name;
            app_parts::touch(tx, self, app.clone()).await?;
            record(tx, self, by, event).await?;
        }
        if let Some(uris) = redirect_uris {
            let uris = app_parts::parse_uris(&uris).map_err(|_| DecideProblem::Impossible)?;
            let held = views::redirect_uris(tx, app.id).await?;
            app_parts::put_uris(tx, self, by, &app, &held, &uris).await?;
        }
        if let Some(scopes) = scopes {
            if !app_parts::scope_problems(&scopes, catalogue).is_empty() {
                return Err(DecideProblem::Impossible);
            }
            app_parts::put_scopes(tx, self, by, &app, scopes).await?;
        }
        Ok(())
    }
}

/// What became of the newest submission of `kind`.
async fn newest(db: &impl ConnectionTrait, app: AppId, kind: ReviewKind) -> Result<Option<ReviewOutcome>, DbErr> {
    let row = app_review::Entity::find()
        .filter(app_review::Column::AppId.eq(app))
        .filter(app_review::Column::Kind.eq(kind))
        .order_by_desc(app_review::Column::Id)
        .one(db)
        .await?;
    Ok(row.map(|row| ReviewOutcome {
        kind: row.kind,
        status: row.status,
        submitted_at: row.submitted_at,
        decided_at: row.decided_at,
        feedback: row.feedback,
    }))
}
