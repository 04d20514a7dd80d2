//! PROTOCOL 125: every grant passes one pipeline. Each check is tried on each grant, in both actor modes; where it fails
//! nothing is issued, and nothing is told as issued. And 121: a name that was given to somebody else.
//!
//! The rule is one function of the domain (`Grounds::issue`, over `Standing::effective`), asked before the commit, and
//! one statement of its premise, asked again inside it.

use domain::audit::{Action, ActorKind, Outcome};
use domain::client::{ActorMode, ActorModes, AppGrants, InstallStatus};
use domain::entity::{access_token, refresh_token};
use domain::id::{CodeId, OrgId};
use domain::organization::{InstallPolicy, Status};
use domain::portal::{AuditRow, NewApp};
use domain::store::portal_door::PortalDoorError;
use domain::store::{Actor, By, Password};
use domain::token_policy::TokenPolicy;
use http::StatusCode;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::Value;

use super::client_credentials::{asking, installed};
use super::request::{Answer, Form};
use super::world::{Party, Person, World, scopes};
use crate::harness::PASSWORD;

/// A way to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grant {
    Code,
    Refresh,
    Credentials,
    /// The Test install button: a code that never leaves the portal.
    TestInstall,
}

/// What the client holds before the check fails.
enum Held {
    Code(String),
    Refresh(String),
    Credentials,
    TestInstall(CodeId),
}

/// A grant that stands ready: one more request, and there is a token.
struct Scene {
    world: World,
    party: Party,
    held: Held,
    /// Where.
    organization: OrgId,
    /// Who consented.
    person: Person,
}

/// What could fail, or might seem to.
const CHECKS: [&str; 15] = [
    "client suspended",
    "client deleted",
    "owner suspended",
    "bad secret",
    "install revoked",
    "install suspended",
    "organization suspended",
    "person suspended",
    "person left",
    // It ends what acts as him, and nothing that he only allowed.
    "password changed",
    "role dropped below the scope",
    "role dropped below those who install",
    "scope removed from the app",
    "scope beyond the install's snapshot",
    // Whom it lets in is asked at the consent; later it ends nothing (PRODUCT B8).
    "install policy closed",
];

impl Scene {
    /// An app that needs `write`, and one who may grant it.
    async fn new(grant: Grant, actor: ActorMode, policy: &str) -> Self {
        Self::within(World::new().await, grant, actor, policy).await
    }

    async fn within(world: World, grant: Grant, actor: ActorMode, policy: &str) -> Self {
        // A test install takes the default mode, and own credentials need the mode `app`.
        let (modes, grants) = match (grant, actor) {
            (Grant::TestInstall, ActorMode::Myself) => (ActorModes::Myself, AppGrants::AuthorizationCode),
            _ => (ActorModes::Both, AppGrants::Both),
        };
        let party = world
            .register(NewApp {
                name: "Robot".to_owned(),
                grants,
                actor_modes: modes,
                token_policy: policy.to_owned(),
                redirect_uris: vec!["https://robot.example/cb".to_owned()],
                scopes: scopes(&["write"]),
                ..NewApp::default()
            })
            .await;
        let code = async || {
            let request = party.request().with("actor", actor.as_str());
            party.consent(&world, &request).await.sent_once("code")
        };
        let held = match grant {
            Grant::Code => Held::Code(code().await),
            Grant::Refresh => Held::Refresh(party.redeem(&world, &code().await).await.tokens().refresh),
            Grant::Credentials => {
                assert_eq!(party.redeem(&world, &code().await).await.status, StatusCode::OK);
                Held::Credentials
            }
            Grant::TestInstall => {
                let (by, user) = (clicks(&world), world.maker_admin.id);
                let made = world.store.authorize_in_portal(&by, world.maker, party.app, user, world.maker).await;
                Held::TestInstall(made.expect("a developer may"))
            }
        };
        let (organization, person) = match grant {
            Grant::TestInstall => (world.maker, world.maker_admin.clone()),
            _ => (world.target, world.admin.clone()),
        };
        Self { world, party, held, organization, person }
    }

