//! How often a check asks PostgreSQL: once, each time, about a token that there is.

use domain::client::AuthMethod;
use domain::oauth::client_auth::Claim;
use domain::oauth::introspect::{Caller, Introspection};
use domain::store::{By, Store};
use domain::token_policy::TokenPolicy;

use crate::flow::World;
use crate::harness::through_a_proxy_to_postgres;

/// An introspection of `token` by the app of `world`, as the endpoint makes it.
async fn introspected(store: &Store, world: &World, token: &str) -> Introspection {
    let (client_id, secret) = (world.client.client_id.clone(), world.secret.0.as_str());
    let claim = Claim::Secret { client_id, method: AuthMethod::ClientSecretBasic, secret: secret.into() };
    let ahead = store.read_ahead(&claim, token).await.expect("answers");
    let claimant = match ahead.claimant.clone() {
        Some(claimant) => claimant,
        None => store.claimant(&claim).await.expect("answers").expect("known"),
    };
    assert!(store.proves(&claimant, secret));
    store.introspect_after(ahead, &Caller::App(claimant.client), token).await.expect("answers")
}

/// The same by a resource server.
async fn introspected_by(store: &Store, claim: &Claim, token: &str) -> Introspection {
    let Claim::Secret { client_id, secret, .. } = claim else { panic!("it has a secret") };
    let ahead = store.read_ahead(claim, token).await.expect("answers");
    let id = client_id.as_str().parse().expect("an id");
    let audience = store.authenticate_resource_server_after(&ahead, id, secret.expose()).await.expect("answers");
    let caller = Caller::ResourceServer { audience: audience.expect("known") };
    store.introspect_after(ahead, &caller, token).await.expect("answers")
}

#[tokio::test]
async fn on_postgres_every_check_of_a_token_is_one_statement() {
    through_a_proxy_to_postgres(async |store, reading, proxy| {
        let audience = store.settings().audiences[0].clone();
        let (server, key) = store.create_resource_server(&By::operator(), "Api", &audience).await.expect("registered");
        let server = Claim::Secret {
            client_id: server.to_string().parse().expect("an id"),
            method: AuthMethod::ClientSecretBasic,
            secret: key.0.as_str().into(),
        };
        let mut world = World::new(&store).await;
        for policy in [TokenPolicy::standard(), TokenPolicy::apiera()] {
            let name = policy.name.clone();
            world.client.policy = policy;
            let tokens = world.tokens("&actor=self").await;
            let access = tokens.access_token.as_str();
            // The keys by which a JWT is verified are kept, and what the instance knows of scopes.
            reading.published_keys().await.expect("answers");
            reading.server().await.expect("answers");
            for round in ["first", "again"] {
                let (live, asked) = proxy.statements(reading.bearer(access)).await;
                assert!(live.expect("answers").is_some() && asked == 1, "{name}, {round}: the API, {asked}");
                let (told, asked) = proxy.statements(introspected(&reading, &world, access)).await;
                assert!(told != Introspection::INACTIVE && asked == 1, "{name}, {round}: its app, {asked}");
                let (told, asked) = proxy.statements(introspected_by(&reading, &server, access)).await;
                assert!(told != Introspection::INACTIVE && asked == 1, "{name}, {round}: a resource server, {asked}");
            }
            if let Some(refresh) = &tokens.refresh_token {
                let (told, asked) = proxy.statements(introspected(&reading, &world, refresh)).await;
                assert!(told != Introspection::INACTIVE && asked == 1, "{name}: a refresh token, {asked}");
                let (told, asked) = proxy.statements(introspected_by(&reading, &server, refresh)).await;
                assert!(
                    told == Introspection::INACTIVE && asked == 1,
                    "{name}: a resource server is not told, {asked}"
                );
            }
            world.revoke(access).await;
            let (live, asked) = proxy.statements(reading.bearer(access)).await;
            assert!(live.expect("answers").is_none() && asked == 1, "{name}: revoked, {asked}");
        }
    })
    .await;
}
