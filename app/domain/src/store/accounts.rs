//! People: sign-up, sign-in, passwords.

use std::fmt;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait as _, TryInsertResult,
};
use serde_json::json;

use super::audit::{Event, record};
use super::cache::Touched;
use super::change::{ROW_LOCK, end};
use super::passwords::{Busy, Verdict};
use super::sessions::SessionKey;
use super::{Actor, By, Password, Store, views};
use crate::audit::{Action, TargetKind};
use crate::client::{ActorMode, InstallStatus};
use crate::entity::{access_token, code, install, membership, organization, refresh_token, session, user};
use crate::id::{OrgId, UserId};
use crate::oauth::gate::Visitor;
use crate::organization::Status;
use crate::portal::{Me, Membership};
use crate::time::Timestamp;
use crate::typed::{collapsed, deceives, is_email};

/// The longest name of a person or an organization, in characters.
pub const MAX_NAME_CHARS: usize = 80;
/// The most organizations that the switcher and the picker offer.
const MAX_MEMBERSHIPS: u64 = 200;

/// What the sign-up form sends.
#[derive(Clone)]
pub struct NewPerson {
    /// The name that others see.
    pub name: String,
    /// The name to sign in with.
    pub email: String,
    /// The password, already judged by [`Password::new`].
    pub password: Password,
}

impl fmt::Debug for NewPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewPerson").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why nobody was signed up.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    /// No name, one that is too long, or one that [`deceives`].
    #[error("Enter a name: letters, digits and signs that can be seen, at most 80 of them.")]
    InvalidName,
    /// Not an e-mail address.
    #[error("Enter an e-mail address.")]
    InvalidEmail,
    /// Somebody has it.
    #[error("There is an account with this e-mail address.")]
    EmailTaken,
    /// The pool of password hashes is full.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Unknown address, wrong password, no password yet, suspended: one answer (requirement 126).
    #[error("The e-mail address or the password is wrong.")]
    Refused,
    /// The pool of password hashes is full.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The current password is another, or the person may not sign in any more.
    #[error("The current password is wrong.")]
    WrongPassword,
    /// The session that asks ended meanwhile.
    #[error("This session has ended.")]
    SessionEnded,
    /// The pool of password hashes is full.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// The name as it is kept: as it is seen, one line, neither empty nor too long.
pub fn normal_name(text: &str) -> Option<String> {
    let text = text.trim();
    let name = collapsed(text);
    let fits = (1..=MAX_NAME_CHARS).contains(&name.chars().count());
    (fits && !text.contains(char::is_control) && !deceives(text)).then_some(name)
}

/// The e-mail address as it is kept: as it is compared, and one that a mail can be sent to.
pub fn normal_email(text: &str) -> Option<String> {
    Some(compared_email(text)).filter(|email| is_email(email))
}

/// The e-mail address as it is compared, whatever rules it was kept under: trimmed and lower-cased.
pub(super) fn compared_email(text: &str) -> String {
    text.trim().to_lowercase()
}

impl Store {
    /// Makes an account. The work is the same whether or not the address is taken.
    pub async fn sign_up(&self, by: &By, new: NewPerson) -> Result<UserId, SignUpError> {
        let name = normal_name(&new.name).ok_or(SignUpError::InvalidName)?;
        let email = normal_email(&new.email).ok_or(SignUpError::InvalidEmail)?;
        let hash = self.password_workers().hash(new.password, self.entropy()).await?;
        let tx = self.begin().await?;
        let row = self.new_user(name, email, Some(hash));
        let (id, name) = (row.id, row.name.clone());
        if !insert_user(&tx, row).await? {
            return Err(SignUpError::EmailTaken);
        }
        let by = by.as_actor(Actor::User { id, name: name.clone() });
        record(&tx, self, &by, Event::new(Action::UserCreated, TargetKind::User, id, name)).await?;
        tx.commit_touching(Touched::NOTHING).await?;
        Ok(id)
    }

    /// Checks a password. An unknown address, a wrong password, an account without one and a suspended person cost the
    /// same work and give the same answer (requirement 126); limits on failures are the caller's (requirement 124). Tells
    /// who it is, and when he began to prove it.
    pub async fn sign_in(&self, by: &By, email: &str, password: Password) -> Result<Visitor, SignInError> {
        let began = self.now();
        let email = compared_email(email);
        let found = user::Entity::find().filter(user::Column::Email.eq(email)).one(self.reader()).await?;
        let kept = found.as_ref().and_then(|user| user.password_hash.clone());
        let verdict = self.password_workers().verify(password.clone(), kept).await?;
        let new_hash = match verdict {
            Verdict::RightButOld => Some(self.password_workers().hash(password, self.entropy()).await?),
            Verdict::Right | Verdict::Wrong => None,
        };
        let tx = self.begin().await?;
        // What was true before the hash was computed may have ended since.
        let now_so = match &found {
            Some(before) if verdict != Verdict::Wrong => with_verified_password(&tx, before).await?,
            _ => None,
        };
        let Some(person) = now_so else {
            record(&tx, self, by, sign_in_failed(found.as_ref())).await?;
            tx.commit_touching(Touched::NOTHING).await?;
            return Err(SignInError::Refused);
        };
        if let Some(hash) = new_hash {
            set_password(&tx, person.id, hash, person.updated_at).await?;
        }
        let by = by.as_actor(Actor::User { id: person.id, name: person.name.clone() });
        record(&tx, self, &by, Event::new(Action::SignedIn, TargetKind::User, person.id, person.name)).await?;
        tx.commit_touching(Touched::NOTHING).await?;
        // Another machine's clock may have set the password a moment from now: it was verified all the same.
        Ok(Visitor { user: person.id, authenticated_at: began.max(person.updated_at) })
    }

