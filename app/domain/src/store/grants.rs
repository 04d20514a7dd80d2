//! Pending grants: a validated authorization request waits for a person. Rows for strangers are bounded and short-lived.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Statement,
};

use super::cache::Touched;
use super::claimed::ours;
use super::{Store, organizations};
use crate::client::{AppStatus, Client, GrantStatus};
use crate::entity::grant;
use crate::id::{AppId, GrantId, UserId};
use crate::oauth::authorize::{AuthorizationRequest, Callback, ReplyTo};
use crate::oauth::gate::Terms;
use crate::oauth::openid::{Prompt, PromptSet};
use crate::secret::{Interaction, Plain, Presented};
use crate::time::Timestamp;
use crate::token_policy::PENDING_GRANT_SECONDS;

/// Pending grants of browsers that are not signed in, per client address; one more displaces the oldest.
pub const MAX_PER_ADDRESS: u64 = 20;
/// Pending grants of browsers that are not signed in, in all; one more is refused.
pub const MAX_STRANGERS: u64 = 10_000;

/// Where the person goes on, and the value that binds the request to his browser.
#[derive(Debug)]
pub struct PendingGrant {
    /// The pending grant.
    pub id: GrantId,
    /// The value of its interaction cookie.
    pub interaction: Plain<Interaction>,
    /// Whether the app sent this PKCE challenge before, within the last ten minutes: a reload, or a client that makes
    /// none of its own (requirement 39).
    pub challenge_again: bool,
}

/// Why no pending grant was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateGrantError {
    /// Too many strangers wait: `temporarily_unavailable`.
    #[error("too many requests wait for a sign-in")]
    Full,
    /// `prompt=none`, and nobody can tell whom `id_token_hint` means: `login_required` (requirement 94).
    #[error("the id_token_hint says nothing")]
    UnknownHint,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Store {
    /// Keeps `request` for ten minutes. `client_address` is an IPv4 address or an IPv6 /64, as requirement 135 finds it.
    pub async fn create_grant(
        &self,
        request: AuthorizationRequest,
        client_address: String,
    ) -> Result<PendingGrant, CreateGrantError> {
        let now = self.now();
        let id = GrantId(self.new_id());
        let interaction = Plain::<Interaction>::mint(&self.settings().brand, id.uuid(), self.entropy());
        let hinted_user_id = match &request.id_token_hint {
            Some(token) => self.identified(token).await?,
            None => None,
        };
        if hinted_user_id.is_none() && request.id_token_hint.is_some() && request.prompt.has(Prompt::None) {
            return Err(CreateGrantError::UnknownHint);
        }
        let tx = self.begin().await?;
        let hint = match &request.organization_hint {
            Some(text) => organizations::find_organization(&tx, text).await?,
            None => None,
        };
        let row = grant::Model {
            id,
            app_id: request.app,
            redirect_uri: request.redirect_uri,
            callback: request.callback.as_str().to_owned(),
            state: request.state,
            scopes: request.scopes,
            optional_scopes: request.optional,
            actor: request.actor,
            code_challenge: request.code_challenge.map(String::from),
            hint,
            hinted: request.organization_hint.is_some(),
            resource: request.resource,
            nonce: request.nonce,
            response_mode: request.response_mode,
            prompt: request.prompt.to_string(),
            max_age: request.max_age,
            login_hint: request.login_hint,
            hinted_user_id,
            interaction_hash: interaction.hashed().to_row(),
            counted_for: client_address,
            user_id: None,
            organization_id: None,
            status: GrantStatus::Pending,
            created_at: now,
            expires_at: now.plus_seconds(PENDING_GRANT_SECONDS),
        };
        make_room(&tx, &row.counted_for, now).await?;
        let challenge_again = is_known(&tx, row.app_id, row.code_challenge.as_deref()).await?;
        grant::Entity::insert(row.into_active_model()).exec_without_returning(&tx).await?;
        tx.commit_touching(Touched::NOTHING).await?;
        Ok(PendingGrant { id, interaction, challenge_again })
    }

    /// Counts the pending grant `id` among those of `visitor`, who is signed in and has to sign in or choose once more: the
    /// bound of an address is for strangers, and others at it do not displace him.
    pub(super) async fn count_for(&self, id: GrantId, visitor: UserId) -> Result<(), DbErr> {
        let (own, now) = (visitor.to_string(), self.now());
        let waits = pending(id, now).filter(grant::Column::UserId.is_null());
        let waits = waits.filter(grant::Column::CountedFor.ne(own.as_str()));
        if waits.one(self.reader()).await?.is_none() {
            return Ok(());
        }
        let tx = self.begin().await?;
        displace(&tx, &own, now).await?;
        grant::Entity::update_many()
            .col_expr(grant::Column::CountedFor, Expr::value(own))
            .filter(grant::Column::Id.eq(id))
            .filter(grant::Column::UserId.is_null())
            .exec(&tx)
            .await?;
        tx.commit_touching(Touched::NOTHING).await
    }

    /// The person whom an ID token of ours names, however old it is; none for any other text. Where the person need not
    /// be told to the client, the hint only says who should sign in.
    async fn identified(&self, token: &str) -> Result<Option<UserId>, DbErr> {
        let Some(claims) = ours(self.verify_hint(token).await)? else { return Ok(None) };
        let text = |name: &str| claims.get(name).and_then(serde_json::Value::as_str);
        let named = text("sub").and_then(|sub| sub.parse().ok());
        Ok(named.filter(|_| text("iss") == Some(self.settings().issuer.as_str())))
    }

    /// The name of the app whose request waits, for the browser that holds its cookie; none of a draft, of which strangers learn
    /// nothing.
    pub async fn app_that_asks(
        &self,
        id: GrantId,
        interaction: &Presented<Interaction>,
    ) -> Result<Option<String>, DbErr> {
        let Some(row) = self.grant_of_browser(self.reader(), id, interaction).await? else { return Ok(None) };
        let client = self.client_of_app(row.app_id).await?;
        let live = client.filter(|client| client.enabled() && client.status == AppStatus::Live);
        Ok(live.map(|client| client.name))
    }

    /// The pending grant `id`, whatever browser it is of.
    pub(super) async fn waiting_grant(&self, id: GrantId) -> Result<Option<grant::Model>, DbErr> {
        pending(id, self.now()).one(self.reader()).await
    }

    /// The pending grant `id`, for the browser that holds its cookie (requirement 109). None for everybody else, and when
    /// it is over.
    pub(crate) async fn grant_of_browser(
        &self,
        db: &impl ConnectionTrait,
        id: GrantId,
        interaction: &Presented<Interaction>,
    ) -> Result<Option<grant::Model>, DbErr> {
        if interaction.selector() != id.uuid() {
            return Ok(None);
        }
        let row = pending(id, self.now()).one(db).await?;
        Ok(row.filter(|row| interaction.matches(&row.interaction_hash)))
    }

    /// The same, for the person who opened it first or opens it now.
    pub(crate) async fn pending_grant(
        &self,
        db: &impl ConnectionTrait,
        id: GrantId,
        interaction: &Presented<Interaction>,
        user: UserId,
    ) -> Result<Option<grant::Model>, DbErr> {
        let row = self.grant_of_browser(db, id, interaction).await?;
        Ok(row.filter(|row| row.user_id.is_none_or(|opened| opened == user)))
    }
}

