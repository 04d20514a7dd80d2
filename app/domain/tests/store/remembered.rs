//! Remembered consent, and when no page is due at all (PROTOCOL section 1, *Remembered consent*; requirements 91 to 95).

use std::sync::Arc;

use domain::audit::Action;
use domain::client::{AppStatus, AuthMethod};
use domain::id::{OrgId, UserId};
use domain::oauth::authorize::{AuthorizationResponse, Refusal};
use domain::oauth::gate::Visitor;
use domain::organization::InstallPolicy;
use domain::role::Role;
use domain::store::Store;
use domain::store::arrival::Arrival;
use domain::store::consent_decision::DecideError;
use domain::store::installs::InstallFilter;
use domain::time::FixedClock;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait};

use crate::flow::{Waiting, World, at_once, invalid_grant};
use crate::harness::{anonymous, by, count, log, on_each_database, organization};

/// What a request gets, kept short.
#[derive(Debug, PartialEq, Eq)]
enum Got {
    Page,
    SignIn,
    SelectAccount,
    Code(String),
    Error(String),
    Refused(Refusal),
    Closed,
}

fn got(arrival: Arrival) -> Got {
    let value = |response: &AuthorizationResponse, wanted: &str| {
        response.pairs().into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.to_owned())
    };
    match arrival {
        Arrival::Page => Got::Page,
        Arrival::SignIn { .. } => Got::SignIn,
        Arrival::SelectAccount(_) => Got::SelectAccount,
        Arrival::Refused(refusal) => Got::Refused(refusal),
        Arrival::Closed => Got::Closed,
        Arrival::Answer(response) => match (value(&response, "code"), value(&response, "error")) {
            (Some(code), None) => Got::Code(code),
            (None, Some(error)) => Got::Error(error),
            other => panic!("neither code nor error alone: {other:?}"),
        },
    }
}

impl World {
    async fn arrive_as(&self, waiting: &Waiting, visitor: Option<Visitor>) -> Got {
        let arrived = self.store.arrive(&anonymous(), waiting.id, &self.cookie(waiting), visitor, false).await;
        got(arrived.expect("answers"))
    }

    async fn arrive(&self, waiting: &Waiting, user: UserId) -> Got {
        self.arrive_as(waiting, Some(self.visitor(user))).await
    }

    /// What a new request with `more` gets when `user` is signed in.
    async fn again(&self, more: &str, user: UserId) -> Got {
        let waiting = self.wait(more).await;
        self.arrive(&waiting, user).await
    }

    /// What the admin gets for a request that must not show a page.
    async fn silently(&self, more: &str) -> Got {
        self.again(&format!("&prompt=none{more}"), self.admin).await
    }

    /// The admin allows a request with `more` in `organization`.
    async fn consents_in(&self, more: &str, organization: OrgId) {
        let waiting = self.wait(more).await;
        self.allow(&waiting, self.admin, organization).await.expect("the admin may");
    }

    async fn revoke_all(&self, block: bool) {
        let rows = self.store.installs_in(self.target, InstallFilter::default()).await.expect("a page");
        for row in rows.items {
            let ended = self.store.revoke_install(&by(self.admin), self.target, row.id, None, block).await;
            ended.expect("the admin may");
        }
    }
}

fn is_code(got: &Got) -> bool {
    matches!(got, Got::Code(_))
}

fn error(code: &str) -> Got {
    Got::Error(code.to_owned())
}

#[tokio::test]
async fn req_095_the_same_or_less_is_not_asked_again_and_the_log_says_so() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        assert_eq!(world.again("", world.admin).await, Got::Page, "nobody consented yet");
        world.code("").await;
        for (more, scopes) in [("", "delete read write"), ("&scope=read+write", "read write"), ("&scope=read", "read")]
        {
            let Got::Code(code) = world.again(more, world.admin).await else { panic!("{more}: a page") };
            let answer = world.exchange(&code).await.expect("a fresh code");
            assert_eq!(world.scopes_of(&answer.access_token).await, scopes.parse().ok(), "{more}");
        }
        assert_eq!(count(&store, "installs", "1 = 1").await, 1);
        assert_eq!(count(&store, "install_consents", "1 = 1").await, 1);
        let granted: Vec<_> =
            log(&store, world.target).await.into_iter().filter(|row| row.action == Action::ConsentGranted).collect();
        let remembered = |row: &domain::portal::AuditRow| format!("{row:?}").contains("remembered");
        assert_eq!(granted.iter().map(remembered).collect::<Vec<_>>(), [true, true, true, false]);
    })
    .await;
}

