//! Organizations: they make apps and install them.

use sea_orm::entity::prelude::*;

use crate::id::OrgId;
use crate::organization::{InstallPolicy, Status};
use crate::time::Timestamp;

/// A row of `organizations`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organizations")]
pub struct Model {
    /// The organization.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrgId,
    /// Its name in URLs; holds no dot and cannot look like an id.
    #[sea_orm(unique)]
    pub slug: String,
    /// Its name.
    pub name: String,
    /// A domain that names it; set by staff only.
    #[sea_orm(unique)]
    pub domain: Option<String>,
    /// What it pays for.
    pub plan: String,
    /// Whether it takes part.
    pub status: Status,
    /// What its members may install.
    pub install_policy: InstallPolicy,
    /// When it was made.
    pub created_at: Timestamp,
    /// When anything of it changed last.
    pub updated_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
