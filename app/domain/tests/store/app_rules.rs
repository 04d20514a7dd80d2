//! What an app may be: its token policy, its grants, its PKCE, and what a new one gets at once.

use domain::audit::Action;
use domain::client::{ActorMode, ActorModes, AppGrants, AuthMethod};
use domain::entity::app;
use domain::jwt::SigningAlgorithm;
use domain::portal::{AppFields, NewApp};
use domain::role::Role;
use domain::store::apps::AppProblem;
use domain::store::consent_decision::DecideError;
use domain::store::installs::InstallFilter;
use domain::store::{By, Settings};
use domain::token_policy::{TokenPolicies, TokenPolicy};
use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;

use crate::flow::{CALLBACK, World, choice, invalid_grant, new_app};
use crate::harness::{by, count, log, member, on_each_database, on_each_database_under, settings};

/// The fields of the world's app, as the settings form shows them.
async fn fields(world: &World) -> AppFields {
    world.store.app(world.partner, world.client.app).await.expect("its own").fields
}

/// The fields that were refused.
fn refused<T: std::fmt::Debug>(answer: Result<T, AppProblem>) -> Vec<String> {
    match answer {
        Err(AppProblem::Invalid(problems)) => problems.into_iter().map(|(field, _)| field).collect(),
        other => panic!("{other:?}"),
    }
}

/// An app with its own credentials alone.
fn machine(name: &str) -> NewApp {
    NewApp {
        grants: AppGrants::ClientCredentials,
        token_policy: "apiera".to_owned(),
        redirect_uris: Vec::new(),
        ..new_app(name, &[("read", true), ("delete", false)])
    }
}

#[tokio::test]
async fn a_persistent_refresh_is_refused_to_a_public_app_when_it_is_saved() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let persistent = || "featureos".to_owned();
        let public = |token_policy| NewApp {
            auth_method: AuthMethod::None,
            token_policy,
            ..new_app("Public", &[("read", true)])
        };
        for by in [by(world.maker), By::operator()] {
            let made = store.create_app(&by, world.partner, public(persistent())).await;
            assert_eq!(refused(made), ["token_policy"]);
        }
        let created = store.create_app(&by(world.maker), world.partner, public("fera".to_owned())).await.expect("fits");
        let changed = AppFields { name: "Public".to_owned(), token_policy: persistent(), ..AppFields::default() };
        let changed = store.update_app(&by(world.maker), world.partner, created.id, changed, None).await;
        assert_eq!(refused(changed), ["token_policy"]);
        let kept = store.client_of_app(created.id).await.expect("answers").expect("there");
        assert_eq!(kept.policy, TokenPolicy::fera());
        let confidential = AppFields { token_policy: persistent(), ..fields(&world).await };
        store
            .update_app(&by(world.maker), world.partner, world.client.app, confidential, None)
            .await
            .expect("keeps a secret");
    })
    .await;
}

#[tokio::test]
async fn req_120_under_another_policy_everybody_is_asked_again_and_tokens_end_where_profile_tells_more() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let tokens = world.tokens("").await;
        let (code, waiting) = (world.code("").await, world.wait("").await);
        let remembered = async || count(&store, "install_consents", "1 = 1").await;
        let choose = async |policy: &str| {
            let fields = AppFields { token_policy: policy.to_owned(), ..fields(&world).await };
            store
                .update_app(&by(world.maker), world.partner, world.client.app, fields, None)
                .await
                .expect("may be chosen");
        };
        choose("standard").await;
        assert_eq!(remembered().await, 1, "nothing changed");
        choose("fera").await;
        assert_eq!(remembered().await, 0, "nobody was told that access does not end");
        assert!(invalid_grant(&world.exchange(&code).await));
        let decided = world.allow(&waiting, world.admin, world.target).await;
        assert!(matches!(decided, Err(DecideError::NotFound)), "{decided:?}");
        assert!(world.lives(&tokens).await, "what exists keeps its end");
        choose("financefeast").await;
        assert!(!world.lives(&tokens).await, "nobody was told that profile includes the address");
        assert_eq!(count(&store, "installs", "status = 'active'").await, 1);
        let answer = world.tokens("").await;
        choose("standard").await;
        assert!(world.lives(&answer).await, "it tells less now");
    })
    .await;
}

