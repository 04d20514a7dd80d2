//! The command line, over a temporary database.

use clap::Parser;
use domain::role::StaffRole;
use server::cli::{Cli, CliError, execute, on_store};
use server::config::Config;
use server::database;

use crate::harness::{Folder, PASSWORD, TestApp, config};

/// Runs `portico <line>` on the site's store; words are separated by single spaces.
async fn portico(app: &TestApp, line: &str) -> Result<String, CliError> {
    let mut out = Vec::new();
    on_store(parse(line), &app.store, &app.config, &mut out).await?;
    Ok(String::from_utf8(out).expect("UTF-8"))
}

fn parse(line: &str) -> server::cli::Command {
    let words = std::iter::once("portico").chain(line.split(' '));
    Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}")).command.expect("a command")
}

/// Runs `portico <line>` as a process would, on a database of its own.
async fn whole(config: &Config, line: &str) -> Result<String, CliError> {
    let mut out = Vec::new();
    execute(parse(line), config, &mut out).await?;
    Ok(String::from_utf8(out).expect("UTF-8"))
}

/// The path of the link in `printed`, whose first line with a scheme it is.
fn link(printed: &str) -> &str {
    let line = printed.lines().find(|line| line.starts_with("http")).expect("a whole URL");
    line.strip_prefix(crate::harness::ISSUER).expect("the issuer's")
}

#[tokio::test]
async fn staff_add_prints_a_link_that_gives_the_role() {
    let app = TestApp::new().await;
    let printed = portico(&app, "staff add eve@example.com --role operator").await.expect("added");
    let answer = app.browser().post_form(link(&printed), &[("password", "another good password")]).await;
    assert_eq!(answer.location(), "/sign-in?password_set=1");
    let mut browser = app.browser();
    browser.sign_in("eve@example.com", "another good password").await;
    assert_eq!(browser.get("/support").await.status, http::StatusCode::OK);
}

#[tokio::test]
async fn staff_add_refuses_an_account_that_exists_and_ends_it_when_told() {
    let app = TestApp::new().await;
    let ada = app.person("ada").await;
    let mut browser = app.sign_in("ada@example.com").await;
    let refused = portico(&app, "staff add ada@example.com --role support").await.expect_err("refused");
    assert!(matches!(refused, CliError::Refused(_)) && refused.to_string().contains("2026-03-01"), "{refused}");
    assert_eq!(browser.get("/account").await.status, http::StatusCode::OK);
    let printed = portico(&app, "staff add ada@example.com --role support --existing").await.expect("added");
    assert!(printed.contains("made on 2026-03-01"), "{printed}");
    assert!(browser.get("/account").await.status.is_redirection(), "the sessions ended at once");
    let answer = app.browser().sign_in("ada@example.com", PASSWORD).await;
    assert_eq!(answer.status, http::StatusCode::UNAUTHORIZED, "and the old password");
    let before = app.store.me(ada, None).await.expect("a query").expect("ada");
    assert_eq!(before.staff_role, None);
    app.browser().post_form(link(&printed), &[("password", "another good password")]).await;
    let after = app.store.me(ada, None).await.expect("a query").expect("ada");
    assert_eq!(after.staff_role, Some(StaffRole::Support));
}

#[tokio::test]
async fn user_password_prints_a_link_for_a_person_who_exists() {
    let app = TestApp::new().await;
    app.person("ada").await;
    let printed = portico(&app, "user password ada@example.com").await.expect("a link");
    assert!(link(&printed).starts_with("/set-password/"), "{printed}");
    assert!(printed.contains("It gives no role"), "{printed}");
    assert!(matches!(portico(&app, "user password nobody@example.com").await, Err(CliError::Refused(_))));
    portico(&app, "staff add eve@example.com --role operator").await.expect("promised");
    let printed = portico(&app, "user password eve@example.com").await.expect("a link");
    assert!(printed.contains("The role operator begins when it is used"), "{printed}");
}

