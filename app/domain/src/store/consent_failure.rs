//! What the client is told when our side fails while a person decides.

use sea_orm::DbErr;

use super::{Store, grants};
use crate::client::{AppStatus, Client};
use crate::id::{GrantId, UserId};
use crate::oauth::authorize::AuthorizationResponse;
use crate::oauth::error::OAuthError;
use crate::secret::{Interaction, Presented};

impl Store {
    /// `error` for the client of a pending grant, whose redirect is trusted ("Error code by endpoint", authorize and
    /// consent). Nothing is changed: the person may go back and decide again. None where the grant is not open for this
    /// browser.
    pub async fn failed_decision(
        &self,
        id: GrantId,
        interaction: &Presented<Interaction>,
        user: Option<UserId>,
        error: OAuthError,
    ) -> Result<Option<AuthorizationResponse>, DbErr> {
        let Some(grant) = self.grant_of_browser(self.reader(), id, interaction).await? else { return Ok(None) };
        let client = self.client_of_app(grant.app_id).await?.filter(Client::enabled);
        let Some(client) = client else { return Ok(None) };
        let met = match user {
            Some(user) => self.may_meet(&client, user).await?,
            None => client.status != AppStatus::Draft,
        };
        if !met {
            return Ok(None);
        }
        let issuer = &self.settings().issuer;
        Ok(grants::reply_to(&grant, &client).map(|to| AuthorizationResponse::error(to, issuer, error)))
    }
}
