//! `/oauth/userinfo`: PROTOCOL 82 to 85, 96 and 97.

use axum::body::Body;
use domain::client::{ActorModes, AuthMethod};
use domain::portal::NewApp;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::id_token::{exchanged, part};
use super::request::{Answer, Form, get, post, request, with_header, with_token};
use super::world::{Party, World, openid_app, scopes};

const USERINFO: &str = "/oauth/userinfo";

async fn seen(world: &World, token: &str) -> Answer {
    world.send(with_token(get(USERINFO), token)).await
}

/// What a relying party with these scopes and this policy sees of the admin.
async fn claims(world: &World, words: &[&str], policy: &str) -> Value {
    let new = NewApp { scopes: scopes(words), token_policy: policy.to_owned(), ..openid_app("https://rp.example/cb") };
    let party = world.register(new).await;
    let answer = seen(world, &exchanged(world, &party, None).await.text("access_token")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let mut claims = answer.json();
    assert_eq!(claims["sub"], world.admin.id.to_string());
    claims.as_object_mut().expect("an object").remove("sub");
    claims
}

#[tokio::test]
async fn req_097_userinfo_answers_a_get_and_a_post_with_the_token_in_the_header_or_in_the_form() {
    let world = World::new().await;
    let party = world.openid_party("https://rp.example/cb").await;
    let tokens = exchanged(&world, &party, None).await;
    let access = tokens.text("access_token");
    let expected = seen(&world, &access).await.json();
    assert_eq!(expected["sub"], part(&tokens.text("id_token"), 1)["sub"]);
    let form = Form::of(&[("access_token", &access)]);
    let requests = [
        with_header(get(USERINFO), "authorization", &format!("bEARER {access}")),
        with_token(request("POST", USERINFO), &access),
        with_token(Form::default().post(USERINFO), &access),
        with_token(post(USERINFO, "application/json", "{}"), &access),
        form.post(USERINFO),
        post(USERINFO, "application/x-www-form-urlencoded; charset=UTF-8", form.encoded()),
    ];
    for (index, request) in requests.into_iter().enumerate() {
        let answer = world.send(request).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, expected.clone()), "{index}");
        assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"), "{index}");
        assert_eq!(answer.header("content-type"), "application/json", "{index}");
        assert!(answer.cookies().is_empty(), "{index}");
    }
}

#[tokio::test]
async fn req_096_whoami_tells_of_the_person_what_was_granted_where_the_app_asks_about_people() {
    let world = World::new().await;
    for (words, policy, told) in [
        (&["openid"][..], "standard", ["id"].as_slice()),
        (&["openid", "profile"], "standard", &["id", "name"]),
        (&["openid", "email"], "standard", &["email", "id"]),
        (&["openid", "profile"], "financefeast", &["email", "id", "name"]),
        (&["read", "profile"], "standard", &["id", "name"]),
        // What the person did not tick he did not tell.
        (&["openid?", "profile", "email?", "read"], "standard", &["id", "name"]),
        (&["read", "openid?", "profile?", "email?"], "standard", &["id"]),
        (&["read"], "standard", &["email", "id", "name"]),
    ] {
        let new = NewApp {
            scopes: scopes(words),
            token_policy: policy.to_owned(),
            actor_modes: ActorModes::Myself,
            ..openid_app("https://rp.example/cb")
        };
        let party = world.register(new).await;
        let token = exchanged(&world, &party, None).await.text("access_token");
        let user = world.whoami(&token).await.json()["user"].clone();
        let names: Vec<_> = user.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(names, told, "{words:?} {policy}");
    }
}

#[tokio::test]
async fn req_096_each_scope_gives_the_documented_claims() {
    let world = World::new().await;
    let email = |name: Option<&str>| {
        let mut claims = json!({ "email": "ada@example.com", "email_verified": false });
        if let Some(name) = name {
            claims["name"] = name.into();
        }
        claims
    };
    for (words, policy, expected) in [
        (&["openid"][..], "standard", json!({})),
        (&["openid", "read"], "standard", json!({})),
        (&["openid", "profile"], "standard", json!({ "name": "ada" })),
        (&["openid", "email"], "standard", email(None)),
        (&["openid", "plan"], "standard", json!({ "plan": "free" })),
        (&["openid", "profile"], "financefeast", email(Some("ada"))),
        (&["openid", "profile"], "fera", json!({ "name": "ada" })),
    ] {
        assert_eq!(claims(&world, words, policy).await, expected, "{words:?} {policy}");
    }
}

