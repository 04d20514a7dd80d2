//! Pending grants: validated authorization requests that wait for a person.

use sea_orm::entity::prelude::*;

use crate::client::{ActorMode, GrantStatus};
use crate::id::{AppId, GrantId, OrgId, UserId};
use crate::oauth::authorize::ResponseMode;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// A row of `grants`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grants")]
pub struct Model {
    /// The pending grant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GrantId,
    /// The app.
    pub app_id: AppId,
    /// `redirect_uri` as it was sent; none when it was omitted.
    pub redirect_uri: Option<String>,
    /// The registered URI to answer to.
    pub callback: String,
    /// `state` as it was sent.
    pub state: Option<String>,
    /// What is asked.
    pub scopes: ScopeSet,
    /// Which of them the person may leave out.
    pub optional_scopes: ScopeSet,
    /// Who will act.
    pub actor: ActorMode,
    /// S256 challenge (RFC 7636).
    pub code_challenge: Option<String>,
    /// The organization that the request names.
    pub hint: Option<OrgId>,
    /// Whether the request names one at all, known or not.
    pub hinted: bool,
    /// `resource` (RFC 8707).
    pub resource: Option<String>,
    /// `nonce`, byte for byte.
    pub nonce: Option<String>,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// `prompt`: words with single spaces between them; empty where none was sent.
    pub prompt: String,
    /// `max_age` in seconds.
    pub max_age: Option<i64>,
    /// `login_hint`, cut to a length that a page can show.
    pub login_hint: Option<String>,
    /// The person whom `id_token_hint` names.
    pub hinted_user_id: Option<UserId>,
    /// SHA-256 of the value that binds it to one browser.
    pub interaction_hash: Vec<u8>,
    /// Among whose requests it is counted while it waits: those of the IPv4 address or IPv6 /64 that it came from, or of the
    /// person who is signed in there.
    #[sea_orm(column_name = "client_address")]
    pub counted_for: String,
    /// The first person who opened it.
    pub user_id: Option<UserId>,
    /// What the person chose.
    pub organization_id: Option<OrgId>,
    /// What became of it.
    pub status: GrantStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Its app.
    #[sea_orm(belongs_to, from = "app_id", to = "id")]
    pub app: BelongsTo<super::app::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
