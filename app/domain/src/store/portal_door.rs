//! The portal's own door to a grant: a test install (PROTOCOL section 1). The same rules and verbs as the endpoints; only
//! the code never leaves the store.

use std::collections::HashSet;

use sea_orm::{ColumnTrait as _, Condition, DbErr, EntityTrait, QueryFilter as _, QuerySelect as _};

use super::cache::Basis;
use super::change::{Applied, Consented};
use super::consent_decision::under_lock;
use super::consent_rows::{Consent, SignIn};
use super::tokens::{PORTAL_DOOR, TokenError};
use super::{By, Store, apps, consent_facts, test_organizations};
use crate::client::{ActorMode, ActorModes, AppStatus, Client, InstallStatus};
use crate::entity::{code, install};
use crate::id::{AppId, CodeId, InstallId, OrgId, UserId};
use crate::oauth::error::OAuthError;
use crate::oauth::install::Wish;
use crate::oauth::openid::OPENID;
use crate::oauth::token::{CodeRequest, TokenResponse};
use crate::portal::NotPermitted;
use crate::role::Role;
use crate::scope::ScopeSet;

/// Who acts with a test token, and with which scopes: `openid` is about a person, so an app that requires it is tried as
/// one, and an app that acts as itself goes without (PROTOCOL section 1, *Actor modes*).
fn as_tested(client: &Client) -> (ActorMode, ScopeSet) {
    let actor = match client.actor_modes {
        ActorModes::Both if client.required_scopes.contains(OPENID) => ActorMode::Myself,
        modes => modes.default_mode(),
    };
    (actor, client.scopes_as(actor))
}

/// Why no test install was made.
#[derive(Debug, thiserror::Error)]
pub enum PortalDoorError {
    /// There is no such app, code or organization, or none that this person may use.
    #[error("not found")]
    NotFound,
    /// The person may not install it there.
    #[error("not permitted: {0}")]
    NotPermitted(NotPermitted),
    /// The token endpoint would have refused, too.
    #[error(transparent)]
    OAuth(#[from] OAuthError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<TokenError> for PortalDoorError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::OAuth(error) => Self::OAuth(error),
            TokenError::ClientChanged => Self::Database(super::busy()),
            TokenError::Database(error) => Self::Database(error),
        }
    }
}

impl Store {
    /// Installs an app of `owner` into `target` for `user`, who manages it: into the owner organization, or another
    /// where he is owner or admin, and nowhere else (requirement 123). Every scope that he can grant is granted.
    pub async fn authorize_in_portal(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        user: UserId,
        target: OrgId,
    ) -> Result<CodeId, PortalDoorError> {
        let now = self.now();
        let catalogue = self.catalogue().await?;
        let tx = self.begin().await?;
        let member = under_lock(&tx, target, user).await?.ok_or(PortalDoorError::NotFound)?;
        // What deletes the app, or gives it another policy, waits until the install is there to be ended, or is seen by it.
        let row = apps::owned(owner, app).lock_shared().one(&tx).await?;
        let client = self.client_of_row(&tx, row).await?.filter(Client::enabled).ok_or(PortalDoorError::NotFound)?;
        let manages = super::memberships::role_in(&tx, user, owner).await?.is_some_and(Role::makes_apps);
        if !manages {
            return Err(PortalDoorError::NotFound);
        }
        if target != owner && !member.role.administers_installs() {
            return Err(PortalDoorError::NotPermitted(NotPermitted::AdminsInstall));
        }
        if client.status == AppStatus::Draft && target != owner {
            // His click is that organization's consent to test it; it goes again where nothing is installed.
            test_organizations::add(&tx, self, by, client.app, &client.name, target).await?;
        }
        let (actor, scopes) = as_tested(&client);
        let wish = Wish { actor, scopes: &scopes, optional: &client.optional_scopes };
        let grantable = consent_facts::judge(&tx, &client, &member, &wish, &catalogue, true).await?;
        let grantable = grantable.map_err(PortalDoorError::NotPermitted)?;
        let consent = Consent {
            client: &client,
            organization: target,
            actor,
            user,
            scopes: grantable.all(),
            redirect_uri: Some(PORTAL_DOOR.to_owned()),
            code_challenge: None,
            resource: None,
            reason: None,
            test: true,
            how: Consented::ByTest,
            sign_in: SignIn::default(),
        };
        // The code itself is dropped here: only its row is redeemed, below.
        let (issue, _) = self.issue(by, consent, now);
        let id = issue.code.id;
        if issue.apply(self, &tx, now).await? == Applied::Lost {
            return Err(PortalDoorError::NotFound);
        }
        tx.commit().await?;
        Ok(id)
    }

    /// In which of `organizations` an app of `owner` works already, by no test install, under the key that a test install
    /// of `user` would have: where an install has one live token, the test takes it away.
    pub async fn in_use(
        &self,
        owner: OrgId,
        app: AppId,
        user: UserId,
        organizations: Vec<OrgId>,
    ) -> Result<HashSet<OrgId>, DbErr> {
        let db = self.reader();
        let row = apps::owned(owner, app).one(db).await?;
        let Some(client) = self.client_of_row(db, row).await? else { return Ok(HashSet::new()) };
        let (actor, _) = as_tested(&client);
        let found = install::Entity::find()
            .select_only()
            .column(install::Column::OrganizationId)
            .filter(install::Column::AppId.eq(app))
            .filter(install::Column::OrganizationId.is_in(organizations))
            .filter(install::Column::Status.eq(InstallStatus::Active))
            .filter(install::Column::Test.eq(false))
            .filter(install::Column::Actor.eq(actor));
        let of_person = (actor == ActorMode::Myself).then(|| install::Column::UserId.eq(user));
        let found = found.filter(Condition::all().add_option(of_person)).into_tuple().all(db).await?;
        Ok(found.into_iter().collect())
    }

    /// Redeems a code that [`Store::authorize_in_portal`] made for the same person: its tokens are shown once.
    pub async fn token_in_portal(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        user: UserId,
        id: CodeId,
    ) -> Result<(InstallId, TokenResponse), PortalDoorError> {
        let db = self.reader();
        let row = apps::owned(owner, app).one(db).await?;
        let client = self.client_of_row(db, row).await?.ok_or(PortalDoorError::NotFound)?;
        let manages = super::memberships::role_in(db, user, owner).await?.is_some_and(Role::makes_apps);
        let code = code::Entity::find_by_id(id).one(db).await?.filter(|_| manages).ok_or(PortalDoorError::NotFound)?;
        let made_here = |row: &code::Model| {
            row.app_id == app && row.user_id == user && row.redirect_uri.as_deref() == Some(PORTAL_DOOR)
        };
        if !made_here(&code) {
            return Err(PortalDoorError::NotFound);
        }
        let request = CodeRequest {
            code: String::new().into(),
            redirect_uri: Some(PORTAL_DOOR.to_owned()),
            code_verifier: None,
            resource: None,
        };
        let answer = self.redeem(Basis::Read, by, &client, &request, id, made_here).await?;
        Ok((code.install_id, answer))
    }
}
