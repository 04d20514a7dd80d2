//! `/oauth/consent/{id}`: PROTOCOL sections B, I and J where a person decides.

use domain::portal::NewApp;
use http::StatusCode;
use sea_orm::ConnectionTrait;

use super::request::{Form, get, with_header, with_token};
use super::world::{ISSUER, World, openid_app, scopes};

#[tokio::test]
async fn req_022_state_comes_back_byte_for_byte_with_the_code() {
    let world = World::new().await;
    for state in ["%20+&=é\"<", "0", "a=b&error=c"] {
        let answer = world.one.consent(&world, &world.one.request().with("state", state)).await;
        assert_eq!(answer.sent_once("state"), state);
        assert!(!answer.sent_once("code").is_empty());
    }
    let absent = world.one.consent(&world, &world.one.request().without("state")).await;
    assert!(absent.sent("state").is_empty(), "{}", absent.location());
}

#[tokio::test]
async fn req_027_no_token_travels_through_the_browser() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let form = world.allow().and("response_type", "token").and("response_mode", "fragment");
    let answer = browser.post(&format!("{consent}?response_type=token"), &form).await;
    assert!(!answer.sent_once("code").is_empty());
    for secret in ["access_token", "refresh_token", "ptcot_", "ptcor_"] {
        assert!(!answer.location().contains(secret), "{}", answer.location());
    }
}

#[tokio::test]
async fn req_028_fields_of_the_form_change_nothing_of_the_request() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let form = world
        .allow()
        .and("client_id", &world.two.client_id)
        .and("redirect_uri", "https://evil.example/cb")
        .and("scope", "delete")
        .and("scope", "admin")
        .and("state", "other")
        .and("actor", "self");
    let answer = browser.post(&consent, &form).await;
    assert!(answer.location().starts_with(&world.one.redirect), "{}", answer.location());
    assert_eq!(answer.sent_once("state"), "s1");
    let tokens = world.one.redeem(&world, &answer.sent_once("code")).await;
    assert_eq!(tokens.text("scope"), "read");
    let whoami = world.whoami(&tokens.text("access_token")).await.json();
    assert_eq!(
        (whoami["actor"].as_str(), whoami["app"]["client_id"].as_str()),
        (Some("app"), Some(world.one.client_id.as_str()))
    );
}

#[tokio::test]
async fn req_111_a_page_for_an_app_that_is_there_already_says_so_and_what_comes_to_it() {
    let world = World::new().await;
    let new = NewApp { scopes: scopes(&["read", "posts:read?"]), ..openid_app("https://two.example/cb") };
    let party = world.register(new).await;
    let mut browser = world.browser(&world.admin).await;
    let narrow = party.request().with("prompt", "consent").with("scope", "read");
    let consent = browser.authorize(&narrow).await;
    let first = browser.get(&consent).await;
    assert!(!first.body.contains("already") && !first.body.contains(">New<"), "{}", first.body);
    assert!(!browser.post(&consent, &world.allow()).await.sent_once("code").is_empty());
    let again = browser.authorize(&narrow).await;
    let again = browser.get(&again).await;
    assert!(
        again.body.contains("is installed in Target already") && again.body.contains("a token that it has now ends"),
        "{}",
        again.body
    );
    assert!(!again.body.contains(">New<"), "{}", again.body);
    let more = browser.authorize(&narrow.with("scope", "read posts:read")).await;
    let more = browser.get(&more).await;
    assert_eq!(more.body.matches(">New<").count(), 1, "{}", more.body);
}

#[tokio::test]
async fn req_029_a_refusal_is_told_to_the_client() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let answer = browser.post(&consent, &Form::of(&[("decision", "deny")])).await;
    answer.assert_rejected("deny", &world.one.redirect, &["access_denied"], Some("s1"));
    let again = browser.post(&consent, &world.allow()).await;
    assert!(
        again.status.is_client_error() && !again.headers.contains_key("location"),
        "a refused grant was allowed: {again:?}"
    );
}

#[tokio::test]
async fn req_028_a_grant_is_decided_once() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    assert!(!browser.post(&consent, &world.allow()).await.sent_once("code").is_empty());
    let again = browser.post(&consent, &world.allow()).await;
    assert!(again.status.is_client_error() && !again.headers.contains_key("location"), "{again:?}");
}

