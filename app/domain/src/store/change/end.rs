//! What ends what (PROTOCOL section 1): codes, tokens, families and installs end inside one transaction, and the sealed
//! answers of refreshes are erased with them.

use sea_orm::sea_query::{Expr, Func, SelectStatement, SimpleExpr, Value};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Statement, UpdateMany,
};

use super::ROW_LOCK;
use super::take::can_be_taken;
use crate::client::{GrantStatus, InstallStatus};
use crate::entity::{access_token, code, grant, install, install_consent, refresh_token};
use crate::id::{AccessTokenId, AppId, FamilyId, InstallId, OrgId, RefreshTokenId, UserId};
use crate::store::text::Phrase;
use crate::time::Timestamp;

/// `now` for a column that may be empty.
fn at(now: impl Into<Value>) -> SimpleExpr {
    Expr::value(now)
}

/// Ends unused codes.
pub(super) async fn codes(tx: &impl ConnectionTrait, which: SimpleExpr, now: Timestamp) -> Result<u64, DbErr> {
    let done = code::Entity::update_many()
        .col_expr(code::Column::RevokedAt, at(now))
        .filter(which)
        .filter(code::Column::RevokedAt.is_null())
        .filter(code::Column::UsedAt.is_null())
        .exec(tx)
        .await?;
    Ok(done.rows_affected)
}

/// The end of refresh tokens, which erases the answers that their rows keep. One that never ended ends now, as with access
/// tokens.
pub(crate) fn refresh_tokens(which: SimpleExpr, now: impl Into<Value>) -> UpdateMany<refresh_token::Entity> {
    let now = at(now);
    let end = Func::coalesce([refresh_token::Column::ExpiresAt.into_expr(), now.clone()]);
    refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::RevokedAt, now)
        .col_expr(refresh_token::Column::ExpiresAt, end.into())
        .col_expr(refresh_token::Column::SealedAnswer, Expr::value(None::<Vec<u8>>))
        .filter(which)
        .filter(refresh_token::Column::RevokedAt.is_null())
}

/// The end of access tokens. One that never ended ends now, for the sweep; no index has to do with `revoked_at`, so that
/// PostgreSQL keeps the new version of the row beside the old one and touches none.
pub(crate) fn access_tokens(which: SimpleExpr, now: impl Into<Value>) -> UpdateMany<access_token::Entity> {
    let now = at(now);
    let end = Func::coalesce([access_token::Column::ExpiresAt.into_expr(), now.clone()]);
    access_token::Entity::update_many()
        .col_expr(access_token::Column::RevokedAt, now)
        .col_expr(access_token::Column::ExpiresAt, end.into())
        .filter(which)
        .filter(access_token::Column::RevokedAt.is_null())
}

/// The same for all of an install, which may have a month's that ended by themselves: those stay as they are.
pub(crate) fn live_access_tokens(which: SimpleExpr, now: Timestamp) -> UpdateMany<access_token::Entity> {
    // In a form that leads no planner to the index by the end.
    let end = Func::coalesce([access_token::Column::ExpiresAt.into_expr(), at(now)]);
    access_tokens(which, now).filter(SimpleExpr::from(end).gte(now))
}

/// The statements that end what others take the place of.
#[derive(Default)]
pub(super) struct Ends {
    access_named: Phrase,
    endless_named: Phrase,
    access_of_refresh_tokens: Phrase,
    access_of_installs: Phrase,
    refresh_of_installs: Phrase,
}

