//! `/oauth/token` with `grant_type=refresh_token`: PROTOCOL section F.

use http::StatusCode;

use super::request::{Form, with_header};
use super::world::{ISSUER, World, basic};

const TOKEN: &str = "/oauth/token";

fn invalid_grant() -> (u16, String) {
    (400, "invalid_grant".to_owned())
}

#[tokio::test]
async fn req_066_a_refresh_token_is_bound_to_its_client() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    for other in [&world.two, &world.spa] {
        assert_eq!(other.refresh(&world, &tokens.refresh).await.error(), invalid_grant());
    }
    assert_eq!(world.one.refresh(&world, &tokens.refresh).await.status, StatusCode::OK, "a stranger ended it");
}

#[tokio::test]
async fn req_067_confidential_clients_authenticate_and_public_ones_rotate() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    let form = Form::of(&[("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh)]);
    let bare = form.clone().and("client_id", &world.one.client_id);
    for request in [
        bare.post(TOKEN),
        form.post(TOKEN),
        with_header(form.post(TOKEN), "authorization", &basic(&world.one.client_id, "wrong")),
    ] {
        assert_eq!(world.send(request).await.error().1, "invalid_client");
    }
    let public = world.spa.tokens(&world).await;
    let rotated = world.spa.refresh(&world, &public.refresh).await;
    assert_ne!(rotated.text("refresh_token"), public.refresh);
}

#[tokio::test]
async fn req_068_each_refresh_brings_a_new_pair_and_ends_the_old_one() {
    let world = World::new().await;
    let first = world.one.tokens(&world).await;
    let answer = world.one.refresh(&world, &first.refresh).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let second = answer.tokens();
    assert!(second.refresh != first.refresh && second.access != first.access);
    assert_eq!(world.whoami(&first.access).await.status, StatusCode::UNAUTHORIZED, "one live token");
    assert_eq!(world.whoami(&second.access).await.status, StatusCode::OK);
    assert_eq!(answer.json()["expires_in"], 86_400);
}

#[tokio::test]
async fn req_068_a_retry_within_the_grace_is_the_very_same_answer() {
    let world = World::new().await;
    let first = world.one.tokens(&world).await;
    let answer = world.one.refresh(&world, &first.refresh).await;
    world.advance(29);
    let again = world.one.refresh(&world, &first.refresh).await;
    assert_eq!(again.tokens(), answer.tokens());
    assert_eq!(again.json()["expires_in"], 86_400 - 29, "it counts down");
    assert_eq!(world.whoami(&again.tokens().access).await.status, StatusCode::OK);
    let other_scope =
        Form::of(&[("grant_type", "refresh_token"), ("refresh_token", &first.refresh), ("scope", "read write")]);
    assert_ne!(
        world.send(other_scope.post_as(&world.one)).await.status,
        StatusCode::OK,
        "another question is no retry"
    );
    assert_eq!(world.whoami(&answer.tokens().access).await.status, StatusCode::OK, "and ends nothing");
}

#[tokio::test]
async fn req_069_a_reused_token_ends_the_family_and_is_told() {
    for party_of in [0, 2] {
        let world = World::new().await;
        let party = [&world.one, &world.two, &world.spa][party_of];
        let first = party.tokens(&world).await;
        let second = party.refresh(&world, &first.refresh).await.tokens();
        world.advance(30);
        assert_eq!(party.refresh(&world, &first.refresh).await.error(), invalid_grant());
        assert_eq!(world.whoami(&second.access).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(party.refresh(&world, &second.refresh).await.error(), invalid_grant());
        assert!(world.audited("token.reuse_detected").await);
    }
}

#[tokio::test]
async fn req_069_a_reused_token_is_known_after_a_restart() {
    let world = World::new().await;
    let first = world.one.tokens(&world).await;
    let second = world.one.refresh(&world, &first.refresh).await.tokens();
    world.advance(30);
    let restarted = world.restarted().await;
    assert_eq!(restarted.one.refresh(&restarted, &first.refresh).await.error(), invalid_grant());
    assert_eq!(restarted.whoami(&second.access).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn req_069_a_reused_token_is_known_on_another_node_and_its_family_is_dead_on_all() {
    for world in World::on_each_database().await {
        let Some(other) = world.other_node().await else { continue };
        let first = world.one.tokens(&world).await;
        let second = world.one.refresh(&world, &first.refresh).await.tokens();
        for node in [&world, &other] {
            assert_eq!(node.whoami(&second.access).await.status, StatusCode::OK, "and may be remembered");
        }
        world.advance(31);
        assert_eq!(other.one.refresh(&other, &first.refresh).await.error(), invalid_grant());
        for node in [&world, &other] {
            assert_eq!(node.whoami(&second.access).await.status, StatusCode::UNAUTHORIZED);
            assert_eq!(node.one.refresh(node, &second.refresh).await.error(), invalid_grant());
        }
        assert!(world.audited("token.reuse_detected").await);
    }
}

#[tokio::test]
async fn req_070_the_grace_covers_only_the_immediately_preceding_token() {
    let world = World::new().await;
    let first = world.one.tokens(&world).await;
    let second = world.one.refresh(&world, &first.refresh).await.tokens();
    let third = world.one.refresh(&world, &second.refresh).await.tokens();
    assert_eq!(world.one.refresh(&world, &first.refresh).await.error(), invalid_grant(), "two generations back");
    assert_eq!(world.whoami(&third.access).await.status, StatusCode::UNAUTHORIZED, "that was a replay");
}

#[tokio::test]
async fn req_070_the_grace_never_revives_what_was_revoked() {
    let world = World::new().await;
    let first = world.one.tokens(&world).await;
    let second = world.one.refresh(&world, &first.refresh).await.tokens();
    assert_eq!(world.one.revoke(&world, &second.refresh).await.status, StatusCode::OK);
    assert_eq!(world.one.refresh(&world, &first.refresh).await.error(), invalid_grant());
    assert_eq!(world.one.refresh(&world, &second.refresh).await.error(), invalid_grant());
}

#[tokio::test]
async fn req_071_a_scope_may_narrow_and_never_widen() {
    let world = World::new().await;
    let request = world.wide.request().with("scope", "read write");
    let code = world.wide.consent_with(&world, &request, &world.allow().and("scope", "write")).await.sent_once("code");
    let tokens = world.wide.redeem(&world, &code).await.tokens();
    let refresh = |token: &str, scope: &str| {
        Form::of(&[("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)])
    };
    for wider in ["read write admin", "admin", "bogus"] {
        let answer = world.send(refresh(&tokens.refresh, wider).post_as(&world.wide)).await;
        assert_eq!(answer.error(), (400, "invalid_scope".to_owned()), "{wider}");
    }
    let narrow = world.send(refresh(&tokens.refresh, "read").post_as(&world.wide)).await;
    assert_eq!(narrow.text("scope"), "read", "{narrow:?}");
    assert_eq!(world.whoami(&narrow.tokens().access).await.text("scope"), "read");
    let full = world.wide.refresh(&world, &narrow.tokens().refresh).await;
    assert_eq!(full.text("scope"), "read write", "narrowing does not shrink the next refresh");
    let target = refresh(&full.tokens().refresh, "read").and("resource", "https://elsewhere.example");
    assert_eq!(world.send(target.post_as(&world.wide)).await.error(), (400, "invalid_target".to_owned()));
}

#[tokio::test]
async fn req_071_another_audience_is_invalid_target_also_where_it_is_known_and_ends_nothing() {
    let world = World::new().await;
    let (own, other) = (format!("{ISSUER}/api/v1"), "https://api.example".to_owned());
    for (granted, asked) in [(&own, &other), (&other, &own)] {
        let tokens = world.one.tokens_for(&world, &world.one.request().and("resource", granted)).await;
        let form = Form::of(&[("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh)]);
        for refused in [
            form.clone().and("resource", asked),
            form.clone().and("audience", asked),
            form.clone().and("resource", granted).and("resource", asked),
            form.clone().and("resource", granted).and("audience", asked),
        ] {
            let answer = world.send(refused.post_as(&world.one)).await;
            assert_eq!(answer.error(), (400, "invalid_target".to_owned()), "{refused:?}");
        }
        assert_eq!(world.whoami(&tokens.access).await.status, StatusCode::OK, "it ends nothing");
        let next = world.send(form.and("resource", granted).post_as(&world.one)).await.tokens();
        assert_eq!(world.one.introspect(&world, &next.access).await.text("aud"), *granted);
    }
}

#[tokio::test]
async fn req_072_a_refresh_token_that_is_idle_for_ninety_days_is_over() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    world.advance(90 * 86_400 - 1);
    let second = world.one.refresh(&world, &tokens.refresh).await;
    assert_eq!(second.status, StatusCode::OK, "{second:?}");
    world.advance(90 * 86_400);
    assert_eq!(world.one.refresh(&world, &second.tokens().refresh).await.error(), invalid_grant());
}

#[tokio::test]
async fn req_073_a_token_of_a_person_dies_with_what_is_behind_it() {
    for what in ["person", "left", "password", "install", "app", "owner", "target", "block", "deleted"] {
        let world = World::new().await;
        let tokens = world.one.tokens_for(&world, &world.one.request().with("actor", "self")).await;
        assert_eq!(world.whoami(&tokens.access).await.status, StatusCode::OK);
        world.strike(what).await;
        let (status, error) = world.one.refresh(&world, &tokens.refresh).await.error();
        let expected =
            if matches!(what, "app" | "owner" | "deleted") { (401, "invalid_client") } else { (400, "invalid_grant") };
        assert_eq!((status, error.as_str()), expected, "{what}");
        assert_eq!(world.whoami(&tokens.access).await.status, StatusCode::UNAUTHORIZED, "{what}");
    }
}

#[tokio::test]
async fn req_073_a_token_of_the_app_itself_does_not_depend_on_the_person() {
    let world = World::new().await;
    let tokens = world.one.tokens(&world).await;
    for what in ["password", "role", "left", "person"] {
        world.strike(what).await;
        assert_eq!(world.whoami(&tokens.access).await.status, StatusCode::OK, "{what}");
    }
    assert_eq!(world.one.refresh(&world, &tokens.refresh).await.status, StatusCode::OK);
}

#[tokio::test]
async fn req_075_a_lower_role_takes_effect_at_once() {
    let world = World::new().await;
    let request = world.wide.request().with("scope", "read write").with("actor", "self");
    let code = world.wide.consent_with(&world, &request, &world.allow().and("scope", "write")).await.sent_once("code");
    let tokens = world.wide.redeem(&world, &code).await.tokens();
    assert_eq!(world.whoami(&tokens.access).await.text("scope"), "read write");
    world.set_role(&world.admin, world.target, "member").await;
    assert_eq!(world.whoami(&tokens.access).await.text("scope"), "read");
    assert_eq!(world.wide.refresh(&world, &tokens.refresh).await.text("scope"), "read");
}

#[tokio::test]
async fn req_120_fewer_scopes_of_the_app_apply_at_once_and_more_need_consent() {
    let world = World::new().await;
    let request = world.wide.request().with("scope", "read write");
    let code = world.wide.consent_with(&world, &request, &world.allow().and("scope", "write")).await.sent_once("code");
    let tokens = world.wide.redeem(&world, &code).await.tokens();
    world.set_scopes(&world.wide, &["read", "delete"]).await;
    assert_eq!(
        world.whoami(&tokens.access).await.text("scope"),
        "read",
        "the removed one is gone, the new one is not there"
    );
    let refreshed = world.wide.refresh(&world, &tokens.refresh).await;
    assert_eq!(refreshed.text("scope"), "read", "{refreshed:?}");
}