    /// The person with his active organizations; none when he may not sign in any more. `current` becomes the current
    /// organization where he belongs to it, else the one in which he may do most, the first of these by name.
    pub async fn me(&self, id: UserId, current: Option<OrgId>) -> Result<Option<Me>, DbErr> {
        let Some(person) = active_user(self.reader(), id).await? else { return Ok(None) };
        let memberships = self.memberships_of(id).await?;
        let chosen = memberships.iter().find(|one| Some(one.organization.id) == current);
        let current = chosen.or(memberships.iter().min_by_key(|one| one.role)).cloned();
        Ok(Some(Me {
            user: person.id,
            name: person.name,
            email: person.email,
            staff_role: person.staff_role,
            memberships,
            current,
        }))
    }

    /// The active organizations of a person, by name.
    pub(crate) async fn memberships_of(&self, user: UserId) -> Result<Vec<Membership>, DbErr> {
        let rows = membership::Entity::find()
            .find_also_related(organization::Entity)
            .filter(membership::Column::UserId.eq(user))
            .filter(organization::Column::Status.eq(Status::Active))
            .order_by_asc(organization::Column::Name)
            .order_by_asc(organization::Column::Id)
            .limit(MAX_MEMBERSHIPS)
            .all(self.reader())
            .await?;
        let line = |(row, organization): (membership::Model, Option<organization::Model>)| {
            Some(Membership { organization: views::organization_name(&organization?), role: row.role })
        };
        Ok(rows.into_iter().filter_map(line).collect())
    }

    /// Changes a password, and tells when; it ends the person's sessions and his `self` codes and tokens. Where a `session`
    /// asks, it has to be there still; a new one may begin for it at that moment (requirement 109).
    pub async fn change_password(
        &self,
        by: &By,
        id: UserId,
        current: Password,
        new: Password,
        session: Option<&SessionKey>,
    ) -> Result<Timestamp, ChangePasswordError> {
        let before = active_user(self.reader(), id).await?.ok_or(ChangePasswordError::WrongPassword)?;
        let verdict = self.password_workers().verify(current, before.password_hash.clone()).await?;
        if verdict == Verdict::Wrong {
            let event = Event::new(Action::PasswordChanged, TargetKind::User, id, before.name).refused();
            let tx = self.begin().await?;
            record(&tx, self, by, event).await?;
            tx.commit().await?;
            return Err(ChangePasswordError::WrongPassword);
        }
        let hash = self.password_workers().hash(new, self.entropy()).await?;
        let tx = self.begin().await?;
        lock_self_installs(&tx, id, None).await?;
        with_verified_password(&tx, &before).await?.ok_or(ChangePasswordError::WrongPassword)?;
        if let Some(session) = session {
            let its = session::Entity::find().filter(session::Column::IdHash.eq(session.hash()));
            let held = its.filter(session::Column::UserId.eq(id)).one(&tx).await?;
            held.ok_or(ChangePasswordError::SessionEnded)?;
        }
        let now = self.now();
        set_password(&tx, id, hash, now).await?;
        end_sessions(&tx, id).await?;
        end_self_tokens(&tx, id, now).await?;
        record(&tx, self, by, Event::new(Action::PasswordChanged, TargetKind::User, id, before.name)).await?;
        tx.commit().await?;
        Ok(now)
    }

    /// Suspends or reactivates a person. A suspended one loses sessions and `self` tokens at once.
    pub async fn set_user_status(&self, by: &By, id: UserId, status: Status) -> Result<(), super::StoreError> {
        let tx = self.begin().await?;
        if status == Status::Suspended {
            lock_self_installs(&tx, id, None).await?;
        }
        let person = user::Entity::find_by_id(id).one(&tx).await?.ok_or(super::StoreError::NotFound)?;
        let event = Event::new(Action::UserUpdated, TargetKind::User, id, person.name.clone())
            .before(json!({ "status": person.status }))
            .after(json!({ "status": status }));
        let mut change = person.into_active_model();
        change.status = Set(status);
        change.updated_at = Set(self.now());
        user::Entity::update(change).exec(&tx).await?;
        if status == Status::Suspended {
            end_sessions(&tx, id).await?;
            end_self_tokens(&tx, id, self.now()).await?;
        }
        record(&tx, self, by, event).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The row of a new account.
    pub(crate) fn new_user(&self, name: String, email: String, password_hash: Option<String>) -> user::Model {
        user::Model {
            id: UserId(self.new_id()),
            name,
            email,
            password_hash,
            status: Status::Active,
            staff_role: None,
            created_at: self.now(),
            updated_at: self.now(),
        }
    }
}

fn sign_in_failed(found: Option<&user::Model>) -> Event {
    // What was typed is not kept where nobody has it: it may be a password in the wrong field.
    match found {
        Some(user) => Event::new(Action::SignInFailed, TargetKind::User, user.id, user.name.clone()),
        None => Event::new(Action::SignInFailed, TargetKind::User, "", "an unknown address"),
    }
    .refused()
}

/// Writes a new account; false where the address is taken.
pub(crate) async fn insert_user(tx: &impl ConnectionTrait, row: user::Model) -> Result<bool, DbErr> {
    let inserted = user::Entity::insert(row.into_active_model())
        .on_conflict_do_nothing_on([user::Column::Email])
        .exec_without_returning(tx)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1..)))
}

