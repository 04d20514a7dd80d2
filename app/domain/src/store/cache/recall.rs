//! What a process remembers of requests of `client_credentials` on a database that others write to as well: a guess. Nothing
//! is answered over it before the transaction that issues the token has asked whether all of it holds still.

use std::sync::Arc;

use sea_orm::DbBackend;

use super::claimant::Claimant;
use super::own_install::OwnInstall;
use crate::client::ClientId;
use crate::id::SecretId;
use crate::oauth::client_auth::Claim;
use crate::oauth::token::Subject;
use crate::store::Store;
use crate::store::change::Remembered;
use crate::store::organizations::naming;

/// The longest name of an organization that is remembered; an id has 40 characters.
const MAX_NAME: usize = 64;

/// A client, its secret and its own install, as they were read for an earlier request.
#[derive(Clone)]
pub struct Recalled {
    /// The client and its secret.
    pub claimant: Claimant,
    /// What the request called the organization.
    name: Arc<str>,
    pub(in crate::store) install: Arc<OwnInstall>,
}

/// What a request says: the client, its secret, and the organization.
pub(super) type Key = (ClientId, SecretId, String);

impl Recalled {
    /// For the transaction; none where the request is not about this organization.
    pub(in crate::store) fn remembered(&self, organization: Option<&str>) -> Option<Remembered> {
        let organization = organization.filter(|name| **name == *self.name)?;
        Some(Remembered { organization: naming(organization)?, scopes: self.install.scopes.clone() })
    }
}

impl Store {
    /// What is remembered of a request like that of `claim` about `subject`. Where lookups are kept they are better.
    pub fn recall(&self, claim: &Claim, subject: Subject<'_>) -> Option<Recalled> {
        let Subject::Organization(name) = subject else { return None };
        let key = self.key_of(claim, name)?;
        self.cache().recalled.get(&key)
    }

    /// Remembers what was read for a request.
    pub(super) fn remember(&self, claim: &Claim, name: &str, claimant: &Claimant, install: &Arc<OwnInstall>) {
        let Some(key) = self.key_of(claim, name) else { return };
        let (claimant, install) = (claimant.clone(), install.clone());
        self.cache().recalled.put(key, Recalled { claimant, name: name.into(), install });
    }

    fn key_of(&self, claim: &Claim, name: &str) -> Option<Key> {
        // SQLite has one writer, whose process keeps lookups.
        if self.reader().get_database_backend() == DbBackend::Sqlite || name.len() > MAX_NAME {
            return None;
        }
        let Claim::Secret { client_id, secret, .. } = claim else { return None };
        let secret = SecretId(self.presented_secret(secret.expose())?.selector());
        Some((client_id.clone(), secret, name.to_owned()))
    }
}