#[tokio::test]
async fn app_create_prints_the_client_id_and_the_secret_once() {
    let app = TestApp::new().await;
    let ada = app.person("ada").await;
    let acme = app.organization(ada, "Acme").await;
    let line = "app create --owner acme --name Mailer --redirect-uri https://a.example/cb http://127.0.0.1/cb \
                --scope read write --actor app --json";
    let printed: serde_json::Value = serde_json::from_str(&portico(&app, line).await.expect("made")).expect("JSON");
    assert!(printed["client_id"].as_str().is_some_and(|id| id.starts_with("ptcapp_")), "{printed}");
    assert!(printed["client_secret"].as_str().is_some_and(|secret| secret.starts_with("ptcsec_")), "{printed}");
    let made = app.store.apps_of(acme, None, None).await.expect("a query").items;
    let detail = app.store.app(acme, made[0].id).await.expect("an app");
    assert_eq!(detail.redirect_uris.len(), 2);
    assert_eq!(detail.scopes.len(), 2);
    let line = "app create --owner acme --name Spa --redirect-uri https://a.example/cb --scope read --type public";
    let printed = portico(&app, line).await.expect("made");
    assert!(printed.contains("client id:") && !printed.contains("secret"), "{printed}");
}

#[tokio::test]
async fn app_allow_test_lets_an_organization_test_a_draft() {
    let app = TestApp::with(&[("APP_REVIEW", "before_live")]).await;
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    let (owner, tester) = (app.organization(ada, "Acme").await, app.organization(bob, "Test House").await);
    let made =
        portico(&app, "app create --owner acme --name Sketch --redirect-uri https://a.example/cb --scope read --json");
    let made: serde_json::Value = serde_json::from_str(&made.await.expect("made")).expect("JSON");
    let id = made["client_id"].as_str().expect("a client id");
    let line = format!("app allow-test --client-id {id} --organization test-house");
    assert!(portico(&app, &line).await.expect("allowed").contains("may test"));
    assert!(portico(&app, &line).await.expect("again").contains("already"));
    let client = app.store.client(&id.parse().expect("an id")).await.expect("answers").expect("there");
    let review = app.store.app_review(owner, client.app).await.expect("there");
    assert_eq!(review.test_organizations.iter().map(|row| row.id).collect::<Vec<_>>(), [tester]);
    for wrong in ["app allow-test --client-id zzz --organization acme", &format!("{line}x")] {
        assert!(matches!(portico(&app, wrong).await, Err(CliError::Refused(_))), "{wrong}");
    }
}

#[tokio::test]
async fn app_create_takes_every_property_and_prints_it() {
    let app = TestApp::new().await;
    let ada = app.person("ada").await;
    let acme = app.organization(ada, "Acme").await;
    let line = "app create --owner acme --name Whole --description Everything --homepage https://a.example \
                --support-email help@a.example --redirect-uri https://a.example/cb --scope read \
                --optional-scope write delete --purpose read=Reading write=1=1 --auth-method client_secret_post --grant authorization_code \
                --grant client_credentials --actor both --pkce optional --token-policy financefeast \
                --id-token-alg EdDSA --post-logout-redirect-uri https://a.example/bye https://b.example/bye --json";
    let printed: serde_json::Value = serde_json::from_str(&portico(&app, line).await.expect("made")).expect("JSON");
    let expected = serde_json::json!({
        "app_id": printed["app_id"], "client_id": printed["client_id"], "client_secret": printed["client_secret"],
        "name": "Whole", "description": "Everything", "homepage": "https://a.example",
        "support_email": "help@a.example", "type": "confidential", "auth_method": "client_secret_post",
        "pkce_required": false, "actor": "both", "grants": ["authorization_code", "client_credentials"],
        "token_policy": "financefeast", "id_token_signed_response_alg": "EdDSA",
        "redirect_uris": ["https://a.example/cb"],
        "post_logout_redirect_uris": ["https://a.example/bye", "https://b.example/bye"],
        "scopes": ["read"], "optional_scopes": ["write", "delete"], "owner": "acme",
        "purposes": { "read": "Reading", "write": "1=1" },
    });
    assert_eq!(printed, expected);
    let made = app.store.apps_of(acme, None, None).await.expect("a query").items;
    let client = app.store.client_of_app(made[0].id).await.expect("a query").expect("an app");
    assert_eq!((client.policy.name.as_str(), client.pkce_required), ("financefeast", false));
    assert!(client.grants.allows_code() && client.grants.allows_client_credentials());
    assert_eq!(client.optional_scopes.to_string(), "delete write");
    let scopes = app.store.app(acme, made[0].id).await.expect("its own").scopes;
    let purposes: Vec<_> = scopes.iter().map(|scope| (scope.scope.token.as_str(), scope.purpose.as_str())).collect();
    assert_eq!(purposes, [("read", "Reading"), ("write", "1=1"), ("delete", "")]);
    assert_eq!(app.store.post_logout_redirect_uris(made[0].id).await.expect("a query").len(), 2);
}

