//! An install and a code, made in one transaction at consent (PROTOCOL section 1).

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter, QuerySelect,
};
use serde_json::json;

use super::{Applied, ROW_LOCK};
use crate::audit::{Action, TargetKind};
use crate::client::InstallStatus;
use crate::entity::{code, install};
use crate::store::audit::{Event, record};
use crate::store::cache::Touched;
use crate::store::{By, Store, remembered};
use crate::time::Timestamp;

/// How the person consented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consented {
    /// On the consent page: it is remembered.
    OnPage,
    /// There, and earlier: the request asks for nothing else (PROTOCOL section 1, *Remembered consent*).
    Before,
    /// By the Test install button, which is no consent that is remembered.
    ByTest,
}

/// What a consent writes. Its conditions (who may install) were judged under the organization's lock, in the same
/// transaction.
#[derive(Clone, Debug)]
pub(crate) struct Issue {
    /// Who consents.
    pub(crate) by: By,
    /// The app's name, for the audit log.
    pub(crate) app_name: String,
    /// The install to make; where its key has an active one, that one is kept and its scopes grow.
    pub(crate) install: install::Model,
    /// The code; its install is filled in here.
    pub(crate) code: code::Model,
    /// How the person consented.
    pub(crate) how: Consented,
}

impl Issue {
    /// What lookups must forget once it is committed. An install whose scopes grow is known by its app: its own id is found
    /// while that is written.
    pub(crate) fn touches(&self) -> Touched {
        Touched::Only(vec![self.install.app_id.uuid()])
    }

    /// Lost when the install that remembered the consent is gone, or the key's install was suspended after the rule *who may install* was asked.
    pub(crate) async fn apply(self, store: &Store, tx: &DatabaseTransaction, now: Timestamp) -> Result<Applied, DbErr> {
        let Self { by, app_name, install: wanted, code, how } = self;
        let skip = OnConflict::new().do_nothing().to_owned();
        install::Entity::insert(wanted.clone().into_active_model())
            .on_conflict(skip)
            .exec_without_returning(tx)
            .await?;
        let Some(held) = of_key(tx, &wanted).await? else { return Ok(Applied::Lost) };
        let event = |action| {
            let event = Event::new(action, TargetKind::Install, held.id, &app_name);
            event.organization(held.organization_id).app(held.app_id).install(held.id)
        };
        // No install but the button's is a test install: who consents on the page makes a real one of it.
        let test = held.test && how != Consented::OnPage;
        let mut granted = json!({ "scopes": code.scopes, "actor": code.actor, "test": test });
        if held.id == wanted.id {
            if how == Consented::Before {
                return Ok(Applied::Lost);
            }
            record(tx, store, &by, event(Action::InstallCreated).after(granted.clone())).await?;
        } else if test != held.test || !code.scopes.is_subset(&held.scopes) {
            let union = held.scopes.union(&code.scopes);
            let (before, after) = (json!({ "scopes": held.scopes }), json!({ "scopes": union }));
            let grows = union != held.scopes;
            let mut row = held.clone().into_active_model();
            row.scopes = Set(union);
            row.test = Set(test);
            row.updated_at = Set(now);
            row.update(tx).await?;
            if grows {
                record(tx, store, &by, event(Action::InstallUpgraded).before(before).after(after)).await?;
            }
        }
        match how {
            Consented::OnPage => remembered::keep(tx, held.id, code.user_id, &code.scopes, now).await?,
            Consented::Before => granted["remembered"] = true.into(),
            Consented::ByTest => {}
        }
        record(tx, store, &by, event(Action::ConsentGranted).after(granted)).await?;
        let code = code::Model { install_id: held.id, ..code };
        let issued = Event::new(Action::CodeIssued, TargetKind::Grant, code.id, &app_name);
        let issued = issued.organization(held.organization_id).app(held.app_id).install(held.id);
        record(tx, store, &by, issued.after(json!({ "expires_at": code.expires_at }))).await?;
        code::Entity::insert(code.into_active_model()).exec_without_returning(tx).await?;
        Ok(Applied::Done)
    }
}

/// The install in force for the key of `wanted`: app, organization, actor and, for `self`, person.
async fn of_key(tx: &impl ConnectionTrait, wanted: &install::Model) -> Result<Option<install::Model>, DbErr> {
    let select = install::Entity::find()
        .filter(install::Column::AppId.eq(wanted.app_id))
        .filter(install::Column::OrganizationId.eq(wanted.organization_id))
        .filter(install::Column::Actor.eq(wanted.actor))
        .filter(install::Column::Status.eq(InstallStatus::Active));
    let select = match wanted.user_id {
        Some(user) => select.filter(install::Column::UserId.eq(user)),
        None => select.filter(install::Column::UserId.is_null()),
    };
    select.lock(ROW_LOCK).one(tx).await
}
