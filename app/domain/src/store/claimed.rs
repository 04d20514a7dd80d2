//! Which access token a presented text claims to be, before the database is asked: an opaque one by the selector inside
//! it, a JWT by its `jti` once its signature holds.

use super::Store;
use crate::entity::access_token;
use crate::id::AccessTokenId;
use crate::oauth::token::AccessClaims;
use crate::secret::{AccessToken, Hashed, Presented};

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

impl Store {
    /// What `text` claims to be; none for anything that cannot be an access token of ours.
    pub(crate) fn claimed(&self, text: &str) -> Option<Claimed> {
        Presented::<AccessToken>::parse(&self.settings().brand, text).ok().map(Claimed::Opaque)
    }
}
