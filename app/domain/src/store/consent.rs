//! Picker and consent: what the pages show of a request that waits. Nothing about the request is read back from a form
//! (requirement 28).

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::consent_facts::{self, Member};
use super::grounds::Person;
use super::{Store, StoreError, test_organizations, views};
use crate::client::{AppStatus, Client, GrantStatus};
use crate::entity::{app, grant, organization};
use crate::id::{GrantId, OrgId, UserId};
use crate::oauth::authorize::Callback;
use crate::oauth::install::{Grantable, Wish};
use crate::portal::{ConsentStep, ConsentView, NotPermitted};
use crate::scope::{Catalogue, ScopeSet};
use crate::secret::{Interaction, Presented};
use crate::token_policy::Refresh;

/// A pending grant with everything that a page or a decision needs.
pub(super) struct Opened {
    pub(super) grant: grant::Model,
    pub(super) client: Client,
    pub(super) person: Person,
    pub(super) memberships: Vec<Member>,
    pub(super) catalogue: Catalogue,
}

impl Opened {
    /// A draft answers nobody but those who may test it, not even with an error (PROTOCOL section 1, *Approval*).
    pub(super) fn hidden(&self) -> bool {
        self.client.status == AppStatus::Draft && self.memberships.is_empty()
    }

    /// Whether the request names an organization that the person cannot choose: nobody knows it, he is no member, or
    /// the app is not live there. Then he confirms which one it is, whatever he consented to before (requirement 117).
    pub(super) fn misses_its_hint(&self) -> bool {
        self.grant.hinted && !self.memberships.iter().any(|member| Some(member.id()) == self.grant.hint)
    }

    /// What is asked for: what the app asked for and no longer asks for is not granted any more.
    pub(super) fn asked(&self) -> ScopeSet {
        self.grant.scopes.intersection(&self.client.scopes())
    }
}

impl Store {
    /// What the picker or consent page shows. The first person who opens it owns it from then on. With `change` the
    /// picker is shown although an organization was chosen.
    pub async fn consent_view(
        &self,
        id: GrantId,
        interaction: &Presented<Interaction>,
        user: UserId,
        change: bool,
    ) -> Result<ConsentView, StoreError> {
        let opened = self.open(id, interaction, user).await?;
        let db = self.reader();
        let app = app::Entity::find_by_id(opened.client.app).one(db).await?.ok_or(StoreError::NotFound)?;
        let owner = organization::Entity::find_by_id(app.owner_id).one(db).await?.ok_or(StoreError::NotFound)?;
        let callback = Callback::registered(&opened.client, &opened.grant.callback).ok_or(StoreError::NotFound)?;
        let (step, hint_missed) = (self.step(&opened, change).await?, opened.misses_its_hint());
        Ok(ConsentView {
            id,
            app: views::app_name(&app),
            client_id: app.client_id,
            owner: views::organization_name(&owner),
            homepage: app.homepage,
            support_email: app.support_email,
            person: opened.person.name,
            email: opened.person.email,
            actor: opened.grant.actor,
            redirect_origin: callback.origin(),
            access_seconds: opened.client.policy.access_seconds,
            refreshes: opened.client.policy.refresh != Refresh::None,
            approved: self.reviews_apps().then_some(opened.client.approved),
            hint_missed,
            step,
        })
    }

    async fn step(&self, opened: &Opened, change: bool) -> Result<ConsentStep, DbErr> {
        if opened.hidden() {
            return Ok(ConsentStep::Draft);
        }
        let others = opened.memberships.len() > 1;
        let chosen = opened.grant.organization_id.filter(|_| !(change && others));
        let Some(member) = chosen.and_then(|id| opened.memberships.iter().find(|member| member.id() == id)) else {
            return self.pick(opened).await;
        };
        let (db, organization) = (self.reader(), member.name());
        match self.judge(db, opened, member).await? {
            Ok(grantable) => {
                let catalogue = opened.catalogue.clone().under(&opened.client.policy);
                let asked = views::app_scopes(db, opened.client.app, &catalogue).await?;
                let lines = |tokens: &ScopeSet, required: bool| {
                    let mut lines = views::scope_lines(tokens, &asked, &catalogue);
                    for line in &mut lines {
                        line.required = required;
                    }
                    lines
                };
                let mut scopes = lines(&grantable.required, true);
                scopes.extend(lines(&grantable.optional, false));
                let left_out = lines(&grantable.left_out, false);
                let present = consent_facts::present(db, &opened.client, member, opened.grant.actor).await?;
                Ok(ConsentStep::Decide { organization, scopes, left_out, others, present })
            }
            Err(reason) => {
                let ask = consent_facts::whom_to_ask(db, member.id()).await?;
                Ok(ConsentStep::NotPermitted { organization, reason, ask, others })
            }
        }
    }

