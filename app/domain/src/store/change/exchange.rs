//! A code becomes tokens, once.

use super::Premise;
use crate::entity::{access_token, refresh_token};
use crate::id::CodeId;
use crate::store::By;
use crate::store::audit::Event;

/// Redeem a code and write the tokens that its answer carries. Lost when the code was used, burned or revoked meanwhile,
/// or its premise fell (requirements 40, 47 and 118).
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Who redeems it.
    pub(crate) by: By,
    /// What must hold.
    pub(crate) premise: Premise,
    /// The code.
    pub(crate) code: CodeId,
    /// Whether the install's earlier tokens end (*One live token*).
    pub(crate) one_live: bool,
    /// The access token's row.
    pub(crate) access: access_token::Model,
    /// The refresh token's row.
    pub(crate) refresh: Option<refresh_token::Model>,
    /// What the audit log keeps.
    pub(crate) event: Event,
}
