//! Demo data.

use domain::client::{ClientType, InstallStatus};
use domain::role::{Role, StaffRole};
use domain::store::audit::AuditFilter;
use domain::store::demo::DemoError;

use crate::harness::{anonymous, count, on_each_database, organization, person, typed};

#[tokio::test]
async fn the_demo_data_is_a_small_world_with_credentials_that_work() {
    on_each_database(async |store, _clock| {
        assert!(!store.has_demo_data().await.expect("answers"));
        let report = store.load_demo().await.expect("loads");
        assert!(store.has_demo_data().await.expect("answers"));
        assert_eq!((report.users.len(), report.organizations.len(), report.apps.len()), (8, 5, 5));
        for user in &report.users {
            let id = store.sign_in(&anonymous(), &user.email, typed(&user.password)).await.expect("signs in");
            let me = store.me(id, None).await.expect("answers").expect("active");
            assert_eq!(me.staff_role, user.staff_role);
            let told = user.memberships.iter().map(|one| (one.organization.clone(), one.role));
            let mut held: Vec<_> = me.memberships.iter().map(|one| (one.organization.slug.clone(), one.role)).collect();
            held.sort();
            let mut told: Vec<_> = told.collect();
            told.sort();
            assert_eq!(held, told, "{}", user.email);
        }
        let roles: Vec<_> = report.users.iter().flat_map(|user| user.memberships.iter().map(|one| one.role)).collect();
        assert!(Role::ALL.iter().all(|role| roles.contains(role)));
        let staff: Vec<_> = report.users.iter().filter_map(|user| user.staff_role).collect();
        assert_eq!(staff, [StaffRole::Support, StaffRole::Operator]);
        for app in &report.apps {
            assert!(app.redirect_uris.iter().any(|uri| uri == "http://127.0.0.1/callback"), "{}", app.name);
            assert_eq!(app.client_secret.is_none(), app.client_type == ClientType::Public, "{}", app.name);
            let client_id = app.client_id.parse().expect("a client id");
            let client = store.client(&client_id).await.expect("answers").expect("known");
            assert!(client.enabled() && client.scopes().contains("read"), "{}", app.name);
            if let Some(secret) = &app.client_secret {
                let known = store.authenticate_secret(&client, secret).await.expect("answers");
                assert!(known.is_some(), "{}", app.name);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_demo_data_has_thirty_days_of_history_that_lies_in_the_past() {
    on_each_database(async |store, _clock| {
        let report = store.load_demo().await.expect("loads");
        let events = count(&store, "audit_events", "1 = 1").await;
        assert!((200..1000).contains(&events), "{events}");
        assert!(count(&store, "access_tokens", "1 = 1").await > 100);
        let now = store.now().0;
        for table in ["audit_events WHERE at", "access_tokens WHERE created_at", "installs WHERE last_used_at"] {
            let (table, column) = table.split_once(" WHERE ").expect("two parts");
            assert_eq!(count(&store, table, &format!("{column} > {now}")).await, 0, "{table}");
        }
        assert_eq!(count(&store, "audit_events", &format!("at < {}", now - 31 * 86_400_000)).await, 0);
        assert!(count(&store, "audit_events", &format!("at < {}", now - 29 * 86_400_000)).await > 10);
        let live = "revoked_at IS NULL AND used_at IS NULL";
        let active = count(&store, "installs", "status = 'active'").await;
        assert_eq!(count(&store, "refresh_tokens", live).await, active - 1, "one per install that was used");
        for status in InstallStatus::ALL {
            assert!(count(&store, "installs", &format!("status = '{status}'")).await > 0, "{status}");
        }
        for place in &report.organizations {
            let id = store.find_organization(&place.slug).await.expect("answers").expect("there");
            assert_eq!(id.to_string(), place.id);
            let log = store.audit_log(id, AuditFilter::default()).await.expect("a page");
            assert!(log.items.is_sorted_by(|newer, older| newer.id > older.id && newer.at >= older.at));
            assert!(!log.items.is_empty());
            assert!(log.items.iter().all(|event| event.action.in_organization()));
        }
        let leaked = report.apps.iter().filter_map(|app| app.client_secret.as_deref());
        for secret in leaked {
            let body = &secret[secret.len() - 20..];
            assert_eq!(count(&store, "audit_events", &format!("after LIKE '%{body}%'")).await, 0);
        }
    })
    .await;
}

#[tokio::test]
async fn the_demo_report_prints_as_documented() {
    on_each_database(async |store, _clock| {
        let report = store.load_demo().await.expect("loads");
        assert!(!format!("{report:?}").contains("portico-demo"));
        let json = serde_json::to_value(&report).expect("JSON");
        let keys = |value: &serde_json::Value| value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>());
        let words = |text: &str| Some(text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(keys(&json), words("apps issuer organizations users"));
        assert_eq!(keys(&json["users"][0]), words("email memberships password staff_role"));
        assert_eq!(keys(&json["users"][0]["memberships"][0]), words("organization role"));
        assert_eq!(keys(&json["organizations"][0]), words("domain id name slug"));
        let app = words("client_id client_secret name owner redirect_uris scopes type");
        assert_eq!(keys(&json["apps"][0]), app);
        assert_eq!(json["apps"][0]["type"], "confidential");
        assert_eq!(json["apps"][1]["type"], "public");
    })
    .await;
}

#[tokio::test]
async fn demo_data_goes_into_an_empty_database_only() {
    on_each_database(async |store, _clock| {
        let ada = person(&store, "ada").await;
        assert!(store.is_empty().await.expect("answers"));
        organization(&store, ada, "Acme").await;
        assert!(matches!(store.load_demo().await, Err(DemoError::NotEmpty)));
        assert_eq!(count(&store, "organizations", "1 = 1").await, 1);
        assert!(!store.has_demo_data().await.expect("answers"));
    })
    .await;
}
