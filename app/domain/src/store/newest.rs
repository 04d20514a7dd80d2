//! The newest tokens of a place. An index has the tokens of an install in order, and none those of an organization: of that each
//! install is asked for its newest, and those alone are looked into whose newest are among the newest.

use std::cmp::Reverse;

use sea_orm::sea_query::{Expr, Order, Query, SelectStatement, SimpleExpr, UnionType};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect,
};

use super::change::end::kinds;
use crate::entity::access_token::{self, Column};
use crate::entity::install;
use crate::id::{AccessTokenId, InstallId, OrgId};

/// Where tokens are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// In an install.
    Install(InstallId),
    /// In the installs of an organization.
    Organization(OrgId),
}

/// Installs of an organization of which one statement tells the newest token.
const INSTALLS: u64 = 100;
/// Installs into which one statement looks.
const INSTALLS_LOOKED_INTO: usize = 50;

/// The query of the ids of an install's tokens of one of the [`kinds`] that fulfil `which`, newest first.
fn ids_of(install: SimpleExpr, kind: SimpleExpr, which: &Condition, limit: usize) -> SelectStatement {
    Query::select()
        .column(Column::Id)
        .from(access_token::Entity)
        .and_where(Column::InstallId.into_expr().eq(install))
        .and_where(kind)
        .cond_where(which.clone())
        .order_by(Column::Id, Order::Desc)
        .limit(u64::try_from(limit).unwrap_or(u64::MAX))
        .take()
}

/// The newest tokens of each of `installs` and of either kind that fulfil `which`, at most so many of each.
async fn ids_in_each(
    db: &impl ConnectionTrait,
    installs: impl Iterator<Item = InstallId>,
    which: &Condition,
    limit: usize,
) -> Result<Vec<AccessTokenId>, DbErr> {
    let one = |install: InstallId, kind| {
        let of_it = ids_of(Expr::value(install), kind, which, limit);
        Query::select().column(Column::Id).from_subquery(of_it, "slice").take()
    };
    let mut each = installs.flat_map(|install| kinds().map(|kind| one(install, kind)));
    let Some(mut all) = each.next() else { return Ok(Vec::new()) };
    for one in each {
        all.union(UnionType::All, one);
    }
    db.query_all(&all).await?.into_iter().map(|row| row.try_get_by_index(0)).collect()
}

/// The ids of the newest tokens of a place that fulfil `which`, newest first, at most `limit`. Each install is looked into by
/// itself: an index has the tokens of one in order, and none those of an organization.
pub(super) async fn newest_ids(
    db: &impl ConnectionTrait,
    place: Place,
    which: &Condition,
    limit: usize,
) -> Result<Vec<AccessTokenId>, DbErr> {
    let installs = match place {
        Place::Install(id) => return Ok(newest(ids_in_each(db, [id].into_iter(), which, limit).await?, limit)),
        Place::Organization(id) => installs_by_newest_token(db, id, which, limit).await?,
    };
    let mut found: Vec<AccessTokenId> = Vec::new();
    for some in installs.chunks(INSTALLS_LOOKED_INTO) {
        // What is older than all that was found is not looked for.
        let oldest = found.get(limit.saturating_sub(1)).copied();
        if oldest.is_some_and(|oldest| some.iter().all(|(token, _)| *token <= oldest)) {
            break;
        }
        let newer = oldest.map_or_else(|| which.clone(), |oldest| which.clone().add(Column::Id.gt(oldest)));
        found.extend(ids_in_each(db, some.iter().map(|(_, install)| *install), &newer, limit).await?);
        found = newest(found, limit);
    }
    Ok(found)
}

/// `ids` newest first, at most `limit`.
fn newest(mut ids: Vec<AccessTokenId>, limit: usize) -> Vec<AccessTokenId> {
    ids.sort_unstable_by_key(|id| Reverse(*id));
    ids.truncate(limit);
    ids
}

/// The installs of an organization whose newest tokens are the newest, each with that token, of those that fulfil `which`; at
/// most `limit`: no other has one of so many newest tokens.
async fn installs_by_newest_token(
    db: &impl ConnectionTrait,
    organization: OrgId,
    which: &Condition,
    limit: usize,
) -> Result<Vec<(AccessTokenId, InstallId)>, DbErr> {
    let own = || Expr::col((install::Entity, install::Column::Id));
    let [of_codes, of_credentials] = kinds().map(|kind| {
        let newest = ids_of(own(), kind, which, 1);
        SimpleExpr::SubQuery(None, Box::new(newest.into()))
    });
    let all = install::Entity::find()
        .select_only()
        .column(install::Column::Id)
        .expr_as(of_codes, "of_codes")
        .expr_as(of_credentials, "of_credentials")
        .filter(install::Column::OrganizationId.eq(organization))
        .order_by_asc(install::Column::Id)
        .limit(INSTALLS);
    let mut found: Vec<(AccessTokenId, InstallId)> = Vec::new();
    let mut after = None;
    loop {
        let some = after.map_or_else(|| all.clone(), |after| all.clone().filter(install::Column::Id.gt(after)));
        let some: Vec<(InstallId, Option<AccessTokenId>, Option<AccessTokenId>)> = some.into_tuple().all(db).await?;
        after = some.last().map(|(install, ..)| *install);
        let full = some.len() as u64 == INSTALLS;
        found.extend(some.into_iter().filter_map(|(install, one, other)| Some((Ord::max(one, other)?, install))));
        found.sort_unstable_by_key(|key| Reverse(*key));
        found.truncate(limit);
        if !full {
            return Ok(found);
        }
    }
}

/// The newest tokens of a place that fulfil `which`, at most `limit`.
pub(super) async fn newest_tokens(
    db: &impl ConnectionTrait,
    place: Place,
    which: &Condition,
    limit: u64,
) -> Result<Vec<access_token::Model>, DbErr> {
    let ids = newest_ids(db, place, which, usize::try_from(limit).unwrap_or(usize::MAX)).await?;
    access_token::Entity::find().filter(Column::Id.is_in(ids)).order_by_desc(Column::Id).all(db).await
}
