//! One-time links that set a password: 160 random bits kept hashed, 24 hours, used once, ended by a newer one.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Set,
};
use serde_json::json;

use super::accounts::{active_user, compared_email, end_self_tokens, end_sessions, lock_self_installs, set_password};
use super::audit::{Event, record};
use super::change::ROW_LOCK;
use super::passwords::Busy;
use super::{Actor, By, Password, Store};
use crate::audit::{Action, TargetKind};
use crate::entity::{one_time_link, user};
use crate::id::{LinkId, UserId};
use crate::paths;
use crate::role::StaffRole;
use crate::secret::{OneTimeLink, Plain, Presented};

/// How long a link lives, in seconds.
pub const LINK_SECONDS: i64 = 24 * 3600;

/// Why no link was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateLinkError {
    /// Nobody has this address, or he is suspended.
    #[error("nobody who may sign in has this address")]
    UnknownPerson,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Why a link set no password.
#[derive(Debug, thiserror::Error)]
pub enum UseLinkError {
    /// Unknown, used, ended by a newer one, or too old: one answer.
    #[error("This link is used or too old. Ask for a new one.")]
    Gone,
    /// The pool of password hashes is full.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Store {
    /// Makes a one-time link for the person with this address; its path is shown once. With it the staff role that begins
    /// when it is used: `staff_role`, or what an older link, still good, promised.
    pub async fn create_link(
        &self,
        by: &By,
        email: &str,
        staff_role: Option<StaffRole>,
    ) -> Result<(String, Option<StaffRole>), CreateLinkError> {
        let email = compared_email(email);
        let tx = self.begin().await?;
        let found = user::Entity::find().filter(user::Column::Email.eq(email)).one(&tx).await?;
        let person = match found {
            Some(user) => active_user(&tx, user.id).await?.ok_or(CreateLinkError::UnknownPerson)?,
            None => return Err(CreateLinkError::UnknownPerson),
        };
        let made = self.make_link(&tx, by, &person, staff_role).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Makes a link in a transaction, ends the older ones, and gives its path. A staff role that an older one, still
    /// good, promised goes over to a link that promises none; it is given back.
    pub(crate) async fn make_link(
        &self,
        tx: &impl ConnectionTrait,
        by: &By,
        person: &user::Model,
        staff_role: Option<StaffRole>,
    ) -> Result<(String, Option<StaffRole>), DbErr> {
        // Two links that are made at the same time would not see each other, and both live.
        user::Entity::find_by_id(person.id).lock(ROW_LOCK).one(tx).await?;
        let staff_role = match staff_role {
            None => promised_role(tx, self, person.id).await?,
            some => some,
        };
        end_links(tx, self, person.id).await?;
        let id = LinkId(self.new_id());
        let plain = Plain::<OneTimeLink>::mint(&self.settings().brand, id.uuid(), self.entropy());
        let row = one_time_link::Model {
            id,
            token_hash: plain.hashed().to_row(),
            user_id: person.id,
            staff_role,
            created_at: self.now(),
            expires_at: self.now().plus_seconds(LINK_SECONDS),
            used_at: None,
        };
        one_time_link::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
        let event = Event::new(Action::LinkCreated, TargetKind::User, person.id, person.name.clone())
            .after(json!({ "staff_role": staff_role }));
        record(tx, self, by, event).await?;
        Ok((format!("{}/{}", paths::SET_PASSWORD, plain.reveal()), staff_role))
    }

    /// Whose password the link `token` would set: his address, for the form. Looking changes nothing.
    pub async fn link_person(&self, token: &str) -> Result<Option<String>, DbErr> {
        let Some(link) = self.live_link(self.reader(), token).await? else { return Ok(None) };
        Ok(active_user(self.reader(), link.user_id).await?.map(|user| user.email))
    }

    /// Uses the link: sets the password, gives the promised staff role, ends all sessions and `self` tokens.
    pub async fn use_link(&self, by: &By, token: &str, new: Password) -> Result<UserId, UseLinkError> {
        self.live_link(self.reader(), token).await?.ok_or(UseLinkError::Gone)?;
        let hash = self.password_workers().hash(new, self.entropy()).await?;
        let tx = self.begin().await?;
        let link = self.live_link(&tx, token).await?.ok_or(UseLinkError::Gone)?;
        lock_self_installs(&tx, link.user_id, None).await?;
        let person = active_user(&tx, link.user_id).await?.ok_or(UseLinkError::Gone)?;
        let by = by.as_actor(Actor::User { id: person.id, name: person.name.clone() });
        // The person before his links, as where a newer one ends this: nobody waits for one who waits for him.
        set_password(&tx, person.id, hash, self.now()).await?;
        let used = one_time_link::Entity::update_many()
            .col_expr(one_time_link::Column::UsedAt, Expr::value(self.now()))
            .filter(one_time_link::Column::Id.eq(link.id))
            .filter(one_time_link::Column::UsedAt.is_null())
            .exec(&tx)
            .await?;
        if used.rows_affected == 0 {
            return Err(UseLinkError::Gone);
        }
        end_links(&tx, self, person.id).await?;
        end_sessions(&tx, person.id).await?;
        end_self_tokens(&tx, person.id, self.now()).await?;
        let changed = Event::new(Action::PasswordChanged, TargetKind::User, person.id, person.name.clone());
        record(&tx, self, &by, changed.after(json!({ "by": "one-time link" }))).await?;
        if link.staff_role.is_some() && link.staff_role != person.staff_role {
            self.give_staff_role(&tx, &by, &person, link.staff_role).await?;
        }
        tx.commit().await?;
        Ok(person.id)
    }

    async fn give_staff_role(
        &self,
        tx: &impl ConnectionTrait,
        by: &By,
        person: &user::Model,
        role: Option<StaffRole>,
    ) -> Result<(), DbErr> {
        let change = user::ActiveModel { id: Set(person.id), staff_role: Set(role), ..Default::default() };
        user::Entity::update(change).exec(tx).await?;
        let event = Event::new(Action::StaffRoleChanged, TargetKind::User, person.id, person.name.clone())
            .before(json!({ "staff_role": person.staff_role }))
            .after(json!({ "staff_role": role }));
        record(tx, self, by, event).await
    }

    /// The link behind `token`, if it can be used now.
    async fn live_link(&self, db: &impl ConnectionTrait, token: &str) -> Result<Option<one_time_link::Model>, DbErr> {
        let Ok(presented) = Presented::<OneTimeLink>::parse(&self.settings().brand, token) else { return Ok(None) };
        let found = one_time_link::Entity::find_by_id(LinkId(presented.selector())).one(db).await?;
        Ok(found.filter(|link| {
            let matches = presented.matches(&link.token_hash);
            matches && link.used_at.is_none() && link.expires_at > self.now()
        }))
    }
}

/// The staff role that a link of the person promises which could be used now.
async fn promised_role(tx: &impl ConnectionTrait, store: &Store, user: UserId) -> Result<Option<StaffRole>, DbErr> {
    let link = one_time_link::Entity::find()
        .filter(one_time_link::Column::UserId.eq(user))
        .filter(one_time_link::Column::UsedAt.is_null())
        .filter(one_time_link::Column::ExpiresAt.gt(store.now()))
        .filter(one_time_link::Column::StaffRole.is_not_null())
        .order_by_desc(one_time_link::Column::Id)
        .one(tx)
        .await?;
    Ok(link.and_then(|link| link.staff_role))
}

/// Ends every link of the person.
async fn end_links(tx: &impl ConnectionTrait, store: &Store, user: UserId) -> Result<(), DbErr> {
    one_time_link::Entity::update_many()
        .col_expr(one_time_link::Column::UsedAt, Expr::value(store.now()))
        .filter(one_time_link::Column::UserId.eq(user))
        .filter(one_time_link::Column::UsedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}
