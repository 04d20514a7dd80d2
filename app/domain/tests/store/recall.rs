//! What a process remembers of its clients where others write to the database as well: enough to issue over, never to refuse.

use domain::client::{AuthMethod, Client};
use domain::oauth::client_auth::Claim;
use domain::oauth::token::TokenResponse;
use domain::store::cache::{Basis, Claimant};
use domain::store::tokens::TokenError;
use domain::store::{Keep, Store};
use sea_orm::{ConnectionTrait, DbBackend};

use crate::credentials::asking;
use crate::flow::{World, code_request, refresh_request};
use crate::harness::{on_each_database, on_two_processes};

const BOTH: &str = "UPDATE apps SET grants = 'both'";

/// The other process writes: no mark tells this one.
async fn elsewhere(other: &Store, sql: &str) {
    let done = other.writer().execute_unprepared(sql).await.expect("written");
    assert!(done.rows_affected() > 0, "{sql}");
}

fn claim_of(world: &World, secret: &str) -> Claim {
    let client_id = world.client.client_id.clone();
    Claim::Secret { client_id, method: AuthMethod::ClientSecretBasic, secret: secret.into() }
}

fn changed(answer: Result<TokenResponse, TokenError>) -> bool {
    matches!(answer, Err(TokenError::ClientChanged))
}

/// The client of `world` as a process knows it that remembers it; none on SQLite.
async fn recalled(world: &World) -> Option<Claimant> {
    let (store, claim) = (&world.store, claim_of(world, &world.secret.0));
    let read = store.claimant(&claim).await.expect("answers").expect("known");
    store.remember(&claim, read);
    let recalled = store.recall(&claim);
    assert_eq!(recalled.is_some(), store.reader().get_database_backend() != DbBackend::Sqlite);
    recalled
}

#[tokio::test]
async fn a_claimant_who_is_read_is_never_behind() {
    on_two_processes(async |store, other, _clock| {
        let world = World::new(&store).await;
        let right = claim_of(&world, &world.secret.0);
        store.keep(Keep::Catalogue);
        let read = async |claim: &Claim| store.claimant(claim).await.expect("answers").expect("known");
        for _ in 0..2 {
            // The second time the client is known at its revision.
            let claimant = read(&right).await;
            assert_eq!(format!("{:?}", claimant.client), format!("{:?}", world.client));
            assert!(store.proves(&claimant, &world.secret.0) && !store.proves(&claimant, "junk"));
            let wrong = read(&claim_of(&world, "junk")).await;
            assert!(!store.proves(&wrong, &world.secret.0), "the secret of the claim alone was read");
        }
        elsewhere(&other, "DELETE FROM app_scopes WHERE required = FALSE").await;
        assert!(read(&right).await.client.optional_scopes.is_empty());
        elsewhere(&other, "UPDATE redirect_uris SET uri = 'https://moved.example/cb'").await;
        assert_eq!(read(&right).await.client.redirect_uris[0].as_str(), "https://moved.example/cb");
        elsewhere(&other, "UPDATE organizations SET status = 'suspended'").await;
        assert!(!read(&right).await.client.owner_active);
        elsewhere(&other, "UPDATE organizations SET status = 'active'").await;
        assert!(read(&right).await.client.owner_active);
        elsewhere(&other, "UPDATE apps SET status = 'suspended'").await;
        assert!(!read(&right).await.client.enabled());
        elsewhere(&other, "UPDATE apps SET status = 'live'").await;
        elsewhere(&other, "UPDATE client_secrets SET revoked_at = 1").await;
        assert!(!store.proves(&read(&right).await, &world.secret.0));
    })
    .await;
}

