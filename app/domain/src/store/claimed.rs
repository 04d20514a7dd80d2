//! Which access token a presented text claims to be, before the database is asked: an opaque one by the selector inside
//! it, a JWT by its `jti` once its signature holds.

use sea_orm::DbErr;
use serde_json::{Map, Value};

use super::Store;
use super::bearer::Bearer;
use super::keys::VerifyError;
use crate::entity::access_token;
use crate::id::AccessTokenId;
use crate::jwt::TokenKind;
use crate::oauth::token::AccessClaims;
use crate::secret::{AccessToken, Presented};
use crate::time::Timestamp;

/// A text that has the form of an access token of this instance.
pub(crate) enum Claimed {
    /// A random text: its row has the hash.
    Opaque(Presented<AccessToken>),
    /// A JWT that we signed, be it over or revoked.
    Jwt(Box<AccessClaims>),
}

impl Claimed {
    /// The row to ask.
    pub(crate) const fn id(&self) -> AccessTokenId {
        match self {
            Self::Opaque(presented) => AccessTokenId(presented.selector()),
            Self::Jwt(claims) => claims.jti,
        }
    }

    /// Where it was good, if its end has passed and it says so itself: its row is gone when it ended long ago.
    pub(crate) fn expired(&self, now: Timestamp) -> Option<&str> {
        match self {
            Self::Jwt(claims) if claims.is_over(now) => Some(&claims.aud),
            Self::Jwt(_) | Self::Opaque(_) => None,
        }
    }

    /// Whether `row` is this very token's.
    pub(crate) fn fits(&self, row: &access_token::Model) -> bool {
        match self {
            Self::Opaque(presented) => !row.jwt && presented.matches(&row.token_hash),
            Self::Jwt(claims) => row.jwt && row.id == claims.jti && row.audience == claims.aud,
        }
    }
}

/// What a presented text is worth at the resource API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is good.
    Live(Box<Bearer>),
    /// It was a token of ours, and its end has passed.
    Expired {
        /// Where it was good.
        audience: String,
        /// Whether a resource server is registered for that audience.
        audience_taken: bool,
    },
    /// Anything else: why is nobody's business.
    Worthless,
}

impl Store {
    /// What `text` claims to be; none for anything that cannot be an access token of ours.
    pub(crate) fn claimed(&self, text: &str) -> Option<Claimed> {
        if !is_jwt(text) {
            return Presented::<AccessToken>::parse(&self.settings().brand, text).ok().map(Claimed::Opaque);
        }
        self.claims_of(self.verify(TokenKind::AccessToken, text).ok())
    }

    /// The same; for a key that another process made a moment ago the database is asked, though not at each stranger's
    /// word.
    pub(crate) async fn claimed_afresh(&self, text: &str) -> Result<Option<Claimed>, DbErr> {
        if !is_jwt(text) {
            return Ok(self.claimed(text));
        }
        let verified = Box::pin(self.verify_fresh(TokenKind::AccessToken, text)).await;
        Ok(self.claims_of(ours(verified)?))
    }

    /// The same for a caller who proved who he is: the database is asked each time.
    pub(crate) async fn claimed_surely(&self, text: &str) -> Result<Option<Claimed>, DbErr> {
        if !is_jwt(text) {
            return Ok(self.claimed(text));
        }
        let verified = Box::pin(self.verify_surely(TokenKind::AccessToken, text)).await;
        Ok(self.claims_of(ours(verified)?))
    }

    fn claims_of(&self, claims: Option<Map<String, Value>>) -> Option<Claimed> {
        AccessClaims::read(claims?, &self.settings().issuer, self.now()).map(Box::new).map(Claimed::Jwt)
    }
}

/// What was `verified`; none for what is no token of ours, whatever the reason. Where nobody could tell, it is an error.
pub(super) fn ours(verified: Result<Map<String, Value>, VerifyError>) -> Result<Option<Map<String, Value>>, DbErr> {
    match verified {
        Ok(claims) => Ok(Some(claims)),
        Err(VerifyError::Database(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Whether it is a JWT or nothing: no other token has a dot.
fn is_jwt(text: &str) -> bool {
    text.contains('.')
}
