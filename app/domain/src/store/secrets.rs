//! Client secrets: several, shown once, kept hashed, rotated with a grace (PRODUCT A7 to A11, requirements 56 to 58).

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
};
use serde_json::json;

use super::apps::{owned, owned_for_change};
use super::audit::{Event, record};
use super::cache::claimant;
use super::change::end;
use super::{By, Store, StoreError, views};
use crate::audit::{Action, TargetKind};
use crate::client::{AuthMethod, Client, SecretStatus};
use crate::entity::{app, client_secret};
use crate::id::{AppId, OrgId, SecretId};
use crate::portal::{CreatedSecret, SecretRow, ShownOnce};
use crate::secret::{ClientSecret, Plain, Presented};
use crate::time::Timestamp;
use crate::typed::{MAX_NAME, given, line};

/// The most secrets of an app that are accepted at the same time.
pub const MAX_LIVE: usize = 5;
/// The longest grace of a rotation: seven days, in seconds.
pub const MAX_GRACE_SECONDS: i64 = 7 * 86_400;

/// Why a secret was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum SecretProblem {
    /// There is none, or none that the asker may see.
    #[error("not found")]
    NotFound,
    /// A public client keeps no secret.
    #[error("A public client has no secret.")]
    Public,
    /// The app has [`MAX_LIVE`].
    #[error("An app has at most {MAX_LIVE} live secrets: revoke one first.")]
    TooMany,
    /// It is the last active one: without it the app is cut off.
    #[error("This is the last active secret: create another one first, or mark this one as compromised.")]
    LastActive,
    /// Only a retiring secret has a grace.
    #[error("Only a retiring secret has a deadline that can be changed.")]
    NotRetiring,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl Store {
    /// The secrets of an app of `owner`, newest first: hints only.
    pub async fn secrets_of(&self, owner: OrgId, app: AppId) -> Result<Vec<SecretRow>, StoreError> {
        owned(owner, app).one(self.reader()).await?.ok_or(StoreError::NotFound)?;
        Ok(self.secret_rows(app).await?)
    }

    /// Makes one more secret for an app of `owner`.
    pub async fn create_secret(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        label: &str,
    ) -> Result<CreatedSecret, SecretProblem> {
        let tx = self.begin().await?;
        let row = confidential(&tx, owner, app).await?;
        if live(&tx, app, self.now()).await?.len() >= MAX_LIVE {
            return Err(SecretProblem::TooMany);
        }
        let (id, secret) = insert(&tx, self, by, app, label).await?;
        record(&tx, self, by, event(Action::SecretCreated, &row, id, label)).await?;
        tx.commit().await?;
        Ok(CreatedSecret { id, secret })
    }

    /// Makes a new secret; the older ones retire after `grace_seconds` (0 to seven days), or at once with 0. Tokens,
    /// codes and installs are untouched.
    pub async fn rotate_secret(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        label: &str,
        grace_seconds: i64,
    ) -> Result<CreatedSecret, SecretProblem> {
        let grace = grace_seconds.clamp(0, MAX_GRACE_SECONDS);
        let now = self.now();
        let tx = self.begin().await?;
        let row = confidential(&tx, owner, app).await?;
        let older = live(&tx, app, now).await?;
        if grace > 0 && older.len() >= MAX_LIVE {
            return Err(SecretProblem::TooMany);
        }
        for secret in &older {
            // A deadline that was set earlier stays: rotating again never lengthens a life.
            let deadline = secret.expires_at.map_or(now.plus_seconds(grace), |held| held.min(now.plus_seconds(grace)));
            retire(&tx, secret, deadline, now).await?;
        }
        let (id, secret) = insert(&tx, self, by, app, label).await?;
        let retired: Vec<_> = older.iter().map(|secret| secret.hint.as_str()).collect();
        let after = json!({ "grace_seconds": grace, "retired": retired });
        record(&tx, self, by, event(Action::SecretRotated, &row, id, label).after(after)).await?;
        tx.commit().await?;
        Ok(CreatedSecret { id, secret })
    }

    /// Moves the deadline of a retiring secret to `grace_seconds` from now; 0 ends it at once.
    pub async fn change_grace(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        id: SecretId,
        grace_seconds: i64,
    ) -> Result<(), SecretProblem> {
        let grace = grace_seconds.clamp(0, MAX_GRACE_SECONDS);
        let now = self.now();
        let tx = self.begin().await?;
        let row = confidential(&tx, owner, app).await?;
        let secret = one(&tx, app, id).await?;
        if views::secret_status(secret.revoked_at, secret.expires_at, now) != SecretStatus::Retiring {
            return Err(SecretProblem::NotRetiring);
        }
        retire(&tx, &secret, now.plus_seconds(grace), now).await?;
        let event = event(Action::SecretGraceChanged, &row, id, &secret.label);
        let before = json!({ "expires_at": secret.expires_at });
        record(&tx, self, by, event.before(before).after(json!({ "expires_at": now.plus_seconds(grace) }))).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ends a secret now. The last active one only when it is `compromised`, which also ends every token and code of
    /// the app; installs stay.
    pub async fn revoke_secret(
        &self,
        by: &By,
        owner: OrgId,
        app: AppId,
        id: SecretId,
        compromised: bool,
    ) -> Result<(), SecretProblem> {
        let now = self.now();
        let tx = self.begin().await?;
        let row = confidential(&tx, owner, app).await?;
        let secret = one(&tx, app, id).await?;
        let status = views::secret_status(secret.revoked_at, secret.expires_at, now);
        if matches!(status, SecretStatus::Revoked | SecretStatus::Expired) && !compromised {
            return Ok(());
        }
        let active = |other: &&client_secret::Model| other.id != id && other.expires_at.is_none();
        let others = live(&tx, app, now).await?.iter().filter(active).count();
        if status == SecretStatus::Active && others == 0 && !compromised {
            return Err(SecretProblem::LastActive);
        }
        if secret.revoked_at.is_none() {
            retire(&tx, &secret, now, now).await?;
        }
        if compromised {
            end::tokens_of_app(&tx, app, now).await?;
        }
        let event = event(Action::SecretRevoked, &row, id, &secret.label);
        let after = json!({ "hint": secret.hint, "compromised": compromised, "tokens_ended": compromised });
        record(&tx, self, by, event.after(after)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Which secret of `client` was presented, if it is one that is accepted now; notes its use. A public client
    /// has none (requirement 55).
    pub async fn authenticate_secret(&self, client: &Client, presented: &str) -> Result<Option<SecretId>, DbErr> {
        let Ok(presented) = Presented::<ClientSecret>::parse(&self.settings().brand, presented) else {
            return Ok(None);
        };
        let id = SecretId(presented.selector());
        let Some(row) = self.known_secret(id).await? else { return Ok(None) };
        if !claimant::accepted(&row, client, &presented, self.now()) {
            return Ok(None);
        }
        self.note_secret(id);
        Ok(Some(id))
    }
}

/// Makes a secret inside the transaction of a verb that has counted.
pub(crate) async fn insert(
    tx: &impl ConnectionTrait,
    store: &Store,
    by: &By,
    app: AppId,
    label: &str,
) -> Result<(SecretId, ShownOnce), DbErr> {
    let id = SecretId(store.new_id());
    let plain = Plain::<ClientSecret>::mint(&store.settings().brand, id.uuid(), store.entropy());
    let row = client_secret::Model {
        id,
        app_id: app,
        secret_hash: plain.hashed().to_row(),
        hint: plain.hint(),
        label: line(label, MAX_NAME),
        created_by: by.actor.user(),
        created_at: store.now(),
        last_used_at: None,
        expires_at: None,
        revoked_at: None,
    };
    client_secret::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
    Ok((id, ShownOnce(plain.reveal())))
}

/// The app, locked, so that the count of its secrets holds until the transaction ends.
async fn confidential(tx: &impl ConnectionTrait, owner: OrgId, app: AppId) -> Result<app::Model, SecretProblem> {
    let row = owned_for_change(tx, owner, app).await?.ok_or(SecretProblem::NotFound)?;
    if row.auth_method == AuthMethod::None { Err(SecretProblem::Public) } else { Ok(row) }
}

async fn one(tx: &impl ConnectionTrait, app: AppId, id: SecretId) -> Result<client_secret::Model, SecretProblem> {
    let of_app = client_secret::Column::AppId.eq(app);
    client_secret::Entity::find_by_id(id).filter(of_app).one(tx).await?.ok_or(SecretProblem::NotFound)
}

/// The secrets that are accepted at `now`.
async fn live(tx: &impl ConnectionTrait, app: AppId, now: Timestamp) -> Result<Vec<client_secret::Model>, DbErr> {
    let deadline = client_secret::Column::ExpiresAt;
    client_secret::Entity::find()
        .filter(client_secret::Column::AppId.eq(app))
        .filter(client_secret::Column::RevokedAt.is_null())
        .filter(Condition::any().add(deadline.is_null()).add(deadline.gt(now)))
        .all(tx)
        .await
}

/// Gives a secret its deadline; one that is not in the future ends it now.
async fn retire(
    tx: &impl ConnectionTrait,
    secret: &client_secret::Model,
    deadline: Timestamp,
    now: Timestamp,
) -> Result<(), DbErr> {
    let mut row = secret.clone().into_active_model();
    if deadline <= now {
        row.revoked_at = sea_orm::ActiveValue::Set(Some(now));
    } else {
        row.expires_at = sea_orm::ActiveValue::Set(Some(deadline));
    }
    row.update(tx).await?;
    Ok(())
}

fn event(action: Action, app: &app::Model, id: SecretId, label: &str) -> Event {
    let name = given(line(label, MAX_NAME)).unwrap_or_else(|| app.name.clone());
    Event::new(action, TargetKind::Secret, id, name).organization(app.owner_id).app(app.id)
}
