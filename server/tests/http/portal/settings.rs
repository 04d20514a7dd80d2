//! `/apps/{id}/settings`.

use domain::entity::app;
use domain::portal::{AppFields, Seen};
use http::StatusCode;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

use crate::oauth::request::{post, with_header};
use crate::oauth::world::World;

#[tokio::test]
async fn a_homepage_is_kept_as_a_url_is_written_so_that_nothing_in_it_turns_what_is_read() {
    let world = World::new().await;
    let mut browser = world.browser(&world.maker_admin).await;
    let csrf = browser.csrf().await;
    let fields = AppFields {
        name: "One".to_owned(),
        homepage: Some("https://one.example/\u{202e}moc".to_owned()),
        ..AppFields::default()
    };
    let body = json!({ "app": world.one.app, "fields": fields }).to_string();
    let request = post("/fn/apps/settings/update", "application/json", body);
    let answer = browser.send(with_header(request, "x-csrf-token", &csrf)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let detail = world.store.app(world.maker, world.one.app).await.expect("its own");
    assert_eq!(detail.fields.homepage.as_deref(), Some("https://one.example/%E2%80%AEmoc"));
}

#[tokio::test]
async fn an_app_is_deleted_by_typing_the_name_that_is_seen_whatever_spaces_it_has() {
    let world = World::new().await;
    let named = app::Entity::update_many().col_expr(app::Column::Name, Expr::value("Two  \u{a0}Spaces"));
    let named = named.filter(app::Column::Id.eq(world.one.app));
    named.exec(world.store.writer()).await.expect("as it was kept once");
    let mut browser = world.browser(&world.maker_admin).await;
    let csrf = browser.csrf().await;
    for (typed, status) in [
        ("TwoSpaces", StatusCode::UNPROCESSABLE_ENTITY),
        ("two spaces", StatusCode::UNPROCESSABLE_ENTITY),
        (" Two Spaces ", StatusCode::OK),
    ] {
        let body = json!({ "app": world.one.app, "name": typed }).to_string();
        let request = post("/fn/apps/settings/delete", "application/json", body);
        let answer = browser.send(with_header(request, "x-csrf-token", &csrf)).await;
        assert_eq!(answer.status, status, "{typed}: {answer:?}");
    }
}

#[tokio::test]
async fn each_policy_that_may_be_chosen_is_shown_with_what_it_means() {
    let world = World::new().await;
    let mut browser = world.browser(&world.maker_admin).await;
    let page = browser.get(&format!("/apps/{}/settings", world.one.app)).await;
    let (_, choices) = page.body.split_once("name=\"token_policy\" value=\"").expect("choices");
    let choices: Vec<_> = choices.split("name=\"token_policy\" value=\"").collect();
    let expected = [
        ("standard", true, "Access tokens end after 24 hours."),
        ("featureos", false, "The refresh token stays the same until the install is revoked."),
        ("fera", false, "Access tokens work until they are revoked."),
        ("apiera", false, "Access tokens are JWTs (RS256) that end after"),
        ("financefeast", false, "There is no refresh token"),
    ];
    assert_eq!(choices.len(), expected.len(), "{}", page.body);
    for (choice, (name, chosen, sentence)) in choices.into_iter().zip(expected) {
        let (input, _) = choice.split_once('>').expect("the end of its input");
        assert!(input.starts_with(&format!("{name}\"")) && choice.contains(sentence), "{name}: {choice}");
        assert_eq!(input.ends_with(" checked"), chosen, "{name}: {input}");
    }
}

#[tokio::test]
async fn a_form_that_was_opened_before_somebody_else_saved_is_told_so() {
    let world = World::new().await;
    let mut browser = world.browser(&world.maker_admin).await;
    let path = format!("/apps/{}/redirect-uris", world.one.app);
    let seen_on = |page: &str| {
        let (_, rest) = page.split_once("name=\"seen\" value=\"").expect("a mark");
        rest.split('"').next().expect("its end").to_owned()
    };
    let seen = seen_on(&browser.get(&path).await.body);
    let token = browser.csrf().await;
    let save = async |uri: &str, seen: &str| {
        let body = json!({ "app": world.one.app, "uris": [world.one.redirect, uri], "seen": seen }).to_string();
        let request = post("/fn/apps/redirect-uris/set", "application/json", body);
        let request = with_header(with_header(request, "accept", "application/json"), "x-csrf-token", &token);
        browser.send(request).await
    };
    let saved = save("https://one.example/second", &seen).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
    let next = saved.json()["seen"].as_str().expect("the mark of what it shows now").to_owned();
    let stale = save("https://one.example/third", &seen).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.body);
    assert!(stale.body.contains("Somebody changed this since you opened the page"), "{}", stale.body);
    assert_eq!(save("https://one.example/third", &next).await.status, StatusCode::OK);
    assert_eq!(
        seen_on(&browser.get(&path).await.body),
        Seen::of_uris(&[world.one.redirect.clone(), "https://one.example/third".to_owned()]).as_str()
    );
}