#[tokio::test]
async fn who_was_asked_for_an_actor_mode_that_the_app_gave_up_has_consented_to_nothing() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let tokens = world.tokens("&actor=self").await;
        let (code, waiting) = (world.code("&actor=self").await, world.wait("&actor=self").await);
        let choose = async |actor_modes| {
            let fields = AppFields { actor_modes, ..fields(&world).await };
            store
                .update_app(&by(world.maker), world.partner, world.client.app, fields, None)
                .await
                .expect("may be chosen");
        };
        choose(ActorModes::Both).await;
        assert_eq!(count(&store, "install_consents", "1 = 1").await, 1, "nothing changed");
        choose(ActorModes::App).await;
        assert_eq!(count(&store, "install_consents", "1 = 1").await, 0);
        assert!(invalid_grant(&world.exchange(&code).await));
        let decided = world.allow(&waiting, world.admin, world.target).await;
        assert!(matches!(decided, Err(DecideError::NotFound)), "{decided:?}");
        assert!(world.lives(&tokens).await, "what exists keeps its end");
    })
    .await;
}

/// The tests' settings with `all` over the shipped policies, of which `offered` may be chosen.
fn offering(all: Vec<TokenPolicy>, offered: &[&str]) -> Settings {
    let offered = offered.iter().map(|&name| name.to_owned()).collect();
    Settings { policies: TokenPolicies::new(all, offered).expect("good"), ..settings() }
}

#[tokio::test]
async fn partners_choose_what_is_offered_and_keep_what_they_have() {
    on_each_database_under(offering(Vec::new(), &["standard", "apiera"]), async |store, _clock| {
        let world = World::new(&store).await;
        let me = by(world.maker);
        let new = NewApp { token_policy: "fera".to_owned(), ..new_app("New", &[("read", true)]) };
        assert_eq!(refused(store.create_app(&me, world.partner, new.clone()).await), ["token_policy"]);
        let made = store.create_app(&By::operator(), world.partner, new).await.expect("the operator's own choice");
        assert_eq!(store.client_of_app(made.id).await.expect("answers").expect("there").policy, TokenPolicy::fera());
        let policy = async |name: &str| {
            let fields = AppFields { name: "New".to_owned(), token_policy: name.to_owned(), ..AppFields::default() };
            store.update_app(&me, world.partner, made.id, fields, None).await
        };
        policy("fera").await.expect("may be kept");
        assert_eq!(refused(policy("gold").await), ["token_policy"], "there is none of that name");
        policy("apiera").await.expect("offered");
        assert_eq!(refused(policy("fera").await), ["token_policy"], "no way back");
    })
    .await;
}

#[tokio::test]
async fn a_policy_that_is_gone_works_as_the_standard_of_the_configuration() {
    let standard = TokenPolicy { access_seconds: Some(60), ..TokenPolicy::standard() };
    on_each_database_under(offering(vec![standard.clone()], &["standard"]), async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app) = (by(world.maker), world.client.app);
        assert!(store.unknown_policies().await.expect("answers").is_empty());
        let gone = app::Entity::update_many().col_expr(app::Column::TokenPolicy, Expr::value("kiosk"));
        gone.exec(store.writer()).await.expect("as if the configuration had changed");
        assert_eq!(store.client_of_app(app).await.expect("answers").expect("there").policy, standard);
        assert_eq!(store.unknown_policies().await.expect("answers"), [("kiosk".to_owned(), 1)]);
        let renamed = AppFields { name: "Still saved".to_owned(), ..fields(&world).await };
        store.update_app(&me, world.partner, app, renamed, None).await.expect("kept");
        assert_eq!(store.app(world.partner, app).await.expect("its own").fields.token_policy, "kiosk");
    })
    .await;
}

#[tokio::test]
async fn req_061_a_public_app_has_no_credentials_of_its_own() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let me = by(world.maker);
        for grants in [AppGrants::ClientCredentials, AppGrants::Both] {
            let new = NewApp { auth_method: AuthMethod::None, grants, ..new_app("Public", &[("read", true)]) };
            assert_eq!(refused(store.create_app(&me, world.partner, new).await), ["grants"]);
        }
        let public = NewApp { auth_method: AuthMethod::None, ..new_app("Public", &[("read", true)]) };
        let created = store.create_app(&me, world.partner, public.clone()).await.expect("a new app");
        let both = AppFields { name: "Public".to_owned(), grants: AppGrants::Both, ..AppFields::default() };
        assert_eq!(refused(store.update_app(&me, world.partner, created.id, both, None).await), ["grants"]);
        let as_people = AppFields { grants: AppGrants::Both, actor_modes: ActorModes::Myself, ..fields(&world).await };
        let changed = store.update_app(&me, world.partner, world.client.app, as_people, None).await;
        assert_eq!(refused(changed), ["grants"], "its credentials act as nobody");
        let open = NewApp { pkce_required: false, ..public };
        assert_eq!(refused(store.create_app(&me, world.partner, open).await), ["pkce_required"]);
        let open = AppFields { name: "Public".to_owned(), pkce_required: false, ..AppFields::default() };
        assert_eq!(refused(store.update_app(&me, world.partner, created.id, open, None).await), ["pkce_required"]);
    })
    .await;
}

