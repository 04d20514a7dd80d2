//! What this process keeps in memory of the database, where nobody else writes to it.
//!
//! A revocation must be visible to the next request (requirement 78). So every transaction of [`Store::begin`] says at
//! its commit which rows it changed ([`Touched`]; silence means all of them), and the commit returns only after those
//! were marked. What was loaded before a mark is not used after it, and what is being loaded while a mark is set carries
//! the moment at which its loading began, so that it counts as older. Ends that come by themselves are judged by the
//! clock at every use.

mod shelf;
mod tx;

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use sea_orm::DbErr;
use uuid::Uuid;

pub(crate) use self::shelf::Shelf;
pub(crate) use self::tx::Tx;

use super::{Store, views};
use crate::scope::Catalogue;

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
            (Self::Only(mut these), Self::Only(those)) => {
                these.extend(those);
                Self::Only(these)
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
    catalogue: RwLock<Option<(Ticket, Arc<Catalogue>)>>,
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            keep: AtomicU8::new(Keep::Nothing as u8),
            marks: AtomicU64::new(0),
            everything: AtomicU64::new(0),
            stripes: (0..STRIPES).map(|_| AtomicU64::new(0)).collect(),
            catalogue: RwLock::new(None),
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
    fn mark(&self, touched: &Touched) {
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
        Ok(self.shared_catalogue().await?.as_ref().clone())
    }

    /// The instance's scopes, in order: nothing changes them while an instance runs.
    pub(crate) async fn shared_catalogue(&self) -> Result<Arc<Catalogue>, DbErr> {
        let cache = self.cache();
        if !cache.keeps(Keep::Catalogue) {
            return Ok(Arc::new(views::catalogue(self.reader()).await?));
        }
        let ticket = cache.moment();
        let kept = cache.catalogue.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((loaded, catalogue)) = kept
            && cache.holds(loaded, &[])
        {
            return Ok(catalogue);
        }
        let catalogue = Arc::new(views::catalogue(self.reader()).await?);
        *cache.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Some((ticket, catalogue.clone()));
        Ok(catalogue)
    }
}