impl Ends {
    /// The end of the access tokens `ids`. SQLite writes the entry of an index anew wherever a statement sets its column, to
    /// the same value too: there the end of a token is set only where it has none.
    pub(super) fn access_tokens_named(
        &self,
        backend: DbBackend,
        ids: Vec<AccessTokenId>,
        now: Timestamp,
    ) -> [Option<Statement>; 2] {
        let named = |ids: Vec<[Value; 1]>| access_token::Column::Id.is_in(ids.into_iter().flatten());
        let ids = || ids.iter().map(|id| [(*id).into()]);
        if backend == DbBackend::Postgres {
            let end = |ids, now| access_tokens(named(ids), now).into_query();
            return [self.access_named.about(backend, ids(), now, end), None];
        }
        let revoke = |ids, now| {
            access_token::Entity::update_many()
                .col_expr(access_token::Column::RevokedAt, at(now))
                .filter(named(ids).and(access_token::Column::ExpiresAt.is_not_null()))
                .filter(access_token::Column::RevokedAt.is_null())
                .into_query()
        };
        let endless =
            |ids, now| access_tokens(named(ids).and(access_token::Column::ExpiresAt.is_null()), now).into_query();
        [self.access_named.about(backend, ids(), now, revoke), self.endless_named.about(backend, ids(), now, endless)]
    }

    /// The end of the access tokens that the refresh tokens `presented` gave last, where they can still be taken: what comes
    /// back may have been refreshed since it was read. It comes before they are taken.
    pub(super) fn access_tokens_of(
        &self,
        backend: DbBackend,
        presented: impl Iterator<Item = RefreshTokenId>,
        now: Timestamp,
    ) -> Option<Statement> {
        self.access_of_refresh_tokens.about(backend, presented.map(|id| [id.into()]), now, |presented, now| {
            let last = refresh_token::Entity::find()
                .select_only()
                .column(refresh_token::Column::AccessTokenId)
                .filter(can_be_taken(presented.iter().flatten(), &now))
                .into_query();
            access_tokens(access_token::Column::Id.in_subquery(last), now).into_query()
        })
    }

    /// The end of what codes gave to installs whose rows are locked (*One live token*): tokens of `client_credentials` stand
    /// outside that key and live on.
    pub(super) fn code_tokens_of_installs(
        &self,
        backend: DbBackend,
        installs: Vec<InstallId>,
        now: Timestamp,
    ) -> [Option<Statement>; 2] {
        let installs = || installs.iter().map(|install| [(*install).into()]);
        let access = |installs: Vec<[Value; 1]>, now| {
            let of_them = access_token::Column::InstallId.is_in(installs.into_iter().flatten());
            let of_them = of_them.and(of_codes(access_token::Column::GrantType.into_expr()));
            access_tokens(of_them, now).into_query()
        };
        let refresh = |installs: Vec<[Value; 1]>, now| {
            refresh_tokens(refresh_token::Column::InstallId.is_in(installs.into_iter().flatten()), now).into_query()
        };
        [
            self.access_of_installs.about(backend, installs(), now, access),
            self.refresh_of_installs.about(backend, installs(), now, refresh),
        ]
    }
}

/// Tokens that a code gave, by their `grant_type`. It stands in the statement as it stands in the partial index, which
/// knows no parameters.
pub(super) fn of_codes(grant_type: SimpleExpr) -> SimpleExpr {
    grant_type.ne(Expr::cust("'client_credentials'"))
}

/// The two kinds of access tokens that an install has: those of codes, and those of the app's own credentials. Each has an
/// index by install of its own, so that who means both asks twice.
pub(crate) fn kinds() -> [SimpleExpr; 2] {
    let grant_type = || access_token::Column::GrantType.into_expr();
    [of_codes(grant_type()), grant_type().eq(Expr::cust("'client_credentials'"))]
}

/// Ends one access token of a family, and erases the answer that would give it again.
pub(super) async fn access_token_alone(
    tx: &impl ConnectionTrait,
    (install, family): (InstallId, FamilyId),
    id: AccessTokenId,
    now: Timestamp,
) -> Result<u64, DbErr> {
    let ended = access_tokens(access_token::Column::Id.eq(id), now).exec(tx).await?.rows_affected;
    refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::SealedAnswer, Expr::value(None::<Vec<u8>>))
        .filter(refresh_token::Column::InstallId.eq(install))
        .filter(refresh_token::Column::FamilyId.eq(family))
        .filter(refresh_token::Column::AccessTokenId.eq(id))
        .filter(refresh_token::Column::SealedAnswer.is_not_null())
        .exec(tx)
        .await?;
    Ok(ended)
}

