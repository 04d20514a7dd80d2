//! The client that a program claims to be, and the secret that it claims with, in one statement.

use std::sync::Arc;

use sea_orm::sea_query::{Expr, ExprTrait, JoinType, SelectStatement};
use sea_orm::{DbErr, EntityTrait, FromQueryResult, QueryResult};
use uuid::Uuid;

use super::statement::{columns_but, together};
use super::{Cache, Ticket};
use crate::client::{AuthMethod, Client, ClientId, SecretStatus};
use crate::entity::{app, app_scope, client_secret, organization, redirect_uri};
use crate::id::{AppId, SecretId};
use crate::oauth::client_auth::Claim;
use crate::organization::Status;
use crate::redirect_uri::RedirectUri;
use crate::scope::ScopeSet;
use crate::secret::{ClientSecret, Presented};
use crate::store::lookup::{Key, Part, asked, asked_column};
use crate::store::{Store, views};
use crate::time::Timestamp;

/// The app of a client, as statements call it.
pub(crate) const APP: &str = "apps";
/// The organization that owns it.
pub(crate) const OWNER: &str = "owner";
const SECRET: &str = "client_secrets";

/// The client that a claim names, and the row of the secret that it brings.
#[derive(Clone)]
pub struct Claimant {
    /// The client, in whatever state it is.
    pub client: Arc<Client>,
    pub(crate) secret: Option<Arc<StoredSecret>>,
}

/// What a client secret is checked by.
#[derive(Clone, Debug)]
pub(crate) struct StoredSecret {
    pub(crate) id: SecretId,
    app: AppId,
    /// The app's, when this was read.
    revision: i64,
    hash: Vec<u8>,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

/// A client or a secret, when its loading began.
pub(super) type KeptClient = (Ticket, Arc<Client>);
pub(super) type KeptSecret = (Ticket, Arc<StoredSecret>);

impl Cache {
    fn client(&self, id: &ClientId) -> Option<Arc<Client>> {
        let (loaded, client) = self.clients.get(id)?;
        self.holds(loaded, &rests_on(&client)).then_some(client)
    }

    fn secret(&self, id: SecretId) -> Option<Arc<StoredSecret>> {
        let (loaded, secret) = self.secrets.get(&id)?;
        self.holds(loaded, &[secret.app.uuid()]).then_some(secret)
    }

    /// One value for all tokens of a client: the one that is kept, if it is as true as `fresh`, which was loaded at
    /// `ticket`.
    pub(super) fn one_client(&self, ticket: Ticket, fresh: Arc<Client>) -> Arc<Client> {
        match self.of_tokens.get(&fresh.app) {
            Some((loaded, client)) if self.holds(loaded, &rests_on(&client)) => client,
            _ => {
                self.of_tokens.put(fresh.app, (ticket, fresh.clone()));
                fresh
            }
        }
    }
}

fn rests_on(client: &Client) -> [Uuid; 2] {
    [client.app.uuid(), client.owner.uuid()]
}

impl Store {
    /// The client that `claim` names and the secret that it brings; none where no client has that id.
    pub async fn claimant(&self, claim: &Claim) -> Result<Option<Claimant>, DbErr> {
        let secret = self.claimed_secret(claim);
        if self.cache().ticket().is_none() {
            let secret = secret.unwrap_or(SecretId(Uuid::nil()));
            return Box::pin(self.identify(claim.client_id(), secret)).await;
        }
        let Some(client) = self.shared_client(claim.client_id()).await? else { return Ok(None) };
        let Some(id) = secret else { return Ok(Some(Claimant { client, secret: None })) };
        let secret = self.known_secret(id).await?;
        if secret.as_ref().is_some_and(|secret| secret.app == client.app && secret.revision != client.revision) {
            // One of them was kept until a change that the other has seen.
            return Box::pin(self.load_claimant(claim.client_id(), id)).await;
        }
        Ok(Some(Claimant { client, secret }))
    }

    /// Whether `presented` is the secret of `claimant`, and accepted now; notes its use. A public client has none
    /// (requirement 55).
    pub fn proves(&self, claimant: &Claimant, presented: &str) -> bool {
        let holds = self.accepts(claimant, presented);
        if holds {
            self.note_use(claimant);
        }
        holds
    }

    /// The same without a note, for a claimant who is recalled: whether his secret still is one is not known yet.
    pub fn accepts(&self, claimant: &Claimant, presented: &str) -> bool {
        let Some(presented) = self.presented_secret(presented) else { return false };
        let Some(row) = &claimant.secret else { return false };
        accepted(row, &claimant.client, &presented, self.now())
    }

    /// Notes that the secret of `claimant` was used.
    pub fn note_use(&self, claimant: &Claimant) {
        if let Some(secret) = &claimant.secret {
            self.note_secret(secret.id);
        }
    }

    /// The secret that `claim` brings, if it has the form of one.
    pub(super) fn claimed_secret(&self, claim: &Claim) -> Option<SecretId> {
        let Claim::Secret { secret, .. } = claim else { return None };
        Some(SecretId(self.presented_secret(secret.expose())?.selector()))
    }

