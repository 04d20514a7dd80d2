//! What staff see of the review: the queue, and a submission's page. Support reads it; only operators decide.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Store, StoreError, app_changes, page, terms, views};
use crate::entity::{app, app_review};
use crate::id::ReviewId;
use crate::portal::{AppScope, Page};
use crate::review::{Asked, Proposal, ReviewDetail, ReviewKind, ReviewRow, ReviewStatus, Snapshot, hosts};

impl Store {
    /// Submissions in the state `status`: those that wait oldest first, those that are decided newest first.
    pub async fn reviews(&self, status: ReviewStatus, after: Option<&str>) -> Result<Page<ReviewRow>, DbErr> {
        let column = app_review::Column::Id;
        let mut select =
            app_review::Entity::find().filter(app_review::Column::Status.eq(status)).limit(page::PAGE_LIMIT);
        let after = page::after::<ReviewId>(after);
        select = if status == ReviewStatus::Submitted {
            let select = select.order_by_asc(column);
            if let Some(after) = after { select.filter(column.gt(after)) } else { select }
        } else {
            let select = select.order_by_desc(column);
            if let Some(after) = after { select.filter(column.lt(after)) } else { select }
        };
        let page = page::page(select.all(self.reader()).await?, |row| row.id.to_string());
        Ok(Page { items: lines(self.reader(), page.items).await?, next: page.next })
    }

    /// A submission's page.
    pub async fn review(&self, id: ReviewId) -> Result<ReviewDetail, StoreError> {
        let db = self.reader();
        let row = app_review::Entity::find_by_id(id).one(db).await?.ok_or(StoreError::NotFound)?;
        let app = app::Entity::find_by_id(row.app_id).one(db).await?.ok_or(StoreError::NotFound)?;
        let line = lines(db, vec![row.clone()]).await?.pop().ok_or(StoreError::NotFound)?;
        let submitted = serde_json::from_str::<Snapshot>(&row.snapshot)
            .map_err(|error| DbErr::Type(format!("the snapshot of a submission: {error}")))?;
        let now = app_changes::snapshot(db, &app, &Proposal::default()).await?;
        let open = row.status == ReviewStatus::Submitted;
        let marks = open && row.kind == ReviewKind::Change;
        let redirect = views::redirect_uris(db, app.id).await?.into_iter().map(|row| row.uri);
        let proposed = app_changes::proposal_of(&row).redirect_uris.filter(|_| marks).unwrap_or_default();
        // One to which people go after a sign-out alone is new where codes would be sent there.
        let new_hosts = &hosts(&proposed) - &hosts(&redirect.collect::<Vec<_>>());
        let catalogue = self.catalogue_of(&app).await?;
        let decided_by = views::people(db, row.decided_by.into_iter().collect()).await?;
        Ok(ReviewDetail {
            row: line,
            client_id: app.client_id,
            description: app.description,
            homepage: app.homepage,
            support_email: app.support_email,
            app_status: app.status,
            name: Asked { new: marks && submitted.name != now.name, what: submitted.name.clone() },
            hosts: asked_hosts(&submitted.hosts, &new_hosts),
            scopes: asked_scopes(&submitted, &now, marks, &catalogue),
            terms: terms::last_accepted(db, app.id).await?,
            terms_missing: marks && self.terms_due(db, app.id).await?.is_some(),
            outgrown: open && row.kind == ReviewKind::Launch && !submitted.covers(&now),
            decided_by: decided_by.into_values().next().unwrap_or_default(),
            decided_at: row.decided_at,
            feedback: row.feedback,
        })
    }

    /// How many submissions wait.
    pub async fn reviews_waiting(&self) -> Result<u64, DbErr> {
        use sea_orm::PaginatorTrait;
        app_review::Entity::find()
            .filter(app_review::Column::Status.eq(ReviewStatus::Submitted))
            .count(self.reader())
            .await
    }
}

fn asked_hosts(submitted: &BTreeSet<String>, new: &BTreeSet<String>) -> Vec<Asked<String>> {
    submitted.iter().map(|host| Asked { what: host.clone(), new: new.contains(host) }).collect()
}

fn asked_scopes(
    submitted: &Snapshot,
    now: &Snapshot,
    marks: bool,
    catalogue: &crate::scope::Catalogue,
) -> Vec<Asked<AppScope>> {
    let known = |token| now.scopes.iter().any(|choice| choice.token == token);
    let line = |choice: &crate::portal::ScopeChoice| {
        let scope = catalogue.get(&choice.token)?.clone();
        let what = AppScope { scope, purpose: choice.purpose.clone(), required: choice.required };
        Some(Asked { what, new: marks && !known(choice.token.clone()) })
    };
    submitted.scopes.iter().filter_map(line).collect()
}

/// Submissions as lists show them, in the order given.
async fn lines(db: &impl ConnectionTrait, rows: Vec<app_review::Model>) -> Result<Vec<ReviewRow>, DbErr> {
    let apps = views::apps(db, rows.iter().map(|row| row.app_id).collect()).await?;
    let owners = views::organizations(db, apps.values().map(|app| app.owner_id).collect()).await?;
    let people = views::people(db, rows.iter().filter_map(|row| row.submitted_by).collect()).await?;
    let line = |row: app_review::Model| {
        let app = apps.get(&row.app_id)?;
        Some(ReviewRow {
            id: row.id,
            app: views::app_name(app),
            owner: views::organization_name(owners.get(&app.owner_id)?),
            kind: row.kind,
            status: row.status,
            submitted_by: row.submitted_by.and_then(|id| people.get(&id).cloned()).unwrap_or_default(),
            submitted_at: row.submitted_at,
        })
    };
    Ok(rows.into_iter().filter_map(line).collect())
}
