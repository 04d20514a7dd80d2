//! The rows and texts of new tokens, for every grant. A JWT is signed here, before anything is committed, so that nothing
//! is kept that could not be handed out.

use serde::Serialize;

use super::Store;
use super::tokens::TokenError;
use crate::client::{ActorMode, Client, GrantType};
use crate::entity::{access_token, refresh_token};
use crate::id::{AccessTokenId, FamilyId, InstallId, OrgId, RefreshTokenId, UserId};
use crate::jwt::TokenKind;
use crate::oauth::token::{AccessClaims, Holder, Issue};
use crate::scope::ScopeSet;
use crate::secret::{AccessToken, Plain, RefreshToken};
use crate::time::Timestamp;
use crate::token_policy::AccessFormat;

/// Whom and what new tokens belong to.
pub(super) struct Belonging<'a> {
    pub(super) client: &'a Client,
    pub(super) install: InstallId,
    pub(super) organization: OrgId,
    pub(super) grant_type: GrantType,
    pub(super) actor: ActorMode,
    pub(super) user: Option<UserId>,
    pub(super) family: FamilyId,
    pub(super) family_created_at: Timestamp,
    /// The whole grant, which the refresh token keeps.
    pub(super) scopes: &'a ScopeSet,
}

/// An access token and the refresh token beside it, at their birth.
pub(super) struct Pair {
    pub(super) access: (access_token::Model, String),
    pub(super) refresh: Option<(refresh_token::Model, Plain<RefreshToken>)>,
}

/// The text of a new access token, and what its row keeps of it.
struct Text {
    shown: String,
    hash: Vec<u8>,
    hint: String,
    jwt: bool,
}

impl Store {
    /// Makes the rows and secrets of a pair.
    pub(super) async fn mint(
        &self,
        of: &Belonging<'_>,
        issue: &Issue,
        refresh: bool,
        now: Timestamp,
    ) -> Result<Pair, TokenError> {
        let access = self.mint_access(of, issue, now).await?;
        let refresh = refresh.then(|| self.mint_refresh(of, issue, access.0.id, now));
        Ok(Pair { access, refresh })
    }

    /// Makes an access token's row and text.
    pub(super) async fn mint_access(
        &self,
        of: &Belonging<'_>,
        issue: &Issue,
        now: Timestamp,
    ) -> Result<(access_token::Model, String), TokenError> {
        let id = AccessTokenId(self.new_id());
        let Text { shown: text, hash, hint, jwt } = self.access_token_text(of, issue, id, now).await?;
        let row = access_token::Model {
            id,
            token_hash: hash,
            hint,
            app_id: of.client.app,
            install_id: of.install,
            organization_id: of.organization,
            grant_type: of.grant_type,
            jwt,
            actor: of.actor,
            user_id: of.user,
            family_id: of.family,
            scopes: issue.scopes.clone(),
            audience: issue.audience.clone(),
            created_at: now,
            // `exp` has whole seconds: the row ends when the token says so.
            expires_at: issue.access_expires_at.map(|end| if jwt { Timestamp(end.unix_seconds() * 1000) } else { end }),
            revoked_at: None,
            last_used_at: None,
            request_id: None,
            told: None,
        };
        Ok((row, text))
    }

    /// The text of the access token `id`, opaque or a JWT as the app's policy says.
    async fn access_token_text(
        &self,
        of: &Belonging<'_>,
        issue: &Issue,
        id: AccessTokenId,
        now: Timestamp,
    ) -> Result<Text, TokenError> {
        if let AccessFormat::Jwt(algorithm) = of.client.policy.access_format {
            let client_id = &of.client.client_id;
            let holder = Holder { client_id, organization: of.organization, actor: of.actor, user: of.user };
            if let Some(claims) = AccessClaims::new(&self.settings().issuer, id, &holder, issue, now) {
                let _coming = self.0.queue.coming().one();
                // On the heap: opaque tokens need not move it.
                let text = Box::pin(self.sign(algorithm, TokenKind::AccessToken, &claims)).await?;
                return Ok(Text { hash: Vec::new(), hint: jwt_hint(&text), jwt: true, shown: text });
            }
        }
        let plain = Plain::<AccessToken>::mint(&self.settings().brand, id.uuid(), self.entropy());
        Ok(Text { hash: plain.hashed().to_row(), hint: plain.hint(), jwt: false, shown: plain.reveal() })
    }

    fn mint_refresh(
        &self,
        of: &Belonging<'_>,
        issue: &Issue,
        access: AccessTokenId,
        now: Timestamp,
    ) -> (refresh_token::Model, Plain<RefreshToken>) {
        let id = RefreshTokenId(self.new_id());
        let plain = Plain::<RefreshToken>::mint(&self.settings().brand, id.uuid(), self.entropy());
        let row = refresh_token::Model {
            id,
            token_hash: plain.hashed().to_row(),
            hint: plain.hint(),
            app_id: of.client.app,
            install_id: of.install,
            organization_id: of.organization,
            actor: of.actor,
            user_id: of.user,
            family_id: of.family,
            scopes: of.scopes.clone(),
            audience: issue.audience.clone(),
            access_token_id: access,
            created_at: now,
            family_created_at: of.family_created_at,
            expires_at: issue.refresh_expires_at,
            used_at: None,
            successor_id: None,
            sealed_answer: None,
            revoked_at: None,
        };
        (row, plain)
    }
}

/// The beginning that every JWT has and the last four characters: as much as a hint shows of an opaque token.
fn jwt_hint(text: &str) -> String {
    let last = text.char_indices().rev().nth(3).map_or("", |(at, _)| &text[at..]);
    format!("eyJ…{last}")
}

/// What the audit log tells of an issue: hints, never the tokens.
#[derive(Serialize)]
pub(super) struct Issued<'a> {
    token: &'a str,
    refresh_token: Option<&'a str>,
    scopes: &'a ScopeSet,
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_type: Option<GrantType>,
}

impl<'a> Issued<'a> {
    /// A token by the app's own credentials.
    pub(super) fn by_credentials(access: &'a access_token::Model, issue: &'a Issue) -> Self {
        Self { grant_type: Some(access.grant_type), ..Self::of(access, None, issue) }
    }

    fn of(access: &'a access_token::Model, refresh: Option<&'a refresh_token::Model>, issue: &'a Issue) -> Self {
        Self {
            token: &access.hint,
            refresh_token: refresh.map(|row| row.hint.as_str()),
            scopes: &issue.effective,
            expires_at: access.expires_at,
            grant_type: None,
        }
    }
}

impl Pair {
    /// For the audit log.
    pub(super) fn describe<'a>(&'a self, issue: &'a Issue) -> Issued<'a> {
        Issued::of(&self.access.0, self.refresh.as_ref().map(|(row, _)| row), issue)
    }
}