#[tokio::test]
async fn app_create_needs_no_redirect_uri_for_client_credentials_alone() {
    let app = TestApp::new().await;
    let ada = app.person("ada").await;
    app.organization(ada, "Acme").await;
    let line = "app create --owner acme --name Machine --scope read --grant client_credentials --token-policy apiera";
    let printed = portico(&app, line).await.expect("made");
    assert!(printed.contains("an owner or admin installs it with the button Test install"), "{printed}");
    let people = "app create --owner acme --name People --scope read";
    let told = portico(&app, people).await.expect_err("nobody could come back").to_string();
    assert!(told.contains("--redirect-uri: Register at least one"), "{told}");
}

#[tokio::test]
async fn config_check_prints_each_token_policy_and_who_may_choose_it() {
    let folder = Folder::new();
    let offered = config(&folder, &[("TOKEN_POLICIES_OFFERED", "standard,apiera")]);
    let printed = whole(&offered, "config check").await.expect("good");
    assert!(printed.contains("PORTICO_TOKEN_POLICIES_OFFERED=standard,apiera"), "{printed}");
    for (policy, sentence) in
        [("standard", "Partners may"), ("apiera", "Partners may"), ("fera", "Only the command line may")]
    {
        let line = format!("# A token policy. {sentence} choose it.\n[token_policies.{policy}]\n");
        assert!(printed.contains(&line), "{line}: {printed}");
    }
    assert!(printed.contains("access_format = \"jwt\"\nalgorithm = \"RS256\"\naccess_seconds = 86400"), "{printed}");
}

#[tokio::test]
async fn app_create_says_what_is_wrong() {
    let app = TestApp::new().await;
    let ada = app.person("ada").await;
    app.organization(ada, "Acme").await;
    let start = "app create --name Mailer";
    for (rest, usage, sentence) in [
        ("--owner nobody --redirect-uri https://a.example/cb --scope read", false, "no organization \"nobody\""),
        ("--owner acme --redirect-uri http://a.example/cb --scope read", true, "--redirect-uri"),
        ("--owner acme --redirect-uri https://a.example/cb --scope nonsense", true, "--scope"),
        ("--owner acme --redirect-uri https://a.example/cb --scope read --auth-method none", true, "--type public"),
        (
            "--owner acme --redirect-uri https://a.example/cb --scope read --type public --auth-method client_secret_post",
            true,
            "a public client has no secret",
        ),
        (
            "--owner acme --redirect-uri https://a.example/cb --scope read --token-policy gold",
            true,
            "there are standard",
        ),
        (
            "--owner acme --redirect-uri https://a.example/cb --scope read --token-policy featureos --type public",
            true,
            "--token-policy: This token policy is for confidential apps",
        ),
        (
            "--owner acme --scope read --grant client_credentials --type public",
            true,
            "--grant: A public app has no credentials",
        ),
        (
            "--owner acme --redirect-uri https://a.example/cb --scope read --pkce optional --type public",
            true,
            "--pkce: A public app always needs PKCE",
        ),
        (
            "--owner acme --redirect-uri https://a.example/cb --scope read --post-logout-redirect-uri nonsense",
            true,
            "--post-logout-redirect-uri: ",
        ),
        ("--owner acme --redirect-uri https://a.example/cb --scope read --optional-scope nonsense", true, "--scope"),
        ("--owner acme --redirect-uri https://a.example/cb --scope read --purpose write=x", true, "--purpose"),
        ("--owner acme --redirect-uri https://a.example/cb --scope read --purpose read", true, "SCOPE=TEXT"),
        ("--owner acme --redirect-uri https://a.example/cb --scope read --purpose read=", true, "SCOPE=TEXT"),
        ("--owner acme --redirect-uri https://a.example/cb --scope read --purpose read=x read=y", true, "once"),
    ] {
        let error = portico(&app, &format!("{start} {rest}")).await.expect_err(rest);
        assert_eq!(matches!(error, CliError::Usage(_)), usage, "{rest}: {error}");
        assert!(error.to_string().contains(sentence), "{rest}: {error}");
    }
}

