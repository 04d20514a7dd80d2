//! The installs of apps that act as themselves, by the name of the organization that a request of `client_credentials`
//! says.

use std::sync::Arc;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::Ticket;
use crate::client::{ActorMode, InstallStatus};
use crate::entity::{install, organization};
use crate::id::{AppId, InstallId, OrgId};
use crate::oauth::standing::{Acting, Standing};
use crate::scope::ScopeSet;
use crate::store::{Store, organizations};

/// The longest name that is kept; an id has 40 characters.
const MAX_KEPT_NAME: usize = 64;

/// An active install of an app as itself.
pub(crate) struct OwnInstall {
    pub(crate) install: InstallId,
    pub(crate) organization: OrgId,
    pub(crate) standing: Standing,
    /// What it was granted.
    pub(crate) scopes: ScopeSet,
}

/// An install, when its loading began.
pub(super) type Kept = (Ticket, Arc<OwnInstall>);

impl Store {
    /// The active install of `app` as itself in the organization that `name` names: one statement, whatever is missing.
    pub(crate) async fn own_install(&self, app: AppId, name: &str) -> Result<Option<Arc<OwnInstall>>, DbErr> {
        let cache = self.cache();
        let ticket = cache.ticket().filter(|_| name.len() <= MAX_KEPT_NAME);
        let key = (app, name.to_owned());
        if let Some((loaded, found)) = ticket.and_then(|_| cache.own_installs.get(&key))
            && cache.holds(loaded, &[app.uuid(), found.install.uuid(), found.organization.uuid()])
        {
            return Ok(Some(found));
        }
        let found = Box::pin(self.load_own_install(app, name)).await?.map(Arc::new);
        if let (Some(ticket), Some(found)) = (ticket, &found) {
            cache.own_installs.put(key, (ticket, found.clone()));
        }
        Ok(found)
    }

    async fn load_own_install(&self, app: AppId, name: &str) -> Result<Option<OwnInstall>, DbErr> {
        let Some(named) = organizations::named(name) else { return Ok(None) };
        let found = install::Entity::find()
            .filter(install::Column::AppId.eq(app))
            .filter(install::Column::Actor.eq(ActorMode::App))
            .filter(install::Column::Status.eq(InstallStatus::Active))
            .find_also_related(organization::Entity)
            .filter(named)
            .one(self.reader())
            .await?;
        let Some((install, Some(organization))) = found else { return Ok(None) };
        Ok(Some(OwnInstall {
            install: install.id,
            organization: organization.id,
            standing: Standing { install: install.status, organization: organization.status, acting: Acting::App },
            scopes: install.scopes,
        }))
    }
}