#[tokio::test]
async fn req_095_more_scopes_are_asked_and_then_remembered_beside_the_others() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.code("&scope=read").await;
        assert_eq!(world.again("", world.admin).await, Got::Page, "three scopes, of which one was consented to");
        assert_eq!(world.again("&scope=read+write", world.admin).await, Got::Page);
        world.code("&scope=write").await;
        assert!(is_code(&world.again("&scope=read+write", world.admin).await), "the union of both consents");
        assert_eq!(world.again("&scope=read+delete", world.admin).await, Got::Page);
        let waiting = world.wait("").await;
        world.decide(&waiting, world.admin, world.target, "").await.expect("nothing optional is ticked");
        assert_eq!(world.again("", world.admin).await, Got::Page, "delete was left out again");
    })
    .await;
}

#[tokio::test]
async fn req_095_another_person_and_another_actor_are_asked() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.code("").await;
        let second = world.member("second", Role::Admin).await;
        assert_eq!(world.again("", second).await, Got::Page, "the install is another admin's consent");
        assert_eq!(world.again("&actor=self", world.admin).await, Got::Page);
        world.code("&actor=self").await;
        assert!(is_code(&world.again("&actor=self", world.admin).await));
        assert_eq!(world.again("&actor=self", second).await, Got::Page);
    })
    .await;
}

#[tokio::test]
async fn req_092_prompt_consent_asks_again() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.code("").await;
        assert_eq!(world.again("&prompt=consent", world.admin).await, Got::Page);
        let waiting = world.wait("").await;
        let cookie = world.cookie(&waiting);
        let visitor = Some(world.visitor(world.admin));
        let asked = store.arrive(&anonymous(), waiting.id, &cookie, visitor, true).await.expect("answers");
        assert_eq!(got(asked), Got::Page, "the person wants to choose another organization");
    })
    .await;
}

#[tokio::test]
async fn req_095_a_revocation_ends_what_was_remembered_for_good() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.code("").await;
        world.revoke_all(false).await;
        assert_eq!(world.again("", world.admin).await, Got::Page);
        assert_eq!(world.silently("").await, error("consent_required"));
        world.code("&scope=read").await;
        assert_eq!(world.again("", world.admin).await, Got::Page, "the new install remembers what it was given");
        assert!(is_code(&world.again("&scope=read", world.admin).await));
    })
    .await;
}

#[tokio::test]
async fn req_095_a_block_a_policy_and_a_suspended_install_lead_to_the_page() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.code("").await;
        for policy in [InstallPolicy::Allowlist, InstallPolicy::OwnAppsOnly] {
            store.set_install_policy(&by(world.admin), world.target, policy).await.expect("set");
            assert_eq!(world.again("", world.admin).await, Got::Page, "{policy}");
            assert_eq!(world.silently("").await, error("interaction_required"), "{policy}");
        }
        store.set_install_policy(&by(world.admin), world.target, InstallPolicy::Admins).await.expect("set");
        assert!(is_code(&world.again("", world.admin).await));
        store.writer().execute_unprepared("UPDATE installs SET status = 'suspended'").await.expect("suspended");
        assert_eq!(world.again("", world.admin).await, Got::Page);
        store.writer().execute_unprepared("UPDATE installs SET status = 'active'").await.expect("active");
        world.revoke_all(true).await;
        assert_eq!(world.again("", world.admin).await, Got::Page, "blocked");
        assert_eq!(world.silently("").await, error("interaction_required"), "blocked");
    })
    .await;
}

#[tokio::test]
async fn req_095_a_role_that_dropped_leads_to_the_page() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let person = world.member("person", Role::Admin).await;
        let waiting = world.wait("&actor=self").await;
        world.allow(&waiting, person, world.target).await.expect("an admin may");
        assert!(is_code(&world.again("&actor=self", person).await));
        let role = async |role| {
            let by = domain::store::By::operator();
            store.set_member(&by, world.target, person, role).await.expect("set");
        };
        role(Some(Role::Member)).await;
        assert_eq!(world.again("&actor=self", person).await, Got::Page, "a member has no delete to give");
        role(None).await;
        assert_eq!(world.again("&actor=self", person).await, Got::Page, "no member at all");
    })
    .await;
}

#[tokio::test]
async fn req_095_nothing_is_remembered_for_a_public_client() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.code("").await;
        assert!(is_code(&world.again("", world.admin).await));
        let app = domain::entity::app::ActiveModel {
            id: Set(world.client.app),
            auth_method: Set(AuthMethod::None),
            ..Default::default()
        };
        app.update(store.writer()).await.expect("public from now on");
        assert_eq!(world.again("", world.admin).await, Got::Page);
        assert_eq!(world.silently("").await, error("consent_required"));
    })
    .await;
}

