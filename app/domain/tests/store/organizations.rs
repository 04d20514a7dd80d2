//! Organizations and who belongs to them.

use std::collections::BTreeSet;

use domain::audit::Action;
use domain::organization::{InstallPolicy, Status};
use domain::role::Role;
use domain::store::organizations::{CreateOrganizationError, SetOrganizationError};
use domain::store::{By, StoreError};

use crate::harness::{by, count, log, member, on_each_database, organization, person};

#[tokio::test]
async fn the_maker_of_an_organization_is_its_owner() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let acme = organization(&store, ada, " Acme,  Inc. ").await;
        assert_eq!(store.membership(ada, acme).await.expect("answers"), Some(Role::Owner));
        let name = store.organization_name(acme).await.expect("answers").expect("there");
        assert_eq!((name.slug.as_str(), name.name.as_str()), ("acme-inc", "Acme, Inc."));
        let twin = organization(&store, ada, "ACME inc").await;
        let other = store.organization_name(twin).await.expect("answers").expect("there");
        assert!(other.slug.starts_with("acme-inc-") && other.slug.len() == "acme-inc-".len() + 5, "{}", other.slug);
        assert_eq!(log(&store, acme).await[0].action, Action::OrganizationCreated);
        let empty = store.create_organization(&by(ada), ada, "  ").await;
        assert!(matches!(empty, Err(CreateOrganizationError::InvalidName)));
    })
    .await;
}

#[tokio::test]
async fn two_organizations_of_one_name_at_once_get_a_slug_each() {
    on_each_database(async |store, _clock| {
        let mut makers = Vec::new();
        for number in 0..6 {
            makers.push(person(&store, &format!("maker{number}")).await);
        }
        let made = makers.into_iter().map(|maker| {
            let store = store.clone();
            tokio::spawn(async move { store.create_organization(&by(maker), maker, "Acme").await })
        });
        let mut slugs = BTreeSet::new();
        for one in made.collect::<Vec<_>>() {
            let id = one.await.expect("no panic").expect("made");
            slugs.insert(store.organization_name(id).await.expect("answers").expect("there").slug);
        }
        assert_eq!(slugs.len(), 6);
        assert!(slugs.contains("acme"));
    })
    .await;
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_organization_even_at_once() {
    on_each_database(async |store, clock| {
        let (ada, bob) = (person(&store, "ada").await, person(&store, "bob").await);
        let mut tasks = tokio::task::JoinSet::new();
        for name in ["Acme", " Acme "].into_iter().cycle().take(8) {
            let store = store.clone();
            tasks.spawn(async move { store.create_organization(&by(ada), ada, name).await });
        }
        let made: BTreeSet<_> = tasks.join_all().await.into_iter().map(|made| made.expect("an answer")).collect();
        assert_eq!(made.len(), 1, "{made:?}");
        assert_eq!(count(&store, "audit_events", "action = 'organization.created'").await, 1);
        clock.advance(59);
        let acme = organization(&store, ada, "Acme").await;
        assert!(made.contains(&acme));
        assert!(!made.contains(&organization(&store, ada, "Acme Two").await), "another name");
        assert!(!made.contains(&organization(&store, bob, "Acme").await), "another person");
        clock.advance(1);
        assert_ne!(organization(&store, ada, "Acme").await, acme, "later it is meant");
    })
    .await;
}

#[tokio::test]
async fn who_may_make_no_more_is_told_of_the_last_one_when_its_form_comes_twice() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        for number in 1..20 {
            organization(&store, ada, &format!("Number {number}")).await;
        }
        let last = organization(&store, ada, "Number 20").await;
        assert_eq!(organization(&store, ada, "Number 20").await, last);
    })
    .await;
}

#[tokio::test]
async fn a_person_makes_at_most_twenty_organizations() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        for number in 0..20 {
            organization(&store, ada, &format!("Number {number}")).await;
        }
        let refused = store.create_organization(&by(ada), ada, "One more").await;
        assert!(matches!(refused, Err(CreateOrganizationError::TooMany)));
    })
    .await;
}

