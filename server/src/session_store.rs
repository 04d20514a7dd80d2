//! The session layer's store over ours. Time and chance are the store's: the layer's own clock and ids are not used.

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::Pin;

use app::session::{AUTHENTICATED_AT, IP, USER, USER_AGENT};
use domain::id::UserId;
use domain::store::Store;
use domain::store::sessions::{NewSession, SessionKey};
use domain::time::Timestamp;
use serde_json::Value;
use tower_sessions::SessionStore;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

/// How long a session lasts without use of its cookie being renewed, in seconds: two weeks.
pub(crate) const SESSION_SECONDS: i64 = 14 * 86_400;
/// How often a taken id is tried again.
const TRIES: usize = 3;

/// Sessions of people in the tables of the store. Anonymous visitors have none.
#[derive(Clone, Debug)]
pub(crate) struct PortalSessions {
    store: Store,
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

impl PortalSessions {
    pub(crate) const fn new(store: Store) -> Self {
        Self { store }
    }

    fn expires_at(&self) -> Timestamp {
        self.store.now().plus_seconds(SESSION_SECONDS)
    }

    /// An id of the store's chance: 128 bits (requirement 128).
    fn fresh_id(&self) -> Id {
        let mut bytes = [0; 16];
        self.store.entropy().fill(&mut bytes);
        Id(i128::from_be_bytes(bytes))
    }

    async fn insert(&self, record: &mut Record) -> Result<()> {
        let new = new_session(&mut record.data, self.expires_at())?;
        for _ in 0..TRIES {
            record.id = self.fresh_id();
            if self.store.create_session(&SessionKey::new(record.id.0), new.clone()).await.map_err(backend)? {
                return Ok(());
            }
        }
        Err(Error::Backend("no free session id".to_owned()))
    }

    async fn find(&self, id: Id) -> Result<Option<Record>> {
        let found = self.store.load_session(&SessionKey::new(id.0)).await.map_err(backend)?;
        let Some(found) = found else { return Ok(None) };
        let data = serde_json::from_str(&found.data).map_err(|error| Error::Decode(error.to_string()))?;
        // The row has judged by the store's clock already; the layer only carries this on.
        let expiry_date = OffsetDateTime::from_unix_timestamp(found.expires_at.unix_seconds())
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id, data, expiry_date }))
    }
}

/// The row of a session that begins: the sign-in put what it needs into `data`.
fn new_session(data: &mut HashMap<String, Value>, expires_at: Timestamp) -> Result<NewSession> {
    let ip = data.remove(IP).and_then(|value| value.as_str()?.parse::<IpAddr>().ok());
    let user_agent = data.remove(USER_AGENT).and_then(|value| value.as_str().map(str::to_owned));
    let user: UserId = read(data, USER)?;
    let authenticated_at: Timestamp = read(data, AUTHENTICATED_AT)?;
    Ok(NewSession { user, data: encode(data)?, authenticated_at, expires_at, ip, user_agent })
}

fn read<T: serde::de::DeserializeOwned>(data: &HashMap<String, Value>, key: &str) -> Result<T> {
    let value = data.get(key).cloned().unwrap_or_default();
    serde_json::from_value(value).map_err(|error| Error::Encode(format!("a session without {key}: {error}")))
}

fn encode(data: &HashMap<String, Value>) -> Result<String> {
    serde_json::to_string(data).map_err(|error| Error::Encode(error.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn backend(error: sea_orm::DbErr) -> Error {
    Error::Backend(error.to_string())
}

// The trait comes from a macro that boxes futures; these are the signatures that it makes.
impl SessionStore for PortalSessions {
    fn create<'a, 'b, 'c>(&'a self, record: &'b mut Record) -> Answer<'c, ()>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        Box::pin(self.insert(record))
    }

    fn save<'a, 'b, 'c>(&'a self, record: &'b Record) -> Answer<'c, ()>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        Box::pin(async move {
            let data = encode(&record.data)?;
            // A session that ended meanwhile stays ended: what was to be kept in it is nobody's.
            self.store.save_session(&SessionKey::new(record.id.0), data, self.expires_at()).await.map_err(backend)?;
            Ok(())
        })
    }

    fn load<'a, 'b, 'c>(&'a self, id: &'b Id) -> Answer<'c, Option<Record>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        Box::pin(self.find(*id))
    }

    fn delete<'a, 'b, 'c>(&'a self, id: &'b Id) -> Answer<'c, ()>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        Box::pin(async move { self.store.delete_session(&SessionKey::new(id.0)).await.map_err(backend) })
    }
}