    async fn pick(&self, opened: &Opened) -> Result<ConsentStep, DbErr> {
        if opened.memberships.is_empty() {
            return Ok(ConsentStep::NoOrganization);
        }
        let mut choices = Vec::with_capacity(opened.memberships.len());
        for member in &opened.memberships {
            let not_permitted = self.judge(self.reader(), opened, member).await?.err();
            choices.push(member.choice(not_permitted, opened.grant.hint == Some(member.id())));
        }
        Ok(ConsentStep::Pick { choices })
    }

    /// The pure rule over loaded facts.
    pub(super) async fn judge(
        &self,
        db: &impl ConnectionTrait,
        opened: &Opened,
        member: &Member,
    ) -> Result<Result<Grantable, NotPermitted>, DbErr> {
        let scopes = opened.asked();
        let wish = Wish { actor: opened.grant.actor, scopes: &scopes, optional: &opened.grant.optional_scopes };
        consent_facts::judge(db, &opened.client, member, &wish, &opened.catalogue, false).await
    }

    /// Loads a pending grant for its browser and person, and makes it his if it was nobody's. Where he has only one
    /// organization, or the request names one of his, that one is chosen: the consent page says which, and he confirms.
    pub(super) async fn open(
        &self,
        id: GrantId,
        interaction: &Presented<Interaction>,
        user: UserId,
    ) -> Result<Opened, StoreError> {
        let db = self.reader();
        let mut grant = self.pending_grant(db, id, interaction, user).await?.ok_or(StoreError::NotFound)?;
        let client = self.client_of_app(grant.app_id).await?.filter(Client::enabled).ok_or(StoreError::NotFound)?;
        let person = consent_facts::active_person(db, user).await?.ok_or(StoreError::NotFound)?;
        let memberships = consent_facts::memberships(db, user).await?;
        let memberships = test_organizations::only_where_live(db, &client, memberships).await?;
        if grant.user_id.is_none() || grant.organization_id.is_none() {
            let automatic = match memberships.as_slice() {
                [only] => Some(only.id()),
                several => several.iter().map(Member::id).find(|member| Some(*member) == grant.hint),
            };
            let chosen = grant.organization_id.or(automatic);
            let opened = grant::Entity::update_many()
                .col_expr(grant::Column::UserId, Expr::value(user))
                .col_expr(grant::Column::OrganizationId, Expr::value(chosen))
                .filter(grant::Column::Id.eq(id))
                .filter(grant::Column::Status.eq(GrantStatus::Pending))
                .filter(Condition::any().add(grant::Column::UserId.is_null()).add(grant::Column::UserId.eq(user)))
                .filter(grant::Column::OrganizationId.is_null())
                .exec(self.beside())
                .await?;
            if opened.rows_affected == 1 {
                (grant.user_id, grant.organization_id) = (Some(user), chosen);
            } else {
                // Somebody was faster, in another tab: what is there now counts.
                grant = self.pending_grant(self.beside(), id, interaction, user).await?.ok_or(StoreError::NotFound)?;
            }
        }
        let catalogue = self.catalogue().await?;
        Ok(Opened { grant, client, person, memberships, catalogue })
    }

    /// The person picks one of his organizations.
    pub async fn choose_organization(
        &self,
        id: GrantId,
        interaction: &Presented<Interaction>,
        user: UserId,
        organization: OrgId,
    ) -> Result<(), StoreError> {
        let opened = self.open(id, interaction, user).await?;
        if !opened.memberships.iter().any(|member| member.id() == organization) {
            return Err(StoreError::NotFound);
        }
        let done = grant::Entity::update_many()
            .col_expr(grant::Column::OrganizationId, Expr::value(organization))
            .filter(grant::Column::Id.eq(id))
            .filter(grant::Column::Status.eq(GrantStatus::Pending))
            .filter(grant::Column::UserId.eq(user))
            .exec(self.beside())
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(StoreError::NotFound) }
    }
}
