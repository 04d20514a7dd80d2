//! Staff of the instance, whom the command line adds.

use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde_json::json;

use super::accounts::{MAX_NAME_CHARS, end_self_tokens, end_sessions, insert_user, lock_self_installs, normal_email};
use super::audit::{Event, record};
use super::{By, Store};
use crate::audit::{Action, TargetKind};
use crate::entity::user;
use crate::organization::Status;
use crate::role::StaffRole;
use crate::time::Timestamp;

/// A person to whom a staff role was promised, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedStaff {
    /// The path of the one-time link; the role begins when it is used.
    pub link_path: String,
    /// When an account that existed was made.
    pub existed_since: Option<Timestamp>,
}

/// Why no staff was added.
#[derive(Debug, thiserror::Error)]
pub enum AddStaffError {
    /// Not an e-mail address.
    #[error("not an e-mail address")]
    InvalidEmail,
    /// There is an account, and it was not said that it may be used.
    #[error("there is an account with this address; say --existing to use it")]
    Exists {
        /// When it was made.
        since: Timestamp,
    },
    /// There is no account, and it was said that there is one.
    #[error("there is no account with this address")]
    Nobody,
    /// The account with this address is suspended: its link could not be used.
    #[error("the account with this address is suspended")]
    Suspended,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Store {
    /// Promises a staff role by a one-time link. With `existing` an account that exists is taken: its password and
    /// sessions end now, because whoever made it need not be the one who gets the link.
    pub async fn add_staff(
        &self,
        by: &By,
        email: &str,
        role: StaffRole,
        existing: bool,
    ) -> Result<AddedStaff, AddStaffError> {
        let email = normal_email(email).ok_or(AddStaffError::InvalidEmail)?;
        let tx = self.begin().await?;
        let found = user::Entity::find().filter(user::Column::Email.eq(email.as_str())).one(&tx).await?;
        let existed_since = found.as_ref().map(|user| user.created_at);
        let person = match found {
            Some(user) if user.status == Status::Suspended => return Err(AddStaffError::Suspended),
            Some(user) if !existing => return Err(AddStaffError::Exists { since: user.created_at }),
            Some(user) => {
                lock_self_installs(&tx, user.id, None).await?;
                let change = user::ActiveModel {
                    id: Set(user.id),
                    password_hash: Set(None),
                    updated_at: Set(self.now()),
                    ..Default::default()
                };
                user::Entity::update(change).exec(&tx).await?;
                end_sessions(&tx, user.id).await?;
                end_self_tokens(&tx, user.id, self.now()).await?;
                let event = Event::new(Action::PasswordChanged, TargetKind::User, user.id, user.name.clone());
                record(&tx, self, by, event.after(json!({ "password": "none" }))).await?;
                user
            }
            None if existing => return Err(AddStaffError::Nobody),
            None => {
                let name = email.split('@').next().unwrap_or_default().chars().take(MAX_NAME_CHARS).collect();
                let user = self.new_user(name, email, None);
                let event = Event::new(Action::UserCreated, TargetKind::User, user.id, user.name.clone());
                if !insert_user(&tx, user.clone()).await? {
                    // Somebody made the account a moment ago.
                    return Err(AddStaffError::Exists { since: self.now() });
                }
                record(&tx, self, by, event).await?;
                user
            }
        };
        let (link_path, _) = self.make_link(&tx, by, &person, Some(role)).await?;
        tx.commit().await?;
        Ok(AddedStaff { link_path, existed_since })
    }
}