/// Ends every token of a family of `install`; tells how many. A live access token is that of a refresh token's row or, where
/// there is none, of the code's: the other tokens of the install are not read. Whoever comes with the code again is told that it
/// is over, and ends nothing more.
pub(super) async fn family(
    tx: &impl ConnectionTrait,
    install: InstallId,
    family: FamilyId,
    now: Timestamp,
) -> Result<u64, DbErr> {
    use refresh_token::Column::{AccessTokenId, FamilyId, InstallId};
    let refresh = InstallId.eq(install).and(FamilyId.eq(family));
    let of_refresh = refresh_token::Entity::find().select_only().column(AccessTokenId).filter(refresh.clone());
    let of_code = code::Entity::find().select_only().column(code::Column::AccessTokenId);
    let of_code = of_code.filter(code::Column::FamilyId.eq(family)).filter(code::Column::AccessTokenId.is_not_null());
    let mut ended = 0;
    for live in [of_refresh.into_query(), of_code.into_query()] {
        let access = access_token::Column::Id.in_subquery(live);
        ended += access_tokens(access, now).exec(tx).await?.rows_affected;
    }
    let come_of = code::Column::FamilyId.eq(family).and(code::Column::RevokedAt.is_null());
    code::Entity::update_many().col_expr(code::Column::RevokedAt, at(now)).filter(come_of).exec(tx).await?;
    Ok(ended + refresh_tokens(refresh, now).exec(tx).await?.rows_affected)
}

/// Ends every token of an install whose row is locked; tells how many.
async fn tokens_of_install(tx: &impl ConnectionTrait, install: InstallId, now: Timestamp) -> Result<u64, DbErr> {
    let mut ended = refresh_tokens(refresh_token::Column::InstallId.eq(install), now).exec(tx).await?.rows_affected;
    for kind in kinds() {
        let access = access_token::Column::InstallId.eq(install).and(kind);
        ended += live_access_tokens(access, now).exec(tx).await?.rows_affected;
    }
    Ok(ended)
}

/// Ends every code and token of an app; its installs stay. What is being issued meanwhile is waited for.
pub(crate) async fn tokens_of_app(tx: &impl ConnectionTrait, app: AppId, now: Timestamp) -> Result<(), DbErr> {
    active_installs_of(tx, app).await?;
    codes_and_tokens_of_app(tx, app, now).await
}

/// Ends every code and token of an app whose active installs are locked.
async fn codes_and_tokens_of_app(tx: &impl ConnectionTrait, app: AppId, now: Timestamp) -> Result<(), DbErr> {
    codes(tx, code::Column::AppId.eq(app), now).await?;
    for kind in kinds() {
        let access = access_token::Column::InstallId.in_subquery(every_install_of(app)).and(kind);
        live_access_tokens(access, now).exec(tx).await?;
    }
    refresh_tokens(refresh_token::Column::InstallId.in_subquery(every_install_of(app)), now).exec(tx).await?;
    Ok(())
}

/// Forgets what people were asked and consented to under another token policy of an app: requests that wait, codes that
/// were not redeemed, and what is remembered. Whoever was told how long access lasts is told anew.
pub(crate) async fn consents_of_app(tx: &impl ConnectionTrait, app: AppId, now: Timestamp) -> Result<(), DbErr> {
    active_installs_of(tx, app).await?;
    codes(tx, code::Column::AppId.eq(app), now).await?;
    grants_of_app(tx, app).await?;
    // By a query: an app may have more installs than a statement has parameters.
    let remembered = install_consent::Column::InstallId.in_subquery(every_install_of(app));
    install_consent::Entity::delete_many().filter(remembered).exec(tx).await?;
    Ok(())
}

