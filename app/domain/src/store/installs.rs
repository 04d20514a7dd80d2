//! Installs: their lists, their review page, and how they end.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};
use serde_json::json;

use super::apps::owned;
use super::audit::{Event, record};
use super::change::{ROW_LOCK, end};
use super::{By, Store, StoreError, page, views};
use crate::audit::{Action, TargetKind};
use crate::client::{ActorMode, InstallStatus};
use crate::entity::{access_token, app, blocked_app, install, membership, organization};
use crate::id::{AppId, InstallId, OrgId, UserId};
use crate::portal::{InstallDetail, InstallRow, Page};
use crate::redirect_uri::origin;
use crate::time::Timestamp;
use crate::typed::{MAX_LINE, given, line};

/// The most lines of "my apps".
const MY_APPS: u64 = 200;

/// Which installs a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstallFilter {
    /// Only those in this state.
    pub status: Option<InstallStatus>,
    /// Looked for in the names of the app and of whom the list shows beside it: its maker, or where it is installed.
    pub q: Option<String>,
    /// The value of the page before.
    pub after: Option<String>,
}

impl Store {
    /// What is installed in `organization`, newest first.
    pub async fn installs_in(&self, organization: OrgId, filter: InstallFilter) -> Result<Page<InstallRow>, DbErr> {
        self.installs(install::Column::OrganizationId.eq(organization), Beside::Maker, filter).await
    }

    /// Where an app of `owner` is installed, newest first.
    pub async fn installs_of_app(
        &self,
        owner: OrgId,
        app: AppId,
        filter: InstallFilter,
    ) -> Result<Page<InstallRow>, StoreError> {
        owned(owner, app).one(self.reader()).await?.ok_or(StoreError::NotFound)?;
        let mut page = self.installs(install::Column::AppId.eq(app), Beside::Target, filter).await?;
        // Who works in another organization is that organization's business (requirement 122).
        for row in page.items.iter_mut().filter(|row| row.organization.id != owner) {
            row.acts_as = None;
            row.installed_by.clear();
        }
        Ok(page)
    }

    /// In how many places an app of `owner` is installed now.
    pub async fn active_installs_of_app(&self, owner: OrgId, app: AppId) -> Result<u64, StoreError> {
        owned(owner, app).one(self.reader()).await?.ok_or(StoreError::NotFound)?;
        let of_app = install::Entity::find().filter(install::Column::AppId.eq(app));
        Ok(of_app.filter(install::Column::Status.eq(InstallStatus::Active)).count(self.reader()).await?)
    }

    /// How many access tokens of `install` work now.
    async fn live_tokens(&self, install: InstallId) -> Result<u64, DbErr> {
        let (ends, mut live) = (access_token::Column::ExpiresAt, 0);
        for kind in end::kinds() {
            live += access_token::Entity::find()
                .filter(access_token::Column::InstallId.eq(install).and(kind))
                .filter(access_token::Column::RevokedAt.is_null())
                .filter(Condition::any().add(ends.is_null()).add(ends.gt(self.now())))
                .count(self.reader())
                .await?;
        }
        Ok(live)
    }

    async fn installs(
        &self,
        which: sea_orm::sea_query::SimpleExpr,
        beside: Beside,
        filter: InstallFilter,
    ) -> Result<Page<InstallRow>, DbErr> {
        let mut select =
            install::Entity::find().filter(which).order_by_desc(install::Column::Id).limit(page::PAGE_LIMIT);
        if let Some(status) = filter.status {
            select = select.filter(install::Column::Status.eq(status));
        }
        if let Some(q) = filter.q.as_deref().and_then(page::looked_for) {
            select = named(select, beside, &q);
        }
        if let Some(after) = page::after::<InstallId>(filter.after.as_deref()) {
            select = select.filter(install::Column::Id.lt(after));
        }
        let page = page::page(select.all(self.reader()).await?, |row| row.id.to_string());
        Ok(Page { items: self.install_rows(page.items).await?, next: page.next })
    }

