//! No lookup scans a table.

use sea_orm::Statement;

use super::Lookups;
use crate::store::plan;

#[tokio::test]
async fn a_lookup_searches_every_table_by_an_index() {
    let db = plan::empty().await;
    let backend = db.get_database_backend();
    let lookups = Lookups::default();
    let grounds = crate::store::grounds::Lookups::default();
    let all = [
        (&lookups.token, 10),
        (&lookups.server_and_token, 11),
        (&lookups.claimant_and_token, 11),
        (&lookups.claimant, 6),
        (&lookups.identity, 3),
    ];
    let all = all.into_iter().chain(lookups.own_installs.all().map(|lookup| (lookup, 2)));
    for (text, tables) in all.chain(grounds.all().into_iter().zip([5, 5, 10])) {
        let text = text.text(backend);
        let steps = plan::steps(&db, Statement::from_string(backend, text.as_str())).await;
        // The list of what is asked is read from its beginning to its end.
        let scans: Vec<_> = steps.iter().filter(|step| step.starts_with("SCAN")).collect();
        assert_eq!(scans, ["SCAN 2-ROW VALUES CLAUSE"], "{text}\n{steps:#?}");
        let searches = steps.iter().filter(|step| step.starts_with("SEARCH")).count();
        assert_eq!(searches, tables, "{text}\n{steps:#?}");
    }
}
