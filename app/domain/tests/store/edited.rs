//! Two people who edit the same app: nobody undoes unseen what the other saved.

use domain::portal::{AppFields, ScopeChoice, Seen};
use domain::store::app_parts::UrisProblem;
use domain::store::apps::AppProblem;

use crate::drafts::reviewing;
use crate::flow::{CALLBACK, World, choice};
use crate::harness::{by, on_each_database, on_each_database_under};

const OTHER: &str = "https://partner.example.com/other";

fn list(uris: &[&str]) -> Vec<String> {
    uris.iter().map(|&uri| uri.to_owned()).collect()
}

async fn shown_fields(world: &World) -> AppFields {
    world.store.app(world.partner, world.client.app).await.expect("its own").fields
}

#[tokio::test]
async fn what_was_saved_since_a_form_was_opened_is_not_undone_by_it() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, owner, app) = (by(world.maker), world.partner, world.client.app);
        let fields = shown_fields(&world).await;
        let seen = Seen::of_fields(&fields);
        let described = |text: &str| AppFields { description: text.to_owned(), ..fields.clone() };
        store.update_app(&me, owner, app, described("One"), Some(&seen)).await.expect("as it was shown");
        let stale = store.update_app(&me, owner, app, described("Two"), Some(&seen)).await;
        assert!(matches!(stale, Err(AppProblem::Changed(_))), "{stale:?}");
        let now = shown_fields(&world).await;
        assert_eq!(now.description, "One");
        store.update_app(&me, owner, app, described("Two"), Some(&Seen::of_fields(&now))).await.expect("seen");

        let sent = AppFields {
            name: "Robot  Two ".to_owned(),
            description: " One\tline ".to_owned(),
            homepage: Some("https://robot.example".to_owned()),
            support_email: Some(String::new()),
            ..fields.clone()
        };
        store.update_app(&me, owner, app, sent.clone(), None).await.expect("whatever was shown");
        let told = Seen::of_fields(&sent.kept());
        assert_eq!(told, Seen::of_fields(&shown_fields(&world).await), "what is told is what is kept");
        store.update_app(&me, owner, app, fields.clone(), Some(&told)).await.expect("and what the verb compares");

        let seen = Seen::of_uris(&list(&[CALLBACK]));
        store.set_redirect_uris(&me, owner, app, list(&[OTHER, CALLBACK]), Some(&seen)).await.expect("as it was shown");
        let stale = store.set_redirect_uris(&me, owner, app, list(&[CALLBACK]), Some(&seen)).await;
        assert!(matches!(stale, Err(UrisProblem::Changed(_))), "{stale:?}");
        let seen = Seen::of_uris(&list(&[CALLBACK, OTHER]));
        store.set_redirect_uris(&me, owner, app, list(&[CALLBACK]), Some(&seen)).await.expect("in any order");

        let seen = Seen::of_uris(&[]);
        let bye = list(&["https://partner.example.com/bye"]);
        store.set_post_logout_redirect_uris(&me, owner, app, bye.clone(), Some(&seen)).await.expect("there was none");
        let stale = store.set_post_logout_redirect_uris(&me, owner, app, Vec::new(), Some(&seen)).await;
        assert!(matches!(stale, Err(UrisProblem::Changed(_))), "{stale:?}");

        let held = store.app(owner, app).await.expect("its own").scopes;
        let held = held.into_iter().map(|held| ScopeChoice {
            token: held.scope.token,
            purpose: held.purpose,
            required: held.required,
        });
        let seen = Seen::of_scopes(&held.collect::<Vec<_>>());
        let ask = async |word| store.set_scopes(&me, owner, app, vec![choice(word, true)], Some(&seen)).await;
        ask("read").await.expect("as it was shown");
        let stale = ask("write").await;
        assert!(matches!(stale, Err(AppProblem::Changed(_))), "{stale:?}");
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_approval_is_what_a_form_shows() {
    on_each_database_under(reviewing(), async |store, _clock| {
        let world = World::new(&store).await;
        let (me, owner, app) = (by(world.maker), world.partner, world.client.app);
        crate::reviews::approve(&world).await;
        let fields = shown_fields(&world).await;
        let seen = Seen::of_fields(&fields);
        let other = AppFields { name: "Other".to_owned(), ..fields.clone() };
        assert!(store.update_app(&me, owner, app, other.clone(), Some(&seen)).await.expect("a new name waits"));
        let stale = store.update_app(&me, owner, app, fields, Some(&seen)).await;
        assert!(matches!(stale, Err(AppProblem::Changed(_))), "the name that waits would leave the queue: {stale:?}");
        assert!(store.update_app(&me, owner, app, other.clone(), Some(&Seen::of_fields(&other))).await.expect("seen"));
    })
    .await;
}