/// The person, if he may sign in.
pub(crate) async fn active_user(db: &impl ConnectionTrait, id: UserId) -> Result<Option<user::Model>, DbErr> {
    user::Entity::find_by_id(id).filter(user::Column::Status.eq(Status::Active)).one(db).await
}

/// The person of `before`, if he may sign in and his password is the one that was verified. His row is locked: a
/// password that somebody is setting is waited for.
async fn with_verified_password(tx: &impl ConnectionTrait, before: &user::Model) -> Result<Option<user::Model>, DbErr> {
    user::Entity::find_by_id(before.id)
        .filter(user::Column::Status.eq(Status::Active))
        .filter(user::Column::PasswordHash.eq(before.password_hash.clone()))
        .lock(ROW_LOCK)
        .one(tx)
        .await
}

/// Writes a password hash.
pub(crate) async fn set_password(
    tx: &impl ConnectionTrait,
    id: UserId,
    hash: String,
    updated_at: Timestamp,
) -> Result<(), DbErr> {
    let change = user::ActiveModel {
        id: Set(id),
        password_hash: Set(Some(hash)),
        updated_at: Set(updated_at),
        ..Default::default()
    };
    user::Entity::update(change).exec(tx).await?;
    Ok(())
}

/// Ends the person's sessions, apart from `keep`.
pub(crate) async fn end_sessions(tx: &impl ConnectionTrait, id: UserId) -> Result<(), DbErr> {
    session::Entity::delete_many().filter(session::Column::UserId.eq(id)).exec(tx).await.map(drop)
}

/// Locks the installs that act as the person in `organization`, whose row is locked; without one, everywhere. They come
/// before his row and before their tokens, as in every change of these: so that none is issued meanwhile and nobody
/// waits for one who waits for him.
pub(crate) async fn lock_self_installs(
    tx: &impl ConnectionTrait,
    id: UserId,
    organization: Option<OrgId>,
) -> Result<(), DbErr> {
    let mut held = install::Entity::find()
        .filter(install::Column::UserId.eq(id))
        .filter(install::Column::Status.ne(InstallStatus::Revoked));
    if let Some(organization) = organization {
        held = held.filter(install::Column::OrganizationId.eq(organization));
    } else {
        // A consent has the person before the install, but the organization before both.
        let places = held.clone().select_only().column(install::Column::OrganizationId).into_query();
        organization::Entity::find()
            .filter(organization::Column::Id.in_subquery(places))
            .order_by_asc(organization::Column::Id)
            .lock_shared()
            .all(tx)
            .await?;
    }
    held.order_by_asc(install::Column::Id).lock(ROW_LOCK).all(tx).await?;
    Ok(())
}

/// Ends codes and tokens that act as the person, whose installs [`lock_self_installs`] has locked.
pub(crate) async fn end_self_tokens(tx: &impl ConnectionTrait, id: UserId, now: Timestamp) -> Result<(), DbErr> {
    end_self_tokens_in(tx, id, None, now).await
}

/// The same in `organization` alone; without one, everywhere.
pub(crate) async fn end_self_tokens_in(
    tx: &impl ConnectionTrait,
    id: UserId,
    organization: Option<OrgId>,
    now: Timestamp,
) -> Result<(), DbErr> {
    let mut codes = code::Entity::update_many()
        .col_expr(code::Column::RevokedAt, Expr::value(now))
        .filter(code::Column::UserId.eq(id))
        .filter(code::Column::Actor.eq(ActorMode::Myself))
        .filter(code::Column::RevokedAt.is_null());
    let mut access = end::access_tokens(access_token::Column::UserId.eq(id), now);
    let mut refresh = end::refresh_tokens(refresh_token::Column::UserId.eq(id), now);
    if let Some(organization) = organization {
        codes = codes.filter(code::Column::OrganizationId.eq(organization));
        access = access.filter(access_token::Column::OrganizationId.eq(organization));
        refresh = refresh.filter(refresh_token::Column::OrganizationId.eq(organization));
    }
    codes.exec(tx).await?;
    access.exec(tx).await?;
    refresh.exec(tx).await?;
    Ok(())
}
