//! People: sign-up, sign-in, passwords, staff.

use domain::audit::{Action, Outcome};
use domain::organization::Status;
use domain::role::{Role, StaffRole};
use domain::store::accounts::{ChangePasswordError, NewPerson, SignInError, SignUpError};
use domain::store::sessions::SessionKey;
use domain::store::staff::AddStaffError;
use domain::store::sweep::TOKEN_KEPT_SECONDS;
use domain::store::{By, PasswordCost, Settings};
use sea_orm::ConnectionTrait;

use crate::harness::{
    PASSWORD, anonymous, by, count, on_each_database, on_each_database_under, organization, person, settings, typed,
};
use crate::sessions::session;

#[tokio::test]
async fn a_person_signs_up_and_signs_in_with_any_spelling_of_his_address() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        assert_eq!(store.sign_in(&anonymous(), " ADA@example.COM ", typed(PASSWORD)).await.expect("right").user, ada);
        let me = store.me(ada, None).await.expect("the database answers").expect("active");
        assert_eq!((me.name.as_str(), me.email.as_str(), me.current), ("ada", "ada@example.com", None));
        let events = store.timeline_of_user(ada).await.expect("a timeline");
        let actions: Vec<_> = events.iter().map(|event| event.action).collect();
        assert_eq!(actions, [Action::SignedIn, Action::UserCreated]);
        assert_eq!(events[0].ip.as_deref(), Some("203.0.113.7"));
    })
    .await;
}

#[tokio::test]
async fn sign_up_refuses_taken_addresses_and_nonsense() {
    on_each_database(async |store, _clock| {
        person(&store, "ada").await;
        let sign_up = async |name: &str, email: &str| {
            let new = NewPerson { name: name.to_owned(), email: email.to_owned(), password: typed(PASSWORD) };
            store.sign_up(&anonymous(), new).await.expect_err("refused")
        };
        assert!(matches!(sign_up("Ada", "Ada@Example.com").await, SignUpError::EmailTaken));
        assert!(matches!(sign_up("  ", "b@example.com").await, SignUpError::InvalidName));
        assert!(matches!(sign_up(&"x".repeat(81), "b@example.com").await, SignUpError::InvalidName));
        assert!(matches!(sign_up("\u{301}", "b@example.com").await, SignUpError::InvalidName));
        for bad in
            ["", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", "a\r\nBcc: x@y", "a@b,c", "a;b@c", "<a@b>", "a\u{202e}b@c"]
        {
            let refused = sign_up("Bob", bad).await;
            assert!(matches!(refused, SignUpError::InvalidEmail), "{bad:?} {refused:?}");
        }
        assert_eq!(count(&store, "users", "1 = 1").await, 1);
    })
    .await;
}

#[tokio::test]
async fn of_two_who_sign_up_with_one_address_at_once_one_wins() {
    on_each_database(async |store, _clock| {
        let tries = (0..6).map(|_| {
            let store = store.clone();
            let new =
                NewPerson { name: "Ada".to_owned(), email: "ada@example.com".to_owned(), password: typed(PASSWORD) };
            tokio::spawn(async move { store.sign_up(&anonymous(), new).await })
        });
        let mut winners = 0;
        for one in tries.collect::<Vec<_>>() {
            match one.await.expect("no panic") {
                Ok(_) => winners += 1,
                Err(error) => assert!(matches!(error, SignUpError::EmailTaken), "{error}"),
            }
        }
        assert_eq!((winners, count(&store, "audit_events", "action = 'user.created'").await), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn req_126_whoever_signs_in_with_an_unknown_address_has_a_password_checked_as_all_others() {
    // One at a time, of 16 MiB each: so many wait soon that the next are told to come again.
    let cost = PasswordCost { memory_kib: 16 * 1024, passes: 1, lanes: 1 };
    let settings = Settings { password_workers: 1, password_cost: cost, ..settings() };
    on_each_database_under(settings, async |store, _clock| {
        person(&store, "bob").await;
        store.add_staff(&By::operator(), "eve@example.com", StaffRole::Support, false).await.expect("a link");
        for email in ["bob@example.com", "nobody@example.com", "not an address", "eve@example.com"] {
            let stranger = anonymous();
            let crowd = (0..60).map(|_| store.sign_in(&stranger, email, typed("wrong password")));
            let answers = futures::future::join_all(crowd).await;
            assert!(
                answers.iter().any(|answer| matches!(answer, Err(SignInError::Busy(_)))),
                "{email}: nothing was to do"
            );
            assert!(answers.iter().any(|answer| matches!(answer, Err(SignInError::Refused))), "{email}");
        }
    })
    .await;
}

#[tokio::test]
async fn req_126_unknown_wrong_without_password_and_suspended_are_one_answer() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        person(&store, "bob").await;
        store.set_user_status(&By::operator(), ada, Status::Suspended).await.expect("suspended");
        store.add_staff(&By::operator(), "eve@example.com", StaffRole::Support, false).await.expect("a link");
        for (email, password) in [
            ("nobody@example.com", PASSWORD),
            ("not an address", PASSWORD),
            ("bob@example.com", "wrong password"),
            ("bob@example.com", ""),
            ("eve@example.com", ""),
            ("eve@example.com", PASSWORD),
            ("ada@example.com", PASSWORD),
        ] {
            let refused = store.sign_in(&anonymous(), email, typed(password)).await;
            assert!(matches!(refused, Err(SignInError::Refused)), "{email} {refused:?}");
        }
        let failed = "action = 'session.failed' AND outcome = 'refused' AND actor_kind = 'anonymous'";
        assert_eq!(count(&store, "audit_events", failed).await, 7, "requirement 132: each failure is in the log");
        assert_eq!(count(&store, "audit_events", "action = 'session.created'").await, 0);
        assert_eq!(count(&store, "audit_events", "target_name LIKE '%not an%'").await, 0, "what was typed is not kept");
    })
    .await;
}

#[tokio::test]
async fn req_109_a_changed_password_ends_the_sessions_and_the_self_tokens() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let (here, there) = (SessionKey::new(1), SessionKey::new(2));
        for key in [&here, &there] {
            assert!(session(&store, key, ada).await);
        }
        let tokens = crate::tokens_of_both_modes(&store, ada).await;
        let change = async |current: &str| {
            store.change_password(&by(ada), ada, typed(current), typed("another long walk"), Some(&here)).await
        };
        assert!(matches!(change("not it").await, Err(ChangePasswordError::WrongPassword)));
        assert_eq!(tokens.live(&store).await, (3, 3), "a refusal changes nothing");
        assert_eq!(change(PASSWORD).await.expect("changed"), store.now());
        for key in [&here, &there] {
            assert!(store.load_session(key).await.expect("loads").is_none(), "a new one may begin");
        }
        assert_eq!(tokens.live(&store).await, (0, 3), "self ends, app stays");
        assert!(store.sign_in(&anonymous(), "ada@example.com", typed(PASSWORD)).await.is_err());
        assert!(store.sign_in(&anonymous(), "ada@example.com", typed("another long walk")).await.is_ok());
        let log = store.timeline_of_user(ada).await.expect("a timeline");
        let changes = log.iter().filter(|event| event.action == Action::PasswordChanged);
        assert_eq!(changes.map(|event| event.outcome).collect::<Vec<_>>(), [Outcome::Success, Outcome::Refused]);
    })
    .await;
}

