//! Apps of an owner organization, and the client that the rules see of each.

use std::sync::Arc;

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::json;

use super::app_changes::Edits;
use super::audit::{Event, record};
use super::change::end;
use super::{AppReview, By, Store, StoreError, app_rules, page, views};
use crate::audit::{Action, TargetKind};
use crate::client::{ActorModes, AppStatus, Client, ClientId};
use crate::entity::{app, app_scope, organization};
use crate::id::{AppId, OrgId};
use crate::oauth::openid::OPENID;
use crate::organization::Status;
use crate::portal::{AppDetail, AppFields, AppRow, ChangedMeanwhile, Page, Seen};
use crate::redirect_uri::RedirectUri;
use crate::scope::ScopeSet;

/// Why an app was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AppProblem {
    /// There is none, or none that the asker may see.
    #[error("not found")]
    NotFound,
    /// Fields (`name`, `redirect_uris.0`, `scopes.2` ..) and what is wrong with each.
    #[error("some fields are not valid")]
    Invalid(Vec<(String, String)>),
    /// Somebody changed meanwhile what the form showed.
    #[error(transparent)]
    Changed(#[from] ChangedMeanwhile),
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
        if let Some(q) = q.and_then(page::looked_for) {
            let found = page::contains(app::Column::Name, &q);
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
        let catalogue = self.catalogue_of(&row).await?;
        let mut detail = views::app_detail(self.reader(), row, &catalogue, self.now()).await?;
        detail.checklist.called |= self.was_just_used(id);
        Ok(detail)
    }

    /// The client named `client_id`, in whatever state it is: a page for a suspended or deleted app says so.
    pub async fn client(&self, client_id: &ClientId) -> Result<Option<Client>, DbErr> {
        Ok(self.shared_client(client_id).await?.map(Arc::unwrap_or_clone))
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
            policy: self.settings().policies.of_app(&row.token_policy, row.auth_method.client_type()),
            grants: row.grants,
            id_token_signed_response_alg: row.id_token_signed_response_alg,
            approved: row.approved_at.is_some() || self.settings().app_review == AppReview::Off,
            revision: row.revision,
        }
    }

    /// The token policies that apps have and the configuration does not, each with the number of its apps: those work
    /// under `standard`.
    pub async fn unknown_policies(&self) -> Result<Vec<(String, i64)>, DbErr> {
        let known = self.settings().policies.all().iter().map(|policy| policy.name.clone());
        app::Entity::find()
            .select_only()
            .column(app::Column::TokenPolicy)
            .column_as(app::Column::Id.count(), "apps")
            .filter(app::Column::TokenPolicy.is_not_in(known))
            .filter(app::Column::Status.ne(AppStatus::Deleted))
            .group_by(app::Column::TokenPolicy)
            .order_by_asc(app::Column::TokenPolicy)
            .into_tuple()
            .all(self.reader())
            .await
    }

    /// Changes the fields of the settings form. True where the new name waits for approval. Under another token policy, and
    /// where an actor mode was given up, everybody is asked again; where `profile` includes more then, the app's tokens
    /// end. `seen` is what the form showed; none checks nothing.
    pub async fn update_app(
        &self,
        by: &By,
        owner: OrgId,
        id: AppId,
        fields: AppFields,
        seen: Option<&Seen>,
    ) -> Result<bool, AppProblem> {
        let tx = self.begin().await?;
        let before = owned_for_change(&tx, owner, id).await?.ok_or(AppProblem::NotFound)?;
        let edits = Edits::of(&tx, self, by, &before).await?;
        let shown = AppFields { name: edits.shown_name(), ..views::app_fields(&before) };
        Seen::of_fields(&shown).unchanged(seen)?;
        let addressed = !views::redirect_uris(&tx, id).await?.is_empty();
        let openid = edits.asks(OPENID).await?;
        let present = app_rules::Present { row: &before, addressed, openid };
        app_rules::changed(&fields, &present, self.settings(), by).map_err(AppProblem::Invalid)?;
        let fields = fields.kept();
        let name = edits.name(fields.name).await?;
        let after = app::Model {
            name: name.now.unwrap_or_else(|| before.name.clone()),
            description: fields.description,
            homepage: fields.homepage,
            support_email: fields.support_email,
            pkce_required: fields.pkce_required,
            actor_modes: fields.actor_modes,
            grants: fields.grants,
            token_policy: fields.token_policy,
            id_token_signed_response_alg: fields.id_token_signed_response_alg,
            updated_at: self.now(),
            ..before.clone()
        };
        let (was, is) = (views::app_fields(&before), views::app_fields(&after));
        if was != is {
            app::Entity::update(after.clone().into_active_model().reset_all()).exec(&tx).await?;
            let event = Event::new(Action::AppUpdated, TargetKind::App, id, &after.name).organization(owner).app(id);
            record(&tx, self, by, event.before(json!(was)).after(json!(is))).await?;
        }
        let given_up = before.actor_modes != after.actor_modes && after.actor_modes != ActorModes::Both;
        if given_up || before.token_policy != after.token_policy {
            end::consents_of_app(&tx, id, self.now()).await?;
        }
        if before.token_policy != after.token_policy {
            let policies = &self.settings().policies;
            let policy = |row: &app::Model| policies.of_app(&row.token_policy, row.auth_method.client_type());
            // Nobody who granted `profile` was told that it includes more (requirement 120).
            if policy(&after).profile_includes_email && !policy(&before).profile_includes_email {
                end::tokens_of_app(&tx, id, self.now()).await?;
            }
        }
        tx.commit().await?;
        Ok(name.waits)
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

pub(super) fn trimmed(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
