//! Rotation: a key is published before it signs, signs until the next one does, and stays published until the last token
//! that it signed has ended (requirement 100).

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde_json::json;

use super::ring::CLOCKS_DIFFER_SECONDS;
use super::rows::{NewKey, lock_keys};
use super::{JWKS_MAX_AGE_SECONDS, KeyError, retired};
use crate::audit::{Action, TargetKind};
use crate::entity::{access_token, signing_key};
use crate::jwt::SigningAlgorithm;
use crate::oauth::id_token::ID_TOKEN_SECONDS;
use crate::store::audit::{Event, record};
use crate::store::{By, Store};
use crate::time::Timestamp;
use crate::token_policy::AccessFormat;

/// How long a new key is published before it signs, in seconds: a running server notices it within a minute, and who
/// asked for the JWK set a moment before keeps that one for its whole lifetime. The rest is for clocks that differ.
pub const PUBLISHED_AHEAD_SECONDS: i64 = JWKS_MAX_AGE_SECONDS + 300;
/// How much longer than its last token a key stays published, in seconds: for clocks that differ.
const SKEW_SECONDS: i64 = 300;

/// A key as the command line shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// What tokens call it.
    pub kid: String,
    /// What it signs with.
    pub algorithm: SigningAlgorithm,
    /// When it was made, and published.
    pub created_at: Timestamp,
    /// From when on it signs.
    pub active_from: Timestamp,
    /// From when on it signs nothing more.
    pub retires_at: Option<Timestamp>,
    /// When it goes.
    pub published_until: Option<Timestamp>,
}

/// Why no new key was made.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The last rotation is not over.
    #[error("a new {algorithm} key waits already")]
    Waiting {
        /// Of which algorithm.
        algorithm: SigningAlgorithm,
        /// From when on it signs.
        active_from: Timestamp,
    },
    /// The keys cannot be read or made.
    #[error(transparent)]
    Keys(#[from] KeyError),
}

impl From<DbErr> for RotationError {
    fn from(error: DbErr) -> Self {
        Self::Keys(error.into())
    }
}

