//! What is read ahead of a request, in one statement: as true as what is looked up, and believed no longer.

use std::sync::Arc;

use domain::client::{AppGrants, AuthMethod};
use domain::oauth::client_auth::Claim;
use domain::oauth::introspect::{Caller, Introspection};
use domain::oauth::token::Subject;
use domain::store::cache::Recalled;
use domain::store::{By, Keep};
use sea_orm::{ConnectionTrait, DbBackend};

use crate::credentials::asking;
use crate::flow::{World, code_request, new_app, refresh_request, refresh_token};
use crate::harness::{by, on_each_database};
use crate::lookups::newest_install;

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
                let ahead = store.read_ahead(claim, token).await.expect("answers");
                let claimant = match ahead.claimant.clone() {
                    Some(claimant) => claimant,
                    None => store.claimant(claim).await.expect("answers").expect("known"),
                };
                assert_eq!(claimant.client.client_id, *claim.client_id());
                assert_eq!(store.proves(&claimant, secret.expose()), *proved, "{number} {token}");
                let caller = Caller::App(claimant.client.app);
                let told = store.introspect_after(ahead, &caller, token).await.expect("answers");
                assert_eq!(told, store.introspect(&caller, token).await.expect("answers"), "{number} {token}");
                assert_eq!(told != Introspection::INACTIVE, *sees && token != "junk", "{number} {token}");
            }
            let claim = named(server.to_string(), &key.0);
            let ahead = store.read_ahead(&claim, token).await.expect("answers");
            let known = store.authenticate_resource_server_after(&ahead, server, &key.0).await.expect("answers");
            assert_eq!(known.as_deref(), Some(audience.as_str()));
            let caller = Caller::ResourceServer { audience: audience.clone() };
            let told = store.introspect_after(ahead, &caller, token).await.expect("answers");
            assert_eq!(told != Introspection::INACTIVE, token == answer.access_token, "{token}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_read_ahead_of_a_token_request_is_never_behind() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (client_id, target) = (world.client.client_id.clone(), world.target.to_string());
        let claim = |secret: &str| Claim::Secret {
            client_id: client_id.clone(),
            method: AuthMethod::ClientSecretBasic,
            secret: secret.into(),
        };
        let right = claim(&world.secret.0);
        store.keep(Keep::Catalogue);
        let read = async |claim: &Claim, subject| {
            let ahead = store.read_ahead_of_token(claim, Some(subject)).await.expect("answers");
            ahead.claimant.expect("known")
        };
        let organization = Subject::Organization(&target);
        for _ in 0..2 {
            // The second time the client is known at its revision.
            let claimant = read(&right, organization).await;
            assert_eq!(format!("{:?}", claimant.client), format!("{:?}", Arc::new(world.client.clone())));
            assert!(store.proves(&claimant, &world.secret.0) && !store.proves(&claimant, "junk"));
            let wrong = read(&claim("junk"), organization).await;
            assert!(!store.proves(&wrong, &world.secret.0), "the secret of the claim alone was read");
        }
        // By somebody else on the same database: no mark tells this process.
        let elsewhere = async |sql: &str| {
            store.writer().execute_unprepared(sql).await.expect("written");
            store.keep(Keep::Catalogue);
        };
        elsewhere("DELETE FROM app_scopes WHERE required = FALSE").await;
        assert!(read(&right, organization).await.client.optional_scopes.is_empty());
        elsewhere("UPDATE redirect_uris SET uri = 'https://moved.example/cb'").await;
        assert_eq!(read(&right, organization).await.client.redirect_uris[0].as_str(), "https://moved.example/cb");
        elsewhere("UPDATE organizations SET status = 'suspended'").await;
        assert!(!read(&right, organization).await.client.owner_active);
        elsewhere("UPDATE organizations SET status = 'active'").await;
        assert!(read(&right, organization).await.client.owner_active);
        elsewhere("UPDATE apps SET status = 'suspended'").await;
        assert!(!read(&right, organization).await.client.enabled());
        elsewhere("UPDATE apps SET status = 'live'").await;
        elsewhere("UPDATE client_secrets SET revoked_at = 1").await;
        assert!(!store.proves(&read(&right, organization).await, &world.secret.0));
    })
    .await;
}