    /// The review page of an install in `organization`.
    pub async fn install(&self, organization: OrgId, id: InstallId) -> Result<InstallDetail, StoreError> {
        let db = self.reader();
        let row = in_organization(organization, id).one(db).await?.ok_or(StoreError::NotFound)?;
        let app = app::Entity::find_by_id(row.app_id).one(db).await?.ok_or(StoreError::NotFound)?;
        let catalogue = self.catalogue_of(&app).await?;
        let asked = views::app_scopes(db, app.id, &catalogue).await?;
        let uris = views::redirect_uris(db, app.id).await?;
        let origins: BTreeSet<String> = uris.iter().map(|uri| origin(&uri.uri)).collect();
        let blocked = blocked_app::Entity::find_by_id((organization, app.id)).one(db).await?.is_some();
        let line = self.install_rows(vec![row.clone()]).await?.pop().ok_or(StoreError::NotFound)?;
        Ok(InstallDetail {
            row: line,
            client_id: app.client_id,
            scopes: views::scope_lines(&row.scopes, &asked, &catalogue),
            redirect_origins: origins.into_iter().collect(),
            homepage: app.homepage,
            support_email: app.support_email,
            reason: row.reason,
            revoked_reason: row.revoked_reason,
            revoked_at: row.revoked_at,
            blocked,
            tokens: views::token_rows(db, id).await?,
            live_tokens: self.live_tokens(id).await?,
            timeline: self.timeline_of_install(id).await?,
        })
    }