impl Store {
    /// Every key, those of an algorithm together, older ones first.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKey>, KeyError> {
        self.reload_keys().await?;
        let keys = self.key_ring().keys();
        let mut shown: Vec<_> = keys
            .iter()
            .map(|key| SigningKey {
                kid: key.material.kid.clone(),
                algorithm: key.material.algorithm,
                created_at: key.created_at,
                active_from: key.active_from,
                retires_at: key.retires_at,
                published_until: key.published_until,
            })
            .collect();
        shown.sort_by_key(|key| (key.algorithm, key.active_from, key.created_at));
        Ok(shown)
    }

    /// Makes a new key for each of `algorithms`. It is published now and signs after [`PUBLISHED_AHEAD_SECONDS`]; then
    /// the present one retires, and it goes when its last token has ended.
    pub async fn rotate_keys(&self, by: &By, algorithms: &[SigningAlgorithm]) -> Result<(), RotationError> {
        let keys = self.keys_for(algorithms).await?;
        let now = self.now();
        let tx = self.begin().await?;
        lock_keys(&tx).await?;
        for new in keys {
            let algorithm = new.algorithm();
            let present = rows(&tx, algorithm).await?;
            let active_from = match present.last() {
                Some(last) if last.active_from > now.plus_seconds(CLOCKS_DIFFER_SECONDS) => {
                    return Err(RotationError::Waiting { algorithm, active_from: last.active_from });
                }
                Some(_) => now.plus_seconds(PUBLISHED_AHEAD_SECONDS),
                None => now,
            };
            // Each of them, be there several.
            let endless: Vec<_> = present.into_iter().filter(|row| row.retires_at.is_none()).collect();
            let until = self.last_token_ends(&tx, algorithm, active_from).await?;
            for row in endless {
                let mut row = row.into_active_model();
                row.retires_at = Set(Some(active_from));
                row.published_until = Set(Some(until));
                row.update(&tx).await?;
            }
            let event = Event::new(Action::SigningKeyRotated, TargetKind::SigningKey, new.kid(), algorithm.as_str())
                .after(json!({ "active_from": active_from.unix_seconds() }));
            record(&tx, self, by, event).await?;
            new.insert(&tx, now, active_from).await?;
        }
        tx.commit().await?;
        Ok(self.reload_keys().await?)
    }

    /// Replaces every key of `algorithms` at once, for keys that somebody else has or that nobody can open any more: the
    /// tokens that they signed are refused from now on.
    pub async fn replace_keys(&self, by: &By, algorithms: &[SigningAlgorithm]) -> Result<(), RotationError> {
        let keys = self.keys_for(algorithms).await?;
        let now = self.now();
        let tx = self.begin().await?;
        lock_keys(&tx).await?;
        for new in keys {
            let algorithm = new.algorithm();
            let of_it = signing_key::Column::Algorithm.eq(algorithm);
            let removed = signing_key::Entity::delete_many().filter(of_it).exec(&tx).await?.rows_affected;
            retired::forget(&tx, algorithm).await?;
            let event = Event::new(Action::SigningKeyReplaced, TargetKind::SigningKey, new.kid(), algorithm.as_str())
                .before(json!({ "removed_keys": removed }));
            record(&tx, self, by, event).await?;
            new.insert(&tx, now, now).await?;
        }
        tx.commit().await?;
        Ok(self.reload_keys().await?)
    }

    /// What a running server does every minute: keys whose last token has ended go, but for
    /// their public halves, and those of other processes come.
    pub async fn keep_keys(&self) -> Result<(), KeyError> {
        let now = self.now();
        if self.key_ring().has_ended(now) {
            self.retire_ended(now).await?;
        }
        self.reload_keys().await
    }

    /// Pairs are made before the transaction: nobody waits for them.
    async fn keys_for(&self, algorithms: &[SigningAlgorithm]) -> Result<Vec<NewKey>, KeyError> {
        let mut keys = Vec::new();
        for &algorithm in algorithms {
            keys.push(self.new_key(algorithm).await?);
        }
        Ok(keys)
    }

    /// When the last token has ended for everybody that a key of `algorithm` signs until `retires_at`, by the longest
    /// lifetime of the policies.
    pub(super) fn policies_end(&self, algorithm: SigningAlgorithm, retires_at: Timestamp) -> Timestamp {
        let policies = self.settings().policies.all().iter();
        let signed = policies.filter(|policy| policy.access_format == AccessFormat::Jwt(algorithm));
        let longest = signed.filter_map(|policy| policy.access_seconds).fold(ID_TOKEN_SECONDS, i64::max);
        retires_at.plus_seconds(longest).plus_seconds(SKEW_SECONDS)
    }

    /// The same by the tokens that are there too, which an earlier policy may have let live longer.
    async fn last_token_ends(
        &self,
        tx: &impl ConnectionTrait,
        algorithm: SigningAlgorithm,
        retires_at: Timestamp,
    ) -> Result<Timestamp, DbErr> {
        let by_policy = self.policies_end(algorithm, retires_at);
        let later: Option<Option<Timestamp>> = access_token::Entity::find()
            .select_only()
            .column_as(access_token::Column::ExpiresAt.max(), "last")
            .filter(access_token::Column::Jwt.eq(true))
            // By this no token is read that ends before, whichever kind it is.
            .filter(access_token::Column::ExpiresAt.gt(by_policy))
            .into_tuple()
            .one(tx)
            .await?;
        Ok(later.flatten().map_or(by_policy, |last| last.plus_seconds(SKEW_SECONDS)))
    }
}

/// The rows of `algorithm`, the one that signs last at the end.
async fn rows(tx: &impl ConnectionTrait, algorithm: SigningAlgorithm) -> Result<Vec<signing_key::Model>, DbErr> {
    signing_key::Entity::find()
        .filter(signing_key::Column::Algorithm.eq(algorithm))
        .order_by_asc(signing_key::Column::ActiveFrom)
        .order_by_asc(signing_key::Column::Id)
        .all(tx)
        .await
}
