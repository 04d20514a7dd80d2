//! Client secrets: shown once, several at a time, rotated with a grace (PROTOCOL section E).

use domain::audit::Action;
use domain::client::{AppGrants, AuthMethod, Client, SecretStatus};
use domain::portal::ShownOnce;
use domain::store::secrets::{MAX_LIVE, SecretProblem};
use domain::store::tokens::TokenError;
use sea_orm::{ConnectionTrait as _, Statement};

use crate::at_rest::secrets_in;
use crate::credentials::asking;
use crate::flow::{World, invalid_grant, new_app, refresh_token};
use crate::harness::{app, by, count, log, on_each_database, organization, person};

async fn accepted(world: &World, secret: &ShownOnce) -> bool {
    world.store.authenticate_secret(&world.client, &secret.0).await.expect("answers").is_some()
}

async fn statuses(world: &World) -> Vec<SecretStatus> {
    let rows = world.store.secrets_of(world.partner, world.client.app).await.expect("its own");
    rows.into_iter().map(|row| row.status).collect()
}

#[tokio::test]
async fn req_057_two_secrets_overlap_and_the_old_one_stops_at_its_deadline() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let tokens = world.tokens("").await;
        let me = by(world.maker);
        let new = store.rotate_secret(&me, world.partner, world.client.app, "New", 3600).await.expect("rotated");
        assert!(accepted(&world, &world.secret).await && accepted(&world, &new.secret).await);
        assert_eq!(statuses(&world).await, [SecretStatus::Active, SecretStatus::Retiring]);
        clock.advance(3599);
        assert!(accepted(&world, &world.secret).await);
        clock.advance(1);
        assert!(!accepted(&world, &world.secret).await && accepted(&world, &new.secret).await);
        assert_eq!(statuses(&world).await, [SecretStatus::Active, SecretStatus::Expired]);
        assert!(world.lives(&tokens).await, "tokens are untouched");
        let event = &log(&store, world.partner).await[0];
        assert_eq!(event.action, Action::SecretRotated);
        assert!(!format!("{event:?}").contains(&new.secret.0[10..]), "the log holds no secret");
    })
    .await;
}

#[tokio::test]
async fn a_grace_changes_and_a_second_rotation_never_lengthens_it() {
    on_each_database(async |store, clock| {
        let world = World::new(&store).await;
        let (me, app) = (by(world.maker), world.client.app);
        let second = store.rotate_secret(&me, world.partner, app, "2", 3600).await.expect("rotated");
        store.rotate_secret(&me, world.partner, app, "3", 86_400).await.expect("rotated");
        clock.advance(3600);
        assert!(!accepted(&world, &world.secret).await, "the first deadline stayed");
        assert!(accepted(&world, &second.secret).await);
        store.change_grace(&me, world.partner, app, second.id, 0).await.expect("retiring");
        assert!(!accepted(&world, &second.secret).await, "0 is now");
        let over = store.change_grace(&me, world.partner, app, second.id, 60).await;
        assert!(matches!(over, Err(SecretProblem::NotRetiring)));
        let now = store.rotate_secret(&me, world.partner, app, "4", 0).await.expect("rotated");
        assert!(accepted(&world, &now.secret).await);
        assert_eq!(statuses(&world).await[0], SecretStatus::Active);
        assert_eq!(count(&store, "client_secrets", "revoked_at IS NULL AND expires_at IS NULL").await, 1);
    })
    .await;
}

#[tokio::test]
async fn req_058_a_secret_is_kept_as_a_hash_and_shown_as_a_hint() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let rows = store.secrets_of(world.partner, world.client.app).await.expect("its own");
        let secret = &world.secret.0;
        assert_eq!(rows[0].hint, format!("ptcsec_…{}", &secret[secret.len() - 4..]));
        assert!(!format!("{rows:?}").contains(&secret[7..secret.len() - 4]));
        assert!(rows[0].last_used_at.is_none());
        assert!(accepted(&world, &world.secret).await);
        let rows = store.secrets_of(world.partner, world.client.app).await.expect("its own");
        assert_eq!(rows[0].last_used_at, Some(store.now()));
    })
    .await;
}

#[tokio::test]
async fn req_056_nothing_but_the_secret_itself_is_accepted() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let other = store.create_app(&by(world.maker), world.partner, new_app("Other", &[("read", true)])).await;
        let foreign = other.expect("a new app").secret.expect("confidential");
        let tokens = world.tokens("").await;
        let mut swapped = world.secret.0.clone();
        swapped.pop();
        let nothing = ["", " ", &foreign.0, &tokens.access_token, refresh_token(&tokens), &swapped];
        for presented in nothing {
            assert!(!accepted(&world, &ShownOnce(presented.to_owned())).await, "{presented}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_app_has_at_most_five_live_secrets_and_keeps_its_last_one() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app) = (by(world.maker), world.client.app);
        for number in 1..MAX_LIVE {
            store.create_secret(&me, world.partner, app, &number.to_string()).await.expect("room");
        }
        let sixth = store.create_secret(&me, world.partner, app, "6").await;
        assert!(matches!(sixth, Err(SecretProblem::TooMany)));
        let sixth = store.rotate_secret(&me, world.partner, app, "6", 60).await;
        assert!(matches!(sixth, Err(SecretProblem::TooMany)), "the older ones would go on");
        let only = store.rotate_secret(&me, world.partner, app, "6", 0).await.expect("the older ones end");
        let last = store.revoke_secret(&me, world.partner, app, only.id, false).await;
        assert!(matches!(last, Err(SecretProblem::LastActive)));
        store.create_secret(&me, world.partner, app, "7").await.expect("room again");
        store.revoke_secret(&me, world.partner, app, only.id, false).await.expect("not the last one");
        assert!(!accepted(&world, &only.secret).await);
    })
    .await;
}