    /// Makes `check` fail.
    async fn strike(&mut self, check: &str) {
        let (world, party) = (&self.world, &self.party);
        let (operator, person) = (By::operator(), self.person.id);
        match check {
            "client suspended" => world.suspend_app(party).await,
            "client deleted" => world.delete_app(party).await,
            "owner suspended" => world.suspend_organization(world.maker).await,
            "bad secret" => self.party.secret = Some("ptcsec_wrong".to_owned()),
            "install revoked" => world.revoke_installs(party, false).await,
            "install suspended" => world.suspend_installs(party).await,
            "organization suspended" => world.suspend_organization(self.organization).await,
            "person suspended" => {
                world.store.set_user_status(&operator, person, Status::Suspended).await.expect("suspended");
            }
            "person left" => {
                world.store.set_member(&operator, self.organization, person, None).await.expect("gone");
            }
            "password changed" => {
                let password = |text: &str| Password::new(text.to_owned()).expect("a good password");
                let (old, new) = (password(PASSWORD), password("another long password"));
                world.store.change_password(&operator, person, old, new, None).await.expect("changed");
            }
            "role dropped below the scope" => world.set_role(&self.person, self.organization, "member").await,
            "role dropped below those who install" => {
                world.set_role(&self.person, self.organization, "developer").await;
            }
            "scope removed from the app" => world.set_scopes(party, &["read"]).await,
            "scope beyond the install's snapshot" => world.shrink_installs(party, "read").await,
            "install policy closed" => world.set_policy(self.organization, InstallPolicy::OwnAppsOnly).await,
            other => panic!("{other}"),
        }
    }

    /// The answer as JSON, or why there is none.
    async fn ask(&self) -> Result<Value, String> {
        let (world, party) = (&self.world, &self.party);
        let form = match &self.held {
            Held::Code(code) => party.exchange(code),
            Held::Refresh(token) => Form::of(&[("grant_type", "refresh_token"), ("refresh_token", token)]),
            Held::Credentials => asking(&self.organization.to_string()),
            Held::TestInstall(code) => {
                let (by, user) = (clicks(world), world.maker_admin.id);
                let made = world.store.token_in_portal(&by, world.maker, party.app, user, *code).await;
                return match made {
                    Ok((_, answer)) => Ok(serde_json::to_value(answer).expect("serialisable")),
                    Err(PortalDoorError::OAuth(error)) => Err(error.code.to_string()),
                    Err(PortalDoorError::NotFound) => Err("not_found".to_owned()),
                    Err(other) => panic!("{other:?}"),
                };
            }
        };
        let answer = world.send(form.post_as(party)).await;
        let (status, error) = answer.error();
        match (status, error.as_str()) {
            (200, "") => Ok(answer.json()),
            (401, "invalid_client") | (400, "invalid_grant" | "invalid_request" | "invalid_scope") => Err(error),
            _ => panic!("{answer:?}"),
        }
    }

    /// Token rows of the app, and events that tell of one.
    async fn issued(&self) -> (u64, usize) {
        let (db, app) = (self.world.store.reader(), self.party.app);
        let access = access_token::Entity::find().filter(access_token::Column::AppId.eq(app)).count(db).await;
        let refresh = refresh_token::Entity::find().filter(refresh_token::Column::AppId.eq(app)).count(db).await;
        (access.expect("a count") + refresh.expect("a count"), self.told().await.len())
    }

    /// The events of the organization that tell of a token, newest first.
    async fn told(&self) -> Vec<AuditRow> {
        let mut events = self.world.store.timeline_of_organization(self.organization).await.expect("answers");
        events.retain(|event| matches!(event.action, Action::TokenIssued | Action::TokenRefreshed));
        events
    }
}

/// The maker at the portal.
fn clicks(world: &World) -> By {
    By::system().as_actor(Actor::User { id: world.maker_admin.id, name: "max".to_owned() })
}

/// Tries every check on `grant`, on each database. `expected` has their errors in the order of [`CHECKS`], and `issued`
/// where the check is none of this grant's.
async fn matrix(grant: Grant, actor: ActorMode, expected: [&str; CHECKS.len()]) {
    for (check, expected) in CHECKS.into_iter().zip(expected) {
        for world in World::on_each_database().await {
            let mut scene = Scene::within(world, grant, actor, "standard").await;
            scene.strike(check).await;
            let before = scene.issued().await;
            let outcome = scene.ask().await.map_or_else(|error| error, |_| "issued".to_owned());
            assert_eq!(outcome, expected, "{grant:?} as {actor}: {check}");
            let (rows, told) = scene.issued().await;
            if expected == "issued" {
                assert!(rows > before.0 && told == before.1 + 1, "{grant:?} as {actor}: {check}");
            } else {
                assert_eq!((rows, told), before, "{grant:?} as {actor}: {check} issued something all the same");
            }
        }
    }
}

