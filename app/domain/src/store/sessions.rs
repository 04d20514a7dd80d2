//! Sessions of people, for the session layer and the account page. The cookie's value is kept hashed (requirement 128).

use std::fmt;
use std::net::IpAddr;

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Set, TryInsertResult,
};
use sha2::{Digest, Sha256};

use super::accounts::active_user;
use super::audit::{Event, record};
use super::cache::Touched;
use super::{By, Store, StoreError};
use crate::audit::{Action, TargetKind};
use crate::entity::{session, user};
use crate::id::{SessionId, UserId};
use crate::portal::SessionRow;
use crate::time::Timestamp;

/// "Last seen" is written at most once in so many seconds.
const SEEN_SECONDS: i64 = 60;
/// The most sessions of one person: one more ends the oldest.
pub const MAX_PER_PERSON: u64 = 50;
/// The most sessions that the account page lists.
const MAX_SESSIONS: u64 = 100;

/// The value of a session's cookie: 128 random bits. It never prints itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionKey([u8; 16]);

impl SessionKey {
    /// The key of the session layer's id.
    pub const fn new(id: i128) -> Self {
        Self(id.to_be_bytes())
    }

    /// What a row keeps.
    pub(crate) fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0).to_vec()
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(…)")
    }
}

/// A session that begins with a sign-in.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Whose.
    pub user: UserId,
    /// What the session layer keeps, as JSON.
    pub data: String,
    /// When the person proved who he is.
    pub authenticated_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The address of the sign-in.
    pub ip: Option<IpAddr>,
    /// The program of the sign-in.
    pub user_agent: Option<String>,
}