#[tokio::test]
async fn an_app_with_its_own_credentials_alone_needs_no_redirect_uri() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let me = by(world.maker);
        let made = store.create_app(&me, world.partner, machine("Machine")).await.expect("a new app");
        let client = store.client_of_app(made.id).await.expect("answers").expect("there");
        assert!(client.redirect_uris.is_empty() && client.grants == AppGrants::ClientCredentials);
        let named = AppFields { name: "Machine".to_owned(), ..AppFields::default() };
        let asks_people = AppFields { grants: AppGrants::Both, ..named.clone() };
        let changed = store.update_app(&me, world.partner, made.id, asks_people.clone(), None).await;
        assert_eq!(refused(changed), ["grants"], "people could not come back");
        store
            .set_redirect_uris(&me, world.partner, made.id, vec![CALLBACK.to_owned()], None)
            .await
            .expect("registered");
        store.set_redirect_uris(&me, world.partner, made.id, vec![" ".to_owned()], None).await.expect("and taken back");
        store
            .set_redirect_uris(&me, world.partner, made.id, vec![CALLBACK.to_owned()], None)
            .await
            .expect("registered");
        store.update_app(&me, world.partner, made.id, asks_people, None).await.expect("now they can");
        assert!(
            store.set_redirect_uris(&me, world.partner, made.id, Vec::new(), None).await.is_err(),
            "people come back there"
        );
    })
    .await;
}

#[tokio::test]
async fn an_app_with_its_own_credentials_is_installed_at_home_by_its_owner_at_once() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let admin = member(&store, world.partner, "second", Role::Admin).await;
        let developer = member(&store, world.partner, "coder", Role::Developer).await;
        let at_home = async |app| {
            let installs = store.installs_in(world.partner, InstallFilter::default()).await.expect("answers").items;
            installs.into_iter().find(|row| row.app.id == app)
        };
        for user in [world.maker, admin] {
            let made = store.create_app(&by(user), world.partner, machine("Machine")).await.expect("a new app");
            assert!(made.installed && made.secret.is_some());
            let install = at_home(made.id).await.expect("installed");
            assert_eq!((install.actor, install.acts_as, install.test), (ActorMode::App, None, false));
            assert_eq!(install.scopes.to_string(), "delete read");
            let events: Vec<_> = log(&store, world.partner).await.into_iter().map(|event| event.action).collect();
            assert_eq!(events[0], Action::InstallCreated);
            assert!(events.contains(&Action::AppCreated));
        }
        let made = store.create_app(&by(developer), world.partner, machine("Machine")).await.expect("a new app");
        assert!(!made.installed && at_home(made.id).await.is_none(), "a developer installs nothing");
        let made = store.create_app(&By::operator(), world.partner, machine("Machine")).await.expect("a new app");
        assert!(!made.installed && at_home(made.id).await.is_none(), "nor does the command line");
        let both = NewApp { grants: AppGrants::Both, ..new_app("People", &[("read", true)]) };
        let made = store.create_app(&by(world.maker), world.partner, both).await.expect("a new app");
        assert!(!made.installed && at_home(made.id).await.is_none(), "people consent to this one");
    })
    .await;
}

#[tokio::test]
async fn an_app_that_never_acts_as_a_person_is_not_made_with_openid_and_never_granted_it() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let scopes = || new_app("Robot", &[("openid", true), ("read", true)]);
        for new in [
            NewApp { actor_modes: ActorModes::App, ..scopes() },
            NewApp { grants: AppGrants::ClientCredentials, redirect_uris: Vec::new(), ..scopes() },
        ] {
            let refused = store.create_app(&by(world.maker), world.partner, new).await;
            let Err(AppProblem::Invalid(problems)) = refused else { panic!("{refused:?}") };
            assert!(problems.len() == 1 && problems[0].0 == "scopes.0", "{problems:?}");
        }
        let made = store.create_app(&by(world.maker), world.partner, scopes()).await.expect("as a person");
        let client = store.client_of_app(made.id).await.expect("answers").expect("there");
        assert_eq!(client.scopes_as(ActorMode::Myself).to_string(), "openid read");
        assert_eq!(client.scopes_as(ActorMode::App).to_string(), "read");
    })
    .await;
}

