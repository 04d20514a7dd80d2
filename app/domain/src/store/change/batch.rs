//! Changes that share one transaction: each step is one statement for all of them, and what one of them lost is sorted out
//! by the rows that the statements give back.

use std::collections::HashSet;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, TryGetable};

use super::begun::{Begun, Failure, Uncommitted};
use super::premise::{self, Ground};
use super::rows::Rows;
use super::{Applied, Change, Issuance, Premise, Prolonged, Redeemed, Revoke, Rotated, Statements, Taken};
use crate::id::{CodeId, InstallId, RefreshTokenId};
use crate::store::Store;
use crate::store::cache::Touched;
use crate::store::held::Held;
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
    /// Whose state it is.
    pub(super) const fn install(self) -> InstallId {
        let (Self::Shared(install) | Self::Alone(install)) = self;
        install
    }

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
            Self::Issue(change) if change.taken == Taken::Nothing => Claim::Shared(change.premise.install),
            Self::Issue(change) => Claim::Alone(change.premise.install),
            Self::Revoke(change) => Claim::Alone(change.install),
        }
    }

    /// Tokens that are issued; none where something ends.
    pub(super) fn issues(&self) -> Option<&Issuance> {
        match self {
            Self::Issue(change) => Some(change),
            Self::Revoke(_) => None,
        }
    }

    /// What ends something; none where tokens are issued.
    pub(super) fn ends(&self) -> Option<&Revoke> {
        match self {
            Self::Revoke(change) => Some(change),
            Self::Issue(_) => None,
        }
    }
}

/// What became of each change of a batch, once it is committed.
pub(super) struct Outcome {
    pub(super) applied: Vec<Applied>,
    /// What is left to do for it; none where it is committed, or nothing was written.
    pub(super) uncommitted: Option<Uncommitted>,
}

impl Outcome {
    fn of(applied: Vec<Applied>) -> Self {
        Self { applied, uncommitted: None }
    }
}

/// Writes `changes`, of which no two [`Claim`]s conflict, as of `now` in a transaction of their own; tells of each what
/// became of it, on PostgreSQL once somebody committed that. `rows` are those of each.
///
/// On SQLite all of it is one way to its thread, which breaks off where something does not hold. Then, and on PostgreSQL, it
/// asks for the premises and takes what is presented first, and writes what is left; where something was taken whose premise
/// fell, all is undone and written again without it.
pub(super) async fn issue(
    store: &Store,
    held: &mut Option<Held>,
    changes: &[&Change],
    mut rows: Vec<Rows>,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    debug_assert!(changes.len() <= LIMIT, "a statement has so many parameters at most");
    let backend = store.batches().get_database_backend();
    let mut batch = Batch::of(changes);
    let mut outcome = Outcome::of(vec![Applied::Lost; changes.len()]);
    let touched = batch.touches(changes);
    if backend == DbBackend::Sqlite {
        let written = Begun::at_once(store, held, batch.whole(store, rows, now)).await;
        store.cache().mark(&touched);
        if written? {
            return Ok(Outcome::of(vec![Applied::Done; changes.len()]));
        }
        rows = changes.iter().map(|change| Rows::of(store, change)).collect();
    }
    loop {
        let (asked, statements): (Vec<_>, Vec<_>) = batch.asks(store, now).into_iter().unzip();
        if statements.is_empty() {
            return Ok(outcome);
        }
        let (begun, answers) = Begun::begin(store, held, statements).await?;
        let found = Found::read(asked, &answers).map_err(Failure::Broken)?;
        if batch.leave_fallen(&found) {
            begun.rollback().await;
            continue;
        }
        batch.leave_lost(&found);
        let mut writes = batch.end_earlier(store, now);
        let kept = batch.indexes().filter_map(|index| rows.get_mut(index).map(std::mem::take));
        writes.extend(store.statements().inserts.of(backend, kept));
        if writes.is_empty() {
            begun.rollback().await;
            return Ok(outcome);
        }
        outcome.uncommitted = begun.write(store, writes, touched).await?;
        for index in batch.indexes() {
            outcome.applied[index] = Applied::Done;
        }
        return Ok(outcome);
    }
}

