//! Access tokens: the hashes of opaque ones, and what the audit log tells of their issue.

use sea_orm::FromJsonQueryResult;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::audit::Source;
use crate::client::{ActorMode, GrantType};
use crate::id::{AccessTokenId, AppId, FamilyId, InstallId, OrgId, RequestId, UserId};
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// What the audit log tells of a token that an app asked for, beyond what the token's row says anyway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Told {
    /// Through which door.
    pub source: Source,
    /// The app's name at that time: who did it, and of what.
    pub app: String,
    /// The name at that time of the person on whose behalf it acts, for `self`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
    /// What was issued, without secrets.
    pub after: Json,
    /// The address that the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The program that sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

/// A row of `access_tokens`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_tokens")]
pub struct Model {
    /// The row, and the selector inside the token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccessTokenId,
    /// SHA-256 of the random part.
    pub token_hash: Vec<u8>,
    /// Prefix and last four characters.
    pub hint: String,
    /// The app.
    pub app_id: AppId,
    /// The install.
    pub install_id: InstallId,
    /// The target organization.
    pub organization_id: OrgId,
    /// Which grant made it: one of `client_credentials` stands outside *one live token* and ends no install.
    pub grant_type: GrantType,
    /// Whether its text is a JWT, whose `jti` is the row's id; then `token_hash` is empty.
    pub jwt: bool,
    /// Who acts.
    pub actor: ActorMode,
    /// As whom, for `self`.
    pub user_id: Option<UserId>,
    /// What one exchange started.
    pub family_id: FamilyId,
    /// What was granted.
    pub scopes: ScopeSet,
    /// Where it is good.
    pub audience: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; none means never.
    pub expires_at: Option<Timestamp>,
    /// When it was ended early.
    pub revoked_at: Option<Timestamp>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// The request that its app asked for it with.
    pub request_id: Option<RequestId>,
    /// The audit trail of its issue; none where the audit log itself has the event. The database refuses to change it.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub told: Option<Told>,
    /// Its app.
    #[sea_orm(belongs_to, from = "app_id", to = "id")]
    pub app: BelongsTo<super::app::Entity>,
    /// Its organization.
    #[sea_orm(belongs_to, from = "organization_id", to = "id")]
    pub organization: BelongsTo<super::organization::Entity>,
    /// Its install.
    #[sea_orm(belongs_to, from = "install_id", to = "id")]
    pub install: BelongsTo<super::install::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
