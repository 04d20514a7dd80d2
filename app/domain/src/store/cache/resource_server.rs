//! Resource servers.

use std::sync::Arc;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

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

    /// Whether a resource server is registered for `audience`.
    pub(crate) async fn is_audience_taken(&self, audience: &str) -> Result<bool, DbErr> {
        let registered = resource_server::Entity::find()
            .select_only()
            .column(resource_server::Column::Id)
            .filter(resource_server::Column::Audience.eq(audience));
        Ok(registered.into_tuple::<ResourceServerId>().one(self.reader()).await?.is_some())
    }
}
