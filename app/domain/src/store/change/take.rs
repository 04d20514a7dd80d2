//! What a batch takes: the codes and refresh tokens that were presented, by conditional statements.

use sea_orm::sea_query::{CaseStatement, Expr, Query, SimpleExpr, UpdateStatement, Value};
use sea_orm::{ColumnTrait, Condition, DbBackend, Statement};

use super::{Prolonged, Redeemed, Rotated};
use crate::entity::{code, refresh_token};
use crate::store::text::Phrase;
use crate::time::Timestamp;

const ID: refresh_token::Column = refresh_token::Column::Id;

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
    pub(super) fn redeem(&self, backend: DbBackend, redeemed: &[Redeemed], now: Timestamp) -> Option<Statement> {
        let rows = redeemed.iter().map(|taken| [taken.code.into(), taken.access.into()]);
        self.codes.about(backend, rows, now, |rows, now| {
            let access = by_presented(code::Column::Id, rows.iter().map(|[code, access]| (code, access)));
            let mut take = Query::update();
            take.table(code::Entity)
                .value(code::Column::UsedAt, now.clone())
                .value(code::Column::AccessTokenId, access)
                .and_where(code::Column::Id.is_in(rows.into_iter().map(|[code, _]| code)))
                .and_where(code::Column::UsedAt.is_null())
                .and_where(code::Column::RevokedAt.is_null())
                .and_where(code::Column::ExpiresAt.gt(now));
            if self.returning { take.returning_col(code::Column::Id).take() } else { take }
        })
    }

    /// Takes the refresh tokens that were presented and get a successor; one that was rotated or ended meanwhile is lost
    /// (requirements 68 and 74).
    pub(super) fn rotate(&self, backend: DbBackend, rotated: &[Rotated], now: Timestamp) -> Option<Statement> {
        let rows = rotated.iter().map(|taken| [taken.presented.into(), taken.successor.into()]);
        self.rotated.about(backend, rows, now, |rows, now| {
            let successor = by_presented(ID, rows.iter().map(|[presented, successor]| (presented, successor)));
            let mut take = self.take(rows.iter().map(|[presented, _]| presented), &now);
            take.value(refresh_token::Column::UsedAt, now).value(refresh_token::Column::SuccessorId, successor).take()
        })
    }

    /// Takes those that come back, with a later end and the new access token; one that ended meanwhile is lost (requirement
    /// 73). Of several refreshes at once each finds the access token of the one before it.
    pub(super) fn prolong(&self, backend: DbBackend, prolonged: &[Prolonged], now: Timestamp) -> Option<Statement> {
        let rows = prolonged.iter().map(|taken| [taken.presented.into(), taken.access.into(), taken.until.into()]);
        self.prolonged.about(backend, rows, now, |rows, now| {
            let access = by_presented(ID, rows.iter().map(|[presented, access, _]| (presented, access)));
            let until = by_presented(ID, rows.iter().map(|[presented, _, until]| (presented, until)));
            let mut take = self.take(rows.iter().map(|[presented, ..]| presented), &now);
            take.value(refresh_token::Column::AccessTokenId, access)
                .value(refresh_token::Column::ExpiresAt, until)
                .take()
        })
    }

    /// The update of the refresh tokens that were presented and can still be taken. Their own sealed answers are erased:
    /// they are not the newest any more.
    fn take<'a>(&self, presented: impl Iterator<Item = &'a Value>, now: &Value) -> UpdateStatement {
        let mut take = Query::update();
        take.table(refresh_token::Entity)
            .value(refresh_token::Column::SealedAnswer, None::<Vec<u8>>)
            .cond_where(can_be_taken(presented, now));
        if self.returning { take.returning_col(refresh_token::Column::Id).take() } else { take }
    }
}

/// Those of `presented` that were neither used nor ended.
pub(super) fn can_be_taken<'a>(presented: impl Iterator<Item = &'a Value>, now: &Value) -> Condition {
    let deadline = refresh_token::Column::ExpiresAt;
    Condition::all()
        .add(refresh_token::Column::Id.is_in(presented.cloned()))
        .add(refresh_token::Column::UsedAt.is_null())
        .add(refresh_token::Column::RevokedAt.is_null())
        .add(Condition::any().add(deadline.is_null()).add(deadline.gt(now.clone())))
}

/// A value for each row that was presented, by its `id`.
fn by_presented<'a>(id: impl ColumnTrait, each: impl Iterator<Item = (&'a Value, &'a Value)>) -> SimpleExpr {
    let case = each.fold(CaseStatement::new(), |case, (presented, value)| {
        case.case(id.eq(presented.clone()), Expr::value(value.clone()))
    });
    case.into()
}