#[tokio::test]
async fn a_self_token_that_never_ends_is_swept_after_a_new_password_ended_it() {
    on_each_database(async |store, clock| {
        let ada = person(&store, "ada").await;
        crate::tokens_of_both_modes(&store, ada).await;
        let (current, new) = (typed(PASSWORD), typed("another long walk"));
        store.change_password(&by(ada), ada, current, new, None).await.expect("changed");
        clock.advance(TOKEN_KEPT_SECONDS);
        store.sweep(store.now()).await.expect("swept");
        for table in ["access_tokens", "refresh_tokens"] {
            assert_eq!(count(&store, table, "actor = 'self'").await, 0, "{table}");
            assert_eq!(count(&store, table, "actor = 'app'").await, 1, "{table}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_that_was_ended_without_an_end_gets_one_by_a_migration() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        crate::tokens_of_both_modes(&store, ada).await;
        for sql in [
            "UPDATE refresh_tokens SET revoked_at = 7 WHERE actor = 'self'",
            "DELETE FROM seaql_migrations WHERE version = 'm0044_ends_of_self_tokens'",
        ] {
            store.writer().execute_unprepared(sql).await.expect("as it was");
        }
        migrations::up(store.writer()).await.expect("runs");
        assert_eq!(count(&store, "refresh_tokens", "expires_at = 7 AND actor = 'self'").await, 1);
        assert_eq!(count(&store, "refresh_tokens", "expires_at IS NULL AND actor = 'app'").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_suspended_person_is_out_at_once() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let acme = organization(&store, ada, "Acme").await;
        let key = SessionKey::new(5);
        session(&store, &key, ada).await;
        let tokens = crate::tokens_of_both_modes(&store, ada).await;
        store.set_user_status(&By::operator(), ada, Status::Suspended).await.expect("suspended");
        assert!(store.load_session(&key).await.expect("loads").is_none());
        assert!(store.me(ada, None).await.expect("answers").is_none());
        assert_eq!(store.membership(ada, acme).await.expect("answers"), None);
        assert_eq!(tokens.live(&store).await, (0, 3));
        store.set_user_status(&By::operator(), ada, Status::Active).await.expect("active");
        assert_eq!(store.membership(ada, acme).await.expect("answers"), Some(Role::Owner));
        assert!(store.load_session(&key).await.expect("loads").is_none(), "the session does not come back");
    })
    .await;
}

#[tokio::test]
async fn the_current_organization_is_one_of_the_persons_own() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let bob = person(&store, "bob").await;
        let zebra = organization(&store, ada, "Zebra").await;
        let acme = organization(&store, ada, "Acme").await;
        let foreign = organization(&store, bob, "Bobs").await;
        let current = async |wanted| {
            let me = store.me(ada, wanted).await.expect("answers").expect("active");
            assert_eq!(me.memberships.iter().map(|one| one.organization.id).collect::<Vec<_>>(), [acme, zebra]);
            me.current.expect("one").organization.id
        };
        assert_eq!(current(Some(zebra)).await, zebra);
        assert_eq!(current(None).await, acme);
        assert_eq!(current(Some(foreign)).await, acme, "requirement 115: not another's");
        store.set_member(&by(bob), foreign, bob, Some(Role::Owner)).await.expect("as he is");
        store.set_member(&by(ada), acme, bob, Some(Role::Owner)).await.expect("another owner");
        store.set_member(&by(bob), acme, ada, Some(Role::Member)).await.expect("a member now");
        assert_eq!(current(None).await, zebra, "where the person may do most");
        assert_eq!(current(Some(acme)).await, acme);
        store.set_organization_status(&By::operator(), acme, Status::Suspended).await.expect("suspended");
        let me = store.me(ada, Some(acme)).await.expect("answers").expect("active");
        assert_eq!(me.current.expect("one").organization.id, zebra);
    })
    .await;
}

