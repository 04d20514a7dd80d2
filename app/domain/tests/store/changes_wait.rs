//! Under `before_live` a new name, host or scope of a live app waits while the approved values stay in force (PROTOCOL
//! section 1, *Approval*).

use domain::audit::Action;
use domain::client::AppStatus;
use domain::id::AppId;
use domain::portal::{AppDetail, AppFields, AuditRow, ScopeChoice};
use domain::review::{NotDecided, Proposal, ReviewKind, ReviewStatus, Verdict};
use domain::store::app_parts::UrisProblem;
use domain::store::reviews::DecideProblem;
use domain::store::{By, Store};

use crate::drafts::reviewing;
use crate::flow::{CALLBACK, World, choice};
use crate::harness::{by, log, on_each_database, on_each_database_under, person};
use crate::reviews::{approve, queue, waiting};

const OTHER_PATH: &str = "https://partner.example.com/other";
const NEW_HOST: &str = "https://elsewhere.example.com/callback";

/// The world's app, approved.
async fn approved(store: &Store) -> World {
    let world = World::new(store).await;
    approve(&world).await;
    world
}

async fn detail(world: &World) -> AppDetail {
    world.store.app(world.partner, world.client.app).await.expect("his app")
}

fn fields(app: &AppDetail, name: &str) -> AppFields {
    AppFields { name: name.to_owned(), description: "Another line".to_owned(), ..app.fields.clone() }
}

async fn rename(world: &World, name: &str) -> bool {
    let fields = fields(&detail(world).await, name);
    let saved = world.store.update_app(&by(world.maker), world.partner, world.client.app, fields, None).await;
    saved.expect("valid")
}

async fn uris(world: &World, uris: &[&str]) -> bool {
    let uris = uris.iter().map(|&uri| uri.to_owned()).collect();
    let saved = world.store.set_redirect_uris(&by(world.maker), world.partner, world.client.app, uris, None).await;
    saved.expect("valid")
}

async fn scopes(world: &World, words: &[&str]) -> bool {
    let choices = words.iter().map(|word| choice(word, true)).collect();
    let saved = world.store.set_scopes(&by(world.maker), world.partner, world.client.app, choices, None).await;
    saved.expect("valid")
}

fn in_force(app: &AppDetail) -> (String, Vec<&str>, Vec<&str>) {
    let uris = app.redirect_uris.iter().map(|row| row.uri.as_str()).collect();
    (app.fields.name.clone(), uris, app.scopes.iter().map(|scope| scope.scope.token.as_str()).collect())
}

async fn waits(store: &Store, world: &World) -> Proposal {
    store.app_review(world.partner, world.client.app).await.expect("his app").waits
}

fn app(world: &World) -> AppId {
    world.client.app
}

#[tokio::test]
async fn a_new_name_host_and_scope_of_a_live_app_wait_and_an_approval_puts_them_in_force() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = approved(&store).await;
        assert!(rename(&world, "Other").await);
        assert!(uris(&world, &[CALLBACK, OTHER_PATH, NEW_HOST]).await);
        assert!(scopes(&world, &["read", "write", "admin"]).await);
        let now = detail(&world).await;
        let known = ["read", "write"].to_vec();
        assert_eq!(
            in_force(&now),
            ("Robot".to_owned(), vec![CALLBACK, OTHER_PATH], known),
            "and delete is gone at once"
        );
        assert_eq!(now.fields.description, "Another line", "everything else acts at once");
        let id = waiting(&store).await;
        let asked = store.review(id).await.expect("there");
        assert_eq!(asked.row.kind, ReviewKind::Change);
        assert!(asked.name.new && asked.name.what == "Other");
        let new: Vec<_> = asked.hosts.iter().filter(|host| host.new).map(|host| host.what.as_str()).collect();
        assert_eq!(new, ["elsewhere.example.com"]);
        let new: Vec<_> =
            asked.scopes.iter().filter(|scope| scope.new).map(|line| line.what.scope.token.as_str()).collect();
        assert_eq!(new, ["admin"]);
        let operator = by(person(&store, "operator").await);
        store.decide_review(&operator, id, Verdict::Approve, None).await.expect("waits");
        let all = ["read", "write", "admin"].to_vec();
        assert_eq!(in_force(&detail(&world).await), ("Other".to_owned(), vec![CALLBACK, OTHER_PATH, NEW_HOST], all));
        assert!(waits(&store, &world).await.is_empty());
        let mut expected =
            vec![Action::AppUpdated, Action::RedirectUriAdded, Action::ScopesChanged, Action::AppApproved];
        let newest = log(&store, world.partner).await;
        expected.retain(|action| !newest[..4].iter().any(|row| row.action == *action));
        assert!(expected.is_empty(), "the usual events are told: {expected:?}");
    })
    .await;
}

