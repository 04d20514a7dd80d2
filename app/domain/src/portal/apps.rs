//! Apps: what their makers see and send.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{OrganizationName, ShownOnce};
use crate::client::{ActorModes, AppGrants, AppStatus, AuthMethod, ClientId, ClientType, SecretStatus};
use crate::id::{AppId, RedirectUriId, SecretId};
use crate::jwt::SigningAlgorithm;
use crate::scope::{CatalogueScope, ScopeToken};
use crate::time::Timestamp;
use crate::token_policy::STANDARD;
use crate::typed;

/// An app in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppRow {
    /// The app.
    pub id: AppId,
    /// Its public id.
    pub client_id: ClientId,
    /// Its name.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// The path of its logo; none where none was given.
    pub logo: Option<String>,
    /// Where it is in its lifecycle.
    pub status: AppStatus,
    /// Organizations with an active install.
    pub installs: u64,
    /// When anything of it changed last.
    pub updated_at: Timestamp,
}

/// An app's page, as its owner organization sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppDetail {
    /// The app.
    pub id: AppId,
    /// Its public id.
    pub client_id: ClientId,
    /// Its owner organization.
    pub owner: OrganizationName,
    /// What the settings form edits, as it is in force.
    pub fields: AppFields,
    /// The path of its logo.
    pub logo: Option<String>,
    /// Where it is in its lifecycle.
    pub status: AppStatus,
    /// Confidential or public.
    pub client_type: ClientType,
    /// How it authenticates.
    pub auth_method: AuthMethod,
    /// Its redirect URIs, oldest first.
    pub redirect_uris: Vec<RedirectUriRow>,
    /// The scopes that it asks for.
    pub scopes: Vec<AppScope>,
    /// The checklist.
    pub checklist: Checklist,
    /// When it was made.
    pub created_at: Timestamp,
}

/// How far a new app has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each line of a checklist is done or not, independently of the others"
)]
pub struct Checklist {
    /// A redirect URI is registered.
    pub redirect_uri: bool,
    /// A live secret exists, or the app is public.
    pub secret: bool,
    /// Somebody installed it.
    pub installed: bool,
    /// A token of it was used.
    pub called: bool,
}

/// A registered redirect URI.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedirectUriRow {
    /// Its row.
    pub id: RedirectUriId,
    /// The URI, exactly.
    pub uri: String,
    /// When it was added.
    pub created_at: Timestamp,
}

/// A scope that an app asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppScope {
    /// What the catalogue says.
    pub scope: CatalogueScope,
    /// Why the app needs it, in the maker's words.
    pub purpose: String,
    /// Whether nobody may leave it out.
    pub required: bool,
}

/// One line of the scope picker as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeChoice {
    /// The scope.
    pub token: ScopeToken,
    /// Why the app needs it.
    pub purpose: String,
    /// Whether nobody may leave it out.
    pub required: bool,
}

/// The scope picker as its form sends it: a line for each scope of the catalogue, ticked or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScopeLines(BTreeMap<ScopeToken, ScopeLine>);

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ScopeLine {
    #[serde(default)]
    ticked: bool,
    #[serde(default)]
    purpose: String,
    required: bool,
}

impl ScopeLines {
    /// What is ticked.
    pub fn chosen(self) -> Vec<ScopeChoice> {
        let ticked = self.0.into_iter().filter(|(_, line)| line.ticked);
        ticked.map(|(token, ScopeLine { purpose, required, .. })| ScopeChoice { token, purpose, required }).collect()
    }
}