#[tokio::test]
async fn a_compromised_secret_ends_the_tokens_but_not_the_installs() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let tokens = world.tokens("").await;
        let code = world.code("&actor=self").await;
        let (me, app) = (by(world.maker), world.client.app);
        let only = store.secrets_of(world.partner, app).await.expect("its own")[0].id;
        store.revoke_secret(&me, world.partner, app, only, true).await.expect("even the last one");
        assert!(!accepted(&world, &world.secret).await && !world.lives(&tokens).await);
        assert!(invalid_grant(&world.refresh(&tokens).await) && invalid_grant(&world.exchange(&code).await));
        assert_eq!(count(&store, "installs", "status = 'active'").await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_secret_that_was_revoked_can_be_called_compromised_later() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (me, app) = (by(world.maker), world.client.app);
        let leaked = store.secrets_of(world.partner, app).await.expect("its own")[0].id;
        store.create_secret(&me, world.partner, app, "Another").await.expect("a second one");
        let tokens = world.tokens("").await;
        store.revoke_secret(&me, world.partner, app, leaked, false).await.expect("revoked");
        assert!(world.lives(&tokens).await, "its tokens stay");
        store.revoke_secret(&me, world.partner, app, leaked, true).await.expect("it had leaked");
        assert!(!world.lives(&tokens).await);
    })
    .await;
}

#[tokio::test]
async fn req_119_who_was_authenticated_by_a_secret_before_it_was_compromised_gets_no_token_after_it() {
    on_each_database(async |store, _clock| {
        let mut world = World::new(&store).await;
        world.tokens("").await;
        world.client.grants = AppGrants::Both;
        let (me, app) = (by(world.maker), world.client.app);
        let target = world.target.to_string();
        let issue = async |client: &Client| store.issue_for_client(&world.app(), client, &asking(&target)).await;
        assert!(issue(&world.client).await.is_ok());
        let only = store.secrets_of(world.partner, app).await.expect("its own")[0].id;
        store.revoke_secret(&me, world.partner, app, only, true).await.expect("even the last one");
        let late = issue(&world.client).await;
        assert!(matches!(late, Err(TokenError::ClientChanged)), "{late:?}");
        assert_eq!(count(&store, "access_tokens", "revoked_at IS NULL").await, 0);
    })
    .await;
}

#[tokio::test]
async fn req_055_a_public_app_has_no_secret() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let new = domain::portal::NewApp { auth_method: AuthMethod::None, ..new_app("Public", &[("read", true)]) };
        let created = store.create_app(&by(world.maker), world.partner, new).await.expect("a new app");
        assert!(created.secret.is_none());
        let client = store.client_of_app(created.id).await.expect("answers").expect("there");
        assert!(client.pkce_required, "a public app always needs a challenge");
        let made = store.create_secret(&by(world.maker), world.partner, created.id, "x").await;
        assert!(matches!(made, Err(SecretProblem::Public)));
        assert!(store.authenticate_secret(&client, &world.secret.0).await.expect("answers").is_none());
    })
    .await;
}

#[tokio::test]
async fn req_130_what_each_test_is_searched_for_would_be_found_in_a_row_of_either_database() {
    let jwt = format!("eyJ{}.{}.{}", "a".repeat(20), "b".repeat(30), "c".repeat(86));
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        let owner = organization(&store, ada, "Works").await;
        let app = app(&store, owner, "Robot").await;
        let shown = store.create_secret(&by(ada), owner, app, "Next").await.expect("a secret").secret.0;
        for kept in [shown.as_str(), &jwt] {
            let row = format!("SELECT 'a {kept} b' AS kept");
            let backend = store.reader().get_database_backend();
            let row = store.reader().query_one_raw(Statement::from_string(backend, row)).await.expect("answers");
            let row: String = row.expect("a row").try_get("", "kept").expect("a text");
            assert_eq!(secrets_in(row.as_bytes()).len(), 1, "{kept}");
            let longer = row.replace(kept, &format!("{kept}_and_more"));
            assert_eq!(secrets_in(longer.as_bytes()).len(), 1, "{kept}, beside another column");
            let other = kept.replace('_', "-").replace('.', "/");
            assert!(secrets_in(other.as_bytes()).is_empty(), "{other}");
        }
    })
    .await;
}
