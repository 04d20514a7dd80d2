//! Introspection where nothing is kept in memory: caller and token in one statement.

use std::sync::Arc;

use sea_orm::DbErr;
use uuid::Uuid;

use super::{Claimant, Known};
use crate::entity::{refresh_token, resource_server};
use crate::id::{AccessTokenId, RefreshTokenId, SecretId};
use crate::oauth::client_auth::Claim;
use crate::secret::{Presented, RefreshToken, ResourceServerSecret};
use crate::store::Store;
use crate::store::grounds::Grounded;

/// What one statement found of a request of introspection. What is not in here is looked up when it is asked for.
#[derive(Default)]
pub struct Ahead {
    found: Found,
    /// The client, where the caller is one.
    pub claimant: Option<Claimant>,
    pub(crate) resource_server: Option<Arc<resource_server::Model>>,
}

/// What is known of the token.
#[derive(Default)]
enum Found {
    /// Nobody asked.
    #[default]
    Unasked,
    /// There is no access token, or no refresh token, of this id.
    Nothing(Uuid),
    /// An access token.
    Access(Arc<Known>),
    /// A refresh token.
    Refresh(Box<Grounded<refresh_token::Model>>),
}

impl Ahead {
    fn nothing(id: Uuid) -> Self {
        Self { found: Found::Nothing(id), ..Self::default() }
    }
}

impl Store {
    /// Reads what an introspection of `token` by `claim` needs: an access token, asked about by its own app or by a
    /// resource server, or a refresh token, asked about by its app. Whatever else is asked takes more statements. Where
    /// lookups are kept, they are better.
    pub async fn read_ahead(&self, claim: &Claim, token: &str) -> Result<Ahead, DbErr> {
        let (None, Claim::Secret { client_id, secret, .. }) = (self.cache().ticket(), claim) else {
            return Ok(Ahead::default());
        };
        let own = |claimant: Claimant| Some(claimant).filter(|claimant| claimant.client.client_id == *client_id);
        let (app, brand) =
            (self.presented_secret(secret.expose()).map(|secret| secret.selector()), &self.settings().brand);
        if let Some(token) = self.claimed(token) {
            let server = || Some(Presented::<ResourceServerSecret>::parse(brand, secret.expose()).ok()?.selector());
            let Some(caller) = app.or_else(server) else { return Ok(Ahead::default()) };
            let found = Box::pin(self.load_token_and(token.id(), caller)).await?;
            return Ok(match found {
                None => Ahead::nothing(token.id().uuid()),
                Some((known, claimant, server)) => Ahead {
                    found: Found::Access(Arc::new(known)),
                    claimant: own(claimant),
                    resource_server: server.map(Arc::new),
                },
            });
        }
        let (Some(app), Ok(token)) = (app, Presented::<RefreshToken>::parse(brand, token)) else {
            return Ok(Ahead::default());
        };
        let found = Box::pin(self.grounded_refresh_and(RefreshTokenId(token.selector()), SecretId(app))).await?;
        Ok(match found {
            None => Ahead::nothing(token.selector()),
            Some((grounded, claimant)) => {
                Ahead { found: Found::Refresh(Box::new(grounded)), claimant: own(claimant), resource_server: None }
            }
        })
    }

    /// The access token `id`, which may be in `ahead`.
    pub(crate) async fn known_token_after(&self, ahead: Ahead, id: AccessTokenId) -> Result<Option<Arc<Known>>, DbErr> {
        match ahead.found {
            Found::Nothing(asked) if asked == id.uuid() => Ok(None),
            Found::Access(known) if known.row.id == id => Ok(Some(known)),
            _ => self.known_token(id).await,
        }
    }

    /// The refresh token `id`, which may be in `ahead`.
    pub(crate) async fn grounded_refresh_after(
        &self,
        ahead: Ahead,
        id: RefreshTokenId,
    ) -> Result<Option<Grounded<refresh_token::Model>>, DbErr> {
        match ahead.found {
            Found::Nothing(asked) if asked == id.uuid() => Ok(None),
            Found::Refresh(grounded) if grounded.row.id == id => Ok(Some(*grounded)),
            _ => self.grounded_refresh(id).await,
        }
    }
}
