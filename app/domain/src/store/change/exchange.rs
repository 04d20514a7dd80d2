//! A code becomes tokens, once.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, QueryFilter};

use super::{Applied, Premise, end};
use crate::entity::{access_token, code, refresh_token};
use crate::id::CodeId;
use crate::store::audit::{Event, record};
use crate::store::{By, Store};
use crate::time::Timestamp;

/// Redeem a code and write the tokens that its answer carries.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Who redeems it.
    pub(crate) by: By,
    /// What must hold.
    pub(crate) premise: Premise,
    /// The code.
    pub(crate) code: CodeId,
    /// Whether the install's earlier tokens end (*One live token*).
    pub(crate) one_live: bool,
    /// The access token's row.
    pub(crate) access: access_token::Model,
    /// The refresh token's row.
    pub(crate) refresh: Option<refresh_token::Model>,
    /// What the audit log keeps.
    pub(crate) event: Event,
}

impl Exchange {
    /// Lost when the code was used, burned or revoked meanwhile, or its premise fell (requirements 40, 47 and 118).
    pub(super) async fn apply(self, store: &Store, tx: &DatabaseTransaction, now: Timestamp) -> Result<Applied, DbErr> {
        if !self.premise.holds(tx).await? {
            return Ok(Applied::Lost);
        }
        let redeemed = code::Entity::update_many()
            .col_expr(code::Column::UsedAt, Expr::value(now))
            .filter(code::Column::Id.eq(self.code))
            .filter(code::Column::UsedAt.is_null())
            .filter(code::Column::RevokedAt.is_null())
            .filter(code::Column::ExpiresAt.gt(now))
            .exec(tx)
            .await?;
        if redeemed.rows_affected != 1 {
            return Ok(Applied::Lost);
        }
        if self.one_live {
            end::code_tokens_of_install(tx, self.premise.install, now).await?;
        }
        access_token::Entity::insert(self.access.into_active_model()).exec_without_returning(tx).await?;
        if let Some(refresh) = self.refresh {
            refresh_token::Entity::insert(refresh.into_active_model()).exec_without_returning(tx).await?;
        }
        record(tx, store, &self.by, self.event).await?;
        Ok(Applied::Done)
    }
}