#[tokio::test]
async fn req_028_a_decision_that_is_none_of_the_two_is_refused() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    for form in [
        Form::default(),
        Form::of(&[("decision", "maybe")]),
        world.allow().with("organization", "no id"),
        world.allow().and("organization", &world.second.to_string()),
    ] {
        let answer = browser.post(&consent, &form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form:?}: {answer:?}");
        assert!(!answer.headers.contains_key("location"));
    }
    assert!(!browser.post(&consent, &world.allow()).await.sent_once("code").is_empty(), "the grant is still there");
}

#[tokio::test]
async fn req_045_a_pending_grant_lives_ten_minutes() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    world.advance(600);
    let page = browser.get(&consent).await;
    assert!(page.status.is_client_error() && !page.headers.contains_key("location"), "{page:?}");
    let answer = browser.post(&consent, &world.allow()).await;
    assert!(answer.status.is_client_error() && !answer.headers.contains_key("location"), "{answer:?}");
}

#[tokio::test]
async fn req_105_106_107_the_consent_page_has_its_headers() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let page = browser.get(&consent).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    let problem = world.send(world.one.request().with("client_id", "zzz").get_request("/oauth/authorize")).await;
    for answer in [&page, &problem] {
        assert!(!answer.body.contains("<link rel=\"stylesheet\" href=\"http"), "{}", answer.body);
        let csp = answer.header("content-security-policy");
        for directive in ["frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'", "script-src"] {
            assert!(csp.contains(directive), "{directive}: {csp}");
        }
        assert!(!csp.contains("'unsafe-inline'"), "{csp}");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
    }
    assert!(
        !page.header("content-security-policy").contains("form-action"),
        "a browser would stop the redirect to the client"
    );
    assert!(problem.header("content-security-policy").contains("form-action 'self'"));
}

#[tokio::test]
async fn req_108_a_decision_needs_its_token_and_its_origin() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let csrf = browser.csrf().await;
    let form = world.allow().with("csrf", &csrf);
    let other = world.browser(&world.member).await.csrf().await;
    for request in [
        world.allow().post(&consent),
        form.clone().with("csrf", "").post(&consent),
        form.clone().with("csrf", &other).post(&consent),
    ] {
        assert_eq!(browser.send(request).await.status, StatusCode::FORBIDDEN);
    }
    let headers = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ];
    for (name, value) in headers {
        let answer = browser.send(with_header(form.post(&consent), name, value)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let answer = browser.send(with_header(form.post(&consent), "origin", ISSUER)).await;
    assert!(!answer.sent_once("code").is_empty(), "the own origin is accepted");
}

#[tokio::test]
async fn req_109_a_grant_begun_in_one_browser_cannot_be_finished_in_another() {
    let world = World::new().await;
    let mut victim = world.browser(&world.admin).await;
    let consent = world.anonymous().authorize(&world.one.request()).await;
    for answer in [
        victim.get(&consent).await,
        victim.post(&consent, &world.allow()).await,
        victim.post(&consent, &Form::of(&[("decision", "deny")])).await,
    ] {
        assert!(matches!(answer.status.as_u16(), 400 | 403 | 404), "{answer:?}");
        assert!(!answer.headers.contains_key("location"), "{answer:?}");
    }
    let mut tampered = world.browser(&world.admin).await;
    let own = tampered.authorize(&world.one.request()).await;
    tampered.rename_cookie(&own, &consent);
    let answer = tampered.post(&consent, &world.allow()).await;
    assert!(matches!(answer.status.as_u16(), 400 | 404), "another grant's cookie was accepted: {answer:?}");
}

#[tokio::test]
async fn req_109_a_grant_that_one_person_opened_is_not_shown_to_another() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    assert_eq!(browser.get(&consent).await.status, StatusCode::OK);
    browser.sign_in(&world.member).await;
    let answer = browser.get(&consent).await;
    assert!(matches!(answer.status.as_u16(), 400 | 404), "{answer:?}");
}