/// Ends things, as of `now`, in one transaction.
pub(super) async fn end(store: &Store, ends: &[&Revoke], now: Timestamp) -> Result<Outcome, Failure> {
    let tx = store.begin_batch().await.map_err(Failure::NotBegun)?;
    let ended = async {
        if let Some(locks) = premise::locks(tx.get_database_backend(), ends.iter().map(|end| end.install)) {
            tx.query_all_raw(locks).await?;
        }
        let mut applied = Vec::with_capacity(ends.len());
        for end in ends {
            applied.push((*end).clone().apply(store, &tx, now).await?);
        }
        tx.commit_touching(Touched::Only(ends.iter().map(|end| end.install.uuid()).collect())).await?;
        Ok(Outcome::of(applied))
    };
    ended.await.map_err(Failure::Broken)
}

/// What a statement of a batch asks for or takes.
#[derive(Clone, Copy, Debug)]
enum Asked {
    Nothing,
    Installs,
    People,
    Codes,
    RefreshTokens,
}

/// What holds, and what was taken.
#[derive(Default)]
struct Found {
    ground: Ground,
    codes: HashSet<CodeId>,
    refresh_tokens: HashSet<RefreshTokenId>,
}

impl Found {
    /// Whether what is taken for tokens was had.
    fn took(&self, taken: Taken) -> bool {
        match taken {
            Taken::Nothing => true,
            Taken::Code(Redeemed { code, .. }) => self.codes.contains(&code),
            Taken::Rotated(Rotated { presented, .. }) | Taken::Prolonged(Prolonged { presented, .. }) => {
                self.refresh_tokens.contains(&presented)
            }
        }
    }

    fn read(asked: Vec<Asked>, answers: &[Vec<QueryResult>]) -> Result<Self, DbErr> {
        let mut found = Self::default();
        for (asked, rows) in asked.into_iter().zip(answers) {
            match asked {
                Asked::Nothing => {}
                Asked::Installs => found.ground.read_installs(rows)?,
                Asked::People => found.ground.read_roles(rows)?,
                Asked::Codes => found.codes.extend(ids::<CodeId>(rows)?),
                Asked::RefreshTokens => found.refresh_tokens.extend(ids::<RefreshTokenId>(rows)?),
            }
        }
        Ok(found)
    }
}

fn ids<T: TryGetable>(rows: &[QueryResult]) -> Result<Vec<T>, DbErr> {
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// What a batch issues and has not lost so far, each with its place among all.
struct Batch<'a>(Vec<(usize, &'a Issuance)>);

impl<'a> Batch<'a> {
    fn of(changes: &[&'a Change]) -> Self {
        Self(changes.iter().enumerate().filter_map(|(index, change)| Some((index, change.issues()?))).collect())
    }

    fn indexes(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|(index, _)| *index)
    }

