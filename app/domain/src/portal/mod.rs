//! Wire types: what pages show and forms send. None holds a secret, apart from [`ShownOnce`].

use serde::{Deserialize, Serialize};

use crate::audit::{Action, ActorKind, Outcome, Source, TargetKind};
use crate::client::{
    ActorMode, ActorModes, AppGrants, AppStatus, AuthMethod, ClientId, ClientType, InstallStatus, SecretStatus,
};
use crate::id::{AppId, EventId, GrantId, InstallId, OrgId, RedirectUriId, RequestId, SecretId, SessionId, UserId};
use crate::jwt::SigningAlgorithm;
use crate::organization::{InstallPolicy, Status};
use crate::role::{Role, StaffRole};
use crate::scope::{CatalogueScope, Risk, ScopeSet, ScopeToken};
use crate::time::Timestamp;
use crate::token_policy::STANDARD;

/// The person who is signed in, with his organizations: what every page's frame shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// Who.
    pub user: UserId,
    /// His name.
    pub name: String,
    /// His e-mail address.
    pub email: String,
    /// His role in the instance.
    pub staff_role: Option<StaffRole>,
    /// Active organizations, by name.
    pub memberships: Vec<Membership>,
    /// The one that the pages speak of now; none while he has none.
    pub current: Option<Membership>,
}

/// An organization and the person's role there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The organization.
    pub organization: OrganizationName,
    /// His role.
    pub role: Role,
}

/// An organization by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationName {
    /// The organization.
    pub id: OrgId,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// One page of a list and the way on: keyset pagination by id, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// At most the page's size.
    pub items: Vec<T>,
    /// The value of `after` for the next page; none on the last.
    pub next: Option<String>,
}

/// A value that is shown once: a client secret, a test token. It exists in one response.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownOnce(pub String);

impl std::fmt::Debug for ShownOnce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShownOnce(…)")
    }
}

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
    /// Its name.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// The path of its logo.
    pub logo: Option<String>,
    /// Its homepage.
    pub homepage: Option<String>,
    /// Whom to ask.
    pub support_email: Option<String>,
    /// Where it is in its lifecycle.
    pub status: AppStatus,
    /// Confidential or public.
    pub client_type: ClientType,
    /// How it authenticates.
    pub auth_method: AuthMethod,
    /// Whether an authorization request must carry a challenge.
    pub pkce_required: bool,
    /// The actor modes that it allows.
    pub actor_modes: ActorModes,
    /// The name of its token policy.
    pub token_policy: String,
    /// By which grants it gets its tokens.
    pub grants: AppGrants,
    /// With which algorithm its ID tokens are signed.
    pub id_token_signed_response_alg: SigningAlgorithm,
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
    /// Whether a person may leave it out.
    pub required: bool,
}

/// One line of the scope picker as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeChoice {
    /// The scope.
    pub token: ScopeToken,
    /// Why the app needs it.
    pub purpose: String,
    /// Whether a person may leave it out.
    pub required: bool,
}

/// What the new-app wizard sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Whether an authorization request must carry a challenge; a public app cannot do without.
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
    #[serde(default)]
    pub accepted_terms: Option<String>,
}

/// What the settings form of an app sends.
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
    /// Whether an authorization request must carry a challenge; always so for public clients.
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

/// An audit event as pages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// The event.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: Action,
    /// How it ended.
    pub outcome: Outcome,
    /// Through which door.
    pub source: Source,
    /// What kind of actor.
    pub actor_kind: ActorKind,
    /// The actor's name at that time.
    pub actor: String,
    /// On whose behalf, if on another's.
    pub on_behalf_of: Option<String>,
    /// In which organization.
    pub organization: Option<OrganizationName>,
    /// What kind of target.
    pub target_kind: TargetKind,
    /// The target's id.
    pub target: String,
    /// The target's name at that time.
    pub target_name: String,
    /// What it was before, as JSON without secrets.
    pub before: Option<String>,
    /// What it is after, as JSON without secrets.
    pub after: Option<String>,
    /// The request.
    pub request_id: Option<RequestId>,
    /// The address that it came from.
    pub ip: Option<String>,
    /// The program that sent it.
    pub user_agent: Option<String>,
}

/// One of a person's own sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// The session.
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// When the person proved who he is.
    pub authenticated_at: Timestamp,
    /// When it was used last.
    pub last_seen_at: Timestamp,
    /// The address of its sign-in.
    pub ip: Option<String>,
    /// The program of its sign-in.
    pub user_agent: Option<String>,
}

/// What the picker and the consent page show of a pending grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentView {
    /// The pending grant.
    pub id: GrantId,
    /// The app.
    pub app: AppName,
    /// Its public id.
    pub client_id: ClientId,
    /// Who made it.
    pub owner: OrganizationName,
    /// Its homepage.
    pub homepage: Option<String>,
    /// Whom to ask.
    pub support_email: Option<String>,
    /// The person's name.
    pub person: String,
    /// The person's e-mail address.
    pub email: String,
    /// Who will act.
    pub actor: ActorMode,
    /// The origin that the person will be sent to, as `https://host`.
    pub redirect_origin: String,
    /// Lifetime of an access token in seconds; none means that it never ends.
    pub access_seconds: Option<i64>,
    /// Whether the app can renew its access without the person.
    pub refreshes: bool,
    /// Whether an operator approved the app; none where the instance reviews no apps.
    pub approved: Option<bool>,
    /// Whether the request names an organization that the person cannot choose.
    pub hint_missed: bool,
    /// What the page asks.
    pub step: ConsentStep,
}

