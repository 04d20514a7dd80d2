//! The rows that a measurement needs, written past the verbs by many at a time: organizations, installs, codes, tokens.

use std::io::{Error, Result};

use domain::client::{ActorMode, GrantType, InstallStatus};
use domain::entity::{access_token, code, install, membership, organization, refresh_token, user};
use domain::entropy::{Entropy, OsEntropy};
use domain::id::{AccessTokenId, AppId, CodeId, FamilyId, InstallId, OrgId, RefreshTokenId, UserId};
use domain::organization::{InstallPolicy, Status};
use domain::role::Role;
use domain::secret::{AccessToken, AuthorizationCode, Plain, RefreshToken, TokenBrand};
use domain::time::{Clock, SystemClock, Timestamp};
use sea_orm::{
    ActiveModelTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, EntityTrait,
    IntoActiveModel, TransactionTrait,
};
use uuid::Uuid;

use crate::scene::{CALLBACK, CHALLENGE};

/// Rows of one statement: PostgreSQL has 65,535 parameters, SQLite 32,766, and no row has more than 25 columns.
const ROWS: usize = 1_000;
/// Statements of one transaction.
const STATEMENTS: usize = 20;
/// How long a seeded token lives.
const DAY: i64 = 86_400;

/// How much there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Apps of the policy `standard`; the first half is refreshed and read, the second half exchanges codes.
    pub(crate) apps: usize,
    pub(crate) organizations: usize,
    /// Pairs of tokens.
    pub(crate) tokens: usize,
    /// Those of them whose text is known: the hot ones, and those that are read once.
    pub(crate) known: usize,
    /// Codes for one measurement.
    pub(crate) codes: usize,
}

/// A connection that writes many rows fast. What is measured is durable; the seeds need not be.
pub(crate) struct Seeds {
    db: DatabaseConnection,
    brand: TokenBrand,
    now: Timestamp,
    count: u64,
}

/// An install and what belongs to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) app: AppId,
    pub(crate) install: InstallId,
    pub(crate) organization: OrgId,
}