#[tokio::test]
async fn req_110_the_interaction_cookie_belongs_to_one_request() {
    let world = World::new().await;
    let answer = world.send(world.one.request().get_request("/oauth/authorize")).await;
    let cookies: Vec<_> =
        answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().expect("ASCII").to_owned()).collect();
    let cookie =
        cookies.iter().find(|cookie| cookie.starts_with("portico_interaction_")).expect("an interaction cookie");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    assert!(!cookies.iter().any(|cookie| cookie.starts_with("portico_session")), "no session for a stranger");

    let mut browser = world.browser(&world.admin).await;
    let first = browser.authorize(&world.one.request().with("state", "tab1")).await;
    let second = browser.authorize(&world.one.request().with("state", "tab2")).await;
    assert_eq!(browser.post(&second, &world.allow()).await.sent_once("state"), "tab2");
    assert_eq!(browser.post(&first, &world.allow()).await.sent_once("state"), "tab1");
}

#[tokio::test]
async fn req_110_a_browser_keeps_the_cookies_of_its_newest_requests_alone() {
    let world = World::new().await;
    let name = |number: u32| format!("portico_interaction_0190b7a2-0000-7000-8000-{number:012}");
    let brought = (0..25).rev().map(|number| format!("{}=x", name(number))).collect::<Vec<_>>().join("; ");
    let brought = format!("portico_interaction_mine=x; theme=dark; {brought}");
    let answer = world.send(with_header(world.one.request().get_request("/oauth/authorize"), "cookie", &brought)).await;
    let set: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().expect("ASCII")).collect();
    let (ended, made): (Vec<&str>, Vec<&str>) = set.iter().partition(|cookie| cookie.contains("Max-Age=0"));
    assert_eq!(made.iter().filter(|cookie| cookie.starts_with("portico_interaction_")).count(), 1, "{set:?}");
    let oldest: Vec<_> = (0..6).map(|number| format!("{}=;", name(number))).collect();
    assert_eq!(ended.len(), oldest.len(), "{ended:?}");
    assert!(oldest.iter().all(|name| ended.iter().any(|cookie| cookie.starts_with(name.as_str()))), "{ended:?}");
}

#[tokio::test]
async fn req_110_under_https_the_interaction_cookie_is_host_bound_and_secure() {
    let world = World::with_issuer("https://portal.example").await;
    let answer = world.send(world.one.request().get_request("/oauth/authorize")).await;
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-portico_interaction_") && cookie.contains("Secure") && cookie.contains("Path=/"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn req_111_what_an_app_says_of_itself_is_escaped() {
    let world = World::new().await;
    world.rename_app(&world.one, "<script>alert(1)</script>\"'&").await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let page = browser.get(&consent).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("<script>alert(1)") && page.body.contains("&lt;script&gt;alert(1)"), "{}", page.body);
}

#[tokio::test]
async fn req_111_a_note_that_is_shown_again_stays_a_text() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.wide.request().with("scope", "write")).await;
    let note = "a & b</textarea><form action=/sign-out>";
    let answer = browser.post(&consent, &world.allow().with("reason", note)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!answer.body.contains("</textarea><form"), "{}", answer.body);
    assert!(answer.body.contains("a &amp; b&lt;/textarea>&lt;form action=/sign-out>"), "{}", answer.body);
}

#[tokio::test]
async fn req_111_the_consent_page_says_who_asks_for_what() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let page = browser.get(&consent).await.body;
    for said in [
        "One wants to",
        "Made by Maker",
        "Target",
        "View the organization and its resources",
        "partner.example",
        "It acts as itself",
        "Each of its access tokens works for",
    ] {
        assert!(page.contains(said), "{said} is missing: {page}");
    }
    assert!(!page.contains("eviewed by this site"), "this site reviews nothing");
}

#[tokio::test]
async fn req_111_the_consent_page_says_as_whom_an_app_acts_and_for_how_long() {
    let world = World::new().await;
    let asked = |request: Form| {
        let world = &world;
        async move {
            let mut browser = world.browser(&world.admin).await;
            let consent = browser.authorize(&request).await;
            browser.get(&consent).await.body
        }
    };
    let himself = asked(world.one.request().with("actor", "self")).await;
    assert!(
        himself.contains("It acts as you, within your role in Target") && !himself.contains("as itself"),
        "{himself}"
    );
    let signs_in = world.register(openid_app("https://rp.example/cb")).await;
    let learns = asked(signs_in.request().with("scope", "openid")).await;
    assert!(learns.contains("It learns this about you and nothing more") && !learns.contains("It acts as"), "{learns}");
    for (policy, sentence) in [
        ("standard", "Each of its access tokens works for 24 hours"),
        ("financefeast", "10 days"),
        ("fera", "does not expire"),
    ] {
        let new = NewApp {
            name: format!("Of {policy}"),
            token_policy: policy.to_owned(),
            redirect_uris: vec!["https://more.example/cb".to_owned()],
            scopes: scopes(&["read"]),
            ..NewApp::default()
        };
        let page = asked(world.register(new).await.request()).await;
        assert!(page.contains(sentence), "{policy}: {page}");
        assert_eq!(page.contains("24 hours"), policy == "standard", "{policy}: {page}");
    }
}