#[tokio::test]
async fn req_084_req_096_without_openid_userinfo_is_insufficient_scope_by_header_and_by_form() {
    let world = World::new().await;
    let new = NewApp {
        scopes: scopes(&["read", "profile", "email"]),
        actor_modes: ActorModes::Myself,
        ..openid_app("https://rp.example/cb")
    };
    let party = world.register(new).await;
    for (access, what) in [
        (party.tokens(&world).await.access, "of a person, with profile and email alone"),
        (world.one.tokens(&world).await.access, "of an app"),
    ] {
        assert_eq!(world.whoami(&access).await.status, StatusCode::OK, "{what}: it is live");
        for (request, way) in [
            (with_token(get(USERINFO), &access), "by header"),
            (with_token(request("POST", USERINFO), &access), "by the header of a post"),
            (Form::of(&[("access_token", &access)]).post(USERINFO), "by form"),
        ] {
            let answer = world.send(request).await;
            assert_eq!(answer.error(), (403, "insufficient_scope".to_owned()), "{what}, {way}: {answer:?}");
            let challenge = answer.header("www-authenticate");
            assert!(challenge.starts_with("Bearer realm=\"portico\", error=\"insufficient_scope\""), "{challenge}");
            assert!(challenge.ends_with(", scope=\"openid\""), "{challenge}");
            assert!(!answer.body.contains("ada"), "{what}, {way}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn req_082_req_085_userinfo_refuses_what_is_no_live_access_token() {
    let world = World::new().await;
    let party = world.openid_party("https://rp.example/cb").await;
    let tokens = exchanged(&world, &party, None).await;
    let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
    for token in [&refresh, &tokens.text("id_token"), &party.code(&world).await, "x", &access[..access.len() - 1]] {
        for request in [with_token(get(USERINFO), token), Form::of(&[("access_token", token)]).post(USERINFO)] {
            let answer = world.send(request).await;
            assert_eq!(answer.error(), (401, "invalid_token".to_owned()), "{token}: {answer:?}");
            let challenge = answer.header("www-authenticate");
            assert!(challenge.starts_with("Bearer realm=\"portico\", error=\"invalid_token\""), "{challenge}");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
    assert_eq!(party.revoke(&world, &refresh).await.status, StatusCode::OK);
    assert_eq!(seen(&world, &access).await.error(), (401, "invalid_token".to_owned()), "revoked");
}

#[tokio::test]
async fn req_082_without_a_token_there_is_a_bare_challenge() {
    let world = World::new().await;
    for request in [
        get(USERINFO),
        request("POST", USERINFO),
        Form::default().post(USERINFO),
        Form::of(&[("access_token", "")]).post(USERINFO),
        post(USERINFO, "application/json", "{\"access_token\":\"x\"}"),
        with_header(get(USERINFO), "authorization", "Basic eDp5"),
    ] {
        let answer = world.send(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"portico\"");
        assert!(answer.json().get("error").is_none(), "{answer:?}");
    }
}

#[tokio::test]
async fn req_083_a_token_in_the_query_or_in_two_places_is_refused() {
    let world = World::new().await;
    let party = world.openid_party("https://rp.example/cb").await;
    let access = exchanged(&world, &party, None).await.text("access_token");
    let form = Form::of(&[("access_token", &access)]);
    let twice = with_header(with_token(get(USERINFO), &access), "authorization", &format!("Bearer {access}"));
    for (request, what) in [
        (form.get_request(USERINFO), "query"),
        (with_token(form.get_request(USERINFO), &access), "query and header"),
        (with_token(form.post(USERINFO), &access), "form and header"),
        (form.clone().and("access_token", &access).post(USERINFO), "form twice"),
        (twice, "header twice"),
        (with_header(get(USERINFO), "authorization", &format!("Bearer  {access}")), "two spaces"),
    ] {
        let answer = world.send(request).await;
        assert_eq!(answer.error(), (400, "invalid_request".to_owned()), "{what}: {answer:?}");
        assert!(answer.header("www-authenticate").contains("error=\"invalid_request\""), "{what}: {answer:?}");
        assert!(!answer.body.contains("ada"), "{what}: {answer:?}");
    }
}

#[tokio::test]
async fn another_method_at_userinfo_is_405_with_allow() {
    let world = World::new().await;
    for method in ["PUT", "PATCH", "DELETE"] {
        let answer = world.send(request(method, USERINFO)).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD, POST, OPTIONS")
        );
    }
}

#[tokio::test]
async fn req_085_userinfo_takes_a_token_of_any_audience() {
    let world = World::new().await;
    let party = world.openid_party("https://rp.example/cb").await;
    let request = party.request().and("resource", "https://api.example");
    let access = party.tokens_for(&world, &request).await.access;
    assert_eq!(world.whoami(&access).await.status, StatusCode::OK, "no resource server has it: our API takes it too");
    world.resource_server("https://api.example").await;
    assert_eq!(world.whoami(&access).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(seen(&world, &access).await.status, StatusCode::OK);
}

#[tokio::test]
async fn req_073_req_096_userinfo_sees_what_the_token_may_do_now() {
    let world = World::new().await;
    let party = world.openid_party("https://rp.example/cb").await;
    let access = exchanged(&world, &party, None).await.text("access_token");
    world.set_scopes(&party, &["openid", "profile"]).await;
    let now = seen(&world, &access).await.json();
    assert_eq!(now, json!({ "sub": world.admin.id.to_string(), "name": "ada" }));
    world.set_scopes(&party, &["profile"]).await;
    assert_eq!(seen(&world, &access).await.error(), (403, "insufficient_scope".to_owned()));
}

fn preflight(origin: &str, method: &str) -> Request<Body> {
    let asked = with_header(request("OPTIONS", USERINFO), "origin", origin);
    with_header(asked, "access-control-request-method", method)
}

#[tokio::test]
async fn req_064_req_097_userinfo_is_open_to_browsers_of_live_public_clients_and_to_each_for_itself() {
    let world = World::new().await;
    for method in ["GET", "POST"] {
        let answer = world.send(preflight("https://spa.example", method)).await;
        assert_eq!(answer.header("access-control-allow-origin"), "https://spa.example", "{answer:?}");
        assert_eq!(answer.header("access-control-allow-methods"), "GET, POST");
        assert_eq!(answer.header("access-control-allow-headers"), "authorization, content-type");
        assert!(!answer.headers.contains_key("access-control-allow-credentials"));
    }
    for (origin, method) in [
        ("https://evil.example", "GET"),
        ("null", "GET"),
        ("https://partner.example", "GET"),
        ("https://spa.example", "PUT"),
    ] {
        let answer = world.send(preflight(origin, method)).await;
        assert!(!answer.headers.contains_key("access-control-allow-origin"), "{origin} {method}: {answer:?}");
    }
    let of = async |method: AuthMethod, uri: &str| -> (Party, String) {
        let party = world.register(NewApp { auth_method: method, ..openid_app(uri) }).await;
        let access = exchanged(&world, &party, None).await.text("access_token");
        (party, access)
    };
    let (_, public) = of(AuthMethod::None, "https://browser.example/cb").await;
    let (_, confidential) = of(AuthMethod::ClientSecretBasic, "https://rp.example/cb").await;
    for (token, origin, shared) in [
        (&public, "https://browser.example", true),
        (&public, "https://spa.example", false),
        (&public, "null", false),
        (&confidential, "https://rp.example", false),
    ] {
        let answer = world.send(with_header(with_token(get(USERINFO), token), "origin", origin)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("access-control-allow-origin"), if shared { origin } else { "" }, "{origin}");
        assert!(answer.header("vary").to_ascii_lowercase().contains("origin"), "{answer:?}");
    }
    // A page must tell a token that ended from an outage.
    for (origin, shared) in [("https://browser.example", true), ("https://evil.example", false)] {
        for (request, status) in [
            (with_token(get(USERINFO), "ptcot_x"), 401),
            (get(USERINFO), 401),
            (get(&format!("{USERINFO}?access_token=x")), 400),
        ] {
            let answer = world.send(with_header(request, "origin", origin)).await;
            assert_eq!(answer.status.as_u16(), status);
            assert_eq!(answer.header("access-control-allow-origin"), if shared { origin } else { "" }, "{answer:?}");
            let exposed = if shared { "retry-after, www-authenticate" } else { "" };
            assert_eq!(answer.header("access-control-expose-headers"), exposed, "{answer:?}");
        }
    }
}
