//! Submissions, terms of use, and what operators decide (PROTOCOL section 1, *Approval*; PRODUCT D7).

use std::sync::Arc;

use domain::audit::Action;
use domain::client::AppStatus;
use domain::id::{AppId, ReviewId};
use domain::portal::Page;
use domain::review::{NotDecided, ReviewKind, ReviewRow, ReviewStatus, Submission, Terms, Verdict};
use domain::store::apps::AppProblem;
use domain::store::reviews::{DecideProblem, SubmitProblem};
use domain::store::{AppReview, By, Settings, Store, StoreError};
use domain::time::FixedClock;

use crate::drafts::reviewing;
use crate::flow::{World, choice, new_app};
use crate::harness::{
    START, SqliteFile, app, by, connect_under, count, log, on_each_database, on_each_database_under, person, settings,
};

fn terms(version: &str) -> Terms {
    Terms { version: version.to_owned(), url: format!("https://portico.example/terms/{version}") }
}

/// What waits, oldest first.
pub(crate) async fn queue(store: &Store) -> Vec<ReviewRow> {
    store.reviews(ReviewStatus::Submitted, None).await.expect("answers").items
}

/// The one submission that waits.
pub(crate) async fn waiting(store: &Store) -> ReviewId {
    let rows = queue(store).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows[0].id
}

async fn submit(world: &World) -> ReviewId {
    let submitted = world.store.submit_app(&by(world.maker), world.partner, world.client.app, None).await;
    assert_eq!(submitted.expect("a draft"), Submission::Waits);
    waiting(&world.store).await
}

async fn status(store: &Store, app: AppId) -> (AppStatus, bool) {
    let client = store.client_of_app(app).await.expect("answers").expect("there");
    (client.status, client.approved)
}

/// Submits the world's app, a draft, and approves it.
pub(crate) async fn approve(world: &World) {
    let store = &world.store;
    store.submit_app(&by(world.maker), world.partner, world.client.app, None).await.expect("a draft");
    store.decide_review(&By::operator(), waiting(store).await, Verdict::Approve, None).await.expect("waits");
}

#[tokio::test]
async fn an_approval_makes_a_draft_live_and_tells_both_sides() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let mut world = World::new(&store).await;
        let id = submit(&world).await;
        let detail = store.review(id).await.expect("there");
        assert_eq!((detail.row.kind, detail.row.owner.id), (ReviewKind::Launch, world.partner));
        assert_eq!(detail.row.submitted_by, "maker");
        assert_eq!(detail.hosts.iter().map(|host| host.what.as_str()).collect::<Vec<_>>(), ["partner.example.com"]);
        assert_eq!(detail.scopes.len(), 3);
        let operator = person(&store, "operator").await;
        let app = world.client.app;
        assert_eq!(store.decide_review(&by(operator), id, Verdict::Approve, None).await.expect("waits"), app);
        assert_eq!(status(&store, app).await, (AppStatus::Live, true));
        world.reload().await;
        world.tokens("").await;
        let actions: Vec<_> = log(&store, world.partner).await.into_iter().map(|row| row.action).collect();
        assert!(actions.contains(&Action::AppSubmitted) && actions.contains(&Action::AppApproved));
        let again = store.decide_review(&by(operator), id, Verdict::Reject, Some("No".to_owned())).await;
        assert!(matches!(again, Err(DecideProblem::Refused(NotDecided::NotOpen))), "decided once");
        let nothing = store.submit_app(&by(world.maker), world.partner, app, None).await;
        assert!(matches!(nothing, Err(SubmitProblem::Nothing)));
        let decided = store.review(id).await.expect("there");
        assert_eq!((decided.decided_by.as_str(), decided.row.status), ("operator", ReviewStatus::Approved));
    })
    .await;
}

