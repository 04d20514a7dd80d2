//! `grant_type=client_credentials`: PROTOCOL 61, and what it shares with the other grants.

use domain::client::{AppGrants, AuthMethod};
use domain::portal::NewApp;
use http::StatusCode;
use serde_json::json;

use super::request::{Answer, Form, get, post, with_header, with_token};
use super::world::{ISSUER, Party, World, scopes};

const TOKEN: &str = "/oauth/token";

/// A confidential app with both grants under `policy`: `read`, and `write` as an option.
pub(crate) fn own_app(policy: &str) -> NewApp {
    NewApp {
        name: "Robot".to_owned(),
        grants: AppGrants::Both,
        token_policy: policy.to_owned(),
        redirect_uris: vec!["https://robot.example/cb".to_owned()],
        scopes: scopes(&["read", "write?"]),
        ..NewApp::default()
    }
}

/// Such an app, installed in Target as itself with all of its scopes.
pub(crate) async fn installed(world: &World, policy: &str) -> Party {
    let party = world.register(own_app(policy)).await;
    install(world, &party).await;
    party
}

/// The admin installs `party` in Target as itself, with `write`.
pub(crate) async fn install(world: &World, party: &Party) {
    let form = world.allow().and("scope", "write");
    let request = party.request().with("scope", "read write");
    let code = party.consent_with(world, &request, &form).await.sent_once("code");
    assert_eq!(party.redeem(world, &code).await.status, StatusCode::OK);
}

/// The request for `organization`.
pub(crate) fn asking(organization: &str) -> Form {
    Form::of(&[("grant_type", "client_credentials"), ("organization", organization)])
}

async fn ask(world: &World, party: &Party, form: &Form) -> Answer {
    world.send(form.post_as(party)).await
}

#[tokio::test]
async fn req_061_the_very_request_of_apieras_document_gives_the_very_answer() {
    let world = World::new().await;
    let new = NewApp { auth_method: AuthMethod::ClientSecretPost, ..own_app("apiera") };
    let party = world.register(new).await;
    install(&world, &party).await;
    let body = json!({
        "client_id": party.client_id,
        "client_secret": party.secret,
        "audience": format!("{ISSUER}/api/v1"),
        "grant_type": "client_credentials",
        "organization": world.target.to_string(),
    });
    let answer = world.send(post(TOKEN, "application/json", body.to_string())).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let members: Vec<_> = answer.json().as_object().expect("an object").keys().cloned().collect();
    assert_eq!(members, ["access_token", "expires_in", "scope", "token_type"]);
    assert_eq!((answer.text("token_type"), answer.json()["expires_in"].as_i64()), ("Bearer".to_owned(), Some(86_400)));
    assert!(answer.text("access_token").starts_with("eyJ") && answer.header("cache-control") == "no-store");
    let shown = with_token(get("/api/v1/organization"), &answer.text("access_token"));
    assert_eq!(world.send(with_header(shown, "content-type", "application/json")).await.text("name"), "Target");
    assert!(world.audited("token.issued").await);
}

