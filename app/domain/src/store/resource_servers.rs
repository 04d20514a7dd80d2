//! Resource servers: the registered callers of introspection (RFC 7662 section 2.1).

use sea_orm::{DbErr, EntityTrait, IntoActiveModel, QueryOrder, QuerySelect};
use serde::Serialize;
use serde_json::json;

use super::audit::{Event, record};
use super::cache::Ahead;
use super::{By, Store, StoreError};
use crate::audit::{Action, TargetKind};
use crate::entity::resource_server;
use crate::id::ResourceServerId;
use crate::portal::ShownOnce;
use crate::secret::{Plain, Presented, ResourceServerSecret};
use crate::time::Timestamp;
use crate::typed::{MAX_NAME, deceives};

/// Why a resource server was not registered.
#[derive(Debug, thiserror::Error)]
pub enum ResourceServerProblem {
    /// The name is empty or longer than 60 characters, or holds what cannot be seen.
    #[error("a name has 1 to 60 characters, each of which can be seen")]
    Name,
    /// The audience is none that tokens of this instance can have.
    #[error("{0} is not an audience of this instance: list it in PORTICO_AUDIENCES first")]
    UnknownAudience(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// The most resource servers in a list.
pub const LISTED: u64 = 1_000;

/// A resource server as an operator sees it: never its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResourceServerRow {
    /// What it calls itself in requests.
    pub id: ResourceServerId,
    /// What the operator calls it.
    pub name: String,
    /// The audience whose tokens it sees.
    pub audience: String,
    /// Prefix and last four characters of its secret.
    pub hint: String,
    /// When it was registered.
    pub created_at: Timestamp,
}

impl Store {
    /// Registers a resource server for one of the instance's audiences; its secret is shown once.
    pub async fn create_resource_server(
        &self,
        by: &By,
        name: &str,
        audience: &str,
    ) -> Result<(ResourceServerId, ShownOnce), ResourceServerProblem> {
        let name = name.trim();
        let hidden = name.chars().any(char::is_control) || deceives(name);
        if hidden || !(1..=MAX_NAME).contains(&name.chars().count()) {
            return Err(ResourceServerProblem::Name);
        }
        if !self.settings().audiences.iter().any(|known| known == audience) {
            return Err(ResourceServerProblem::UnknownAudience(audience.to_owned()));
        }
        let id = ResourceServerId(self.new_id());
        let plain = Plain::<ResourceServerSecret>::mint(&self.settings().brand, id.uuid(), self.entropy());
        let row = resource_server::Model {
            id,
            name: name.to_owned(),
            audience: audience.to_owned(),
            secret_hash: plain.hashed().to_row(),
            hint: plain.hint(),
            created_at: self.now(),
        };
        let tx = self.begin().await?;
        resource_server::Entity::insert(row.into_active_model()).exec_without_returning(&tx).await?;
        let event = Event::new(Action::ResourceServerCreated, TargetKind::ResourceServer, id, name);
        record(&tx, self, by, event.after(json!({ "audience": audience }))).await?;
        // Everything is forgotten: a token that is kept knows whether its audience is taken.
        tx.commit().await?;
        Ok((id, ShownOnce(plain.reveal())))
    }

    /// The resource servers, those that were registered first before the others: at most [`LISTED`].
    pub async fn resource_servers(&self) -> Result<Vec<ResourceServerRow>, DbErr> {
        let rows = resource_server::Entity::find().order_by_asc(resource_server::Column::Id).limit(LISTED);
        let rows = rows.all(self.reader()).await?;
        let row = |row: resource_server::Model| ResourceServerRow {
            id: row.id,
            name: row.name,
            audience: row.audience,
            hint: row.hint,
            created_at: row.created_at,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Removes the resource server `id`: its secret is none any more. Tokens for its audience stay as they are.
    pub async fn remove_resource_server(&self, by: &By, id: ResourceServerId) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        let row = resource_server::Entity::find_by_id(id).one(&tx).await?.ok_or(StoreError::NotFound)?;
        if resource_server::Entity::delete_by_id(id).exec(&tx).await?.rows_affected == 0 {
            return Err(StoreError::NotFound);
        }
        let event = Event::new(Action::ResourceServerRemoved, TargetKind::ResourceServer, id, &row.name);
        record(&tx, self, by, event.before(json!({ "audience": row.audience }))).await?;
        // Everything is forgotten, as when it took the audience.
        Ok(tx.commit().await?)
    }

    /// The audience of the resource server `id`, if `presented` is its secret and the audience still is one of the
    /// instance's; with what was read of `token` along with it.
    pub async fn authenticate_resource_server(
        &self,
        id: ResourceServerId,
        presented: &str,
        token: &str,
    ) -> Result<(Option<String>, Ahead), DbErr> {
        let presented = Presented::<ResourceServerSecret>::parse(&self.settings().brand, presented);
        let Some(presented) = presented.ok().filter(|presented| presented.selector() == id.uuid()) else {
            return Ok((None, Ahead::default()));
        };
        let (row, ahead) = self.resource_server_and(id, token).await?;
        let row = row.filter(|row| presented.matches(&row.secret_hash));
        let audience = row.map(|row| row.audience.clone()).filter(|known| self.settings().audiences.contains(known));
        Ok((audience, ahead))
    }
}