const CLIENT: &str = "invalid_client";
const GRANT: &str = "invalid_grant";
const REQUEST: &str = "invalid_request";
const SCOPE: &str = "invalid_scope";
const ISSUED: &str = "issued";
const NOT_FOUND: &str = "not_found";

#[tokio::test]
async fn req_125_a_code_passes_every_check_in_either_actor_mode() {
    // A person's own code lets him in as whoever he is there now; a new password ends it.
    for (actor, new_password, may_not_install) in [(ActorMode::App, ISSUED, GRANT), (ActorMode::Myself, GRANT, ISSUED)]
    {
        let errors = [
            CLIENT,
            CLIENT,
            CLIENT,
            CLIENT,
            GRANT,
            GRANT,
            GRANT,
            GRANT,
            GRANT,
            new_password,
            GRANT,
            may_not_install,
            GRANT,
            GRANT,
            ISSUED,
        ];
        matrix(Grant::Code, actor, errors).await;
    }
}

#[tokio::test]
async fn req_125_a_refresh_of_the_app_itself_passes_every_check_but_those_of_the_person_who_installed_it() {
    let errors = [
        CLIENT, CLIENT, CLIENT, CLIENT, GRANT, GRANT, GRANT, ISSUED, ISSUED, ISSUED, ISSUED, ISSUED, GRANT, GRANT,
        ISSUED,
    ];
    matrix(Grant::Refresh, ActorMode::App, errors).await;
}

#[tokio::test]
async fn req_125_a_refresh_of_a_person_passes_every_check() {
    let errors =
        [CLIENT, CLIENT, CLIENT, CLIENT, GRANT, GRANT, GRANT, GRANT, GRANT, GRANT, GRANT, ISSUED, GRANT, GRANT, ISSUED];
    matrix(Grant::Refresh, ActorMode::Myself, errors).await;
}

#[tokio::test]
async fn req_125_own_credentials_pass_every_check_but_those_of_the_person_who_installed_it() {
    let errors = [
        CLIENT, CLIENT, CLIENT, CLIENT, REQUEST, REQUEST, REQUEST, ISSUED, ISSUED, ISSUED, ISSUED, ISSUED, SCOPE,
        SCOPE, ISSUED,
    ];
    matrix(Grant::Credentials, ActorMode::App, errors).await;
}

#[tokio::test]
async fn req_125_an_install_of_a_person_is_no_ground_for_own_credentials() {
    let scene = Scene::new(Grant::Credentials, ActorMode::Myself, "standard").await;
    let before = scene.issued().await;
    assert_eq!(scene.ask().await, Err(REQUEST.to_owned()));
    assert_eq!(scene.issued().await, before);
}

#[tokio::test]
async fn req_125_a_test_install_passes_every_check_in_either_actor_mode() {
    // No secret is presented here: the person is signed in, and manages the app.
    for (actor, password) in [(ActorMode::App, ISSUED), (ActorMode::Myself, GRANT)] {
        let (none, grant) = (NOT_FOUND, GRANT);
        let errors =
            [grant, none, none, ISSUED, grant, grant, none, none, none, password, none, ISSUED, grant, grant, ISSUED];
        matrix(Grant::TestInstall, actor, errors).await;
    }
}

#[tokio::test]
async fn req_125_every_grant_applies_the_policy() {
    for policy in TokenPolicy::shipped() {
        for grant in [Grant::Code, Grant::Refresh, Grant::Credentials, Grant::TestInstall] {
            if grant == Grant::Refresh && !["standard", "featureos"].contains(&policy.name.as_str()) {
                continue;
            }
            let scene = Scene::new(grant, ActorMode::App, &policy.name).await;
            let what = format!("{grant:?} under {}", policy.name);
            let answer = scene.ask().await.expect(&what);
            let text = answer["access_token"].as_str().expect("a token");
            assert_eq!(text.split('.').count() == 3, policy.name == "apiera", "{what}");
            assert_eq!(answer["expires_in"].as_i64(), policy.access_seconds, "{what}");
            let end = policy.access_seconds.filter(|_| policy.expires_at_in_response);
            let end = end.map(|seconds| scene.world.store.now().plus_seconds(seconds).unix_seconds());
            assert_eq!(answer["expires_at"].as_i64(), end, "{what}");
            let refreshes = ["standard", "featureos"].contains(&policy.name.as_str()) && grant != Grant::Credentials;
            assert_eq!(answer["refresh_token"].is_string(), refreshes, "{what}");
            if let Held::Refresh(presented) = &scene.held {
                assert_eq!(answer["refresh_token"] == presented.as_str(), policy.name == "featureos", "{what}");
            }
            assert_eq!(scene.world.whoami(text).await.text("scope"), "write", "{what}");
        }
    }
}