    /// Ends an install in `organization`: tokens, refresh tokens, codes and waiting requests die in the same
    /// transaction (requirement 119). With `block` every install of the app there ends, and nobody installs it again
    /// until the block is lifted.
    pub async fn revoke_install(
        &self,
        by: &By,
        organization: OrgId,
        id: InstallId,
        reason: Option<String>,
        block: bool,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let reason = reason.and_then(|text| given(line(&text, MAX_LINE)));
        let tx = self.begin().await?;
        if block {
            // A consent holds the same lock while it judges: none slips in beside the block.
            organization::Entity::find_by_id(organization).lock(ROW_LOCK).one(&tx).await?;
        }
        let row = in_organization(organization, id).one(&tx).await?.ok_or(StoreError::NotFound)?;
        let app = app::Entity::find_by_id(row.app_id).one(&tx).await?.ok_or(StoreError::NotFound)?;
        let ends = if block {
            let of_app = install::Column::OrganizationId.eq(organization).and(install::Column::AppId.eq(app.id));
            of_app.and(install::Column::Status.ne(InstallStatus::Revoked))
        } else {
            install::Column::Id.eq(id)
        };
        // In the order in which everybody locks installs.
        let ends = install::Entity::find().filter(ends).order_by_asc(install::Column::Id).lock(ROW_LOCK);
        for row in ends.all(&tx).await? {
            self.end_install(&tx, by, &row, &app.name, reason.clone(), now).await?;
        }
        if block {
            self.block(&tx, by, organization, &app, reason, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    async fn end_install(
        &self,
        tx: &DatabaseTransaction,
        by: &By,
        row: &install::Model,
        app_name: &str,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        let after = json!({ "status": InstallStatus::Revoked, "reason": reason });
        if end::install(tx, row, by.actor.user(), reason, now).await? {
            let event = Event::new(Action::InstallRevoked, TargetKind::Install, row.id, app_name);
            let event = event.organization(row.organization_id).app(row.app_id).install(row.id);
            record(tx, self, by, event.before(json!({ "status": row.status })).after(after)).await?;
        }
        Ok(())
    }

    async fn block(
        &self,
        tx: &impl ConnectionTrait,
        by: &By,
        organization: OrgId,
        app: &app::Model,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        let event = Event::new(Action::AppBlocked, TargetKind::App, app.id, &app.name);
        let event = event.organization(organization).app(app.id).after(json!({ "reason": reason }));
        let row = blocked_app::Model {
            organization_id: organization,
            app_id: app.id,
            blocked_by: by.actor.user(),
            reason,
            created_at: now,
        };
        let held = OnConflict::new().do_nothing().to_owned();
        let rows =
            blocked_app::Entity::insert(row.into_active_model()).on_conflict(held).exec_without_returning(tx).await?;
        if rows > 0 {
            record(tx, self, by, event).await?;
        }
        Ok(())
    }

    /// Lifts the block of an app in `organization`. Nothing that ended comes back.
    pub async fn unblock_app(&self, by: &By, organization: OrgId, app: AppId) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        let gone = blocked_app::Entity::delete_by_id((organization, app)).exec(&tx).await?;
        let row = app::Entity::find_by_id(app).one(&tx).await?.filter(|_| gone.rows_affected > 0);
        let row = row.ok_or(StoreError::NotFound)?;
        let event =
            Event::new(Action::AppUnblocked, TargetKind::App, app, &row.name).organization(organization).app(app);
        record(&tx, self, by, event).await?;
        tx.commit().await?;
        Ok(())
    }

    /// How many installs of `app` are in force in `organization`, suspended ones too: what a block there ends.
    pub async fn count_installs(&self, organization: OrgId, app: AppId) -> Result<u64, DbErr> {
        install::Entity::find()
            .filter(install::Column::OrganizationId.eq(organization))
            .filter(install::Column::AppId.eq(app))
            .filter(install::Column::Status.ne(InstallStatus::Revoked))
            .count(self.reader())
            .await
    }

    /// What acts as `user`, or was installed by him where he is a member still, and is in force; newest first.
    pub async fn my_apps(&self, user: UserId) -> Result<Vec<InstallRow>, DbErr> {
        let db = self.reader();
        let where_member = membership::Entity::find()
            .select_only()
            .column(membership::Column::OrganizationId)
            .filter(membership::Column::UserId.eq(user));
        let installed = Condition::all()
            .add(install::Column::InstalledBy.eq(user))
            .add(install::Column::OrganizationId.in_subquery(where_member.into_query()));
        let his = Condition::any().add(install::Column::UserId.eq(user)).add(installed);
        let rows = install::Entity::find()
            .filter(his)
            .filter(install::Column::Status.eq(InstallStatus::Active))
            .order_by_desc(install::Column::Id)
            .limit(MY_APPS)
            .all(db)
            .await?;
        self.install_rows(rows).await
    }

    /// Ends an install that acts as `user`, who needs no role for it (C10).
    pub async fn revoke_my_app(&self, by: &By, user: UserId, id: InstallId) -> Result<(), StoreError> {
        let now = self.now();
        let tx = self.begin().await?;
        let row = install::Entity::find_by_id(id)
            .filter(install::Column::Actor.eq(ActorMode::Myself))
            .filter(install::Column::UserId.eq(user))
            .lock(ROW_LOCK)
            .one(&tx)
            .await?
            .ok_or(StoreError::NotFound)?;
        let app = app::Entity::find_by_id(row.app_id).one(&tx).await?.ok_or(StoreError::NotFound)?;
        let reason = Some("Revoked by the person as whom it acted".to_owned());
        self.end_install(&tx, by, &row, &app.name, reason, now).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Ownership is a condition of the query (requirement 115).
fn in_organization(organization: OrgId, id: InstallId) -> Select<install::Entity> {
    install::Entity::find_by_id(id).filter(install::Column::OrganizationId.eq(organization))
}

/// Whom a list of installs shows beside the app.
#[derive(Clone, Copy)]
enum Beside {
    /// The organization that owns it.
    Maker,
    /// The organization in which it is installed.
    Target,
}

/// Only installs whose app's name, or that of whom the list shows beside it, holds `q`. Both are asked by their ids: a
/// list reads the names of its own installs, and not those of all.
fn named(select: Select<install::Entity>, beside: Beside, q: &str) -> Select<install::Entity> {
    let own = |column: install::Column| (install::Entity, column);
    let app = app::Entity::find()
        .select_only()
        .column(app::Column::Id)
        .filter(Expr::col((app::Entity, app::Column::Id)).equals(own(install::Column::AppId)));
    let name = (organization::Entity, organization::Column::Name);
    let organization = match beside {
        Beside::Maker => app.clone().inner_join(organization::Entity).filter(page::contains(name, q)).into_query(),
        Beside::Target => {
            let id = Expr::col((organization::Entity, organization::Column::Id));
            let target = organization::Entity::find().select_only().column(organization::Column::Id);
            let target = target.filter(id.equals(own(install::Column::OrganizationId)));
            target.filter(page::contains(name, q)).into_query()
        }
    };
    let app = app.filter(page::contains((app::Entity, app::Column::Name), q)).into_query();
    let found = [app, organization].map(Expr::exists);
    select.filter(found.into_iter().fold(Condition::any(), Condition::add))
}
