//! What a person decides on the consent page, and what that commits: the install and the code in one transaction.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::audit::{Event, record};
use super::cache::Touched;
use super::change::{Applied, Consented, ROW_LOCK};
use super::consent::Opened;
use super::consent_facts::{self, Member};
use super::consent_rows::{Consent, SignIn};
use super::grants::{reply_to, terms};
use super::{By, Store, StoreError};
use crate::audit::{Action, TargetKind};
use crate::client::{Client, GrantStatus};
use crate::entity::{app, grant, organization};
use crate::id::{GrantId, OrgId, UserId};
use crate::oauth::authorize::AuthorizationResponse;
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::gate::{Gate, Visitor};
use crate::oauth::install::Grantable;
use crate::organization::Status;
use crate::portal::NotPermitted;
use crate::scope::ScopeSet;
use crate::secret::{Interaction, Presented};
use crate::time::Timestamp;
use crate::typed::{MAX_LINE, given, line};

/// What a person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Allow it.
    Allow {
        /// The organization that the page showed.
        organization: OrgId,
        /// The optional scopes that were ticked.
        optional: ScopeSet,
        /// Why, in the person's words.
        reason: Option<String>,
    },
    /// Refuse it.
    Deny,
}

/// Why a decision was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// There is no such pending grant for this browser and person, or it is over, or the app is no longer answered.
    #[error("not found")]
    NotFound,
    /// The organization is not the one that was chosen: ask again (requirement 117).
    #[error("another organization was chosen")]
    OtherOrganization,
    /// The session does not do for this request: the person signs in first.
    #[error("the person has to sign in")]
    SignIn,
    /// What the person consented to before does not cover this any more: he is asked.
    #[error("the person has to be asked")]
    NotRemembered,
    /// Everything that was asked for could be left out, and was: that is no consent.
    #[error("nothing was granted")]
    NothingGranted,
    /// The person may not. The grant goes on waiting, so that the client can be told.
    #[error("not permitted: {0}")]
    NotPermitted(NotPermitted),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<StoreError> for DecideError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            StoreError::Database(error) => Self::Database(error),
        }
    }
}

/// What is allowed, and how.
pub(super) struct Allowed {
    pub(super) visitor: Visitor,
    pub(super) organization: OrgId,
    /// The optional scopes that were ticked; those that were remembered count by themselves.
    pub(super) optional: ScopeSet,
    pub(super) reason: Option<String>,
    pub(super) how: Consented,
}

impl Opened {
    fn consent(&self, allowed: Allowed, grantable: &Grantable) -> Consent<'_> {
        let grant = &self.grant;
        Consent {
            client: &self.client,
            organization: allowed.organization,
            actor: grant.actor,
            user: self.person.id,
            scopes: match allowed.how {
                Consented::Before => grantable.all(),
                Consented::OnPage | Consented::ByTest => grantable.granted(&allowed.optional),
            },
            redirect_uri: grant.redirect_uri.clone(),
            code_challenge: grant.code_challenge.clone(),
            resource: grant.resource.clone(),
            reason: allowed.reason,
            test: false,
            how: allowed.how,
            sign_in: SignIn { nonce: grant.nonce.clone(), authenticated_at: Some(allowed.visitor.authenticated_at) },
        }
    }
}

impl Store {
    /// Takes the person's decision: install and code are made in one transaction, in which everything is asked again.
    /// The answer says where the person goes.
    pub async fn decide(
        &self,
        by: &By,
        id: GrantId,
        interaction: &Presented<Interaction>,
        visitor: Visitor,
        decision: Decision,
    ) -> Result<AuthorizationResponse, DecideError> {
        let opened = self.open(id, interaction, visitor.user).await?;
        if opened.hidden() {
            return Err(DecideError::NotFound);
        }
        match decision {
            Decision::Deny => self.deny(by, opened).await,
            Decision::Allow { organization, .. } if opened.grant.organization_id != Some(organization) => {
                Err(DecideError::OtherOrganization)
            }
            Decision::Allow { .. } if terms(&opened.grant).gate(Some(visitor), self.now()) != Gate::Pass(visitor) => {
                Err(DecideError::SignIn)
            }
            Decision::Allow { organization, optional, reason } => {
                let (reason, how) = (reason.and_then(|text| given(line(&text, MAX_LINE))), Consented::OnPage);
                self.allow(by, opened, Allowed { visitor, organization, optional, reason, how }).await
            }
        }
    }

    async fn deny(&self, by: &By, opened: Opened) -> Result<AuthorizationResponse, DecideError> {
        let Opened { grant, client, .. } = opened;
        let to = reply_to(&grant, &client).ok_or(DecideError::NotFound)?;
        let tx = self.begin().await?;
        settle(&tx, &grant, GrantStatus::Denied, self.now()).await?;
        record(&tx, self, by, consent_denied(&client, &grant)).await?;
        tx.commit_touching(Touched::NOTHING).await?;
        let error = OAuthError::new(ErrorCode::AccessDenied, "The person did not allow it.");
        Ok(AuthorizationResponse::error(to, &self.settings().issuer, error))
    }

