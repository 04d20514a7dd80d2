//! RFC 7009: the client ends its own tokens.

use sea_orm::{DbErr, EntityTrait};

use super::audit::Event;
use super::change::{Change, GivenBack, Revoke, TokenRow, What};
use super::{By, Store};
use crate::audit::{Action, TargetKind};
use crate::client::{AuthMethod, Client, GrantType};
use crate::entity::{access_token, refresh_token};
use crate::id::{AccessTokenId, AppId, FamilyId, InstallId, OrgId, RefreshTokenId};
use crate::oauth::revoke::{self, Ends, TokenFacts, TokenKind};
use crate::secret::{Presented, RefreshToken};

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
        let Some(found) = self.find_token(client, token).await?.filter(|found| !found.revoked) else { return Ok(()) };
        let now = self.now();
        let facts = TokenFacts { app: found.app, kind: found.kind, own_credentials: found.own_credentials };
        let reason = "The app gave its access back";
        let about = |event: Event| event.organization(found.organization).app(found.app).install(found.install);
        let back = || {
            let event = Event::new(Action::InstallRevoked, TargetKind::Install, found.install, &client.name);
            let event = about(event.after(serde_json::json!({ "reason": reason })));
            let token = match found.kind {
                TokenKind::Access => TokenRow::Access(AccessTokenId(found.id)),
                TokenKind::Refresh => TokenRow::Refresh(RefreshTokenId(found.id)),
            };
            GivenBack { token, reason: reason.to_owned(), event }
        };
        let what = match revoke::evaluate(&facts, client) {
            Ends::Nothing => return Ok(()),
            Ends::AccessToken => What::AccessToken(AccessTokenId(found.id), found.family),
            Ends::Family => What::FamilyOrLast(found.family, back()),
            Ends::Install => What::Install(back()),
        };
        let event = Event::new(Action::TokenRevoked, TargetKind::Grant, found.id.hyphenated(), &client.name);
        let event = about(event.after(serde_json::json!({ "token": found.hint })));
        let change = Revoke { by: by.clone(), install: found.install, what, event };
        self.commit(Change::Revoke(Box::new(change)), now).await?;
        Ok(())
    }

    /// The row of a token, whatever its kind: the prefix tells, `token_type_hint` is not needed (requirement 76).
    async fn find_token(&self, client: &Client, token: &str) -> Result<Option<Found>, DbErr> {
        let (db, brand) = (self.reader(), &self.settings().brand);
        if let Ok(presented) = Presented::<RefreshToken>::parse(brand, token) {
            let row = refresh_token::Entity::find_by_id(RefreshTokenId(presented.selector())).one(db).await?;
            let genuine = row.filter(|row| presented.matches(&row.token_hash));
            return Ok(genuine.map(|row| Found {
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
        // A public client proved nothing, and may be anybody.
        let claimed = match client.auth_method {
            AuthMethod::None => self.claimed_afresh(token).await?,
            _ => self.claimed_surely(token).await?,
        };
        let Some(claimed) = claimed else { return Ok(None) };
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
