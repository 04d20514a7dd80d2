//! The catalogue: the scopes of the instance.

use sea_orm::entity::prelude::*;

use crate::role::Permission;
use crate::scope::{Risk, ScopeToken};

/// A row of `scopes`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scopes")]
pub struct Model {
    /// The scope.
    #[sea_orm(primary_key, auto_increment = false)]
    pub token: ScopeToken,
    /// What it lets an app do.
    pub sentence: String,
    /// The resource that it belongs to.
    pub group_name: String,
    /// How much harm it can do.
    pub risk: Risk,
    /// What the granting person must have.
    pub permission: Option<Permission>,
    /// The endpoints that it unlocks, one per line.
    pub endpoints: String,
    /// Its place in lists.
    pub position: i32,
}

impl ActiveModelBehavior for ActiveModel {}
