//! What changes in the world while somebody uses it.

use domain::client::InstallStatus;
use domain::entity::{app, install};
use domain::id::OrgId;
use domain::organization::{InstallPolicy, Status};
use domain::role::Role;
use domain::scope::ScopeSet;
use domain::store::{By, Password};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _, ConnectionTrait as _, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _,
};

use super::{Party, Person, World, by, scopes};
use crate::harness::{PASSWORD, keep};

impl World {
    /// Makes `uris` the places where `party` may send people who signed out.
    pub(crate) async fn set_post_logout_uris(&self, party: &Party, uris: &[&str]) {
        let uris = uris.iter().map(|&uri| uri.to_owned()).collect();
        let set =
            self.store.set_post_logout_redirect_uris(&by(&self.maker_admin), self.maker, party.app, uris, None).await;
        set.expect("good addresses");
    }

    /// Suspends the active installs of `party`; no page does it yet.
    pub(crate) async fn suspend_installs(&self, party: &Party) {
        self.set_installs(party, InstallStatus::Suspended).await;
    }

    /// Gives the installs of `party` that have not ended this status.
    pub(crate) async fn set_installs(&self, party: &Party, status: InstallStatus) {
        self.change_installs(party, |row| row.status = Set(status)).await;
    }

    /// Takes all scopes but `words` from the installs of `party` that have not ended. No verb does.
    pub(crate) async fn shrink_installs(&self, party: &Party, words: &str) {
        let words: ScopeSet = words.parse().expect("scopes");
        self.change_installs(party, |row| row.scopes = Set(words.clone())).await;
    }

    async fn change_installs(&self, party: &Party, change: impl Fn(&mut install::ActiveModel)) {
        let rows = install::Entity::find()
            .filter(install::Column::AppId.eq(party.app))
            .filter(install::Column::Status.ne(InstallStatus::Revoked));
        for row in rows.all(self.store.reader()).await.expect("installs") {
            let mut row = row.into_active_model();
            change(&mut row);
            row.update(self.store.writer()).await.expect("changed");
        }
        keep(&self.store);
    }

    pub(crate) async fn set_policy(&self, organization: OrgId, policy: InstallPolicy) {
        self.store.set_install_policy(&By::operator(), organization, policy).await.expect("changed");
    }

    pub(crate) async fn suspend_app(&self, party: &Party) {
        self.store.suspend_app(&by(&self.maker_admin), self.maker, party.app).await.expect("suspended");
    }

    pub(crate) async fn delete_app(&self, party: &Party) {
        self.store.delete_app(&by(&self.maker_admin), self.maker, party.app).await.expect("deleted");
    }

    pub(crate) async fn suspend_organization(&self, organization: OrgId) {
        self.store.set_organization_status(&By::operator(), organization, Status::Suspended).await.expect("suspended");
    }

    pub(crate) async fn set_role(&self, person: &Person, organization: OrgId, role: &str) {
        let role: Role = role.parse().expect("a role");
        self.store.set_member(&By::operator(), organization, person.id, Some(role)).await.expect("a role");
    }

    /// Ends what tokens of One rest on.
    pub(crate) async fn strike(&self, what: &str) {
        let admin = &self.admin;
        match what {
            "person" => {
                self.store.set_user_status(&By::operator(), admin.id, Status::Suspended).await.expect("suspended");
            }
            "left" => self.store.set_member(&By::operator(), self.target, admin.id, None).await.expect("gone"),
            "role" => self.set_role(admin, self.target, "member").await,
            "password" => self.change_password(admin).await,
            "install" => self.revoke_installs(&self.one, false).await,
            "block" => self.revoke_installs(&self.one, true).await,
            "app" => self.suspend_app(&self.one).await,
            "deleted" => self.delete_app(&self.one).await,
            "owner" => self.suspend_organization(self.maker).await,
            "target" => self.suspend_organization(self.target).await,
            other => panic!("{other}"),
        }
    }

    async fn change_password(&self, person: &Person) {
        let password = |text: &str| Password::new(text.to_owned()).expect("a good password");
        let (old, new) = (password(PASSWORD), password("another long password"));
        self.store.change_password(&by(person), person.id, old, new, None).await.expect("changed");
    }

    pub(crate) async fn revoke_installs(&self, party: &Party, block: bool) {
        for install in self.installs(party).await {
            self.store
                .revoke_install(&by(&self.admin), install.organization_id, install.id, None, block)
                .await
                .expect("revoked");
        }
    }

    pub(crate) async fn rename_app(&self, party: &Party, name: &str) {
        let row = app::Entity::find_by_id(party.app).one(self.store.reader()).await.expect("a row").expect("the app");
        let mut row = row.into_active_model();
        row.name = Set(name.to_owned());
        row.update(self.store.writer()).await.expect("renamed");
        keep(&self.store);
    }

    /// Sets columns of the app's row, whatever rules there are about them.
    pub(crate) async fn set_app(&self, party: &Party, what: &str) {
        let sql = format!("UPDATE apps SET {what} WHERE client_id = '{}'", party.client_id);
        self.store.writer().execute_unprepared(&sql).await.expect("set");
        keep(&self.store);
    }

    pub(crate) async fn set_scopes(&self, party: &Party, words: &[&str]) {
        self.store
            .set_scopes(&by(&self.maker_admin), self.maker, party.app, scopes(words), None)
            .await
            .expect("changed");
    }

    /// `party` with a new secret; the old one lives on for `grace` seconds.
    pub(crate) async fn rotate(&self, party: &Party, grace: i64) -> Party {
        let by = by(&self.maker_admin);
        let made = self.store.rotate_secret(&by, self.maker, party.app, "Next", grace).await.expect("rotated");
        Party { secret: Some(made.secret.0), ..party.clone() }
    }
}
