//! Demo data.

use std::collections::BTreeSet;

use domain::client::{ActorMode, ActorModes, AuthMethod, ClientType, GrantType, InstallStatus};
use domain::role::{Role, StaffRole};
use domain::store::audit_log::AuditFilter;
use domain::store::demo::DemoError;
use domain::store::installs::InstallFilter;

use crate::harness::{anonymous, count, on_each_database, organization, person, typed};

#[tokio::test]
async fn the_demo_data_is_a_small_world_with_credentials_that_work() {
    on_each_database(async |store, _clock| {
        assert!(!store.has_demo_data().await.expect("answers"));
        let report = store.load_demo().await.expect("loads");
        assert!(store.has_demo_data().await.expect("answers"));
        assert_eq!((report.users.len(), report.organizations.len(), report.apps.len()), (8, 5, 9));
        for user in &report.users {
            let id = store.sign_in(&anonymous(), &user.email, typed(&user.password)).await.expect("signs in").user;
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
            let loopback = app.redirect_uris.iter().any(|uri| uri == "http://127.0.0.1/callback");
            assert_eq!(loopback, app.grants.contains(&GrantType::AuthorizationCode), "{}", app.name);
            assert_eq!(app.client_secret.is_none(), app.client_type == ClientType::Public, "{}", app.name);
            let client_id = app.client_id.parse().expect("a client id");
            let client = store.client(&client_id).await.expect("answers").expect("known");
            assert!(
                client.enabled() && client.scopes().to_string().split(' ').count() == app.scopes.len(),
                "{}",
                app.name
            );
            assert_eq!(client.policy.name, app.token_policy, "{}", app.name);
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
        let without = 3; // One was never used, one has its own credentials, and one has a token that never ends.
        assert_eq!(count(&store, "refresh_tokens", live).await, active - without, "one per install that refreshes");
        let endless = "expires_at IS NULL AND revoked_at IS NULL";
        assert_eq!(count(&store, "access_tokens", endless).await, 1, "the policy fera");
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
        assert_eq!(keys(&json), words("apps audiences issuer organizations users"));
        assert_eq!(keys(&json["users"][0]), words("email memberships password staff_role"));
        assert_eq!(keys(&json["users"][0]["memberships"][0]), words("organization role"));
        assert_eq!(keys(&json["organizations"][0]), words("domain id name slug"));
        assert_eq!(json["audiences"], serde_json::json!(["http://127.0.0.1:3000/api/v1"]));
        let app = words(
            "actor auth_method client_id client_secret grants installed_in name optional_scopes owner pkce_required \
             redirect_uris scopes token_policy type",
        );
        assert_eq!(keys(&json["apps"][0]), app);
        assert_eq!(json["apps"][0]["type"], "confidential");
        assert_eq!(json["apps"][1]["type"], "public");
    })
    .await;
}

/// Issue 5, section 1: each accepts the requests exactly as its platform's document shows them.
#[tokio::test]
async fn the_demo_data_has_an_app_for_each_shipped_policy_as_its_document_has_it() {
    on_each_database(async |store, _clock| {
        let report = store.load_demo().await.expect("loads");
        let policies: BTreeSet<_> = report.apps.iter().map(|app| app.token_policy.as_str()).collect();
        assert_eq!(policies, ["apiera", "featureos", "fera", "financefeast", "standard"].into());
        let app = |policy: &str| report.apps.iter().find(|app| app.token_policy == policy).expect(policy);
        for (policy, method, scopes) in [
            ("featureos", AuthMethod::ClientSecretBasic, "read posts:read posts:write"),
            ("fera", AuthMethod::ClientSecretPost, "read write"),
            ("apiera", AuthMethod::ClientSecretPost, "read write delete admin"),
            ("financefeast", AuthMethod::ClientSecretPost, "openid profile plan"),
        ] {
            let app = app(policy);
            assert_eq!((app.auth_method, app.scopes.join(" ").as_str()), (method, scopes), "{policy}");
            assert!(!app.pkce_required, "{policy}: no document shows PKCE");
            let client = store.client(&app.client_id.parse().expect("an id")).await.expect("answers").expect("known");
            assert!(!client.needs_challenge() && client.auth_method == method, "{policy}");
        }
        let apiera = app("apiera");
        assert_eq!((apiera.grants.as_slice(), apiera.actor), (&[GrantType::ClientCredentials][..], ActorModes::App));
        assert_eq!(apiera.installed_in, ["northwind"]);
        let northwind = store.find_organization("northwind").await.expect("answers").expect("there");
        let installs = store.installs_in(northwind, InstallFilter::default()).await.expect("answers").items;
        let install = installs.iter().find(|row| row.app.name == apiera.name).expect("installed");
        assert_eq!((install.actor, install.scopes.to_string().as_str()), (ActorMode::App, "admin delete read write"));
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
