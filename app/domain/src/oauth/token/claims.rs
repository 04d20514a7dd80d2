//! The claims of an access token that is a JWT (RFC 9068 section 2.2).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Issue;
use crate::client::{ActorMode, ClientId};
use crate::id::{AccessTokenId, OrgId, UserId};
use crate::role::Permission;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// How far another clock may run ahead of this one, in seconds (requirement 133).
const SKEW_SECONDS: i64 = 60;

/// What a JWT access token says. What it may do now is not what it says: its row is asked each time (requirement 88).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// The issuer.
    pub iss: String,
    /// Who acts: the person's id for `self`, else the client id, which can equal no person's id (requirement 61).
    pub sub: String,
    /// Where it is good.
    pub aud: String,
    /// Its end in Unix seconds.
    pub exp: i64,
    /// Its issue in Unix seconds.
    pub iat: i64,
    /// Not before, in Unix seconds; we never set it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub nbf: Option<i64>,
    /// Its row.
    pub jti: AccessTokenId,
    /// The app.
    pub client_id: ClientId,
    /// What it could do when it was issued.
    pub scope: ScopeSet,
    /// The target organization.
    pub org_id: OrgId,
    /// Who acts.
    pub actor: ActorMode,
    /// The permissions of its scopes.
    pub permissions: Vec<Permission>,
}

/// Whose the token is.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// The app.
    pub client_id: &'a ClientId,
    /// The target organization.
    pub organization: OrgId,
    /// Who acts.
    pub actor: ActorMode,
    /// As whom, for `self`.
    pub user: Option<UserId>,
}

impl AccessClaims {
    /// The claims of the token `jti` that `issue` makes for `holder`; none for a token that never ends, which is never
    /// a JWT (PROTOCOL section 1, *Token policy*).
    pub fn new(issuer: &str, jti: AccessTokenId, holder: &Holder<'_>, issue: &Issue, now: Timestamp) -> Option<Self> {
        Some(Self {
            iss: issuer.to_owned(),
            sub: holder.user.map_or_else(|| holder.client_id.to_string(), |user| user.to_string()),
            aud: issue.audience.clone(),
            exp: issue.access_expires_at?.unix_seconds(),
            iat: now.unix_seconds(),
            nbf: None,
            jti,
            client_id: holder.client_id.clone(),
            scope: issue.effective.clone(),
            org_id: holder.organization,
            actor: holder.actor,
            permissions: issue.permissions.clone(),
        })
    }

    /// The claims of a token whose signature and type hold; none when one of them is missing, of the wrong kind, another
    /// issuer's, or of the future (requirement 86). That its end has passed is told by [`Self::is_over`].
    pub fn read(claims: Map<String, Value>, issuer: &str, now: Timestamp) -> Option<Self> {
        let claims: Self = serde_json::from_value(Value::Object(claims)).ok()?;
        let soon = now.plus_seconds(SKEW_SECONDS).unix_seconds();
        let begun = claims.iat <= soon && claims.nbf.is_none_or(|from| from <= soon);
        (claims.iss == issuer && begun && claims.iat <= claims.exp).then_some(claims)
    }

    /// Whether its end has passed: at that very second it is over.
    pub const fn is_over(&self, now: Timestamp) -> bool {
        now.unix_seconds() >= self.exp
    }
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
