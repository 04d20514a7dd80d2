//! Remembered consent (PROTOCOL section 1): it lives in the active install and ends with it.

use sea_orm::ActiveModelTrait;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

use super::change::ROW_LOCK;
use crate::client::{ActorMode, Client, ClientType, InstallStatus};
use crate::entity::{install, install_consent};
use crate::id::{InstallId, OrgId, UserId};
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// A key: an app in an organization, acting as itself or as this person.
#[derive(Clone, Copy)]
pub(crate) struct Key<'a> {
    pub(crate) client: &'a Client,
    pub(crate) organization: OrgId,
    pub(crate) actor: ActorMode,
    pub(crate) user: UserId,
}

/// Whether anything is remembered for this client at all: never for one that cannot prove who it is, and never for one
/// that nobody approved where apps are approved (requirement 95).
pub(crate) fn is_eligible(client: &Client) -> bool {
    client.client_type() == ClientType::Confidential && client.approved
}

/// Whether the key's active install holds this person's consent to all of `scopes`. With `lock`, inside a transaction,
/// the install does not end before the transaction does.
pub(crate) async fn holds(
    db: &impl ConnectionTrait,
    key: Key<'_>,
    scopes: &ScopeSet,
    lock: bool,
) -> Result<bool, DbErr> {
    let active = install::Entity::find()
        .filter(install::Column::AppId.eq(key.client.app))
        .filter(install::Column::OrganizationId.eq(key.organization))
        .filter(install::Column::Actor.eq(key.actor))
        .filter(match key.actor {
            ActorMode::App => install::Column::UserId.is_null(),
            ActorMode::Myself => install::Column::UserId.eq(key.user),
        })
        .filter(install::Column::Status.eq(InstallStatus::Active));
    let active = if lock { active.lock(ROW_LOCK) } else { active };
    let Some(install) = active.one(db).await? else { return Ok(false) };
    let held = install_consent::Entity::find_by_id((install.id, key.user)).one(db).await?;
    Ok(held.is_some_and(|held| scopes.is_subset(&held.scopes)))
}

/// Keeps what the person consented to beside what he consented to before. The install's row is locked, or new.
pub(crate) async fn keep(
    tx: &impl ConnectionTrait,
    install: InstallId,
    user: UserId,
    scopes: &ScopeSet,
    now: Timestamp,
) -> Result<(), DbErr> {
    let Some(held) = install_consent::Entity::find_by_id((install, user)).one(tx).await? else {
        let row =
            install_consent::Model { install_id: install, user_id: user, scopes: scopes.clone(), consented_at: now };
        install_consent::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
        return Ok(());
    };
    let union = held.scopes.union(scopes);
    let mut row = held.into_active_model();
    (row.scopes, row.consented_at) = (Set(union), Set(now));
    row.update(tx).await.map(drop)
}
