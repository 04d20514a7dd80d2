//! Changes that share one transaction: each step is one statement for all of them. What one of them lost is sorted out
//! by the rows that the statements give back; a change by itself is a batch of one.

use std::collections::HashSet;

use sea_orm::sea_query::{CaseStatement, Expr, IntoCondition, Query, SimpleExpr, UpdateStatement, Values};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, QueryResult, QueryTrait, Statement,
    TryGetable,
};

use super::premise::Ground;
use super::rows::Rows;
use super::{Applied, Change, Credentials, Exchange, Premise, Refresh, end};
use crate::entity::{access_token, code, refresh_token};
use crate::id::{CodeId, InstallId, RefreshTokenId};
use crate::store::Store;
use crate::time::Timestamp;

/// The most changes that share a commit: the widest row, an audit event of 21 columns, times this stays far below the
/// parameters that a statement may have (SQLite 32766, PostgreSQL 65535).
pub(super) const LIMIT: usize = 64;

/// What a change must not share a batch with: the state of an install, its codes and families included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// It rests on the install and adds to it, as others may beside it.
    Shared(InstallId),
    /// It changes what others of the install rest on.
    Alone(InstallId),
}

impl Claim {
    /// Whether two changes must not share a batch.
    pub(super) fn conflicts(self, other: Self) -> bool {
        let (Self::Shared(one) | Self::Alone(one), Self::Shared(two) | Self::Alone(two)) = (self, other);
        one == two && !matches!((self, other), (Self::Shared(_), Self::Shared(_)))
    }
}

impl Change {
    /// What keeps it apart from other changes. A code and a family belong to one install, so that this is all.
    pub(super) fn claim(&self) -> Claim {
        match self {
            Self::Issue(change) => Claim::Alone(change.install.id),
            Self::Exchange(change) => Claim::Alone(change.premise.install),
            Self::Refresh(change) => Claim::Alone(change.premise.install),
            Self::Credentials(change) => Claim::Shared(change.premise.install),
            Self::Revoke(change) => Claim::Alone(change.install),
        }
    }

    /// What a change that issues tokens rests on.
    fn premise(&self) -> Option<&Premise> {
        match self {
            Self::Exchange(change) => Some(&change.premise),
            Self::Refresh(change) => Some(&change.premise),
            Self::Credentials(change) => Some(&change.premise),
            Self::Issue(_) | Self::Revoke(_) => None,
        }
    }

    /// The install whose row is locked before anything else.
    fn locks(&self) -> Option<InstallId> {
        match self {
            Self::Revoke(change) => Some(change.install),
            _ => self.premise().map(|premise| premise.install),
        }
    }
}

/// Writes `changes`, of which no two have the same [`Claim`], on `tx` as of `now`; tells of each what became of it. `rows`
/// are those of each.
pub(super) async fn apply(
    store: &Store,
    tx: &DatabaseTransaction,
    changes: &[&Change],
    mut rows: Vec<Rows>,
    now: Timestamp,
) -> Result<Vec<Applied>, DbErr> {
    debug_assert!(changes.len() <= LIMIT, "a statement has so many parameters at most");
    let premises: Vec<_> = changes.iter().filter_map(|change| change.premise()).collect();
    let ground = Ground::ask(tx, changes.iter().filter_map(|change| change.locks()), &premises).await?;
    let mut outcome = alone(store, tx, changes, now).await?;
    let mut batch = Batch::default();
    for (index, change) in changes.iter().enumerate() {
        if change.premise().is_some_and(|premise| ground.bears(premise)) {
            batch.add(index, change);
        }
    }
    batch.redeem(tx, now).await?;
    batch.rotate(tx, now).await?;
    let mut writes = batch.end_earlier(tx, now);
    let kept = batch.indexes().filter_map(|index| rows.get_mut(index).map(std::mem::take));
    writes.extend(store.inserts().statements(tx.get_database_backend(), kept));
    together(tx, writes).await?;
    for index in batch.indexes() {
        outcome[index] = Applied::Done;
    }
    Ok(outcome)
}

/// Applies what has no statement in common with others; the rest is lost until it is kept.
async fn alone(
    store: &Store,
    tx: &DatabaseTransaction,
    changes: &[&Change],
    now: Timestamp,
) -> Result<Vec<Applied>, DbErr> {
    let mut outcome = vec![Applied::Lost; changes.len()];
    for (applied, change) in outcome.iter_mut().zip(changes) {
        *applied = match change {
            Change::Issue(change) => change.clone().apply(store, tx, now).await?,
            Change::Revoke(change) => change.clone().apply(store, tx, now).await?,
            Change::Exchange(_) | Change::Refresh(_) | Change::Credentials(_) => continue,
        };
    }
    Ok(outcome)
}

