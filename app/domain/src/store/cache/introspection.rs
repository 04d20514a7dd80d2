//! Introspection where nothing is kept in memory: who asks, and the token, in one statement.

use std::sync::Arc;

use sea_orm::{DbErr, FromQueryResult};
use uuid::Uuid;

use super::{Claimant, Known};
use crate::entity::{refresh_token, resource_server};
use crate::id::ResourceServerId;
use crate::oauth::client_auth::Claim;
use crate::secret::{Presented, RefreshToken};
use crate::store::Store;
use crate::store::claimed::Claimed;
use crate::store::grounds::Grounded;
use crate::store::lookup::Part;

/// What was read of a token along with who asks about it. It is believed for the token and the caller that were asked
/// about.
#[derive(Default)]
pub struct Ahead(pub(in crate::store) Read);

/// What a presented text is, with its row.
#[derive(Default)]
pub(in crate::store) enum Read {
    /// Nothing yet: it is looked up for a caller who proved who he is.
    #[default]
    Nothing,
    /// What claims to be an access token; an app's own alone.
    Access(Claimed, Option<Arc<Known>>),
    /// What claims to be a refresh token, if it is the app's own.
    Refresh(Presented<RefreshToken>, Option<Box<Grounded<refresh_token::Model>>>),
}

impl Store {
    /// The client that `claim` names and the secret that it brings, as [`Store::claimant`]; where nothing is kept, with
    /// what `token` is, if it is that client's, in the same statement.
    pub async fn claimant_and(&self, claim: &Claim, token: &str) -> Result<(Option<Claimant>, Ahead), DbErr> {
        if self.cache().ticket().is_some() {
            return Ok((self.claimant(claim).await?, Ahead::default()));
        }
        let (mut key, brand) = (self.claimant_key(claim), &self.settings().brand);
        if let Ok(presented) = Presented::<RefreshToken>::parse(brand, token) {
            key.push(Part::Id(presented.selector()));
            let (claimant, grounded) = Box::pin(self.claimant_and_refresh(key)).await?;
            return Ok((claimant, Ahead(Read::Refresh(presented, grounded.map(Box::new)))));
        }
        let claimed = self.claimed(token);
        // What has no id has no row either: the client is read, and no token beside it.
        key.push(Part::Id(claimed.as_ref().map_or(Uuid::nil(), |claimed| claimed.id().uuid())));
        let (claimant, known) = Box::pin(self.claimant_and_token(key)).await?;
        let read = claimed.map(|claimed| Read::Access(claimed, known.map(Arc::new)));
        Ok((claimant, Ahead(read.unwrap_or_default())))
    }

    /// The resource server `id`; where nothing is kept, with the access token that `token` is, in the same statement.
    pub(crate) async fn resource_server_and(
        &self,
        id: ResourceServerId,
        token: &str,
    ) -> Result<(Option<Arc<resource_server::Model>>, Ahead), DbErr> {
        let claimed = self.claimed(token).filter(|_| self.cache().ticket().is_none());
        let Some(claimed) = claimed else { return Ok((self.known_resource_server(id).await?, Ahead::default())) };
        let key = vec![Part::Id(claimed.id().uuid()), Part::Id(id.uuid())];
        let found = Box::pin(self.look_up(&self.cache().lookups.server_and_token, key)).await?;
        let Some(found) = found else { return Ok((None, Ahead::default())) };
        let server = resource_server::Model::from_query_result(&found, "server_")?;
        let known = self.read_token(&found)?.map(Arc::new);
        Ok((Some(Arc::new(server)), Ahead(Read::Access(claimed, known))))
    }
}
