//! The binary on PostgreSQL, where the test run has a server: what the other tests of the binary show on SQLite.

use domain::entity::{client_secret, install};
use domain::time::{Clock as _, SystemClock};
use sea_orm::{Database, EntityTrait};
use serde_json::Value;
use url::Url;

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

#[tokio::test]
async fn a_server_is_reached_over_tls_and_has_to_be_who_its_certificate_says() {
    let (Some(server), Some(authority)) = (postgres_server(), authority()) else { return };
    let authority = authority.as_str();
    let place = Place::schema(server).await;
    let folder = Folder::new();
    // The certificate is for the address, not for the name.
    for (host, told, refused) in [
        ("127.0.0.1", [("sslmode", "require")].as_slice(), None),
        ("127.0.0.1", &[("sslmode", "verify-full"), ("sslrootcert", authority)], None),
        ("127.0.0.1", &[("sslmode", "verify-full")], Some("UnknownIssuer")),
        ("localhost", &[("sslmode", "verify-ca"), ("sslrootcert", authority)], None),
        ("localhost", &[("sslmode", "verify-full"), ("sslrootcert", authority)], Some("not valid for name")),
    ] {
        let url = over_tls(&place.url(), host, told);
        let variables = [("PORTICO_DATABASE_URL", url.as_str()), ("PORTICO_ENCRYPTION_KEY", KEY)];
        let output = portico(&folder, &["migrate"], &variables).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), refused.is_none(), "{host} {told:?}: {said}");
        assert!(refused.is_none_or(|why| said.contains(why)), "{host} {told:?}: {said}");
        assert!(!said.contains("is the server running"), "it is: {said}");
    }
}

/// The file of the authority by which the server has a certificate for 127.0.0.1, where this test run made the server.
#[expect(clippy::disallowed_methods, reason = "a test run is told where that is")]
fn authority() -> Option<String> {
    std::env::var("PORTICO_TEST_POSTGRES_AUTHORITY").ok().filter(|file| !file.is_empty())
}

/// `url` with another `host`, and what is `told` about TLS in the place of what it says.
fn over_tls(url: &str, host: &str, told: &[(&str, &str)]) -> String {
    let mut url: Url = url.parse().expect("a URL");
    url.set_host(Some(host)).expect("a host");
    let kept: Vec<_> = url.query_pairs().into_owned().filter(|(name, _)| name != "sslmode").collect();
    url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(told);
    url.into()
}
