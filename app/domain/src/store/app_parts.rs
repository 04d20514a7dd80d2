//! What belongs to an app: its redirect URIs, the scopes that it asks for, and its lifecycle.

use std::collections::BTreeSet;

use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Map, Value, json};

use super::app_changes::Edits;
use super::apps::{AppProblem, owned_for_change};
use super::audit::{Event, record, record_all};
use super::change::end;
use super::{By, Store, StoreError, app_changes, app_rules, views};
use crate::audit::{Action, TargetKind};
use crate::client::{AppStatus, InstallStatus};
use crate::entity::{app, app_scope, client_secret, redirect_uri};
use crate::id::{AppId, OrgId, RedirectUriId};
use crate::portal::{ChangedMeanwhile, RedirectUriRow, ScopeChoice, Seen};
use crate::redirect_uri::{RedirectUri, RedirectUriProblem};
use crate::scope::{Catalogue, MAX_SCOPE_TOKENS};
use crate::typed::{MAX_LINE, line};

pub use crate::redirect_uri::MAX_REDIRECT_URIS;

/// Why the redirect URIs were not replaced.
#[derive(Debug, thiserror::Error)]
pub enum UrisProblem {
    /// There is no such app, or none that the asker may see.
    #[error("not found")]
    NotFound,
    /// Rows, counted from 0, and what is wrong with each.
    #[error("some redirect URIs are not valid")]
    Rows(Vec<(usize, String)>),
    /// Somebody changed meanwhile what the form showed.
    #[error(transparent)]
    Changed(#[from] ChangedMeanwhile),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Why an app was not suspended or resumed.
#[derive(Debug, thiserror::Error)]
pub enum PauseProblem {
    /// There is no such app, or none that the asker may see.
    #[error("not found")]
    NotFound,
    /// There is nothing to stop.
    #[error("The app is suspended already.")]
    Suspended,
    /// There is nothing to resume.
    #[error("The app is not suspended.")]
    NotSuspended,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Store {
    /// Makes `uris` the redirect URIs of an app of `owner`: all of them, or none with the problems by row. Only an app
    /// that has `client_credentials` alone may be without any. True where one of them waits for approval. `seen` is what the
    /// form showed; none checks nothing.
    pub async fn set_redirect_uris(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        uris: Vec<String>,
        seen: Option<&Seen>,
    ) -> Result<bool, UrisProblem> {
        // A form without an address has one empty row.
        let none = uris.iter().all(|uri| uri.trim().is_empty());
        let wanted = if none { Vec::new() } else { parse_uris(&uris).map_err(UrisProblem::Rows)? };
        let tx = self.begin().await?;
        let row = owned_for_change(&tx, owner, app).await?.ok_or(UrisProblem::NotFound)?;
        let held = views::redirect_uris(&tx, app).await?;
        let edits = Edits::of(&tx, self, by, &row).await?;
        Seen::of_uris(&edits.shown_uris(&held)).unchanged(seen)?;
        if wanted.is_empty() && row.grants.allows_code() {
            let last = "An app keeps at least one redirect URI: add the new one first.";
            return Err(UrisProblem::Rows(vec![(0, last.to_owned())]));
        }
        let edit = edits.uris(&held, wanted).await?;
        if let Some(now) = edit.now {
            put_uris(&tx, self, by, &row, &held, &now).await?;
        }
        tx.commit().await?;
        Ok(edit.waits)
    }

    /// Makes `choices` the scopes that an app of `owner` asks for. Existing installs never grow by it, and shrink at
    /// once (requirement 120). True where one of them waits for approval. `seen` is what the form showed; none checks nothing.
    pub async fn set_scopes(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        choices: Vec<ScopeChoice>,
        seen: Option<&Seen>,
    ) -> Result<bool, AppProblem> {
        let catalogue = self.catalogue().await?;
        let problems = scope_problems(&choices, &catalogue);
        if !problems.is_empty() {
            return Err(AppProblem::Invalid(problems));
        }
        let tx = self.begin().await?;
        let row = owned_for_change(&tx, owner, app).await?.ok_or(AppProblem::NotFound)?;
        let edits = Edits::of(&tx, self, by, &row).await?;
        Seen::of_scopes(&edits.shown_scopes(&catalogue).await?).unchanged(seen)?;
        if let Some(problem) = app_rules::about_a_person(&choices, row.grants, row.actor_modes) {
            return Err(AppProblem::Invalid(vec![problem]));
        }
        let edit = edits.scopes(as_kept(choices)).await?;
        if let Some(now) = edit.now {
            put_scopes(&tx, self, by, &row, now).await?;
        }
        tx.commit().await?;
        Ok(edit.waits)
    }

    /// Stops an app of `owner`, live or a draft: no request of it is answered, no token works, until it is resumed.
    pub async fn suspend_app(&self, by: &By, owner: OrgId, app: AppId) -> Result<(), PauseProblem> {
        let tx = self.begin().await?;
        let row = owned_for_change(&tx, owner, app).await?.ok_or(PauseProblem::NotFound)?;
        if row.status == AppStatus::Suspended {
            return Err(PauseProblem::Suspended);
        }
        let after = app::Model { status: AppStatus::Suspended, resumes_as: Some(row.status), ..row.clone() };
        self.put_status(&tx, by, &row, after, Action::AppSuspended).await?;
        Ok(tx.commit().await?)
    }

    /// Lets a suspended app of `owner` be what it was: a draft is a draft again, unless it was approved meanwhile.
    pub async fn resume_app(&self, by: &By, owner: OrgId, app: AppId) -> Result<(), PauseProblem> {
        let tx = self.begin().await?;
        let row = owned_for_change(&tx, owner, app).await?.ok_or(PauseProblem::NotFound)?;
        if row.status != AppStatus::Suspended {
            return Err(PauseProblem::NotSuspended);
        }
        let after = app::Model { status: row.stage(), resumes_as: None, ..row.clone() };
        self.put_status(&tx, by, &row, after, Action::AppResumed).await?;
        Ok(tx.commit().await?)
    }

    async fn put_status(
        &self,
        tx: &impl ConnectionTrait,
        by: &By,
        row: &app::Model,
        after: app::Model,
        action: Action,
    ) -> Result<(), DbErr> {
        let event = Event::new(action, TargetKind::App, row.id, &row.name).organization(row.owner_id).app(row.id);
        let event = event.before(json!({ "status": row.status })).after(json!({ "status": after.status }));
        touch(tx, self, after).await?;
        record(tx, self, by, event).await
    }

    /// Deletes an app of `owner`: its installs, tokens, codes, waiting requests and secrets end in the same
    /// transaction. The row stays, so that its client id is never given again (requirement 121).
    pub async fn delete_app(&self, by: &By, owner: OrgId, app: AppId) -> Result<(), StoreError> {
        let now = self.now();
        let tx = self.begin().await?;
        let row = owned_for_change(&tx, owner, app).await?.ok_or(StoreError::NotFound)?;
        touch(&tx, self, app::Model { status: AppStatus::Deleted, ..row.clone() }).await?;
        app_changes::withdraw_all(&tx, app).await?;
        let reason = "The app was deleted";
        let installs = end::installs_of_app(&tx, app, by.actor.user(), reason, now).await?;
        let count = installs.len();
        let ended = installs.into_iter().map(|(install, organization)| {
            let event = Event::new(Action::InstallRevoked, TargetKind::Install, install, &row.name);
            let event = event.organization(organization).app(app).install(install);
            event.after(json!({ "status": InstallStatus::Revoked, "reason": reason }))
        });
        // Who works for the app's maker, and from where, is the maker's business.
        record_all(&tx, self, &by.as_maker_of(app, &row.name), ended).await?;
        client_secret::Entity::update_many()
            .col_expr(client_secret::Column::RevokedAt, now.into())
            .filter(client_secret::Column::AppId.eq(app))
            .filter(client_secret::Column::RevokedAt.is_null())
            .exec(&tx)
            .await?;
        let event = Event::new(Action::AppDeleted, TargetKind::App, app, &row.name).organization(owner).app(app);
        record(&tx, self, by, event.before(json!({ "status": row.status, "active_installs": count }))).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Makes `now` the redirect URIs of `row`, which has `held`, and tells the log of each.
pub(super) async fn put_uris(
    tx: &impl ConnectionTrait,
    store: &Store,
    by: &By,
    row: &app::Model,
    held: &[RedirectUriRow],
    now: &[RedirectUri],
) -> Result<(), DbErr> {
    for gone in held.iter().filter(|held| !now.iter().any(|uri| uri.as_str() == held.uri)) {
        redirect_uri::Entity::delete_by_id(gone.id).exec(tx).await?;
        record_uri(tx, store, by, Action::RedirectUriRemoved, row, &gone.uri).await?;
    }
    let is_held = |uri: &RedirectUri| held.iter().any(|held| held.uri == uri.as_str());
    let new: Vec<_> = now.iter().filter(|uri| !is_held(uri)).cloned().collect();
    if !new.is_empty() {
        insert_uris(tx, store, row.id, &new).await?;
    }
    for uri in &new {
        record_uri(tx, store, by, Action::RedirectUriAdded, row, uri.as_str()).await?;
    }
    Ok(())
}

/// Makes `choices` the scopes that `row` asks for, and tells the log.
pub(super) async fn put_scopes(
    tx: &impl ConnectionTrait,
    store: &Store,
    by: &By,
    row: &app::Model,
    choices: Vec<ScopeChoice>,
) -> Result<(), DbErr> {
    let (before, after) = (logged(&app_changes::choices(tx, row.id).await?), logged(&choices));
    app_scope::Entity::delete_many().filter(app_scope::Column::AppId.eq(row.id)).exec(tx).await?;
    insert_scopes(tx, row.id, choices).await?;
    touch(tx, store, row.clone()).await?;
    let event =
        Event::new(Action::ScopesChanged, TargetKind::App, row.id, &row.name).organization(row.owner_id).app(row.id);
    record(tx, store, by, event.before(before).after(after)).await
}

/// What the log keeps of `choices`: what is asked for, and the purposes that people read.
fn logged(choices: &[ScopeChoice]) -> Value {
    let mut choices: Vec<_> = choices.iter().collect();
    choices.sort_by(|one, other| one.token.cmp(&other.token));
    let words = |wanted: bool| {
        let part = choices.iter().filter(|choice| choice.required == wanted);
        part.map(|choice| choice.token.as_str()).collect::<Vec<_>>().join(" ")
    };
    let mut kept =
        Map::from_iter([("required".to_owned(), words(true).into()), ("optional".to_owned(), words(false).into())]);
    kept.extend(choices.iter().map(|choice| (format!("purpose of {}", choice.token), choice.purpose.as_str().into())));
    Value::Object(kept)
}

/// Writes `row` with the present as its last change.
pub(crate) async fn touch(tx: &impl ConnectionTrait, store: &Store, row: app::Model) -> Result<(), DbErr> {
    let row = app::Model { updated_at: store.now(), ..row };
    app::Entity::update(row.into_active_model().reset_all()).exec(tx).await?;
    Ok(())
}

async fn record_uri(
    tx: &impl ConnectionTrait,
    store: &Store,
    by: &By,
    action: Action,
    app: &app::Model,
    uri: &str,
) -> Result<(), DbErr> {
    touch(tx, store, app.clone()).await?;
    let event = Event::new(action, TargetKind::RedirectUri, app.id, uri).organization(app.owner_id).app(app.id);
    record(tx, store, by, event).await
}

/// Registers `uris` of `app` in this order.
pub(crate) async fn insert_uris(
    tx: &impl ConnectionTrait,
    store: &Store,
    app: AppId,
    uris: &[RedirectUri],
) -> Result<(), DbErr> {
    for uri in uris {
        let (id, uri) = (RedirectUriId(store.new_id()), uri.as_str().to_owned());
        let row = redirect_uri::Model { id, app_id: app, uri, created_at: store.now() };
        redirect_uri::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// `choices` with their purposes as they are kept.
pub(crate) fn as_kept(choices: Vec<ScopeChoice>) -> Vec<ScopeChoice> {
    let kept = |choice: ScopeChoice| ScopeChoice { purpose: line(&choice.purpose, MAX_LINE), ..choice };
    choices.into_iter().map(kept).collect()
}

/// Writes the scopes that `app` asks for.
pub(crate) async fn insert_scopes(
    tx: &impl ConnectionTrait,
    app: AppId,
    choices: Vec<ScopeChoice>,
) -> Result<(), DbErr> {
    if choices.is_empty() {
        return Ok(());
    }
    let rows = choices.into_iter().zip(0i32..).map(|(ScopeChoice { token, purpose, required }, position)| {
        app_scope::Model { app_id: app, scope: token, purpose, required, position }.into_active_model()
    });
    app_scope::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// Reads the rows of a redirect URI form; problems by row.
pub(crate) fn parse_uris(uris: &[String]) -> Result<Vec<RedirectUri>, Vec<(usize, String)>> {
    let trimmed: Vec<_> = uris.iter().map(|text| text.trim()).collect();
    let told = |problems: Vec<(usize, RedirectUriProblem)>| {
        problems.into_iter().map(|(row, problem)| (row, problem.to_string())).collect()
    };
    RedirectUri::register_all(&trimmed).map_err(told)
}

/// What is wrong with the lines of a scope picker, by field (`scopes.0` ..). Of one that is too long nothing is read.
pub(crate) fn scope_problems(choices: &[ScopeChoice], catalogue: &Catalogue) -> Vec<(String, String)> {
    if choices.len() > MAX_SCOPE_TOKENS {
        return vec![("scopes".to_owned(), format!("An app asks for at most {MAX_SCOPE_TOKENS} scopes."))];
    }
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    for (row, choice) in choices.iter().enumerate() {
        let problem = if catalogue.get(&choice.token).is_none() {
            let known = catalogue.tokens().iter().map(|token| token.as_str().to_owned()).collect::<Vec<_>>().join(", ");
            Some(format!("This instance has no scope {}; there are {known}.", choice.token))
        } else if !seen.insert(&choice.token) {
            Some(format!("The scope {} stands here twice.", choice.token))
        } else if choice.purpose.trim().chars().count() > MAX_LINE {
            Some(format!("A purpose has at most {MAX_LINE} characters."))
        } else {
            None
        };
        problems.extend(problem.map(|text| (format!("scopes.{row}"), text)));
    }
    problems
}
