//! The binary on PostgreSQL, where the test run has a server: what the other tests of the binary show on SQLite.

use domain::entity::{client_secret, install};
use domain::time::{Clock as _, SystemClock};
use sea_orm::{Database, EntityTrait};
use serde_json::Value;

use super::encryption_key::KEY;
use super::logs::own_tokens;
use super::process::{Running, portico};
use crate::harness::Folder;
use crate::oauth::world::{Place, postgres_server};

#[tokio::test]
async fn req_131_the_binary_serves_from_postgresql_and_writes_the_last_uses_before_it_ends() {
    let Some(server) = postgres_server() else { return };
    let place = Place::schema(server).await;
    let (folder, url) = (Folder::new(), place.url());
    let variables =
        [("PORTICO_DATABASE_URL", url.as_str()), ("PORTICO_ENCRYPTION_KEY", KEY), ("PORTICO_LOG_LEVEL", "trace")];
    let printed = |arguments: &[&str]| {
        let output = portico(&folder, arguments, &variables).output().expect("it runs");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        output.stdout
    };
    printed(&["migrate"]);
    let demo: Value = serde_json::from_slice(&printed(&["demo", "--json"])).expect("JSON");
    let server = Running::start(&folder, &variables);
    let mut secrets = own_tokens(&server, &demo);
    // Those were written by a first turn of the house, perhaps. The next turn would come a minute later.
    let before = Some(SystemClock.now());
    secrets.extend(own_tokens(&server, &demo));
    server.signal("-TERM");
    let (status, log) = server.ended();
    assert!(status.success() && log.contains("draining requests"), "{status}: {log}");
    for secret in &secrets {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    assert!(!folder.0.join("portico.db").exists(), "the other database was not made");
    let db = Database::connect(url).await.expect("the server answers");
    let installs = install::Entity::find().all(&db).await.expect("rows");
    let secrets = client_secret::Entity::find().all(&db).await.expect("rows");
    db.close().await.expect("the connection closes");
    assert!(installs.iter().map(|row| row.last_used_at).max() >= Some(before), "{installs:?}");
    assert!(secrets.iter().map(|row| row.last_used_at).max() >= Some(before));
}