#[tokio::test]
async fn a_refusal_leaves_the_approved_values_and_tells_the_developer() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = approved(&store).await;
        let before = detail(&world).await;
        rename(&world, "Other").await;
        let id = waiting(&store).await;
        store.decide_review(&By::operator(), id, Verdict::Reject, Some("No".to_owned())).await.expect("waits");
        assert_eq!(in_force(&detail(&world).await), in_force(&before));
        let seen = store.app_review(world.partner, app(&world)).await.expect("his app");
        assert!(seen.waits.is_empty() && seen.approved);
        assert_eq!(
            seen.change.map(|change| (change.status, change.feedback)),
            Some((ReviewStatus::Rejected, Some("No".to_owned())))
        );
    })
    .await;
}

#[tokio::test]
async fn an_edit_of_what_waits_is_another_submission_and_saving_the_old_value_takes_it_back() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = approved(&store).await;
        rename(&world, "Other").await;
        let first = waiting(&store).await;
        assert!(rename(&world, "Other").await, "the same again");
        assert_eq!(waiting(&store).await, first);
        scopes(&world, &["read", "admin"]).await;
        let second = waiting(&store).await;
        assert_ne!(first, second);
        let proposal = waits(&store, &world).await;
        assert_eq!(proposal.name.as_deref(), Some("Other"), "one change holds every part");
        let old = store.decide_review(&By::operator(), first, Verdict::Approve, None).await;
        assert!(matches!(old, Err(DecideProblem::Refused(NotDecided::NotOpen))));
        assert!(!rename(&world, "Robot").await);
        assert_eq!(waits(&store, &world).await.name, None);
        assert!(!scopes(&world, &["read"]).await);
        assert!(queue(&store).await.is_empty(), "nothing waits any more");
    })
    .await;
}

#[tokio::test]
async fn a_removal_acts_at_once_and_never_leaves_nothing_in_force() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = approved(&store).await;
        uris(&world, &[CALLBACK, OTHER_PATH]).await;
        assert!(uris(&world, &[NEW_HOST]).await);
        let held = [CALLBACK, OTHER_PATH].to_vec();
        assert_eq!(in_force(&detail(&world).await).1, held, "until there is something else");
        assert!(uris(&world, &[OTHER_PATH, NEW_HOST]).await);
        assert_eq!(in_force(&detail(&world).await).1, [OTHER_PATH]);
        let third = "https://third.example.com/cb";
        assert!(uris(&world, &[OTHER_PATH, NEW_HOST, third]).await, "it waits");
        assert_eq!(waits(&store, &world).await.redirect_uris.expect("waits").len(), 3, "with what waited before");
        assert!(uris(&world, &[OTHER_PATH, NEW_HOST, third, CALLBACK]).await);
        assert_eq!(in_force(&detail(&world).await).1, [OTHER_PATH, CALLBACK], "a known host acts at once");
        assert!(uris(&world, &[OTHER_PATH, NEW_HOST, third]).await);
        assert_eq!(in_force(&detail(&world).await).1, [OTHER_PATH]);
        store.decide_review(&By::operator(), waiting(&store).await, Verdict::Approve, None).await.expect("waits");
        assert_eq!(in_force(&detail(&world).await).1.len(), 3, "what was removed meanwhile stays removed");
    })
    .await;
}

#[tokio::test]
async fn a_suspended_app_cannot_change_behind_the_operators_back() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = approved(&store).await;
        store.suspend_app(&by(world.maker), world.partner, app(&world)).await.expect("his");
        assert!(uris(&world, &[CALLBACK, NEW_HOST]).await);
        store.resume_app(&by(world.maker), world.partner, app(&world)).await.expect("his");
        assert_eq!(in_force(&detail(&world).await).1, [CALLBACK]);
        assert_eq!(detail(&world).await.status, AppStatus::Live);
    })
    .await;
}