#[tokio::test]
async fn an_organization_is_found_by_id_then_domain_then_slug() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let acme = organization(&store, ada, "Acme").await;
        let shop = organization(&store, ada, "Shop").await;
        let set = async |which: &str, domain: &str| {
            store.set_organization(&By::operator(), which, Some(domain.to_owned()), None).await
        };
        assert_eq!(set("acme", "Acme.Example").await.expect("set"), acme);
        assert!(matches!(set("shop", "acme.example").await, Err(SetOrganizationError::DomainTaken)));
        assert!(matches!(set("shop", "shop").await, Err(SetOrganizationError::InvalidDomain)));
        assert!(matches!(set("nobody", "a.example").await, Err(SetOrganizationError::NotFound)));
        assert_eq!(set(&acme.to_string(), "acme.example").await.expect("its own stays"), acme);
        let bare = acme.uuid().hyphenated().to_string();
        for name in [acme.to_string().as_str(), bare.as_str(), "acme", "ACME", "acme.example", "ACME.example", " acme "]
        {
            assert_eq!(store.find_organization(name).await.expect("answers"), Some(acme), "{name}");
        }
        for name in ["", ".", "Acme Inc", "acme.example.com", "acm", &bare[1..], &"a".repeat(5000)] {
            assert_eq!(store.find_organization(name).await.expect("answers"), None, "{name}");
        }
        for plan in [String::new(), "  ".to_owned(), "p".repeat(81)] {
            let refused = store.set_organization(&By::operator(), "shop", None, Some(plan)).await;
            assert!(matches!(refused, Err(SetOrganizationError::InvalidPlan)), "{refused:?}");
        }
        store.set_organization(&By::operator(), "shop", None, Some("pro".to_owned())).await.expect("set");
        assert_eq!(log(&store, shop).await[0].after.as_deref(), Some(r#"{"domain":null,"plan":"pro"}"#));
    })
    .await;
}

#[tokio::test]
async fn a_role_counts_while_person_and_organization_are_active() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let acme = organization(&store, ada, "Acme").await;
        let bob = member(&store, acme, "bob", Role::Developer).await;
        let role = async || store.membership(bob, acme).await.expect("answers");
        assert_eq!(role().await, Some(Role::Developer));
        store.set_member(&by(ada), acme, bob, Some(Role::Member)).await.expect("changed");
        assert_eq!(role().await, Some(Role::Member));
        store.set_organization_status(&By::operator(), acme, Status::Suspended).await.expect("suspended");
        assert_eq!(role().await, None);
        store.set_organization_status(&By::operator(), acme, Status::Active).await.expect("active");
        let tokens = crate::tokens_of(&store, bob, acme).await;
        store.set_member(&by(ada), acme, bob, None).await.expect("left");
        assert_eq!(role().await, None);
        assert_eq!(tokens.live(&store).await, (0, 3), "what acted as him there is dead");
        let unknown = domain::id::UserId(store.new_id());
        let refused = store.set_member(&by(ada), acme, unknown, Some(Role::Admin)).await;
        assert!(matches!(refused, Err(StoreError::NotFound)));
        let changes = log(&store, acme).await.into_iter().filter(|row| row.action == Action::MemberRoleChanged);
        assert_eq!(changes.count(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_new_name_tells_the_log_in_whose_name() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let acme = organization(&store, ada, "Acme").await;
        let renamed = store.rename_organization(&by(ada), Some(ada), acme, " Acme & Sons ").await.expect("renamed");
        assert_eq!((renamed.name.as_str(), renamed.slug.as_str()), ("Acme & Sons", "acme"), "the slug stays");
        let event = &log(&store, acme).await[0];
        assert_eq!(event.on_behalf_of.as_deref(), Some("ada"));
        assert_eq!(event.before.as_deref(), Some(r#"{"name":"Acme"}"#));
        let refused = store.rename_organization(&by(ada), None, acme, "\u{0}").await;
        assert!(matches!(refused, Err(SetOrganizationError::InvalidName)));
        store.set_install_policy(&by(ada), acme, InstallPolicy::Open).await.expect("set");
        assert_eq!(log(&store, acme).await[0].action, Action::PolicyChanged);
    })
    .await;
}

#[tokio::test]
async fn two_who_make_one_person_a_member_at_once_both_get_an_answer() {
    on_each_database(async |store, _clock| {
        let (ada, bob) = (person(&store, "ada").await, person(&store, "bob").await);
        let acme = organization(&store, ada, "Acme").await;
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let store = store.clone();
            tasks.spawn(async move { store.set_member(&By::operator(), acme, bob, Some(Role::Developer)).await });
        }
        for answer in tasks.join_all().await {
            answer.expect("a member, by whomever");
        }
        assert_eq!(store.membership(bob, acme).await.expect("answers"), Some(Role::Developer));
        let joined = "action = 'member.role_changed' AND before LIKE '%null%'";
        assert_eq!(count(&store, "audit_events", joined).await, 1, "he joined once");
    })
    .await;
}