impl Seeds {
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_opts(|sqlite| {
            use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
            sqlite.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Off).foreign_keys(false)
        });
        let db = Database::connect(options).await.map_err(Error::other)?;
        if db.get_database_backend() == DbBackend::Postgres {
            let fast = "SET synchronous_commit = off; SET session_replication_role = replica";
            db.execute_unprepared(fast).await.map_err(Error::other)?;
        }
        Ok(Self { db, brand: TokenBrand::default(), now: SystemClock.now(), count: 0 })
    }

    /// Lets the database look at what it has, and closes the connection.
    pub(crate) async fn close(self) -> Result<()> {
        let tidy = match self.db.get_database_backend() {
            DbBackend::Postgres => ["VACUUM ANALYZE", "CHECKPOINT"],
            _ => ["PRAGMA optimize", "PRAGMA wal_checkpoint(TRUNCATE)"],
        };
        for sql in tidy {
            self.db.execute_unprepared(sql).await.map_err(Error::other)?;
        }
        self.db.close().await.map_err(Error::other)
    }

    /// A person who owns `count` new organizations, the first of which is to own the apps.
    pub(crate) async fn organizations(&mut self, count: usize) -> Result<(UserId, Vec<OrgId>)> {
        let owner = UserId(self.id());
        let person = user::Model {
            id: owner,
            name: "Bench".to_owned(),
            email: "bench@example.com".to_owned(),
            password_hash: None,
            status: Status::Active,
            staff_role: None,
            created_at: self.now,
            updated_at: self.now,
        };
        self.insert(vec![person]).await?;
        let ids: Vec<_> = (0..count).map(|_| OrgId(self.id())).collect();
        let now = self.now;
        let organization = |(number, id): (usize, &OrgId)| organization::Model {
            id: *id,
            slug: format!("bench-{number}"),
            name: format!("Bench {number}"),
            domain: None,
            plan: "free".to_owned(),
            status: Status::Active,
            install_policy: InstallPolicy::Open,
            created_at: now,
            updated_at: now,
        };
        self.insert(ids.iter().enumerate().map(organization).collect()).await?;
        let member =
            |id: &OrgId| membership::Model { organization_id: *id, user_id: owner, role: Role::Owner, created_at: now };
        self.insert(ids.iter().map(member).collect()).await?;
        Ok((owner, ids))
    }

    /// Installs each of `apps` in each of `organizations`.
    pub(crate) async fn installs(&mut self, apps: &[AppId], organizations: &[OrgId], by: UserId) -> Result<Vec<Place>> {
        let mut places = Vec::with_capacity(apps.len() * organizations.len());
        for organization in organizations {
            for app in apps {
                places.push(Place { app: *app, install: InstallId(self.id()), organization: *organization });
            }
        }
        let now = self.now;
        let row = |place: &Place| install::Model {
            id: place.install,
            app_id: place.app,
            organization_id: place.organization,
            actor: ActorMode::App,
            user_id: None,
            scopes: scopes(),
            installed_by: by,
            reason: None,
            test: false,
            status: InstallStatus::Active,
            created_at: now,
            updated_at: now,
            last_used_at: None,
            revoked_at: None,
            revoked_by: None,
            revoked_reason: None,
        };
        self.insert(places.iter().map(row).collect()).await?;
        Ok(places)
    }

    /// Codes, one after the other for each of `places`, as a consent makes them.
    pub(crate) async fn codes(
        &mut self,
        places: &[Place],
        by: UserId,
        audience: &str,
        count: usize,
    ) -> Result<Vec<(AppId, String)>> {
        let (mut rows, mut texts) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for place in places.iter().cycle().take(count) {
            let id = CodeId(self.id());
            let plain = Plain::<AuthorizationCode>::mint(&self.brand, id.uuid(), &OsEntropy);
            rows.push(code::Model {
                id,
                code_hash: plain.hashed().to_row(),
                app_id: place.app,
                install_id: place.install,
                organization_id: place.organization,
                actor: ActorMode::App,
                user_id: by,
                redirect_uri: Some(CALLBACK.to_owned()),
                code_challenge: Some(CHALLENGE.to_owned()),
                nonce: None,
                authenticated_at: None,
                scopes: scopes(),
                audience: audience.to_owned(),
                family_id: FamilyId(self.id()),
                created_at: self.now,
                // Longer than any code that is issued: a pass takes its time.
                expires_at: self.now.plus_seconds(DAY),
                used_at: None,
                access_token_id: None,
                revoked_at: None,
            });
            texts.push((place.app, plain.reveal()));
        }
        self.insert(rows).await?;
        Ok(texts)
    }

    /// Pairs, one after the other for each of `places`; gives back the texts of the first `known`, access token first.
    pub(crate) async fn pairs(
        &mut self,
        places: &[Place],
        audience: &str,
        count: usize,
        known: usize,
    ) -> Result<Vec<(AppId, String, String)>> {
        let (mut accesses, mut refreshes, mut texts) = (Vec::new(), Vec::new(), Vec::with_capacity(known));
        for (number, place) in places.iter().cycle().take(count).enumerate() {
            let (access, refresh) = self.pair(place, audience, (number < known).then_some(&mut texts));
            accesses.push(access);
            refreshes.push(refresh);
            // In parts: a million rows need not be in memory.
            if accesses.len() == ROWS * STATEMENTS || number + 1 == count {
                self.insert(std::mem::take(&mut accesses)).await?;
                self.insert(std::mem::take(&mut refreshes)).await?;
            }
        }
        Ok(texts)
    }

    fn pair(
        &mut self,
        place: &Place,
        audience: &str,
        texts: Option<&mut Vec<(AppId, String, String)>>,
    ) -> (access_token::Model, refresh_token::Model) {
        let (access_id, refresh_id, family) =
            (AccessTokenId(self.id()), RefreshTokenId(self.id()), FamilyId(self.id()));
        let access = Plain::<AccessToken>::mint(&self.brand, access_id.uuid(), &OsEntropy);
        let refresh = Plain::<RefreshToken>::mint(&self.brand, refresh_id.uuid(), &OsEntropy);
        let expires_at = Some(self.now.plus_seconds(DAY));
        let access_row = access_token::Model {
            id: access_id,
            token_hash: access.hashed().to_row(),
            hint: access.hint(),
            app_id: place.app,
            install_id: place.install,
            organization_id: place.organization,
            grant_type: GrantType::AuthorizationCode,
            jwt: false,
            actor: ActorMode::App,
            user_id: None,
            family_id: family,
            scopes: scopes(),
            audience: audience.to_owned(),
            created_at: self.now,
            expires_at,
            revoked_at: None,
            last_used_at: None,
            request_id: None,
            told: None,
        };
        let refresh_row = refresh_token::Model {
            id: refresh_id,
            token_hash: refresh.hashed().to_row(),
            hint: refresh.hint(),
            app_id: place.app,
            install_id: place.install,
            organization_id: place.organization,
            actor: ActorMode::App,
            user_id: None,
            family_id: family,
            scopes: scopes(),
            audience: audience.to_owned(),
            access_token_id: access_id,
            created_at: self.now,
            family_created_at: self.now,
            expires_at,
            used_at: None,
            successor_id: None,
            sealed_answer: None,
            revoked_at: None,
        };
        if let Some(texts) = texts {
            texts.push((place.app, access.reveal(), refresh.reveal()));
        }
        (access_row, refresh_row)
    }

    async fn insert<M>(&self, rows: Vec<M>) -> Result<()>
    where
        M: IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel> + sea_orm::ModelTrait,
        <M::Entity as EntityTrait>::ActiveModel: ActiveModelTrait<Entity = M::Entity> + Send,
    {
        let mut rows = rows.into_iter().map(M::into_active_model).peekable();
        while rows.peek().is_some() {
            let tx = self.db.begin().await.map_err(Error::other)?;
            for _ in 0..STATEMENTS {
                let part: Vec<_> = rows.by_ref().take(ROWS).collect();
                if !part.is_empty() {
                    let inserted: std::result::Result<_, DbErr> =
                        M::Entity::insert_many(part).exec_without_returning(&tx).await;
                    inserted.map_err(Error::other)?;
                }
            }
            tx.commit().await.map_err(Error::other)?;
        }
        Ok(())
    }

    /// An id in order, as the server makes them (RFC 9562, version 7).
    fn id(&mut self) -> Uuid {
        self.count += 1;
        let mut random = [0; 10];
        OsEntropy.fill(&mut random);
        let millis = u64::try_from(self.now.0).unwrap_or_default();
        // Sixteen to a millisecond, in the years before this one.
        let past = millis.saturating_sub(100_000_000_000) + self.count / 16;
        uuid::Builder::from_unix_timestamp_millis(past, &random).into_uuid()
    }
}

fn scopes() -> domain::scope::ScopeSet {
    "read".parse().unwrap_or_default()
}