#[tokio::test]
async fn every_property_of_a_new_app_is_kept() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let new = NewApp {
            homepage: Some(" https://partner.example.com ".to_owned()),
            support_email: Some("help@partner.example.com".to_owned()),
            auth_method: AuthMethod::ClientSecretPost,
            pkce_required: false,
            actor_modes: ActorModes::App,
            grants: AppGrants::Both,
            token_policy: "financefeast".to_owned(),
            id_token_signed_response_alg: SigningAlgorithm::Es256,
            post_logout_redirect_uris: vec!["https://partner.example.com/bye".to_owned()],
            ..new_app("Whole", &[("read", true), ("write", false)])
        };
        let made = store.create_app(&by(world.maker), world.partner, new).await.expect("a new app");
        let client = store.client_of_app(made.id).await.expect("answers").expect("there");
        assert!(!client.needs_challenge() && client.auth_method == AuthMethod::ClientSecretPost);
        assert_eq!((client.actor_modes, client.grants), (ActorModes::App, AppGrants::Both));
        assert_eq!(
            (client.policy, client.id_token_signed_response_alg),
            (TokenPolicy::financefeast(), SigningAlgorithm::Es256)
        );
        assert_eq!(
            (client.required_scopes.to_string(), client.optional_scopes.to_string()),
            ("read".into(), "write".into())
        );
        let detail = store.app(world.partner, made.id).await.expect("its own");
        assert_eq!(detail.fields.homepage.as_deref(), Some("https://partner.example.com/"));
        assert_eq!(detail.fields.support_email.as_deref(), Some("help@partner.example.com"));
        let after_logout = store.post_logout_redirect_uris(made.id).await.expect("answers");
        assert_eq!(
            after_logout.iter().map(domain::redirect_uri::RedirectUri::as_str).collect::<Vec<_>>(),
            ["https://partner.example.com/bye"]
        );
        for address in
            ["a@b@c.example", "a@b.example,c@d.example", "a;b@c.example", "a\u{202e}b@c.example", "<a@b.example>"]
        {
            let bad = NewApp { support_email: Some(address.to_owned()), ..new_app("Bad", &[("read", true)]) };
            assert_eq!(
                refused(store.create_app(&by(world.maker), world.partner, bad).await),
                ["support_email"],
                "{address}"
            );
        }
        let bad = NewApp {
            homepage: Some("javascript:alert(1)".to_owned()),
            support_email: Some("nobody".to_owned()),
            post_logout_redirect_uris: vec!["nonsense".to_owned()],
            ..new_app("Bad", &[])
        };
        let made = store.create_app(&by(world.maker), world.partner, bad).await;
        assert_eq!(refused(made), ["homepage", "support_email", "post_logout_redirect_uris.0"]);
    })
    .await;
}

#[tokio::test]
async fn an_app_keeps_the_name_that_is_seen_of_it() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let me = by(world.maker);
        let made = store.create_app(&me, world.partner, new_app(" Two  Spaces ", &[("read", true)])).await;
        let app = made.expect("a new app").id;
        let name = async || store.app(world.partner, app).await.expect("its own").fields.name;
        assert_eq!(name().await, "Two Spaces");
        let three = AppFields { name: "Three \u{a0} Spaces".to_owned(), ..fields(&world).await };
        store.update_app(&me, world.partner, app, three, None).await.expect("valid");
        assert_eq!(name().await, "Three Spaces");
    })
    .await;
}

#[tokio::test]
async fn a_code_lives_as_long_as_the_policy_of_its_app_says() {
    let brief = TokenPolicy { code_seconds: 60, ..TokenPolicy::standard() };
    on_each_database_under(offering(vec![brief], &["standard"]), async |store, clock| {
        let world = World::new(&store).await;
        let (one, other) = (world.code("").await, world.code("").await);
        clock.advance(59);
        world.exchange(&one).await.expect("in time");
        clock.advance(1);
        assert!(invalid_grant(&world.exchange(&other).await), "over");
    })
    .await;
}

#[tokio::test]
async fn an_app_that_asks_for_openid_acts_as_the_person_and_one_that_does_not_cannot_ask_for_it() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app) = (by(world.maker), world.client.app);
        let ask = async |words: &[&str]| {
            let choices = words.iter().map(|word| choice(word, true)).collect();
            store.set_scopes(&me, world.partner, app, choices, None).await
        };
        let save = async |fields: AppFields| store.update_app(&me, world.partner, app, fields, None).await;
        ask(&["read", "openid"]).await.expect("it may act as people");
        let itself = AppFields { actor_modes: ActorModes::App, ..fields(&world).await };
        assert_eq!(refused(save(itself.clone()).await), ["actor_modes"]);
        let alone = AppFields { grants: AppGrants::ClientCredentials, ..fields(&world).await };
        assert_eq!(refused(save(alone).await), ["grants"]);
        ask(&["read"]).await.expect("without it");
        save(itself).await.expect("nobody signs in");
        assert_eq!(refused(ask(&["read", "openid"]).await), ["scopes.1"]);
    })
    .await;
}