#[tokio::test]
async fn edits_of_a_draft_and_of_an_unreviewed_app_act_at_once() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        assert!(
            !rename(&world, "Other").await && !uris(&world, &[NEW_HOST]).await && !scopes(&world, &["admin"]).await
        );
        assert_eq!(in_force(&detail(&world).await), ("Other".to_owned(), vec![NEW_HOST], vec!["admin"]));
    })
    .await;
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = World::new(&store).await;
        assert!(
            !rename(&world, "Other").await && !uris(&world, &[NEW_HOST]).await && !scopes(&world, &["admin"]).await
        );
        assert_eq!(in_force(&detail(&world).await), ("Other".to_owned(), vec![NEW_HOST], vec!["admin"]));
        assert!(queue(&store).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_host_that_nobody_approved_is_no_address_after_a_sign_out_either() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = World::new(&store).await;
        let save = async |uris: &[&str]| {
            let uris = uris.iter().map(|&uri| uri.to_owned()).collect();
            store.set_post_logout_redirect_uris(&by(world.maker), world.partner, app(&world), uris, None).await
        };
        let other = "https://bye.example.com/";
        save(&[other]).await.expect("of a draft the operator sees every host");
        store.submit_app(&by(world.maker), world.partner, app(&world), None).await.expect("a draft");
        let id = waiting(&store).await;
        let hosts: Vec<_> = store.review(id).await.expect("there").hosts.into_iter().map(|host| host.what).collect();
        assert_eq!(hosts, ["bye.example.com", "partner.example.com"]);
        store.decide_review(&By::operator(), id, Verdict::Approve, None).await.expect("waits");
        save(&[other, "https://partner.example.com/bye"]).await.expect("approved hosts");
        let refused = save(&[other, NEW_HOST]).await;
        let Err(UrisProblem::Rows(rows)) = refused else { panic!("{refused:?}") };
        assert_eq!(rows.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [1]);
        assert_eq!(store.post_logout_redirect_uris(app(&world)).await.expect("answers").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_operator_approves_the_purposes_that_people_read() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = World::new(&store).await;
        store.submit_app(&by(world.maker), world.partner, app(&world), None).await.expect("a draft");
        let held = detail(&world).await.scopes;
        let other = held.iter().map(|scope| ScopeChoice {
            token: scope.scope.token.clone(),
            purpose: "To sell it".to_owned(),
            required: scope.required,
        });
        let other = other.collect();
        store.set_scopes(&by(world.maker), world.partner, app(&world), other, None).await.expect("a draft");
        let id = waiting(&store).await;
        assert!(store.review(id).await.expect("there").outgrown);
        let refused = store.decide_review(&By::operator(), id, Verdict::Approve, None).await;
        assert!(matches!(refused, Err(DecideProblem::Outgrown)), "{refused:?}");
        let told = log(&store, world.partner).await.into_iter().find(|row| row.action == Action::ScopesChanged);
        let told = told.and_then(|row| row.after).expect("what it is after");
        assert!(told.contains("\"purpose of read\":\"To sell it\""), "{told}");
    })
    .await;
}

#[tokio::test]
async fn where_an_operator_sits_is_told_to_the_staff_and_not_to_the_owner() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = approved(&store).await;
        assert!(rename(&world, "Other").await);
        let operator = person(&store, "operator").await;
        let here = By { ip: "192.0.2.7".parse().ok(), user_agent: Some("Browser".to_owned()), ..by(operator) };
        store.decide_review(&here, waiting(&store).await, Verdict::Approve, None).await.expect("waits");
        let owners = log(&store, world.partner).await;
        assert_eq!([owners[0].action, owners[1].action], [Action::AppApproved, Action::AppUpdated]);
        let placeless = |row: &AuditRow| row.ip.is_none() && row.user_agent.is_none();
        assert!(owners[..2].iter().all(placeless), "{owners:?}");
        let staffs = store.timeline_of_user(operator).await.expect("answers");
        assert!(staffs.iter().any(|row| row.ip.as_deref() == Some("192.0.2.7")), "{staffs:?}");
    })
    .await;
}