#[tokio::test]
async fn req_111_the_consent_page_says_where_profile_includes_the_address() {
    let world = World::new().await;
    for (policy, sentence) in
        [("standard", "See your name<"), ("financefeast", "See your name and your e-mail address<")]
    {
        let new = NewApp {
            token_policy: policy.to_owned(),
            scopes: scopes(&["openid", "profile"]),
            ..openid_app("https://rp.example/cb")
        };
        let party = world.register(new).await;
        let mut browser = world.browser(&world.admin).await;
        let consent = browser.authorize(&party.request()).await;
        let page = browser.get(&consent).await.body;
        assert!(page.contains(sentence), "{policy}: {page}");
        let code = party.consent(&world, &party.request()).await.sent_once("code");
        let access = party.redeem(&world, &code).await.text("access_token");
        let seen = world.send(with_token(get("/oauth/userinfo"), &access)).await.json();
        assert_eq!(seen.get("email").is_some(), policy == "financefeast", "{policy}: {seen}");
    }
}

#[tokio::test]
async fn req_112_a_person_without_a_session_signs_in_and_comes_back() {
    let world = World::new().await;
    let mut browser = world.anonymous();
    let consent = browser.authorize(&world.one.request()).await;
    let answer = browser.get(&consent).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    assert!(answer.location().starts_with("/sign-in?") && answer.sent_once("next") == consent, "{answer:?}");
    let (sign_in, goes_on) = (answer.location().to_owned(), "Then you go on to <b>One</b>");
    let page = browser.get(&sign_in).await;
    assert!(page.body.contains(goes_on), "it says for which app: {}", page.body);
    let elsewhere = world.anonymous().get(&sign_in).await;
    assert!(!elsewhere.body.contains("you go on to"), "another browser learns nothing: {}", elsewhere.body);
    for status in ["draft", "suspended", "deleted"] {
        let sql = format!("UPDATE apps SET status = '{status}' WHERE name = 'One'");
        world.store.writer().execute_unprepared(&sql).await.expect("changed");
        let page = browser.get(&sign_in).await;
        assert!(!page.body.contains("you go on to"), "{status}: {}", page.body);
    }
    world.store.writer().execute_unprepared("UPDATE apps SET status = 'live' WHERE name = 'One'").await.expect("live");
    browser.sign_in(&world.admin).await;
    assert_eq!(browser.get(&consent).await.status, StatusCode::OK);
    assert!(!browser.post(&consent, &world.allow()).await.sent_once("code").is_empty());
}

#[tokio::test]
async fn req_114_the_consent_page_is_a_plain_form() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let page = browser.get(&consent).await.body;
    for field in [
        "name=\"csrf\"",
        "name=\"decision\"",
        "value=\"allow\"",
        "value=\"deny\"",
        "name=\"organization\"",
        "method=\"post\"",
    ] {
        assert!(page.contains(field), "{field} is missing: {page}");
    }
}

#[tokio::test]
async fn req_116_only_those_who_may_install_do() {
    let world = World::new().await;
    for person in [&world.member, &world.developer_there] {
        let mut browser = world.browser(person).await;
        let consent = browser.authorize(&world.one.request()).await;
        let page = browser.get(&consent).await;
        assert!(!page.body.contains("value=\"allow\""), "{}", page.body);
        let answer = browser.post(&consent, &world.allow()).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, consent.as_str()));
        let returned = browser.post(&consent, &Form::of(&[("decision", "deny")])).await;
        returned.assert_rejected("return to app", &world.one.redirect, &["access_denied"], Some("s1"));
    }
    let mut stranger = world.browser(&world.stranger).await;
    let consent = stranger.authorize(&world.one.request()).await;
    let page = stranger.get(&consent).await;
    assert!(page.body.contains("you are not a member of one yet"), "{}", page.body);
    assert!(page.body.contains("access_denied"), "what the app would be told: {}", page.body);
    let answer = stranger.post(&consent, &world.allow()).await;
    assert!(!answer.header("location").contains("code="), "a person of no organization installed: {answer:?}");
}