/// The ids of the app's installs, whatever became of them.
fn every_install_of(app: AppId) -> SelectStatement {
    let ids = install::Entity::find().select_only().column(install::Column::Id);
    ids.filter(install::Column::AppId.eq(app)).into_query()
}

/// The app's installs that have not ended, each with its organization, locked in the order of their ids.
async fn active_installs_of(tx: &impl ConnectionTrait, app: AppId) -> Result<Vec<(InstallId, OrgId)>, DbErr> {
    install::Entity::find()
        .select_only()
        .columns([install::Column::Id, install::Column::OrganizationId])
        .filter(install::Column::AppId.eq(app))
        .filter(install::Column::Status.ne(InstallStatus::Revoked))
        .order_by_asc(install::Column::Id)
        .lock(ROW_LOCK)
        .into_tuple()
        .all(tx)
        .await
}

/// The end of installs that have not ended.
fn installs(
    which: SimpleExpr,
    user: Option<UserId>,
    reason: Option<String>,
    now: Timestamp,
) -> UpdateMany<install::Entity> {
    install::Entity::update_many()
        .col_expr(install::Column::Status, Expr::value(InstallStatus::Revoked))
        .col_expr(install::Column::RevokedAt, at(now))
        .col_expr(install::Column::UpdatedAt, at(now))
        .col_expr(install::Column::RevokedBy, Expr::value(user))
        .col_expr(install::Column::RevokedReason, Expr::value(reason))
        .filter(which)
        .filter(install::Column::Status.ne(InstallStatus::Revoked))
}

/// Ends an install whose row is locked: its tokens, codes and the requests that wait for its key die with it
/// (requirement 119). False when it had ended before.
pub(crate) async fn install(
    tx: &impl ConnectionTrait,
    row: &install::Model,
    user: Option<UserId>,
    reason: Option<String>,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let done = installs(install::Column::Id.eq(row.id), user, reason, now).exec(tx).await?;
    codes(tx, code::Column::InstallId.eq(row.id), now).await?;
    tokens_of_install(tx, row.id, now).await?;
    let waiting = grant::Entity::update_many()
        .col_expr(grant::Column::Status, Expr::value(GrantStatus::Denied))
        .filter(grant::Column::AppId.eq(row.app_id))
        .filter(grant::Column::OrganizationId.eq(row.organization_id))
        .filter(grant::Column::Actor.eq(row.actor))
        .filter(grant::Column::Status.eq(GrantStatus::Pending));
    let waiting = match row.user_id {
        Some(person) => waiting.filter(grant::Column::UserId.eq(person)),
        None => waiting,
    };
    waiting.exec(tx).await?;
    Ok(done.rows_affected > 0)
}

/// Ends every active install of an app with all that is of it, by as many statements as there are tables: the installs
/// that ended, each with its organization.
pub(crate) async fn installs_of_app(
    tx: &impl ConnectionTrait,
    app: AppId,
    user: Option<UserId>,
    reason: &str,
    now: Timestamp,
) -> Result<Vec<(InstallId, OrgId)>, DbErr> {
    let ended = active_installs_of(tx, app).await?;
    installs(install::Column::AppId.eq(app), user, Some(reason.to_owned()), now).exec(tx).await?;
    codes_and_tokens_of_app(tx, app, now).await?;
    grants_of_app(tx, app).await?;
    Ok(ended)
}

/// Ends the requests that wait for a person.
async fn grants_of_app(tx: &impl ConnectionTrait, app: AppId) -> Result<(), DbErr> {
    grant::Entity::update_many()
        .col_expr(grant::Column::Status, Expr::value(GrantStatus::Denied))
        .filter(grant::Column::AppId.eq(app))
        .filter(grant::Column::Status.eq(GrantStatus::Pending))
        .exec(tx)
        .await?;
    Ok(())
}