    pub(super) async fn allow(
        &self,
        by: &By,
        mut opened: Opened,
        allowed: Allowed,
    ) -> Result<AuthorizationResponse, DecideError> {
        let (now, organization) = (self.now(), allowed.organization);
        let tx = self.begin().await?;
        let member = under_lock(&tx, organization, opened.person.id).await?.ok_or(DecideError::NotFound)?;
        // Asked again inside: the app may have been suspended or asked for less meanwhile. What deletes it, or gives it
        // another policy, waits until this consent is there to be ended, or is seen by it.
        let app = app::Entity::find_by_id(opened.client.app).lock_shared().one(&tx).await?;
        opened.client = self.client_of_row(&tx, app).await?.filter(Client::enabled).ok_or(DecideError::NotFound)?;
        let to = reply_to(&opened.grant, &opened.client).ok_or(DecideError::NotFound)?;
        if !opened.client.may_ask(opened.grant.actor) {
            settle(&tx, &opened.grant, GrantStatus::Denied, now).await?;
            record(&tx, self, by, consent_denied(&opened.client, &opened.grant)).await?;
            tx.commit_touching(Touched::NOTHING).await?;
            let error = OAuthError::new(ErrorCode::UnauthorizedClient, "The app does not ask for this any more.");
            return Ok(AuthorizationResponse::error(to, &self.settings().issuer, error));
        }
        let grantable = match self.judge(&tx, &opened, &member).await? {
            Ok(grantable) => grantable,
            Err(refusal) => {
                tx.rollback().await?;
                let event = consent_denied(&opened.client, &opened.grant);
                self.note_refusal(by, event, refusal).await?;
                return Err(DecideError::NotPermitted(refusal));
            }
        };
        if allowed.how == Consented::Before && !self.remembers(&*tx, &opened, organization, &grantable, true).await? {
            return Err(DecideError::NotRemembered);
        }
        let consent = opened.consent(allowed, &grantable);
        if consent.scopes.is_empty() {
            return Err(DecideError::NothingGranted);
        }
        let (issue, code) = self.issue(by, consent, now);
        let touched = issue.touches();
        if issue.apply(self, &tx, now).await? == Applied::Lost {
            return Err(DecideError::NotFound);
        }
        // After the install, as its end does: or each would wait for the other's row.
        settle(&tx, &opened.grant, GrantStatus::Approved, now).await?;
        tx.commit_touching(touched).await?;
        Ok(AuthorizationResponse::code(to, &self.settings().issuer, code))
    }

    async fn note_refusal(&self, by: &By, event: Event, refusal: NotPermitted) -> Result<(), DbErr> {
        let tx = self.begin().await?;
        record(&tx, self, by, event.after(serde_json::json!({ "reason": refusal }))).await?;
        tx.commit_touching(Touched::NOTHING).await
    }
}

/// The member of an active organization, under locks on both rows: a block, a change of policy and a suspension wait
/// until this transaction ends, or are seen by it.
pub(super) async fn under_lock(
    tx: &DatabaseTransaction,
    organization: OrgId,
    user: UserId,
) -> Result<Option<Member>, DbErr> {
    let active = organization::Column::Status.eq(Status::Active);
    let row = organization::Entity::find_by_id(organization).filter(active).lock(ROW_LOCK).one(tx).await?;
    let Some(row) = row else { return Ok(None) };
    consent_facts::member(tx, row, user).await
}

/// Takes the grant out of its waiting; lost when another tab was faster.
async fn settle(
    tx: &DatabaseTransaction,
    row: &grant::Model,
    to: GrantStatus,
    now: Timestamp,
) -> Result<(), DecideError> {
    let done = grant::Entity::update_many()
        .col_expr(grant::Column::Status, Expr::value(to))
        .filter(grant::Column::Id.eq(row.id))
        .filter(grant::Column::Status.eq(GrantStatus::Pending))
        .filter(grant::Column::ExpiresAt.gt(now))
        .filter(grant::Column::UserId.eq(row.user_id))
        .filter(match row.organization_id {
            Some(chosen) => grant::Column::OrganizationId.eq(chosen),
            None => grant::Column::OrganizationId.is_null(),
        })
        .exec(tx)
        .await?;
    debug_assert!(done.rows_affected <= 1, "the id is a primary key");
    if done.rows_affected == 1 { Ok(()) } else { Err(DecideError::NotFound) }
}

fn consent_denied(client: &Client, grant: &grant::Model) -> Event {
    let event = Event::new(Action::ConsentDenied, TargetKind::App, client.app, &client.name);
    event.organization(grant.organization_id).app(client.app).refused()
}