#[tokio::test]
async fn req_095_nothing_is_remembered_for_an_app_that_nobody_approved_where_apps_are_reviewed() {
    let file = crate::harness::SqliteFile::new(u64::MAX - 40);
    let clock = Arc::new(FixedClock::new(crate::harness::START));
    let first = crate::harness::connect(&file.url(), clock.clone()).await;
    migrations::up(first.writer()).await.expect("runs");
    first.ensure_catalogue().await.expect("loads");
    let mut world = World::new(&first).await;
    world.code("").await;
    assert!(is_code(&world.again("", world.admin).await), "with review off it counts as verified");
    first.writer().execute_unprepared("UPDATE apps SET approved_at = NULL").await.expect("not approved");
    let settings =
        domain::store::Settings { app_review: domain::store::AppReview::BeforeLive, ..crate::harness::settings() };
    let entropy = Arc::new(domain::entropy::SeededEntropy::new(77));
    world.store = Store::connect(&file.url(), settings, clock, entropy).await.expect("opens");
    assert_eq!(world.again("", world.admin).await, Got::Page);
}

#[tokio::test]
async fn req_095_a_test_install_is_no_consent() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (maker, partner) = (world.maker, world.partner);
        store.authorize_in_portal(&by(maker), partner, world.client.app, maker, partner).await.expect("his own");
        assert_eq!(world.again("", world.maker).await, Got::Page);
        assert_eq!(count(&store, "install_consents", "1 = 1").await, 0);
    })
    .await;
}

#[tokio::test]
async fn req_117_of_several_organizations_a_person_chooses_and_a_silent_request_takes_the_one() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let second = organization(&store, world.admin, "Second").await;
        assert_eq!(world.silently("").await, error("interaction_required"), "two, and none remembers");
        assert_eq!(world.silently("&organization=second").await, error("consent_required"));
        world.consents_in("", world.target).await;
        assert_eq!(world.again("", world.admin).await, Got::Page, "the picker is still shown");
        assert!(is_code(&world.again("&organization=target", world.admin).await), "the hint picks it");
        let Got::Code(code) = world.silently("").await else { panic!("one remembers") };
        let answer = world.exchange(&code).await.expect("a fresh code");
        let bearer = store.bearer(&answer.access_token).await.expect("answers").expect("live");
        assert_eq!(bearer.organization.id, world.target);
        assert_eq!(world.silently("&organization=second").await, error("consent_required"), "the hint counts");
        world.consents_in("", second).await;
        assert_eq!(world.silently("").await, error("interaction_required"), "either could be meant");
        assert!(is_code(&world.silently("&store=second").await));
    })
    .await;
}

#[tokio::test]
async fn req_117_a_hint_that_is_none_of_the_persons_organizations_gives_no_code_for_another() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.consents_in("", world.target).await;
        let named = [format!("&store={}", world.partner), "&organization=nobody-has-this".to_owned()];
        for hint in &named {
            assert_eq!(world.silently(hint).await, error("interaction_required"), "{hint}: one organization");
            let waiting = world.wait(hint).await;
            assert_eq!(world.arrive(&waiting, world.admin).await, Got::Page, "{hint}");
            let view = store.consent_view(waiting.id, &world.cookie(&waiting), world.admin, false).await.expect("his");
            assert!(view.hint_missed, "{hint}");
            world.allow(&waiting, world.admin, world.target).await.expect("he confirms which one it is");
        }
        assert!(is_code(&world.silently("&organization=target").await) && is_code(&world.silently("").await));
        let second = organization(&store, world.admin, "Second").await;
        for hint in &named {
            assert_eq!(world.silently(hint).await, error("interaction_required"), "{hint}: two organizations");
            let waiting = world.wait(hint).await;
            let chosen =
                store.choose_organization(waiting.id, &world.cookie(&waiting), world.admin, world.target).await;
            chosen.expect("his");
            assert_eq!(world.arrive(&waiting, world.admin).await, Got::Page, "{hint}: chosen, and to be confirmed");
        }
        let waiting = world.wait(&format!("&organization={second}")).await;
        let view = store.consent_view(waiting.id, &world.cookie(&waiting), world.admin, false).await.expect("his");
        assert!(!view.hint_missed);
    })
    .await;
}

