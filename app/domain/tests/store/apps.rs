//! Apps: registering, changing, stopping and deleting.

use domain::audit::Action;
use domain::client::{ActorModes, AppGrants, AppStatus};
use domain::jwt::SigningAlgorithm;
use domain::portal::{AppFields, NewApp};
use domain::store::app_parts::{MAX_REDIRECT_URIS, UrisProblem};
use domain::store::apps::AppProblem;

use crate::flow::{CALLBACK, World, choice, invalid_grant, new_app};
use crate::harness::{by, log, on_each_database};

#[tokio::test]
async fn a_new_app_with_problems_names_each_field() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let new = NewApp {
            name: "x".repeat(61),
            redirect_uris: vec![CALLBACK.to_owned(), "http://example.com/".to_owned(), CALLBACK.to_owned()],
            scopes: vec![choice("read", true), choice("unknown", true), choice("read", false)],
            ..new_app("", &[])
        };
        let AppProblem::Invalid(problems) =
            store.create_app(&by(world.maker), world.partner, new).await.expect_err("invalid")
        else {
            panic!("by field")
        };
        let fields: Vec<_> = problems.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["name", "redirect_uris.1", "redirect_uris.2", "scopes.1", "scopes.2"]);
        let empty = NewApp { redirect_uris: Vec::new(), ..new_app(" ", &[]) };
        let AppProblem::Invalid(problems) =
            store.create_app(&by(world.maker), world.partner, empty).await.expect_err("invalid")
        else {
            panic!("by field")
        };
        let fields: Vec<_> = problems.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["name", "redirect_uris"]);
        assert_eq!(store.apps_of(world.partner, None, None).await.expect("answers").items.len(), 1, "nothing was made");
    })
    .await;
}

#[tokio::test]
async fn req_006_each_bad_redirect_uri_is_refused_where_it_is_typed() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app) = (by(world.maker), world.client.app);
        let bad = [
            "",
            "https://a.example.com/#",
            "https://*.example.com/",
            "JavaScript:alert(1)",
            "http://example.com/",
            "https://u@example.com/",
            "/relative",
            "com.example.app:///cb",
        ];
        for uri in bad {
            let rows = vec![CALLBACK.to_owned(), uri.to_owned()];
            let set = store.set_redirect_uris(&me, world.partner, app, rows, None).await;
            assert!(matches!(set, Err(UrisProblem::Rows(rows)) if rows.len() == 1 && rows[0].0 == 1), "{uri}");
        }
        let twice = vec![CALLBACK.to_owned(), CALLBACK.to_owned()];
        let set = store.set_redirect_uris(&me, world.partner, app, twice, None).await;
        assert!(matches!(set, Err(UrisProblem::Rows(rows)) if rows[0].0 == 1), "it is there already");
        let uris = store.app(world.partner, app).await.expect("its own").redirect_uris;
        assert_eq!(uris.len(), 1);
        let none = store.set_redirect_uris(&me, world.partner, app, vec![String::new()], None).await;
        assert!(matches!(none, Err(UrisProblem::Rows(rows)) if rows[0].1.contains("keeps at least one")));
    })
    .await;
}

#[tokio::test]
async fn redirect_uris_are_added_replaced_bounded_and_told_to_the_log() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app) = (by(world.maker), world.client.app);
        let mut many = vec![CALLBACK.to_owned()];
        many.extend((1..MAX_REDIRECT_URIS).map(|row| format!("https://partner.example.com/{row}")));
        store.set_redirect_uris(&me, world.partner, app, many.clone(), None).await.expect("room");
        many.push("https://partner.example.com/more".to_owned());
        let more = store.set_redirect_uris(&me, world.partner, app, many, None).await;
        assert!(matches!(more, Err(UrisProblem::Rows(rows)) if rows[0].0 == MAX_REDIRECT_URIS));
        let uris = vec!["https://new.example.com/".to_owned(), CALLBACK.to_owned()];
        store.set_redirect_uris(&me, world.partner, app, uris, None).await.expect("replaced");
        let client = store.client_of_app(app).await.expect("answers").expect("there");
        assert_eq!(client.redirect_uris.len(), 2);
        let log = log(&store, world.partner).await;
        assert_eq!(
            (log[0].action, log[0].target_name.as_str()),
            (Action::RedirectUriAdded, "https://new.example.com/")
        );
        assert_eq!(log[1].action, Action::RedirectUriRemoved);
    })
    .await;
}

