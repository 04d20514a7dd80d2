//! RFC 7009: the client ends its own tokens.

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::audit::Event;
use super::change::end::of_codes;
use super::change::{Change, Revoke, What};
use super::{By, Store};
use crate::audit::{Action, TargetKind};
use crate::client::{Client, GrantType};
use crate::entity::{access_token, refresh_token};
use crate::id::{AccessTokenId, AppId, FamilyId, InstallId, OrgId, RefreshTokenId};
use crate::oauth::revoke::{self, Ends, TokenFacts, TokenKind};
use crate::secret::{Hashed, Presented, RefreshToken};
use crate::time::Timestamp;

/// A presented token that some row has, dead or alive.
struct Found {
    kind: TokenKind,
    id: uuid::Uuid,
    hint: String,
    app: AppId,
    install: InstallId,
    organization: OrgId,
    family: FamilyId,
    own_credentials: bool,
    revoked: bool,
}

impl Store {
    /// Ends what `token` stands for, if it is a token of this authenticated `client`. An unknown token, another
    /// client's and one that was ended before end nothing, and are no error (RFC 7009 section 2.2).
    pub async fn revoke_token(&self, by: &By, client: &Client, token: &str) -> Result<(), DbErr> {
        let Some(found) = self.find_token(token).await?.filter(|found| !found.revoked) else { return Ok(()) };
        let now = self.now();
        let other_family_live = another_family_lives(self.reader(), &found, now).await?;
        let facts =
            TokenFacts { app: found.app, kind: found.kind, own_credentials: found.own_credentials, other_family_live };
        let reason = || Some("The app gave its access back".to_owned());
        let what = match revoke::evaluate(&facts, client) {
            Ends::Nothing => return Ok(()),
            Ends::AccessToken => What::AccessToken(AccessTokenId(found.id)),
            Ends::Family => What::Family(found.family),
            Ends::Install => What::Install { user: None, reason: reason() },
        };
        let about = |event: Event| event.organization(found.organization).app(found.app).install(found.install);
        let revoked = Event::new(Action::TokenRevoked, TargetKind::Grant, found.id.hyphenated(), &client.name);
        let mut events = vec![about(revoked.after(serde_json::json!({ "token": found.hint })))];
        if matches!(what, What::Install { .. }) {
            let install = Event::new(Action::InstallRevoked, TargetKind::Install, found.install, &client.name);
            events.push(about(install.after(serde_json::json!({ "reason": reason() }))));
        }
        let change = Revoke { by: by.clone(), install: found.install, what, events };
        self.commit(Change::Revoke(Box::new(change)), now).await?;
        Ok(())
    }

    /// The row of a token, whatever its kind: the prefix tells, `token_type_hint` is not needed (requirement 76).
    async fn find_token(&self, token: &str) -> Result<Option<Found>, DbErr> {
        let (db, brand) = (self.reader(), &self.settings().brand);
        if let Ok(presented) = Presented::<RefreshToken>::parse(brand, token) {
            let row = refresh_token::Entity::find_by_id(RefreshTokenId(presented.selector())).one(db).await?;
            let genuine = |row: &refresh_token::Model| {
                Hashed::from_row(&row.token_hash).is_ok_and(|kept| presented.matches(&kept))
            };
            return Ok(row.filter(genuine).map(|row| Found {
                kind: TokenKind::Refresh,
                id: row.id.uuid(),
                hint: row.hint,
                app: row.app_id,
                install: row.install_id,
                organization: row.organization_id,
                family: row.family_id,
                own_credentials: false,
                revoked: row.revoked_at.is_some(),
            }));
        }
        let Some(claimed) = self.claimed_afresh(token).await else { return Ok(None) };
        let row = access_token::Entity::find_by_id(claimed.id()).one(db).await?;
        Ok(row.filter(|row| claimed.fits(row)).map(|row| Found {
            kind: TokenKind::Access,
            id: row.id.uuid(),
            hint: row.hint,
            app: row.app_id,
            install: row.install_id,
            organization: row.organization_id,
            family: row.family_id,
            own_credentials: row.grant_type == GrantType::ClientCredentials,
            revoked: row.revoked_at.is_some(),
        }))
    }
}

/// Whether a token that a code gave, of another family of the same install, is live at `now`.
async fn another_family_lives(db: &impl ConnectionTrait, found: &Found, now: Timestamp) -> Result<bool, DbErr> {
    let (family, ends) = (access_token::Column::FamilyId, access_token::Column::ExpiresAt);
    let access = access_token::Entity::find()
        .filter(access_token::Column::InstallId.eq(found.install))
        .filter(family.ne(found.family))
        .filter(of_codes(access_token::Column::GrantType.into_expr()))
        .filter(access_token::Column::RevokedAt.is_null())
        .filter(Condition::any().add(ends.is_null()).add(ends.gt(now)))
        .limit(1)
        .one(db)
        .await?;
    if access.is_some() {
        return Ok(true);
    }
    let (family, ends) = (refresh_token::Column::FamilyId, refresh_token::Column::ExpiresAt);
    let refresh = refresh_token::Entity::find()
        .filter(refresh_token::Column::InstallId.eq(found.install))
        .filter(family.ne(found.family))
        .filter(refresh_token::Column::RevokedAt.is_null())
        .filter(refresh_token::Column::UsedAt.is_null())
        .filter(Condition::any().add(ends.is_null()).add(ends.gt(now)))
        .limit(1)
        .one(db)
        .await?;
    Ok(refresh.is_some())
}
