//! What this process keeps in memory of the database, where nobody else writes to it; where others do, see `recall`.
//!
//! A revocation must be visible to the next request (requirement 78). So every transaction of `Store::begin` says at
//! its commit which rows it changed (`Touched`; silence means all of them), and the commit returns only after those
//! were marked. What was loaded before a mark is not used after it, and what is being loaded while a mark is set carries
//! the moment at which its loading began, so that it counts as older. Ends that come by themselves are judged by the
//! clock at every use.

pub(crate) mod claimant;
mod introspection;
mod own_install;
#[cfg(test)]
mod plans;
mod recall;
mod resource_server;
mod shelf;
pub(super) mod statement;
mod token;
mod tx;

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use sea_orm::DbErr;
use uuid::Uuid;

pub use self::claimant::Claimant;
pub use self::introspection::Ahead;
pub(super) use self::introspection::Read;
pub(crate) use self::own_install::OwnInstall;
pub use self::recall::Basis;
pub(crate) use self::token::Known;
pub(crate) use self::tx::Tx;

use self::shelf::Shelf;
use super::lookup::Lookup;
use super::{Store, views};
use crate::client::{Client, ClientId};
use crate::entity::app;
use crate::id::{AccessTokenId, AppId, ResourceServerId, SecretId};
use crate::oauth::Server;
use crate::scope::Catalogue;

/// So many tokens are kept, of about a kilobyte each.
const TOKENS: usize = 6_000;
/// So many of each are kept: clients, their secrets, resource servers.
const CLIENTS: usize = 2_000;
/// So many installs of apps that act as themselves are kept.
const OWN_INSTALLS: usize = 8_000;
/// Marks. Two rows that share one only forget each other more often than they must.
const STRIPES: usize = 4_096;

/// What a process may keep in memory of the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Keep {
    /// Nothing: any other process may write anything.
    #[default]
    Nothing,
    /// The catalogue of scopes, which only a migration changes: configuration of the instance, read once.
    Catalogue,
    /// Tokens and clients as well: this process is the only one that writes.
    Lookups,
}

/// Which rows a transaction changed, of those that lookups keep: tokens, their families and installs, apps with
/// their scopes and secrets, organizations, people and memberships, resource servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Touched {
    /// Any.
    Everything,
    /// What rests on these ids.
    Only(Vec<Uuid>),
}

impl Touched {
    /// None: rows that are new, or that no lookup keeps.
    pub(crate) const NOTHING: Self = Self::Only(Vec::new());

    /// What this or `other` changed.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Only(mut ids), Self::Only(more)) => {
                ids.extend(more);
                Self::Only(ids)
            }
            _ => Self::Everything,
        }
    }
}

/// When a loading began. What it finds is not kept if it was marked since.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket(u64);

/// The marks, and what is kept under them.
pub(crate) struct Cache {
    keep: AtomicU8,
    /// Counts marks: the time of this module.
    marks: AtomicU64,
    everything: AtomicU64,
    stripes: Box<[AtomicU64]>,
    server: RwLock<Option<(Ticket, Arc<Server>)>>,
    tokens: Shelf<AccessTokenId, token::Kept>,
    /// Clients of tokens, without redirect URIs.
    of_tokens: Shelf<AppId, claimant::KeptClient>,
    clients: Shelf<ClientId, claimant::KeptClient>,
    /// Clients where every check asks the database for the revision.
    revised: Shelf<AppId, Arc<Client>>,
    secrets: Shelf<SecretId, claimant::KeptSecret>,
    servers: Shelf<ResourceServerId, resource_server::Kept>,
    own_installs: Shelf<(AppId, String), own_install::Kept>,
    /// What the transactions that issue tokens ask again.
    recalled: Shelf<recall::Key, recall::RecalledClient>,
    recalled_installs: Shelf<(AppId, String), recall::RecalledInstall>,
    lookups: Lookups,
}

