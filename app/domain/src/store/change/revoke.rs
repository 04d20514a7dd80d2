//! Something of an install ends because an app gives it back, or because it was misused (requirements 36, 40, 69 and 77).

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait as _, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::{Applied, ROW_LOCK, end};
use crate::entity::{access_token, code, install, refresh_token};
use crate::id::{AccessTokenId, CodeId, FamilyId, InstallId, RefreshTokenId};
use crate::store::audit::{Event, record};
use crate::store::{By, Store};
use crate::time::Timestamp;

/// Something ends, for a reason that the audit log keeps.
#[derive(Clone, Debug)]
pub(crate) struct Revoke {
    /// Who ends it.
    pub(crate) by: By,
    /// The install that it belongs to.
    pub(crate) install: InstallId,
    /// What ends.
    pub(crate) what: What,
    /// What the audit log keeps; written only when something ended.
    pub(crate) event: Event,
}

/// What ends.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// An unused code (requirement 36).
    Code(CodeId),
    /// One access token; its family goes on.
    AccessToken(AccessTokenId, FamilyId),
    /// Every token of a family.
    Family(FamilyId),
    /// The same and, where it was the last one of the install that a code gave, the install.
    FamilyOrLast(FamilyId, GivenBack),
    /// The install with everything of it.
    Install(GivenBack),
}

/// The token that an app gives back, and what its install ends with. It ends nothing where it ended meanwhile: what came
/// after it is not its own.
#[derive(Clone, Debug)]
pub(crate) struct GivenBack {
    /// Which token.
    pub(crate) token: TokenRow,
    /// Why the install ends.
    pub(crate) reason: String,
    /// What the audit log keeps of that.
    pub(crate) event: Event,
}

/// The row of a token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TokenRow {
    /// An access token.
    Access(AccessTokenId),
    /// A refresh token.
    Refresh(RefreshTokenId),
}

impl GivenBack {
    /// Asked under the install's lock: whatever else ends its tokens came before this, or comes after it. An access token that
    /// ended by itself takes nothing with it that came after it.
    async fn lives(&self, tx: &impl ConnectionTrait, now: Timestamp) -> Result<bool, DbErr> {
        match self.token {
            TokenRow::Access(id) => {
                let live = access_token::Entity::find_by_id(id).filter(access_token::Column::RevokedAt.is_null());
                let Some(row) = live.one(tx).await? else { return Ok(false) };
                let over = row.expires_at.is_some_and(|end| end <= now);
                Ok(!over || !another_family_lives(tx, row.install_id, row.family_id, now).await?)
            }
            TokenRow::Refresh(id) => {
                let live = refresh_token::Entity::find_by_id(id).filter(refresh_token::Column::RevokedAt.is_null());
                Ok(live.count(tx).await? > 0)
            }
        }
    }

    /// Ends the install of `row`; tells what to keep of it, if it had not ended before.
    async fn end(
        self,
        tx: &impl ConnectionTrait,
        row: &install::Model,
        now: Timestamp,
    ) -> Result<Option<Event>, DbErr> {
        let ended = end::install(tx, row, None, Some(self.reason), now).await?;
        Ok(ended.then_some(self.event))
    }
}

impl Revoke {
    /// Done also when there was nothing left to end.
    pub(super) async fn apply(self, store: &Store, tx: &DatabaseTransaction, now: Timestamp) -> Result<Applied, DbErr> {
        let Some(row) = install::Entity::find_by_id(self.install).lock(ROW_LOCK).one(tx).await? else {
            return Ok(Applied::Lost);
        };
        // How many codes and tokens ended alone, or what is kept of an install that ended.
        let (ended, of_install) = match self.what {
            What::Code(id) => (end::codes(tx, code::Column::Id.eq(id), now).await?, None),
            What::AccessToken(id, family) => {
                (end::access_token_alone(tx, (self.install, family), id, now).await?, None)
            }
            What::Family(family) => (end::family(tx, self.install, family, now).await?, None),
            What::FamilyOrLast(_, back) | What::Install(back) if !back.lives(tx, now).await? => (0, None),
            What::FamilyOrLast(family, _) if another_family_lives(tx, self.install, family, now).await? => {
                (end::family(tx, self.install, family, now).await?, None)
            }
            What::FamilyOrLast(_, back) | What::Install(back) => (0, back.end(tx, &row, now).await?),
        };
        if ended > 0 || of_install.is_some() {
            for event in [self.event].into_iter().chain(of_install) {
                record(tx, store, &self.by, event).await?;
            }
        }
        Ok(Applied::Done)
    }
}

/// Whether a token that a code gave to `install`, of another family `than` this one, is live at `now`.
async fn another_family_lives(
    db: &impl ConnectionTrait,
    install: InstallId,
    than: FamilyId,
    now: Timestamp,
) -> Result<bool, DbErr> {
    let (family, ends) = (access_token::Column::FamilyId, access_token::Column::ExpiresAt);
    let access = access_token::Entity::find()
        .filter(access_token::Column::InstallId.eq(install))
        .filter(family.ne(than))
        .filter(end::of_codes(access_token::Column::GrantType.into_expr()))
        .filter(access_token::Column::RevokedAt.is_null())
        .filter(Condition::any().add(ends.is_null()).add(ends.gt(now)))
        // Where one lives, it is among the newest.
        .order_by_desc(access_token::Column::Id)
        .limit(1)
        .one(db)
        .await?;
    if access.is_some() {
        return Ok(true);
    }
    let (family, ends) = (refresh_token::Column::FamilyId, refresh_token::Column::ExpiresAt);
    let refresh = refresh_token::Entity::find()
        .filter(refresh_token::Column::InstallId.eq(install))
        .filter(family.ne(than))
        .filter(refresh_token::Column::RevokedAt.is_null())
        .filter(refresh_token::Column::UsedAt.is_null())
        .filter(Condition::any().add(ends.is_null()).add(ends.gt(now)))
        .limit(1)
        .one(db)
        .await?;
    Ok(refresh.is_some())
}
