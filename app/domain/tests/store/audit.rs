//! The audit log.

use domain::audit::Action;
use domain::entity::audit_event;
use domain::id::{EventId, RequestId};
use domain::role::Role;
use domain::store::By;
use domain::store::audit_log::{AuditFilter, EVENTS_AT_ONCE};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::flow::{CALLBACK, World};
use crate::harness::{by, count, log, member, on_each_database, organization, person};

#[tokio::test]
async fn req_132_the_database_refuses_to_change_or_delete_an_event() {
    on_each_database(async |store, _clock| {
        person(&store, "ada").await;
        for sql in ["UPDATE audit_events SET actor_name = 'x'", "DELETE FROM audit_events"] {
            let refused = store.writer().execute_unprepared(sql).await.expect_err(sql);
            assert!(refused.to_string().contains("append-only"), "{refused}");
        }
        assert_eq!(count(&store, "audit_events", "actor_name = 'ada'").await, 1);
    })
    .await;
}

#[tokio::test]
async fn req_115_an_organization_reads_its_own_log_only() {
    on_each_database(async |store, _clock| {
        let (ada, bob) = (person(&store, "ada").await, person(&store, "bob").await);
        let acme = organization(&store, ada, "Acme").await;
        let bobs = organization(&store, bob, "Bobs").await;
        for (place, name) in [(acme, "Acme"), (bobs, "Bobs")] {
            let events = log(&store, place).await;
            assert_eq!(events.len(), 1);
            assert_eq!(events[0].organization.as_ref().map(|one| one.name.as_str()), Some(name));
        }
    })
    .await;
}

#[tokio::test]
async fn the_log_is_filtered_and_read_page_by_page_without_a_gap() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let acme = organization(&store, ada, "Acme").await;
        let bob = member(&store, acme, "bob", Role::Member).await;
        for number in 0..119 {
            let role = if number % 2 == 0 { Role::Developer } else { Role::Member };
            store.set_member(&by(ada), acme, bob, Some(role)).await.expect("changed");
        }
        let (mut filter, mut seen, mut pages) = (AuditFilter::default(), Vec::new(), 0);
        loop {
            let page = store.audit_log(acme, filter.clone()).await.expect("a page");
            seen.extend(page.items.iter().map(|row| row.id));
            pages += 1;
            match page.next {
                Some(next) => filter.after = Some(next),
                None => break,
            }
        }
        assert_eq!((seen.len(), pages), (121, 3));
        assert!(seen.is_sorted_by(|newer, older| newer > older), "newest first, each once");
        let found = async |filter: AuditFilter| store.audit_log(acme, filter).await.expect("a page").items.len();
        let action = Some(Action::OrganizationCreated);
        assert_eq!(found(AuditFilter { action, ..Default::default() }).await, 1);
        assert_eq!(found(AuditFilter { text: Some(" BOB ".to_owned()), ..Default::default() }).await, 50);
        assert_eq!(found(AuditFilter { text: Some("b%b".to_owned()), ..Default::default() }).await, 0);
        assert_eq!(found(AuditFilter { text: Some("_".to_owned()), ..Default::default() }).await, 1, "org_ only");
        assert_eq!(found(AuditFilter { actor: Some("command line".to_owned()), ..Default::default() }).await, 1);
        assert_eq!(found(AuditFilter { actor: Some("nobody".to_owned()), ..Default::default() }).await, 0);
        assert_eq!(found(AuditFilter { after: Some("junk".to_owned()), ..Default::default() }).await, 50);
    })
    .await;
}

#[tokio::test]
async fn one_request_is_found_by_its_id() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let request = domain::id::RequestId(store.new_id());
        let by = By { request_id: Some(request), user_agent: Some("é".repeat(1000)), ..by(ada) };
        store.create_organization(&by, ada, "Acme").await.expect("made");
        let events = store.events_of_request(request).await.expect("events");
        assert_eq!(events.len(), 1);
        let acme = events[0].organization.as_ref().expect("the organization").id;
        let text = Some(format!(" {request} "));
        let found = store.audit_log(acme, AuditFilter { text, ..AuditFilter::default() }).await.expect("a page");
        assert_eq!(found.items.iter().map(|row| row.id).collect::<Vec<_>>(), [events[0].id]);
        assert_eq!(events[0].user_agent.as_ref().map(|agent| agent.chars().count()), Some(300));
    })
    .await;
}