#[tokio::test]
async fn req_091_a_silent_request_ends_with_its_answer() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let waiting = world.wait("&prompt=none").await;
        assert_eq!(world.arrive_as(&waiting, None).await, error("login_required"));
        assert_eq!(world.arrive(&waiting, world.admin).await, Got::Closed, "it was answered");
        assert_eq!(world.silently("").await, error("consent_required"));
        assert_eq!(count(&store, "grants", "1 = 1").await, 0, "nobody saw them: nothing is kept");
        world.code("").await;
        let waiting = world.wait("&prompt=none").await;
        assert!(is_code(&world.arrive(&waiting, world.admin).await));
        assert_eq!(world.arrive(&waiting, world.admin).await, Got::Closed);
        assert_eq!(count(&store, "grants", "status = 'pending'").await, 0);
        let nobody = crate::harness::person(&store, "nobody").await;
        assert_eq!(world.again("&prompt=none", nobody).await, error("interaction_required"), "no organization");
    })
    .await;
}

#[tokio::test]
async fn req_092_req_093_no_code_without_the_sign_in_that_was_asked_for() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        world.code("").await;
        let before = world.visitor(world.admin);
        clock.advance(2);
        for more in ["&prompt=login", "&max_age=0", "&max_age=1"] {
            let waiting = world.wait(more).await;
            assert_eq!(world.arrive_as(&waiting, Some(before)).await, Got::SignIn, "{more}");
            let cookie = world.cookie(&waiting);
            store.consent_view(waiting.id, &cookie, world.admin, false).await.expect("his");
            let decision = domain::store::consent_decision::Decision::Allow {
                organization: world.target,
                optional: "write".parse().expect("scopes"),
                reason: None,
            };
            let early = store.decide(&by(world.admin), waiting.id, &cookie, before, decision).await;
            assert!(matches!(early, Err(DecideError::SignIn)), "{more}: {early:?}");
            clock.advance(1);
            let now = world.visitor(world.admin);
            assert!(is_code(&world.arrive_as(&waiting, Some(now)).await), "{more}: once is enough");
            let at = format!("authenticated_at = {}", now.authenticated_at.0);
            assert_eq!(count(&store, "codes", &at).await, 1, "{more}");
        }
        let waiting = world.wait("&max_age=10000&nonce=n-0S6_WzA2Mj").await;
        assert!(is_code(&world.arrive_as(&waiting, Some(before)).await));
        let at = format!("authenticated_at = {} AND nonce = 'n-0S6_WzA2Mj'", before.authenticated_at.0);
        assert_eq!(count(&store, "codes", &at).await, 1, "the session as it was");
    })
    .await;
}

#[tokio::test]
async fn req_092_select_account_asks_once() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        world.code("").await;
        let waiting = world.wait("&prompt=select_account").await;
        let visitor = Some(world.visitor(world.admin));
        clock.advance(1);
        assert_eq!(world.arrive_as(&waiting, visitor).await, Got::SelectAccount);
        store.keep_account(waiting.id, &world.cookie(&waiting)).await.expect("waits");
        assert!(is_code(&world.arrive_as(&waiting, visitor).await));
        let second = world.member("second", Role::Admin).await;
        let waiting = world.wait("&prompt=select_account").await;
        assert_eq!(world.arrive_as(&waiting, visitor).await, Got::SelectAccount);
        clock.advance(1);
        assert_eq!(
            world.arrive(&waiting, second).await,
            Got::Page,
            "another account signed in, and is not asked again"
        );
    })
    .await;
}

#[tokio::test]
async fn req_094_an_id_token_hint_names_who_is_meant_however_old_it_is() {
    use domain::jwt::{SigningAlgorithm, TokenKind};
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        world.code("").await;
        let issuer = store.settings().issuer.clone();
        let hint = async |sub: UserId, iss: &str, kind| {
            let claims =
                serde_json::json!({ "iss": iss, "sub": sub, "aud": world.client.client_id, "exp": 1, "iat": 0 });
            let token = store.sign(SigningAlgorithm::Es256, kind, &claims).await.expect("signed");
            format!("&id_token_hint={token}")
        };
        let own = hint(world.admin, &issuer, TokenKind::IdToken).await;
        let other = hint(world.maker, &issuer, TokenKind::IdToken).await;
        assert!(is_code(&world.silently(&own).await), "it expired long ago");
        assert_eq!(world.silently(&other).await, error("login_required"));
        let waiting = world.wait(&other).await;
        assert_eq!(world.arrive(&waiting, world.admin).await, Got::SignIn, "never silently another person");
        clock.advance(1);
        assert_eq!(world.arrive(&waiting, world.admin).await, error("login_required"), "he stays himself");
        let (head, signature) = own.rsplit_once('.').expect("a JWT");
        let mut forged = signature.to_owned().into_bytes();
        forged[0] = if forged[0] == b'A' { b'B' } else { b'A' };
        let forged = format!("{head}.{}", String::from_utf8(forged).expect("ASCII"));
        let foreign = hint(world.admin, "https://elsewhere.example", TokenKind::IdToken).await;
        let access = hint(world.admin, &issuer, TokenKind::AccessToken).await;
        for useless in [forged, foreign, access, "&id_token_hint=x".to_owned()] {
            let silent = world.wait_at(&format!("&prompt=none{useless}"), "203.0.113.7").await;
            let refused = matches!(silent, Err(domain::store::grants::CreateGrantError::UnknownHint));
            assert!(refused, "nobody can tell whom it means: {useless}");
            assert!(is_code(&world.again(&useless, world.admin).await), "else it is ignored: {useless}");
        }
    })
    .await;
}

