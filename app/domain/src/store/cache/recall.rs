//! What a process remembers of clients on a database that others write to as well: a guess. Tokens may be issued over it,
//! for the transaction that issues them asks whether all of it still holds. Nothing is refused over it, and nothing ended.

use std::sync::Arc;

use sea_orm::DbBackend;
use uuid::Uuid;

use super::claimant::Claimant;
use super::own_install::{MAX_KEPT_NAME, OwnInstall};
use crate::client::ClientId;
use crate::id::{AppId, SecretId};
use crate::oauth::client_auth::Claim;
use crate::oauth::error::OAuthError;
use crate::store::Store;
use crate::store::tokens::TokenError;

/// Where what a verb knows of its client comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// It was read for this request.
    Read,
    /// It is [`Store::recall`]ed: true at an earlier request.
    Recalled,
}

impl Basis {
    /// A refusal: over what is recalled the client is to be authenticated anew before anybody is told.
    pub fn refuse(self, error: OAuthError) -> TokenError {
        match self {
            Self::Read => error.into(),
            Self::Recalled => TokenError::ClientChanged,
        }
    }
}

/// A client and the secret that it claims with; nil for none.
pub(super) type Key = (ClientId, SecretId);

impl Store {
    /// The client of `claim` and the secret that it brings as they are remembered, if tokens were issued to it before.
    /// None on SQLite: its one process that writes keeps lookups, which are better.
    pub fn recall(&self, claim: &Claim) -> Option<Claimant> {
        self.cache().recalled.get(&self.recalls(claim)?)
    }

    /// Remembers `claimant`, who proved to be who `claim` says and got tokens.
    pub fn remember(&self, claim: &Claim, claimant: Claimant) {
        if let Some(key) = self.recalls(claim) {
            self.cache().recalled.put(key, claimant);
        }
    }

    fn recalls(&self, claim: &Claim) -> Option<Key> {
        if !self.shares() {
            return None;
        }
        let secret = match claim {
            Claim::Secret { secret, .. } => self.presented_secret(secret.expose())?.selector(),
            Claim::Public { .. } => Uuid::nil(),
        };
        Some((claim.client_id().clone(), SecretId(secret)))
    }

    /// The install of `app` as itself in the organization `name`, as it is remembered.
    pub(in crate::store) fn recall_install(&self, app: AppId, name: &str) -> Option<Arc<OwnInstall>> {
        self.cache().recalled_installs.get(&(app, name.to_owned()))
    }

    /// Remembers an install for which a token was issued.
    pub(in crate::store) fn remember_install(&self, app: AppId, name: &str, install: Arc<OwnInstall>) {
        if self.shares() && name.len() <= MAX_KEPT_NAME {
            self.cache().recalled_installs.put((app, name.to_owned()), install);
        }
    }

    /// Whether other processes may write to the database.
    fn shares(&self) -> bool {
        self.reader().get_database_backend() != DbBackend::Sqlite
    }
}
