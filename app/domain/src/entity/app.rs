//! Apps: OAuth clients (RFC 6749 section 2).

use sea_orm::entity::prelude::*;

use crate::client::{ActorModes, AppGrants, AppStatus, AuthMethod, ClientId};
use crate::id::{AppId, OrgId, UserId};
use crate::jwt::SigningAlgorithm;
use crate::time::Timestamp;

/// A row of `apps`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "apps")]
pub struct Model {
    /// The app.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AppId,
    /// The organization that makes it.
    pub owner_id: OrgId,
    /// Its public, permanent id.
    #[sea_orm(unique)]
    pub client_id: ClientId,
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
    /// What it is once it is resumed; none means live, and says nothing while it is not suspended.
    pub resumes_as: Option<AppStatus>,
    /// How it authenticates; `none` makes it public.
    pub auth_method: AuthMethod,
    /// Whether an authorization request must carry a challenge.
    pub pkce_required: bool,
    /// The name of its token policy.
    pub token_policy: String,
    /// The actor modes that it allows.
    pub actor_modes: ActorModes,
    /// By which grants it gets its tokens.
    pub grants: AppGrants,
    /// With which algorithm its ID tokens are signed.
    pub id_token_signed_response_alg: SigningAlgorithm,
    /// When an operator approved it; none while nobody did, or where the instance reviews no apps.
    pub approved_at: Option<Timestamp>,
    /// Who made it; none when the command line did.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When anything of it changed last.
    pub updated_at: Timestamp,
    /// Counts the changes of the app, its scopes, its redirect URIs and its secrets. The database counts, whatever is
    /// written here.
    pub revision: i64,
    /// Its owner.
    #[sea_orm(belongs_to, from = "owner_id", to = "id")]
    pub owner: BelongsTo<super::organization::Entity>,
}

impl Model {
    /// Where it is in its lifecycle, apart from a suspension.
    pub(crate) fn stage(&self) -> AppStatus {
        match self.status {
            AppStatus::Suspended => self.resumes_as.unwrap_or(AppStatus::Live),
            status => status,
        }
    }
}

impl ActiveModelBehavior for ActiveModel {}
