//! Signing keys: made once, sealed at rest, rotated by the clock.

use domain::jwt::{SigningAlgorithm, TokenKind};
use serde_json::json;

use crate::harness::on_each_database;

#[tokio::test]
async fn every_algorithm_signs_what_the_store_verifies() {
    on_each_database(async |store, _clock| {
        for &algorithm in SigningAlgorithm::ALL {
            for &kind in TokenKind::ALL {
                let claims = json!({ "sub": "somebody", "n": 1 });
                let token = store.sign(algorithm, kind, &claims).await.expect("signed");
                assert_eq!(json!(store.verify(kind, &token).expect("ours")), claims);
            }
        }
        assert_eq!(store.jwks()["keys"].as_array().map(Vec::len), Some(3));
    })
    .await;
}
