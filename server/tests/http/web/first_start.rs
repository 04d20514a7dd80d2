//! What the binary makes on a new database: as hard to guess, and as dear to try, as it says.

use std::collections::BTreeSet;

use domain::entity::user;
use sea_orm::{Database, EntityTrait};
use serde_json::Value;

use super::process::portico;
use crate::harness::Folder;

/// The secrets and client ids of the demo data that `portico` makes in `folder`.
fn demo(folder: &Folder) -> BTreeSet<String> {
    let output = portico(folder, &["demo", "--json"], &[]).output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let demo: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let apps = demo["apps"].as_array().expect("apps").iter();
    let random = apps.flat_map(|app| [&app["client_id"], &app["client_secret"]]).filter_map(Value::as_str);
    random.map(str::to_owned).collect()
}

#[test]
fn req_128_no_two_instances_have_a_secret_or_a_client_id_in_common() {
    let (one, two) = (demo(&Folder::new()), demo(&Folder::new()));
    assert!(one.len() > 10, "{one:?}");
    assert_eq!(one.intersection(&two).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test]
async fn req_127_the_binary_hashes_passwords_at_the_cost_that_is_asked() {
    let folder = Folder::new();
    demo(&folder);
    let db = Database::connect(folder.database_url()).await.expect("the database");
    let people = user::Entity::find().all(&db).await.expect("rows");
    db.close().await.expect("the connection closes");
    let hashes: Vec<_> = people.into_iter().filter_map(|person| person.password_hash).collect();
    assert!(!hashes.is_empty());
    for hash in hashes {
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    }
}