#[tokio::test]
async fn req_116_a_suspended_install_is_explained_and_leads_back_to_the_app() {
    let world = World::new().await;
    world.one.consent(&world, &world.one.request()).await;
    world.suspend_installs(&world.one).await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let page = browser.get(&consent).await;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    let told = page.body.contains("that install is suspended") && page.body.contains("Return to app");
    assert!(told && !page.body.contains("value=\"allow\""), "{}", page.body);
    let answer = browser.post(&consent, &world.allow()).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, consent.as_str()));
    let returned = browser.post(&consent, &Form::of(&[("decision", "deny")])).await;
    returned.assert_rejected("return to app", &world.one.redirect, &["access_denied"], Some("s1"));
}

#[tokio::test]
async fn req_116_a_role_that_is_lost_midway_is_lost() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    assert!(browser.get(&consent).await.body.contains("value=\"allow\""));
    world.set_role(&world.admin, world.target, "member").await;
    let answer = browser.post(&consent, &world.allow()).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, consent.as_str()));
}

#[tokio::test]
async fn req_117_the_chosen_organization_is_the_one_that_the_token_has() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request().without("organization")).await;
    let picker = browser.get(&consent).await;
    assert!(
        picker.body.contains("Target") && picker.body.contains("Second") && !picker.body.contains("value=\"allow\""),
        "{}",
        picker.body
    );
    let choice = Form::of(&[("choose", "1"), ("organization", &world.second.to_string())]);
    let chosen = browser.post(&consent, &choice).await;
    assert_eq!((chosen.status, chosen.location()), (StatusCode::SEE_OTHER, consent.as_str()));
    assert!(browser.get(&consent).await.body.contains("Second"));

    let tampered = browser.post(&consent, &world.allow()).await;
    assert!(
        !tampered.header("location").contains("code="),
        "the form named an organization that was not chosen: {tampered:?}"
    );
    let answer = browser.post(&consent, &world.allow().with("organization", &world.second.to_string())).await;
    let tokens = world.one.redeem(&world, &answer.sent_once("code")).await;
    let whoami = world.whoami(&tokens.text("access_token")).await.json();
    assert_eq!(whoami["organization"]["id"], world.second.to_string());
}

#[tokio::test]
async fn req_117_another_organization_cannot_be_chosen() {
    let world = World::new().await;
    let mut browser = world.browser(&world.member).await;
    let consent = browser.authorize(&world.one.request().without("organization")).await;
    browser.get(&consent).await;
    let choice = Form::of(&[("choose", "1"), ("organization", &world.second.to_string())]);
    let answer = browser.post(&consent, &choice).await;
    assert!(matches!(answer.status.as_u16(), 400 | 404), "{answer:?}");
}

#[tokio::test]
async fn req_115_an_unknown_grant_is_a_page() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    for id in ["0190b7a2-0000-7000-8000-000000000000", "x", "..%2f..", "0190b7a2-0000-7000-8000-00000000000g"] {
        let path = format!("/oauth/consent/{id}");
        for answer in [browser.get(&path).await, browser.post(&path, &world.allow()).await] {
            assert!(matches!(answer.status.as_u16(), 400 | 404), "{id}: {answer:?}");
        }
    }
    let nobody = world.send(get("/oauth/consent/0190b7a2-0000-7000-8000-000000000000")).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND, "nobody signs in for nothing: {nobody:?}");
}

#[tokio::test]
async fn req_020_pending_grants_of_strangers_are_bounded_per_address() {
    let world = World::new().await;
    let mut browser = world.anonymous();
    let oldest = browser.authorize(&world.one.request()).await;
    let second = browser.authorize(&world.one.request()).await;
    for _ in 0..19 {
        world.anonymous().authorize(&world.one.request()).await;
    }
    browser.sign_in(&world.admin).await;
    assert!(browser.get(&oldest).await.status.is_client_error(), "the 21st displaces the oldest");
    assert_eq!(browser.get(&second).await.status, StatusCode::OK);
}