#[tokio::test]
async fn req_125_req_132_every_grant_tells_what_it_issued() {
    for grant in [Grant::Code, Grant::Refresh, Grant::Credentials, Grant::TestInstall] {
        let scene = Scene::new(grant, ActorMode::App, "standard").await;
        let answer = scene.ask().await.expect("issued");
        let event = scene.told().await.into_iter().next().expect("an event");
        let action = if grant == Grant::Refresh { Action::TokenRefreshed } else { Action::TokenIssued };
        assert_eq!((event.action, event.outcome), (action, Outcome::Success), "{grant:?}");
        let place = event.organization.as_ref().map(|place| place.id);
        assert_eq!(place, Some(scene.organization), "{grant:?}");
        let token =
            access_token::Entity::find().order_by_desc(access_token::Column::Id).one(scene.world.store.reader());
        let token = token.await.expect("an answer").expect("a token");
        assert_eq!((event.target.as_str(), event.target_name.as_str()), (&*token.id.to_string(), "Robot"), "{grant:?}");
        let of_install = scene.world.store.timeline_of_install(token.install_id).await.expect("answers");
        assert!(of_install.contains(&event), "{grant:?}");
        let actor = if grant == Grant::TestInstall { ActorKind::User } else { ActorKind::App };
        assert_eq!(event.actor_kind, actor, "{grant:?}");
        let text = answer["access_token"].as_str().expect("a token");
        assert!(!event.after.unwrap_or_default().contains(text), "{grant:?}: never the token itself");
    }
}

#[tokio::test]
async fn req_125_a_suspended_install_keeps_its_standing_for_no_grant_until_it_is_active_again() {
    for (grant, error) in [(Grant::Code, GRANT), (Grant::Refresh, GRANT), (Grant::Credentials, REQUEST)] {
        let mut scene = Scene::new(grant, ActorMode::App, "standard").await;
        scene.strike("install suspended").await;
        assert_eq!(scene.ask().await, Err(error.to_owned()), "{grant:?}");
        scene.world.set_installs(&scene.party, InstallStatus::Active).await;
        assert!(scene.ask().await.is_ok(), "{grant:?}: a refusal ended nothing");
    }
}

/// The organization of the token in `answer`.
async fn reached(world: &World, answer: &Answer) -> String {
    let seen = world.whoami(&answer.text("access_token")).await.json();
    seen["organization"]["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn req_121_a_domain_that_moved_to_another_organization_never_reaches_the_old_install() {
    const DOMAIN: &str = "moving.example";
    for world in World::on_each_database().await {
        let node = world.other_node().await;
        let nodes: Vec<_> = std::iter::once(&world).chain(&node).collect();
        let party = installed(&world, "standard").await;
        let ask = async |at: &World, name: &str| at.send(asking(name).post_as(&party)).await;
        let name = async |organization: OrgId, domain: &str| {
            let (by, id) = (By::operator(), organization.to_string());
            let named = world.store.set_organization(&by, &id, Some(domain.to_owned()), None).await;
            assert_eq!(named.expect("a free domain"), organization);
        };
        let (target, second) = (world.target.to_string(), world.second.to_string());
        name(world.target, DOMAIN).await;
        for &at in &nodes {
            // Each answer but the first is over what the one before left in memory.
            for _ in 0..3 {
                assert_eq!(reached(at, &ask(at, DOMAIN).await).await, target);
            }
        }
        name(world.target, "left.example").await;
        name(world.second, DOMAIN).await;
        for &at in &nodes {
            for _ in 0..2 {
                let (moved, nobodys) = (ask(at, DOMAIN).await, ask(at, "nobody.example").await);
                assert_eq!(moved.error(), (400, REQUEST.to_owned()), "{moved:?}");
                assert_eq!(moved.body, nobodys.body);
            }
            assert_eq!(reached(at, &ask(at, "left.example").await).await, target, "the install is where it was");
        }
        let form = Form::of(&[("decision", "allow"), ("organization", &second), ("scope", "write")]);
        let request = party.request().with("scope", "read write").with("organization", DOMAIN);
        let code = party.consent_with(&world, &request, &form).await.sent_once("code");
        assert_eq!(party.redeem(&world, &code).await.status, StatusCode::OK);
        for &at in &nodes {
            for _ in 0..2 {
                assert_eq!(reached(at, &ask(at, DOMAIN).await).await, second);
            }
        }
    }
}