/// What is asked where nothing is kept, or not yet.
struct Lookups {
    token: Lookup,
    server_and_token: Lookup,
    claimant_and_token: Lookup,
    claimant: Lookup,
    identity: Lookup,
    own_installs: own_install::Lookups,
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            token: Lookup::new(1, token::find),
            server_and_token: Lookup::new(2, token::find_with_server),
            claimant_and_token: Lookup::new(3, token::find_of_claimant),
            claimant: Lookup::new(2, claimant::find),
            identity: Lookup::new(2, claimant::identity),
            own_installs: own_install::Lookups::default(),
        }
    }
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            keep: AtomicU8::new(Keep::Nothing as u8),
            marks: AtomicU64::new(0),
            everything: AtomicU64::new(0),
            stripes: (0..STRIPES).map(|_| AtomicU64::new(0)).collect(),
            server: RwLock::new(None),
            tokens: Shelf::new(TOKENS),
            of_tokens: Shelf::new(CLIENTS),
            clients: Shelf::new(CLIENTS),
            revised: Shelf::new(CLIENTS),
            secrets: Shelf::new(CLIENTS),
            servers: Shelf::new(CLIENTS),
            own_installs: Shelf::new(OWN_INSTALLS),
            recalled: Shelf::new(CLIENTS),
            recalled_installs: Shelf::new(OWN_INSTALLS),
            lookups: Lookups::default(),
        }
    }
}

impl Cache {
    fn keep(&self, what: Keep) {
        // What was written before this was not watched.
        self.mark(&Touched::Everything);
        self.keep.store(what as u8, Ordering::SeqCst);
    }

    fn keeps(&self, what: Keep) -> bool {
        self.keep.load(Ordering::SeqCst) >= what as u8
    }

    /// Begins a loading; none where nothing is kept.
    pub(crate) fn ticket(&self) -> Option<Ticket> {
        self.keeps(Keep::Lookups).then(|| self.moment())
    }

    fn moment(&self) -> Ticket {
        Ticket(self.marks.load(Ordering::SeqCst))
    }

    /// Whether what was loaded at `ticket`, and rests on `ids`, still is as it was.
    pub(crate) fn holds(&self, ticket: Ticket, ids: &[Uuid]) -> bool {
        let unmarked = |mark: &AtomicU64| mark.load(Ordering::SeqCst) <= ticket.0;
        unmarked(&self.everything) && ids.iter().all(|id| unmarked(self.stripe(*id)))
    }

    /// Marks what a transaction changed; called after its commit and before anybody is told of it.
    pub(crate) fn mark(&self, touched: &Touched) {
        match touched {
            Touched::Everything => self.set(&self.everything),
            Touched::Only(ids) => ids.iter().for_each(|id| self.set(self.stripe(*id))),
        }
    }

    fn set(&self, mark: &AtomicU64) {
        let now = self.marks.fetch_add(1, Ordering::SeqCst) + 1;
        mark.fetch_max(now, Ordering::SeqCst);
    }

    /// The end of an id is random in every version that we make.
    fn stripe(&self, id: Uuid) -> &AtomicU64 {
        let [.., high, low] = *id.as_bytes();
        &self.stripes[usize::from(u16::from_be_bytes([high, low])) % STRIPES]
    }
}

impl Store {
    /// Says what this process may keep in memory from now on. [`Store::writer`] ends it: nobody watches what is written
    /// there.
    pub fn keep(&self, what: Keep) {
        self.cache().keep(what);
    }

    /// The instance's scopes, in order.
    pub async fn catalogue(&self) -> Result<Catalogue, DbErr> {
        Ok(self.server().await?.catalogue.clone())
    }

    /// The same in the words for `app`, by its token policy.
    pub(in crate::store) async fn catalogue_of(&self, app: &app::Model) -> Result<Catalogue, DbErr> {
        let policy = self.settings().policies.of_app(&app.token_policy, app.auth_method.client_type());
        Ok(self.catalogue().await?.under(&policy))
    }

    /// The facts of the instance that the rules need. Nothing changes its scopes while it runs.
    pub async fn server(&self) -> Result<Arc<Server>, DbErr> {
        let cache = self.cache();
        let ticket = cache.moment();
        let kept = || cache.server.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((loaded, server)) = kept().filter(|_| cache.keeps(Keep::Catalogue))
            && cache.holds(loaded, &[])
        {
            return Ok(server);
        }
        let settings = self.settings();
        let server = Arc::new(Server {
            issuer: settings.issuer.clone(),
            catalogue: Box::pin(views::catalogue(self.reader())).await?,
            audiences: settings.audiences.clone(),
        });
        *cache.server.write().unwrap_or_else(PoisonError::into_inner) = Some((ticket, server.clone()));
        Ok(server)
    }
}