#[tokio::test]
async fn req_021_a_failing_database_is_told_to_the_client_once_the_redirect_is_trusted() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    browser.get(&consent).await;
    let csrf = browser.csrf().await;
    world.break_table("codes").await;
    let decided = browser.send(world.allow().with("csrf", &csrf).post(&consent)).await;
    decided.assert_rejected("consent", &world.one.redirect, &["server_error"], Some("s1"));
    assert_eq!(world.active_installs(&world.one).await, 0, "without a code there is no install");
    world.break_table("grants").await;
    let asked = world.send(world.one.request().get_request("/oauth/authorize")).await;
    asked.assert_rejected("authorize", &world.one.redirect, &["server_error"], Some("s1"));
    world.break_table("scopes").await;
    let asked = world.send(world.one.request().get_request("/oauth/authorize")).await;
    asked.assert_rejected("no catalogue", &world.one.redirect, &["server_error"], Some("s1"));
    let evil = world.one.request().with("redirect_uri", "https://evil.example/cb");
    world.send(evil.get_request("/oauth/authorize")).await.assert_page("no catalogue, and evil");
    world.break_table("redirect_uris").await;
    let asked = world.send(world.one.request().get_request("/oauth/authorize")).await;
    assert_eq!(asked.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!asked.headers.contains_key("location"), "nothing is trusted yet: {asked:?}");
}

#[tokio::test]
async fn req_117_the_picker_needs_no_field_but_the_organization() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let target = world.target.to_string();
    for picked in [Form::of(&[("organization", &target)]), world.allow()] {
        let consent = browser.authorize(&world.one.request().without("organization")).await;
        let answer = browser.post(&consent, &picked).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, consent.as_str()), "{picked:?}");
        assert_eq!(world.active_installs(&world.one).await, 0, "nothing is granted unseen: {picked:?}");
        let page = browser.get(&consent).await;
        assert!(page.body.contains("name=\"decision\"") && page.body.contains("value=\"allow\""), "{}", page.body);
    }
    let consent = browser.authorize(&world.one.request().without("organization")).await;
    let undecided = browser.post(&consent, &Form::of(&[("decision", "allow")])).await;
    assert_eq!(undecided.status, StatusCode::BAD_REQUEST, "of two organizations none is chosen: {undecided:?}");
    browser.post(&consent, &world.allow()).await;
    assert!(!browser.post(&consent, &world.allow()).await.sent_once("code").is_empty());
}

#[tokio::test]
async fn req_117_allow_without_an_organization_means_the_chosen_or_the_only_one() {
    let world = World::new().await;
    let allow = Form::of(&[("decision", "allow")]);
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request().without("organization")).await;
    browser.post(&consent, &Form::of(&[("organization", &world.second.to_string())])).await;
    let code = browser.post(&consent, &allow).await.sent_once("code");
    let tokens = world.one.redeem(&world, &code).await.tokens();
    let whoami = world.whoami(&tokens.access).await;
    assert!(whoami.body.contains(&world.second.to_string()), "{}", whoami.body);
    let mut only = world.browser(&world.maker_admin).await;
    let consent = only.authorize(&world.one.request().without("organization")).await;
    assert!(!only.post(&consent, &allow).await.sent_once("code").is_empty());
}

#[tokio::test]
async fn the_consent_page_says_that_another_account_cannot_answer() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.one.request()).await;
    let page = browser.get(&consent).await;
    assert!(page.body.contains("another account cannot answer it"), "{}", page.body);
    assert!(page.body.contains(&format!("/sign-out?next={}", consent.replace('/', "%2F"))), "{}", page.body);
}

#[tokio::test]
async fn req_111_who_allows_nothing_of_what_can_be_left_out_is_asked_again_and_loses_nothing() {
    let world = World::new().await;
    let mut browser = world.browser(&world.admin).await;
    let consent = browser.authorize(&world.wide.request().with("scope", "write")).await;
    let answer = browser.post(&consent, &world.allow().with("reason", "For the reports")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.header("location").is_empty(), "{}", answer.header("location"));
    assert!(answer.body.contains("Tick at least one of them, or cancel"), "{}", answer.body);
    assert!(answer.body.contains("For the reports"), "{}", answer.body);
    assert_eq!(world.active_installs(&world.wide).await, 0);
    let answer = browser.post(&consent, &world.allow().and("scope", "write")).await;
    let tokens = world.wide.redeem(&world, &answer.sent_once("code")).await;
    assert_eq!(tokens.text("scope"), "write");
}
