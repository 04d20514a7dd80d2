//! Signing keys: made once, sealed at rest, rotated by the clock.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::entity::signing_key;
use domain::entropy::SeededEntropy;
use domain::jwt::{SigningAlgorithm, TokenKind};
use domain::store::keys::{JWKS_MAX_AGE_SECONDS, KeyError, PUBLISHED_AHEAD_SECONDS, RotationError, VerifyError};
use domain::store::{By, EncryptionKey, Settings, Store};
use domain::time::FixedClock;
use domain::token_policy::{TokenPolicies, TokenPolicy};
use sea_orm::{ConnectionTrait as _, EntityTrait};
use serde_json::{Value, json};

use crate::harness::{START, SqliteFile, connect, count, on_each_database, on_two_processes, settings};

const RS256: SigningAlgorithm = SigningAlgorithm::Rs256;
const ACCESS: TokenKind = TokenKind::AccessToken;

async fn token(store: &Store, algorithm: SigningAlgorithm) -> String {
    store.sign(algorithm, ACCESS, &json!({ "sub": "somebody" })).await.expect("signed")
}

/// The header of `token`.
fn header(token: &str) -> Value {
    let header = token.split('.').next().expect("a header");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("JSON")
}

fn kid(token: &str) -> String {
    header(token)["kid"].as_str().expect("a kid").to_owned()
}

/// The kids of the JWK set.
fn published(store: &Store) -> Vec<String> {
    let set = store.jwks();
    let kids = set["keys"].as_array().expect("keys").iter();
    kids.map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
}

#[tokio::test]
async fn every_algorithm_signs_what_the_store_verifies() {
    on_each_database(async |store, _clock| {
        for &algorithm in SigningAlgorithm::ALL {
            for &kind in TokenKind::ALL {
                let claims = json!({ "sub": "somebody", "n": 1 });
                let token = store.sign(algorithm, kind, &claims).await.expect("signed");
                assert_eq!(json!(store.verify(kind, &token).expect("ours")), claims);
                assert_eq!(header(&token), json!({ "alg": algorithm, "typ": kind, "kid": kid(&token) }));
            }
        }
        assert_eq!(published(&store).len(), 3);
    })
    .await;
}

#[tokio::test]
async fn req_100_a_new_key_is_published_before_it_signs_and_the_old_one_until_its_last_token_ends() {
    on_each_database(async |store, clock| {
        store.open_keys().await.expect("keys");
        let old = token(&store, RS256).await;
        store.rotate_keys(&By::operator(), &[RS256]).await.expect("rotated");
        assert_eq!((published(&store).len(), count(&store, "signing_keys", "1 = 1").await), (4, 4));
        assert_eq!(kid(&token(&store, RS256).await), kid(&old), "the new key does not sign yet");
        clock.advance(JWKS_MAX_AGE_SECONDS);
        assert_eq!(kid(&token(&store, RS256).await), kid(&old), "somebody may keep the old set until now");
        clock.advance(PUBLISHED_AHEAD_SECONDS - JWKS_MAX_AGE_SECONDS - 1);
        let last = token(&store, RS256).await;
        assert_eq!(kid(&last), kid(&old));
        clock.advance(1);
        let new = token(&store, RS256).await;
        assert_ne!(kid(&new), kid(&old));
        assert!(published(&store).contains(&kid(&old)) && published(&store).contains(&kid(&new)));
        // The policy `apiera` lets a JWT live for a day.
        clock.advance(86_400);
        store.keep_keys().await.expect("kept");
        assert!(store.verify(ACCESS, &last).is_ok(), "its last token has only now ended");
        clock.advance(3600);
        assert_eq!(store.verify(ACCESS, &last), Err(VerifyError::UnknownKey));
        assert!(!published(&store).contains(&kid(&old)));
        store.keep_keys().await.expect("kept");
        assert_eq!(count(&store, "signing_keys", "1 = 1").await, 3);
        assert!(store.verify(ACCESS, &new).is_ok());
    })
    .await;
}