#[tokio::test]
async fn the_settings_form_changes_what_it_names_and_the_log_tells_the_difference() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app) = (by(world.maker), world.client.app);
        let fields = AppFields {
            name: " Renamed ".to_owned(),
            description: "Other".to_owned(),
            homepage: Some("https://partner.example.com".to_owned()),
            support_email: Some(String::new()),
            pkce_required: false,
            actor_modes: ActorModes::Myself,
            grants: AppGrants::AuthorizationCode,
            token_policy: "fera".to_owned(),
            id_token_signed_response_alg: SigningAlgorithm::EdDsa,
        };
        store.update_app(&me, world.partner, app, fields.clone(), None).await.expect("valid");
        let detail = store.app(world.partner, app).await.expect("its own").fields;
        assert_eq!((detail.name.as_str(), detail.support_email), ("Renamed", None));
        assert!(!detail.pkce_required && detail.actor_modes == ActorModes::Myself);
        assert_eq!((detail.token_policy.as_str(), detail.grants), ("fera", AppGrants::AuthorizationCode));
        assert_eq!(detail.id_token_signed_response_alg, SigningAlgorithm::EdDsa);
        let event = &log(&store, world.partner).await[0];
        assert!(event.before.as_deref().is_some_and(|text| text.contains("Robot")));
        assert!(event.after.as_deref().is_some_and(|text| text.contains("Renamed")));
        let events = log(&store, world.partner).await.len();
        store.update_app(&me, world.partner, app, fields.clone(), None).await.expect("valid");
        assert_eq!(log(&store, world.partner).await.len(), events, "no change, no event");
        for (homepage, email) in [("javascript:alert(1)", "a@b.example"), ("https://x.example", "not an address")] {
            let bad = AppFields {
                homepage: Some(homepage.to_owned()),
                support_email: Some(email.to_owned()),
                ..fields.clone()
            };
            assert!(matches!(
                store.update_app(&me, world.partner, app, bad, None).await,
                Err(AppProblem::Invalid(problems)) if problems.len() == 1
            ));
        }
    })
    .await;
}

#[tokio::test]
async fn req_019_a_suspended_app_and_owner_make_every_token_inactive_until_resumed() {
    on_each_database(async |store, _clock| {
        let mut world = World::new(&store).await;
        let (me, app) = (by(world.maker), world.client.app);
        let tokens = world.tokens("").await;
        store.suspend_app(&me, world.partner, app).await.expect("its own");
        assert!(!world.lives(&tokens).await);
        world.reload().await;
        assert!(!world.client.enabled() && invalid_grant(&world.refresh(&tokens).await));
        store.resume_app(&me, world.partner, app).await.expect("its own");
        world.reload().await;
        assert!(world.lives(&tokens).await);
        let stop = domain::organization::Status::Suspended;
        let op = domain::store::By::operator();
        store.set_organization_status(&op, world.partner, stop).await.expect("suspended");
        world.reload().await;
        assert!(!world.lives(&tokens).await && invalid_grant(&world.refresh(&tokens).await));
    })
    .await;
}

#[tokio::test]
async fn req_121_a_deleted_app_ends_everything_and_its_client_id_never_comes_back() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app) = (by(world.maker), world.client.app);
        let tokens = world.tokens("").await;
        let code = world.code("&actor=self").await;
        store.delete_app(&me, world.partner, app).await.expect("its own");
        assert!(!world.lives(&tokens).await);
        assert!(invalid_grant(&world.refresh(&tokens).await) && invalid_grant(&world.exchange(&code).await));
        assert!(store.authenticate_secret(&world.client, &world.secret.0).await.expect("answers").is_none());
        assert!(
            store.app(world.partner, app).await.is_err() && store.delete_app(&me, world.partner, app).await.is_err()
        );
        assert!(store.apps_of(world.partner, None, None).await.expect("answers").items.is_empty());
        let client = store.client(&world.client.client_id).await.expect("answers").expect("still named");
        assert!(client.status == AppStatus::Deleted && !client.enabled());
        let again = new_app("Robot", &[("read", true)]);
        let again = store.create_app(&me, world.partner, again).await.expect("the same name");
        assert_ne!(again.client_id, world.client.client_id);
        assert!(!world.lives(&tokens).await);
    })
    .await;
}

#[tokio::test]
async fn the_list_finds_by_name_and_client_id_and_counts_organizations() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app) = (by(world.maker), world.client.app);
        store.create_app(&me, world.partner, new_app("100% Other", &[])).await.expect("a new app");
        world.tokens("").await;
        world.tokens("&actor=self").await;
        let find = async |q: &str| store.apps_of(world.partner, Some(q), None).await.expect("answers").items;
        assert_eq!(find("").await.len(), 2);
        assert_eq!(find("100%").await.len(), 1);
        assert_eq!(find("0_").await.len(), 0, "signs are taken literally");
        let found = find(world.client.client_id.as_str()).await;
        assert_eq!((found[0].id, found[0].installs), (app, 1), "two installs in one organization");
        let checklist = store.app(world.partner, app).await.expect("its own").checklist;
        assert!(checklist.redirect_uri && checklist.secret && checklist.installed && !checklist.called);
    })
    .await;
}
