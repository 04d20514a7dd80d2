//! The installs of apps that act as themselves, by the name of the organization that a request of `client_credentials`
//! says.

use std::sync::Arc;

use sea_orm::sea_query::{Expr, ExprTrait as _, SelectStatement};
use sea_orm::{DbErr, QueryResult};

use super::Ticket;
use crate::client::InstallStatus;
use crate::entity::{install, organization};
use crate::id::{AppId, InstallId, OrgId};
use crate::oauth::standing::{Acting, Standing};
use crate::store::Store;
use crate::store::lookup::{Lookup, Part, asked_column};
use crate::store::organizations::{Naming, naming};

const INSTALL: &str = "installs";
const TARGET: &str = "organizations";

/// The longest name that is kept; an id has 40 characters.
pub(super) const MAX_KEPT_NAME: usize = 64;

/// An active install of an app as itself.
pub(crate) struct OwnInstall {
    pub(crate) install: InstallId,
    pub(crate) organization: OrgId,
    pub(crate) standing: Standing,
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
        let Some((lookup, name)) = self.cache().lookups.own_installs.by(name) else { return Ok(None) };
        let found = self.look_up(lookup, vec![Part::Id(app.uuid()), name]).await?;
        found.map(|found| read(&found)).transpose()
    }
}

/// The install of a row with what [`find`] adds.
fn read(found: &QueryResult) -> Result<OwnInstall, DbErr> {
    Ok(OwnInstall {
        install: found.try_get("", "install")?,
        organization: found.try_get("", "organization")?,
        standing: Standing {
            install: InstallStatus::Active,
            snapshot: found.try_get("", "scopes")?,
            organization: found.try_get("", "organization_status")?,
            acting: Acting::App,
        },
    })
}

/// What is asked, by what names the organization.
pub(super) struct Lookups {
    id: Lookup,
    domain: Lookup,
    slug: Lookup,
}

impl Lookups {
    /// The lookup for an organization that a request names so, and the part of the key that says it; none where nothing is
    /// named so.
    pub(super) fn by(&self, name: &str) -> Option<(&Lookup, Part)> {
        Some(match naming(name)? {
            Naming::Id(id) => (&self.id, Part::Id(id.uuid())),
            Naming::Domain(name) => (&self.domain, Part::Text(name)),
            Naming::Slug(name) => (&self.slug, Part::Text(name)),
        })
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> [&Lookup; 3] {
        [&self.id, &self.domain, &self.slug]
    }
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            id: Lookup::new(2, |select| find(select, organization::Column::Id)),
            domain: Lookup::new(2, |select| find(select, organization::Column::Domain)),
            slug: Lookup::new(2, |select| find(select, organization::Column::Slug)),
        }
    }
}

/// The active install, as itself, of the app that is asked for in the organization whose `name` is asked for.
fn find(select: &mut SelectStatement, name: organization::Column) {
    let install = |column: install::Column| Expr::col((INSTALL, column));
    let target = |column: organization::Column| Expr::col((TARGET, column));
    select
        .expr_as(install(install::Column::Id), "install")
        .expr_as(install(install::Column::Scopes), "scopes")
        .expr_as(target(organization::Column::Id), "organization")
        .expr_as(target(organization::Column::Status), "organization_status")
        .inner_join(TARGET, target(name).equals(asked_column(1)))
        .inner_join(
            INSTALL,
            install(install::Column::AppId)
                .equals(asked_column(0))
                .and(install(install::Column::OrganizationId).equals((TARGET, organization::Column::Id)))
                // In the words of the partial index, which knows no parameters: it holds one install of a key.
                .and(install(install::Column::Actor).eq(Expr::cust("'app'")))
                .and(install(install::Column::Status).ne(Expr::cust("'revoked'")))
                .and(install(install::Column::Status).eq(InstallStatus::Active)),
        );
}