#[tokio::test]
async fn tokens_are_issued_over_what_was_read_ahead_unless_it_changed_meanwhile() {
    on_each_database(async |store, _clock| {
        let mut world = World::new(&store).await;
        world.client.grants = AppGrants::Both;
        let (app, target) = (world.app(), world.target.to_string());
        let claim = Claim::Secret {
            client_id: world.client.client_id.clone(),
            method: AuthMethod::ClientSecretBasic,
            secret: world.secret.0.as_str().into(),
        };
        let ahead = async |subject| store.read_ahead_of_token(&claim, Some(subject)).await.expect("answers");
        let codes = [world.code("").await, world.code("").await];
        store.keep(Keep::Catalogue);
        let (first, late) = (ahead(Subject::Code(&codes[0])).await, ahead(Subject::Code(&codes[0])).await);
        let answer = store.exchange_after(first, &app, &world.client, &code_request(&codes[0])).await.expect("in time");
        assert!(world.lives(&answer).await);
        let replayed = store.exchange_after(late, &app, &world.client, &code_request(&codes[0])).await;
        assert!(replayed.is_err() && !world.lives(&answer).await, "the commit asked again, and ended the family");
        let other = ahead(Subject::Code(&codes[0])).await;
        let answer = store.exchange_after(other, &app, &world.client, &code_request(&codes[1])).await;
        let answer = answer.expect("its own code was read");
        let read = ahead(Subject::RefreshToken(refresh_token(&answer))).await;
        let next = store.refresh_after(read, &app, &world.client, &refresh_request(&answer)).await.expect("live");
        assert!(world.lives(&next).await && !world.lives(&answer).await);
        let (read, late) = (ahead(Subject::Organization(&target)).await, ahead(Subject::Organization(&target)).await);
        let own = store.issue_for_client_after(read, &app, &world.client, &asking(&target)).await.expect("installed");
        assert!(store.bearer(&own.access_token).await.expect("answers").is_some());
        let install = newest_install(&world).await;
        store.revoke_install(&by(world.admin), world.target, install, None, false).await.expect("there");
        assert!(store.issue_for_client_after(late, &app, &world.client, &asking(&target)).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn req_080_what_is_remembered_of_a_request_gives_a_token_only_while_all_of_it_holds() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.tokens("").await;
        let claim = Claim::Secret {
            client_id: world.client.client_id.clone(),
            method: AuthMethod::ClientSecretBasic,
            secret: world.secret.0.as_str().into(),
        };
        let elsewhere = async |sql: &str| {
            let done = store.writer().execute_unprepared(sql).await.expect("written");
            assert!(done.rows_affected() > 0, "{sql}");
            store.keep(Keep::Catalogue);
        };
        elsewhere("UPDATE apps SET grants = 'both'").await;
        elsewhere("UPDATE organizations SET domain = 'target.example' WHERE slug = 'target'").await;
        let by_id = world.target.to_string();
        let other = [
            "UPDATE organizations SET slug = slug || '-other', domain = 'other.example' WHERE slug = 'target'",
            "UPDATE organizations SET slug = 'target', domain = 'target.example' WHERE slug = 'target-other'",
        ];
        let changes = [
            ["UPDATE client_secrets SET revoked_at = 1", "UPDATE client_secrets SET revoked_at = NULL"],
            ["UPDATE app_scopes SET required = TRUE", "UPDATE app_scopes SET required = FALSE WHERE scope <> 'read'"],
            ["UPDATE apps SET status = 'suspended'", "UPDATE apps SET status = 'live'"],
            [
                "UPDATE organizations SET status = 'suspended' WHERE slug = 'partner'",
                "UPDATE organizations SET status = 'active'",
            ],
            [
                "UPDATE organizations SET status = 'suspended' WHERE slug = 'target'",
                "UPDATE organizations SET status = 'active'",
            ],
            ["UPDATE installs SET scopes = 'read'", "UPDATE installs SET scopes = 'read write'"],
            ["UPDATE installs SET status = 'suspended'", "UPDATE installs SET status = 'active'"],
            other,
        ];
        for name in [by_id.as_str(), "target", "Target.example"] {
            let (subject, request) = (Subject::Organization(name), asking(name));
            store.read_ahead_of_token(&claim, Some(subject)).await.expect("answers");
            let remembered = store.recall(&claim, subject);
            assert_eq!(remembered.is_some(), store.writer().get_database_backend() != DbBackend::Sqlite);
            let Some(recalled) = remembered else { continue };
            let issued = async |recalled: &Recalled| {
                store.issue_recalled(recalled, &world.app(), &request).await.expect("answers")
            };
            let first = issued(&recalled).await.expect("all of it holds");
            assert!(world.lives(&first).await && store.accepts(&recalled.claimant, &world.secret.0));
            assert!(
                store.issue_recalled(&recalled, &world.app(), &asking("elsewhere")).await.expect("answers").is_none()
            );
            for [change, back] in changes {
                let recalled = store.recall(&claim, subject).expect("remembered");
                elsewhere(change).await;
                assert_eq!(issued(&recalled).await.is_some(), change == other[0] && name == by_id, "{name}: {change}");
                elsewhere(back).await;
                store.read_ahead_of_token(&claim, Some(subject)).await.expect("answers");
                let again = store.recall(&claim, subject).expect("remembered");
                assert!(issued(&again).await.is_some(), "{name}: {back}");
            }
        }
    })
    .await;
}
