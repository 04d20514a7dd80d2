//! The trail of an issue in the token's row, and the log that is read through both.

use domain::audit::{Action, ActorKind, Source};
use domain::client::{ActorMode, GrantType};
use domain::entity::access_token;
use domain::id::{AccessTokenId, AppId, FamilyId, InstallId, OrgId, RequestId};
use domain::portal::AuditRow;
use domain::store::audit_log::AuditFilter;
use domain::store::installs::InstallFilter;
use domain::store::sweep::TOKEN_KEPT_SECONDS;
use domain::store::{By, Store};
use domain::token_policy::TokenPolicy;
use sea_orm::ConnectionTrait;

use crate::credentials::{own_token, world};
use crate::flow::{World, code_request};
use crate::harness::{app, count, insert, install, log, on_each_database, organization, person};

const DAY: i64 = 86_400;

async fn found(world: &World, filter: AuditFilter) -> Vec<AuditRow> {
    world.store.audit_log(world.target, filter).await.expect("a page").items
}

#[tokio::test]
async fn req_132_the_database_refuses_to_change_a_trail_or_to_delete_what_the_log_does_not_have() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.tokens("").await;
        for sql in [
            "UPDATE access_tokens SET told = NULL",
            "UPDATE access_tokens SET revoked_at = 1, request_id = NULL",
            "DELETE FROM access_tokens",
        ] {
            let refused = store.writer().execute_unprepared(sql).await.expect_err(sql);
            assert!(refused.to_string().contains("append-only"), "{refused}");
        }
        assert_eq!(count(&store, "access_tokens", "told IS NOT NULL AND revoked_at IS NULL").await, 1);
    })
    .await;
}

#[tokio::test]
async fn req_132_a_sweep_moves_trails_to_the_log_and_nothing_that_it_tells_changes() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let first = world.tokens("&actor=self").await;
        world.refresh(&first).await.expect("live");
        let install = store.installs_in(world.target, InstallFilter::default()).await.expect("answers").items[0].id;
        let (before, timeline) = (log(&store, world.target).await, store.timeline_of_install(install).await);
        assert_eq!(count(&store, "audit_events", "action IN ('token.issued', 'token.refreshed')").await, 0);
        clock.advance(TOKEN_KEPT_SECONDS + DAY);
        for left in [0, 0] {
            store.sweep(store.now()).await.expect("sweeps");
            assert_eq!(count(&store, "access_tokens", "1 = 1").await, left);
        }
        assert_eq!(count(&store, "audit_events", "action IN ('token.issued', 'token.refreshed')").await, 2);
        assert_eq!(log(&store, world.target).await, before);
        assert_eq!(store.timeline_of_install(install).await, timeline);
        let of_app = store.timeline_of_app(world.client.app).await.expect("answers");
        assert!(of_app.iter().any(|event| event.action == Action::InstallCreated));
        assert!(!of_app.iter().any(|event| event.action == Action::TokenIssued), "where they are, they are many");
    })
    .await;
}

#[tokio::test]
async fn an_issue_stands_in_every_history_that_it_belongs_to() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let request = RequestId(store.new_id());
        let app = By { request_id: Some(request), user_agent: Some("é".repeat(1000)), ..world.app() };
        let code = world.code("&actor=self").await;
        store.exchange(&app, &world.client, &code_request(&code)).await.expect("fresh");
        let event = found(&world, AuditFilter::default()).await.swap_remove(0);
        assert_eq!(
            (event.action, event.actor_kind, event.actor.as_str()),
            (Action::TokenIssued, ActorKind::App, "Robot")
        );
        assert_eq!((event.on_behalf_of.as_deref(), event.request_id), (Some("admin"), Some(request)));
        assert_eq!(event.user_agent.as_ref().map(|agent| agent.chars().count()), Some(300));
        assert_eq!(event.ip, app.ip.map(|ip| ip.to_string()));
        let install = store.installs_in(world.target, InstallFilter::default()).await.expect("answers").items[0].id;
        for (whose, history) in [
            ("install", store.timeline_of_install(install).await),
            ("organization", store.timeline_of_organization(world.target).await),
            ("person", store.timeline_of_user(world.admin).await),
            ("request", store.events_of_request(request).await),
        ] {
            let history = history.expect("answers");
            assert_eq!(history.first(), Some(&event), "{whose}");
            assert!(history.is_sorted_by(|newer, older| newer.id > older.id), "{whose}");
        }
        let search = store.search(&request.to_string()).await.expect("answers");
        assert_eq!(search.events, [event]);
    })
    .await;
}

