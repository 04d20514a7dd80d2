//! Authorization codes (RFC 6749 section 4.1.2): their hashes.

use sea_orm::entity::prelude::*;

use crate::client::ActorMode;
use crate::id::{AccessTokenId, AppId, CodeId, FamilyId, InstallId, OrgId, UserId};
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// A row of `codes`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "codes")]
pub struct Model {
    /// The row, and the selector inside the code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CodeId,
    /// SHA-256 of the random part.
    pub code_hash: Vec<u8>,
    /// The app.
    pub app_id: AppId,
    /// The install.
    pub install_id: InstallId,
    /// The target organization.
    pub organization_id: OrgId,
    /// Who acts.
    pub actor: ActorMode,
    /// Who consented.
    pub user_id: UserId,
    /// `redirect_uri` as it was sent.
    pub redirect_uri: Option<String>,
    /// S256 challenge (RFC 7636).
    pub code_challenge: Option<String>,
    /// `nonce` of the request, byte for byte (OpenID Connect Core section 3.1.2.1).
    pub nonce: Option<String>,
    /// When the person who consented had signed in.
    pub authenticated_at: Option<Timestamp>,
    /// What was granted.
    pub scopes: ScopeSet,
    /// Of the tokens to come.
    pub audience: String,
    /// Of the tokens to come.
    pub family_id: FamilyId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was redeemed.
    pub used_at: Option<Timestamp>,
    /// The access token that it was redeemed for. That leaves before the code does.
    pub access_token_id: Option<AccessTokenId>,
    /// When it was ended early, or what came of it was.
    pub revoked_at: Option<Timestamp>,
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