/// A session as the session layer loads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// Whose.
    pub user: UserId,
    /// What the session layer keeps, as JSON.
    pub data: String,
    /// When the person proved who he is.
    pub authenticated_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl Store {
    /// Writes a new session; false where the key is taken, which chance forbids. Where the person has too many, the
    /// oldest end. One whose sign-in came before the last change of the person's password or status has ended with the
    /// others: it is not written at all.
    pub async fn create_session(&self, key: &SessionKey, new: NewSession) -> Result<bool, DbErr> {
        let row = session::Model {
            id: SessionId(self.new_id()),
            id_hash: key.hash(),
            user_id: new.user,
            data: new.data,
            authenticated_at: new.authenticated_at,
            created_at: self.now(),
            last_seen_at: self.now(),
            expires_at: new.expires_at,
            ip: new.ip.map(|ip| ip.to_string()),
            user_agent: new.user_agent.map(|agent| agent.chars().take(300).collect()),
        };
        let tx = self.begin().await?;
        // Whoever sets a password waits for this lock and finds the session, or is waited for and seen.
        let person = user::Entity::find_by_id(new.user).lock_shared().one(&tx).await?;
        if person.is_some_and(|person| person.updated_at > new.authenticated_at) {
            return Ok(true);
        }
        let inserted = session::Entity::insert(row.into_active_model())
            .on_conflict_do_nothing_on([session::Column::IdHash])
            .exec_without_returning(&tx)
            .await?;
        let inserted = matches!(inserted, TryInsertResult::Inserted(1..));
        if inserted {
            self.end_oldest(&tx, new.user).await?;
        }
        tx.commit_touching(Touched::NOTHING).await?;
        Ok(inserted)
    }

    async fn end_oldest(&self, tx: &sea_orm::DatabaseTransaction, user: UserId) -> Result<(), DbErr> {
        let beyond = session::Entity::find()
            .filter(session::Column::UserId.eq(user))
            .filter(session::Column::ExpiresAt.gt(self.now()))
            .order_by_desc(session::Column::Id)
            .offset(MAX_PER_PERSON)
            // SQLite has no offset without a limit; what is beyond it ends with the next sign-in.
            .limit(MAX_PER_PERSON)
            .all(tx)
            .await?;
        for one in &beyond {
            self.end(tx, &By::system(), one).await?;
        }
        Ok(())
    }

    /// The session of `key`; none when it ended, or when the person may not sign in any more.
    pub async fn load_session(&self, key: &SessionKey) -> Result<Option<StoredSession>, DbErr> {
        let found = session::Entity::find()
            .filter(session::Column::IdHash.eq(key.hash()))
            .filter(session::Column::ExpiresAt.gt(self.now()))
            .one(self.reader())
            .await?;
        let Some(found) = found else { return Ok(None) };
        if active_user(self.reader(), found.user_id).await?.is_none() {
            return Ok(None);
        }
        if self.now().seconds_since(found.last_seen_at) >= SEEN_SECONDS {
            let seen = session::ActiveModel { id: Set(found.id), last_seen_at: Set(self.now()), ..Default::default() };
            session::Entity::update_many()
                .set(seen)
                .filter(session::Column::Id.eq(found.id))
                .exec(self.beside())
                .await?;
        }
        Ok(Some(StoredSession {
            user: found.user_id,
            data: found.data,
            authenticated_at: found.authenticated_at,
            expires_at: found.expires_at,
        }))
    }

    /// Writes what the session layer keeps. False where the session ended meanwhile: it is not made again.
    pub async fn save_session(&self, key: &SessionKey, data: String, expires_at: Timestamp) -> Result<bool, DbErr> {
        let saved = session::Entity::update_many()
            .col_expr(session::Column::Data, Expr::value(data))
            .col_expr(session::Column::ExpiresAt, Expr::value(expires_at))
            .filter(session::Column::IdHash.eq(key.hash()))
            .filter(session::Column::ExpiresAt.gt(self.now()))
            .exec(self.beside())
            .await?;
        Ok(saved.rows_affected == 1)
    }

    /// Deletes a session without a word: when the session layer gives it another key.
    pub async fn delete_session(&self, key: &SessionKey) -> Result<(), DbErr> {
        session::Entity::delete_many().filter(session::Column::IdHash.eq(key.hash())).exec(self.beside()).await?;
        Ok(())
    }

    /// Signs out: deletes the session and tells the log. A session that is gone already is no error.
    pub async fn sign_out(&self, by: &By, key: &SessionKey) -> Result<(), DbErr> {
        let tx = self.begin().await?;
        let found = session::Entity::find().filter(session::Column::IdHash.eq(key.hash())).one(&tx).await?;
        if let Some(found) = found {
            self.end(&tx, by, &found).await?;
        }
        tx.commit_touching(Touched::NOTHING).await
    }

    /// A person's sessions, the one seen last first.
    pub async fn sessions_of(&self, user: UserId, current: &SessionKey) -> Result<Vec<SessionRow>, DbErr> {
        let rows = session::Entity::find()
            .filter(session::Column::UserId.eq(user))
            .filter(session::Column::ExpiresAt.gt(self.now()))
            .order_by_desc(session::Column::LastSeenAt)
            .order_by_desc(session::Column::Id)
            .limit(MAX_SESSIONS)
            .all(self.reader())
            .await?;
        let current = current.hash();
        let line = |row: session::Model| SessionRow {
            id: row.id,
            current: row.id_hash == current,
            authenticated_at: row.authenticated_at,
            last_seen_at: row.last_seen_at,
            ip: row.ip,
            user_agent: row.user_agent,
        };
        Ok(rows.into_iter().map(line).collect())
    }

    /// Ends one of the person's own sessions.
    pub async fn end_session(&self, by: &By, user: UserId, id: SessionId) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        let found = session::Entity::find_by_id(id).filter(session::Column::UserId.eq(user)).one(&tx).await?;
        self.end(&tx, by, &found.ok_or(StoreError::NotFound)?).await?;
        tx.commit_touching(Touched::NOTHING).await?;
        Ok(())
    }

    async fn end(&self, tx: &sea_orm::DatabaseTransaction, by: &By, found: &session::Model) -> Result<(), DbErr> {
        session::Entity::delete_by_id(found.id).exec(tx).await?;
        let person = user::Entity::find_by_id(found.user_id).one(tx).await?;
        let name = person.map(|user| user.name).unwrap_or_default();
        record(tx, self, by, Event::new(Action::SignedOut, TargetKind::Session, found.id, name)).await
    }
}
