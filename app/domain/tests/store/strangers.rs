//! Requirement 115: what belongs to another organization is not found, whatever the verb, and nothing happens.

use domain::id::InstallId;
use domain::portal::AppFields;
use domain::store::StoreError;
use domain::store::app_parts::{PauseProblem, UrisProblem};
use domain::store::apps::AppProblem;
use domain::store::installs::InstallFilter;
use domain::store::portal_door::PortalDoorError;
use domain::store::secrets::SecretProblem;

use crate::flow::{World, choice};
use crate::harness::{by, log, on_each_database};

#[tokio::test]
async fn req_115_another_organizations_objects_are_not_found_by_any_verb() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.tokens("").await;
        // The admin of the target organization is a stranger to the partner's app, and the maker to the target's install.
        let (me, mine, app) = (by(world.admin), world.target, world.client.app);
        let secret = store.secrets_of(world.partner, app).await.expect("answers")[0].id;
        let install: InstallId =
            store.installs_in(world.target, InstallFilter::default()).await.expect("answers").items[0].id;
        let before = (log(&store, world.partner).await.len(), log(&store, world.target).await.len());
        let not_found = [
            ("app", matches!(store.app(mine, app).await, Err(StoreError::NotFound))),
            ("suspend_app", matches!(store.suspend_app(&me, mine, app).await, Err(PauseProblem::NotFound))),
            ("resume_app", matches!(store.resume_app(&me, mine, app).await, Err(PauseProblem::NotFound))),
            ("delete_app", matches!(store.delete_app(&me, mine, app).await, Err(StoreError::NotFound))),
            ("update_app", matches!(store.update_app(&me, mine, app, fields(), None).await, Err(AppProblem::NotFound))),
            ("set_scopes", {
                let scopes = vec![choice("read", true)];
                matches!(store.set_scopes(&me, mine, app, scopes, None).await, Err(AppProblem::NotFound))
            }),
            ("set_redirect_uris", {
                let uris = vec!["https://evil.example.com/".to_owned()];
                matches!(store.set_redirect_uris(&me, mine, app, uris, None).await, Err(UrisProblem::NotFound))
            }),
            ("secrets_of", matches!(store.secrets_of(mine, app).await, Err(StoreError::NotFound))),
            ("create_secret", matches!(store.create_secret(&me, mine, app, "").await, Err(SecretProblem::NotFound))),
            ("rotate_secret", {
                matches!(store.rotate_secret(&me, mine, app, "", 0).await, Err(SecretProblem::NotFound))
            }),
            ("change_grace", {
                matches!(store.change_grace(&me, mine, app, secret, 0).await, Err(SecretProblem::NotFound))
            }),
            ("revoke_secret", {
                matches!(store.revoke_secret(&me, mine, app, secret, true).await, Err(SecretProblem::NotFound))
            }),
            ("installs_of_app", {
                let list = store.installs_of_app(mine, app, InstallFilter::default()).await;
                matches!(list, Err(StoreError::NotFound))
            }),
            ("install", matches!(store.install(world.partner, install).await, Err(StoreError::NotFound))),
            ("revoke_install", {
                let ended = store.revoke_install(&by(world.maker), world.partner, install, None, true).await;
                matches!(ended, Err(StoreError::NotFound))
            }),
            ("authorize_in_portal", {
                let made = store.authorize_in_portal(&me, mine, app, world.admin, mine).await;
                matches!(made, Err(PortalDoorError::NotFound))
            }),
        ];
        for (verb, refused) in not_found {
            assert!(refused, "{verb}");
        }
        assert!(store.apps_of(mine, None, None).await.expect("answers").items.is_empty());
        assert!(store.installs_in(world.partner, InstallFilter::default()).await.expect("answers").items.is_empty());
        let after = (log(&store, world.partner).await.len(), log(&store, world.target).await.len());
        assert_eq!(before, after, "nothing was written");
    })
    .await;
}

#[tokio::test]
async fn req_115_a_secret_of_another_app_is_not_found() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let other = crate::flow::new_app("Other", &[("read", true)]);
        let other = store.create_app(&by(world.maker), world.partner, other).await.expect("a new app").id;
        let secret = store.secrets_of(world.partner, other).await.expect("answers")[0].id;
        let (me, app) = (by(world.maker), world.client.app);
        let revoked = store.revoke_secret(&me, world.partner, app, secret, true).await;
        assert!(matches!(revoked, Err(SecretProblem::NotFound)));
    })
    .await;
}

fn fields() -> AppFields {
    AppFields {
        name: "Stolen".to_owned(),
        description: String::new(),
        homepage: None,
        support_email: None,
        pkce_required: false,
        actor_modes: domain::client::ActorModes::Both,
        grants: domain::client::AppGrants::AuthorizationCode,
        token_policy: "standard".to_owned(),
        id_token_signed_response_alg: domain::jwt::SigningAlgorithm::Rs256,
    }
}