    fn each(&self) -> impl Iterator<Item = &'a Issuance> {
        self.0.iter().map(|(_, change)| *change)
    }

    fn touches(&self, changes: &[&Change]) -> Touched {
        let changes = self.indexes().filter_map(|index| changes.get(index));
        changes.fold(Touched::NOTHING, |touched, change| touched.and(change.touches()))
    }

    fn premises(&self) -> Vec<&'a Premise> {
        self.each().map(|change| &change.premise).collect()
    }

    fn redeemed(&self) -> Vec<Redeemed> {
        let redeemed = |change: &Issuance| match change.taken {
            Taken::Code(redeemed) => Some(redeemed),
            _ => None,
        };
        self.each().filter_map(redeemed).collect()
    }

    fn rotated(&self) -> Vec<Rotated> {
        let rotated = |change: &Issuance| match change.taken {
            Taken::Rotated(rotated) => Some(rotated),
            _ => None,
        };
        self.each().filter_map(rotated).collect()
    }

    fn prolonged(&self) -> Vec<Prolonged> {
        let prolonged = |change: &Issuance| match change.taken {
            Taken::Prolonged(prolonged) => Some(prolonged),
            _ => None,
        };
        self.each().filter_map(prolonged).collect()
    }

    /// The installs whose earlier tokens end (*One live token*).
    fn one_live(&self) -> Vec<InstallId> {
        let one_live = |change: &&Issuance| matches!(change.taken, Taken::Code(Redeemed { one_live: true, .. }));
        self.each().filter(one_live).map(|change| change.premise.install).collect()
    }

    /// Everything that SQLite does for the batch if nothing of it is lost. It fails where something is.
    fn whole(&self, store: &Store, rows: Vec<Rows>, now: Timestamp) -> Vec<Statement> {
        let backend = DbBackend::Sqlite;
        let Statements { takes, premises, .. } = store.statements();
        let mut whole = premises.insist(&self.premises());
        let (redeemed, rotated, prolonged) = (self.redeemed(), self.rotated(), self.prolonged());
        let taken = [
            (redeemed.len(), takes.redeem(backend, &redeemed, now)),
            (rotated.len(), takes.rotate(backend, &rotated, now)),
            (prolonged.len(), takes.prolong(backend, &prolonged, now)),
        ];
        whole.extend(self.end_last(store, now));
        for (wanted, take) in taken {
            whole.extend(take.into_iter().chain(premises.insist_on_changes(wanted)));
        }
        whole.extend(self.end_earlier(store, now));
        whole.extend(store.statements().inserts.of(backend, rows.into_iter()));
        whole
    }

    /// What is sent first, in the order of locks: installs, people, codes and refresh tokens. What is asked after the
    /// locks were had is true until the transaction ends.
    fn asks(&self, store: &Store, now: Timestamp) -> Vec<(Asked, Statement)> {
        let backend = store.batches().get_database_backend();
        let Statements { takes_returning_ids: takes, premises: ask, .. } = store.statements();
        let premises = self.premises();
        [
            (Asked::Nothing, ask.locks(backend, &premises)),
            (Asked::Installs, ask.of_installs(backend, &premises)),
            (Asked::People, ask.of_people(backend, &premises)),
            (Asked::Codes, takes.redeem(backend, &self.redeemed(), now)),
            (Asked::RefreshTokens, takes.rotate(backend, &self.rotated(), now)),
            (Asked::Nothing, self.end_last(store, now)),
            (Asked::RefreshTokens, takes.prolong(backend, &self.prolonged(), now)),
        ]
        .into_iter()
        .filter_map(|(asked, statement)| Some((asked, statement?)))
        .collect()
    }

    /// Leaves out what has no ground any more; tells whether something was taken for it.
    fn leave_fallen(&mut self, found: &Found) -> bool {
        let mut taken = false;
        self.0.retain(|(_, change)| {
            let bears = found.ground.bears(&change.premise);
            taken |= !bears && change.taken != Taken::Nothing && found.took(change.taken);
            bears
        });
        taken
    }

    /// Leaves out that for which somebody else has taken what it takes.
    fn leave_lost(&mut self, found: &Found) {
        self.0.retain(|(_, change)| found.took(change.taken));
    }

    /// Ends the access tokens that persistent refresh tokens gave last.
    fn end_last(&self, store: &Store, now: Timestamp) -> Option<Statement> {
        let presented = self.prolonged().into_iter().map(|taken| taken.presented);
        store.statements().ends.access_tokens_of(store.batches().get_database_backend(), presented, now)
    }

    /// Ends the pairs that the new ones take the place of: under *one live token* those of the install, after a rotation
    /// the access token that was issued with the presented one, the only live one of its family.
    fn end_earlier(&self, store: &Store, now: Timestamp) -> Vec<Statement> {
        let backend = store.batches().get_database_backend();
        let preceding = self.rotated().into_iter().map(|taken| taken.preceding).collect();
        let ends = &store.statements().ends;
        let of_installs = ends.code_tokens_of_installs(backend, self.one_live(), now);
        of_installs.into_iter().chain(ends.access_tokens_named(backend, preceding, now)).flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Claim;
    use crate::id::InstallId;

    #[test]
    fn only_what_adds_beside_others_shares_an_install() {
        let (one, two) = (InstallId(uuid::Uuid::from_u128(1)), InstallId(uuid::Uuid::from_u128(2)));
        assert!(!Claim::Shared(one).conflicts(Claim::Shared(one)));
        assert!(Claim::Shared(one).conflicts(Claim::Alone(one)) && Claim::Alone(one).conflicts(Claim::Shared(one)));
        assert!(Claim::Alone(one).conflicts(Claim::Alone(one)));
        assert!(!Claim::Alone(one).conflicts(Claim::Alone(two)));
    }
}
