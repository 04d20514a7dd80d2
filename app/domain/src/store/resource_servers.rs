//! Resource servers: the registered callers of introspection (RFC 7662 section 2.1).

use sea_orm::{DbErr, EntityTrait, IntoActiveModel};
use serde_json::json;

use super::audit::{Event, record};
use super::{By, Store};
use crate::audit::{Action, TargetKind};
use crate::entity::resource_server;
use crate::id::ResourceServerId;
use crate::portal::ShownOnce;
use crate::secret::{Hashed, Plain, Presented, ResourceServerSecret};

/// Why a resource server was not registered.
#[derive(Debug, thiserror::Error)]
pub enum ResourceServerProblem {
    /// The name is empty or longer than 60 characters.
    #[error("a name has 1 to 60 characters")]
    Name,
    /// The audience is none that tokens of this instance can have.
    #[error("{0} is not an audience of this instance: list it in PORTICO_AUDIENCES first")]
    UnknownAudience(String),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
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
        if !(1..=super::apps::MAX_NAME).contains(&name.chars().count()) {
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
        tx.commit().await?;
        Ok((id, ShownOnce(plain.reveal())))
    }

    /// The audience of the resource server `id`, if `presented` is its secret and the audience still is one of the
    /// instance's.
    pub async fn authenticate_resource_server(
        &self,
        id: ResourceServerId,
        presented: &str,
    ) -> Result<Option<String>, DbErr> {
        let Ok(presented) = Presented::<ResourceServerSecret>::parse(&self.settings().brand, presented) else {
            return Ok(None);
        };
        if presented.selector() != id.uuid() {
            return Ok(None);
        }
        let Some(row) = resource_server::Entity::find_by_id(id).one(self.reader()).await? else { return Ok(None) };
        let genuine = Hashed::from_row(&row.secret_hash).is_ok_and(|kept| presented.matches(&kept));
        let listed = self.settings().audiences.contains(&row.audience);
        Ok((genuine && listed).then_some(row.audience))
    }

    /// The audiences that a resource server is registered for: the resource API leaves their tokens to it.
    pub async fn audiences_of_resource_servers(&self) -> Result<Vec<String>, DbErr> {
        Ok(resource_server::Entity::find().all(self.reader()).await?.into_iter().map(|row| row.audience).collect())
    }
}