#[tokio::test]
async fn resource_server_add_wants_a_listed_audience() {
    let app = TestApp::with(&[("AUDIENCES", "https://api.example")]).await;
    for audience in ["https://api.example", "http://127.0.0.1:3000/api/v1"] {
        let line = format!("resource-server add files --audience {audience} --json");
        let printed: serde_json::Value =
            serde_json::from_str(&portico(&app, &line).await.expect("added")).expect("JSON");
        assert_eq!(printed["audience"], audience);
        assert!(printed["secret"].as_str().is_some_and(|secret| secret.starts_with("ptcrss_")), "{printed}");
    }
    let error =
        portico(&app, "resource-server add files --audience https://other.example").await.expect_err("unlisted");
    assert!(matches!(error, CliError::Usage(_)) && error.to_string().contains("PORTICO_AUDIENCES"), "{error}");
}

#[tokio::test]
async fn a_resource_server_is_listed_until_it_is_removed() {
    let app = TestApp::new().await;
    assert!(portico(&app, "resource-server list").await.expect("listed").starts_with("There is none"));
    let add = "resource-server add files --audience http://127.0.0.1:3000/api/v1 --json";
    let added: serde_json::Value = serde_json::from_str(&portico(&app, add).await.expect("added")).expect("JSON");
    let (id, secret) = (added["id"].as_str().expect("an id"), added["secret"].as_str().expect("a secret"));
    let listed = portico(&app, "resource-server list").await.expect("listed");
    assert!(listed.contains(id) && listed.contains("files") && !listed.contains(secret), "{listed}");
    let json = portico(&app, "resource-server list --json").await.expect("listed");
    let rows: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(rows[0]["id"], id, "{rows}");
    portico(&app, &format!("resource-server remove {id}")).await.expect("removed");
    let again = portico(&app, &format!("resource-server remove {id}")).await.expect_err("it is gone");
    assert!(matches!(again, CliError::Refused(_)) && again.to_string().contains("resource-server list"), "{again}");
    assert_eq!(portico(&app, "resource-server list --json").await.expect("listed").trim(), "[]");
}

#[tokio::test]
async fn organization_set_changes_domain_and_plan() {
    let app = TestApp::new().await;
    let ada = app.person("ada").await;
    let acme = app.organization(ada, "Acme").await;
    portico(&app, "organization set acme --domain acme.example --plan pro").await.expect("changed");
    assert_eq!(app.store.find_organization("acme.example").await.expect("a query"), Some(acme));
    assert!(matches!(portico(&app, "organization set acme").await, Err(CliError::Usage(_))));
    assert!(matches!(portico(&app, "organization set nobody --plan pro").await, Err(CliError::Refused(_))));
}

#[tokio::test]
async fn config_check_shows_every_key() {
    let app = TestApp::new().await;
    let printed = portico(&app, "config check").await.expect("good");
    for key in server::config::KEYS {
        assert!(printed.contains(&format!("{}=", key.variable())), "{}", key.name);
    }
}

#[tokio::test]
async fn a_command_refuses_a_database_that_is_not_migrated() {
    let folder = Folder::new();
    let error = whole(&config(&folder, &[]), "user password ada@example.com").await.expect_err("not migrated");
    assert!(error.to_string().contains("portico migrate"), "{error}");
}

#[tokio::test]
async fn migrate_can_be_repeated() {
    let folder = Folder::new();
    for _ in 0..2 {
        whole(&config(&folder, &[]), "migrate").await.expect("migrated");
    }
}

