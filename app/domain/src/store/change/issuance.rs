//! Tokens that are issued, and what is taken for them.

use super::Premise;
use crate::entity::{access_token, refresh_token};
use crate::id::{AccessTokenId, CodeId, RefreshTokenId};
use crate::store::By;
use crate::store::audit::Event;
use crate::time::Timestamp;

/// Write the tokens that an answer carries. Lost when what is taken for them was taken or ended meanwhile, or their premise
/// fell: a revocation of the install either finds them or comes first (requirements 40, 47, 68, 73, 74 and 118).
#[derive(Clone, Debug)]
pub(crate) struct Issuance {
    /// Who gets them.
    pub(crate) by: By,
    /// What must hold.
    pub(crate) premise: Premise,
    /// What is taken for them.
    pub(crate) taken: Taken,
    /// The access token's row.
    pub(crate) access: access_token::Model,
    /// The refresh token's row.
    pub(crate) refresh: Option<refresh_token::Model>,
    /// What the audit log keeps.
    pub(crate) event: Event,
}

/// What is taken for tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Nothing: the app has credentials of its own.
    Nothing,
    /// A code, once.
    Code(Redeemed),
    /// A refresh token that gets a successor.
    Rotated(Rotated),
    /// A persistent refresh token, which comes back.
    Prolonged(Prolonged),
}

/// A code that is redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Redeemed {
    /// Which.
    pub(crate) code: CodeId,
    /// The access token that is issued for it.
    pub(crate) access: AccessTokenId,
    /// Whether the install's earlier tokens end (*One live token*).
    pub(crate) one_live: bool,
}

/// A refresh token that gets a successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rotated {
    /// The one that was presented.
    pub(crate) presented: RefreshTokenId,
    /// The one that takes its place.
    pub(crate) successor: RefreshTokenId,
    /// The access token that was issued with the presented one, and ends.
    pub(crate) preceding: AccessTokenId,
}

/// A persistent refresh token, which comes back. The access token that was issued with it last ends, be it another one than
/// was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prolonged {
    /// The one that was presented.
    pub(crate) presented: RefreshTokenId,
    /// The access token that is issued with it now.
    pub(crate) access: AccessTokenId,
    /// Its end, which moves with its use.
    pub(crate) until: Option<Timestamp>,
}
