//! "Last used", of a token and of its install.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::{Applied, USE_STAMP_SECONDS};
use crate::entity::{access_token, install};
use crate::id::{AccessTokenId, InstallId};
use crate::time::Timestamp;

/// A token was used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastUsed {
    /// The token.
    pub(crate) token: AccessTokenId,
    /// Its install.
    pub(crate) install: InstallId,
}

impl LastUsed {
    /// Stamps the token and its install, each at most once a minute.
    pub(super) async fn apply(self, tx: &impl ConnectionTrait, now: Timestamp) -> Result<Applied, DbErr> {
        let before = now.minus_seconds(USE_STAMP_SECONDS);
        let last = install::Column::LastUsedAt;
        install::Entity::update_many()
            .col_expr(last, Expr::value(now))
            .filter(install::Column::Id.eq(self.install))
            .filter(Condition::any().add(last.is_null()).add(last.lte(before)))
            .exec(tx)
            .await?;
        let last = access_token::Column::LastUsedAt;
        let done = access_token::Entity::update_many()
            .col_expr(last, Expr::value(now))
            .filter(access_token::Column::Id.eq(self.token))
            .filter(Condition::any().add(last.is_null()).add(last.lte(before)))
            .exec(tx)
            .await?;
        Ok(if done.rows_affected > 0 { Applied::Done } else { Applied::Lost })
    }
}
