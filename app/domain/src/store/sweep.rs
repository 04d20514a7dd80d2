//! What is over leaves the database, a few rows at a time: pending grants, sessions, links, sealed answers past their grace,
//! codes, access tokens, and refresh tokens by families. The audit log stays, and what tokens' rows told goes there.

use std::sync::{MutexGuard, PoisonError};

use sea_orm::sea_query::{Expr, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, DbErr, DeriveIden, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect,
    Select, TryGetable, TryGetableMany, Value,
};

use super::cache::Touched;
use super::{Store, trail};
use crate::entity::{access_token, code, grant, one_time_link, refresh_token, session};
use crate::id::{AccessTokenId, CodeId, FamilyId, GrantId, InstallId, LinkId, RefreshTokenId, SessionId};
use crate::time::Timestamp;

/// A one-time link is kept so many seconds past its end.
pub const LINK_KEPT_SECONDS: i64 = 30 * 86_400;
/// A code is kept so many seconds past its end.
pub const CODE_KEPT_SECONDS: i64 = 7 * 86_400;
/// An access token is kept so many seconds past the moment at which it ends by itself, one that never does past its
/// revocation; a refresh token past the end of its family.
pub const TOKEN_KEPT_SECONDS: i64 = 30 * 86_400;

/// How much one sweep does of a kind; the next one goes on.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// The most batches.
    batches: usize,
    /// The most keys of each, so that no writer waits long for it.
    each: u64,
}

impl Pace {
    /// As many as came in a minute in which thousands came in each second.
    const THOUSANDS_A_SECOND: Self = Self { batches: 1_000, each: 500 };
    /// Codes to look at, of which those stay whose families live on.
    const CODES: Self = Self { batches: 100, each: 100 };
    /// What nobody waits for.
    const FEW: Self = Self { batches: 20, each: 500 };
    /// Refresh tokens to look at, of which those stay whose families live on.
    const REFRESH_TOKENS: Self = Self { batches: 1_000, each: 500 };
}

/// For so many seconds one sweep looks for codes that are over, and for families: what they rest on may be thousands of rows.
const LOOKING_SECONDS: i64 = 2;
/// Families that one statement deletes.
const FAMILIES: usize = 20;
/// The most rows that one statement deletes, but for the last ones of families.
const ROWS: u64 = 500;

/// The keys of what is over, a few at a time. What is to be done with them makes that they are found no more.
struct Batches<E: EntityTrait> {
    left: usize,
    which: Select<E>,
}

impl<E: EntityTrait> Batches<E> {
    /// What `which` finds, which selects keys alone.
    fn new(pace: Pace, which: Select<E>) -> Self {
        Self { left: pace.batches, which: which.limit(pace.each) }
    }

    /// The next ones; none where all are done, or as many as the pace allows.
    async fn next<K: TryGetableMany>(&mut self, store: &Store) -> Result<Option<Vec<K>>, DbErr> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let keys = self.which.clone().into_tuple().all(store.reader()).await?;
        Ok(Some(keys).filter(|keys| !keys.is_empty()))
    }
}

/// Where a walk stands: at a row's end and its id. None where it begins anew.
type Place<K> = Option<(Timestamp, K)>;

/// Where the sweeps stand among what stays for as long as other rows do.
#[derive(Debug, Default)]
pub(super) struct LookedAt {
    /// The refresh tokens up to this one have no sealed answer any more.
    pub(super) answers: Option<RefreshTokenId>,
    codes: Place<CodeId>,
    refresh_tokens: Place<RefreshTokenId>,
}

/// Goes through rows of families in the order of their ends, without a lock, and finds those that are over. Most of them may
/// stay, and each takes a look at its family: one sweep looks for [`LOOKING_SECONDS`] at most, and the next goes on there.
struct Walk<E: EntityTrait, K> {
    /// Where to go on.
    place: Place<K>,
    left: usize,
    until: Timestamp,
    end: E::Column,
    id: E::Column,
    which: Select<E>,
}

impl<E: EntityTrait, K: Copy + Into<Value> + TryGetable> Walk<E, K> {
    /// Through the rows that ended by `end`; `columns` are the end of a row, its id, its install and its family.
    fn new(
        pace: Pace,
        columns: [E::Column; 4],
        end: Timestamp,
        over: Condition,
        after: Place<K>,
        now: Timestamp,
    ) -> Self {
        let which = E::find().select_only().columns(columns).expr_as(over, "over");
        let [ended, id, ..] = columns;
        let which = which.filter(ended.lte(end)).order_by_asc(ended).order_by_asc(id).limit(pace.each);
        Self { place: after, left: pace.batches, until: now.plus_seconds(LOOKING_SECONDS), end: ended, id, which }
    }