#[tokio::test]
async fn req_102_a_key_that_is_gone_still_tells_whom_an_id_token_names_and_nothing_else() {
    on_each_database(async |store, clock| {
        let mut old = Vec::new();
        for &algorithm in SigningAlgorithm::ALL {
            let hint = store.sign(algorithm, TokenKind::IdToken, &json!({ "sub": "somebody" })).await.expect("signed");
            old.push((hint, token(&store, algorithm).await));
        }
        store.rotate_keys(&By::operator(), SigningAlgorithm::ALL).await.expect("rotated");
        clock.advance(PUBLISHED_AHEAD_SECONDS + 86_400 + 3600);
        for kept in [false, true] {
            if kept {
                store.keep_keys().await.expect("kept");
                assert_eq!(count(&store, "signing_keys", "1 = 1").await, 3, "no private half stays");
            }
            for (hint, access) in &old {
                assert_eq!(json!(store.verify_hint(hint).await.expect("ours")), json!({ "sub": "somebody" }));
                assert_eq!(store.verify(TokenKind::IdToken, hint), Err(VerifyError::UnknownKey));
                assert_eq!(store.verify_fresh(ACCESS, access).await, Err(VerifyError::UnknownKey));
                assert_eq!(store.verify_hint(access).await, Err(VerifyError::Kind));
                assert!(!published(&store).contains(&kid(hint)));
                let (head, signature) = hint.rsplit_once('.').expect("a JWT");
                let other = if signature.starts_with('A') { "B" } else { "A" };
                let forged = format!("{head}.{other}{}", &signature[1..]);
                assert_eq!(store.verify_hint(&forged).await, Err(VerifyError::Signature));
            }
        }
        store.replace_keys(&By::operator(), &[RS256]).await.expect("replaced");
        let gone = store.verify_hint(&old[0].0).await;
        assert_eq!((header(&old[0].0)["alg"].as_str(), gone), (Some("RS256"), Err(VerifyError::UnknownKey)));
        assert!(store.verify_hint(&old[1].0).await.is_ok(), "another algorithm's key is another one");
    })
    .await;
}

#[tokio::test]
async fn req_102_a_key_in_wrong_hands_verifies_no_hint() {
    on_two_processes(async |one, other, clock| {
        let hint = one.sign(RS256, TokenKind::IdToken, &json!({ "sub": "somebody" })).await.expect("signed");
        one.rotate_keys(&By::operator(), &[RS256]).await.expect("rotated");
        other.reload_keys().await.expect("loaded");
        one.replace_keys(&By::operator(), &[RS256]).await.expect("replaced");
        assert_eq!(one.verify_hint(&hint).await, Err(VerifyError::UnknownKey));
        clock.advance(PUBLISHED_AHEAD_SECONDS + 86_400 + 3600);
        other.keep_keys().await.expect("kept");
        assert_eq!(count(&one, "retired_keys", "1 = 1").await, 0, "who did not know of it keeps nothing either");
        assert_eq!(other.verify_hint(&hint).await, Err(VerifyError::UnknownKey));
    })
    .await;
}

#[tokio::test]
async fn req_100_a_second_rotation_waits_for_the_first_one_and_both_are_in_the_log() {
    on_each_database(async |store, clock| {
        store.rotate_keys(&By::operator(), &[RS256]).await.expect("the first key, at once");
        token(&store, RS256).await;
        store.rotate_keys(&By::operator(), &[RS256]).await.expect("rotated");
        let again = store.rotate_keys(&By::operator(), SigningAlgorithm::ALL).await;
        assert!(matches!(again, Err(RotationError::Waiting { algorithm: RS256, .. })), "{again:?}");
        assert_eq!(count(&store, "signing_keys", "1 = 1").await, 2, "a refused rotation changes nothing");
        clock.advance(PUBLISHED_AHEAD_SECONDS);
        store.rotate_keys(&By::operator(), &[RS256]).await.expect("rotated");
        assert_eq!(count(&store, "audit_events", "action = 'signing_key.rotated'").await, 3);
    })
    .await;
}

#[tokio::test]
async fn req_100_an_old_key_stays_for_a_token_that_an_earlier_policy_let_live_longer() {
    on_each_database(async |store, clock| {
        let ada = crate::harness::person(&store, "ada").await;
        crate::tokens_of_both_modes(&store, ada).await;
        store.open_keys().await.expect("keys");
        let old = token(&store, RS256).await;
        let end = START.plus_seconds(30 * 86_400).0;
        let sql = format!("UPDATE access_tokens SET jwt = TRUE, expires_at = {end} WHERE actor = 'app'");
        sea_orm::ConnectionTrait::execute_unprepared(store.writer(), &sql).await.expect("a long one");
        store.rotate_keys(&By::operator(), &[RS256]).await.expect("rotated");
        clock.advance(30 * 86_400);
        store.keep_keys().await.expect("kept");
        assert!(store.verify(ACCESS, &old).is_ok());
        clock.advance(3600);
        assert_eq!(store.verify(ACCESS, &old), Err(VerifyError::UnknownKey));
    })
    .await;
}

