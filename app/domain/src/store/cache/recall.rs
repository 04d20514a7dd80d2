//! What a process remembers of clients on a database that others write to as well: a guess. Tokens may be issued over it,
//! for the transaction that issues them asks whether all of it still holds. Nothing is refused over it, and nothing ended:
//! the endpoint then authenticates the client anew. What proved to be wrong is forgotten.

use std::sync::Arc;

use sea_orm::DbBackend;
use uuid::Uuid;

use super::Ticket;
use super::claimant::Claimant;
use super::own_install::{MAX_KEPT_NAME, OwnInstall};
use crate::client::ClientId;
use crate::id::{AppId, SecretId};
use crate::oauth::client_auth::Claim;
use crate::store::Store;

/// Where what a verb knows of its client comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// It was read for this request.
    Read,
    /// It is [`Store::recall`]ed: true at an earlier request.
    Recalled,
}

/// A client and the secret that it claims with; nil for none.
pub(super) type Key = (ClientId, SecretId);
/// A client or an install, and when it was remembered.
pub(super) type RecalledClient = (Ticket, Claimant);
pub(super) type RecalledInstall = (Ticket, Arc<OwnInstall>);

impl Store {
    /// The client of `claim` and the secret that it brings as they are remembered, if tokens were issued to it before.
    /// None on SQLite: its one process that writes keeps lookups, which are better.
    pub fn recall(&self, claim: &Claim) -> Option<Claimant> {
        let (remembered, claimant) = self.cache().recalled.get(&self.key_of(claim)?)?;
        self.cache().holds(remembered, &[claimant.client.app.uuid()]).then_some(claimant)
    }

    /// Remembers `claimant`, who proved to be who `claim` says and got tokens.
    pub fn remember(&self, claim: &Claim, claimant: Claimant) {
        if let Some(key) = self.key_of(claim) {
            self.cache().recalled.put(key, (self.cache().moment(), claimant));
        }
    }

    /// What `claim` is remembered under; none where nothing is.
    fn key_of(&self, claim: &Claim) -> Option<Key> {
        if !self.shares() {
            return None;
        }
        let secret = match claim {
            Claim::Secret { .. } => self.claimed_secret(claim)?,
            Claim::Public { .. } => SecretId(Uuid::nil()),
        };
        Some((claim.client_id().clone(), secret))
    }

    /// The install of `app` as itself in the organization `name`, as it is remembered.
    pub(in crate::store) fn recall_install(&self, app: AppId, name: &str) -> Option<Arc<OwnInstall>> {
        let (remembered, install) = self.cache().recalled_installs.get(&(app, name.to_owned()))?;
        self.cache().holds(remembered, &[app.uuid()]).then_some(install)
    }

    /// Remembers an install for which a token was issued.
    pub(in crate::store) fn remember_install(&self, app: AppId, name: &str, install: Arc<OwnInstall>) {
        if self.shares() && name.len() <= MAX_KEPT_NAME {
            self.cache().recalled_installs.put((app, name.to_owned()), (self.cache().moment(), install));
        }
    }

    /// Whether other processes may write to the database.
    fn shares(&self) -> bool {
        self.reader().get_database_backend() != DbBackend::Sqlite
    }
}