#[tokio::test]
async fn staff_begin_with_the_link_and_an_existing_account_must_be_named() {
    on_each_database(async |store, _clock| {
        let new = store.add_staff(&By::operator(), "Sue@example.com", StaffRole::Support, false).await.expect("new");
        assert_eq!(new.existed_since, None);
        let sue = crate::links::use_path(&store, &new.link_path, "a staff password").await.expect("used");
        let me = store.me(sue, None).await.expect("answers").expect("active");
        assert_eq!((me.name.as_str(), me.staff_role), ("sue", Some(StaffRole::Support)));

        let nobody = store.add_staff(&By::operator(), "ada@example.com", StaffRole::Operator, true).await;
        assert!(matches!(nobody, Err(AddStaffError::Nobody)), "{nobody:?}");
        assert_eq!(count(&store, "users", "email = 'ada@example.com'").await, 0, "an account is not made in passing");
        let ada = person(&store, "ada").await;
        let since = store.now();
        let key = SessionKey::new(9);
        session(&store, &key, ada).await;
        let refused = store.add_staff(&By::operator(), "ada@example.com", StaffRole::Operator, false).await;
        assert!(matches!(refused, Err(AddStaffError::Exists { since: told }) if told == since));
        assert!(store.load_session(&key).await.expect("loads").is_some(), "a refusal changes nothing");

        let added =
            store.add_staff(&By::operator(), "ada@example.com", StaffRole::Operator, true).await.expect("added");
        assert_eq!(added.existed_since, Some(since));
        assert!(store.load_session(&key).await.expect("loads").is_none(), "the old sessions end at once");
        assert!(store.sign_in(&anonymous(), "ada@example.com", typed(PASSWORD)).await.is_err(), "the old password too");
        assert_eq!(
            store.me(ada, None).await.expect("answers").expect("active").staff_role,
            None,
            "not before the link"
        );
        crate::links::use_path(&store, &added.link_path, "a staff password").await.expect("used");
        let me = store.me(ada, None).await.expect("answers").expect("active");
        assert_eq!(me.staff_role, Some(StaffRole::Operator));
    })
    .await;
}

#[tokio::test]
async fn a_suspended_account_gets_no_staff_role_and_loses_nothing() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        store.set_user_status(&By::operator(), ada, Status::Suspended).await.expect("suspended");
        for existing in [false, true] {
            let refused = store.add_staff(&By::operator(), "ada@example.com", StaffRole::Support, existing).await;
            assert!(matches!(refused, Err(AddStaffError::Suspended)), "{refused:?}");
        }
        assert_eq!(count(&store, "one_time_links", "1 = 1").await, 0);
        store.set_user_status(&By::operator(), ada, Status::Active).await.expect("active");
        store.sign_in(&anonymous(), "ada@example.com", typed(PASSWORD)).await.expect("the password is there still");
    })
    .await;
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_changes_no_password() {
    on_each_database(async |store, _clock| {
        let (ada, bob) = (person(&store, "ada").await, person(&store, "bob").await);
        let (gone, of_bob) = (SessionKey::new(1), SessionKey::new(2));
        assert!(session(&store, &of_bob, bob).await);
        for key in [&gone, &of_bob] {
            let (me, current, new) = (by(ada), typed(PASSWORD), typed("another long walk"));
            let changed = store.change_password(&me, ada, current, new, Some(key)).await;
            assert!(matches!(changed, Err(ChangePasswordError::SessionEnded)), "{changed:?}");
        }
        assert!(store.sign_in(&anonymous(), "ada@example.com", typed(PASSWORD)).await.is_ok());
    })
    .await;
}