#[tokio::test]
async fn a_refusal_has_feedback_and_leaves_a_draft_that_can_be_submitted_again() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = World::new(&store).await;
        let (app, operator) = (world.client.app, by(person(&store, "operator").await));
        for (verdict, then) in
            [(Verdict::AskForChanges, ReviewStatus::ChangesRequested), (Verdict::Reject, ReviewStatus::Rejected)]
        {
            let id = submit(&world).await;
            let silent = store.decide_review(&operator, id, verdict, Some("  ".to_owned())).await;
            assert!(matches!(silent, Err(DecideProblem::Refused(NotDecided::FeedbackMissing))));
            let said = Some("Say why it deletes.".to_owned());
            store.decide_review(&operator, id, verdict, said.clone()).await.expect("waits");
            assert_eq!(status(&store, app).await, (AppStatus::Draft, false));
            let seen = store.app_review(world.partner, app).await.expect("his app");
            let launch = seen.launch.expect("submitted once");
            assert_eq!((launch.status, launch.feedback), (then, said));
            assert_eq!(seen.submission, Some(Submission::Waits));
            assert!(queue(&store).await.is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn an_approval_is_about_what_was_submitted_and_nothing_more() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = World::new(&store).await;
        let (app, me, operator) = (world.client.app, by(world.maker), by(person(&store, "operator").await));
        let first = submit(&world).await;
        let scopes = vec![choice("read", true), choice("admin", true)];
        assert!(!store.set_scopes(&me, world.partner, app, scopes, None).await.expect("a draft"), "it acts at once");
        let outgrown = store.decide_review(&operator, first, Verdict::Approve, None).await;
        assert!(matches!(outgrown, Err(DecideProblem::Outgrown)));
        assert!(store.review(first).await.expect("there").outgrown);
        assert_eq!(status(&store, app).await, (AppStatus::Draft, false));
        let second = submit(&world).await;
        assert_ne!(first, second, "another submission is another id");
        let old = store.decide_review(&operator, first, Verdict::Approve, None).await;
        assert!(
            matches!(old, Err(DecideProblem::Refused(NotDecided::NotOpen))),
            "nobody approves what he has not seen"
        );
        store.decide_review(&operator, second, Verdict::Approve, None).await.expect("as submitted");
        assert_eq!(status(&store, app).await, (AppStatus::Live, true));
    })
    .await;
}

#[tokio::test]
async fn terms_are_accepted_by_a_named_person_at_the_submission() {
    let under = Settings { terms: Some(terms("1")), ..reviewing() };
    on_each_database_under(under, async |store, clock| {
        let world = World::new(&store).await;
        let (app, me) = (world.client.app, by(world.maker));
        for accepted in [None, Some(""), Some("0")] {
            let refused = store.submit_app(&me, world.partner, app, accepted).await;
            assert!(matches!(refused, Err(SubmitProblem::Terms)), "{accepted:?}");
        }
        assert!(matches!(
            store.submit_app(&By::operator(), world.partner, app, Some("1")).await,
            Err(SubmitProblem::Terms)
        ));
        assert_eq!(count(&store, "terms_acceptances", "1 = 1").await, 0);
        assert!(queue(&store).await.is_empty());
        store.submit_app(&me, world.partner, app, Some("1")).await.expect("accepted");
        let held = store.app_review(world.partner, app).await.expect("his app");
        let accepted = held.terms.expect("kept");
        assert_eq!((accepted.version.as_str(), accepted.by.as_str(), accepted.at), ("1", "Somebody", START));
        assert_eq!(held.terms_due, None);
        clock.advance(60);
        store.submit_app(&me, world.partner, app, None).await.expect("this version is accepted already");
        assert_eq!(count(&store, "terms_acceptances", "1 = 1").await, 1);
        assert!(log(&store, world.partner).await.iter().any(|row| row.action == Action::TermsAccepted));
    })
    .await;
}