#[tokio::test]
async fn req_125_over_what_is_remembered_of_client_and_install_a_token_is_issued_only_while_all_of_it_holds() {
    on_two_processes(async |store, other, _clock| {
        let world = World::new(&store).await;
        world.tokens("").await;
        elsewhere(&other, BOTH).await;
        elsewhere(&other, "UPDATE organizations SET domain = 'target.example' WHERE slug = 'target'").await;
        let Some(Claimant { client, .. }) = recalled(&world).await else { return };
        let issued = async |basis, client: &Client, name: &str| {
            store.issue_for_client_on(basis, &world.app(), client, &asking(name)).await
        };
        let by_id = world.target.to_string();
        let renamed = [
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
            renamed,
        ];
        let mut client = client;
        for name in [by_id.as_str(), "target", "Target.example"] {
            let first = issued(Basis::Read, &client, name).await.expect("installed");
            let second = issued(Basis::Recalled, &client, name).await.expect("all of it holds");
            assert!(world.lives(&first).await && world.lives(&second).await);
            for [change, back] in changes {
                elsewhere(&other, change).await;
                let late = issued(Basis::Recalled, &client, name).await;
                assert_eq!(changed(late), change != renamed[0] || name != by_id, "{name}: {change}");
                elsewhere(&other, back).await;
                client = recalled(&world).await.expect("remembered").client;
                assert!(issued(Basis::Read, &client, name).await.is_ok(), "{name}: {back}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn req_125_over_what_is_remembered_of_a_client_codes_and_refresh_tokens_work_only_while_it_holds() {
    on_two_processes(async |store, other, _clock| {
        let world = World::new(&store).await;
        let changes = [
            "UPDATE client_secrets SET revoked_at = 1",
            "UPDATE app_scopes SET required = TRUE",
            "UPDATE organizations SET status = 'suspended' WHERE slug = 'partner'",
        ];
        let backs = [
            "UPDATE client_secrets SET revoked_at = NULL",
            "UPDATE app_scopes SET required = FALSE WHERE scope <> 'read'",
            "UPDATE organizations SET status = 'active'",
        ];
        for (change, back) in changes.into_iter().zip(backs) {
            let Some(Claimant { client, .. }) = recalled(&world).await else { return };
            let exchanged =
                async |code: &str| store.exchange_on(Basis::Recalled, &world.app(), &client, &code_request(code)).await;
            let refreshed = async |answer: &TokenResponse| {
                store.refresh_on(Basis::Recalled, &world.app(), &client, &refresh_request(answer)).await
            };
            let (code, waiting) = (world.code("").await, world.code("&actor=self").await);
            let first = exchanged(&code).await.expect("the client holds");
            let next = refreshed(&first).await.expect("the client holds");
            assert!(world.lives(&next).await && !world.lives(&first).await);
            elsewhere(&other, change).await;
            assert!(changed(exchanged(&waiting).await) && changed(refreshed(&next).await), "{change}");
            assert!(store.recall(&claim_of(&world, &world.secret.0)).is_none(), "what proved to be wrong is forgotten");
            elsewhere(&other, back).await;
            assert!(world.exchange(&waiting).await.is_ok() && world.refresh(&next).await.is_ok(), "nothing was taken");
        }
    })
    .await;
}

#[tokio::test]
async fn req_036_req_041_req_069_over_what_is_remembered_no_code_burns_no_family_ends_and_no_answer_is_repeated() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let Some(Claimant { client, .. }) = recalled(&world).await else { return };
        let exchanged = async |request| store.exchange_on(Basis::Recalled, &world.app(), &client, &request).await;
        let refreshed = async |request| store.refresh_on(Basis::Recalled, &world.app(), &client, &request).await;
        let code = world.code("").await;
        let mut guessing = code_request(&code);
        guessing.code_verifier = Some("another-verifier-another-verifier-another-verifier".into());
        assert!(changed(exchanged(guessing).await), "the code is not burned");
        assert!(exchanged(code_request("junk")).await.is_err());
        let answer = exchanged(code_request(&code)).await.expect("it still works");
        assert!(
            changed(exchanged(code_request(&code)).await) && world.lives(&answer).await,
            "no replay ends the family"
        );
        let next = refreshed(refresh_request(&answer)).await.expect("live");
        assert!(changed(refreshed(refresh_request(&answer)).await), "the answer within the grace is not given again");
        let last = world.refresh(&next).await.expect("live");
        assert!(changed(refreshed(refresh_request(&answer)).await) && world.lives(&last).await, "no replay ends it");
    })
    .await;
}

#[tokio::test]
async fn a_client_is_remembered_by_the_secret_that_it_brought() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let Some(claimant) = recalled(&world).await else { return };
        assert!(store.accepts(&claimant, &world.secret.0) && !store.accepts(&claimant, "junk"));
        assert!(store.recall(&claim_of(&world, "junk")).is_none());
        let client_id = world.client.client_id.clone();
        assert!(store.recall(&Claim::Public { client_id }).is_none());
    })
    .await;
}
