//! From rows to wire types: what lists and pages show, assembled from a page of rows and the rows that they name.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::newest::{Place, newest_tokens};
use crate::client::{AuthMethod, InstallStatus, SecretStatus};
use crate::entity::{access_token, app, app_scope, client_secret, install, organization, redirect_uri, scope, user};
use crate::id::{AppId, InstallId, OrgId, UserId};
use crate::portal::{
    AppDetail, AppFields, AppName, AppRow, AppScope, Checklist, InstallRow, OrganizationName, RedirectUriRow,
    SecretRow, TokenRow,
};
use crate::scope::{Catalogue, CatalogueScope, Risk, ScopeSet};
use crate::time::Timestamp;
use crate::token_policy::TokenPolicies;

/// An organization's name.
pub(crate) fn organization_name(row: &organization::Model) -> OrganizationName {
    OrganizationName { id: row.id, slug: row.slug.clone(), name: row.name.clone() }
}

/// An app's name.
pub(crate) fn app_name(row: &app::Model) -> AppName {
    AppName { id: row.id, name: row.name.clone(), logo: row.logo.clone() }
}

/// The instance's scopes, in order.
pub(crate) async fn catalogue(db: &impl ConnectionTrait) -> Result<Catalogue, DbErr> {
    let rows = scope::Entity::find().order_by_asc(scope::Column::Position).all(db).await?;
    let line = |row: scope::Model| CatalogueScope {
        token: row.token,
        sentence: row.sentence,
        group: row.group_name,
        risk: row.risk,
        permission: row.permission,
        endpoints: row.endpoints.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect(),
    };
    Ok(Catalogue(rows.into_iter().map(line).collect()))
}

