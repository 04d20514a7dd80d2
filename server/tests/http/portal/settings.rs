//! `/apps/{id}/settings`.

use domain::entity::app;
use domain::portal::{AppFields, Seen};
use http::StatusCode;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use crate::oauth::request::{Answer, Form, arguments, get, with_header};
use crate::oauth::world::{ISSUER, Surfer, World};

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
    let request = arguments(&json!({ "app": world.one.app, "fields": fields })).post("/fn/apps/settings/update");
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
        let request = arguments(&json!({ "app": world.one.app, "confirm": typed })).post("/fn/apps/settings/delete");
        let answer = browser.send(with_header(request, "x-csrf-token", &csrf)).await;
        assert_eq!(answer.status, status, "{typed}: {answer:?}");
    }
}

#[tokio::test]
async fn each_policy_that_may_be_chosen_is_shown_with_what_it_means() {
    let world = World::new().await;
    let mut browser = world.browser(&world.maker_admin).await;
    let page = browser.get(&format!("/apps/{}/settings", world.one.app)).await;
    let (_, choices) = page.body.split_once("name=\"fields[token_policy]\" value=\"").expect("choices");
    let choices: Vec<_> = choices.split("name=\"fields[token_policy]\" value=\"").collect();
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
        let sent = json!({ "app": world.one.app, "uris": [world.one.redirect, uri], "seen": seen });
        let request = arguments(&sent).post("/fn/apps/redirect-uris/set");
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

/// The form of a page as a browser sends it without a script.
async fn sent(browser: &mut Surfer, path: &str, fields: &Value) -> Answer {
    let csrf = browser.csrf().await;
    let form = arguments(fields).and("csrf", &csrf).post(path);
    browser.send(with_header(form, "accept", "text/html,application/xhtml+xml")).await
}

#[tokio::test]
async fn without_a_script_settings_are_saved_and_a_refused_form_comes_again_with_all_that_was_typed() {
    let world = World::new().await;
    let mut browser = world.browser(&world.maker_admin).await;
    let settings = format!("/apps/{}/settings", world.one.app);
    let page = browser.get(&settings).await.body;
    assert!(page.contains("action=\"/fn/apps/settings/update\"") && !page.contains("<noscript><p"), "{page}");
    let fields = |name: &str| {
        json!({ "app": world.one.app, "fields": { "name": name, "description": "Says a & b</textarea><form>",
            "homepage": "", "support_email": "", "pkce_required": true, "actor_modes": "app",
            "grants": "authorization_code", "token_policy": "featureos", "id_token_signed_response_alg": "ES256" } })
    };
    let refused = sent(&mut browser, "/fn/apps/settings/update", &fields("")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    let page = &refused.body;
    let typed = "Says a &amp; b&lt;/textarea>&lt;form>";
    assert!(page.contains(typed) && !page.contains("</textarea><form>"), "what was typed, as a text: {page}");
    assert!(
        page.contains("href=\"#field-name\"") && page.contains("id=\"field-name\""),
        "the way to the field: {page}"
    );
    for chosen in ["value=\"featureos\"", "name=\"fields[actor_modes]\" value=\"app\"", "option value=\"ES256\""] {
        let (_, rest) = page.split_once(chosen).unwrap_or_else(|| panic!("{chosen}: {page}"));
        let (control, _) = rest.split_once('>').expect("its end");
        assert!(control.contains("checked") || control.contains("selected"), "{chosen}: {control}");
    }
    let saved = sent(&mut browser, "/fn/apps/settings/update", &fields("One more")).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, settings.as_str()));
    let page = browser.get(&settings).await.body;
    assert!(page.contains("<p>Saved.</p>"), "{page}");
    assert!(page.contains(typed) && !page.contains("</textarea><form>"), "what is kept, as a text: {page}");
    let detail = world.store.app(world.maker, world.one.app).await.expect("its own");
    assert_eq!(detail.fields.name, "One more");

    let wrong =
        sent(&mut browser, "/fn/apps/settings/delete", &json!({ "app": world.one.app, "confirm": "One" })).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("That is not the app's name."), "{}", wrong.body);
    let right = json!({ "app": world.one.app, "confirm": "One more" });
    let deleted = sent(&mut browser, "/fn/apps/settings/delete", &right).await;
    assert_eq!((deleted.status, deleted.header("location")), (StatusCode::SEE_OTHER, "/apps"));
    assert!(browser.get("/apps").await.body.contains("One more is deleted."));
}

