//! An app gets a token by its own credentials.

use sea_orm::{DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel};

use super::{Applied, Premise};
use crate::entity::access_token;
use crate::store::audit::{Event, record};
use crate::store::{By, Store};
use crate::time::Timestamp;

/// Write an access token that stands for itself: no code, no family, no refresh token.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    /// Who asks.
    pub(crate) by: By,
    /// What must hold.
    pub(crate) premise: Premise,
    /// The access token's row.
    pub(crate) access: access_token::Model,
    /// What the audit log keeps.
    pub(crate) event: Event,
}

impl Credentials {
    /// Lost when its premise fell: a revocation of the install either finds this token or comes first.
    pub(super) async fn apply(self, store: &Store, tx: &DatabaseTransaction, _: Timestamp) -> Result<Applied, DbErr> {
        if !self.premise.holds(tx).await? {
            return Ok(Applied::Lost);
        }
        access_token::Entity::insert(self.access.into_active_model()).exec_without_returning(tx).await?;
        record(tx, store, &self.by, self.event).await?;
        Ok(Applied::Done)
    }
}