    /// What [`find_without_uris`] asks for.
    pub(in crate::store) fn claimant_key(&self, claim: &Claim) -> Key {
        let secret = self.claimed_secret(claim).map_or(Uuid::nil(), SecretId::uuid);
        vec![Part::Text(claim.client_id().to_string()), Part::Id(secret)]
    }

    fn presented_secret(&self, text: &str) -> Option<Presented<ClientSecret>> {
        Presented::parse(&self.settings().brand, text).ok()
    }

    /// The client named `client_id`, in whatever state it is.
    pub async fn shared_client(&self, client_id: &ClientId) -> Result<Option<Arc<Client>>, DbErr> {
        let cache = self.cache();
        let ticket = cache.ticket();
        if let Some(client) = ticket.and_then(|_| cache.client(client_id)) {
            return Ok(Some(client));
        }
        let found = Box::pin(self.load_claimant(client_id, SecretId(Uuid::nil()))).await?;
        let Some(Claimant { client, .. }) = found else { return Ok(None) };
        if let Some(ticket) = ticket {
            cache.clients.put(client_id.clone(), (ticket, client.clone()));
        }
        Ok(Some(client))
    }

    pub(crate) async fn known_secret(&self, id: SecretId) -> Result<Option<Arc<StoredSecret>>, DbErr> {
        let cache = self.cache();
        let ticket = cache.ticket();
        if let Some(secret) = ticket.and_then(|_| cache.secret(id)) {
            return Ok(Some(secret));
        }
        let with_app = client_secret::Entity::find_by_id(id).find_also_related(app::Entity);
        let found = Box::pin(with_app.one(self.reader())).await?;
        let found = found.and_then(|(row, app)| {
            let client_secret::Model { id, app_id, secret_hash, expires_at, revoked_at, .. } = row;
            let revision = app?.revision;
            Some(Arc::new(StoredSecret { id, app: app_id, revision, hash: secret_hash, expires_at, revoked_at }))
        });
        if let (Some(ticket), Some(secret)) = (ticket, &found) {
            cache.secrets.put(id, (ticket, secret.clone()));
        }
        Ok(found)
    }

    async fn identify(&self, client_id: &ClientId, secret: SecretId) -> Result<Option<Claimant>, DbErr> {
        let key = vec![Part::Text(client_id.to_string()), Part::Id(secret.uuid())];
        match self.look_up(&self.cache().lookups.identity, key).await? {
            Some(found) => self.revised_claimant(client_id, secret, &found).await,
            None => Ok(None),
        }
    }

    /// The client and secret of a row with [`identity`]. Of a client that is known at its revision nothing else was read.
    async fn revised_claimant(
        &self,
        client_id: &ClientId,
        secret: SecretId,
        found: &QueryResult,
    ) -> Result<Option<Claimant>, DbErr> {
        let (app, revision): (AppId, i64) = (found.try_get("", "app")?, found.try_get("", "revision")?);
        let known = self.cache().revised.get(&app);
        let Some(client) = known.filter(|known| known.revision == revision) else {
            return Box::pin(self.load_claimant(client_id, secret)).await;
        };
        let owner: Status = found.try_get("", "owner_status")?;
        let owner_active = owner == Status::Active;
        let client = if client.owner_active == owner_active {
            client
        } else {
            Arc::new(Client { owner_active, ..Client::clone(&client) })
        };
        let secret = read_secret(found, &client)?.map(Arc::new);
        Ok(Some(Claimant { client, secret }))
    }

