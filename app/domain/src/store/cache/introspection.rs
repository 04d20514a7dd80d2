//! Introspection where nothing is kept in memory: caller and token in one statement.

use std::sync::Arc;

use sea_orm::DbErr;

use super::{Claimant, Known};
use crate::entity::resource_server;
use crate::oauth::client_auth::Claim;
use crate::secret::{Presented, ResourceServerSecret};
use crate::store::Store;

/// What one statement found of a request of introspection. What is not in here is looked up when it is asked for.
#[derive(Default)]
pub struct Ahead {
    pub(crate) token: Option<Arc<Known>>,
    /// The client, where the caller is one.
    pub claimant: Option<Claimant>,
    pub(crate) resource_server: Option<Arc<resource_server::Model>>,
}

impl Store {
    /// Reads what an introspection of `token` by `claim` needs: a live token, asked about by its own app or by a resource
    /// server. Whatever else is asked takes more statements. Where lookups are kept, they are better.
    pub async fn read_ahead(&self, claim: &Claim, token: &str) -> Result<Ahead, DbErr> {
        let Claim::Secret { client_id, secret, .. } = claim else { return Ok(Ahead::default()) };
        let (None, Some(token)) = (self.cache().ticket(), self.claimed(token)) else { return Ok(Ahead::default()) };
        let caller = match self.presented_secret(secret.expose()) {
            Some(secret) => secret.selector(),
            None => match Presented::<ResourceServerSecret>::parse(&self.settings().brand, secret.expose()) {
                Ok(secret) => secret.selector(),
                Err(_) => return Ok(Ahead::default()),
            },
        };
        let found = Box::pin(self.load_token_and(token.id(), caller)).await?;
        let Some((known, claimant, server)) = found else { return Ok(Ahead::default()) };
        Ok(Ahead {
            claimant: Some(claimant).filter(|claimant| claimant.client.client_id == *client_id),
            token: Some(Arc::new(known)),
            resource_server: server.map(Arc::new),
        })
    }
}
