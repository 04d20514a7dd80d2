//! What a verb leaves in the audit log when it comes over HTTP: requirement 132.

use axum::body::Body;
use domain::audit::{Action, ActorKind, Outcome};
use domain::client::InstallStatus;
use domain::entity::install;
use domain::id::RequestId;
use domain::role::StaffRole;
use domain::store::By;
use http::Request;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::harness::PASSWORD;
use crate::oauth::request::{Form, arguments, with_header};
use crate::oauth::world::World;

/// Where the requests of the table come from. Everything beside them comes from elsewhere.
const FROM: &str = "198.51.100.7";

/// A call of a server function.
fn function(path: &str, sent: &Value, csrf: &str) -> Request<Body> {
    with_header(with_header(arguments(sent).post(path), "accept", "application/json"), "x-csrf-token", csrf)
}

#[tokio::test]
async fn req_132_each_verb_tells_who_did_it_where_from_which_address_and_in_which_request() {
    for world in World::on_each_database().await {
        let (mut maker, mut admin, mut nobody) =
            (world.browser(&world.maker_admin).await, world.browser(&world.admin).await, world.anonymous());
        let in_target = Form::of(&[("organization", &world.target.to_string())]);
        admin.post("/organizations/switch", &in_target).await;
        let (of_maker, of_admin, of_nobody) = (maker.csrf().await, admin.csrf().await, nobody.csrf().await);
        let (app, one) = (world.one.app, &world.one);
        let send = async |request: Request<Body>| world.from(FROM, request).await;

        let new = json!({ "client_type": "public", "fields": { "name": "New" }, "uris": ["https://new.example/cb"],
            "scopes": { "read": { "ticked": true, "purpose": "", "required": true } } });
        let registered = send(maker.prepared(function("/fn/apps/create", &new, &of_maker))).await;
        // The old secret works on.
        let next = json!({ "app": app, "label": "Next", "grace_seconds": 3600 });
        let rotated = send(maker.prepared(function("/fn/apps/credentials/rotate", &next, &of_maker))).await;

        let consent = admin.authorize(&one.request()).await;
        let refused = Form::of(&[("decision", "deny"), ("csrf", &of_admin)]).post(&consent);
        let refused = send(admin.prepared(refused)).await;
        let consent = admin.authorize(&one.request()).await;
        let consented = send(admin.prepared(world.allow().and("csrf", &of_admin).post(&consent))).await;

        let issued = send(one.exchange(&consented.sent_once("code")).post_as(one)).await;
        let refresh = |token: &str| Form::of(&[("grant_type", "refresh_token"), ("refresh_token", token)]).post_as(one);
        let superseded = issued.tokens().refresh;
        let refreshed = send(refresh(&superseded)).await;
        // The grace is over.
        world.advance(31);
        let replayed = send(refresh(&superseded)).await;
        let last = one.tokens(&world).await.refresh;
        let revoked = send(Form::of(&[("token", &last)]).post_to("/oauth/revoke", one)).await;

        one.tokens(&world).await;
        let install = install::Entity::find()
            .filter(install::Column::AppId.eq(app))
            .filter(install::Column::Status.eq(InstallStatus::Active));
        let install = install.one(world.store.reader()).await.expect("a query").expect("an install").id.to_string();
        let fields = [("install", install.as_str()), ("reason", "x"), ("block", "false"), ("csrf", &of_admin)];
        let uninstalled = send(admin.prepared(Form::of(&fields).post("/fn/installs/revoke"))).await;

        let fields = [("email", world.admin.email.as_str()), ("password", "not the password"), ("csrf", &of_nobody)];
        let failed = send(nobody.prepared(Form::of(&fields).post("/sign-in"))).await;
        // No page or endpoint changes a member's role; a staff role begins with its link.
        let (operator, email) = (By::operator(), &world.member.email);
        let added = world.store.add_staff(&operator, email, StaffRole::Support, true).await.expect("added");
        let fields = [("password", PASSWORD), ("csrf", of_nobody.as_str())];
        let promoted = send(nobody.prepared(Form::of(&fields).post(&added.link_path))).await;

        let (done, not_done) = (Outcome::Success, Outcome::Refused);
        let (max, ada, mia) = ((ActorKind::User, "max"), (ActorKind::User, "ada"), (ActorKind::User, "mia"));
        let (the_app, stranger) = ((ActorKind::App, "One"), (ActorKind::Anonymous, "Somebody who is not signed in"));
        let (maker, target) = (Some(world.maker), Some(world.target));
        for (answer, action, outcome, actor, organization) in [
            (&registered, Action::AppCreated, done, max, maker),
            (&rotated, Action::SecretRotated, done, max, maker),
            (&refused, Action::ConsentDenied, not_done, ada, target),
            (&consented, Action::ConsentGranted, done, ada, target),
            (&consented, Action::InstallCreated, done, ada, target),
            (&consented, Action::CodeIssued, done, ada, target),
            (&issued, Action::TokenIssued, done, the_app, target),
            (&refreshed, Action::TokenRefreshed, done, the_app, target),
            (&replayed, Action::TokenReuseDetected, not_done, the_app, target),
            (&revoked, Action::TokenRevoked, done, the_app, target),
            (&revoked, Action::InstallRevoked, done, the_app, target),
            (&uninstalled, Action::InstallRevoked, done, ada, target),
            (&failed, Action::SignInFailed, not_done, stranger, None),
            (&promoted, Action::StaffRoleChanged, done, mia, None),
        ] {
            let request: RequestId = answer.header("x-request-id").parse().expect("an id");
            let events = world.store.events_of_request(request).await.expect("answers");
            let event = events.iter().find(|event| event.action == action);
            let event = event.unwrap_or_else(|| panic!("no {action}: {events:?} of {answer:?}"));
            assert_eq!(
                (event.outcome, event.actor_kind, event.actor.as_str()),
                (outcome, actor.0, actor.1),
                "{action}"
            );
            let place = event.organization.as_ref().map(|place| place.id);
            assert_eq!((place, event.ip.as_deref()), (organization, Some(FROM)), "{action}");
            assert_eq!(event.request_id, Some(request), "{action}");
        }
    }
}
