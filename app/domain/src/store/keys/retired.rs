//! The public halves of keys that are gone. An ID token that comes back as a hint names its person however old it is
//! (requirements 94 and 102), and nothing else is verified with them: not an access token, and they are not published.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter};
use serde_json::{Map, Value};

use super::pair::PublicKey;
use super::rows::lock_keys;
use super::{KeyError, VerifyError, jws};
use crate::entity::{retired_key, signing_key};
use crate::jwt::{SigningAlgorithm, TokenKind};
use crate::store::Store;
use crate::time::Timestamp;

impl Store {
    /// The claims of an ID token of ours, as [`Store::verify_fresh`] has them, but whenever its key retired. A key that
    /// was replaced because somebody else has it verifies nothing any more.
    pub async fn verify_hint(&self, token: &str) -> Result<Map<String, Value>, VerifyError> {
        let outcome = self.verify_fresh(TokenKind::IdToken, token).await;
        if outcome != Err(VerifyError::UnknownKey) {
            return outcome;
        }
        let parsed = jws::Compact::parse(TokenKind::IdToken, token)?;
        let verified = if let Some(key) = self.key_ring().named(&parsed.kid) {
            // Its last token ended within this minute.
            key.algorithm == parsed.algorithm && key.pair.verifies(parsed.message, &parsed.signature)
        } else {
            let row = retired_key::Entity::find_by_id(parsed.kid.clone()).one(self.reader()).await;
            let row = row.map_err(VerifyError::Database)?;
            let row = row.filter(|row| row.algorithm == parsed.algorithm).ok_or(VerifyError::UnknownKey)?;
            let key = PublicKey::read(row.algorithm, &row.public_key).map_err(|_| VerifyError::UnknownKey)?;
            key.verifies(parsed.message, &parsed.signature)
        };
        if verified { parsed.claims() } else { Err(VerifyError::Signature) }
    }

    /// Deletes the private half of every key whose last token has ended at `now`. What the database has counts: a key
    /// that another process replaced meanwhile is not kept.
    pub(super) async fn retire_ended(&self, now: Timestamp) -> Result<(), KeyError> {
        let tx = self.begin().await?;
        lock_keys(&tx).await?;
        let ended = signing_key::Entity::find().filter(signing_key::Column::PublishedUntil.lte(now)).all(&tx).await?;
        let known = self.key_ring().keys();
        for row in ended {
            let (id, algorithm, kid) = (row.id, row.algorithm, row.kid.clone());
            let key = self.opened(row, &known)?;
            if key.is_published(now) {
                continue;
            }
            let public_key = key.material.pair.public().bytes().to_vec();
            let published_until = key.published_until.unwrap_or(now);
            let kept = retired_key::Model { kid, algorithm, public_key, published_until };
            retired_key::Entity::insert(kept.into_active_model()).exec_without_returning(&tx).await?;
            signing_key::Entity::delete_by_id(id).exec(&tx).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Forgets the keys of `algorithm` that are gone: who took the present ones may have taken those.
pub(super) async fn forget(tx: &impl ConnectionTrait, algorithm: SigningAlgorithm) -> Result<(), DbErr> {
    let of_it = retired_key::Column::Algorithm.eq(algorithm);
    retired_key::Entity::delete_many().filter(of_it).exec(tx).await.map(drop)
}