    /// What is over of the next rows, which may be nothing; none where all were looked at, or as many as one sweep may.
    async fn next(&mut self, store: &Store) -> Result<Option<Vec<(K, InstallId, FamilyId)>>, DbErr> {
        let Some(left) = self.left.checked_sub(1).filter(|_| store.now() < self.until) else { return Ok(None) };
        self.left = left;
        let which = match self.place {
            Some((ended, id)) => {
                self.which.clone().filter(self.end.gt(ended).or(self.end.eq(ended).and(self.id.gt(id))))
            }
            None => self.which.clone(),
        };
        let some: Vec<(Timestamp, K, InstallId, FamilyId, bool)> = which.into_tuple().all(store.reader()).await?;
        self.place = some.last().map(|(ended, id, ..)| (*ended, *id));
        let over = some.into_iter().filter(|(.., over)| *over).map(|(_, id, install, family, _)| (id, install, family));
        Ok(self.place.is_some().then(|| over.collect()))
    }
}

/// The table that a condition about the rest of a family looks at.
#[derive(DeriveIden)]
struct Kin;

impl Store {
    /// Deletes what is over: sealed answers past their grace, pending grants and sessions past their end, links that are long
    /// dead, and codes and tokens that ended long ago. What cannot be deleted keeps nothing else.
    pub async fn sweep(&self, now: Timestamp) -> Result<(), DbErr> {
        let grants = [grant::Column::Id, grant::Column::ExpiresAt];
        let sessions = [session::Column::Id, session::Column::ExpiresAt];
        let links = [one_time_link::Column::Id, one_time_link::Column::ExpiresAt];
        let (often, seldom, dead) = (Pace::THOUSANDS_A_SECOND, Pace::FEW, now.minus_seconds(LINK_KEPT_SECONDS));
        let swept = [
            self.sweep_answers(now).await,
            self.delete::<grant::Entity, GrantId>(often, grants, now).await,
            self.delete::<session::Entity, SessionId>(often, sessions, now).await,
            self.delete::<one_time_link::Entity, LinkId>(seldom, links, dead).await,
            self.sweep_history(now).await,
        ];
        swept.into_iter().collect()
    }

    /// Deletes codes and tokens that are over for so long that nobody asks for them. What a replayed code or a
    /// superseded refresh token is recognized by stays as long as its family can still act.
    async fn sweep_history(&self, now: Timestamp) -> Result<(), DbErr> {
        let end = now.minus_seconds(TOKEN_KEPT_SECONDS);
        let swept = [
            self.sweep_codes(now.minus_seconds(CODE_KEPT_SECONDS), now).await,
            self.sweep_families(end).await,
            self.sweep_access_tokens(end).await,
        ];
        swept.into_iter().collect()
    }

    /// Codes whose families live on stay, and there may be many. A code that is over does not come back.
    async fn sweep_codes(&self, end: Timestamp, now: Timestamp) -> Result<(), DbErr> {
        use code::Column::{ExpiresAt, FamilyId, Id, InstallId};
        let over = Condition::all()
            .add(Expr::exists(live_refresh_tokens(code_family(), now)).not())
            .add(Expr::exists(live_access_tokens(code_family(), now)).not())
            .add(Expr::exists(live_access_token_of_code(now)).not());
        let place = self.looked_at().codes;
        let mut walk = Walk::<code::Entity, _>::new(
            Pace::CODES,
            [ExpiresAt, Id, InstallId, FamilyId],
            end,
            over,
            place,
            self.now(),
        );
        while let Some(over) = walk.next(self).await? {
            if !over.is_empty() {
                let over = over.into_iter().map(|(id, ..)| id);
                code::Entity::delete_many().filter(Id.is_in(over)).exec(self.beside()).await?;
            }
        }
        self.looked_at().codes = walk.place;
        Ok(())
    }

    pub(super) fn looked_at(&self) -> MutexGuard<'_, LookedAt> {
        self.0.looked_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Families of which every refresh token and every access token has ended by `end`. In one that goes on, the expiry of a
    /// rotated token says nothing: it stays, and there may be many. A family that is over does not come back.
    async fn sweep_families(&self, end: Timestamp) -> Result<(), DbErr> {
        use refresh_token::Column::{ExpiresAt, FamilyId, Id, InstallId, UsedAt};
        // What was revoked early waits for the moment at which it would have ended.
        let over = Condition::all()
            .add(UsedAt.is_null())
            .add(Expr::exists(live_refresh_tokens(refresh_family(), end)).not())
            .add(Expr::exists(live_access_tokens(refresh_family(), end)).not());
        let (columns, place) = ([ExpiresAt, Id, InstallId, FamilyId], self.looked_at().refresh_tokens);
        let mut walk =
            Walk::<refresh_token::Entity, _>::new(Pace::REFRESH_TOKENS, columns, end, over, place, self.now());
        while let Some(over) = walk.next(self).await? {
            let mut over: Vec<_> = over.into_iter().map(|(_, install, family)| (install, family)).collect();
            over.sort_unstable();
            over.dedup();
            for families in over.chunks(FAMILIES) {
                self.delete_families(families).await?;
            }
        }
        self.looked_at().refresh_tokens = walk.place;
        Ok(())
    }

