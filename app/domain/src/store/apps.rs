//! Apps of an owner organization, and the client that the rules see of each.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::json;

use super::audit::{Event, record};
use super::{AppReview, By, Store, StoreError, app_parts, page, secrets, views};
use crate::audit::{Action, TargetKind};
use crate::client::{AppGrants, AppStatus, AuthMethod, Client, ClientId, ClientType};
use crate::entity::{app, app_scope, organization};
use crate::id::{AppId, OrgId};
use crate::jwt::SigningAlgorithm;
use crate::organization::Status;
use crate::portal::{AppDetail, AppFields, AppRow, CreatedApp, NewApp, Page};
use crate::redirect_uri::RedirectUri;
use crate::scope::{Catalogue, ScopeSet};
use crate::token_policy::TokenPolicy;

/// The longest name of an app, in characters.
pub const MAX_NAME: usize = 60;
/// The longest description, purpose or reason, in characters.
pub const MAX_LINE: usize = 300;

/// Why an app was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AppProblem {
    /// There is none, or none that the asker may see.
    #[error("not found")]
    NotFound,
    /// Fields (`name`, `redirect_uris.0`, `scopes.2` ..) and what is wrong with each.
    #[error("some fields are not valid")]
    Invalid(Vec<(String, String)>),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Store {
    /// The apps that `owner` makes, newest first; `q` is looked for in names and client ids.
    pub async fn apps_of(&self, owner: OrgId, q: Option<&str>, after: Option<&str>) -> Result<Page<AppRow>, DbErr> {
        let mut select = app::Entity::find()
            .filter(app::Column::OwnerId.eq(owner))
            .filter(app::Column::Status.ne(AppStatus::Deleted))
            .order_by_desc(app::Column::Id)
            .limit(page::PAGE_LIMIT);
        if let Some(q) = q.map(str::trim).filter(|q| !q.is_empty()) {
            let found = page::contains(app::Column::Name, q);
            select = select.filter(sea_orm::Condition::any().add(found).add(app::Column::ClientId.eq(q)));
        }
        if let Some(after) = page::after::<AppId>(after) {
            select = select.filter(app::Column::Id.lt(after));
        }
        let page = page::page(select.all(self.reader()).await?, |row| row.id.to_string());
        Ok(Page { items: views::app_rows(self.reader(), page.items).await?, next: page.next })
    }

    /// An app's page, for its owner organization.
    pub async fn app(&self, owner: OrgId, id: AppId) -> Result<AppDetail, StoreError> {
        let row = owned(owner, id).one(self.reader()).await?.ok_or(StoreError::NotFound)?;
        let mut detail = views::app_detail(self.reader(), row, self.now()).await?;
        detail.checklist.called |= self.was_just_used(id);
        Ok(detail)
    }

    /// The client named `client_id`, in whatever state it is: a page for a suspended or deleted app says so.
    pub async fn client(&self, client_id: &ClientId) -> Result<Option<Client>, DbErr> {
        let row = app::Entity::find().filter(app::Column::ClientId.eq(client_id.clone())).one(self.reader()).await?;
        self.client_of_row(self.reader(), row).await
    }

    /// The client of an app that is known by its id.
    pub async fn client_of_app(&self, id: AppId) -> Result<Option<Client>, DbErr> {
        let row = app::Entity::find_by_id(id).one(self.reader()).await?;
        self.client_of_row(self.reader(), row).await
    }

    /// What the rules see of `row`.
    pub(crate) async fn client_of_row(
        &self,
        db: &impl ConnectionTrait,
        row: Option<app::Model>,
    ) -> Result<Option<Client>, DbErr> {
        let Some(row) = row else { return Ok(None) };
        let owner = organization::Entity::find_by_id(row.owner_id).one(db).await?;
        let uris = views::redirect_uris(db, row.id).await?;
        let scopes = app_scope::Entity::find().filter(app_scope::Column::AppId.eq(row.id)).all(db).await?;
        // What was registered under rules that have grown stricter since is not honoured any more.
        let uris = uris.iter().filter_map(|uri| RedirectUri::register(&uri.uri).ok()).collect();
        Ok(Some(self.as_client(row, owner.is_some_and(|owner| owner.status == Status::Active), scopes, uris)))
    }

    /// The client of loaded rows.
    pub(crate) fn as_client(
        &self,
        row: app::Model,
        owner_active: bool,
        scopes: Vec<app_scope::Model>,
        redirect_uris: Vec<RedirectUri>,
    ) -> Client {
        let (required, optional): (Vec<_>, Vec<_>) = scopes.into_iter().partition(|scope| scope.required);
        let tokens = |rows: Vec<app_scope::Model>| rows.into_iter().map(|scope| scope.scope).collect::<ScopeSet>();
        Client {
            app: row.id,
            owner: row.owner_id,
            client_id: row.client_id,
            name: row.name,
            status: row.status,
            owner_active,
            auth_method: row.auth_method,
            pkce_required: row.pkce_required,
            actor_modes: row.actor_modes,
            redirect_uris,
            required_scopes: tokens(required),
            optional_scopes: tokens(optional),
            policy: self.policy(&row.token_policy),
            grants: row.grants,
            id_token_signed_response_alg: row.id_token_signed_response_alg,
            approved: row.approved_at.is_some() || self.settings().app_review == AppReview::Off,
        }
    }

    /// The policy named `name`; one that the configuration no longer offers becomes `standard`.
    fn policy(&self, name: &str) -> TokenPolicy {
        self.settings().policies.get(name).cloned().unwrap_or_else(TokenPolicy::standard)
    }

    /// Registers an app of `owner`; a confidential one gets its first secret.
    pub async fn create_app(&self, by: &By, owner: OrgId, new: NewApp) -> Result<CreatedApp, AppProblem> {
        let catalogue = self.catalogue().await?;
        let uris = validate_new(&new, &catalogue).map_err(AppProblem::Invalid)?;
        let now = self.now();
        let tx = self.begin().await?;
        let organization = organization::Entity::find_by_id(owner).one(&tx).await?;
        organization.filter(|row| row.status == Status::Active).ok_or(AppProblem::NotFound)?;
        let row = app::Model {
            id: AppId(self.new_id()),
            owner_id: owner,
            client_id: ClientId::mint(&self.settings().brand, self.entropy()),
            name: new.name.trim().to_owned(),
            description: new.description.trim().to_owned(),
            logo: None,
            homepage: None,
            support_email: None,
            status: AppStatus::Live,
            auth_method: new.auth_method,
            pkce_required: new.pkce_required || new.auth_method.client_type() == ClientType::Public,
            token_policy: TokenPolicy::standard().name,
            actor_modes: new.actor_modes,
            grants: AppGrants::AuthorizationCode,
            id_token_signed_response_alg: SigningAlgorithm::Rs256,
            approved_at: None,
            created_by: by.actor.user(),
            created_at: now,
            updated_at: now,
        };
        let (id, client_id, confidential) = (row.id, row.client_id.clone(), row.auth_method != AuthMethod::None);
        let event = Event::new(Action::AppCreated, TargetKind::App, id, &row.name).organization(owner).app(id).after(
            json!({ "client_id": client_id, "auth_method": row.auth_method, "actor_modes": row.actor_modes,
                "redirect_uris": uris.iter().map(RedirectUri::as_str).collect::<Vec<_>>(),
                "scopes": new.scopes.iter().map(|choice| choice.token.as_str()).collect::<Vec<_>>() }),
        );
        app::Entity::insert(row.into_active_model()).exec_without_returning(&tx).await?;
        app_parts::insert_uris(&tx, self, id, &uris).await?;
        app_parts::insert_scopes(&tx, id, new.scopes).await?;
        let secret =
            if confidential { Some(secrets::insert(&tx, self, by, id, "First secret").await?.1) } else { None };
        record(&tx, self, by, event).await?;
        tx.commit().await?;
        Ok(CreatedApp { id, client_id, secret })
    }

    /// Changes the fields of the settings form.
    pub async fn update_app(&self, by: &By, owner: OrgId, id: AppId, fields: AppFields) -> Result<(), AppProblem> {
        validate_fields(&fields).map_err(AppProblem::Invalid)?;
        let tx = self.begin().await?;
        let before = owned_for_change(&tx, owner, id).await?.ok_or(AppProblem::NotFound)?;
        let public = before.auth_method.client_type() == ClientType::Public;
        let after = app::Model {
            name: fields.name.trim().to_owned(),
            description: fields.description.trim().to_owned(),
            homepage: trimmed(fields.homepage),
            support_email: trimmed(fields.support_email),
            pkce_required: fields.pkce_required || public,
            actor_modes: fields.actor_modes,
            updated_at: self.now(),
            ..before.clone()
        };
        if fields_json(&before) != fields_json(&after) {
            app::Entity::update(after.clone().into_active_model().reset_all()).exec(&tx).await?;
            let event = Event::new(Action::AppUpdated, TargetKind::App, id, &after.name).organization(owner).app(id);
            record(&tx, self, by, event.before(fields_json(&before)).after(fields_json(&after))).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// The apps of `owner` that still are: ownership is a condition of the query.
pub(crate) fn owned(owner: OrgId, id: AppId) -> sea_orm::Select<app::Entity> {
    app::Entity::find_by_id(id)
        .filter(app::Column::OwnerId.eq(owner))
        .filter(app::Column::Status.ne(AppStatus::Deleted))
}

/// The app, locked until the transaction ends.
pub(crate) async fn owned_for_change(
    tx: &impl ConnectionTrait,
    owner: OrgId,
    id: AppId,
) -> Result<Option<app::Model>, DbErr> {
    owned(owner, id).lock(super::change::ROW_LOCK).one(tx).await
}

fn fields_json(row: &app::Model) -> serde_json::Value {
    json!({ "name": row.name, "description": row.description, "homepage": row.homepage,
        "support_email": row.support_email, "pkce_required": row.pkce_required, "actor_modes": row.actor_modes })
}

fn trimmed(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

type Problems = Vec<(String, String)>;

fn check_name(problems: &mut Problems, name: &str, description: &str) {
    match name.trim().chars().count() {
        0 => problems.push(("name".to_owned(), "Give the app a name.".to_owned())),
        1..=MAX_NAME => {}
        _ => problems.push(("name".to_owned(), format!("A name has at most {MAX_NAME} characters."))),
    }
    if name.chars().any(char::is_control) {
        problems.push(("name".to_owned(), "A name holds no control characters.".to_owned()));
    }
    if description.trim().chars().count() > MAX_LINE {
        problems.push(("description".to_owned(), format!("A description has at most {MAX_LINE} characters.")));
    }
}

/// The URIs of a new app, or what is wrong with it, by field.
fn validate_new(new: &NewApp, catalogue: &Catalogue) -> Result<Vec<RedirectUri>, Problems> {
    let mut problems = Problems::new();
    check_name(&mut problems, &new.name, &new.description);
    let uris = app_parts::parse_uris(&new.redirect_uris).unwrap_or_else(|rows| {
        problems.extend(rows.into_iter().map(|(row, text)| (format!("redirect_uris.{row}"), text)));
        Vec::new()
    });
    if new.redirect_uris.is_empty() {
        problems.push(("redirect_uris".to_owned(), "Register at least one redirect URI.".to_owned()));
    }
    problems.extend(app_parts::scope_problems(&new.scopes, catalogue));
    if problems.is_empty() { Ok(uris) } else { Err(problems) }
}

fn validate_fields(fields: &AppFields) -> Result<(), Problems> {
    let mut problems = Problems::new();
    check_name(&mut problems, &fields.name, &fields.description);
    let web = |text: &str| url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if fields
        .homepage
        .as_deref()
        .map(str::trim)
        .is_some_and(|text| !text.is_empty() && (!web(text) || text.len() > 2000))
    {
        problems.push(("homepage".to_owned(), "A homepage begins with https:// or http://.".to_owned()));
    }
    let mail = |text: &str| {
        let parts = text.split_once('@');
        let clean = !text.contains(|sign: char| sign.is_whitespace() || sign.is_control() || "<>\"?&".contains(sign));
        clean && text.len() <= 254 && parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
    };
    if fields.support_email.as_deref().map(str::trim).is_some_and(|text| !text.is_empty() && !mail(text)) {
        problems.push(("support_email".to_owned(), "This is not an e-mail address.".to_owned()));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