    async fn load_claimant(&self, client_id: &ClientId, secret: SecretId) -> Result<Option<Claimant>, DbErr> {
        let key = vec![Part::Text(client_id.to_string()), Part::Id(secret.uuid())];
        let row = self.look_up(&self.cache().lookups.claimant, key).await?;
        let Some(row) = row else { return Ok(None) };
        let uris: Option<String> = row.try_get("", "redirect_uris")?;
        let mut client = read_client(self, &row)?;
        // What was registered under rules that have grown stricter since is not honoured any more.
        let uris = uris.as_deref().unwrap_or_default().split_ascii_whitespace();
        client.redirect_uris = uris.filter_map(|uri| RedirectUri::register(uri).ok()).collect();
        let client = Arc::new(client);
        self.cache().revised.put(client.app, client.clone());
        let secret = read_secret(&row, &client)?;
        Ok(Some(Claimant { client, secret: secret.map(Arc::new) }))
    }
}

/// Whether `presented` is the secret of `row`, a live one of `client`.
pub(crate) fn accepted(
    row: &StoredSecret,
    client: &Client,
    presented: &Presented<ClientSecret>,
    now: Timestamp,
) -> bool {
    let live = matches!(
        views::secret_status(row.revoked_at, row.expires_at, now),
        SecretStatus::Active | SecretStatus::Retiring
    );
    presented.matches(&row.hash) && live && row.app == client.app && client.auth_method != AuthMethod::None
}

/// Adds what [`read_client`] reads of an app and its owner.
pub(crate) fn client_columns(select: &mut SelectStatement, app: &'static str, owner: &'static str) {
    let unread = [
        (app::Column::Description, "".into()),
        (app::Column::Logo, None::<String>.into()),
        (app::Column::Homepage, None::<String>.into()),
        (app::Column::SupportEmail, None::<String>.into()),
        (app::Column::CreatedBy, None::<Uuid>.into()),
        (app::Column::CreatedAt, 0i64.into()),
        (app::Column::UpdatedAt, 0i64.into()),
    ];
    columns_but::<app::Entity>(select, app, "app_", &unread);
    let scopes = |required: bool| {
        let of_app = Expr::col((app_scope::Entity, app_scope::Column::AppId)).equals((app, app::Column::Id));
        let condition = of_app.and(Expr::col((app_scope::Entity, app_scope::Column::Required)).eq(required));
        together(app_scope::Entity, app_scope::Column::Scope, condition)
    };
    select
        .expr_as(Expr::col((owner, organization::Column::Status)), "owner_status")
        .expr_as(scopes(true), "required_scopes")
        .expr_as(scopes(false), "optional_scopes");
}

/// The client of a row with [`client_columns`], without redirect URIs.
pub(crate) fn read_client(store: &Store, found: &QueryResult) -> Result<Client, DbErr> {
    let row = app::Model::from_query_result(found, "app_")?;
    let owner: Status = found.try_get("", "owner_status")?;
    let scopes = |name: &str| -> Result<ScopeSet, DbErr> {
        let text: Option<String> = found.try_get("", name)?;
        let tokens = text.as_deref().unwrap_or_default().split(' ').filter(|token| !token.is_empty());
        tokens.map(|token| token.parse().map_err(|error| DbErr::Type(format!("{error}")))).collect()
    };
    let mut client = store.as_client(row, owner == Status::Active, Vec::new(), Vec::new());
    client.required_scopes = scopes("required_scopes")?;
    client.optional_scopes = scopes("optional_scopes")?;
    Ok(client)
}

/// The secret of `client` in a row with [`secret_columns`].
fn read_secret(found: &QueryResult, client: &Client) -> Result<Option<StoredSecret>, DbErr> {
    let Some(id) = found.try_get("", "secret")? else { return Ok(None) };
    Ok(Some(StoredSecret {
        id,
        app: client.app,
        revision: client.revision,
        hash: found.try_get("", "secret_hash")?,
        expires_at: found.try_get("", "secret_expires_at")?,
        revoked_at: found.try_get("", "secret_revoked_at")?,
    }))
}

/// The client and secret of a row with what [`find_without_uris`] adds.
pub(crate) fn read(store: &Store, found: &QueryResult) -> Result<Claimant, DbErr> {
    let client = Arc::new(read_client(store, found)?);
    let secret = read_secret(found, &client)?.map(Arc::new);
    Ok(Claimant { client, secret })
}

/// Adds the secret that is the second part of what is asked, if it is one of the app.
fn secret_columns(select: &mut SelectStatement) {
    let secret = |column: client_secret::Column| Expr::col((SECRET, column));
    let of_app = secret(client_secret::Column::AppId).equals((APP, app::Column::Id));
    select
        .expr_as(secret(client_secret::Column::Id), "secret")
        .expr_as(secret(client_secret::Column::SecretHash), "secret_hash")
        .expr_as(secret(client_secret::Column::ExpiresAt), "secret_expires_at")
        .expr_as(secret(client_secret::Column::RevokedAt), "secret_revoked_at")
        .left_join(SECRET, secret(client_secret::Column::Id).eq(asked(1)).and(of_app));
}

/// Adds what tells a client whose revision is known, and its secret: the app that has the client id which is asked for.
pub(super) fn identity(select: &mut SelectStatement) {
    select
        .expr_as(Expr::col((APP, app::Column::Id)), "app")
        .expr_as(Expr::col((APP, app::Column::Revision)), "revision")
        .expr_as(Expr::col((OWNER, organization::Column::Status)), "owner_status");
    join_app(select);
    secret_columns(select);
}

/// Joins the app that has the client id which is asked for, and its owner, as [`client_columns`] reads them.
fn join_app(select: &mut SelectStatement) {
    let named = Expr::col((APP, app::Column::ClientId)).equals(asked_column(0));
    let owner = Expr::col((APP, app::Column::OwnerId)).equals((OWNER, organization::Column::Id));
    select.inner_join(APP, named).join_as(JoinType::InnerJoin, organization::Entity, OWNER, owner);
}

/// The app that has the client id which is asked for, with its owner and the secret that is asked for.
pub(super) fn find(select: &mut SelectStatement) {
    find_without_uris(select);
    let of_app = Expr::col((redirect_uri::Entity, redirect_uri::Column::AppId)).equals((APP, app::Column::Id));
    select.expr_as(together(redirect_uri::Entity, redirect_uri::Column::Uri, of_app), "redirect_uris");
}

/// The same without its redirect URIs: nothing is sent anywhere.
pub(crate) fn find_without_uris(select: &mut SelectStatement) {
    client_columns(select, APP, OWNER);
    join_app(select);
    secret_columns(select);
}
