//! What a consent writes, through whichever door it came.

use super::change::{Consented, Issue};
use super::{By, Store};
use crate::client::{ActorMode, Client, InstallStatus};
use crate::entity::{code, install};
use crate::id::{CodeId, FamilyId, InstallId, OrgId, UserId};
use crate::scope::ScopeSet;
use crate::secret::{AuthorizationCode, Plain};
use crate::time::Timestamp;

/// What the ID token will say of the request and of the sign-in behind it.
#[derive(Clone, Debug, Default)]
pub(super) struct SignIn {
    /// `nonce`, byte for byte.
    pub(super) nonce: Option<String>,
    /// When the person proved who he is (`auth_time`).
    pub(super) authenticated_at: Option<Timestamp>,
}

/// What a person allowed, through whichever door.
pub(super) struct Consent<'a> {
    pub(super) client: &'a Client,
    pub(super) organization: OrgId,
    pub(super) actor: ActorMode,
    pub(super) user: UserId,
    pub(super) scopes: ScopeSet,
    pub(super) redirect_uri: Option<String>,
    pub(super) code_challenge: Option<String>,
    pub(super) resource: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) test: bool,
    pub(super) how: Consented,
    pub(super) sign_in: SignIn,
}

impl Store {
    /// The rows of a consent: an install of its key, and a code.
    pub(super) fn issue(&self, by: &By, consent: Consent<'_>, now: Timestamp) -> (Issue, Plain<AuthorizationCode>) {
        let id = CodeId(self.new_id());
        let plain = Plain::<AuthorizationCode>::mint(&self.settings().brand, id.uuid(), self.entropy());
        let install = install::Model {
            id: InstallId(self.new_id()),
            app_id: consent.client.app,
            organization_id: consent.organization,
            actor: consent.actor,
            user_id: (consent.actor == ActorMode::Myself).then_some(consent.user),
            scopes: consent.scopes.clone(),
            installed_by: consent.user,
            reason: consent.reason,
            test: consent.test,
            status: InstallStatus::Active,
            created_at: now,
            updated_at: now,
            last_used_at: None,
            revoked_at: None,
            revoked_by: None,
            revoked_reason: None,
        };
        let code = code::Model {
            id,
            code_hash: plain.hashed().to_row(),
            app_id: consent.client.app,
            install_id: install.id,
            organization_id: consent.organization,
            actor: consent.actor,
            user_id: consent.user,
            redirect_uri: consent.redirect_uri,
            code_challenge: consent.code_challenge,
            nonce: consent.sign_in.nonce,
            authenticated_at: consent.sign_in.authenticated_at,
            scopes: consent.scopes,
            audience: consent.resource.unwrap_or_else(|| self.default_audience()),
            family_id: FamilyId(self.new_id()),
            created_at: now,
            expires_at: now.plus_seconds(consent.client.policy.code_seconds),
            used_at: None,
            access_token_id: None,
            revoked_at: None,
        };
        let app_name = consent.client.name.clone();
        (Issue { by: by.clone(), app_name, install, code, how: consent.how }, plain)
    }

    /// The audience of a request that names none.
    fn default_audience(&self) -> String {
        let settings = self.settings();
        settings.audiences.first().cloned().unwrap_or_else(|| format!("{}/api/v1", settings.issuer))
    }
}