#[tokio::test]
async fn a_newer_version_of_the_terms_is_asked_for_at_the_next_submission_and_stops_no_app() {
    let file = SqliteFile::new(u64::MAX - 3);
    let under = |version| Settings { terms: Some(terms(version)), ..reviewing() };
    let clock = Arc::new(FixedClock::new(START));
    let old = connect_under(under("1"), &file.url(), clock.clone()).await;
    migrations::up(old.writer()).await.expect("runs");
    old.ensure_catalogue().await.expect("loads");
    let mut world = World::new(&old).await;
    let (app, me) = (world.client.app, by(world.maker));
    old.submit_app(&me, world.partner, app, Some("1")).await.expect("accepted");
    let store = connect_under(under("2"), &file.url(), clock.clone()).await;
    store.decide_review(&By::operator(), waiting(&store).await, Verdict::Approve, None).await.expect("waits");
    world.store = store.clone();
    world.reload().await;
    world.tokens("").await;
    assert_eq!(store.app_review(world.partner, app).await.expect("his").terms_due, Some(terms("2")));
    let second = store.create_app(&me, world.partner, new_app("Second", &[("read", true)])).await.expect("a draft").id;
    assert!(matches!(store.submit_app(&me, world.partner, second, Some("1")).await, Err(SubmitProblem::Terms)));
    store.submit_app(&me, world.partner, second, Some("2")).await.expect("the newer version");

    // A change that waits is a submission too.
    let nothing = store.submit_app(&me, world.partner, app, Some("2")).await;
    assert!(matches!(nothing, Err(SubmitProblem::Nothing)), "{nothing:?}");
    let more = vec![choice("read", true), choice("write", false), choice("admin", true)];
    assert!(store.set_scopes(&me, world.partner, app, more, None).await.expect("his"), "it waits");
    let change = queue(&store).await.into_iter().find(|row| row.kind == ReviewKind::Change).expect("waits").id;
    assert!(store.review(change).await.expect("there").terms_missing);
    let early = store.decide_review(&By::operator(), change, Verdict::Approve, None).await;
    assert!(matches!(early, Err(DecideProblem::TermsMissing)), "{early:?}");
    let held = store.app_review(world.partner, app).await.expect("his");
    assert_eq!((held.submission, held.terms_due), (Some(Submission::Terms), Some(terms("2"))));
    let old_version = store.submit_app(&me, world.partner, app, Some("1")).await;
    assert!(matches!(old_version, Err(SubmitProblem::Terms)), "{old_version:?}");
    clock.advance(60);
    assert_eq!(store.submit_app(&me, world.partner, app, Some("2")).await.expect("accepted"), Submission::Terms);
    let held = store.app_review(world.partner, app).await.expect("his");
    assert_eq!((held.submission, held.terms.map(|terms| terms.version)), (None, Some("2".to_owned())));
    store.decide_review(&By::operator(), change, Verdict::Approve, None).await.expect("complete now");
    let scopes = store.app(world.partner, app).await.expect("his").scopes;
    assert!(scopes.iter().any(|line| line.scope.token.as_str() == "admin"), "{scopes:?}");
}

#[tokio::test]
async fn an_app_that_the_command_line_made_live_asks_its_developers_for_the_terms() {
    on_each_database_under(Settings { terms: Some(terms("1")), ..settings() }, async |store, _clock| {
        let maker = person(&store, "maker").await;
        let partner = crate::harness::organization(&store, maker, "Partner").await;
        let app =
            store.create_app(&By::operator(), partner, new_app("Robot", &[("read", true)])).await.expect("made").id;
        assert_eq!(status(&store, app).await.0, AppStatus::Live);
        let asked = store.app_review(partner, app).await.expect("his").submission;
        assert_eq!(asked, Some(Submission::Terms));
        store.submit_app(&by(maker), partner, app, Some("1")).await.expect("accepted");
        let held = store.app_review(partner, app).await.expect("his");
        assert_eq!((held.submission, held.terms.map(|terms| terms.by)), (None, Some("Somebody".to_owned())));
    })
    .await;
}

#[tokio::test]
async fn without_review_terms_are_accepted_when_the_app_is_created() {
    let under = Settings { terms: Some(terms("1")), ..settings() };
    on_each_database_under(under, async |store, _clock| {
        let maker = person(&store, "maker").await;
        let partner = crate::harness::organization(&store, maker, "Partner").await;
        let create = async |by: &By, accepted: Option<&str>| {
            let new = new_app("Robot", &[("read", true)]);
            let new = domain::portal::NewApp { accepted_terms: accepted.map(str::to_owned), ..new };
            store.create_app(by, partner, new).await
        };
        for accepted in [None, Some("0")] {
            let refused = create(&by(maker), accepted).await.expect_err("not accepted");
            let AppProblem::Invalid(fields) = refused else { panic!("{refused:?}") };
            assert_eq!(fields[0].0, "accepted_terms");
        }
        assert_eq!(count(&store, "apps", "1 = 1").await, 0);
        let made = create(&by(maker), Some("1")).await.expect("accepted").id;
        assert_eq!(status(&store, made).await, (AppStatus::Live, true), "live from its creation");
        assert_eq!(count(&store, "terms_acceptances", "version = '1'").await, 1);
        create(&By::operator(), None).await.expect("the command line accepts for nobody");
    })
    .await;
}