#[tokio::test]
async fn req_019_an_app_that_was_suspended_meanwhile_is_named() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (waiting, elsewhere) = (world.wait("").await, world.wait("").await);
        store.suspend_app(&by(world.maker), world.partner, world.client.app).await.expect("his");
        assert_eq!(world.arrive(&waiting, world.admin).await, Got::Refused(Refusal::AppSuspended));
        assert_eq!(world.arrive_as(&waiting, None).await, Got::Refused(Refusal::AppSuspended));
        let named = store.refusal_of_grant(waiting.id, &world.cookie(&waiting)).await.expect("answers");
        assert_eq!(named, Some(Refusal::AppSuspended));
        let stranger = store.refusal_of_grant(waiting.id, &world.cookie(&elsewhere)).await.expect("answers");
        assert_eq!(stranger, None, "another browser learns nothing");
    })
    .await;
}

#[tokio::test]
async fn req_019_a_draft_tells_its_client_nothing_before_an_allowed_person_is_known() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let app = domain::entity::app::ActiveModel {
            id: Set(world.client.app),
            status: Set(AppStatus::Draft),
            ..Default::default()
        };
        app.update(store.writer()).await.expect("a draft");
        let login_required = Refusal::Draft(domain::oauth::error::ErrorCode::LoginRequired);
        let silent = world.wait("&prompt=none").await;
        assert_eq!(world.arrive_as(&silent, None).await, Got::Refused(login_required));
        assert_eq!(world.again("&prompt=none", world.admin).await, Got::Page, "not where it is live");
        assert_eq!(
            world.again("&prompt=none", world.maker).await,
            error("consent_required"),
            "its own people are told"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_095_two_tabs_at_once_each_get_their_answer_and_one_grant_gives_one_code() {
    on_each_database(async |store, _clock| {
        let world = Arc::new(World::new(&store).await);
        world.code("").await;
        let answers = at_once(&world, 8, |world| async move { world.again("", world.admin).await }).await;
        assert!(answers.iter().all(is_code), "{answers:?}");
        assert_eq!(count(&store, "installs", "1 = 1").await, 1);
        let waiting = Arc::new(world.wait("").await);
        let answers = at_once(&world, 8, |world| {
            let waiting = waiting.clone();
            async move { world.arrive(&waiting, world.admin).await }
        })
        .await;
        let (codes, others): (Vec<_>, Vec<_>) = answers.iter().partition(|got| is_code(got));
        assert_eq!(codes.len(), 1, "{answers:?}");
        assert!(others.iter().all(|got| **got == Got::Closed), "{others:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_095_a_revocation_racing_a_remembered_consent_leaves_nothing() {
    on_each_database(async |store, _clock| {
        let world = Arc::new(World::new(&store).await);
        for round in 0..50 {
            world.code("").await;
            let waiting = Arc::new(world.wait("").await);
            let (arriving, revoking) = (world.clone(), world.clone());
            let arrived = tokio::spawn(async move { arriving.arrive(&waiting, arriving.admin).await });
            let revoked = tokio::spawn(async move { revoking.revoke_all(false).await });
            let arrived = arrived.await.expect("no panic");
            revoked.await.expect("no panic");
            match arrived {
                Got::Code(code) => assert!(invalid_grant(&world.exchange(&code).await), "round {round}"),
                Got::Page => {}
                other => panic!("round {round}: {other:?}"),
            }
            assert_eq!(count(&store, "installs", "status = 'active'").await, 0, "round {round}: nobody was asked");
        }
    })
    .await;
}
