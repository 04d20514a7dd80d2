//! Refreshing an access token (RFC 6749 section 6; PROTOCOL section 1, *Refresh replay*).

use super::super::Server;
use super::super::error::{OAuthError, invalid_grant};
use super::super::params::Sensitive;
use super::super::standing::Standing;
use super::{Grounds, Issue};
use crate::client::Client;
use crate::id::AppId;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use crate::token_policy::{Refresh, TokenPolicy};

/// RFC 6749 section 6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshRequest {
    /// `refresh_token`, as it was sent.
    pub refresh_token: Sensitive,
    /// `scope`; none asks for all that was granted.
    pub scope: Option<ScopeSet>,
    /// `resource` or `audience`, one of the instance's.
    pub resource: Option<String>,
}

/// What is known of a presented refresh token. One that no row has is [`super::unknown`].
#[derive(Clone, Debug)]
pub struct RefreshFacts {
    /// The app that it was issued to.
    pub app: AppId,
    /// The idle end, if the policy sets one: at that very moment it is over.
    pub expires_at: Option<Timestamp>,
    /// When the family began.
    pub family_created_at: Timestamp,
    /// When it was rotated away.
    pub used_at: Option<Timestamp>,
    /// When it ended.
    pub revoked_at: Option<Timestamp>,
    /// The token that came after it.
    pub successor: Option<Successor>,
    /// The whole grant, which narrowing does not shrink (requirement 71).
    pub scopes: ScopeSet,
    /// What its tokens are for.
    pub audience: String,
    /// What it rests on.
    pub standing: Standing,
}

/// The refresh token that came after a presented one.
#[derive(Clone, Debug)]
pub struct Successor {
    /// Whether it was itself rotated away: then the presented one is not the immediately preceding one.
    pub used: bool,
    /// Whether it is over, or the access token of its answer is: revoked, or past its end.
    pub over: bool,
    /// Whether its row still keeps the sealed answer.
    pub sealed: bool,
    /// The scopes of the access token in that answer.
    pub scopes: ScopeSet,
}

/// What becomes of a presented refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefreshDecision {
    /// Rotate (or, under a persistent policy, keep) it, and issue.
    Issue(Issue),
    /// Give the very same answer again, from the successor's row (PROTOCOL section 1, *Refresh replay*).
    Repeat,
    /// Refuse; nothing changes.
    Deny(OAuthError),
    /// Refuse with `invalid_grant`, and end the whole family (requirement 69).
    Replayed,
}

impl RefreshRequest {
    /// Judges the refresh token over its facts, for an authenticated client.
    pub fn evaluate(&self, token: &RefreshFacts, client: &Client, server: &Server, now: Timestamp) -> RefreshDecision {
        let deny = || RefreshDecision::Deny(invalid_grant());
        if token.app != client.app || token.revoked_at.is_some() {
            return deny();
        }
        match token.used_at {
            Some(used_at) if !token.within_grace(&client.policy, used_at, now) => return RefreshDecision::Replayed,
            None if token.is_over(&client.policy, now) => return deny(),
            _ => {}
        }
        let retried = token.successor.as_ref().filter(|_| token.used_at.is_some());
        let grounds = Grounds {
            standing: &token.standing,
            granted: &token.scopes,
            audience: &token.audience,
            began: token.family_created_at,
        };
        let asked = (self.scope.as_ref(), self.resource.as_deref());
        match (grounds.issue(asked, client, server, now), retried) {
            (Ok(issue), None) => RefreshDecision::Issue(issue),
            (Err(error), None) => RefreshDecision::Deny(error),
            (Ok(issue), Some(successor)) if successor.answered(&issue.scopes) => RefreshDecision::Repeat,
            // Another question is not a retry: it gets no answer, and ends nothing.
            (_, Some(_)) => deny(),
        }
    }
}

impl Successor {
    /// Whether its row keeps the answer to the request for these scopes.
    fn answered(&self, asked: &ScopeSet) -> bool {
        self.sealed && !self.over && self.scopes == *asked
    }
}

impl RefreshFacts {
    /// Whether a token that was rotated away at `used_at` is the immediately preceding one, within the grace. A grace
    /// of 0 is over at once, in the same millisecond too (requirement 70).
    fn within_grace(&self, policy: &TokenPolicy, used_at: Timestamp, now: Timestamp) -> bool {
        let Refresh::Rotating { grace_seconds } = policy.refresh else { return false };
        let preceding = self.successor.as_ref().is_some_and(|successor| !successor.used);
        preceding && now < used_at.plus_seconds(grace_seconds)
    }

    /// Idle and absolute end (requirement 72).
    fn is_over(&self, policy: &TokenPolicy, now: Timestamp) -> bool {
        let absolute = policy.refresh_absolute_seconds.map(|seconds| self.family_created_at.plus_seconds(seconds));
        [self.expires_at, absolute].into_iter().flatten().any(|end| now >= end)
    }
}

#[cfg(test)]
#[path = "refresh_tests.rs"]
mod tests;