/// Organizations by id.
pub(crate) async fn organizations(
    db: &impl ConnectionTrait,
    ids: HashSet<OrgId>,
) -> Result<HashMap<OrgId, organization::Model>, DbErr> {
    let rows = organization::Entity::find().filter(organization::Column::Id.is_in(ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// People's names by id.
pub(crate) async fn people(db: &impl ConnectionTrait, ids: HashSet<UserId>) -> Result<HashMap<UserId, String>, DbErr> {
    let rows = user::Entity::find().filter(user::Column::Id.is_in(ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// Apps by id.
pub(crate) async fn apps(db: &impl ConnectionTrait, ids: HashSet<AppId>) -> Result<HashMap<AppId, app::Model>, DbErr> {
    let rows = app::Entity::find().filter(app::Column::Id.is_in(ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The highest risk among `scopes`.
fn risk(scopes: &ScopeSet, catalogue: &Catalogue) -> Risk {
    scopes.iter().filter_map(|token| catalogue.get(token)).map(|scope| scope.risk).max().unwrap_or(Risk::Low)
}

/// The granted `scopes` in the words for `app`.
fn may(scopes: &ScopeSet, app: &app::Model, policies: &TokenPolicies, catalogue: &Catalogue) -> Vec<CatalogueScope> {
    let granted = catalogue.0.iter().filter(|scope| scopes.contains(scope.token.as_str())).cloned().collect();
    Catalogue(granted).under(&policies.of_app(&app.token_policy, app.auth_method.client_type())).0
}

/// Installs as lists show them, in the order given.
pub(crate) async fn install_rows(
    db: &impl ConnectionTrait,
    policies: &TokenPolicies,
    installs: Vec<install::Model>,
) -> Result<Vec<InstallRow>, DbErr> {
    if installs.is_empty() {
        return Ok(Vec::new());
    }
    let catalogue = catalogue(db).await?;
    let apps = apps(db, installs.iter().map(|row| row.app_id).collect()).await?;
    let owners = apps.values().map(|row| row.owner_id);
    let organizations =
        organizations(db, owners.chain(installs.iter().map(|row| row.organization_id)).collect()).await?;
    let persons = installs.iter().flat_map(|row| [Some(row.installed_by), row.user_id]).flatten();
    let people = people(db, persons.collect()).await?;
    let name = |id: &UserId| people.get(id).cloned().unwrap_or_default();
    let line = |row: install::Model| {
        // Foreign keys hold: a missing app or organization cannot be, and would only drop the line.
        let app = apps.get(&row.app_id)?;
        Some(InstallRow {
            id: row.id,
            app: app_name(app),
            owner: organization_name(organizations.get(&app.owner_id)?),
            organization: organization_name(organizations.get(&row.organization_id)?),
            actor: row.actor,
            acts_as: row.user_id.as_ref().map(name),
            risk: risk(&row.scopes, &catalogue),
            may: may(&row.scopes, app, policies, &catalogue),
            scopes: row.scopes,
            test: row.test,
            status: row.status,
            installed_by: name(&row.installed_by),
            installed_at: row.created_at,
            last_used_at: row.last_used_at,
        })
    };
    Ok(installs.into_iter().filter_map(line).collect())
}

/// Apps as lists show them, in the order given.
pub(crate) async fn app_rows(db: &impl ConnectionTrait, apps: Vec<app::Model>) -> Result<Vec<AppRow>, DbErr> {
    let counts: Vec<(AppId, i64)> = install::Entity::find()
        .select_only()
        .column(install::Column::AppId)
        .column_as(Expr::col(install::Column::OrganizationId).count_distinct(), "installs")
        .filter(install::Column::AppId.is_in(apps.iter().map(|row| row.id)))
        .filter(install::Column::Status.eq(InstallStatus::Active))
        .group_by(install::Column::AppId)
        .into_tuple()
        .all(db)
        .await?;
    let counts: HashMap<AppId, i64> = counts.into_iter().collect();
    let line = |row: app::Model| AppRow {
        installs: counts.get(&row.id).copied().and_then(|count| u64::try_from(count).ok()).unwrap_or_default(),
        id: row.id,
        client_id: row.client_id,
        name: row.name,
        description: row.description,
        logo: row.logo,
        status: row.status,
        updated_at: row.updated_at,
    };
    Ok(apps.into_iter().map(line).collect())
}

/// The scopes that an app asks for, in its order.
pub(super) async fn app_scope_rows(db: &impl ConnectionTrait, app: AppId) -> Result<Vec<app_scope::Model>, DbErr> {
    app_scope::Entity::find()
        .filter(app_scope::Column::AppId.eq(app))
        .order_by_asc(app_scope::Column::Position)
        .order_by_asc(app_scope::Column::Scope)
        .all(db)
        .await
}

/// The scopes that an app asks for, as the catalogue says them.
pub(crate) async fn app_scopes(
    db: &impl ConnectionTrait,
    app: AppId,
    catalogue: &Catalogue,
) -> Result<Vec<AppScope>, DbErr> {
    let rows = app_scope_rows(db, app).await?;
    let line = |row: app_scope::Model| {
        let scope = catalogue.get(&row.scope)?.clone();
        Some(AppScope { scope, purpose: row.purpose, required: row.required })
    };
    Ok(rows.into_iter().filter_map(line).collect())
}

/// The lines of `tokens`: with the app's purpose where it still asks for them, as the catalogue says where not.
pub(crate) fn scope_lines(tokens: &ScopeSet, asked: &[AppScope], catalogue: &Catalogue) -> Vec<AppScope> {
    let line = |scope: &CatalogueScope| {
        let asked = asked.iter().find(|line| line.scope.token == scope.token).cloned();
        asked.unwrap_or_else(|| AppScope { scope: scope.clone(), purpose: String::new(), required: true })
    };
    catalogue.0.iter().filter(|scope| tokens.contains(scope.token.as_str())).map(line).collect()
}

/// An app's redirect URIs, oldest first.
pub(crate) async fn redirect_uris(db: &impl ConnectionTrait, app: AppId) -> Result<Vec<RedirectUriRow>, DbErr> {
    let rows = redirect_uri::Entity::find()
        .filter(redirect_uri::Column::AppId.eq(app))
        .order_by_asc(redirect_uri::Column::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| RedirectUriRow { id: row.id, uri: row.uri, created_at: row.created_at }).collect())
}

/// An app's page.
pub(crate) async fn app_detail(
    db: &impl ConnectionTrait,
    row: app::Model,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<AppDetail, DbErr> {
    let owner = organization::Entity::find_by_id(row.owner_id).one(db).await?;
    let owner = owner.ok_or_else(|| DbErr::RecordNotFound("the owner of an app".to_owned()))?;
    let redirect_uris = redirect_uris(db, row.id).await?;
    let scopes = app_scopes(db, row.id, catalogue).await?;
    let checklist = checklist(db, &row, !redirect_uris.is_empty(), now).await?;
    Ok(AppDetail {
        id: row.id,
        owner: organization_name(&owner),
        fields: app_fields(&row),
        client_id: row.client_id,
        logo: row.logo,
        status: row.status,
        client_type: row.auth_method.client_type(),
        auth_method: row.auth_method,
        redirect_uris,
        scopes,
        checklist,
        created_at: row.created_at,
    })
}

/// The fields of the settings form as they are in force.
pub(super) fn app_fields(row: &app::Model) -> AppFields {
    AppFields {
        name: row.name.clone(),
        description: row.description.clone(),
        homepage: row.homepage.clone(),
        support_email: row.support_email.clone(),
        pkce_required: row.pkce_required,
        actor_modes: row.actor_modes,
        grants: row.grants,
        token_policy: row.token_policy.clone(),
        id_token_signed_response_alg: row.id_token_signed_response_alg,
    }
}

async fn checklist(
    db: &impl ConnectionTrait,
    row: &app::Model,
    redirect_uri: bool,
    now: Timestamp,
) -> Result<Checklist, DbErr> {
    let public = row.auth_method == AuthMethod::None;
    let secret =
        public || secret_rows(db, row.id, now).await?.iter().any(|secret| secret.status == SecretStatus::Active);
    let installs = || install::Entity::find().filter(install::Column::AppId.eq(row.id));
    let installed = installs().limit(1).one(db).await?.is_some();
    let used = install::Column::LastUsedAt.is_not_null();
    let called = installed && installs().filter(used).limit(1).one(db).await?.is_some();
    Ok(Checklist { redirect_uri, secret, installed, called })
}

/// What a secret's row is at `now`.
pub(crate) fn secret_status(
    revoked_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> SecretStatus {
    match (revoked_at, expires_at) {
        (Some(_), _) => SecretStatus::Revoked,
        (None, Some(deadline)) if deadline <= now => SecretStatus::Expired,
        (None, Some(_)) => SecretStatus::Retiring,
        (None, None) => SecretStatus::Active,
    }
}

/// Secrets that a page lists.
const SECRETS: u64 = 50;

/// An app's secrets, newest first: hints only. All that work, and of the others the newest.
pub(crate) async fn secret_rows(
    db: &impl ConnectionTrait,
    app: AppId,
    now: Timestamp,
) -> Result<Vec<SecretRow>, DbErr> {
    let runs = client_secret::Column::ExpiresAt.is_null().or(client_secret::Column::ExpiresAt.gt(now));
    let works = client_secret::Column::RevokedAt.is_null().and(runs);
    let mut rows = client_secret::Entity::find()
        .filter(client_secret::Column::AppId.eq(app))
        .order_by_desc(works)
        .order_by_desc(client_secret::Column::Id)
        .limit(SECRETS)
        .all(db)
        .await?;
    rows.sort_unstable_by_key(|row| Reverse(row.id));
    let people = people(db, rows.iter().filter_map(|row| row.created_by).collect()).await?;
    let line = |row: client_secret::Model| SecretRow {
        id: row.id,
        status: secret_status(row.revoked_at, row.expires_at, now),
        label: row.label,
        hint: row.hint,
        created_by: row.created_by.and_then(|id| people.get(&id).cloned()).unwrap_or_default(),
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
    };
    Ok(rows.into_iter().map(line).collect())
}

/// An install's access tokens, newest first, at most twenty: hints only.
pub(crate) async fn token_rows(db: &impl ConnectionTrait, install: InstallId) -> Result<Vec<TokenRow>, DbErr> {
    let rows = newest_tokens(db, Place::Install(install), &Condition::all(), 20).await?;
    let line = |row: access_token::Model| TokenRow {
        hint: row.hint,
        issued_at: row.created_at,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
    };
    Ok(rows.into_iter().map(line).collect())
}
