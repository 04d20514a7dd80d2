//! Resource servers, and the audiences that they have taken.

use std::sync::{Arc, PoisonError};

use sea_orm::{DbErr, EntityTrait};

use super::Ticket;
use crate::entity::resource_server;
use crate::id::ResourceServerId;
use crate::store::Store;

/// A resource server, when its loading began.
pub(super) type Kept = (Ticket, Arc<resource_server::Model>);

impl Store {
    pub(crate) async fn known_resource_server(
        &self,
        id: ResourceServerId,
    ) -> Result<Option<Arc<resource_server::Model>>, DbErr> {
        let cache = self.cache();
        let ticket = cache.ticket();
        if let Some((loaded, server)) = ticket.and_then(|_| cache.servers.get(&id))
            && cache.holds(loaded, &[id.uuid()])
        {
            return Ok(Some(server));
        }
        let found = Box::pin(resource_server::Entity::find_by_id(id).one(self.reader())).await?.map(Arc::new);
        if let (Some(ticket), Some(server)) = (ticket, &found) {
            cache.servers.put(id, (ticket, server.clone()));
        }
        Ok(found)
    }

    /// The audiences that a resource server is registered for: the resource API leaves their tokens to it.
    pub async fn audiences_of_resource_servers(&self) -> Result<Arc<[String]>, DbErr> {
        let cache = self.cache();
        let ticket = cache.ticket();
        let kept = || cache.taken.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((loaded, taken)) = ticket.and_then(|_| kept())
            && cache.holds(loaded, &[])
        {
            return Ok(taken);
        }
        let rows = Box::pin(resource_server::Entity::find().all(self.reader())).await?;
        let taken: Arc<[String]> = rows.into_iter().map(|row| row.audience).collect();
        if let Some(ticket) = ticket {
            *cache.taken.write().unwrap_or_else(PoisonError::into_inner) = Some((ticket, taken.clone()));
        }
        Ok(taken)
    }
}
