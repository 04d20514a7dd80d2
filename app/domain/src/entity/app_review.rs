//! Submissions of apps, and of changes of live apps, for review. At most one of each kind waits for each app: a newer one
//! takes its place, under an id of its own, so that nobody decides what he has not seen.

use sea_orm::entity::prelude::*;

use crate::id::{AppId, ReviewId, UserId};
use crate::review::{ReviewKind, ReviewStatus};
use crate::time::Timestamp;

/// A row of `app_reviews`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "app_reviews")]
pub struct Model {
    /// The submission.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReviewId,
    /// The app.
    pub app_id: AppId,
    /// What is asked.
    pub kind: ReviewKind,
    /// Where it is.
    pub status: ReviewStatus,
    /// [`crate::review::Snapshot`] as JSON: name, hosts and scopes at that time.
    pub snapshot: String,
    /// [`crate::review::Proposal`] as JSON; none for a launch.
    pub proposal: Option<String>,
    /// Who submitted it; none when the command line did.
    pub submitted_by: Option<UserId>,
    /// When.
    pub submitted_at: Timestamp,
    /// Who decided it.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// What he wrote to the developer.
    pub feedback: Option<String>,
    /// The app.
    #[sea_orm(belongs_to, from = "app_id", to = "id")]
    pub app: BelongsTo<super::app::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