/// The changes that issue tokens and have lost nothing so far, each with its place among all.
#[derive(Default)]
struct Batch<'a> {
    exchanges: Vec<(usize, &'a Exchange)>,
    refreshes: Vec<(usize, &'a Refresh)>,
    credentials: Vec<(usize, &'a Credentials)>,
}

impl<'a> Batch<'a> {
    fn add(&mut self, index: usize, change: &'a Change) {
        match change {
            Change::Exchange(change) => self.exchanges.push((index, change)),
            Change::Refresh(change) => self.refreshes.push((index, change)),
            Change::Credentials(change) => self.credentials.push((index, change)),
            Change::Issue(_) | Change::Revoke(_) => {}
        }
    }

    fn indexes(&self) -> impl Iterator<Item = usize> {
        let exchanges = self.exchanges.iter().map(|(index, _)| *index);
        let refreshes = self.refreshes.iter().map(|(index, _)| *index);
        exchanges.chain(refreshes).chain(self.credentials.iter().map(|(index, _)| *index))
    }

    /// Takes the codes; one that was used, burned or revoked meanwhile is lost (requirements 40, 47 and 118).
    async fn redeem(&mut self, tx: &DatabaseTransaction, now: Timestamp) -> Result<(), DbErr> {
        if self.exchanges.is_empty() {
            return Ok(());
        }
        let codes = padded(self.exchanges.iter().map(|(_, change)| change.code));
        let taken: HashSet<CodeId> = Query::update()
            .table(code::Entity)
            .value(code::Column::UsedAt, now)
            .and_where(code::Column::Id.is_in(codes))
            .and_where(code::Column::UsedAt.is_null())
            .and_where(code::Column::RevokedAt.is_null())
            .and_where(code::Column::ExpiresAt.gt(now))
            .ids(tx, code::Column::Id)
            .await?;
        self.exchanges.retain(|(_, change)| taken.contains(&change.code));
        Ok(())
    }

    /// Takes the presented refresh tokens; one that was rotated or ended meanwhile is lost (requirements 68, 73 and
    /// 74). Their own sealed answers are erased: they are not the newest any more.
    async fn rotate(&mut self, tx: &DatabaseTransaction, now: Timestamp) -> Result<(), DbErr> {
        let mut taken = HashSet::new();
        let (rotating, persistent): (Vec<&Refresh>, Vec<&Refresh>) =
            self.refreshes.iter().map(|(_, change)| *change).partition(|change| change.successor.is_some());
        let (rotating, persistent) = (padded(rotating), padded(persistent));
        if !rotating.is_empty() {
            let successor = by_presented(&rotating, |change| change.successor.as_ref().map(|row| row.id).into());
            taken.extend(
                presented(&rotating, now)
                    .value(refresh_token::Column::UsedAt, now)
                    .value(refresh_token::Column::SuccessorId, successor)
                    .ids::<RefreshTokenId>(tx, refresh_token::Column::Id)
                    .await?,
            );
        }
        if !persistent.is_empty() {
            taken.extend(
                presented(&persistent, now)
                    .value(
                        refresh_token::Column::AccessTokenId,
                        by_presented(&persistent, |change| change.access.id.into()),
                    )
                    .value(
                        refresh_token::Column::ExpiresAt,
                        by_presented(&persistent, |change| change.persistent_until.into()),
                    )
                    .ids::<RefreshTokenId>(tx, refresh_token::Column::Id)
                    .await?,
            );
        }
        self.refreshes.retain(|(_, change)| taken.contains(&change.presented));
        Ok(())
    }

    /// Ends the pairs that the new ones take the place of: under *one live token* those of the install, after a
    /// refresh the access token that was issued with the presented one, the only live one of its family.
    fn end_earlier(&self, tx: &DatabaseTransaction, now: Timestamp) -> Vec<Statement> {
        let backend = tx.get_database_backend();
        let one_live = self.exchanges.iter().filter(|(_, change)| change.one_live);
        let installs = padded(one_live.map(|(_, change)| change.premise.install));
        let preceding = padded(self.refreshes.iter().map(|(_, change)| change.preceding_access));
        let mut ends = Vec::new();
        if !installs.is_empty() {
            ends.extend(end::code_tokens_of_installs(backend, installs, now));
        }
        if !preceding.is_empty() {
            ends.push(end::access_tokens(access_token::Column::Id.is_in(preceding), now).build(backend));
        }
        ends
    }
}

/// Executes statements that give nothing back. Each costs SQLite a way to its thread and back, so there they go as one.
async fn together(tx: &DatabaseTransaction, statements: Vec<Statement>) -> Result<(), DbErr> {
    let db_backend = tx.get_database_backend();
    if db_backend != DbBackend::Sqlite {
        for statement in statements {
            tx.execute_raw(statement).await?;
        }
        return Ok(());
    }
    if statements.is_empty() {
        return Ok(());
    }
    let (mut sql, mut values) = (String::new(), Vec::new());
    for statement in statements {
        sql.push_str(&statement.sql);
        sql.push(';');
        values.extend(statement.values.into_iter().flat_map(|Values(values)| values));
    }
    tx.execute_raw(Statement { sql, values: Some(Values(values)), db_backend }).await?;
    Ok(())
}

/// `values` with the last one again up to a power of two: a list in a statement means the same, and the statement has few
/// texts, of which the database keeps the plans.
pub(super) fn padded<T: Copy>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    if let Some(last) = values.last().copied() {
        values.resize(values.len().next_power_of_two(), last);
    }
    values
}

/// The update of the refresh tokens that `changes` presented, where they are still what the decisions saw. A row's
/// access token is its own, so that two lists say the same as pairs.
fn presented(changes: &[&Refresh], now: Timestamp) -> UpdateStatement {
    let deadline = refresh_token::Column::ExpiresAt;
    let preceding = changes.iter().map(|change| change.preceding_access);
    Query::update()
        .table(refresh_token::Entity)
        .value(refresh_token::Column::SealedAnswer, None::<Vec<u8>>)
        .and_where(refresh_token::Column::Id.is_in(changes.iter().map(|change| change.presented)))
        .and_where(refresh_token::Column::UsedAt.is_null())
        .and_where(refresh_token::Column::RevokedAt.is_null())
        .cond_where(Condition::any().add(deadline.is_null()).add(deadline.gt(now)).into_condition())
        .and_where(refresh_token::Column::AccessTokenId.is_in(preceding))
        .take()
}

/// A value per presented refresh token.
fn by_presented(changes: &[&Refresh], value: impl Fn(&Refresh) -> sea_orm::Value) -> SimpleExpr {
    let each = changes.iter().fold(CaseStatement::new(), |case, change| {
        case.case(refresh_token::Column::Id.eq(change.presented), Expr::value(value(change)))
    });
    each.into()
}

/// An update that gives back the ids of the rows that it changed.
trait Returning {
    async fn ids<T: TryGetable + Eq + std::hash::Hash>(
        &mut self,
        tx: &DatabaseTransaction,
        id: impl ColumnTrait,
    ) -> Result<HashSet<T>, DbErr>;
}

impl Returning for UpdateStatement {
    async fn ids<T: TryGetable + Eq + std::hash::Hash>(
        &mut self,
        tx: &DatabaseTransaction,
        id: impl ColumnTrait,
    ) -> Result<HashSet<T>, DbErr> {
        let rows = tx.query_all(self.returning_col(id)).await?;
        rows.iter().map(|row: &QueryResult| row.try_get_by_index(0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Claim, padded};
    use crate::id::InstallId;

    #[test]
    fn a_padded_list_says_the_same_in_few_lengths() {
        assert!(padded(Vec::<u8>::new()).is_empty());
        assert_eq!(padded([1, 2, 3, 4, 5]), [1, 2, 3, 4, 5, 5, 5, 5]);
        assert_eq!(padded([1, 2, 3, 4]), [1, 2, 3, 4]);
    }

    #[test]
    fn only_what_adds_beside_others_shares_an_install() {
        let (one, two) = (InstallId(uuid::Uuid::from_u128(1)), InstallId(uuid::Uuid::from_u128(2)));
        assert!(!Claim::Shared(one).conflicts(Claim::Shared(one)));
        assert!(Claim::Shared(one).conflicts(Claim::Alone(one)) && Claim::Alone(one).conflicts(Claim::Shared(one)));
        assert!(Claim::Alone(one).conflicts(Claim::Alone(one)));
        assert!(!Claim::Alone(one).conflicts(Claim::Alone(two)));
    }
}
