//! Installs: what may act in an organization, or as a person.

use serde::{Deserialize, Serialize};

use super::{AppName, AppScope, AuditRow, OrganizationName};
use crate::client::{ActorMode, ClientId, InstallStatus};
use crate::id::InstallId;
use crate::scope::{CatalogueScope, Risk, ScopeSet};
use crate::time::Timestamp;

/// An install in a list, for its owner or its target organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallRow {
    /// The install.
    pub id: InstallId,
    /// The app.
    pub app: AppName,
    /// Who made the app.
    pub owner: OrganizationName,
    /// Where it is installed.
    pub organization: OrganizationName,
    /// Who acts.
    pub actor: ActorMode,
    /// As whom, for `self`; none where the reader may not know the person.
    pub acts_as: Option<String>,
    /// The granted scopes.
    pub scopes: ScopeSet,
    /// The same in the words for an app of its policy.
    pub may: Vec<CatalogueScope>,
    /// The highest risk among them.
    pub risk: Risk,
    /// Whether the Test install button made it.
    pub test: bool,
    /// Where it is in its lifecycle.
    pub status: InstallStatus,
    /// Who installed it; empty where the reader may not know the person.
    pub installed_by: String,
    /// When.
    pub installed_at: Timestamp,
    /// When a token of it was used last; none means never.
    pub last_used_at: Option<Timestamp>,
}

/// An install's review page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallDetail {
    /// The list's line.
    pub row: InstallRow,
    /// The app's public id.
    pub client_id: ClientId,
    /// The granted scopes with the maker's purpose.
    pub scopes: Vec<AppScope>,
    /// Where people are sent: the origins of its redirect URIs.
    pub redirect_origins: Vec<String>,
    /// The app's homepage.
    pub homepage: Option<String>,
    /// Whom to ask.
    pub support_email: Option<String>,
    /// Why it was installed, in the admin's words.
    pub reason: Option<String>,
    /// Why it was revoked.
    pub revoked_reason: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Whether the app is blocked in this organization.
    pub blocked: bool,
    /// Its tokens, newest first, at most twenty.
    pub tokens: Vec<TokenRow>,
    /// How many of all its tokens work now.
    pub live_tokens: u64,
    /// What happened, newest first, at most a hundred.
    pub timeline: Vec<AuditRow>,
}

/// A token in a list: never the token itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    /// Prefix and last four characters.
    pub hint: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends; none means never.
    pub expires_at: Option<Timestamp>,
    /// When it was ended early.
    pub revoked_at: Option<Timestamp>,
}
