//! Writing the demo data's rows.

use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, ModelTrait};

use crate::entity::{
    access_token, app, app_review, app_scope, audit_event, blocked_app, client_secret, code, install, membership,
    organization, redirect_uri, refresh_token, user,
};

/// Rows of one statement: the widest table stays below the databases' limits on parameters.
const ROWS: usize = 500;

/// Every row of the demo data.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) users: Vec<user::Model>,
    pub(super) organizations: Vec<organization::Model>,
    pub(super) memberships: Vec<membership::Model>,
    pub(super) apps: Vec<app::Model>,
    pub(super) redirect_uris: Vec<redirect_uri::Model>,
    pub(super) app_scopes: Vec<app_scope::Model>,
    pub(super) client_secrets: Vec<client_secret::Model>,
    pub(super) app_reviews: Vec<app_review::Model>,
    pub(super) blocked_apps: Vec<blocked_app::Model>,
    pub(super) installs: Vec<install::Model>,
    pub(super) codes: Vec<code::Model>,
    pub(super) access_tokens: Vec<access_token::Model>,
    pub(super) refresh_tokens: Vec<refresh_token::Model>,
    pub(super) audit_events: Vec<audit_event::Model>,
}

/// Writes the rows in the order of their foreign keys.
pub(super) async fn rows(tx: &impl ConnectionTrait, rows: Rows) -> Result<(), DbErr> {
    table(tx, rows.users).await?;
    table(tx, rows.organizations).await?;
    table(tx, rows.memberships).await?;
    table(tx, rows.apps).await?;
    table(tx, rows.redirect_uris).await?;
    table(tx, rows.app_scopes).await?;
    table(tx, rows.client_secrets).await?;
    table(tx, rows.app_reviews).await?;
    table(tx, rows.blocked_apps).await?;
    table(tx, rows.installs).await?;
    table(tx, rows.codes).await?;
    table(tx, rows.access_tokens).await?;
    table(tx, rows.refresh_tokens).await?;
    table(tx, rows.audit_events).await
}

async fn table<M>(tx: &impl ConnectionTrait, rows: Vec<M>) -> Result<(), DbErr>
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    <M::Entity as EntityTrait>::ActiveModel: ActiveModelTrait<Entity = M::Entity> + Send,
{
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        let some: Vec<_> = rows.by_ref().take(ROWS).collect();
        M::Entity::insert_many(some).exec_without_returning(tx).await?;
    }
    Ok(())
}
