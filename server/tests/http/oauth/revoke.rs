//! `/oauth/revoke`: PROTOCOL section G, 76 to 79.

use http::StatusCode;

use super::request::{Form, post, request, with_header};
use super::world::{World, basic};

const REVOKE: &str = "/oauth/revoke";

#[tokio::test]
async fn req_076_revocation_needs_the_client() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    let form = Form::of(&[("token", &tokens.refresh)]);
    let attempts = [
        form.post(REVOKE),
        form.clone().and("client_id", &world.one.client_id).post(REVOKE),
        with_header(form.post(REVOKE), "authorization", &basic(&world.one.client_id, "wrong")),
    ];
    for attempt in attempts {
        assert_eq!(world.send(attempt).await.error().1, "invalid_client");
    }
    assert_eq!(world.whoami(&tokens.access).await.status, StatusCode::OK);
}

#[tokio::test]
async fn req_076_the_token_of_another_client_is_untouched() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    for other in [&world.two, &world.spa] {
        for token in [&tokens.access, &tokens.refresh] {
            assert_eq!(other.revoke(&world, token).await.status, StatusCode::OK);
        }
    }
    assert_eq!(world.whoami(&tokens.access).await.status, StatusCode::OK);
    assert_eq!(world.one.refresh(&world, &tokens.refresh).await.status, StatusCode::OK);
}

#[tokio::test]
async fn req_076_an_unknown_token_is_200_and_hints_do_not_matter() {
    let world = World::new().await;
    for token in ["x", "ptcot_x", "ptcor_0000000000000000000000000000000000000000000000000000000", "%00é"] {
        assert_eq!(world.one.revoke(&world, token).await.status, StatusCode::OK, "{token}");
    }
    for hint in ["refresh_token", "bogus", "access_token"] {
        let tokens = world.one.tokens(&world).await;
        let form = Form::of(&[("token", &tokens.access), ("token_type_hint", hint)]);
        assert_eq!(world.send(form.post_to(REVOKE, &world.one)).await.status, StatusCode::OK);
        assert_eq!(world.whoami(&tokens.access).await.status, StatusCode::UNAUTHORIZED, "{hint}");
        let tokens = world.one.tokens(&world).await;
        let form = Form::of(&[("token", &tokens.refresh), ("token_type_hint", "access_token")]);
        assert_eq!(world.send(form.post_to(REVOKE, &world.one)).await.status, StatusCode::OK);
        assert_eq!(world.whoami(&tokens.access).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn req_076_a_repeated_parameter_is_invalid_request() {
    let world = World::new().await;
    for name in ["token", "token_type_hint"] {
        let form = Form::of(&[("token", "x"), (name, "y"), (name, "z")]);
        assert_eq!(world.send(form.post_to(REVOKE, &world.one)).await.error().1, "invalid_request", "{name}");
    }
}

#[tokio::test]
async fn req_077_revoking_the_refresh_token_ends_the_family_and_the_install() {
    let world = World::new().await;
    for party in [&world.one, &world.spa] {
        let tokens = party.tokens(&world).await;
        assert_eq!(party.revoke(&world, &tokens.refresh).await.status, StatusCode::OK);
        assert_eq!(world.whoami(&tokens.access).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(party.refresh(&world, &tokens.refresh).await.error(), (400, "invalid_grant".to_owned()));
        assert_eq!(world.active_installs(party).await, 0);
    }
}

#[tokio::test]
async fn req_077_an_expired_refresh_token_can_still_be_revoked() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    world.advance(90 * 86_400);
    assert_eq!(world.one.revoke(&world, &tokens.refresh).await.status, StatusCode::OK);
    assert_eq!(world.active_installs(&world.one).await, 0);
}

#[tokio::test]
async fn req_077_what_an_admin_revokes_ends_both() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    world.revoke_installs(&world.one, false).await;
    assert_eq!(world.whoami(&tokens.access).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.one.refresh(&world, &tokens.refresh).await.error(), (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn req_078_a_revocation_holds_on_the_next_request_and_on_another_node() {
    for world in World::on_each_database().await {
        let node = world.other_node().await;
        let tokens = world.one.tokens(&world).await;
        let seen = async || {
            let mut seen = Vec::new();
            for at in std::iter::once(&world).chain(&node) {
                seen.push(at.whoami(&tokens.access).await.status);
                // Whatever was left in memory by the first answer.
                seen.push(at.whoami(&tokens.access).await.status);
            }
            seen
        };
        assert!(seen().await.iter().all(|status| *status == StatusCode::OK));
        assert_eq!(world.one.revoke(&world, &tokens.access).await.status, StatusCode::OK);
        assert!(seen().await.iter().all(|status| *status == StatusCode::UNAUTHORIZED));
    }
}

#[tokio::test]
async fn req_079_a_token_is_needed_once_and_by_post() {
    let world = World::new().await;
    for form in [Form::default(), Form::of(&[("token", "")]), Form::of(&[("token", "x"), ("token", "y")])] {
        assert_eq!(
            world.send(form.post_to(REVOKE, &world.one)).await.error(),
            (400, "invalid_request".to_owned()),
            "{form:?}"
        );
    }
    for method in ["GET", "PUT", "DELETE"] {
        let answer = world.send(request(method, &format!("{REVOKE}?token=x&callback=f"))).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
    let json = with_header(post(REVOKE, "application/json", r#"{"token":"x"}"#), "authorization", &world.one.basic());
    assert!(matches!(world.send(json).await.status.as_u16(), 400 | 415));
}

#[tokio::test]
async fn req_119_an_uninstall_ends_codes_tokens_and_pending_grants() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    let code = world.one.code(&world).await;
    let mut browser = world.browser(&world.admin).await;
    let pending = browser.authorize(&world.one.request().and("prompt", "consent")).await;
    let page = browser.get(&pending).await;
    assert!(page.body.contains("value=\"allow\""), "{}", page.body);
    world.revoke_installs(&world.one, false).await;
    let refused = browser.post(&pending, &world.allow()).await;
    assert_eq!((refused.status, refused.header("location")), (StatusCode::NOT_FOUND, ""));
    assert!(refused.body.contains("invalid_request"), "{}", refused.body);
    assert_eq!(world.active_installs(&world.one).await, 0);
    assert_eq!(world.whoami(&tokens.access).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.one.refresh(&world, &tokens.refresh).await.error().1, "invalid_grant");
    assert_eq!(world.one.redeem(&world, &code).await.error().1, "invalid_grant");
    let anew = world.one.tokens(&world).await;
    assert_eq!(world.whoami(&anew.access).await.status, StatusCode::OK, "a new consent makes a new install");
}

#[tokio::test]
async fn req_078_a_revocation_that_could_not_be_kept_is_no_success() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    world.break_table("audit_events").await;
    let answer = world.one.revoke(&world, &tokens.refresh).await;
    assert_eq!(answer.error(), (500, "server_error".to_owned()));
    assert_eq!(world.whoami(&tokens.access).await.status, StatusCode::OK, "and nothing of it was kept");
}
