//! Which access token a presented text claims to be, before the database is asked: an opaque one by the selector inside
//! it, a JWT by its `jti` once its signature holds.

use super::Store;
use super::bearer::Bearer;
use crate::entity::access_token;
use crate::id::AccessTokenId;
use crate::jwt::TokenKind;
use crate::oauth::token::AccessClaims;
use crate::secret::{AccessToken, Hashed, Presented};
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
            Self::Opaque(presented) => {
                !row.jwt && Hashed::from_row(&row.token_hash).is_ok_and(|kept| presented.matches(&kept))
            }
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
        let claims = self.verify(TokenKind::AccessToken, text).ok()?;
        AccessClaims::read(claims, &self.settings().issuer, self.now()).map(Box::new).map(Claimed::Jwt)
    }

    /// The same; for a key that another process made a moment ago the database is asked.
    pub(crate) async fn claimed_afresh(&self, text: &str) -> Option<Claimed> {
        let claimed = self.claimed(text);
        if claimed.is_some() || !is_jwt(text) {
            return claimed;
        }
        let claims = Box::pin(self.verify_fresh(TokenKind::AccessToken, text)).await.ok()?;
        AccessClaims::read(claims, &self.settings().issuer, self.now()).map(Box::new).map(Claimed::Jwt)
    }
}

/// Whether it is a JWT or nothing: no other token has a dot.
fn is_jwt(text: &str) -> bool {
    text.contains('.')
}
