//! What OpenID Connect needs of the keys and tables: ID tokens, hints, and what the userinfo endpoint shows.

use sea_orm::{DbErr, EntityTrait};

use super::Store;
use super::claimed::ours;
use super::keys::SignError;
use crate::client::{ActorMode, Client};
use crate::entity::{code, organization};
use crate::id::OrgId;
use crate::jwt::TokenKind;
use crate::oauth::id_token::{Hint, IdToken, SignIn};
use crate::oauth::openid::OPENID;
use crate::oauth::token::Issue;
use crate::time::Timestamp;

impl Store {
    /// The ID token beside `access_token`, where what the code grants has `openid`. Signed before the exchange is
    /// committed: a code is not spent on an answer that cannot be given.
    pub(super) async fn id_token_for(
        &self,
        client: &Client,
        code: &code::Model,
        issue: &Issue,
        access_token: &str,
        now: Timestamp,
    ) -> Result<Option<String>, SignError> {
        // An app that acts for itself has no person to tell of; only a test install grants it the scope.
        if code.actor != ActorMode::Myself || !issue.effective.contains(OPENID) {
            return Ok(None);
        }
        let of = SignIn { user: code.user_id, nonce: code.nonce.as_deref(), authenticated_at: code.authenticated_at };
        let claims = IdToken::new(&self.settings().issuer, client, &of, access_token, now);
        let _coming = self.0.queue.coming().one();
        // On the heap: an exchange without one need not move it.
        Box::pin(self.sign(client.id_token_signed_response_alg, TokenKind::IdToken, &claims)).await.map(Some)
    }

    /// Whom an `id_token_hint` names; none where it is not an ID token of this issuer, signed with a key of ours.
    /// Whether it has expired does not matter.
    pub async fn id_token_hint(&self, text: &str) -> Result<Option<Hint>, DbErr> {
        let claims = ours(self.verify_hint(text).await)?;
        Ok(claims.and_then(|claims| Hint::of_claims(&claims, &self.settings().issuer)))
    }

    /// What `organization` pays for.
    pub async fn plan_of(&self, organization: OrgId) -> Result<Option<String>, DbErr> {
        let row = organization::Entity::find_by_id(organization).one(self.reader()).await?;
        Ok(row.map(|row| row.plan))
    }
}
