//! Which organizations may test a draft (PROTOCOL section 1, *Approval*). One comes onto the list by its own owner or
//! admin, who makes a test install there, or by an operator.

use std::collections::HashSet;

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;

use super::audit::{Event, record};
use super::{By, Store, StoreError, apps, consent_facts, views};
use crate::audit::{Action, TargetKind};
use crate::client::{AppStatus, Client, ClientId};
use crate::entity::{app, organization, test_organization};
use crate::id::{AppId, OrgId, UserId};
use crate::portal::OrganizationName;

/// The most organizations that an app's page names.
const NAMED: u64 = 100;

impl Store {
    /// Whether `user` may learn what a draft answers: he is a member where it is live. Everybody may, of any other app.
    pub async fn may_meet(&self, client: &Client, user: UserId) -> Result<bool, DbErr> {
        if client.status != AppStatus::Draft {
            return Ok(true);
        }
        let members = consent_facts::memberships(self.reader(), user).await?;
        Ok(!only_where_live(self.reader(), client, members).await?.is_empty())
    }

    /// Lets `organization` test the app named `client_id`; for operators. False where it is on the list already.
    pub async fn allow_test(&self, by: &By, client_id: &ClientId, organization: OrgId) -> Result<bool, StoreError> {
        let tx = self.begin().await?;
        let row = app::Entity::find().filter(app::Column::ClientId.eq(client_id.clone()));
        let row = row.filter(app::Column::Status.ne(AppStatus::Deleted)).lock_shared().one(&tx).await?;
        let row = row.ok_or(StoreError::NotFound)?;
        organization::Entity::find_by_id(organization).one(&tx).await?.ok_or(StoreError::NotFound)?;
        let added = add(&tx, self, by, row.id, &row.name, organization).await?;
        tx.commit().await?;
        Ok(added)
    }

    /// Takes `organization` off the list of an app of `owner`. Its install and its tokens stay.
    pub async fn remove_test_organization(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        organization: OrgId,
    ) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        let row = apps::owned_for_change(&tx, owner, app).await?.ok_or(StoreError::NotFound)?;
        let gone = test_organization::Entity::delete_by_id((app, organization)).exec(&tx).await?;
        if gone.rows_affected == 0 {
            return Err(StoreError::NotFound);
        }
        let event = Event::new(Action::TestOrganizationRemoved, TargetKind::App, app, &row.name);
        let event = event.organization(owner).app(app).before(json!({ "organization": organization }));
        record(&tx, self, by, event).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Whether the app is live in `organization`: anywhere, unless it is a draft; a draft in its owner organization and in
/// those on its list.
pub(crate) async fn live_in(db: &impl ConnectionTrait, client: &Client, organization: OrgId) -> Result<bool, DbErr> {
    if client.status != AppStatus::Draft || client.owner == organization {
        return Ok(true);
    }
    Ok(test_organization::Entity::find_by_id((client.app, organization)).one(db).await?.is_some())
}

/// Those of `members` in whose organization the app is live.
pub(crate) async fn only_where_live(
    db: &impl ConnectionTrait,
    client: &Client,
    mut members: Vec<consent_facts::Member>,
) -> Result<Vec<consent_facts::Member>, DbErr> {
    if client.status != AppStatus::Draft {
        return Ok(members);
    }
    let listed: HashSet<OrgId> = test_organization::Entity::find()
        .select_only()
        .column(test_organization::Column::OrganizationId)
        .filter(test_organization::Column::AppId.eq(client.app))
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    members.retain(|member| member.id() == client.owner || listed.contains(&member.id()));
    Ok(members)
}

/// Puts `organization` on the list of `app`, whose row is locked or whose organization is. False where it stands there
/// already. The event is in that organization's log: it decided this.
pub(crate) async fn add(
    tx: &impl ConnectionTrait,
    store: &Store,
    by: &By,
    app: AppId,
    name: &str,
    organization: OrgId,
) -> Result<bool, DbErr> {
    let row = test_organization::Model {
        app_id: app,
        organization_id: organization,
        added_by: by.actor.user(),
        created_at: store.now(),
    };
    let held = OnConflict::new().do_nothing().to_owned();
    let rows = test_organization::Entity::insert(row.into_active_model());
    let added = rows.on_conflict(held).exec_without_returning(tx).await? > 0;
    if added {
        let event = Event::new(Action::TestOrganizationAdded, TargetKind::App, app, name);
        let event = event.organization(organization).app(app).after(json!({ "organization": organization }));
        record(tx, store, by, event).await?;
    }
    Ok(added)
}

/// The organizations on the list of `app`, oldest first.
pub(crate) async fn list(db: &impl ConnectionTrait, app: AppId) -> Result<Vec<OrganizationName>, DbErr> {
    let rows = test_organization::Entity::find()
        .find_also_related(organization::Entity)
        .filter(test_organization::Column::AppId.eq(app))
        .order_by_asc(test_organization::Column::CreatedAt)
        .order_by_asc(test_organization::Column::OrganizationId)
        .limit(NAMED)
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|(_, row)| row.as_ref().map(views::organization_name)).collect())
}
