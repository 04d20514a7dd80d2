//! Resource servers: the registered callers of introspection (RFC 7662 section 2.1).

use sea_orm::{DbErr, EntityTrait, IntoActiveModel};
use serde_json::json;

use super::audit::{Event, record};
use super::cache::Ahead;
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
        if !(1..=crate::typed::MAX_NAME).contains(&name.chars().count()) {
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

    /// The audience of the resource server `id`, if `presented` is its secret and the audience still is one of the
    /// instance's.
    pub async fn authenticate_resource_server(
        &self,
        id: ResourceServerId,
        presented: &str,
    ) -> Result<Option<String>, DbErr> {
        self.authenticate_resource_server_after(&Ahead::default(), id, presented).await
    }

    /// The same, where some of it was read [`Ahead`].
    pub async fn authenticate_resource_server_after(
        &self,
        ahead: &Ahead,
        id: ResourceServerId,
        presented: &str,
    ) -> Result<Option<String>, DbErr> {
        let Ok(presented) = Presented::<ResourceServerSecret>::parse(&self.settings().brand, presented) else {
            return Ok(None);
        };
        if presented.selector() != id.uuid() {
            return Ok(None);
        }
        let row = match &ahead.resource_server {
            Some(row) if row.id == id => Some(row.clone()),
            _ => self.known_resource_server(id).await?,
        };
        let Some(row) = row else { return Ok(None) };
        let genuine = Hashed::from_row(&row.secret_hash).is_ok_and(|kept| presented.matches(&kept));
        let listed = self.settings().audiences.contains(&row.audience);
        Ok((genuine && listed).then(|| row.audience.clone()))
    }
}