#[tokio::test]
async fn req_100_an_old_key_stays_for_as_long_as_a_policy_that_came_after_the_rotation_says() {
    let file = SqliteFile::new(u64::MAX - 12);
    let clock = Arc::new(FixedClock::new(START));
    let before = connect(&file.url(), clock.clone()).await;
    migrations::up(before.writer()).await.expect("runs");
    let old = token(&before, RS256).await;
    before.rotate_keys(&By::operator(), &[RS256]).await.expect("rotated");
    before.close().await.expect("closes");
    let longer = TokenPolicy { access_seconds: Some(30 * 86_400), ..TokenPolicy::apiera() };
    let policies = TokenPolicies::new(vec![longer], vec!["apiera".to_owned()]).expect("good");
    let settings = Settings { policies, ..settings() };
    let entropy = Arc::new(SeededEntropy::new(78));
    let after = Store::connect(&file.url(), settings, clock.clone(), entropy).await.expect("opens");
    assert_eq!(kid(&token(&after, RS256).await), kid(&old), "the old key signs for an hour more");
    clock.advance(PUBLISHED_AHEAD_SECONDS + 30 * 86_400);
    after.keep_keys().await.expect("kept");
    assert!(after.verify(ACCESS, &old).is_ok() && published(&after).contains(&kid(&old)));
    clock.advance(3600);
    after.keep_keys().await.expect("kept");
    assert_eq!(after.verify(ACCESS, &old), Err(VerifyError::UnknownKey));
    assert_eq!(count(&after, "signing_keys", "algorithm = 'RS256'").await, 1);
}

#[tokio::test]
async fn req_100_keys_in_wrong_hands_are_replaced_at_once_and_their_tokens_end() {
    on_each_database(async |store, _clock| {
        let (rsa, ed) = (token(&store, RS256).await, token(&store, SigningAlgorithm::EdDsa).await);
        store.rotate_keys(&By::operator(), &[RS256]).await.expect("one more waits");
        store.replace_keys(&By::operator(), &[RS256]).await.expect("replaced");
        assert_eq!(store.verify(ACCESS, &rsa), Err(VerifyError::UnknownKey));
        assert!(store.verify(ACCESS, &ed).is_ok(), "another algorithm's key is another one");
        let new = token(&store, RS256).await;
        assert!(store.verify(ACCESS, &new).is_ok());
        assert_eq!(count(&store, "signing_keys", "algorithm = 'RS256'").await, 1);
        assert_eq!(count(&store, "audit_events", "action = 'signing_key.replaced'").await, 1);
    })
    .await;
}

/// A second process on the database of a first one: in SQLite's file.
async fn beside(file: &SqliteFile, clock: &Arc<FixedClock>, key: [u8; 32]) -> Store {
    let settings = Settings { encryption_key: EncryptionKey::from_bytes(key), ..settings() };
    let entropy = Arc::new(SeededEntropy::new(77));
    Store::connect(&file.url(), settings, clock.clone(), entropy).await.expect("opens")
}

