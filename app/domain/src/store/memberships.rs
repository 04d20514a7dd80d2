//! Who belongs to which organization, in which role.

use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::json;

use super::accounts::{end_self_tokens_in, lock_self_installs};
use super::audit::{Event, record};
use super::organizations::under_lock;
use super::{By, Store, StoreError};
use crate::audit::{Action, TargetKind};
use crate::entity::{membership, organization, user};
use crate::id::{OrgId, UserId};
use crate::organization::Status;
use crate::role::Role;

impl Store {
    /// Makes a person a member, changes his role, or (without a role) ends his membership. Who leaves loses the codes
    /// and tokens that act as him there.
    pub async fn set_member(
        &self,
        by: &By,
        organization: OrgId,
        user: UserId,
        role: Option<Role>,
    ) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        let person = user::Entity::find_by_id(user).one(&tx).await?.ok_or(StoreError::NotFound)?;
        // Two who change one membership at once wait for each other here, also where there is no row yet.
        let place = under_lock(&tx, organization).await?.ok_or(StoreError::NotFound)?;
        let before = membership::Entity::find_by_id((organization, user)).one(&tx).await?;
        let old = before.as_ref().map(|row| row.role);
        match (before, role) {
            (Some(row), Some(role)) => {
                let change = membership::Model { role, ..row }.into_active_model().reset_all();
                membership::Entity::update(change).exec(&tx).await?;
            }
            (None, Some(role)) => {
                let row = membership::Model { organization_id: place.id, user_id: user, role, created_at: self.now() };
                membership::Entity::insert(row.into_active_model()).exec_without_returning(&tx).await?;
            }
            (_, None) => {
                // The installs first, as an exchange does.
                lock_self_installs(&tx, user, Some(organization)).await?;
                end_self_tokens_in(&tx, user, Some(organization), self.now()).await?;
                membership::Entity::delete_by_id((organization, user)).exec(&tx).await?;
            }
        }
        let event = Event::new(Action::MemberRoleChanged, TargetKind::User, user, person.name)
            .organization(organization)
            .before(json!({ "role": old }))
            .after(json!({ "role": role }));
        record(&tx, self, by, event).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The role of an active person in an active organization.
    pub async fn membership(&self, user: UserId, organization: OrgId) -> Result<Option<Role>, DbErr> {
        role_in(self.reader(), user, organization).await
    }
}

/// The role of an active person in an active organization, as the transaction sees it.
pub(crate) async fn role_in(
    db: &impl ConnectionTrait,
    user: UserId,
    organization: OrgId,
) -> Result<Option<Role>, DbErr> {
    let row = membership::Entity::find_by_id((organization, user))
        .inner_join(organization::Entity)
        .inner_join(user::Entity)
        .filter(organization::Column::Status.eq(Status::Active))
        .filter(user::Column::Status.eq(Status::Active))
        .one(db)
        .await?;
    Ok(row.map(|row| row.role))
}
