//! Client authentication (RFC 6749 section 2.3): who claims to ask, and what remains to be verified (requirements 49 to
//! 56).
//!
//! [`claim`] reads the request, [`evaluate`] holds it against the client's registration. The secret itself is compared
//! by the store.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::{ErrorCode, OAuthError, invalid_request};
use super::params::{Params, Sensitive, decode_strictly};
use crate::client::{AuthMethod, Client, ClientId};

/// Who claims to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A client id with a secret, or a resource server's id with its secret.
    Secret {
        /// The id; a resource server's UUID fits the grammar too.
        client_id: ClientId,
        /// How they were sent: [`AuthMethod::ClientSecretBasic`] or [`AuthMethod::ClientSecretPost`].
        method: AuthMethod,
        /// The secret, never empty (requirement 56).
        secret: Sensitive,
    },
    /// A client id alone.
    Public {
        /// The id.
        client_id: ClientId,
    },
}

impl Claim {
    /// The id that is claimed.
    pub const fn client_id(&self) -> &ClientId {
        match self {
            Self::Secret { client_id, .. } | Self::Public { client_id } => client_id,
        }
    }

    /// How the client authenticates, or does not.
    pub const fn method(&self) -> AuthMethod {
        match self {
            Self::Secret { method, .. } => *method,
            Self::Public { .. } => AuthMethod::None,
        }
    }

    /// The answer when the claim does not hold, for whatever reason (requirement 53).
    pub fn denied(&self) -> Denied {
        Denied::client(self.method() == AuthMethod::ClientSecretBasic)
    }

    /// The secret that it brings to `client` by a way for which that is not registered; none where that is not what is wrong.
    pub fn sent_another_way(&self, client: &Client) -> Option<&Sensitive> {
        let Self::Secret { client_id, method, secret } = self else { return None };
        let another = client.auth_method != AuthMethod::None && client.auth_method != *method;
        Some(secret).filter(|_| another && client.enabled() && client.client_id == *client_id)
    }

    /// The answer where that secret is right (requirement 55): only whoever has it is told how the app is registered.
    pub fn denied_that_way(&self, client: &Client) -> Denied {
        let told = format!(
            "Client authentication failed: this app is registered for {}, and sent its secret another way.",
            client.auth_method
        );
        Denied { error: OAuthError::new(ErrorCode::InvalidClient, told), ..self.denied() }
    }
}

/// The claim does not hold, or cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// `invalid_client` or `invalid_request`.
    pub error: OAuthError,
    /// Whether `WWW-Authenticate: Basic` belongs in the answer, because `Authorization` was tried (RFC 6749 section 5.2).
    pub challenge: bool,
}

impl Denied {
    /// The same answer for an unknown client and a wrong secret, whatever the method: nothing is told apart (requirement 53).
    fn client(challenge: bool) -> Self {
        Self { error: OAuthError::new(ErrorCode::InvalidClient, "Client authentication failed."), challenge }
    }
}

impl From<OAuthError> for Denied {
    fn from(error: OAuthError) -> Self {
        Self { error, challenge: false }
    }
}

/// What remains to be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verify<'a> {
    /// The secret, against the client's live ones.
    Secret(&'a Sensitive),
    /// Nothing: a public client is known by its id alone.
    Nothing,
}

/// Reads who claims to ask. `authorization` holds every `Authorization` header of the request, `params` its body.
pub fn claim<'a>(authorization: impl IntoIterator<Item = &'a [u8]>, params: &Params) -> Result<Claim, Denied> {
    params.once(&["client_id", "client_secret", "client_assertion", "client_assertion_type"])?;
    let basic = basic(authorization)?;
    let secret = params.get("client_secret");
    one_method(basic.is_some(), secret.is_some(), params)?;
    if let Some((client_id, secret)) = basic {
        if params.get("client_id").is_some_and(|named| named != client_id) {
            return Err(invalid_request("The header and the body name different clients.").into());
        }
        let client_id = client_id.parse().map_err(|_| Denied::client(true))?;
        return Ok(Claim::Secret { client_id, method: AuthMethod::ClientSecretBasic, secret: secret.into() });
    }
    let client_id = params.get("client_id").and_then(|named| named.parse().ok()).ok_or(Denied::client(false))?;
    Ok(match secret {
        Some(secret) => {
            Claim::Secret { client_id, method: AuthMethod::ClientSecretPost, secret: Sensitive::from(secret) }
        }
        None => Claim::Public { client_id },
    })
}

/// Holds a claim against the registration of the client that it names: in use, and exactly the registered method
/// (requirements 19 and 55).
pub fn evaluate<'a>(claim: &'a Claim, client: Option<&Client>) -> Result<Verify<'a>, Denied> {
    let client = client.filter(|client| client.client_id == *claim.client_id()).ok_or_else(|| claim.denied())?;
    if !client.enabled() || client.auth_method != claim.method() {
        return Err(claim.denied());
    }
    Ok(match claim {
        Claim::Secret { secret, .. } => Verify::Secret(secret),
        Claim::Public { .. } => Verify::Nothing,
    })
}

/// RFC 6749 section 2.3: at most one method per request (requirement 54). Assertions are not offered.
fn one_method(basic: bool, secret: bool, params: &Params) -> Result<(), Denied> {
    let assertion = params.get("client_assertion").is_some() || params.get("client_assertion_type").is_some();
    match usize::from(basic) + usize::from(secret) + usize::from(assertion) {
        0 | 1 if !assertion => Ok(()),
        1 => Err(Denied::client(false)),
        _ => Err(invalid_request("The client authenticates in more than one way.").into()),
    }
}

/// RFC 6749 section 2.3.1 over RFC 7617: strict base64, then both halves as form values (requirement 52).
fn basic<'a>(authorization: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<(String, String)>, Denied> {
    let mut headers = authorization.into_iter();
    let Some(header) = headers.next() else { return Ok(None) };
    if headers.next().is_some() {
        return Err(invalid_request("The header Authorization is repeated.").into());
    }
    read_basic(header).map(Some).ok_or(Denied::client(true))
}

fn read_basic(header: &[u8]) -> Option<(String, String)> {
    let (scheme, credentials) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials).ok()?).ok()?;
    let (client_id, secret) = decoded.split_once(':')?;
    let secret = decode_strictly(secret).filter(|secret| !secret.is_empty())?;
    Some((decode_strictly(client_id)?, secret))
}

#[cfg(test)]
#[path = "client_auth_tests.rs"]
mod tests;
