//! What the rules see of an app: an OAuth client (RFC 6749 section 2).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::base62;
use crate::entropy::Entropy;
use crate::id::{AppId, OrgId};
use crate::jwt::SigningAlgorithm;
use crate::oauth::openid::OPENID;
use crate::redirect_uri::RedirectUri;
use crate::scope::ScopeSet;
use crate::secret::TokenBrand;
use crate::token_policy::TokenPolicy;

/// The longest client id that is looked up, in bytes.
const MAX_CLIENT_ID_BYTES: usize = 64;

/// An app's public, permanent identifier, such as `ptcapp_0mB7Qe2nXyT4Kd91`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "store", derive(sea_orm::DeriveValueType))]
#[cfg_attr(feature = "store", sea_orm(value_type = "String"))]
pub struct ClientId(String);

/// A text that cannot be a client id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid client id")]
pub struct InvalidClientId;

impl ClientId {
    /// A new client id of the instance's brand.
    pub fn mint(brand: &TokenBrand, entropy: &dyn Entropy) -> Self {
        Self(format!("{}app_{}", brand.as_str(), base62::random(entropy, 16)))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ClientId {
    type Err = InvalidClientId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if text.is_empty() || text.len() > MAX_CLIENT_ID_BYTES || !text.bytes().all(allowed) {
            return Err(InvalidClientId);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for ClientId {
    type Error = InvalidClientId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

words! {
    /// RFC 6749 section 2.1.
    ClientType {
        /// Keeps a secret.
        Confidential = "confidential",
        /// Cannot keep one: browser, desktop and mobile apps.
        Public = "public",
    }
}

words! {
    /// `token_endpoint_auth_method` (RFC 7591 section 2). A confidential app has the one that it registered.
    AuthMethod {
        /// HTTP Basic (RFC 6749 section 2.3.1).
        ClientSecretBasic = "client_secret_basic",
        /// `client_secret` in the body.
        ClientSecretPost = "client_secret_post",
        /// Public clients.
        None = "none",
    }
}

impl AuthMethod {
    /// The type of client that uses the method.
    pub const fn client_type(self) -> ClientType {
        match self {
            Self::ClientSecretBasic | Self::ClientSecretPost => ClientType::Confidential,
            Self::None => ClientType::Public,
        }
    }
}

words! {
    /// Who acts with a token.
    ActorMode {
        /// The app itself: a bot of its own.
        App = "app",
        /// The consenting person, within his role.
        Myself = "self",
    }
}

words! {
    /// Which actor modes an app allows.
    ActorModes {
        /// Only `app`.
        App = "app",
        /// Only `self`.
        Myself = "self",
        /// Either; the default of a new app.
        Both = "both",
    }
}

impl ActorModes {
    /// Whether `mode` is allowed.
    pub const fn allows(self, mode: ActorMode) -> bool {
        matches!((self, mode), (Self::Both, _) | (Self::App, ActorMode::App) | (Self::Myself, ActorMode::Myself))
    }

    /// The mode of a request that names none: the only allowed one, else `app` (PROTOCOL section 1).
    pub const fn default_mode(self) -> ActorMode {
        match self {
            Self::App | Self::Both => ActorMode::App,
            Self::Myself => ActorMode::Myself,
        }
    }
}

words! {
    /// A grant of the token endpoint (`grant_type`); an access token's row says which one made it.
    GrantType {
        /// RFC 6749 section 4.1.
        AuthorizationCode = "authorization_code",
        /// RFC 6749 section 6.
        RefreshToken = "refresh_token",
        /// RFC 6749 section 4.4.
        ClientCredentials = "client_credentials",
    }
}

words! {
    /// By which grants an app gets its tokens. Refreshing belongs to the code; the token policy says whether there is any.
    AppGrants {
        /// People consent; the default of a new app.
        AuthorizationCode = "authorization_code",
        /// Only by its own credentials: no redirect URI is needed.
        ClientCredentials = "client_credentials",
        /// Either.
        Both = "both",
    }
}

impl AppGrants {
    /// Whether the authorization endpoint, codes and refresh tokens are open to the app.
    pub const fn allows_code(self) -> bool {
        matches!(self, Self::AuthorizationCode | Self::Both)
    }

    /// Whether `client_credentials` is switched on (PROTOCOL section 1, *`client_credentials`*).
    pub const fn allows_client_credentials(self) -> bool {
        matches!(self, Self::ClientCredentials | Self::Both)
    }
}

words! {
    /// An app's lifecycle (PRODUCT section 7).
    AppStatus {
        /// Not approved yet; only where the instance reviews apps.
        Draft = "draft",
        /// In use.
        Live = "live",
        /// Stopped by its owner or an operator.
        Suspended = "suspended",
        /// Deleted by its owner; kept for a while.
        Deleted = "deleted",
    }
}

words! {
    /// An install's lifecycle (PRODUCT section 7).
    InstallStatus {
        /// In force.
        Active = "active",
        /// Paused; no token of it works.
        Suspended = "suspended",
        /// Ended for good. A new consent makes a new install.
        Revoked = "revoked",
    }
}

words! {
    /// What became of an authorization request that waits for a person.
    GrantStatus {
        /// It waits.
        Pending = "pending",
        /// He allowed it.
        Approved = "approved",
        /// He did not, or what it asks for has ended.
        Denied = "denied",
    }
}

words! {
    /// What a client secret's row says; the clock turns `retiring` into `expired`.
    SecretStatus {
        /// Accepted.
        Active = "active",
        /// Accepted until its deadline, because a newer one replaced it.
        Retiring = "retiring",
        /// Past its deadline.
        Expired = "expired",
        /// Ended by a person.
        Revoked = "revoked",
    }
}

/// An app as the authorization and token rules see it: loaded once, judged purely.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "`client_id` is the RFC's name")]
pub struct Client {
    /// The app.
    pub app: AppId,
    /// The organization that made it.
    pub owner: OrgId,
    /// Its public id.
    pub client_id: ClientId,
    /// Its name, for pages.
    pub name: String,
    /// Where it is in its lifecycle.
    pub status: AppStatus,
    /// Whether its owner organization is active (requirement 19).
    pub owner_active: bool,
    /// How it authenticates; `None` makes it public.
    pub auth_method: AuthMethod,
    /// Whether an authorization request without a challenge is refused; always so for public clients.
    pub pkce_required: bool,
    /// The actor modes that it allows.
    pub actor_modes: ActorModes,
    /// The redirect URIs that it registered, exactly.
    pub redirect_uris: Vec<RedirectUri>,
    /// The scopes that it needs.
    pub required_scopes: ScopeSet,
    /// The scopes that a person may leave out.
    pub optional_scopes: ScopeSet,
    /// Formats and lifetimes of its tokens.
    pub policy: TokenPolicy,
    /// By which grants it gets its tokens.
    pub grants: AppGrants,
    /// With which algorithm its ID tokens are signed.
    pub id_token_signed_response_alg: SigningAlgorithm,
    /// Whether an operator approved it, or the instance reviews no apps (PROTOCOL section 1, *Approval*).
    pub approved: bool,
    /// Counts the changes of the app, its scopes, its redirect URIs and its secrets.
    pub revision: i64,
}

impl Client {
    /// RFC 6749 section 2.1.
    pub const fn client_type(&self) -> ClientType {
        self.auth_method.client_type()
    }

    /// Whether requests of this client are answered at all (requirement 19).
    pub fn enabled(&self) -> bool {
        self.owner_active && matches!(self.status, AppStatus::Live | AppStatus::Draft)
    }

    /// Whether it may ask people for their consent, to act so.
    pub fn may_ask(&self, actor: ActorMode) -> bool {
        self.grants.allows_code() && self.actor_modes.allows(actor)
    }

    /// Every scope that the app may ask for now.
    pub fn scopes(&self) -> ScopeSet {
        self.required_scopes.union(&self.optional_scopes)
    }

    /// Those among them that it may have as `actor`: `openid` is about a person (PROTOCOL section 1, *Actor modes*).
    pub fn scopes_as(&self, actor: ActorMode) -> ScopeSet {
        match actor {
            ActorMode::Myself => self.scopes(),
            ActorMode::App => self.scopes().iter().filter(|scope| scope.as_str() != OPENID).cloned().collect(),
        }
    }

    /// Whether an authorization request must carry a challenge (PKCE decision).
    pub fn needs_challenge(&self) -> bool {
        self.pkce_required || self.client_type() == ClientType::Public
    }
}
