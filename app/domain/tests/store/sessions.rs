//! Sessions of people.

use domain::id::UserId;
use domain::store::sessions::{MAX_PER_PERSON, NewSession, SessionKey};
use domain::store::{By, Store, StoreError};
use domain::time::Timestamp;

use crate::harness::{PASSWORD, START, anonymous, by, count, on_each_database, person, typed};

/// A session of an hour, after a sign-in now.
pub(crate) async fn session(store: &Store, key: &SessionKey, user: UserId) -> bool {
    session_since(store, key, user, store.now()).await
}

async fn session_since(store: &Store, key: &SessionKey, user: UserId, authenticated_at: Timestamp) -> bool {
    let new = NewSession {
        user,
        data: "{\"a\":1}".to_owned(),
        authenticated_at,
        expires_at: store.now().plus_seconds(3600),
        ip: None,
        user_agent: Some("a test".to_owned()),
    };
    store.create_session(key, new).await.expect("writes")
}

#[tokio::test]
async fn a_session_is_made_saved_and_loaded_until_it_ends() {
    on_each_database(async |store, clock| {
        let ada = person(&store, "ada").await;
        let key = SessionKey::new(-42);
        assert!(session(&store, &key, ada).await);
        assert!(!session(&store, &key, ada).await, "a key is one session's");
        assert!(store.save_session(&key, "{}".to_owned(), START.plus_seconds(7200)).await.expect("saves"));
        clock.advance(7199);
        let loaded = store.load_session(&key).await.expect("loads").expect("lives");
        assert_eq!((loaded.user, loaded.data.as_str(), loaded.authenticated_at), (ada, "{}", START));
        clock.advance(1);
        assert!(store.load_session(&key).await.expect("loads").is_none());
        assert!(!store.save_session(&key, "{}".to_owned(), START.plus_seconds(9999)).await.expect("answers"));
        let other = SessionKey::new(43);
        assert!(session(&store, &other, ada).await);
        store.sweep(store.now()).await.expect("sweeps");
        assert!(store.load_session(&other).await.expect("loads").is_some());
        assert_eq!(count(&store, "sessions", "1 = 1").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_session_does_not_begin_after_a_new_password_with_a_sign_in_before_it() {
    on_each_database(async |store, clock| {
        let ada = person(&store, "ada").await;
        let (old, other, new) = (SessionKey::new(1), SessionKey::new(2), SessionKey::new(3));
        let lives = async |key: &SessionKey| store.load_session(key).await.expect("loads").is_some();
        clock.advance(1);
        let (current, next) = (typed(PASSWORD), typed("another long walk"));
        store.change_password(&by(ada), ada, current, next, None).await.expect("changed");
        assert!(session_since(&store, &old, ada, START).await, "it has ended, and its key is free");
        assert!(!lives(&old).await);
        clock.advance(1);
        let path = store.create_link(&By::operator(), "ada@example.com", None).await.expect("a link").0;
        crate::links::use_path(&store, &path, "brand new words").await.expect("used");
        session_since(&store, &other, ada, START.plus_seconds(1)).await;
        assert!(!lives(&other).await);
        assert!(session(&store, &new, ada).await);
        assert!(lives(&new).await, "the sign-in after it");
        assert_eq!(count(&store, "sessions", "1 = 1").await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_ended_session_is_not_saved_back_to_life() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let key = SessionKey::new(7);
        session(&store, &key, ada).await;
        store.sign_out(&by(ada), &key).await.expect("signed out");
        assert!(!store.save_session(&key, "{}".to_owned(), START.plus_seconds(60)).await.expect("answers"));
        assert!(store.load_session(&key).await.expect("loads").is_none());
        store.sign_out(&by(ada), &key).await.expect("once more is no error");
        assert_eq!(count(&store, "audit_events", "action = 'session.ended'").await, 1);
    })
    .await;
}

#[tokio::test]
async fn req_115_a_person_ends_his_own_sessions_only() {
    on_each_database(async |store, clock| {
        let (ada, bob) = (person(&store, "ada").await, person(&store, "bob").await);
        let (here, there) = (SessionKey::new(1), SessionKey::new(2));
        session(&store, &there, ada).await;
        clock.advance(60);
        session(&store, &here, ada).await;
        let rows = store.sessions_of(ada, &here).await.expect("rows");
        assert_eq!(rows.iter().map(|row| row.current).collect::<Vec<_>>(), [true, false]);
        let other = rows[1].id;
        assert!(matches!(store.end_session(&by(bob), bob, other).await, Err(StoreError::NotFound)));
        store.end_session(&by(ada), ada, other).await.expect("ended");
        assert!(store.load_session(&there).await.expect("loads").is_none());
        assert!(store.load_session(&here).await.expect("loads").is_some());
        assert!(store.sessions_of(bob, &here).await.expect("rows").is_empty());
    })
    .await;
}

#[tokio::test]
async fn last_seen_is_written_at_most_once_a_minute() {
    on_each_database(async |store, clock| {
        let ada = person(&store, "ada").await;
        let key = SessionKey::new(1);
        session(&store, &key, ada).await;
        let seen = async || {
            store.load_session(&key).await.expect("loads").expect("lives");
            store.sessions_of(ada, &key).await.expect("rows")[0].last_seen_at.seconds_since(START)
        };
        clock.advance(59);
        assert_eq!(seen().await, 0);
        clock.advance(1);
        assert_eq!(seen().await, 60);
    })
    .await;
}

#[tokio::test]
async fn req_128_a_sessions_key_is_kept_hashed() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let key = SessionKey::new(0x0123_4567);
        session(&store, &key, ada).await;
        assert_eq!(count(&store, "sessions", "length(id_hash) = 32").await, 1);
        assert_eq!(format!("{key:?}"), "SessionKey(…)");
    })
    .await;
}

#[tokio::test]
async fn one_session_too_many_ends_the_persons_oldest() {
    on_each_database(async |store, clock| {
        let (ada, bob) = (person(&store, "ada").await, person(&store, "bob").await);
        session(&store, &SessionKey::new(0), bob).await;
        let most = i128::from(MAX_PER_PERSON);
        for number in 1..=most {
            session(&store, &SessionKey::new(number), ada).await;
            clock.advance(1);
        }
        let lives = async |number| store.load_session(&SessionKey::new(number)).await.expect("loads").is_some();
        assert!(lives(1).await);
        assert!(session(&store, &SessionKey::new(most + 1), ada).await);
        assert!(!lives(1).await && lives(2).await && lives(most + 1).await);
        assert!(lives(0).await, "another person's");
        let ended = "action = 'session.ended' AND actor_kind = 'system'";
        assert_eq!(count(&store, "audit_events", ended).await, 1);
    })
    .await;
}

#[tokio::test]
async fn who_signs_in_by_a_clock_behind_that_which_set_his_password_is_signed_in() {
    on_each_database(async |store, clock| {
        let ada = person(&store, "ada").await;
        clock.advance(-5);
        let visitor = store.sign_in(&anonymous(), "ada@example.com", typed(PASSWORD)).await.expect("right");
        assert_eq!(visitor.user, ada);
        let key = SessionKey::new(1);
        assert!(session_since(&store, &key, ada, visitor.authenticated_at).await);
        assert!(store.load_session(&key).await.expect("loads").is_some());
    })
    .await;
}
