//! What belongs to an app: its redirect URIs, the scopes that it asks for, and its lifecycle.

use std::collections::BTreeSet;

use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::apps::{AppProblem, MAX_LINE, owned_for_change};
use super::audit::{Event, record};
use super::change::end;
use super::{By, Store, StoreError, views};
use crate::audit::{Action, TargetKind};
use crate::client::AppStatus;
use crate::entity::{app, app_scope, client_secret, redirect_uri};
use crate::id::{AppId, OrgId, RedirectUriId};
use crate::portal::ScopeChoice;
use crate::redirect_uri::{RedirectUri, RedirectUriProblem};
use crate::scope::{Catalogue, MAX_SCOPE_TOKENS};

pub use crate::redirect_uri::MAX_REDIRECT_URIS;

/// Why a redirect URI was not added or removed.
#[derive(Debug, thiserror::Error)]
pub enum UriProblem {
    /// There is no such app, or none that the asker may see.
    #[error("not found")]
    NotFound,
    /// It cannot be registered; prints as a sentence for people.
    #[error(transparent)]
    Invalid(#[from] RedirectUriProblem),
    /// The app has [`MAX_REDIRECT_URIS`].
    #[error("An app has at most {MAX_REDIRECT_URIS} redirect URIs.")]
    TooMany,
    /// It is the app's only one, without which nobody could install it.
    #[error("An app keeps at least one redirect URI: add the new one first.")]
    Last,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Why the redirect URIs were not replaced.
#[derive(Debug, thiserror::Error)]
pub enum UrisProblem {
    /// There is no such app, or none that the asker may see.
    #[error("not found")]
    NotFound,
    /// Rows, counted from 0, and what is wrong with each.
    #[error("some redirect URIs are not valid")]
    Rows(Vec<(usize, String)>),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Store {
    /// Adds a redirect URI to an app of `owner`.
    pub async fn add_redirect_uri(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        uri: &str,
    ) -> Result<RedirectUriId, UriProblem> {
        let uri = RedirectUri::register(uri)?;
        let tx = self.begin().await?;
        let row = owned_for_change(&tx, owner, app).await?.ok_or(UriProblem::NotFound)?;
        let held = views::redirect_uris(&tx, app).await?;
        if held.iter().any(|held| held.uri == uri.as_str()) {
            return Err(RedirectUriProblem::Duplicate.into());
        }
        if held.len() >= MAX_REDIRECT_URIS {
            return Err(UriProblem::TooMany);
        }
        let id = insert_uris(&tx, self, app, std::slice::from_ref(&uri)).await?;
        record_uri(&tx, self, by, Action::RedirectUriAdded, &row, uri.as_str()).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Removes a redirect URI from an app of `owner`. Requests that wait for a person with it are ended.
    pub async fn remove_redirect_uri(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        id: RedirectUriId,
    ) -> Result<(), UriProblem> {
        let tx = self.begin().await?;
        let row = owned_for_change(&tx, owner, app).await?.ok_or(UriProblem::NotFound)?;
        let held = views::redirect_uris(&tx, app).await?;
        let uri = held.iter().find(|held| held.id == id).ok_or(UriProblem::NotFound)?;
        if held.len() == 1 {
            return Err(UriProblem::Last);
        }
        redirect_uri::Entity::delete_by_id(id).exec(&tx).await?;
        record_uri(&tx, self, by, Action::RedirectUriRemoved, &row, &uri.uri).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Makes `uris` the redirect URIs of an app of `owner`: all of them, or none with the problems by row.
    pub async fn set_redirect_uris(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        uris: Vec<String>,
    ) -> Result<(), UrisProblem> {
        let wanted = parse_uris(&uris).map_err(UrisProblem::Rows)?;
        if wanted.is_empty() {
            return Err(UrisProblem::Rows(vec![(0, UriProblem::Last.to_string())]));
        }
        let tx = self.begin().await?;
        let row = owned_for_change(&tx, owner, app).await?.ok_or(UrisProblem::NotFound)?;
        let held = views::redirect_uris(&tx, app).await?;
        for gone in held.iter().filter(|held| !wanted.iter().any(|uri| uri.as_str() == held.uri)) {
            redirect_uri::Entity::delete_by_id(gone.id).exec(&tx).await?;
            record_uri(&tx, self, by, Action::RedirectUriRemoved, &row, &gone.uri).await?;
        }
        let new: Vec<_> = wanted.into_iter().filter(|uri| !held.iter().any(|held| held.uri == uri.as_str())).collect();
        if !new.is_empty() {
            insert_uris(&tx, self, app, &new).await?;
        }
        for uri in &new {
            record_uri(&tx, self, by, Action::RedirectUriAdded, &row, uri.as_str()).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Makes `choices` the scopes that an app of `owner` asks for. Existing installs never grow by it, and shrink at
    /// once (requirement 120).
    pub async fn set_scopes(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        choices: Vec<ScopeChoice>,
    ) -> Result<(), AppProblem> {
        let problems = scope_problems(&choices, &self.catalogue().await?);
        if !problems.is_empty() {
            return Err(AppProblem::Invalid(problems));
        }
        let tx = self.begin().await?;
        let row = owned_for_change(&tx, owner, app).await?.ok_or(AppProblem::NotFound)?;
        let of_app = app_scope::Column::AppId.eq(app);
        let before = app_scope::Entity::find().filter(of_app.clone()).all(&tx).await?;
        let before: BTreeSet<_> = before.into_iter().map(|row| (row.scope, row.required)).collect();
        let after: BTreeSet<_> = choices.iter().map(|choice| (choice.token.clone(), choice.required)).collect();
        app_scope::Entity::delete_many().filter(of_app).exec(&tx).await?;
        insert_scopes(&tx, app, choices).await?;
        touch(&tx, self, row.clone()).await?;
        let event = Event::new(Action::ScopesChanged, TargetKind::App, app, &row.name).organization(owner).app(app);
        let list = |scopes: &BTreeSet<(crate::scope::ScopeToken, bool)>| {
            let part = |wanted: bool| scopes.iter().filter(move |(_, required)| *required == wanted);
            let words = |wanted| part(wanted).map(|(token, _)| token.as_str()).collect::<Vec<_>>().join(" ");
            json!({ "required": words(true), "optional": words(false) })
        };
        record(&tx, self, by, event.before(list(&before)).after(list(&after))).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Stops an app of `owner`: no request of it is answered, no token works, until it is resumed.
    pub async fn suspend_app(&self, by: &By, owner: OrgId, app: AppId) -> Result<(), StoreError> {
        self.set_status(by, owner, app, AppStatus::Live, AppStatus::Suspended, Action::AppSuspended).await
    }

    /// Lets a suspended app of `owner` run again.
    pub async fn resume_app(&self, by: &By, owner: OrgId, app: AppId) -> Result<(), StoreError> {
        self.set_status(by, owner, app, AppStatus::Suspended, AppStatus::Live, Action::AppResumed).await
    }

    async fn set_status(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        from: AppStatus,
        to: AppStatus,
        action: Action,
    ) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        let row = owned_for_change(&tx, owner, app).await?.ok_or(StoreError::NotFound)?;
        if row.status == from {
            touch(&tx, self, app::Model { status: to, ..row.clone() }).await?;
            let event = Event::new(action, TargetKind::App, app, &row.name).organization(owner).app(app);
            record(&tx, self, by, event.before(json!({ "status": from })).after(json!({ "status": to }))).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Deletes an app of `owner`: its installs, tokens, codes, waiting requests and secrets end in the same
    /// transaction. The row stays, so that its client id is never given again (requirement 121).
    pub async fn delete_app(&self, by: &By, owner: OrgId, app: AppId) -> Result<(), StoreError> {
        let now = self.now();
        let tx = self.begin().await?;
        let row = owned_for_change(&tx, owner, app).await?.ok_or(StoreError::NotFound)?;
        touch(&tx, self, app::Model { status: AppStatus::Deleted, ..row.clone() }).await?;
        let installs = end::installs_of_app(&tx, app, by.actor.user(), "The app was deleted", now).await?;
        client_secret::Entity::update_many()
            .col_expr(client_secret::Column::RevokedAt, now.into())
            .filter(client_secret::Column::AppId.eq(app))
            .filter(client_secret::Column::RevokedAt.is_null())
            .exec(&tx)
            .await?;
        let event = Event::new(Action::AppDeleted, TargetKind::App, app, &row.name).organization(owner).app(app);
        record(&tx, self, by, event.before(json!({ "status": row.status, "active_installs": installs }))).await?;
        tx.commit().await?;
        Ok(())
    }
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

/// Registers `uris` of `app` in this order; gives the id of the last.
pub(crate) async fn insert_uris(
    tx: &impl ConnectionTrait,
    store: &Store,
    app: AppId,
    uris: &[RedirectUri],
) -> Result<RedirectUriId, DbErr> {
    let mut id = RedirectUriId(store.new_id());
    for uri in uris {
        id = RedirectUriId(store.new_id());
        let row = redirect_uri::Model { id, app_id: app, uri: uri.as_str().to_owned(), created_at: store.now() };
        redirect_uri::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    }
    Ok(id)
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
    let rows = choices.into_iter().zip(0i32..).map(|(choice, position)| {
        let purpose = choice.purpose.trim().to_owned();
        app_scope::Model { app_id: app, scope: choice.token, purpose, required: choice.required, position }
            .into_active_model()
    });
    app_scope::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// Reads the rows of a redirect URI form; problems by row.
pub(crate) fn parse_uris(uris: &[String]) -> Result<Vec<RedirectUri>, Vec<(usize, String)>> {
    let mut problems = Vec::new();
    let mut parsed: Vec<RedirectUri> = Vec::new();
    for (row, text) in uris.iter().enumerate() {
        match RedirectUri::register(text.trim()) {
            Ok(uri) if parsed.contains(&uri) => problems.push((row, RedirectUriProblem::Duplicate.to_string())),
            Ok(_) if row >= MAX_REDIRECT_URIS => problems.push((row, UriProblem::TooMany.to_string())),
            Ok(uri) => parsed.push(uri),
            Err(problem) => problems.push((row, problem.to_string())),
        }
    }
    if problems.is_empty() { Ok(parsed) } else { Err(problems) }
}

/// What is wrong with the lines of a scope picker, by field (`scopes.0` ..).
pub(crate) fn scope_problems(choices: &[ScopeChoice], catalogue: &Catalogue) -> Vec<(String, String)> {
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    for (row, choice) in choices.iter().enumerate() {
        let problem = if catalogue.get(&choice.token).is_none() {
            Some(format!("This instance has no scope {}.", choice.token))
        } else if !seen.insert(&choice.token) {
            Some(format!("The scope {} stands here twice.", choice.token))
        } else if choice.purpose.trim().chars().count() > MAX_LINE {
            Some(format!("A purpose has at most {MAX_LINE} characters."))
        } else if row >= MAX_SCOPE_TOKENS {
            Some(format!("An app asks for at most {MAX_SCOPE_TOKENS} scopes."))
        } else {
            None
        };
        problems.extend(problem.map(|text| (format!("scopes.{row}"), text)));
    }
    problems
}