/// What the page asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConsentStep {
    /// Nothing: the app is a draft, and the person is no member where it is live.
    Draft,
    /// The person has no organization yet.
    NoOrganization,
    /// Which organization?
    Pick {
        /// Each of the person's organizations.
        choices: Vec<OrganizationChoice>,
    },
    /// May it?
    Decide {
        /// The chosen organization.
        organization: OrganizationName,
        /// What it may do.
        scopes: Vec<AppScope>,
        /// Optional scopes that this person's role cannot grant: left out, and said so.
        left_out: Vec<AppScope>,
        /// Whether the person could pick another organization.
        others: bool,
    },
    /// This person may not, in the chosen organization.
    NotPermitted {
        /// The chosen organization.
        organization: OrganizationName,
        /// Why not.
        reason: NotPermitted,
        /// Owners and admins whom to ask: names and addresses, at most five.
        ask: Vec<String>,
        /// Whether the person could pick another organization.
        others: bool,
    },
}

/// An organization in the picker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationChoice {
    /// The organization.
    pub organization: OrganizationName,
    /// The person's role there.
    pub role: Role,
    /// Why it cannot be chosen; none where it can.
    pub not_permitted: Option<NotPermitted>,
    /// Whether the request's hint named it.
    pub hinted: bool,
}

words! {
    /// Why a person may not install (PROTOCOL section 1, *Who may install*).
    NotPermitted {
        /// The app is a draft, and the organization is not one that may test it.
        NotLive = "not_live",
        /// The organization blocked the app.
        Blocked = "blocked",
        /// The organization installs only apps on its list.
        NotOnAllowlist = "not_on_allowlist",
        /// The organization installs only its own apps.
        OwnAppsOnly = "own_apps_only",
        /// The install that it would become is suspended: it has to be revoked first.
        InstallSuspended = "install_suspended",
        /// Only owners and admins install an app that acts as itself.
        AdminsInstall = "admins_install",
        /// Owners and admins have to install it first.
        AdminsFirst = "admins_first",
        /// A required scope needs more than the person's role gives.
        BeyondRole = "beyond_role",
    }
}

/// One of "my apps": what acts as, or was installed by, this person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MyApp {
    /// The install.
    pub install: InstallRow,
    /// What it may do, in sentences.
    pub sentences: Vec<String>,
}

/// The dashboard of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dashboard {
    /// Apps that it makes.
    pub apps: u64,
    /// Active installs in it.
    pub installs: u64,
    /// Its apps that changed last, at most five.
    pub recent_apps: Vec<AppRow>,
    /// What happened last, at most eight; empty for those who do not administer it.
    pub recent_events: Vec<AuditRow>,
}

/// What support's search found, at most ten of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchResults {
    /// Apps by name or client id.
    pub apps: Vec<SupportApp>,
    /// Installs by id, app or organization.
    pub installs: Vec<InstallRow>,
    /// Organizations by name, slug, domain or id.
    pub organizations: Vec<SupportOrganization>,
    /// People by name or e-mail address.
    pub people: Vec<SupportPerson>,
    /// Events by request id.
    pub events: Vec<AuditRow>,
}

/// An app as support sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportApp {
    /// The list's line.
    pub row: AppRow,
    /// Who made it.
    pub owner: OrganizationName,
}

/// An organization as support sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportOrganization {
    /// The organization.
    pub organization: OrganizationName,
    /// Its domain.
    pub domain: Option<String>,
    /// Its plan.
    pub plan: String,
    /// Whether it takes part.
    pub status: Status,
    /// What its members may install.
    pub install_policy: InstallPolicy,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A person as support sees him.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportPerson {
    /// Who.
    pub id: UserId,
    /// His name.
    pub name: String,
    /// His e-mail address.
    pub email: String,
    /// Whether he may sign in.
    pub status: Status,
    /// His role in the instance.
    pub staff_role: Option<StaffRole>,
    /// When he signed up.
    pub created_at: Timestamp,
}

/// Support's dossier of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppDossier {
    /// What its owner sees.
    pub app: AppDetail,
    /// Its secrets: hints only.
    pub secrets: Vec<SecretRow>,
    /// Its installs, newest first, at most fifty.
    pub installs: Vec<InstallRow>,
    /// What happened, newest first, at most a hundred.
    pub timeline: Vec<AuditRow>,
}

/// Support's dossier of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationDossier {
    /// The list's line.
    pub organization: SupportOrganization,
    /// Its members and their roles, at most a hundred.
    pub members: Vec<(SupportPerson, Role)>,
    /// Its apps, at most fifty.
    pub apps: Vec<AppRow>,
    /// Installs in it, newest first, at most fifty.
    pub installs: Vec<InstallRow>,
    /// What happened, newest first, at most a hundred.
    pub timeline: Vec<AuditRow>,
}

/// Support's dossier of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonDossier {
    /// The list's line.
    pub person: SupportPerson,
    /// His organizations.
    pub memberships: Vec<Membership>,
    /// What happened, newest first, at most a hundred.
    pub timeline: Vec<AuditRow>,
}