#[tokio::test]
async fn the_switch_never_locks_an_app_that_is_live() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let mut world = World::new(&store).await;
        // Made before the switch was turned on.
        let old = app(&store, world.partner, "Old").await;
        assert_eq!(status(&store, old).await, (AppStatus::Live, false), "it runs on, without an approval");
        let (me, partner) = (by(world.maker), world.partner);
        world.client = store.client_of_app(old).await.expect("answers").expect("there");
        store.suspend_app(&me, partner, old).await.expect("his");
        store.resume_app(&me, partner, old).await.expect("his");
        assert_eq!(status(&store, old).await, (AppStatus::Live, false));
        store.submit_app(&me, partner, old, None).await.expect("it can ask for one");
        let id = waiting(&store).await;
        store.decide_review(&By::operator(), id, Verdict::Reject, Some("No".to_owned())).await.expect("waits");
        assert_eq!(status(&store, old).await, (AppStatus::Live, false), "a refusal stops nothing that runs");
        store.submit_app(&me, partner, old, None).await.expect("again");
        store.decide_review(&By::operator(), waiting(&store).await, Verdict::Approve, None).await.expect("waits");
        assert_eq!(status(&store, old).await, (AppStatus::Live, true));
    })
    .await;
}

#[tokio::test]
async fn without_review_a_draft_of_earlier_days_is_published_by_its_developer() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        assert_eq!(store.settings().app_review, AppReview::Off);
        let (app, me) = (world.client.app, by(world.maker));
        let nothing = store.submit_app(&me, world.partner, app, None).await;
        assert!(matches!(nothing, Err(SubmitProblem::Nothing)), "it is live already");
        let sql = "UPDATE apps SET status = 'draft'";
        sea_orm::ConnectionTrait::execute_unprepared(store.writer(), sql).await.expect("a draft");
        assert_eq!(store.submit_app(&me, world.partner, app, None).await.expect("a draft"), Submission::Live);
        assert_eq!(status(&store, app).await, (AppStatus::Live, true));
        assert!(queue(&store).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn req_115_the_review_of_another_organizations_app_is_not_found() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = World::new(&store).await;
        let (app, stranger) = (world.client.app, by(world.admin));
        let submitted = store.submit_app(&stranger, world.target, app, None).await;
        assert!(matches!(submitted, Err(SubmitProblem::NotFound)));
        let id = submit(&world).await;
        let withdrawn = store.withdraw_submission(&stranger, world.target, app, ReviewKind::Launch).await;
        assert!(matches!(withdrawn, Err(StoreError::NotFound)));
        assert_eq!(waiting(&store).await, id);
        store.withdraw_submission(&by(world.maker), world.partner, app, ReviewKind::Launch).await.expect("his");
        assert!(queue(&store).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_queue_is_paged_oldest_first_and_a_deleted_app_leaves_it() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = World::new(&store).await;
        let me = by(world.maker);
        let mut apps = Vec::new();
        for number in 0..52 {
            let new = new_app(&format!("App {number}"), &[("read", true)]);
            let id = store.create_app(&me, world.partner, new).await.expect("a draft").id;
            store.submit_app(&me, world.partner, id, None).await.expect("a draft");
            apps.push(id);
        }
        store.delete_app(&me, world.partner, apps[0]).await.expect("his");
        let Page { items, next } = store.reviews(ReviewStatus::Submitted, None).await.expect("answers");
        let next = next.expect("a second page");
        let rest = store.reviews(ReviewStatus::Submitted, Some(&next)).await.expect("answers");
        let listed: Vec<_> = items.iter().chain(&rest.items).map(|row| row.app.id).collect();
        assert_eq!(listed, apps[1..]);
        assert_eq!(rest.next, None);
        assert_eq!(store.reviews_waiting().await.expect("answers"), 51);
    })
    .await;
}
