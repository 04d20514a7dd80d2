//! What a batch takes: the codes and refresh tokens that were presented, by conditional statements.

use sea_orm::sea_query::{CaseStatement, Expr, IntoCondition, Query, SimpleExpr, UpdateStatement, Value};
use sea_orm::{ColumnTrait, Condition, DbBackend, Statement};

use super::{Exchange, Refresh};
use crate::entity::{code, refresh_token};
use crate::store::text::Phrase;
use crate::time::Timestamp;

/// The statements that take.
#[derive(Default)]
pub(super) struct Takes {
    /// Whether they give back the ids of what they took.
    returning: bool,
    codes: Phrase,
    rotated: Phrase,
    prolonged: Phrase,
}

impl Takes {
    /// Those that give back the ids of what they took.
    pub(super) fn returning_ids() -> Self {
        Self { returning: true, ..Self::default() }
    }

    /// Takes the codes; one that was used, burned or revoked meanwhile is lost (requirements 40, 47 and 118).
    pub(super) fn redeem<'a>(
        &self,
        backend: DbBackend,
        changes: impl Iterator<Item = &'a Exchange>,
        now: Timestamp,
    ) -> Option<Statement> {
        let codes = changes.map(|change| [change.code.into()]);
        self.codes.about(backend, codes, now, |codes, now| {
            let mut take = Query::update();
            take.table(code::Entity)
                .value(code::Column::UsedAt, now.clone())
                .and_where(code::Column::Id.is_in(codes.into_iter().flatten()))
                .and_where(code::Column::UsedAt.is_null())
                .and_where(code::Column::RevokedAt.is_null())
                .and_where(code::Column::ExpiresAt.gt(now));
            if self.returning { take.returning_col(code::Column::Id).take() } else { take }
        })
    }

    /// Takes the refresh tokens that were presented and get a successor; one that was rotated or ended meanwhile is lost
    /// (requirements 68 and 74).
    pub(super) fn rotate(&self, backend: DbBackend, changes: &[&Refresh], now: Timestamp) -> Option<Statement> {
        let rows = changes.iter().map(|change| {
            let successor = change.successor.as_ref().map(|row| row.id);
            [change.presented.into(), change.preceding_access.into(), successor.into()]
        });
        self.rotated.about(backend, rows, now, |rows, now| {
            let successor = by_presented(rows.iter().map(|[presented, _, successor]| (presented, successor)));
            let mut take = self.presented(rows.iter().map(|[presented, preceding, _]| (presented, preceding)), &now);
            take.value(refresh_token::Column::UsedAt, now).value(refresh_token::Column::SuccessorId, successor).take()
        })
    }

    /// Takes those that come back, with a later end and the new access token (requirement 73).
    pub(super) fn prolong(&self, backend: DbBackend, changes: &[&Refresh], now: Timestamp) -> Option<Statement> {
        let rows = changes.iter().map(|change| {
            let access = change.access.id.into();
            [change.presented.into(), change.preceding_access.into(), access, change.persistent_until.into()]
        });
        self.prolonged.about(backend, rows, now, |rows, now| {
            let access = by_presented(rows.iter().map(|[presented, _, access, _]| (presented, access)));
            let until = by_presented(rows.iter().map(|[presented, _, _, until]| (presented, until)));
            let mut take = self.presented(rows.iter().map(|[presented, preceding, ..]| (presented, preceding)), &now);
            take.value(refresh_token::Column::AccessTokenId, access)
                .value(refresh_token::Column::ExpiresAt, until)
                .take()
        })
    }

    /// The update of the refresh tokens that were presented, each beside its preceding access token, where they are still
    /// what the decisions saw. A row's access token is its own, so that two lists say the same as pairs. Their own sealed
    /// answers are erased: they are not the newest any more.
    fn presented<'a>(&self, pairs: impl Iterator<Item = (&'a Value, &'a Value)>, now: &Value) -> UpdateStatement {
        let (presented, preceding): (Vec<Value>, Vec<Value>) =
            pairs.map(|(one, other)| (one.clone(), other.clone())).unzip();
        let deadline = refresh_token::Column::ExpiresAt;
        let mut take = Query::update();
        take.table(refresh_token::Entity)
            .value(refresh_token::Column::SealedAnswer, None::<Vec<u8>>)
            .and_where(refresh_token::Column::Id.is_in(presented))
            .and_where(refresh_token::Column::UsedAt.is_null())
            .and_where(refresh_token::Column::RevokedAt.is_null())
            .cond_where(Condition::any().add(deadline.is_null()).add(deadline.gt(now.clone())).into_condition())
            .and_where(refresh_token::Column::AccessTokenId.is_in(preceding));
        if self.returning { take.returning_col(refresh_token::Column::Id).take() } else { take }
    }
}

/// A value per presented refresh token.
fn by_presented<'a>(each: impl Iterator<Item = (&'a Value, &'a Value)>) -> SimpleExpr {
    let case = each.fold(CaseStatement::new(), |case, (presented, value)| {
        case.case(refresh_token::Column::Id.eq(presented.clone()), Expr::value(value.clone()))
    });
    case.into()
}
