//! A refresh token becomes the next pair.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, QueryFilter};

use super::{Applied, Premise, end};
use crate::entity::{access_token, refresh_token};
use crate::id::{AccessTokenId, RefreshTokenId};
use crate::store::audit::{Event, record};
use crate::store::{By, Store};
use crate::time::Timestamp;

/// Write the next access token and, where the policy rotates, the next refresh token.
#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    /// Who refreshes.
    pub(crate) by: By,
    /// What must hold.
    pub(crate) premise: Premise,
    /// The presented token.
    pub(crate) presented: RefreshTokenId,
    /// The access token that was issued with it: under a persistent policy two refreshes meet here.
    pub(crate) preceding_access: AccessTokenId,
    /// The next access token's row.
    pub(crate) access: access_token::Model,
    /// The next refresh token's row; none under a persistent policy.
    pub(crate) successor: Option<refresh_token::Model>,
    /// The end of a persistent refresh token, which moves with its use.
    pub(crate) persistent_until: Option<Timestamp>,
    /// What the audit log keeps.
    pub(crate) event: Event,
}

impl Refresh {
    /// Lost when the token was rotated or ended meanwhile, or its premise fell (requirements 68, 73 and 74). Its own
    /// sealed answer is erased: it is not the newest any more.
    pub(super) async fn apply(self, store: &Store, tx: &DatabaseTransaction, now: Timestamp) -> Result<Applied, DbErr> {
        if !self.premise.holds(tx).await? {
            return Ok(Applied::Lost);
        }
        let deadline = refresh_token::Column::ExpiresAt;
        let presented = refresh_token::Entity::update_many()
            .filter(refresh_token::Column::Id.eq(self.presented))
            .filter(refresh_token::Column::UsedAt.is_null())
            .filter(refresh_token::Column::RevokedAt.is_null())
            .filter(Condition::any().add(deadline.is_null()).add(deadline.gt(now)))
            .filter(refresh_token::Column::AccessTokenId.eq(self.preceding_access))
            .col_expr(refresh_token::Column::SealedAnswer, Expr::value(None::<Vec<u8>>));
        let presented = match &self.successor {
            Some(successor) => presented
                .col_expr(refresh_token::Column::UsedAt, Expr::value(now))
                .col_expr(refresh_token::Column::SuccessorId, Expr::value(successor.id)),
            None => presented
                .col_expr(refresh_token::Column::AccessTokenId, Expr::value(self.access.id))
                .col_expr(deadline, Expr::value(self.persistent_until)),
        };
        if presented.exec(tx).await?.rows_affected != 1 {
            return Ok(Applied::Lost);
        }
        end::access_tokens(tx, access_token::Column::FamilyId.eq(self.access.family_id), now).await?;
        access_token::Entity::insert(self.access.into_active_model()).exec_without_returning(tx).await?;
        if let Some(successor) = self.successor {
            refresh_token::Entity::insert(successor.into_active_model()).exec_without_returning(tx).await?;
        }
        record(tx, store, &self.by, self.event).await?;
        Ok(Applied::Done)
    }
}
