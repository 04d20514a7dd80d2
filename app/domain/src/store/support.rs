//! What staff see: one search, and dossiers. Read-only.

use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::SimpleExpr,
};

use super::audit::{Event, record};
use super::audit_log::timeline;
use super::page::{self, contains};
use super::trail::Which;
use super::{By, Store, StoreError, views};
use crate::audit::{Action, TargetKind};
use crate::entity::{app, install, membership, organization, user};
use crate::id::{AppId, InstallId, OrgId, RequestId, UserId};
use crate::portal::{
    AppDossier, InstallDetail, OrganizationDossier, PersonDossier, SearchResults, SupportApp, SupportOrganization,
    SupportPerson,
};

/// The most of each kind that a search gives.
const FOUND: u64 = 10;
/// The most apps and installs of a dossier.
const DOSSIER_ROWS: u64 = 50;
/// The most members of an organization's dossier.
const MEMBERS: u64 = 100;

impl Store {
    /// Searches for a part of a name or an address, or for a whole client id, slug, domain, or id of an app, an install,
    /// an organization, a person or a request.
    pub async fn search(&self, text: &str) -> Result<SearchResults, DbErr> {
        let Some(text) = page::looked_for(text) else { return Ok(SearchResults::default()) };
        let apps = self.search_apps(&text).await?;
        let organizations = self.search_organizations(&text).await?;
        let app_ids: Vec<AppId> = apps.iter().map(|app| app.row.id).collect();
        let organization_ids: Vec<OrgId> = organizations.iter().map(|found| found.organization.id).collect();
        let db = self.reader();
        let installs = install::Entity::find()
            .filter(
                Condition::any()
                    .add_option(text.parse().ok().map(|id: InstallId| install::Column::Id.eq(id)))
                    .add(install::Column::AppId.is_in(app_ids))
                    .add(install::Column::OrganizationId.is_in(organization_ids)),
            )
            .order_by_desc(install::Column::Id)
            .limit(FOUND)
            .all(db)
            .await?;
        let events = match text.parse::<RequestId>() {
            Ok(request) => {
                let mut events = timeline(db, Which::of_request(request)).await?;
                events.truncate(usize::try_from(FOUND).unwrap_or_default());
                events
            }
            Err(_) => Vec::new(),
        };
        let installs = self.install_rows(installs).await?;
        Ok(SearchResults { apps, installs, organizations, people: self.search_people(&text).await?, events })
    }

    async fn search_apps(&self, text: &str) -> Result<Vec<SupportApp>, DbErr> {
        let found = any_of([
            Some(contains(app::Column::Name, text)),
            Some(app::Column::ClientId.eq(text)),
            text.parse().ok().map(|id: AppId| app::Column::Id.eq(id)),
        ]);
        let db = self.reader();
        let rows = app::Entity::find().filter(found).order_by_desc(app::Column::Id).limit(FOUND).all(db).await?;
        let owners = views::organizations(db, rows.iter().map(|row| row.owner_id).collect()).await?;
        let owner_ids: Vec<OrgId> = rows.iter().map(|row| row.owner_id).collect();
        let lines = views::app_rows(db, rows).await?;
        let line = |(row, owner)| Some(SupportApp { row, owner: views::organization_name(owners.get(&owner)?) });
        Ok(lines.into_iter().zip(owner_ids).filter_map(line).collect())
    }

    async fn search_organizations(&self, text: &str) -> Result<Vec<SupportOrganization>, DbErr> {
        let found = any_of([
            Some(contains(organization::Column::Name, text)),
            Some(organization::Column::Slug.eq(text.to_lowercase())),
            Some(organization::Column::Domain.eq(text.to_lowercase())),
            text.parse().ok().map(|id: OrgId| organization::Column::Id.eq(id)),
        ]);
        let rows = organization::Entity::find()
            .filter(found)
            .order_by_desc(organization::Column::Id)
            .limit(FOUND)
            .all(self.reader())
            .await?;
        Ok(rows.into_iter().map(support_organization).collect())
    }

