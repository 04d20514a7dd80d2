//! What is read ahead of a request, in one statement: as true as what is looked up, and believed no longer.

use domain::client::AuthMethod;
use domain::oauth::client_auth::Claim;
use domain::oauth::introspect::{Caller, Introspection};
use domain::store::{By, Keep};

use crate::flow::{World, new_app, refresh_token};
use crate::harness::{by, on_each_database};

#[tokio::test]
async fn req_080_what_is_read_ahead_of_an_introspection_answers_as_what_is_looked_up() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let answer = world.tokens("&actor=self").await;
        let other = new_app("Other", &[("read", true)]);
        let other = store.create_app(&by(world.maker), world.partner, other).await.expect("made");
        let audience = store.settings().audiences[0].clone();
        let (server, key) = store.create_resource_server(&By::operator(), "Api", &audience).await.expect("registered");
        let named = |id: String, secret: &str| Claim::Secret {
            client_id: id.parse().expect("an id"),
            method: AuthMethod::ClientSecretBasic,
            secret: secret.into(),
        };
        let own = world.client.client_id.to_string();
        let theirs = other.secret.expect("confidential").0;
        let claims = [
            (named(own.clone(), &world.secret.0), true, true),
            (named(own.clone(), &theirs), false, true),
            (named(own, "junk"), false, true),
            (named(other.client_id.to_string(), &theirs), true, false),
            (named(other.client_id.to_string(), &world.secret.0), false, false),
        ];
        store.keep(Keep::Catalogue);
        for token in [answer.access_token.as_str(), refresh_token(&answer), "junk"] {
            for (number, (claim, proved, sees)) in claims.iter().enumerate() {
                let Claim::Secret { secret, .. } = claim else { panic!("they all have one") };
                let (claimant, ahead) = store.claimant_and(claim, token).await.expect("answers");
                let claimant = claimant.expect("known");
                assert_eq!(claimant.client.client_id, *claim.client_id());
                assert_eq!(store.proves(&claimant, secret.expose()), *proved, "{number} {token}");
                let caller = Caller::App(claimant.client.clone());
                let told = store.introspect_after(ahead, &caller, token).await.expect("answers");
                assert_eq!(told, store.introspect(&caller, token).await.expect("answers"), "{number} {token}");
                assert_eq!(told != Introspection::INACTIVE, *sees && token != "junk", "{number} {token}");
            }
            let asked = store.authenticate_resource_server(server, &key.0, token);
            let (known, ahead) = asked.await.expect("answers");
            assert_eq!(known.as_deref(), Some(audience.as_str()));
            let caller = Caller::ResourceServer { audience: audience.clone() };
            let told = store.introspect_after(ahead, &caller, token).await.expect("answers");
            assert_eq!(told != Introspection::INACTIVE, token == answer.access_token, "{token}");
        }
    })
    .await;
}