#[tokio::test]
async fn a_search_looks_through_a_part_of_a_long_log_and_the_next_page_goes_on() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let acme = organization(&store, ada, "Acme").await;
        member(&store, acme, "bob", Role::Member).await;
        let like = audit_event::Entity::find().filter(audit_event::Column::Action.eq(Action::MemberRoleChanged));
        let like = like.one(store.reader()).await.expect("answers").expect("the newest");
        // More than a page looks through.
        let many = 4 * EVENTS_AT_ONCE + 50;
        for from in (0..many).step_by(500) {
            let rows = (from..many.min(from + 500)).map(|_| {
                let id = EventId(store.new_id());
                audit_event::Model { id, ..like.clone() }.into_active_model()
            });
            audit_event::Entity::insert_many(rows).exec_without_returning(store.writer()).await.expect("new rows");
        }
        let made = Some(Action::OrganizationCreated);
        for narrow in [
            AuditFilter { action: made, ..AuditFilter::default() },
            AuditFilter { text: Some("Acme".to_owned()), ..AuditFilter::default() },
        ] {
            let newest = store.audit_log(acme, narrow.clone()).await.expect("a page");
            assert_eq!(newest.items, [], "it is older than what was looked at");
            let after = newest.next.expect("there is more to look at");
            let older = AuditFilter { after: Some(after), ..narrow };
            let older = store.audit_log(acme, older.clone()).await.expect("a page");
            assert_eq!((older.items.len(), older.next), (1, None), "the first event of all");
        }
        let first = audit_event::Entity::find().filter(audit_event::Column::Action.eq(Action::OrganizationCreated));
        let first = first.one(store.reader()).await.expect("answers").expect("the first event");
        let request = RequestId(store.new_id());
        let oldest = audit_event::Model { id: EventId(store.new_id()), request_id: Some(request), ..first };
        let others = organization(&store, ada, "Others").await;
        let foreign =
            audit_event::Model { id: EventId(store.new_id()), organization_id: Some(others), ..oldest.clone() };
        let rows = [oldest, foreign].map(IntoActiveModel::into_active_model);
        audit_event::Entity::insert_many(rows).exec_without_returning(store.writer()).await.expect("new rows");
        let by_id = AuditFilter { text: Some(request.to_string()), ..AuditFilter::default() };
        let found = store.audit_log(acme, by_id).await.expect("a page");
        assert_eq!(
            (found.items.len(), found.next),
            (1, None),
            "an index finds it, and nothing of another organization"
        );
        let (mut filter, mut seen) = (AuditFilter { text: Some("bob".to_owned()), ..AuditFilter::default() }, 0);
        loop {
            let page = store.audit_log(acme, filter.clone()).await.expect("a page");
            seen += page.items.len() as u64;
            let Some(next) = page.next else { break };
            filter.after = Some(next);
        }
        assert!(seen > many, "every event is found once, across what is looked at together: {seen}");
    })
    .await;
}

#[tokio::test]
async fn what_was_done_to_a_secret_or_an_address_names_the_app() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app) = (by(world.maker), world.client.app);
        store.create_secret(&me, world.partner, app, "Another").await.expect("a second one");
        let both = [CALLBACK, "https://partner.example.com/other"].map(str::to_owned).to_vec();
        store.set_redirect_uris(&me, world.partner, app, both, None).await.expect("added");
        let events = log(&store, world.partner).await;
        for (action, of_app) in [
            (Action::SecretCreated, Some("Robot")),
            (Action::RedirectUriAdded, Some("Robot")),
            (Action::AppCreated, None),
        ] {
            let event = events.iter().find(|event| event.action == action).expect("it happened");
            assert_eq!(event.of_app.as_deref(), of_app, "{action}");
        }
    })
    .await;
}
