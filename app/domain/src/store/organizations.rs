//! Organizations.

use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect, SqlErr, TryInsertResult,
};
use serde_json::json;

use super::accounts::normal_name;
use super::audit::{Event, record};
use super::change::ROW_LOCK;
use super::{By, Store, StoreError, views};
use crate::audit::{Action, TargetKind};
use crate::base62;
use crate::entity::{membership, organization, user};
use crate::id::{OrgId, UserId};
use crate::organization::{InstallPolicy, Status};
use crate::portal::OrganizationName;
use crate::role::Role;

/// The most organizations that one person may belong to as owner by making them.
const MAX_OWNED: u64 = 20;
/// For how long the same name from the same person is the same form, sent twice.
const SENT_TWICE_SECONDS: i64 = 60;
/// The longest slug, in bytes, before its ending is made unique.
const MAX_SLUG_BYTES: usize = 40;
/// The longest domain, in bytes (RFC 1035 section 2.3.4).
const MAX_DOMAIN_BYTES: usize = 253;

/// Why no organization was made or renamed.
#[derive(Debug, thiserror::Error)]
pub enum CreateOrganizationError {
    /// No name, one that is too long, or one that [`deceives`](crate::typed::deceives).
    #[error("Enter a name: letters, digits and signs that can be seen, at most 80 of them.")]
    InvalidName,
    /// The person made as many as he may.
    #[error("You have made 20 organizations: that is the most.")]
    TooMany,
    /// The person may not sign in any more.
    #[error("not found")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Why an organization was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SetOrganizationError {
    /// There is none.
    #[error("there is no such organization")]
    NotFound,
    /// No name, one that is too long, or one that [`deceives`](crate::typed::deceives).
    #[error("a name has 1 to 80 letters, digits and signs that can be seen")]
    InvalidName,
    /// No plan, or a word that could be no name.
    #[error("a plan has 1 to 80 letters, digits and signs that can be seen")]
    InvalidPlan,
    /// Not a domain such as `example.com`.
    #[error("not a domain such as example.com")]
    InvalidDomain,
    /// Another organization has it.
    #[error("another organization has this domain")]
    DomainTaken,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Store {
    /// Makes an organization whose owner is the person; its slug comes from its name. A form that is sent twice makes one.
    pub async fn create_organization(
        &self,
        by: &By,
        user: UserId,
        name: &str,
    ) -> Result<OrgId, CreateOrganizationError> {
        let name = normal_name(name).ok_or(CreateOrganizationError::InvalidName)?;
        let tx = self.begin().await?;
        // Who sends one form twice waits for himself here.
        let person = user::Entity::find_by_id(user).filter(user::Column::Status.eq(Status::Active)).lock(ROW_LOCK);
        person.one(&tx).await?.ok_or(CreateOrganizationError::NotFound)?;
        if let Some(made) = self.just_made(&tx, user, &name).await? {
            return Ok(made);
        }
        let made = membership::Entity::find()
            .filter(membership::Column::UserId.eq(user))
            .filter(membership::Column::Role.eq(Role::Owner))
            .count(&tx)
            .await?;
        if made >= MAX_OWNED {
            return Err(CreateOrganizationError::TooMany);
        }
        let row = self.insert_organization(&tx, name).await?;
        let owner =
            membership::Model { organization_id: row.id, user_id: user, role: Role::Owner, created_at: self.now() };
        membership::Entity::insert(owner.into_active_model()).exec_without_returning(&tx).await?;
        let event = Event::new(Action::OrganizationCreated, TargetKind::Organization, row.id, row.name)
            .organization(row.id)
            .after(json!({ "slug": row.slug }));
        record(&tx, self, by, event).await?;
        tx.commit().await?;
        Ok(row.id)
    }

    /// The organization of this name that the person made a moment ago.
    async fn just_made(&self, tx: &impl ConnectionTrait, user: UserId, name: &str) -> Result<Option<OrgId>, DbErr> {
        let since = self.now().minus_seconds(SENT_TWICE_SECONDS);
        let row = membership::Entity::find()
            .inner_join(organization::Entity)
            .filter(membership::Column::UserId.eq(user))
            .filter(membership::Column::Role.eq(Role::Owner))
            .filter(organization::Column::Name.eq(name))
            .filter(organization::Column::Status.eq(Status::Active))
            .filter(organization::Column::CreatedAt.gt(since))
            .one(tx)
            .await?;
        Ok(row.map(|row| row.organization_id))
    }

    /// Writes the row under the first free slug: the name's, then the name's with random digits.
    async fn insert_organization(&self, tx: &impl ConnectionTrait, name: String) -> Result<organization::Model, DbErr> {
        let base = slug_of(&name);
        let mut row = organization::Model {
            id: OrgId(self.new_id()),
            slug: base.clone(),
            name,
            domain: None,
            plan: "free".to_owned(),
            status: Status::Active,
            install_policy: InstallPolicy::Admins,
            created_at: self.now(),
            updated_at: self.now(),
        };
        loop {
            let inserted = organization::Entity::insert(row.clone().into_active_model())
                .on_conflict_do_nothing_on([organization::Column::Slug])
                .exec_without_returning(tx)
                .await?;
            if matches!(inserted, TryInsertResult::Inserted(1..)) {
                return Ok(row);
            }
            row.slug = format!("{base}-{}", base62::random(self.entropy(), 5).to_lowercase());
        }
    }

    /// Sets domain and plan of the organization with this id, domain or slug; what is none stays.
    pub async fn set_organization(
        &self,
        by: &By,
        which: &str,
        domain: Option<String>,
        plan: Option<String>,
    ) -> Result<OrgId, SetOrganizationError> {
        let id = self.find_organization(which).await?.ok_or(SetOrganizationError::NotFound)?;
        let domain = match domain {
            Some(text) => Some(normal_domain(&text).ok_or(SetOrganizationError::InvalidDomain)?),
            None => None,
        };
        let plan = match plan {
            Some(text) => Some(normal_name(&text).ok_or(SetOrganizationError::InvalidPlan)?),
            None => None,
        };
        let tx = self.begin().await?;
        let row = under_lock(&tx, id).await?.ok_or(SetOrganizationError::NotFound)?;
        let (before, name) = (json!({ "domain": row.domain, "plan": row.plan }), row.name.clone());
        if let Some(domain) = &domain {
            let holder = organization::Entity::find()
                .filter(organization::Column::Domain.eq(domain.as_str()))
                .filter(organization::Column::Id.ne(id));
            if holder.one(&tx).await?.is_some() {
                return Err(SetOrganizationError::DomainTaken);
            }
        }
        let changed = organization::Model {
            domain: domain.or_else(|| row.domain.clone()),
            plan: plan.unwrap_or_else(|| row.plan.clone()),
            updated_at: self.now(),
            ..row
        };
        let event = Event::new(Action::OrganizationUpdated, TargetKind::Organization, id, name)
            .organization(id)
            .before(before)
            .after(json!({ "domain": changed.domain, "plan": changed.plan }));
        let taken = |error: DbErr| match error.sql_err() {
            // Another organization got it a moment ago.
            Some(SqlErr::UniqueConstraintViolation(_)) => SetOrganizationError::DomainTaken,
            _ => error.into(),
        };
        organization::Entity::update(changed.into_active_model().reset_all()).exec(&tx).await.map_err(taken)?;
        record(&tx, self, by, event).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Changes the display name, for the resource API; `on_behalf_of` is the person whom a `self` token acts as.
    pub async fn rename_organization(
        &self,
        by: &By,
        on_behalf_of: Option<UserId>,
        id: OrgId,
        name: &str,
    ) -> Result<OrganizationName, SetOrganizationError> {
        let name = normal_name(name).ok_or(SetOrganizationError::InvalidName)?;
        let tx = self.begin().await?;
        let row = under_lock(&tx, id).await?.ok_or(SetOrganizationError::NotFound)?;
        let mut event = Event::new(Action::OrganizationUpdated, TargetKind::Organization, id, name.clone())
            .organization(id)
            .before(json!({ "name": row.name }))
            .after(json!({ "name": name }));
        if let Some(user) = on_behalf_of {
            let person = user::Entity::find_by_id(user).one(&tx).await?;
            event = event.on_behalf_of(user, person.map(|user| user.name).unwrap_or_default());
        }
        let changed = organization::Model { name, updated_at: self.now(), ..row };
        let answer = views::organization_name(&changed);
        organization::Entity::update(changed.into_active_model().reset_all()).exec(&tx).await?;
        record(&tx, self, by, event).await?;
        tx.commit().await?;
        Ok(answer)
    }

    /// Suspends or reactivates an organization.
    pub async fn set_organization_status(&self, by: &By, id: OrgId, status: Status) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        let row = under_lock(&tx, id).await?.ok_or(StoreError::NotFound)?;
        let event = Event::new(Action::OrganizationUpdated, TargetKind::Organization, id, row.name.clone())
            .organization(id)
            .before(json!({ "status": row.status }))
            .after(json!({ "status": status }));
        let change = organization::Model { status, updated_at: self.now(), ..row }.into_active_model().reset_all();
        organization::Entity::update(change).exec(&tx).await?;
        record(&tx, self, by, event).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Changes what members may install; running installs stay.
    pub async fn set_install_policy(&self, by: &By, id: OrgId, policy: InstallPolicy) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        let row = under_lock(&tx, id).await?.ok_or(StoreError::NotFound)?;
        let event = Event::new(Action::PolicyChanged, TargetKind::Organization, id, row.name.clone())
            .organization(id)
            .before(json!({ "install_policy": row.install_policy }))
            .after(json!({ "install_policy": policy }));
        let change = organization::Model { install_policy: policy, updated_at: self.now(), ..row };
        organization::Entity::update(change.into_active_model().reset_all()).exec(&tx).await?;
        record(&tx, self, by, event).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The organization that `text` names: by id, then by domain, then by slug (PROTOCOL section 1, *`organization`*).
    pub async fn find_organization(&self, text: &str) -> Result<Option<OrgId>, DbErr> {
        find_organization(self.reader(), text).await
    }

    /// An organization's name.
    pub async fn organization_name(&self, id: OrgId) -> Result<Option<OrganizationName>, DbErr> {
        let row = organization::Entity::find_by_id(id).one(self.reader()).await?;
        Ok(row.as_ref().map(views::organization_name))
    }
}

/// The organization, its row locked: a change writes all of it, and must not undo another that it did not see.
pub(super) async fn under_lock(tx: &impl ConnectionTrait, id: OrgId) -> Result<Option<organization::Model>, DbErr> {
    organization::Entity::find_by_id(id).lock(ROW_LOCK).one(tx).await
}

/// The organization that `text` names.
pub(crate) async fn find_organization(db: &impl ConnectionTrait, text: &str) -> Result<Option<OrgId>, DbErr> {
    let Some(named) = named(text) else { return Ok(None) };
    Ok(organization::Entity::find().filter(named).limit(1).one(db).await?.map(|row| row.id))
}

/// What names an organization.
#[derive(Clone, Debug)]
pub(crate) enum Naming {
    /// Its id.
    Id(OrgId),
    /// Its domain, in lower case.
    Domain(String),
    /// Its slug, in lower case.
    Slug(String),
}

/// What `text` names an organization by; none for what can be no name of one.
pub(crate) fn naming(text: &str) -> Option<Naming> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_DOMAIN_BYTES {
        return None;
    }
    if let Ok(id) = text.parse::<OrgId>() {
        return Some(Naming::Id(id));
    }
    let lower = text.to_ascii_lowercase();
    Some(if lower.contains('.') { Naming::Domain(lower) } else { Naming::Slug(lower) })
}

/// The condition that finds the organization which `text` names; none for what can be no name of one.
pub(crate) fn named(text: &str) -> Option<SimpleExpr> {
    Some(match naming(text)? {
        Naming::Id(id) => organization::Column::Id.eq(id),
        Naming::Domain(domain) => organization::Column::Domain.eq(domain),
        Naming::Slug(slug) => organization::Column::Slug.eq(slug),
    })
}

/// The slug of a name: lower-case letters, digits and single hyphens. It holds no dot and cannot look like an id.
fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == MAX_SLUG_BYTES {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    // 36 characters in the form of a UUID would be taken for an id.
    if slug.is_empty() || slug.parse::<OrgId>().is_ok() {
        format!("organization-{slug}").trim_end_matches('-').to_owned()
    } else {
        slug.to_owned()
    }
}

/// The domain as it is kept: lower-case, at least two labels.
fn normal_domain(text: &str) -> Option<String> {
    let domain = text.trim().to_ascii_lowercase();
    let label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        inner && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    (domain.len() <= MAX_DOMAIN_BYTES && domain.contains('.') && domain.split('.').all(label)).then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::{normal_domain, slug_of};

    #[test]
    fn a_slug_has_no_dot_and_is_no_id() {
        assert_eq!(slug_of("Acme, Inc."), "acme-inc");
        assert_eq!(slug_of("  Örtlich & Söhne "), "rtlich-s-hne");
        assert_eq!(slug_of("***"), "organization");
        assert_eq!(slug_of(&"x".repeat(80)).len(), 40);
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(slug_of(id), format!("organization-{id}"));
    }

    #[test]
    fn a_domain_has_a_dot_and_plain_labels() {
        assert_eq!(normal_domain(" Acme.Example ").as_deref(), Some("acme.example"));
        for bad in ["acme", "a..b", "-a.b", "a.b-", "a b.c", "https://a.b", "", ".", "a.b/c", "ä.b"] {
            assert_eq!(normal_domain(bad), None, "{bad}");
        }
    }
}
