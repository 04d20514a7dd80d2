//! What staff see.

use domain::audit::{Action, TargetKind};
use domain::client::ActorMode;
use domain::id::{AppId, InstallId, OrgId, UserId};
use domain::role::Role;
use domain::store::{By, StoreError};

use crate::harness::{app, by, count, install, member, on_each_database, organization, person};

#[tokio::test]
async fn one_search_finds_every_kind_by_part_of_a_name_or_by_a_whole_id() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let acme = organization(&store, ada, "Acme").await;
        store.set_organization(&By::operator(), "acme", Some("acme.example".to_owned()), None).await.expect("a domain");
        let shop = organization(&store, ada, "Shop").await;
        let robot = app(&store, acme, "Mail Robot").await;
        let placed = install(&store, robot, shop, ada, ActorMode::App).await;
        let client_id = store.app_dossier(robot).await.expect("a dossier").app.client_id.to_string();
        let apps = async |text: &str| {
            let found = store.search(text).await.expect("an answer");
            (
                found.apps.iter().map(|one| one.row.id).collect::<Vec<_>>(),
                found.installs.iter().map(|one| one.id).collect::<Vec<_>>(),
            )
        };
        for text in ["robot", " MAIL ", client_id.as_str(), robot.to_string().as_str()] {
            assert_eq!(apps(text).await, (vec![robot], vec![placed]), "{text}");
        }
        assert_eq!(apps(&client_id[..client_id.len() - 1]).await, (vec![], vec![]), "a client id is whole or not");
        assert_eq!(apps(&placed.to_string()).await, (vec![], vec![placed]));
        for text in ["acme", "acme.example", "cm", acme.to_string().as_str()] {
            let found = store.search(text).await.expect("an answer");
            assert_eq!(found.organizations.iter().map(|one| one.organization.id).collect::<Vec<_>>(), [acme], "{text}");
        }
        for text in ["ada@ex", "ADA", ada.to_string().as_str()] {
            let found = store.search(text).await.expect("an answer");
            assert_eq!(found.people.iter().map(|one| one.id).collect::<Vec<_>>(), [ada], "{text}");
        }
        for text in ["", "  ", "%", "nothing of the kind"] {
            assert_eq!(
                store.search(text).await.expect("an answer"),
                domain::portal::SearchResults::default(),
                "{text:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_search_gives_at_most_ten_of_each() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let acme = organization(&store, ada, "Acme").await;
        for number in 0..12 {
            let made = app(&store, acme, &format!("Robot {number}")).await;
            install(&store, made, acme, ada, ActorMode::App).await;
        }
        let found = store.search("robot").await.expect("an answer");
        assert_eq!((found.apps.len(), found.installs.len()), (10, 10));
    })
    .await;
}

#[tokio::test]
async fn a_request_id_finds_its_events() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let request = domain::id::RequestId(store.new_id());
        let asked = By { request_id: Some(request), ..by(ada) };
        store.create_organization(&asked, ada, "Acme").await.expect("made");
        let found = store.search(&request.to_string()).await.expect("an answer");
        assert_eq!(found.events.iter().map(|event| event.action).collect::<Vec<_>>(), [Action::OrganizationCreated]);
    })
    .await;
}

#[tokio::test]
async fn dossiers_tell_the_whole_and_looking_is_told() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let acme = organization(&store, ada, "Acme").await;
        let bob = member(&store, acme, "bob", Role::Developer).await;
        let robot = app(&store, acme, "Robot").await;
        let placed = install(&store, robot, acme, ada, ActorMode::App).await;
        let place = store.organization_dossier(acme).await.expect("a dossier");
        let members: Vec<_> = place.members.iter().map(|(who, role)| (who.id, *role)).collect();
        assert_eq!(members, [(ada, Role::Owner), (bob, Role::Developer)]);
        assert_eq!((place.apps.len(), place.installs.len(), place.timeline.len()), (1, 1, 2));
        let who = store.person_dossier(bob).await.expect("a dossier");
        assert_eq!((who.memberships.len(), who.timeline.len()), (1, 2), "his sign-up, and his new role");
        assert_eq!(store.install_dossier(placed).await.expect("a dossier").row.id, placed);
        assert_eq!(store.app_dossier(robot).await.expect("a dossier").installs.len(), 1);
        store.support_viewed(&by(bob), TargetKind::App, robot, "Robot").await.expect("told");
        assert_eq!(count(&store, "audit_events", "action = 'support.viewed' AND organization_id IS NULL").await, 1);
        let id = store.new_id();
        assert!(matches!(store.app_dossier(AppId(id)).await, Err(StoreError::NotFound)));
        assert!(matches!(store.install_dossier(InstallId(id)).await, Err(StoreError::NotFound)));
        assert!(matches!(store.organization_dossier(OrgId(id)).await, Err(StoreError::NotFound)));
        assert!(matches!(store.person_dossier(UserId(id)).await, Err(StoreError::NotFound)));
    })
    .await;
}