#[tokio::test]
async fn processes_that_start_at_once_make_one_key_and_learn_of_each_others_later() {
    on_two_processes(async |one, other, clock| {
        let (first, second) = tokio::join!(one.open_keys(), other.open_keys());
        assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
        assert_eq!(count(&one, "signing_keys", "1 = 1").await, 3);
        let from_one = token(&one, RS256).await;
        assert!(other.verify(ACCESS, &from_one).is_ok());
        one.replace_keys(&By::operator(), &[RS256]).await.expect("replaced");
        let from_one = token(&one, RS256).await;
        assert_eq!(other.verify(ACCESS, &from_one), Err(VerifyError::UnknownKey));
        assert!(other.verify_fresh(ACCESS, &from_one).await.is_ok());
        one.replace_keys(&By::operator(), &[RS256]).await.expect("replaced");
        let from_one = token(&one, RS256).await;
        let asked = other.verify_fresh(ACCESS, &from_one).await;
        assert_eq!(asked, Err(VerifyError::UnknownKey), "not at each stranger's kid");
        assert!(other.verify_surely(ACCESS, &from_one).await.is_ok(), "but at each of a known client's");
        one.replace_keys(&By::operator(), &[RS256]).await.expect("replaced");
        let from_one = token(&one, RS256).await;
        clock.advance(10);
        assert!(other.verify_fresh(ACCESS, &from_one).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn req_102_where_the_keys_cannot_be_read_nobody_is_told_that_a_token_is_not_ours() {
    on_two_processes(async |one, other, clock| {
        one.open_keys().await.expect("keys");
        other.open_keys().await.expect("keys");
        one.replace_keys(&By::operator(), &[RS256]).await.expect("replaced");
        let from_one = token(&one, RS256).await;
        let broken = "ALTER TABLE signing_keys RENAME TO broken_keys";
        one.writer().execute_unprepared(broken).await.expect("broken");
        clock.advance(10);
        for unread in [other.verify_fresh(ACCESS, &from_one).await, other.verify_surely(ACCESS, &from_one).await] {
            assert!(matches!(unread, Err(VerifyError::Database(_))), "{unread:?}");
        }
        assert!(other.bearer(&from_one).await.is_err(), "the API does not know");
    })
    .await;
}

#[tokio::test]
async fn req_130_another_encryption_key_opens_nothing_and_a_replacement_helps() {
    let file = SqliteFile::new(u64::MAX - 11);
    let clock = Arc::new(FixedClock::new(START));
    let one = connect(&file.url(), clock.clone()).await;
    migrations::up(one.writer()).await.expect("runs");
    one.open_keys().await.expect("keys");
    let other = beside(&file, &clock, [8; 32]).await;
    assert!(matches!(other.open_keys().await, Err(KeyError::Misfit)));
    assert!(other.sign(RS256, ACCESS, &json!({})).await.is_err());
    assert_eq!(count(&one, "signing_keys", "1 = 1").await, 3, "nothing is added to keys that cannot be opened");
    other.replace_keys(&By::operator(), SigningAlgorithm::ALL).await.expect("replaced");
    let from_other = token(&other, RS256).await;
    assert!(other.verify(ACCESS, &from_other).is_ok());
    let from_one = token(&one, RS256).await;
    assert!(one.keys_fit() && one.verify(ACCESS, &from_one).is_ok());
    assert!(matches!(one.reload_keys().await, Err(KeyError::Misfit)));
    assert!(!one.keys_fit());
    assert_eq!(one.verify(ACCESS, &from_one), Err(VerifyError::UnknownKey), "its key was removed");
    assert!(one.sign(RS256, ACCESS, &json!({})).await.is_err());
    assert!(matches!(one.keep_keys().await, Err(KeyError::Misfit)));
    assert_eq!(count(&other, "signing_keys", "1 = 1").await, 3, "it makes none of its own");
}

#[tokio::test]
async fn req_130_no_private_key_is_readable_in_the_database() {
    on_each_database(async |store, _clock| {
        store.open_keys().await.expect("keys");
        let rows = signing_key::Entity::find().all(store.reader()).await.expect("rows");
        assert_eq!(rows.len(), 3);
        // What each PKCS#8 document holds in the clear: the object identifiers of its algorithm (RFC 8017, 5480, 8410).
        let identifiers: [&[u8]; 3] = [
            &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01],
            &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
            &[0x06, 0x03, 0x2b, 0x65, 0x70],
        ];
        for row in rows {
            for identifier in identifiers {
                let sealed = &row.sealed_private_key;
                assert!(!sealed.windows(identifier.len()).any(|window| window == identifier), "{}", row.algorithm);
            }
        }
        let shown = format!("{:?} {:?}", store.settings(), store);
        assert!(shown.contains("EncryptionKey(…)") && !shown.contains("[7, 7"), "{shown}");
    })
    .await;
}

#[tokio::test]
async fn req_100_the_set_has_public_members_alone_and_distinct_kids() {
    on_each_database(async |store, _clock| {
        let set = store.published_keys().await.expect("keys");
        let members: Vec<Vec<&str>> = set["keys"]
            .as_array()
            .expect("keys")
            .iter()
            .map(|key| key.as_object().expect("an object").keys().map(String::as_str).collect())
            .collect();
        let mut members: Vec<_> = members
            .into_iter()
            .map(|mut names| {
                names.sort_unstable();
                names.join(" ")
            })
            .collect();
        members.sort_unstable();
        assert_eq!(members, ["alg crv kid kty use x", "alg crv kid kty use x y", "alg e kid kty n use"]);
        let mut kids = published(&store);
        kids.sort_unstable();
        kids.dedup();
        assert_eq!(kids.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn req_100_clocks_that_differ_by_seconds_make_no_second_key_and_a_rotation_retires_each_that_there_is() {
    on_each_database(async |store, clock| {
        store.open_keys().await.expect("keys");
        clock.advance(-5);
        let early = token(&store, RS256).await;
        assert_eq!(count(&store, "signing_keys", "1 = 1").await, 3, "another process made them by its clock");
        clock.advance(-600);
        store.open_keys().await.expect("its own");
        assert_eq!(count(&store, "signing_keys", "1 = 1").await, 6);
        token(&store, RS256).await;
        clock.advance(700);
        store.rotate_keys(&By::operator(), SigningAlgorithm::ALL).await.expect("rotated");
        assert_eq!(count(&store, "signing_keys", "retires_at IS NULL").await, 3, "the new ones alone");
        assert!(store.verify(ACCESS, &early).is_ok(), "until its last token has ended");
        clock.advance(PUBLISHED_AHEAD_SECONDS + 2 * 86_400);
        store.keep_keys().await.expect("kept");
        assert_eq!(count(&store, "signing_keys", "1 = 1").await, 3, "and each of the old ones goes");
    })
    .await;
}