    /// Deletes families, those rows last by which they are found: one may have a row an hour for a year.
    async fn delete_families(&self, families: &[(InstallId, FamilyId)]) -> Result<(), DbErr> {
        use refresh_token::Column::{Id, UsedAt};
        let one = |(install, family): &(InstallId, FamilyId)| {
            refresh_token::Column::InstallId.eq(*install).and(refresh_token::Column::FamilyId.eq(*family))
        };
        let of_them = families.iter().fold(Condition::any(), |any, key| any.add(one(key)));
        let superseded = refresh_token::Entity::find().select_only().column(Id).filter(of_them.clone());
        let superseded = superseded.filter(UsedAt.is_not_null()).limit(ROWS);
        loop {
            let ids: Vec<RefreshTokenId> = superseded.clone().into_tuple().all(self.reader()).await?;
            if ids.is_empty() {
                break;
            }
            refresh_token::Entity::delete_many().filter(Id.is_in(ids)).exec(self.beside()).await?;
        }
        refresh_token::Entity::delete_many().filter(of_them).exec(self.beside()).await?;
        Ok(())
    }

    async fn sweep_access_tokens(&self, end: Timestamp) -> Result<(), DbErr> {
        // What was revoked early waits for the moment at which it would have ended.
        let over = access_token::Entity::find()
            .select_only()
            .column(access_token::Column::Id)
            .filter(access_token::Column::ExpiresAt.lte(end));
        let mut batches = Batches::new(Pace::THOUSANDS_A_SECOND, over);
        while let Some(ids) = batches.next::<AccessTokenId>(self).await? {
            let tx = self.begin().await?;
            let over = access_token::Column::Id.is_in(ids);
            trail::move_to_log(&tx, over.clone()).await?;
            access_token::Entity::delete_many().filter(over).exec(&tx).await?;
            tx.commit_touching(Touched::NOTHING).await?;
        }
        Ok(())
    }

    /// Deletes the rows whose `end` is at `until` or before, and still is then.
    async fn delete<E, K>(&self, pace: Pace, [id, end]: [E::Column; 2], until: Timestamp) -> Result<(), DbErr>
    where
        E: EntityTrait,
        K: TryGetableMany + Into<Value>,
    {
        // In the order of their ends, which is that of an index.
        let ended = E::find().select_only().column(id).filter(end.lte(until)).order_by_asc(end);
        let mut batches = Batches::new(pace, ended);
        while let Some(ids) = batches.next::<K>(self).await? {
            E::delete_many().filter(id.is_in(ids)).filter(end.lte(until)).exec(self.beside()).await?;
        }
        Ok(())
    }
}

/// The install and the family that a row belongs to. A family is of one install, by which it is found.
type FamilyOf = [SimpleExpr; 2];

fn code_family() -> FamilyOf {
    [code::Column::InstallId, code::Column::FamilyId].map(|column| Expr::col((code::Entity, column)))
}

fn refresh_family() -> FamilyOf {
    let columns = [refresh_token::Column::InstallId, refresh_token::Column::FamilyId];
    columns.map(|column| Expr::col((refresh_token::Entity, column)))
}

/// Refresh tokens of a family that had not ended by `at`: neither revoked nor expired, nor followed by another.
fn live_refresh_tokens([install, family]: FamilyOf, at: Timestamp) -> SelectStatement {
    let column = |column: refresh_token::Column| Expr::col((Kin, column));
    let later = |one: refresh_token::Column| column(one).is_null().or(column(one).gt(at));
    Query::select()
        .expr(Expr::value(1))
        .from_as(refresh_token::Entity, Kin)
        .and_where(column(refresh_token::Column::InstallId).eq(install))
        .and_where(column(refresh_token::Column::FamilyId).eq(family))
        .and_where(later(refresh_token::Column::RevokedAt))
        .and_where(later(refresh_token::Column::ExpiresAt))
        .and_where(later(refresh_token::Column::UsedAt))
        .take()
}

/// Access tokens of a family's refresh tokens that had not ended by `at`.
fn live_access_tokens([install, family]: FamilyOf, at: Timestamp) -> SelectStatement {
    let kin = |column: refresh_token::Column| Expr::col((Kin, column));
    let own = access_token::Column::Id.into_expr().equals((Kin, refresh_token::Column::AccessTokenId));
    Query::select()
        .expr(Expr::value(1))
        .from_as(refresh_token::Entity, Kin)
        .inner_join(access_token::Entity, own)
        .and_where(kin(refresh_token::Column::InstallId).eq(install))
        .and_where(kin(refresh_token::Column::FamilyId).eq(family))
        .and_where(has_not_ended(at))
        .take()
}

/// The access token that a code was redeemed for, if it had not ended by `at`.
fn live_access_token_of_code(at: Timestamp) -> SelectStatement {
    let of_code = (code::Entity, code::Column::AccessTokenId);
    Query::select()
        .expr(Expr::value(1))
        .from(access_token::Entity)
        .and_where(access_token::Column::Id.into_expr().equals(of_code))
        .and_where(has_not_ended(at))
        .take()
}

/// Whether an access token was neither revoked nor expired by `at`.
fn has_not_ended(at: Timestamp) -> SimpleExpr {
    let later = |column: access_token::Column| column.is_null().or(column.gt(at));
    later(access_token::Column::RevokedAt).and(later(access_token::Column::ExpiresAt))
}
