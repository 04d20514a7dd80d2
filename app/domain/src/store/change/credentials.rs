//! An app gets a token by its own credentials.

use super::Premise;
use crate::entity::access_token;
use crate::store::By;
use crate::store::audit::Event;

/// Write an access token that stands for itself: no code, no family, no refresh token. Lost when its premise fell: a
/// revocation of the install either finds this token or comes first.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    /// Who asks.
    pub(crate) by: By,
    /// What must hold.
    pub(crate) premise: Premise,
    /// The access token's row.
    pub(crate) access: access_token::Model,
    /// What the audit log keeps.
    pub(crate) event: Event,
}