#[tokio::test]
async fn demo_data_is_refused_beyond_this_machine() {
    for (variables, refused) in [
        (&[][..], false),
        (&[("LISTEN", "0.0.0.0:0")][..], true),
        (&[("LISTEN", "[::]:0")][..], true),
        (&[("LISTEN", "192.0.2.1:0")][..], true),
        (&[("ISSUER", "https://portico.example")][..], true),
        (&[("ISSUER", "https://localhost")][..], false),
        (&[("ISSUER", "http://[::1]:3000"), ("LISTEN", "[::1]:0")][..], false),
        (&[("LISTEN", "127.9.9.9:0")][..], false),
        (&[("LISTEN", "0.0.0.0:0"), ("ALLOW_DEMO_DATA", "true")][..], false),
    ] {
        let folder = Folder::new();
        let outcome = whole(&config(&folder, variables), "demo --json").await;
        match outcome {
            Ok(printed) => {
                assert!(!refused, "{variables:?}");
                let report: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
                assert!(report["issuer"].is_string() && report["users"][0]["password"].is_string(), "{report}");
            }
            Err(error) => {
                assert!(refused, "{variables:?}: {error}");
                assert!(error.to_string().contains("PORTICO_ALLOW_DEMO_DATA=true"), "{error}");
                assert!(!folder.0.join("portico.db").exists(), "nothing was touched");
            }
        }
    }
}

#[tokio::test]
async fn serve_refuses_demo_data_beyond_this_machine() {
    let folder = Folder::new();
    whole(&config(&folder, &[]), "demo").await.expect("loaded");
    for variables in [&[("LISTEN", "0.0.0.0:0")][..], &[("ISSUER", "https://portico.example")][..]] {
        let error = whole(&config(&folder, variables), "serve").await.expect_err("refused");
        assert!(error.to_string().contains("PORTICO_ALLOW_DEMO_DATA=true"), "{variables:?}: {error}");
    }
}

#[tokio::test]
async fn demo_refuses_a_database_with_organizations() {
    let app = TestApp::new().await;
    let ada = app.person("ada").await;
    app.organization(ada, "Acme").await;
    let error = portico(&app, "demo").await.expect_err("refused");
    assert!(matches!(error, CliError::Refused(_)), "{error}");
    assert!(!app.store.has_demo_data().await.expect("a query"));
}

#[tokio::test]
async fn a_database_stays_current_when_it_is_migrated_again() {
    let app = TestApp::new().await;
    database::migrate(&app.store).await.expect("again");
    assert!(database::is_current(&app.store).await.expect("a query"));
}

#[test]
fn an_unknown_word_is_answered_with_the_known_ones() {
    let app = "app create --owner a --name A --redirect-uri https://a.example/cb --scope read";
    for (line, known) in [
        ("staff add eve@example.com --role boss".to_owned(), ["support", "operator"]),
        (format!("{app} --type secret"), ["confidential", "public"]),
        (format!("{app} --actor me"), ["self", "both"]),
        (format!("{app} --grant password"), ["authorization_code", "client_credentials"]),
        (format!("{app} --pkce never"), ["required", "optional"]),
        (format!("{app} --id-token-alg HS256"), ["RS256", "EdDSA"]),
    ] {
        let words = std::iter::once("portico").chain(line.split(' '));
        let told = Cli::try_parse_from(words).expect_err("refused").to_string();
        for word in known {
            assert!(told.contains(word), "{line}: {told}");
        }
    }
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_named_without_its_password() {
    let folder = Folder::new();
    let url = ("DATABASE_URL", "postgres://ada:hunter2@127.0.0.1:1/none");
    let key = "0".repeat(64);
    let error = whole(&config(&folder, &[url, ("ENCRYPTION_KEY", &key)]), "migrate").await.expect_err("no database");
    let told = error.to_string();
    assert!(told.contains("@127.0.0.1:1/none") && !told.contains("hunter2"), "{told}");
}

#[test]
fn a_start_under_another_brand_than_the_databases_is_refused_with_both() {
    let folder = Folder::new();
    let run = |arguments: &[&str], brand: &str| {
        let output =
            super::process::portico(&folder, arguments, &[("PORTICO_TOKEN_BRAND", brand)]).output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
    };
    assert_eq!(run(&["migrate"], "acme").0, Some(0));
    for arguments in [&["serve"][..], &["keys", "list"]] {
        let (code, told) = run(arguments, "ptc");
        assert!(code == Some(1) && told.contains("PORTICO_TOKEN_BRAND") && told.contains("back to acme"), "{told}");
    }
    assert_eq!(run(&["keys", "list"], "acme").0, Some(0));
}