    async fn search_people(&self, text: &str) -> Result<Vec<SupportPerson>, DbErr> {
        let found = any_of([
            Some(contains(user::Column::Name, text)),
            Some(contains(user::Column::Email, text)),
            text.parse().ok().map(|id: UserId| user::Column::Id.eq(id)),
        ]);
        let rows =
            user::Entity::find().filter(found).order_by_desc(user::Column::Id).limit(FOUND).all(self.reader()).await?;
        Ok(rows.into_iter().map(support_person).collect())
    }

    /// An app with its secrets' hints, its installs and its history.
    pub async fn app_dossier(&self, id: AppId) -> Result<AppDossier, StoreError> {
        let db = self.reader();
        let row = app::Entity::find_by_id(id).one(db).await?.ok_or(StoreError::NotFound)?;
        let catalogue = self.catalogue_of(&row).await?;
        let installs = install::Entity::find().filter(install::Column::AppId.eq(id));
        let installs = installs.order_by_desc(install::Column::Id).limit(DOSSIER_ROWS).all(db).await?;
        Ok(AppDossier {
            app: views::app_detail(db, row, &catalogue, self.now()).await?,
            secrets: self.secret_rows(id).await?,
            installs: self.install_rows(installs).await?,
            timeline: self.timeline_of_app(id).await?,
        })
    }

    /// An install's review page, for staff.
    pub async fn install_dossier(&self, id: InstallId) -> Result<InstallDetail, StoreError> {
        let row = install::Entity::find_by_id(id).one(self.reader()).await?.ok_or(StoreError::NotFound)?;
        self.install(row.organization_id, id).await
    }

    /// An organization with its members, apps, installs and history.
    pub async fn organization_dossier(&self, id: OrgId) -> Result<OrganizationDossier, StoreError> {
        let db = self.reader();
        let row = organization::Entity::find_by_id(id).one(db).await?.ok_or(StoreError::NotFound)?;
        let members = membership::Entity::find()
            .find_also_related(user::Entity)
            .filter(membership::Column::OrganizationId.eq(id))
            .order_by_asc(user::Column::Name)
            .order_by_asc(user::Column::Id)
            .limit(MEMBERS)
            .all(db)
            .await?;
        let members = members.into_iter().filter_map(|(row, user)| Some((support_person(user?), row.role))).collect();
        let apps = app::Entity::find().filter(app::Column::OwnerId.eq(id));
        let apps = apps.order_by_desc(app::Column::Id).limit(DOSSIER_ROWS).all(db).await?;
        let installs = install::Entity::find().filter(install::Column::OrganizationId.eq(id));
        let installs = installs.order_by_desc(install::Column::Id).limit(DOSSIER_ROWS).all(db).await?;
        Ok(OrganizationDossier {
            organization: support_organization(row),
            members,
            apps: views::app_rows(db, apps).await?,
            installs: self.install_rows(installs).await?,
            timeline: self.timeline_of_organization(id).await?,
        })
    }

    /// A person with his organizations and history.
    pub async fn person_dossier(&self, id: UserId) -> Result<PersonDossier, StoreError> {
        let row = user::Entity::find_by_id(id).one(self.reader()).await?.ok_or(StoreError::NotFound)?;
        Ok(PersonDossier {
            person: support_person(row),
            memberships: self.memberships_of(id).await?,
            timeline: self.timeline_of_user(id).await?,
        })
    }

    /// Tells the log that staff looked at a dossier. It stands in no organization's own log.
    pub async fn support_viewed(
        &self,
        by: &By,
        kind: TargetKind,
        id: impl std::fmt::Display + Send,
        name: &str,
    ) -> Result<(), DbErr> {
        let event = Event::new(Action::SupportViewed, kind, id, name);
        record(self.beside(), self, by, event).await
    }
}

fn any_of<const N: usize>(conditions: [Option<SimpleExpr>; N]) -> Condition {
    conditions.into_iter().fold(Condition::any(), Condition::add_option)
}

fn support_organization(row: organization::Model) -> SupportOrganization {
    SupportOrganization {
        organization: views::organization_name(&row),
        domain: row.domain,
        plan: row.plan,
        status: row.status,
        install_policy: row.install_policy,
        created_at: row.created_at,
    }
}

fn support_person(row: user::Model) -> SupportPerson {
    SupportPerson {
        id: row.id,
        name: row.name,
        email: row.email,
        status: row.status,
        staff_role: row.staff_role,
        created_at: row.created_at,
    }
}