#[tokio::test]
async fn without_a_script_addresses_are_added_and_taken_away_and_each_row_says_what_is_wrong_with_it() {
    let world = World::new().await;
    let mut browser = world.browser(&world.maker_admin).await;
    let tab = format!("/apps/{}/redirect-uris", world.one.app);
    let function = "/fn/apps/redirect-uris/set";
    let uris = |rows: &[&str]| json!({ "app": world.one.app, "uris": rows });
    // The row in the middle was emptied: it is no address, and the others keep their places.
    let refused = sent(&mut browser, function, &uris(&["https://one.example/a", "", "ftp://one.example/b"])).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    let page = &refused.body;
    assert!(page.contains("value=\"ftp://one.example/b\"") && page.contains("Nothing was saved"), "{page}");
    let said = |row: usize| {
        let (_, rest) = page.split_once(&format!("data-error-for=\"redirect_uris.{row}\"")).expect("a row");
        let (said, _) = rest.split_once("</span>").expect("its end");
        said.split_once('>').expect("a text").1.replace("<!>", "")
    };
    assert_eq!((said(0), said(1)), (String::new(), String::new()), "{page}");
    assert!(said(2).contains("scheme"), "what is wrong with the last: {page}");
    let saved = sent(&mut browser, function, &uris(&["https://one.example/a", "", "https://one.example/b", ""])).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, tab.as_str()));
    assert!(browser.get(&tab).await.body.contains("Saved. Requests are compared with this list from now on."));
    let detail = world.store.app(world.maker, world.one.app).await.expect("its own");
    let kept: Vec<_> = detail.redirect_uris.iter().map(|row| row.uri.as_str()).collect();
    assert_eq!(kept, ["https://one.example/a", "https://one.example/b"]);
    // The other list of addresses is another form of another page.
    let logout = "/fn/apps/settings/post-logout";
    let refused = sent(&mut browser, logout, &uris(&["https://one.example/bye#x"])).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("value=\"https://one.example/bye#x\""), "{}", refused.body);
    assert_eq!(sent(&mut browser, logout, &uris(&["https://one.example/bye"])).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn without_a_script_scopes_are_chosen_and_a_stale_form_keeps_what_was_typed() {
    let world = World::new().await;
    let mut browser = world.browser(&world.maker_admin).await;
    let tab = format!("/apps/{}/scopes", world.one.app);
    let scopes = |purpose: &str, seen: Option<&str>| {
        json!({ "app": world.one.app, "seen": seen, "scopes": {
            "read": { "ticked": true, "purpose": purpose, "required": false },
            "posts:read": { "purpose": "not ticked", "required": true } } })
    };
    let saved = sent(&mut browser, "/fn/apps/scopes/set", &scopes("To read", None)).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, tab.as_str()), "{saved:?}");
    let detail = world.store.app(world.maker, world.one.app).await.expect("its own");
    let [held] = detail.scopes.as_slice() else { panic!("one scope: {detail:?}") };
    assert_eq!((held.scope.token.as_str(), held.purpose.as_str(), held.required), ("read", "To read", false));
    let stale = sent(&mut browser, "/fn/apps/scopes/set", &scopes("To read more", Some("stale"))).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.body.contains("value=\"To read more\""), "{}", stale.body);
    assert!(stale.body.contains("Somebody changed this since you opened the page"), "{}", stale.body);
    assert!(stale.body.contains("name=\"seen\" value=\"stale\""), "a second press overwrites nothing either");
}

#[tokio::test]
async fn without_a_script_a_form_that_cannot_be_read_is_said_to_be_none() {
    let world = World::new().await;
    let mut browser = world.browser(&world.maker_admin).await;
    let tab = format!("/apps/{}/scopes", world.one.app);
    let csrf = browser.csrf().await;
    let form = Form::of(&[("app", "x"), ("csrf", &csrf)]).post("/fn/apps/scopes/set");
    let form = with_header(form, "referer", &format!("{ISSUER}{tab}"));
    let answer = browser.send(with_header(form, "accept", "text/html")).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, tab.as_str()));
    assert!(browser.get(&tab).await.body.contains("The form is incomplete"));
    let again = with_header(get("/fn/apps/scopes/set"), "accept", "text/html");
    let again = browser.send(again).await;
    assert_eq!((again.status, again.header("location")), (StatusCode::SEE_OTHER, "/"));
}

#[tokio::test]
async fn a_form_with_more_addresses_than_an_app_can_have_is_drawn_with_a_bounded_number() {
    let world = World::new().await;
    let mut browser = world.browser(&world.maker_admin).await;
    let rows = vec!["x"; 20_000];
    for function in ["/fn/apps/redirect-uris/set", "/fn/apps/settings/post-logout"] {
        let answer = sent(&mut browser, function, &json!({ "app": world.one.app, "uris": rows })).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains("An app has at most 20 redirect URIs."));
        assert!(answer.body.matches("name=\"uris[]\"").count() <= 50, "{function}: {} bytes", answer.body.len());
    }
    let lines = (0..10_000).map(|line| (format!("x{line}"), json!({ "ticked": true, "required": true })));
    let scopes: serde_json::Map<_, _> = lines.collect();
    let answer = sent(&mut browser, "/fn/apps/scopes/set", &json!({ "app": world.one.app, "scopes": scopes })).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("An app asks for at most 64 scopes.") && answer.body.len() < 200_000);
}

#[tokio::test]
async fn a_stale_form_of_a_page_comes_again_with_all_that_was_typed() {
    let world = World::new().await;
    let browser = world.browser(&world.maker_admin).await;
    let tab = format!("/apps/{}/redirect-uris", world.one.app);
    let form = json!({ "app": world.one.app, "uris": ["https://one.example/typed"], "csrf": "x".repeat(43) });
    let form = with_header(arguments(&form).post("/fn/apps/redirect-uris/set"), "referer", &format!("{ISSUER}{tab}"));
    let answer = browser.send(with_header(form, "accept", "text/html")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("value=\"https://one.example/typed\""), "{}", answer.body);
    assert!(answer.body.contains("so nothing was done"), "{}", answer.body);
}

#[tokio::test]
async fn what_was_done_is_never_said_to_be_none() {
    let world = World::new().await;
    let mut browser = world.browser(&world.maker_admin).await;
    let tab = format!("/apps/{}/credentials", world.one.app);
    let rotate = json!({ "app": world.one.app, "label": "Mine", "grace_seconds": 0 });
    assert!(!sent(&mut browser, "/fn/apps/credentials/rotate", &rotate).await.status.is_client_error());
    let page = browser.get(&tab).await;
    assert!(page.body.contains("Mine") && !page.body.contains("Nothing was done"), "{}", page.body);
}
