//! Registering an app: its row, its parts, its first secret and, for one that needs no consent, its first install.

use sea_orm::{DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel};
use serde_json::json;

use super::apps::{AppProblem, trimmed};
use super::audit::{Event, record};
use super::consent_decision::under_lock;
use super::{By, Store, app_parts, app_rules, consent_facts, post_logout_uris, secrets, terms};
use crate::audit::{Action, TargetKind};
use crate::client::{ActorMode, AppGrants, AppStatus, AuthMethod, ClientId, InstallStatus};
use crate::entity::{app, install, organization};
use crate::id::{AppId, InstallId, OrgId};
use crate::oauth::install::Wish;
use crate::organization::Status;
use crate::portal::{CreatedApp, NewApp};
use crate::redirect_uri::RedirectUri;
use crate::scope::{Catalogue, ScopeSet};
use crate::typed::{MAX_LINE, collapsed, homepage, line};

impl Store {
    /// Registers an app of `owner`; a confidential one gets its first secret. One that has only `client_credentials` and
    /// is made by an owner or admin of `owner` is installed there in the same transaction (PROTOCOL section 1).
    pub async fn create_app(&self, by: &By, owner: OrgId, new: NewApp) -> Result<CreatedApp, AppProblem> {
        let catalogue = self.catalogue().await?;
        let addresses = app_rules::new(&new, &catalogue, self.settings(), by).map_err(AppProblem::Invalid)?;
        let now = self.now();
        let tx = self.begin().await?;
        let organization = organization::Entity::find_by_id(owner).one(&tx).await?;
        organization.filter(|row| row.status == Status::Active).ok_or(AppProblem::NotFound)?;
        let row = self.new_row(by, owner, &new);
        let (id, client_id) = (row.id, row.client_id.clone());
        let confidential = row.auth_method != AuthMethod::None;
        let event = created(&row, &new, &addresses);
        app::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx).await?;
        // Under review they are accepted at the submission; the command line has no name to accept them with.
        let asked = !self.reviews_apps() && by.actor.user().is_some();
        if asked && !terms::accept(&tx, self, by, &row, new.accepted_terms.as_deref()).await? {
            return Err(AppProblem::Invalid(vec![terms::not_accepted()]));
        }
        app_parts::insert_uris(&tx, self, id, &addresses.redirect).await?;
        let post_logout: Vec<_> = addresses.post_logout.into_iter().map(String::from).collect();
        post_logout_uris::insert(&tx, id, &post_logout, now).await?;
        app_parts::insert_scopes(&tx, id, app_parts::as_kept(new.scopes)).await?;
        let secret =
            if confidential { Some(secrets::insert(&tx, self, by, id, "First secret").await?.1) } else { None };
        record(&tx, self, by, event).await?;
        let installed =
            new.grants == AppGrants::ClientCredentials && self.install_at_home(&tx, by, owner, id, &catalogue).await?;
        tx.commit().await?;
        Ok(CreatedApp { id, client_id, secret, installed })
    }

    fn new_row(&self, by: &By, owner: OrgId, new: &NewApp) -> app::Model {
        let now = self.now();
        app::Model {
            id: AppId(self.new_id()),
            owner_id: owner,
            client_id: ClientId::mint(&self.settings().brand, self.entropy()),
            name: collapsed(&new.name),
            description: line(&new.description, MAX_LINE),
            logo: None,
            homepage: homepage(new.homepage.clone()),
            support_email: trimmed(new.support_email.clone()),
            status: if self.reviews_apps() { AppStatus::Draft } else { AppStatus::Live },
            resumes_as: None,
            auth_method: new.auth_method,
            pkce_required: new.pkce_required,
            token_policy: new.token_policy.clone(),
            actor_modes: new.actor_modes,
            grants: new.grants,
            id_token_signed_response_alg: new.id_token_signed_response_alg,
            approved_at: None,
            created_by: by.actor.user(),
            created_at: now,
            updated_at: now,
            revision: 0,
        }
    }

    /// Installs the new app into its owner organization, where the person who made it may do that: whether it was.
    async fn install_at_home(
        &self,
        tx: &DatabaseTransaction,
        by: &By,
        owner: OrgId,
        app: AppId,
        catalogue: &Catalogue,
    ) -> Result<bool, DbErr> {
        let Some(user) = by.actor.user() else { return Ok(false) };
        let Some(member) = under_lock(tx, owner, user).await? else { return Ok(false) };
        let row = app::Entity::find_by_id(app).one(tx).await?;
        let Some(client) = self.client_of_row(tx, row).await? else { return Ok(false) };
        let scopes = client.scopes_as(ActorMode::App);
        let wish = Wish { actor: ActorMode::App, scopes: &scopes, optional: &client.optional_scopes };
        let judged = consent_facts::judge(tx, &client, &member, &wish, catalogue, false).await?;
        let Ok(grantable) = judged else { return Ok(false) };
        self.insert_install(tx, by, (owner, app, &client.name), grantable.all()).await?;
        Ok(true)
    }

    async fn insert_install(
        &self,
        tx: &DatabaseTransaction,
        by: &By,
        (organization, app, name): (OrgId, AppId, &str),
        scopes: ScopeSet,
    ) -> Result<(), DbErr> {
        let Some(person) = by.actor.user() else { return Ok(()) };
        let now = self.now();
        let granted = json!({ "scopes": scopes, "actor": ActorMode::App, "test": false });
        let row = install::Model {
            id: InstallId(self.new_id()),
            app_id: app,
            organization_id: organization,
            actor: ActorMode::App,
            user_id: None,
            scopes,
            installed_by: person,
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
        let event = Event::new(Action::InstallCreated, TargetKind::Install, row.id, name);
        let event = event.organization(organization).app(app).install(row.id).after(granted);
        install::Entity::insert(row.into_active_model()).exec_without_returning(tx).await?;
        record(tx, self, by, event).await
    }
}

fn created(row: &app::Model, new: &NewApp, addresses: &app_rules::Addresses) -> Event {
    let texts = |uris: &[RedirectUri]| uris.iter().map(|uri| uri.as_str().to_owned()).collect::<Vec<_>>();
    let event = Event::new(Action::AppCreated, TargetKind::App, row.id, &row.name).organization(row.owner_id);
    event.app(row.id).after(json!({ "client_id": row.client_id, "auth_method": row.auth_method,
        "pkce_required": row.pkce_required, "actor_modes": row.actor_modes, "grants": row.grants,
        "token_policy": row.token_policy, "redirect_uris": texts(&addresses.redirect),
        "post_logout_redirect_uris": texts(&addresses.post_logout),
        "scopes": new.scopes.iter().map(|choice| choice.token.as_str()).collect::<Vec<_>>() }))
}
