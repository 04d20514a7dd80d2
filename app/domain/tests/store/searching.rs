//! What people type: what they look for, and what they leave as a reason.

use domain::portal::{NewApp, ScopeChoice};
use domain::review::{ReviewStatus, Verdict};
use domain::store::audit_log::AuditFilter;
use domain::store::installs::InstallFilter;
use domain::store::{AppReview, By, Settings};

use crate::flow::{World, new_app};
use crate::harness::{by, on_each_database, on_each_database_under, organization, person, settings};
use crate::lookups::newest_install;

#[tokio::test]
async fn a_name_is_found_as_it_is_written_whatever_its_letters() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let place = organization(&store, ada, "Örtlich & Söhne").await;
        let found = async |text: &str| {
            let found = store.search(text).await.expect("an answer").organizations;
            found.iter().map(|one| one.organization.id).collect::<Vec<_>>()
        };
        for text in ["Örtlich & Söhne", "Örtlich", "SöHNE"] {
            assert_eq!(found(text).await, [place], "{text}");
        }
        for text in ["Ö_tlich", "Ö%", "Örtlich\\"] {
            assert!(found(text).await.is_empty(), "{text}: signs are taken literally");
        }
    })
    .await;
}

#[tokio::test]
async fn control_characters_in_what_is_looked_for_are_passed_over() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.tokens("").await;
        for text in ["\u{0}", "RO\u{0}BOT", "\u{0}robot\u{7f}"] {
            let filter = InstallFilter { q: Some(text.to_owned()), ..InstallFilter::default() };
            let found = store.installs_in(world.target, filter).await.expect("answers").items;
            assert_eq!(found.len(), 1, "{text:?}");
            let filter = AuditFilter { text: Some(text.to_owned()), ..AuditFilter::default() };
            let found = store.audit_log(world.target, filter).await.expect("answers").items;
            assert!(!found.is_empty(), "{text:?}");
        }
        for text in ["\u{0}robot", "\u{0}"] {
            let found = store.search(text).await.expect("answers").apps.len();
            assert_eq!(found, usize::from(text.len() > 1), "{text:?}");
            let found = store.apps_of(world.partner, Some(text), None).await.expect("answers").items.len();
            assert_eq!(found, 1, "{text:?}");
        }
        let filter = AuditFilter { actor: Some("Some\u{0}body".to_owned()), ..AuditFilter::default() };
        assert!(!store.audit_log(world.target, filter).await.expect("answers").items.is_empty());
    })
    .await;
}

#[tokio::test]
async fn of_a_long_text_what_a_search_takes_is_looked_for_wherever_it_is_typed() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.tokens("").await;
        for long in ["x".repeat(100_000), "%".repeat(100_000), "é".repeat(100_000)] {
            let filter = InstallFilter { q: Some(long.clone()), ..InstallFilter::default() };
            assert!(store.installs_in(world.target, filter).await.expect("answers").items.is_empty());
            for (text, actor) in [(Some(long.clone()), None), (None, Some(long.clone()))] {
                let filter = AuditFilter { text, actor, ..AuditFilter::default() };
                assert!(store.audit_log(world.target, filter).await.expect("answers").items.is_empty());
            }
            assert!(store.apps_of(world.partner, Some(&long), None).await.expect("answers").items.is_empty());
            assert!(store.search(&long).await.expect("answers").organizations.is_empty());
        }
        let padded = format!("{}robot", " ".repeat(100_000));
        assert_eq!(store.apps_of(world.partner, Some(&padded), None).await.expect("answers").items.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_reason_is_one_line_without_control_characters() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        for (typed, kept) in [("\u{0}No longer\nneeded\u{7} ", Some("No longer needed")), ("\u{0}", None)] {
            world.tokens("").await;
            let install = newest_install(&world).await;
            let reason = Some(typed.to_owned());
            store.revoke_install(&by(world.admin), world.target, install, reason, false).await.expect("his");
            let detail = store.install(world.target, install).await.expect("still listed");
            assert_eq!(detail.revoked_reason.as_deref(), kept, "{typed:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn texts_of_an_app_its_secrets_and_its_review_hold_no_control_characters() {
    on_each_database_under(Settings { app_review: AppReview::BeforeLive, ..settings() }, async |store, _clock| {
        let ada = person(&store, "ada").await;
        let (owner, by) = (organization(&store, ada, "Works").await, by(ada));
        let purpose = |scope: &str| ScopeChoice {
            token: scope.parse().expect("a scope"),
            purpose: "To\u{0}read\n".to_owned(),
            required: true,
        };
        let made = store.create_app(
            &by,
            owner,
            NewApp { description: "One\u{0}\nline".to_owned(), scopes: vec![purpose("read")], ..new_app("New", &[]) },
        );
        let app = made.await.expect("a new app").id;
        store.create_secret(&by, owner, app, "Next\u{0}\tyear").await.expect("a secret");
        store.set_scopes(&by, owner, app, vec![purpose("read"), purpose("write")], None).await.expect("its scopes");
        store.submit_app(&by, owner, app, None).await.expect("a submission");
        let open = store.reviews(ReviewStatus::Submitted, None).await.expect("answers").items;
        let feedback = Some("Two\u{0}\nlines\r\n".to_owned());
        store.decide_review(&By::operator(), open[0].id, Verdict::AskForChanges, feedback).await.expect("decided");

        let told = store.app_review(owner, app).await.expect("his app").launch.expect("its review");
        assert_eq!(told.feedback.as_deref(), Some("Two\nlines"));
        let detail = store.app(owner, app).await.expect("his app");
        assert_eq!(detail.fields.description, "One  line");
        assert!(detail.scopes.iter().all(|scope| scope.purpose == "To read"), "{:?}", detail.scopes);
        let secrets = store.secrets_of(owner, app).await.expect("his app");
        assert!(secrets.iter().any(|secret| secret.label == "Next  year"), "{secrets:?}");
    })
    .await;
}