#[tokio::test]
async fn the_filters_of_the_log_find_trails_by_what_they_tell_and_not_by_how_they_are_kept() {
    on_each_database(async |store, _clock| {
        let world = world(&store, TokenPolicy::standard()).await;
        world.tokens("").await;
        let pair = world.tokens("&actor=self").await;
        world.refresh(&pair).await.expect("live");
        own_token(&world).await;
        let actions = async |filter: AuditFilter| -> Vec<&'static str> {
            found(&world, filter).await.iter().map(|event| event.action.as_str()).collect()
        };
        let by_action = |action| AuditFilter { action: Some(action), ..AuditFilter::default() };
        assert_eq!(actions(by_action(Action::TokenRefreshed)).await, ["token.refreshed"]);
        assert_eq!(actions(by_action(Action::TokenIssued)).await, ["token.issued"; 3]);
        assert_eq!(actions(by_action(Action::CodeIssued)).await, ["code.issued"; 2]);
        let text = |text: &str| AuditFilter { text: Some(text.to_owned()), ..AuditFilter::default() };
        assert_eq!(actions(text("CLIENT_credentials")).await, ["token.issued"]);
        assert!(actions(text("user_agent")).await.is_empty());
        let newest = found(&world, AuditFilter::default()).await.swap_remove(0);
        assert_eq!(found(&world, text(&format!(" {} ", newest.target))).await, [newest]);
        let actor = |actor: &str| AuditFilter { actor: Some(actor.to_owned()), ..by_action(Action::TokenIssued) };
        assert_eq!(actions(actor("robot")).await.len(), 3);
        assert_eq!(actions(actor("admin")).await.len(), 1, "on whose behalf");
        assert!(actions(actor("nobody")).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_log_is_read_page_by_page_through_events_and_trails_without_a_gap() {
    on_each_database(async |store, _clock| {
        let world = world(&store, TokenPolicy::standard()).await;
        world.tokens("").await;
        for number in 0..60 {
            own_token(&world).await;
            if number % 2 == 0 {
                let role = if number % 4 == 0 { domain::role::Role::Admin } else { domain::role::Role::Member };
                let maker = world.maker;
                store.set_member(&By::operator(), world.target, maker, Some(role)).await.expect("changed");
            }
        }
        let (mut filter, mut seen, mut pages) = (AuditFilter::default(), Vec::new(), 0);
        loop {
            let page = store.audit_log(world.target, filter.clone()).await.expect("a page");
            seen.extend(page.items.iter().map(|row| row.id));
            pages += 1;
            match page.next {
                Some(next) => filter.after = Some(next),
                None => break,
            }
        }
        let here = "organization_id = (SELECT organization_id FROM access_tokens LIMIT 1)";
        let events = count(&store, "audit_events", here).await;
        let trails = count(&store, "access_tokens", "told IS NOT NULL").await;
        assert_eq!((seen.len(), pages), (usize::try_from(events + trails).expect("few"), 2));
        assert!(seen.is_sorted_by(|newer, older| newer > older), "newest first, each once");
    })
    .await;
}

#[tokio::test]
async fn the_log_of_an_organization_goes_through_all_its_installs() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let (acme, other) = (organization(&store, ada, "Acme").await, organization(&store, ada, "Other").await);
        let mut issued = Vec::new();
        for number in 0..120 {
            let robot = app(&store, acme, &format!("Robot {number}")).await;
            let place = if number % 12 == 0 { other } else { acme };
            let token = AccessTokenId(store.new_id());
            issued.extend((place == acme).then(|| token.to_string()));
            let grant = if number % 2 == 0 { GrantType::ClientCredentials } else { GrantType::AuthorizationCode };
            let row =
                issue(&store, token, robot, place, install(&store, robot, place, ada, ActorMode::App).await, grant);
            insert(&store, row).await;
        }
        issued.reverse();
        let (mut filter, mut seen) = (AuditFilter::default(), Vec::new());
        loop {
            let page = store.audit_log(acme, filter.clone()).await.expect("a page");
            seen.extend(page.items.into_iter().filter(|row| row.action == Action::TokenIssued).map(|row| row.target));
            match page.next {
                Some(next) => filter.after = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, issued, "the newest first, of either kind, and none of another organization");
    })
    .await;
}

/// A token that `robot` asked for.
fn issue(
    store: &Store,
    id: AccessTokenId,
    robot: AppId,
    place: OrgId,
    install_id: InstallId,
    grant_type: GrantType,
) -> access_token::Model {
    access_token::Model {
        id,
        token_hash: vec![0; 32],
        hint: "ptcot_…0000".to_owned(),
        app_id: robot,
        install_id,
        organization_id: place,
        grant_type,
        jwt: false,
        actor: ActorMode::App,
        user_id: None,
        family_id: FamilyId(store.new_id()),
        scopes: "read".parse().expect("a scope"),
        audience: "http://127.0.0.1:3000/api/v1".to_owned(),
        created_at: store.now(),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
        request_id: None,
        told: Some(access_token::Told {
            source: Source::Api,
            app: "Robot".to_owned(),
            on_behalf_of: None,
            after: serde_json::json!({}),
            ip: None,
            user_agent: None,
        }),
    }
}
