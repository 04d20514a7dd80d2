//! How often a check asks PostgreSQL: once, each time, whoever asks and whatever the token is.

use domain::client::AuthMethod;
use domain::oauth::client_auth::Claim;
use domain::oauth::introspect::{Caller, Introspection};
use domain::store::{By, Store};
use domain::token_policy::TokenPolicy;

use crate::flow::{World, new_app};
use crate::harness::{by, through_a_proxy_to_postgres};

fn claim(id: &str, secret: &str) -> Claim {
    Claim::Secret {
        client_id: id.parse().expect("an id"),
        method: AuthMethod::ClientSecretBasic,
        secret: secret.into(),
    }
}

/// An introspection of `token` by an app, as the endpoint makes it; none where the app is not known.
async fn introspected(store: &Store, claim: &Claim, token: &str) -> Option<Introspection> {
    let Claim::Secret { secret, .. } = claim else { panic!("it has a secret") };
    let (claimant, ahead) = store.claimant_and(claim, token).await.expect("answers");
    let claimant = claimant.filter(|claimant| store.proves(claimant, secret.expose()))?;
    Some(store.introspect_after(ahead, &Caller::App(claimant.client), token).await.expect("answers"))
}

/// The same by a resource server.
async fn introspected_by(store: &Store, claim: &Claim, token: &str) -> Option<Introspection> {
    let Claim::Secret { client_id, secret, .. } = claim else { panic!("it has a secret") };
    let id = client_id.as_str().parse().expect("an id");
    let (audience, ahead) = store.authenticate_resource_server(id, secret.expose(), token).await.expect("answers");
    let caller = Caller::ResourceServer { audience: audience? };
    Some(store.introspect_after(ahead, &caller, token).await.expect("answers"))
}

#[tokio::test]
async fn on_postgres_every_check_of_a_token_is_one_statement() {
    through_a_proxy_to_postgres(async |store, reading, proxy| {
        let audience = store.settings().audiences[0].clone();
        let (server, key) = store.create_resource_server(&By::operator(), "Api", &audience).await.expect("registered");
        let server = claim(&server.to_string(), &key.0);
        let mut world = World::new(&store).await;
        let other = new_app("Other", &[("read", true)]);
        let other = store.create_app(&by(world.maker), world.partner, other).await.expect("made");
        let other = claim(other.client_id.as_str(), &other.secret.expect("confidential").0);
        let own = claim(world.client.client_id.as_str(), &world.secret.0);
        let strangers = [
            ("an unknown client", claim("nobody", &world.secret.0)),
            ("another app's secret", claim(world.client.client_id.as_str(), &key.0)),
        ];
        for policy in [TokenPolicy::standard(), TokenPolicy::apiera()] {
            let name = policy.name.clone();
            world.client.policy = policy;
            let tokens = world.tokens("&actor=self").await;
            let access = tokens.access_token.as_str();
            // Not the secret's last letters, of which some bits mean nothing.
            let (selector, _) = tokens.access_token.split_at(tokens.access_token.len() / 2);
            let (_, end) = world.secret.0.split_at(world.secret.0.len() / 2);
            let unknown = format!("{selector}{end}");
            // The keys by which a JWT is verified are kept, and what the instance knows of scopes.
            reading.published_keys().await.expect("answers");
            reading.server().await.expect("answers");
            for round in ["first", "again"] {
                let (live, asked) = proxy.statements(reading.bearer(access)).await;
                assert!(live.expect("answers").is_some() && asked == 1, "{name}, {round}: the API, {asked}");
                let refresh = tokens.refresh_token.as_deref();
                for (what, token, live) in [
                    ("access token", Some(access), true),
                    ("refresh token", refresh, true),
                    ("unknown token", Some(unknown.as_str()), false),
                    ("junk", Some("junk"), false),
                ] {
                    let Some(token) = token else { continue };
                    let refresh = what == "refresh token";
                    for (who, claim, sees) in [("its app", &own, live), ("another app", &other, false)] {
                        let (told, asked) = proxy.statements(introspected(&reading, claim, token)).await;
                        let told = told.expect("known") != Introspection::INACTIVE;
                        assert_eq!((told, asked), (sees, 1), "{name}, {round}: {what}, {who}");
                    }
                    let (told, asked) = proxy.statements(introspected_by(&reading, &server, token)).await;
                    let told = told.expect("known") != Introspection::INACTIVE;
                    assert_eq!((told, asked), (live && !refresh, 1), "{name}, {round}: {what}, a resource server");
                    for (who, claim) in &strangers {
                        let (told, asked) = proxy.statements(introspected(&reading, claim, token)).await;
                        assert_eq!((told, asked), (None, 1), "{name}, {round}: {what}, {who}");
                    }
                }
            }
            world.revoke(access).await;
            let (live, asked) = proxy.statements(reading.bearer(access)).await;
            assert!(live.expect("answers").is_none() && asked == 1, "{name}: revoked, {asked}");
        }
    })
    .await;
}
