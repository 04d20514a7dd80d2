//! A request at the token endpoint where nothing is kept in memory: the client, its secret, and the install, code or refresh
//! token that it is about, in one statement.

use std::sync::Arc;

use sea_orm::DbErr;
use sea_orm::sea_query::SelectStatement;
use uuid::Uuid;

use super::claimant::{APP, Claimant, identity};
use super::own_install::{self, OwnInstall};
use crate::entity::{code, organization, refresh_token};
use crate::id::{AppId, CodeId, RefreshTokenId, SecretId};
use crate::oauth::client_auth::Claim;
use crate::oauth::token::Subject;
use crate::secret::{AuthorizationCode, Presented, RefreshToken};
use crate::store::Store;
use crate::store::grounds::{self, Grounded};
use crate::store::lookup::{Lookup, Part};

/// What one statement found of a request at the token endpoint. What is not in here is looked up when it is asked for.
#[derive(Default)]
pub struct TokenAhead {
    /// The client, where there is one.
    pub claimant: Option<Claimant>,
    found: Found,
}

#[derive(Default)]
enum Found {
    #[default]
    Unread,
    OwnInstall(AppId, String, Arc<OwnInstall>),
    Code(Box<Grounded<code::Model>>),
    RefreshToken(Box<Grounded<refresh_token::Model>>),
}

impl TokenAhead {
    /// The install of `app` in the organization `name`, if it was found.
    pub(in crate::store) fn own_install(&mut self, app: AppId, name: &str) -> Option<Arc<OwnInstall>> {
        match std::mem::take(&mut self.found) {
            Found::OwnInstall(of, named, found) if of == app && named == name => Some(found),
            _ => None,
        }
    }

    /// The code `id`, if it was found.
    pub(in crate::store) fn code(&mut self, id: CodeId) -> Option<Grounded<code::Model>> {
        match std::mem::take(&mut self.found) {
            Found::Code(found) if found.row.id == id => Some(*found),
            _ => None,
        }
    }

    /// The refresh token `id`, if it was found.
    pub(in crate::store) fn refresh_token(&mut self, id: RefreshTokenId) -> Option<Grounded<refresh_token::Model>> {
        match std::mem::take(&mut self.found) {
            Found::RefreshToken(found) if found.row.id == id => Some(*found),
            _ => None,
        }
    }
}

impl Store {
    /// Reads what the request of `claim` about `subject` needs. Where lookups are kept, they are better.
    pub async fn read_ahead_of_token(&self, claim: &Claim, subject: Option<Subject<'_>>) -> Result<TokenAhead, DbErr> {
        let (None, Some(subject)) = (self.cache().ticket(), subject) else { return Ok(TokenAhead::default()) };
        let secret = match claim {
            Claim::Secret { secret, .. } => self.presented_secret(secret.expose()),
            Claim::Public { .. } => None,
        };
        let secret = secret.map_or(SecretId(Uuid::nil()), |secret| SecretId(secret.selector()));
        Box::pin(self.ahead(claim, secret, subject)).await
    }

    async fn ahead(&self, claim: &Claim, secret: SecretId, subject: Subject<'_>) -> Result<TokenAhead, DbErr> {
        let (lookups, brand) = (&self.cache().lookups.token_request, &self.settings().brand);
        let asked = match subject {
            Subject::Organization(name) => lookups.own_install.by(name),
            Subject::Code(text) => Presented::<AuthorizationCode>::parse(brand, text)
                .ok()
                .map(|code| (&lookups.code, Part::Id(code.selector()))),
            Subject::RefreshToken(text) => Presented::<RefreshToken>::parse(brand, text)
                .ok()
                .map(|token| (&lookups.refresh_token, Part::Id(token.selector()))),
        };
        let Some((lookup, part)) = asked else { return Ok(TokenAhead::default()) };
        let key = vec![Part::Text(claim.client_id().to_string()), Part::Id(secret.uuid()), part];
        let Some(row) = lookup.one(self.lookups(), key).await? else { return Ok(TokenAhead::default()) };
        let claimant = self.revised_claimant(claim.client_id(), secret, &row).await?;
        let Some(client) = claimant.as_ref().map(|claimant| &claimant.client) else { return Ok(TokenAhead::default()) };
        let found = match subject {
            Subject::Organization(name) => {
                let install = own_install::read(&row)?.map(Arc::new);
                if let (Some(claimant), Some(install)) = (&claimant, &install) {
                    self.remember(claim, name, claimant, install);
                }
                install.map(|install| Found::OwnInstall(client.app, name.to_owned(), install))
            }
            Subject::Code(_) => grounds::read_code(&row)?.map(|found| Found::Code(Box::new(found))),
            Subject::RefreshToken(_) => grounds::read_refresh(&row)?.map(|found| Found::RefreshToken(Box::new(found))),
        };
        let found = found.unwrap_or_default();
        Ok(TokenAhead { claimant, found })
    }
}

/// What is asked, by what the request is about.
pub(super) struct Lookups {
    own_install: own_install::Lookups,
    code: Lookup,
    refresh_token: Lookup,
}

impl Lookups {
    #[cfg(test)]
    pub(super) fn all(&self) -> [(&Lookup, usize); 5] {
        let [id, domain, slug] = self.own_install.all();
        [(id, 5), (domain, 5), (slug, 5), (&self.code, 8), (&self.refresh_token, 8)]
    }
}

impl Default for Lookups {
    fn default() -> Self {
        Self {
            own_install: own_install::Lookups::new(
                3,
                [
                    |select| find_install(select, organization::Column::Id),
                    |select| find_install(select, organization::Column::Domain),
                    |select| find_install(select, organization::Column::Slug),
                ],
            ),
            code: Lookup::new(3, |select| {
                identity(select);
                grounds::find_code(select, 2);
            }),
            refresh_token: Lookup::new(3, |select| {
                identity(select);
                grounds::find_refresh(select, 2);
            }),
        }
    }
}

fn find_install(select: &mut SelectStatement, name: organization::Column) {
    identity(select);
    own_install::find_beside(select, APP, name);
}
