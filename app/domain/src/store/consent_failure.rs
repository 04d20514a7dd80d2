//! What the client is told when our side fails while a person decides.

use sea_orm::DbErr;

use super::Store;
use crate::id::{GrantId, UserId};
use crate::oauth::authorize::{AuthorizationResponse, Callback};
use crate::oauth::error::OAuthError;
use crate::secret::{Interaction, Presented};

impl Store {
    /// `error` for the client of a pending grant, whose redirect is trusted ("Error code by endpoint", authorize and
    /// consent). Nothing is changed: the person may go back and decide again. None where the grant is not open for this
    /// browser and person.
    pub async fn failed_decision(
        &self,
        id: GrantId,
        interaction: &Presented<Interaction>,
        user: UserId,
        error: OAuthError,
    ) -> Result<Option<AuthorizationResponse>, DbErr> {
        let Some(grant) = self.pending_grant(self.reader(), id, interaction, user).await? else { return Ok(None) };
        let Some(client) = self.client_of_app(grant.app_id).await? else { return Ok(None) };
        let Some(callback) = Callback::registered(&client, &grant.callback) else { return Ok(None) };
        Ok(Some(AuthorizationResponse::error(callback, grant.state, &self.settings().issuer, error)))
    }
}