/// What the new-app wizard sends, beside its addresses and scopes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewApp {
    /// Its name.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// Its homepage, an absolute http or https URL.
    pub homepage: Option<String>,
    /// Whom to ask.
    pub support_email: Option<String>,
    /// How it authenticates; `none` makes it public.
    pub auth_method: AuthMethod,
    /// Whether an authorization request must carry a challenge; a public app cannot do without. A box that is not ticked is
    /// not sent, so a form without it says no, unlike [`NewApp::default`].
    #[serde(default)]
    pub pkce_required: bool,
    /// The actor modes that it allows.
    pub actor_modes: ActorModes,
    /// By which grants it gets its tokens.
    pub grants: AppGrants,
    /// The name of its token policy.
    pub token_policy: String,
    /// With which algorithm its ID tokens are signed.
    pub id_token_signed_response_alg: SigningAlgorithm,
    /// Its redirect URIs; none where it has only `client_credentials`.
    pub redirect_uris: Vec<String>,
    /// Where people may be sent after they signed out.
    pub post_logout_redirect_uris: Vec<String>,
    /// The scopes that it asks for.
    pub scopes: Vec<ScopeChoice>,
    /// The version of the terms of use that its maker accepts; looked at where the instance has terms and reviews no apps.
    pub accepted_terms: Option<String>,
}

/// What the settings form of an app shows and sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppFields {
    /// Its name.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// Its homepage, an absolute http or https URL.
    pub homepage: Option<String>,
    /// Whom to ask.
    pub support_email: Option<String>,
    /// Whether an authorization request must carry a challenge; always so for public clients. A box that is not ticked is
    /// not sent.
    #[serde(default)]
    pub pkce_required: bool,
    /// The actor modes that it allows.
    pub actor_modes: ActorModes,
    /// By which grants it gets its tokens.
    pub grants: AppGrants,
    /// The name of its token policy.
    pub token_policy: String,
    /// With which algorithm its ID tokens are signed.
    pub id_token_signed_response_alg: SigningAlgorithm,
}

impl AppFields {
    /// The fields as they are kept: what is typed around them, and of a homepage how it is spelled, is not.
    #[must_use]
    pub fn kept(self) -> Self {
        let Self { name, description, homepage, support_email, .. } = &self;
        let (name, description) = (typed::collapsed(name), typed::line(description, typed::MAX_LINE));
        let (homepage, support_email) =
            (typed::homepage(homepage.clone()), support_email.clone().and_then(typed::given));
        Self { name, description, homepage, support_email, ..self }
    }
}

impl Default for AppFields {
    /// Those of [`NewApp::default`].
    fn default() -> Self {
        let NewApp { name, description, homepage, support_email, pkce_required, actor_modes, grants, .. } =
            NewApp::default();
        Self {
            name,
            description,
            homepage,
            support_email,
            pkce_required,
            actor_modes,
            grants,
            token_policy: STANDARD.to_owned(),
            id_token_signed_response_alg: SigningAlgorithm::Rs256,
        }
    }
}

impl Default for NewApp {
    /// A confidential app without a name, with everything else as the wizard begins.
    fn default() -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            homepage: None,
            support_email: None,
            auth_method: AuthMethod::ClientSecretBasic,
            pkce_required: true,
            actor_modes: ActorModes::Both,
            grants: AppGrants::AuthorizationCode,
            token_policy: STANDARD.to_owned(),
            id_token_signed_response_alg: SigningAlgorithm::Rs256,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            scopes: Vec::new(),
            accepted_terms: None,
        }
    }
}

/// What the wizard's last step shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedApp {
    /// The app.
    pub id: AppId,
    /// Its public id.
    pub client_id: ClientId,
    /// The first secret; none for a public client.
    pub secret: Option<ShownOnce>,
    /// Whether it was installed into its owner organization at once.
    pub installed: bool,
}

/// A client secret in the table: never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretRow {
    /// Its row.
    pub id: SecretId,
    /// What its maker calls it.
    pub label: String,
    /// Prefix and last four characters.
    pub hint: String,
    /// What it is now.
    pub status: SecretStatus,
    /// Who made it; empty when the command line did.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was used last.
    pub last_used_at: Option<Timestamp>,
    /// Its deadline.
    pub expires_at: Option<Timestamp>,
}

/// What creating or rotating a secret shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedSecret {
    /// Its row.
    pub id: SecretId,
    /// The one showing.
    pub secret: ShownOnce,
}

/// An app by id and name, with its mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppName {
    /// The app.
    pub id: AppId,
    /// Its name.
    pub name: String,
    /// The path of its logo.
    pub logo: Option<String>,
}