/// What a pending grant asks of the session.
pub(crate) fn terms(row: &grant::Model) -> Terms {
    Terms {
        prompt: PromptSet::known(&row.prompt),
        max_age: row.max_age,
        hinted: row.hinted_user_id,
        requested_at: row.created_at,
    }
}

/// How the client of a pending grant is answered; none where it no longer registers the address.
pub(crate) fn reply_to(row: &grant::Model, client: &Client) -> Option<ReplyTo> {
    let callback = Callback::registered(client, &row.callback)?;
    Some(ReplyTo { callback, mode: row.response_mode, state: row.state.clone() })
}

/// The row of a pending grant that is not over at `now`.
pub(crate) fn pending(id: GrantId, now: Timestamp) -> sea_orm::Select<grant::Entity> {
    grant::Entity::find_by_id(id)
        .filter(grant::Column::Status.eq(GrantStatus::Pending))
        .filter(grant::Column::ExpiresAt.gt(now))
}

/// Whether a request of `app` that is not swept yet has this challenge.
async fn is_known(db: &impl ConnectionTrait, app: AppId, challenge: Option<&str>) -> Result<bool, DbErr> {
    let Some(challenge) = challenge else { return Ok(false) };
    let known = grant::Entity::find()
        .filter(grant::Column::CodeChallenge.eq(challenge))
        .filter(grant::Column::AppId.eq(app))
        .one(db)
        .await?;
    Ok(known.is_some())
}

/// Keeps the bounds for one more row of a stranger at `address`.
async fn make_room(tx: &impl ConnectionTrait, address: &str, now: Timestamp) -> Result<(), CreateGrantError> {
    displace(tx, address, now).await?;
    if strangers(now).count(tx).await? >= MAX_STRANGERS { Err(CreateGrantError::Full) } else { Ok(()) }
}

/// The pending requests that nobody has opened yet.
fn strangers(now: Timestamp) -> sea_orm::Select<grant::Entity> {
    grant::Entity::find()
        .filter(grant::Column::UserId.is_null())
        // In the words of the partial index, which knows no parameters.
        .filter(Expr::cust("status = 'pending'"))
        .filter(grant::Column::ExpiresAt.gt(now))
}

/// Ends the oldest requests that are counted for `whom`, so that there is room for one more.
async fn displace(tx: &impl ConnectionTrait, whom: &str, now: Timestamp) -> Result<(), DbErr> {
    // PostgreSQL runs transactions side by side: those for one address wait for each other, or each would count alone.
    if tx.get_database_backend() == DbBackend::Postgres {
        let lock = "SELECT pg_advisory_xact_lock(hashtext('portico.grants'), hashtext($1))";
        tx.execute_raw(Statement::from_sql_and_values(DbBackend::Postgres, lock, [whom.into()])).await?;
    }
    let counted = grant::Column::CountedFor.eq(whom);
    let beyond: Vec<GrantId> = strangers(now)
        .select_only()
        .column(grant::Column::Id)
        .filter(counted.clone())
        .order_by_desc(grant::Column::Id)
        .offset(MAX_PER_ADDRESS - 1)
        // SQLite has no offset without a limit; more than this cannot stand there.
        .limit(MAX_STRANGERS)
        .into_tuple()
        .all(tx)
        .await?;
    if !beyond.is_empty() {
        let unopened = grant::Column::UserId.is_null();
        let many = grant::Entity::delete_many().filter(grant::Column::Id.is_in(beyond));
        many.filter(unopened).filter(counted).exec(tx).await?;
    }
    Ok(())
}
