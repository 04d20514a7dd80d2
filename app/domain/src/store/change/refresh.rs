//! A refresh token becomes the next pair.

use super::Premise;
use crate::entity::{access_token, refresh_token};
use crate::id::{AccessTokenId, RefreshTokenId};
use crate::store::By;
use crate::store::audit::Event;
use crate::time::Timestamp;

/// Write the next access token and, where the policy rotates, the next refresh token. Lost when the presented one was
/// rotated or ended meanwhile, or its premise fell (requirements 68, 73 and 74).
#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    /// Who refreshes.
    pub(crate) by: By,
    /// What must hold.
    pub(crate) premise: Premise,
    /// The presented token.
    pub(crate) presented: RefreshTokenId,
    /// The access token that was issued with it: under a persistent policy another one may have come meanwhile.
    pub(crate) preceding_access: AccessTokenId,
    /// The next access token's row.
    pub(crate) access: access_token::Model,
    /// The next refresh token's row; none under a persistent policy.
    pub(crate) successor: Option<refresh_token::Model>,
    /// The end of a persistent refresh token, which moves with its use.
    pub(crate) persistent_until: Option<Timestamp>,
    /// What the audit log keeps.
    pub(crate) event: Event,
}
