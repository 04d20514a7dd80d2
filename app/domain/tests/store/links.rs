//! One-time links that set a password.

use domain::id::UserId;
use domain::role::StaffRole;
use domain::store::links::{CreateLinkError, LINK_SECONDS, UseLinkError};
use domain::store::sessions::SessionKey;
use domain::store::{By, Store};

use crate::harness::{PASSWORD, anonymous, count, on_each_database, person, typed};
use crate::sessions::session;

/// Uses the link with this path.
pub(crate) async fn use_path(store: &Store, path: &str, password: &str) -> Result<UserId, UseLinkError> {
    store.use_link(&anonymous(), token_of(path), typed(password)).await
}

fn token_of(path: &str) -> &str {
    path.strip_prefix("/set-password/").expect("a path of the portal")
}

async fn link(store: &Store) -> String {
    store.create_link(&By::operator(), "ada@example.com", None).await.expect("a link").0
}

#[tokio::test]
async fn a_link_sets_the_password_once_and_ends_every_session() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let key = SessionKey::new(3);
        session(&store, &key, ada).await;
        let tokens = crate::tokens_of_both_modes(&store, ada).await;
        let path = link(&store).await;
        for _ in 0..3 {
            let email = store.link_person(token_of(&path)).await.expect("answers");
            assert_eq!(email.as_deref(), Some("ada@example.com"), "looking does not use it");
        }
        assert_eq!(use_path(&store, &path, "brand new words").await.expect("used"), ada);
        assert!(store.load_session(&key).await.expect("loads").is_none());
        assert_eq!(tokens.live(&store).await, (0, 3));
        assert!(store.sign_in(&anonymous(), "ada@example.com", typed(PASSWORD)).await.is_err());
        assert!(store.sign_in(&anonymous(), "ada@example.com", typed("brand new words")).await.is_ok());
        assert!(matches!(use_path(&store, &path, "a second use").await, Err(UseLinkError::Gone)));
        assert_eq!(store.link_person(token_of(&path)).await.expect("answers"), None);
    })
    .await;
}

#[tokio::test]
async fn a_newer_link_ends_the_older_and_a_day_ends_each() {
    on_each_database(async |store, clock| {
        person(&store, "ada").await;
        let (older, newer) = (link(&store).await, link(&store).await);
        assert!(matches!(use_path(&store, &older, "too late for it").await, Err(UseLinkError::Gone)));
        clock.advance(LINK_SECONDS - 1);
        assert!(store.link_person(token_of(&newer)).await.expect("answers").is_some());
        clock.advance(1);
        assert!(matches!(use_path(&store, &newer, "too late for it").await, Err(UseLinkError::Gone)));
    })
    .await;
}

#[tokio::test]
async fn two_at_once_use_a_link_once() {
    on_each_database(async |store, _clock| {
        person(&store, "ada").await;
        let path = link(&store).await;
        let tries = (0..8).map(|number| {
            let (store, path) = (store.clone(), path.clone());
            tokio::spawn(async move { use_path(&store, &path, &format!("password number {number}")).await.is_ok() })
        });
        let mut winners = 0;
        for one in tries.collect::<Vec<_>>() {
            winners += u32::from(one.await.expect("no panic"));
        }
        assert_eq!(winners, 1);
    })
    .await;
}

#[tokio::test]
async fn req_128_a_link_is_kept_hashed_and_a_forged_one_is_gone() {
    on_each_database(async |store, _clock| {
        person(&store, "ada").await;
        let path = link(&store).await;
        let token = token_of(&path).to_owned();
        let last = if token.ends_with('0') { '1' } else { '0' };
        let changed = format!("{}{last}", &token[..token.len() - 1]);
        for forged in ["", "x", changed.as_str(), "ptclink_", &token.replacen("ptclink_", "ptcsec_", 1)] {
            assert_eq!(store.link_person(forged).await.expect("answers"), None, "{forged}");
        }
        assert_eq!(count(&store, "one_time_links", "length(token_hash) = 32").await, 1);
        assert_eq!(count(&store, "audit_events", &format!("after LIKE '%{token}%'")).await, 0);
        let unknown = store.create_link(&By::operator(), "nobody@example.com", None).await;
        assert!(matches!(unknown, Err(CreateLinkError::UnknownPerson)));
    })
    .await;
}

#[tokio::test]
async fn a_links_staff_role_begins_when_it_is_used() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let role = async || store.me(ada, None).await.expect("answers").expect("active").staff_role;
        let made = store.create_link(&By::operator(), "ada@example.com", Some(StaffRole::Operator)).await;
        let path = made.expect("a link").0;
        assert_eq!(role().await, None);
        use_path(&store, &path, "brand new words").await.expect("used");
        assert_eq!(role().await, Some(StaffRole::Operator));
        use_path(&store, &link(&store).await, "newer new words").await.expect("used");
        assert_eq!(role().await, Some(StaffRole::Operator), "a plain link takes nothing away");
        assert_eq!(count(&store, "audit_events", "action = 'staff.role_changed'").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_password_link_keeps_the_role_that_a_waiting_link_promised() {
    on_each_database(async |store, clock| {
        let promised = store.add_staff(&By::operator(), "ada@example.com", StaffRole::Support, false).await;
        let promised = promised.expect("a link").link_path;
        let ada = use_path(&store, &link(&store).await, "brand new words").await.expect("used");
        assert!(matches!(use_path(&store, &promised, "too late for it").await, Err(UseLinkError::Gone)));
        let role = async |user| store.me(user, None).await.expect("answers").expect("active").staff_role;
        assert_eq!(role(ada).await, Some(StaffRole::Support));

        let bob = person(&store, "bob").await;
        let make = async |role| store.create_link(&By::operator(), "bob@example.com", role).await.expect("a link").0;
        make(Some(StaffRole::Operator)).await;
        clock.advance(LINK_SECONDS);
        use_path(&store, &make(None).await, "brand new words").await.expect("used");
        assert_eq!(role(bob).await, None, "a promise that ran out is over");
    })
    .await;
}
