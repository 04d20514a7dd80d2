//! The keys in the database: loaded, and made where there is none.

use std::sync::Arc;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait as _, QueryFilter,
    QueryOrder,
};

use super::KeyError;
use super::pair::KeyPair;
use super::ring::{CLOCKS_DIFFER_SECONDS, Key, Material};
use crate::entity::signing_key;
use crate::id::SigningKeyId;
use crate::jwt::SigningAlgorithm;
use crate::store::Store;
use crate::time::Timestamp;

/// A key that is not in the database yet.
pub(super) struct NewKey {
    id: SigningKeyId,
    kid: String,
    algorithm: SigningAlgorithm,
    sealed: Vec<u8>,
}

impl Store {
    /// Reads the ring anew: another process, or the command line, may have changed it. Where a key cannot be opened, those
    /// that are gone are gone here too, and those that are known go on.
    pub async fn reload_keys(&self) -> Result<(), KeyError> {
        let rows = signing_key::Entity::find()
            .order_by_asc(signing_key::Column::CreatedAt)
            .order_by_asc(signing_key::Column::Id)
            .all(self.reader())
            .await?;
        let known = self.key_ring().keys();
        let (mut keys, mut unfit) = (Vec::new(), None);
        for row in rows {
            match self.opened(row, &known) {
                Ok(key) => keys.push(key),
                Err(error) => unfit = unfit.or(Some(error)),
            }
        }
        self.key_ring().replace(keys, unfit.is_some());
        unfit.map_or(Ok(()), Err)
    }

    /// Whether every signing key of the database could be opened when they were read last.
    pub fn keys_fit(&self) -> bool {
        self.key_ring().all_open()
    }

    /// The key of `row`; one that is `known` is not parsed again.
    pub(super) fn opened(&self, row: signing_key::Model, known: &[Key]) -> Result<Key, KeyError> {
        let material = if let Some(key) = known.iter().find(|key| key.id == row.id) {
            Arc::clone(&key.material)
        } else {
            let opened = self.settings().encryption_key.open(row.id, &row.sealed_private_key);
            let pair = KeyPair::read(row.algorithm, &opened.ok_or(KeyError::Misfit)?)?;
            Arc::new(Material::new(row.algorithm, pair))
        };
        // What it signs until it retires lives as long as the policies say now, which is not what they said when it was
        // rotated if the configuration changed since.
        let published_until = row.published_until.zip(row.retires_at).map(|(until, retires_at)| {
            let by_policy = self.policies_end(row.algorithm, retires_at);
            if by_policy > until { by_policy } else { until }
        });
        Ok(Key {
            id: row.id,
            material,
            created_at: row.created_at,
            active_from: row.active_from,
            retires_at: row.retires_at,
            published_until,
        })
    }

    /// Loads the ring, and makes a key for each algorithm that has none. Several processes may do so at once: one key
    /// comes of it.
    pub async fn open_keys(&self) -> Result<(), KeyError> {
        self.make_missing(SigningAlgorithm::ALL).await
    }

    /// The same for `algorithms` alone.
    pub(super) async fn make_missing(&self, algorithms: &[SigningAlgorithm]) -> Result<(), KeyError> {
        let _one_at_a_time = self.key_ring().making.lock().await;
        self.reload_keys().await?;
        let now = self.now();
        for &algorithm in algorithms {
            if self.key_ring().signer(algorithm, now).is_some() {
                continue;
            }
            if self.key_ring().keys().iter().any(|key| key.material.algorithm == algorithm && key.is_published(now)) {
                tracing::warn!(
                    %algorithm,
                    "no published key may sign yet: was the clock set back? A new one signs at once, which clients do not know \
                     for an hour"
                );
            }
            let new = self.new_key(algorithm).await?;
            let tx = self.begin().await?;
            lock_keys(&tx).await?;
            // Another process may have been faster; then its key is everybody's.
            if !has_signer(&tx, algorithm, now).await? {
                new.insert(&tx, now, now).await?;
            }
            tx.commit().await?;
            self.reload_keys().await?;
        }
        Ok(())
    }

    /// Makes a key pair off the async threads, and seals it.
    pub(super) async fn new_key(&self, algorithm: SigningAlgorithm) -> Result<NewKey, KeyError> {
        let made = tokio::task::spawn_blocking(move || KeyPair::generate(algorithm)).await;
        let (pair, document) = made.map_err(|_| KeyError::Library)??;
        let id = SigningKeyId(self.new_id());
        let sealed = self.settings().encryption_key.seal(id, &document, self.entropy()).ok_or(KeyError::Library)?;
        Ok(NewKey { id, kid: pair.thumbprint(), algorithm, sealed })
    }
}

/// Makes the transaction the only one that changes keys, among all processes.
pub(super) async fn lock_keys(tx: &impl ConnectionTrait) -> Result<(), DbErr> {
    if tx.get_database_backend() == DbBackend::Postgres {
        // The migrations take another number.
        tx.execute_unprepared("SELECT pg_advisory_xact_lock(7265111)").await?;
    }
    Ok(())
}

impl NewKey {
    pub(super) const fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    /// Writes the row of a key that signs from `active_from` on.
    pub(super) async fn insert(
        self,
        tx: &impl ConnectionTrait,
        now: Timestamp,
        active_from: Timestamp,
    ) -> Result<(), DbErr> {
        let row = signing_key::ActiveModel {
            id: Set(self.id),
            kid: Set(self.kid),
            algorithm: Set(self.algorithm),
            sealed_private_key: Set(self.sealed),
            created_at: Set(now),
            active_from: Set(active_from),
            retires_at: Set(None),
            published_until: Set(None),
        };
        signing_key::Entity::insert(row).exec_without_returning(tx).await.map(drop)
    }
}

/// Whether there is a key that signs at `now`, or in a moment, by a clock that is behind.
async fn has_signer(tx: &impl ConnectionTrait, algorithm: SigningAlgorithm, now: Timestamp) -> Result<bool, DbErr> {
    use signing_key::Column::{ActiveFrom, Algorithm, RetiresAt};
    let signs = signing_key::Entity::find()
        .filter(Algorithm.eq(algorithm))
        .filter(ActiveFrom.lte(now.plus_seconds(CLOCKS_DIFFER_SECONDS)))
        .filter(RetiresAt.is_null().or(RetiresAt.gt(now)));
    Ok(signs.one(tx).await?.is_some())
}