#[tokio::test]
async fn req_061_a_form_does_too_and_the_organization_has_aliases() {
    let world = World::new().await;
    let party = installed(&world, "standard").await;
    for organization in [world.target.to_string(), world.target.uuid().to_string(), "target".to_owned()] {
        for name in ["organization", "store"] {
            let form = Form::of(&[("grant_type", "client_credentials"), (name, &organization)]);
            let answer = ask(&world, &party, &form).await;
            assert_eq!((answer.status, answer.text("scope")), (StatusCode::OK, "read write".to_owned()), "{answer:?}");
            assert!(answer.json()["refresh_token"].is_null(), "no refresh token, whatever the policy says");
            let seen = world.whoami(&answer.text("access_token")).await.json();
            assert_eq!((seen["actor"].as_str(), seen["user"].is_null()), (Some("app"), true), "{seen}");
            assert_eq!(seen["organization"]["id"], world.target.to_string());
        }
    }
    let both = asking("target").and("store", "second");
    assert_eq!(ask(&world, &party, &both).await.error(), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn req_124_organizations_are_not_tried_without_end_and_the_right_one_is_served_meanwhile() {
    let world = World::new().await;
    let party = installed(&world, "standard").await;
    let mut failures = 0;
    let limited = loop {
        let answer = ask(&world, &party, &asking(&format!("guess-{failures}"))).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        assert_eq!(answer.error(), (400, "invalid_request".to_owned()));
        failures += 1;
        assert!(failures < 1000, "no limit");
    };
    assert!(failures >= 60, "honest clients fail too: {failures}");
    assert!(limited.header("retry-after").parse::<u32>().expect("seconds") > 0, "{limited:?}");
    assert_eq!(ask(&world, &party, &asking("target")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn req_061_every_organization_that_will_not_do_has_one_answer() {
    let world = World::new().await;
    let party = installed(&world, "apiera").await;
    let expected = ask(&world, &party, &Form::of(&[("grant_type", "client_credentials")])).await;
    assert_eq!(expected.error(), (400, "invalid_request".to_owned()));
    assert!(expected.text("error_description").starts_with("Missing or invalid organization"), "{expected:?}");
    let same = async |what: &str, form: &Form| {
        let answer = ask(&world, &party, form).await;
        assert_eq!((answer.status, &answer.body), (expected.status, &expected.body), "{what}");
    };
    same("empty", &asking("")).await;
    same("unknown", &asking("nobody")).await;
    same("unknown id", &asking("org_0190b7a2-0000-7000-8000-000000000000")).await;
    same("malformed", &asking("org_x' OR 1=1")).await;
    same("too long", &asking(&"x".repeat(4_000))).await;
    same("not installed there", &asking("second")).await;
    same("with a scope that nobody has", &asking("second").and("scope", "admin")).await;
    world.suspend_installs(&party).await;
    same("install suspended", &asking("target")).await;
    let party = installed(&world, "apiera").await;
    world.suspend_organization(world.target).await;
    let answer = ask(&world, &party, &asking("target")).await;
    assert_eq!((answer.status, &answer.body), (expected.status, &expected.body), "organization suspended");
}

#[tokio::test]
async fn req_061_a_revoked_or_blocked_install_gives_the_same_answer_and_its_tokens_are_dead() {
    let world = World::new().await;
    for block in [false, true] {
        let party = installed(&world, "apiera").await;
        let token = ask(&world, &party, &asking("target")).await.text("access_token");
        assert_eq!(world.whoami(&token).await.status, StatusCode::OK);
        world.revoke_installs(&party, block).await;
        assert_eq!(world.whoami(&token).await.error(), (401, "invalid_token".to_owned()));
        let answer = ask(&world, &party, &asking("target")).await;
        assert_eq!(answer.error(), (400, "invalid_request".to_owned()), "{block}");
        assert_eq!(answer.body, ask(&world, &party, &asking("nobody")).await.body);
    }
}

#[tokio::test]
async fn req_060_req_061_only_a_confidential_app_with_the_switch() {
    let world = World::new().await;
    world.one.tokens(&world).await;
    for party in [&world.one, &world.spa] {
        let answer = ask(&world, party, &asking("target")).await;
        assert_eq!(answer.error(), (400, "unauthorized_client".to_owned()), "{answer:?}");
    }
    let wrong = Party { secret: Some("ptcsec_wrong".to_owned()), ..installed(&world, "apiera").await };
    assert_eq!(ask(&world, &wrong, &asking("target")).await.error(), (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn req_015_req_060_an_app_with_its_own_credentials_alone_has_no_other_grant() {
    let world = World::new().await;
    let new = NewApp { grants: AppGrants::ClientCredentials, ..own_app("standard") };
    let party = world.register(new).await;
    let answer = world.send(party.request().get_request("/oauth/authorize")).await;
    answer.assert_rejected("authorize", &party.redirect, &["unauthorized_client"], Some("s1"));
    for form in [party.exchange("x"), Form::of(&[("grant_type", "refresh_token"), ("refresh_token", "x")])] {
        let answer = world.send(form.post_as(&party)).await;
        assert_eq!(answer.error(), (400, "unauthorized_client".to_owned()), "{form:?}");
    }
    // Made by an owner, it is installed into the owner organization at once.
    let answer = ask(&world, &party, &asking(&world.maker.to_string())).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(world.whoami(&answer.text("access_token")).await.json()["organization"]["name"], "Maker");
}

#[tokio::test]
async fn req_059_a_parameter_that_comes_twice_is_refused_in_json_too() {
    let world = World::new().await;
    let new = NewApp { auth_method: AuthMethod::ClientSecretPost, ..own_app("apiera") };
    let party = world.register(new).await;
    install(&world, &party).await;
    for name in ["organization", "scope", "audience", "store"] {
        let form = asking("target").without(name).and(name, "target").and(name, "target");
        assert_eq!(ask(&world, &party, &form).await.error(), (400, "invalid_request".to_owned()), "{name}");
    }
    let secret = party.secret.as_deref().expect("a secret");
    let json = |more: &str| {
        format!(
            r#"{{"client_id":"{}","client_secret":"{secret}","grant_type":"client_credentials"{more}}}"#,
            party.client_id
        )
    };
    for more in [
        r#","organization":"target","organization":"target""#,
        r#","organization":["target"]"#,
        r#","organization":{"id":"target"}"#,
        r#","organization":7"#,
        r#","organization":null"#,
        r#","organization":"target","scope":["read"]"#,
    ] {
        let answer = world.send(post(TOKEN, "application/json", json(more))).await;
        assert_eq!(answer.error(), (400, "invalid_request".to_owned()), "{more}");
    }
    let good = world.send(post(TOKEN, "application/json", json(r#","organization":"target""#))).await;
    assert_eq!(good.status, StatusCode::OK, "{good:?}");
}

#[tokio::test]
async fn req_143_a_token_has_one_audience_which_the_instance_knows() {
    let world = World::new().await;
    let party = installed(&world, "apiera").await;
    let aud = async |more: &[(&str, &str)]| {
        let form = more.iter().fold(asking("target"), |form, (name, value)| form.and(name, value));
        let answer = ask(&world, &party, &form).await;
        match answer.status {
            StatusCode::OK => Ok(super::id_token::part(&answer.text("access_token"), 1)["aud"].clone()),
            _ => Err(answer.error()),
        }
    };
    let (own, other) = (format!("{ISSUER}/api/v1"), "https://api.example");
    assert_eq!(aud(&[]).await, Ok(json!(own)));
    for name in ["audience", "resource"] {
        assert_eq!(aud(&[(name, other)]).await, Ok(json!(other)), "{name}");
        for unknown in
            ["https://evil.example", "https://api.example/", "https://api.example#x", "/api/v1", "api", "x:y"]
        {
            assert_eq!(aud(&[(name, unknown)]).await, Err((400, "invalid_target".to_owned())), "{name} {unknown}");
        }
    }
    assert_eq!(aud(&[("resource", other), ("audience", other)]).await, Ok(json!(other)));
    let twice = [("resource", other), ("resource", other)];
    for two in
        [twice, [("resource", own.as_str()), ("resource", other)], [("resource", own.as_str()), ("audience", other)]]
    {
        assert_eq!(aud(&two).await, Err((400, "invalid_target".to_owned())), "{two:?}");
    }
}

#[tokio::test]
async fn req_061_a_scope_is_of_the_install_and_of_the_app() {
    let world = World::new().await;
    let party = installed(&world, "apiera").await;
    let scope = async |text: &str| {
        let answer = ask(&world, &party, &asking("target").and("scope", text)).await;
        if answer.status == StatusCode::OK { Ok(answer.text("scope")) } else { Err(answer.error().1) }
    };
    assert_eq!(scope("read").await, Ok("read".to_owned()));
    assert_eq!(scope("write read").await, Ok("read write".to_owned()));
    for beyond in ["admin", "read admin", "bogus", "\"", "openid"] {
        assert_eq!(scope(beyond).await, Err("invalid_scope".to_owned()), "{beyond}");
    }
    world.set_scopes(&party, &["read", "admin"]).await;
    let answer = ask(&world, &party, &asking("target")).await;
    assert_eq!(answer.text("scope"), "read", "what the app gave up is gone, what it wants now was never granted");
    assert_eq!(scope("admin").await, Err("invalid_scope".to_owned()));
}

#[tokio::test]
async fn req_077_its_tokens_end_alone_and_leave_the_install_and_the_codes_tokens() {
    let world = World::new().await;
    let party = installed(&world, "apiera").await;
    // Of one key the last exchange is the one whose token lives.
    let of_code = party.redeem(&world, &party.code(&world).await).await.text("access_token");
    let (one, two) = (ask(&world, &party, &asking("target")).await, ask(&world, &party, &asking("target")).await);
    assert_eq!(party.revoke(&world, &one.text("access_token")).await.status, StatusCode::OK);
    assert_eq!(world.whoami(&one.text("access_token")).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.whoami(&two.text("access_token")).await.status, StatusCode::OK);
    assert_eq!(world.whoami(&of_code).await.status, StatusCode::OK);
    assert_eq!(world.active_installs(&party).await, 1);
}

#[tokio::test]
async fn req_078_who_had_a_token_here_has_no_other_after_an_end_on_another_node() {
    for strike in ["app", "deleted", "owner", "target", "install", "block"] {
        for mut world in World::on_each_database().await {
            let node = world.other_node().await;
            world.one = installed(&world, "standard").await;
            // On SQLite no other node can be, and what the one remembers has to end as well.
            let node = node.as_ref().unwrap_or(&world);
            let tokens = async || ask(node, &world.one, &asking("target")).await;
            // The second one over what the node remembers of the first.
            for _ in 0..2 {
                assert_eq!(
                    (tokens().await.status, tokens().await.text("scope")),
                    (StatusCode::OK, "read write".into())
                );
            }
            world.set_scopes(&world.one, &["read", "admin"]).await;
            assert_eq!(tokens().await.text("scope"), "read");
            let mut other = world.one.secret.clone().expect("a confidential app");
            let last = if other.pop() == Some('0') { '1' } else { '0' };
            other.push(last);
            let wrong = Party { secret: Some(other), ..world.one.clone() };
            assert_eq!(ask(node, &wrong, &asking("target")).await.error(), (401, "invalid_client".to_owned()));
            world.strike(strike).await;
            let of_client = matches!(strike, "app" | "deleted" | "owner");
            let refused = if of_client { (401, "invalid_client") } else { (400, "invalid_request") };
            for _ in 0..2 {
                assert_eq!(tokens().await.error(), (refused.0, refused.1.to_owned()), "{strike}");
            }
        }
    }
}
