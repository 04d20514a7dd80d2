//! ID tokens at the exchange, and hints.

use domain::jwt::TokenKind;
use domain::oauth::id_token::Hint;
use serde_json::{Map, Value};

use crate::flow::{World, choice};
use crate::harness::on_each_database;

/// A world whose app asks for `openid`.
async fn world(store: &domain::store::Store) -> World {
    let mut world = World::new(store).await;
    let scopes = vec![choice("openid", true), choice("read", true)];
    let by = crate::harness::by(world.maker);
    store.set_scopes(&by, world.partner, world.client.app, scopes, None).await.expect("changed");
    world.reload().await;
    world
}

fn claims(world: &World, token: &str) -> Map<String, Value> {
    world.store.verify(TokenKind::IdToken, token).expect("a token of ours")
}

#[tokio::test]
async fn req_089_req_090_the_exchange_signs_what_the_code_remembers() {
    on_each_database(async |store, clock| {
        let world = world(&store).await;
        let signed_in_at = store.now().unix_seconds();
        let code = world.code("&nonce=n%22%201").await;
        clock.advance(60);
        let answer = world.exchange(&code).await.expect("tokens");
        let claims = claims(&world, answer.id_token.as_deref().expect("an ID token"));
        let of = |name: &str| claims.get(name).cloned().unwrap_or_default();
        assert_eq!(of("iss"), store.settings().issuer);
        assert_eq!(of("sub"), world.admin.to_string());
        assert_eq!((of("aud"), of("azp")), (of("azp"), Value::from(world.client.client_id.as_str())));
        assert_eq!(of("nonce"), "n\" 1");
        assert_eq!(of("auth_time"), signed_in_at, "when he signed in, not when the code was spent");
        assert_eq!(of("iat"), signed_in_at + 60);
        assert_eq!(of("exp"), signed_in_at + 60 + 3600);
    })
    .await;
}

#[tokio::test]
async fn req_096_no_openid_no_id_token_and_none_at_a_refresh() {
    on_each_database(async |store, _clock| {
        let world = world(&store).await;
        let plain = world.tokens("&scope=read").await;
        assert_eq!(plain.id_token, None);
        let answer = world.tokens("").await;
        assert!(answer.id_token.is_some());
        let refreshed = world.refresh(&answer).await.expect("refreshed");
        assert_eq!(refreshed.id_token, None, "nobody signed in again");
        let again = world.refresh(&answer).await.expect("within the grace");
        assert!(again == refreshed, "the very same answer");
    })
    .await;
}

#[tokio::test]
async fn req_102_a_hint_names_its_person_and_client_and_nothing_else_is_one() {
    on_each_database(async |store, clock| {
        let world = world(&store).await;
        let answer = world.tokens("").await;
        let id_token = answer.id_token.as_deref().expect("an ID token");
        let expected = Hint { user: world.admin, client_id: world.client.client_id.clone() };
        assert_eq!(store.id_token_hint(id_token).await, Ok(Some(expected.clone())));
        clock.advance(7200);
        assert_eq!(store.id_token_hint(id_token).await, Ok(Some(expected.clone())), "expired, and good enough");
        let algorithm = world.client.id_token_signed_response_alg;
        store.rotate_keys(&domain::store::By::operator(), &[algorithm]).await.expect("rotated");
        clock.advance(7200);
        let newer = world.tokens("").await.id_token.expect("an ID token");
        assert_ne!(newer.split('.').next(), id_token.split('.').next(), "another key signs now");
        assert_eq!(store.id_token_hint(id_token).await, Ok(Some(expected)), "a retired key is one of ours");
        let (shortened, foreign) = (&id_token[..id_token.len() - 4], format!("{id_token}x"));
        let claims = claims(&world, id_token);
        let access = store.sign(algorithm, TokenKind::AccessToken, &claims).await.expect("signed");
        for text in ["", "x", "a.b.c", shortened, &foreign, &access, &answer.access_token] {
            assert_eq!(store.id_token_hint(text).await, Ok(None), "{text}");
        }
    })
    .await;
}
