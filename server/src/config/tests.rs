use std::path::PathBuf;

use super::*;

fn from_variables(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::read(&Sources { file: None, variables })
}

fn from_file(text: &str) -> Result<Config, ConfigError> {
    Config::read(&Sources { file: Some((PathBuf::from("portico.toml"), text.to_owned())), variables: Vec::new() })
}

/// 32 bytes in base64.
const KEY: &str = "c2VjcmV0IGJ5dGVzIG9mIGEgdGVzdCwgbm90IGEga2U=";

fn problems(outcome: Result<Config, ConfigError>) -> String {
    outcome.expect_err("the configuration is bad").to_string()
}

#[test]
fn the_defaults_need_no_file() {
    let config = from_variables(&[]).expect("defaults");
    assert_eq!(config.database_url.reveal(), "sqlite://data/portico.db");
    assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.issuer.as_str(), "http://127.0.0.1:3000");
    assert_eq!(config.token_brand.as_str(), "ptc");
    assert_eq!(config.audiences, ["http://127.0.0.1:3000/api/v1"]);
    assert!(config.is_loopback() && !config.allow_demo_data);
}

#[test]
fn without_an_issuer_an_instance_of_this_machine_calls_itself_what_it_listens_at() {
    for (listen, issuer) in [
        ("127.0.0.1:3074", "http://127.0.0.1:3074"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("127.0.0.1:0", "http://127.0.0.1:3000"),
        ("0.0.0.0:8080", "http://127.0.0.1:3000"),
    ] {
        let config = from_variables(&[("PORTICO_LISTEN", listen)]).expect("good");
        assert_eq!(config.issuer.as_str(), issuer, "{listen}");
        assert!(config.audiences.contains(&format!("{issuer}/api/v1")), "{listen}");
    }
    let both = [("PORTICO_LISTEN", "127.0.0.1:3074"), ("PORTICO_ISSUER", "http://localhost:4000")];
    assert_eq!(from_variables(&both).expect("good").issuer.as_str(), "http://localhost:4000");
}

#[test]
fn a_bare_word_in_the_log_level_is_a_level() {
    for good in ["info", "WARN", "off", "info,sea_orm=warn", "domain=trace", "[span]=debug,error"] {
        assert!(from_variables(&[("PORTICO_LOG_LEVEL", good)]).is_ok(), "{good}");
    }
    for bad in ["loud", "info,loud", "sea_orm"] {
        let told = problems(from_variables(&[("PORTICO_LOG_LEVEL", bad)]));
        assert!(told.contains("PORTICO_LOG_LEVEL") && told.contains("no level"), "{bad}: {told}");
    }
}

#[test]
fn a_variable_stands_over_the_file() {
    let file = Some((PathBuf::from("portico.toml"), "listen = \"127.0.0.1:1\"\ntoken_brand = \"fo\"".to_owned()));
    let variables = vec![("PORTICO_LISTEN".to_owned(), "localhost:2".to_owned())];
    let config = Config::read(&Sources { file, variables }).expect("good");
    assert_eq!((config.listen.port(), config.token_brand.as_str()), (2, "fo"));
}

#[test]
fn every_kind_of_toml_value_is_read() {
    let config = from_file(
        "audiences = [\"https://a.example\", \"https://b.example\"]\npassword_workers = 3\nallow_demo_data = true\n\
         trusted_proxies = \"10.0.0.0/8, 192.0.2.7\"",
    )
    .expect("good");
    assert_eq!(config.audiences, ["https://a.example", "https://b.example", "http://127.0.0.1:3000/api/v1"]);
    assert_eq!((config.password_workers, config.allow_demo_data, config.trusted_proxies.len()), (3, true, 2));
}

#[test]
fn each_bad_value_names_its_key_its_problem_and_an_example() {
    for (variable, value, problem) in [
        ("PORTICO_LISTEN", "3000", "is not an IP address and a port"),
        ("PORTICO_DATABASE_URL", "mysql://x", "begins with neither sqlite:// nor postgres://"),
        ("PORTICO_TOKEN_BRAND", "No", "is not 2 to 12 lower-case letters or digits"),
        ("PORTICO_AUDIENCES", "api", "is not a URI"),
        ("PORTICO_AUDIENCES", "https://a.example#x", "has a fragment"),
        ("PORTICO_TRUSTED_PROXIES", "10.0.0.0/99", "neither an address nor a network"),
        ("PORTICO_ALLOW_DEMO_DATA", "yes", "is neither true nor false"),
        ("PORTICO_LOG_FORMAT", "xml", "is neither text nor json"),
        ("PORTICO_LOG_LEVEL", "info,=", "is no filter"),
        ("PORTICO_PASSWORD_WORKERS", "0", "is not a whole number from 1 to 64"),
        ("PORTICO_FAILURES_PER_ACCOUNT", "", "is not a whole number"),
    ] {
        let told = problems(from_variables(&[(variable, value)]));
        assert!(told.contains(problem), "{variable}={value}: {told}");
        assert!(told.contains(&format!("Example: {variable}=")), "{told}");
    }
}

#[test]
fn req_101_an_issuer_with_a_path_a_query_or_a_trailing_slash_stops_the_start() {
    for good in [
        "https://portico.example",
        "https://portico.example:8443",
        "http://127.0.0.1:3000",
        "http://127.8.9.1",
        "http://localhost:3000",
        "http://[::1]:3000",
    ] {
        let config = from_variables(&[("PORTICO_ISSUER", good)]).expect(good);
        assert_eq!(config.issuer.as_str(), good);
    }
    for (bad, problem) in [
        ("http://portico.example", "must begin with https://"),
        ("http://192.168.0.1", "must begin with https://"),
        ("http://localhost.evil.example", "must begin with https://"),
        ("https://portico.example/", "ends with a slash"),
        ("https://portico.example/auth", "has a path"),
        ("https://portico.example/auth/", "ends with a slash"),
        ("https://portico.example?x=1", "holds a query or a fragment"),
        ("https://portico.example?", "holds a query or a fragment"),
        ("https://portico.example#", "holds a query or a fragment"),
        ("https://ada@portico.example", "holds a user name"),
        ("https://Portico.example", "must be written \"https://portico.example\""),
        ("https://portico.example:443", "must be written \"https://portico.example\""),
        ("ftp://portico.example", "must begin with https://"),
        ("portico.example", "is not a URL"),
        ("", "is not a URL"),
    ] {
        let told = problems(from_variables(&[("PORTICO_ISSUER", bad)]));
        assert!(told.contains(problem), "{bad}: {told}");
        assert!(told.contains("PORTICO_ISSUER") && told.contains("Example: "), "{told}");
    }
}

#[test]
fn an_unknown_key_stops_the_start_and_its_neighbour_is_named() {
    let told = problems(from_variables(&[("PORTICO_TOKENBRAND", "ptc")]));
    assert!(
        told.contains("PORTICO_TOKENBRAND: no such key; token_brand is one. Example: PORTICO_TOKEN_BRAND=ptc"),
        "{told}"
    );
    let told = problems(from_file("colour = \"red\""));
    assert!(told.contains("colour (portico.toml): no such key; there are database_url, encryption_key"), "{told}");
    let told = problems(from_variables(&[("PORTICO_LISEN", "127.0.0.1:1")]));
    assert!(told.contains("Example: PORTICO_LISTEN=127.0.0.1:3000"), "{told}");
    let told = problems(from_file("[listen]\nport = 3"));
    assert!(told.contains("a table is no value for this key"), "{told}");
    let told = problems(from_variables(&[("PORTICO_listen", "127.0.0.1:1")]));
    assert!(told.contains("PORTICO_listen: no such key"), "{told}");
}

#[test]
fn a_value_that_would_do_nothing_stops_the_start() {
    for (name, value, problem) in [
        ("PORTICO_LOG_LEVEL", "", "is empty"),
        ("PORTICO_TRUSTED_PROXIES", "::ffff:10.0.0.0/104", "write the network as IPv4 has it"),
    ] {
        let told = problems(from_variables(&[(name, value)]));
        assert!(told.contains(name) && told.contains(problem), "{told}");
    }
    let addresses = from_variables(&[("PORTICO_TRUSTED_PROXIES", "10.0.0.0/8,2001:db8::/32,::1")]);
    assert_eq!(addresses.expect("good").trusted_proxies.len(), 3);
    for (file, problem) in [
        ("listen = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:2\"", "not TOML in line 2"),
        ("drain_seconds = 3.5", "a number with a fraction is no value"),
        ("audiences = [1, 2]", "a list of anything but texts is no value"),
    ] {
        let told = problems(from_file(file));
        assert!(told.contains(problem), "{told}");
    }
}

#[test]
fn variables_of_the_build_and_the_tests_are_no_keys() {
    let variables = [("PORTICO_SITE_ROOT", "/x"), ("PORTICO_TEST_DATABASE_URL", "x")];
    assert!(from_variables(&variables).is_ok());
}

#[test]
fn the_review_of_apps_is_a_switch_and_terms_have_a_version_and_a_page() {
    assert_eq!(from_variables(&[]).expect("good").app_review, domain::store::AppReview::Off);
    let on = from_variables(&[("PORTICO_APP_REVIEW", "before_live")]).expect("good");
    assert_eq!((on.app_review, on.terms()), (domain::store::AppReview::BeforeLive, None));
    let told = problems(from_variables(&[("PORTICO_APP_REVIEW", "sometimes")]));
    assert!(told.contains("is neither off nor before_live"), "{told}");
    let both = [("PORTICO_TERMS_VERSION", "2026-11"), ("PORTICO_TERMS_URL", "https://portico.example/terms")];
    let terms = from_variables(&both).expect("good").terms().expect("both");
    assert_eq!((terms.version.as_str(), terms.url.as_str()), ("2026-11", "https://portico.example/terms"));
    for (half, missing) in [(&both[..1], "PORTICO_TERMS_URL"), (&both[1..], "PORTICO_TERMS_VERSION")] {
        let told = problems(from_variables(half));
        assert!(told.contains(&format!("{missing}: is missing")), "{told}");
    }
    assert!(
        problems(from_variables(&[("PORTICO_TERMS_URL", "javascript:alert(1)")])).contains("no https:// or http://")
    );
}

#[test]
fn every_problem_is_told_at_once() {
    let outcome = from_variables(&[("PORTICO_LISTEN", "x"), ("PORTICO_ISSUER", "y"), ("PORTICO_NONSENSE", "z")]);
    assert_eq!(outcome.expect_err("bad").0.len(), 3);
}

#[test]
fn a_secret_comes_from_a_file_and_is_never_printed() {
    let path = std::env::temp_dir().join(format!("portico-secret-{}", std::process::id()));
    std::fs::write(&path, "postgres://ada:hunter2@db.example/portico\n").expect("written");
    let named = path.to_str().expect("a path").to_owned();
    let key = ("PORTICO_ENCRYPTION_KEY", KEY);
    let config = from_variables(&[("PORTICO_DATABASE_URL_FILE", &named), key]).expect("good");
    assert_eq!(config.database_url.reveal(), "postgres://ada:hunter2@db.example/portico");
    assert!(!format!("{config:?} {}", config.database_url).contains("hunter2"));
    for url in [
        "postgres://db.example/portico?user=ada&password=hunter2",
        "postgres://ada@db.example/portico?password=hunter2",
    ] {
        let config = from_variables(&[("PORTICO_DATABASE_URL", url), key]).expect("good");
        let told = format!("{config:?} {}", config.database_url);
        assert!(!told.contains("hunter2") && told.contains("db.example/portico"), "{told}");
    }
    for url in [
        "postgres://ada:hunter2?x@db.example/portico",
        "postgres://ada:a@hunter2?x@db.example/portico",
        "postgres://db.example/portico?password=x@hunter2",
    ] {
        let config = from_variables(&[("PORTICO_DATABASE_URL", url), key]).expect("good");
        assert_eq!(config.database_url.to_string(), "postgres://…", "{url}");
    }
    let config = from_variables(&[("PORTICO_DATABASE_URL", "sqlite://p.db?mode=rwc")]).expect("good");
    assert_eq!(config.database_url.to_string(), "sqlite://p.db?mode=rwc");
    assert!(problems(from_variables(&[("PORTICO_DATABASE_URL", "sqlite://")])).contains("names no file"));
    let both = [("PORTICO_DATABASE_URL_FILE", named.as_str()), ("PORTICO_DATABASE_URL", "sqlite://x")];
    assert!(problems(from_variables(&both)).contains("PORTICO_DATABASE_URL is set too"));
    std::fs::remove_file(&path).expect("removed");
    assert!(problems(from_variables(&[("PORTICO_DATABASE_URL_FILE", &named)])).contains("cannot be read"));
    assert!(problems(from_variables(&[("PORTICO_LISTEN_FILE", &named)])).contains("no such key"));
}

#[test]
fn a_bad_secret_is_not_repeated() {
    let told = problems(from_variables(&[("PORTICO_DATABASE_URL", "mysql://ada:hunter2@db.example")]));
    assert!(!told.contains("hunter2"), "{told}");
    let told = problems(from_file("database_url = \"postgres://ada:hunter2"));
    assert!(!told.contains("hunter2") && told.contains("not TOML"), "{told}");
}

#[test]
fn the_readme_has_a_row_for_every_key() {
    let readme = include_str!("../../../README.md");
    for key in keys::KEYS {
        let row = format!("| `PORTICO_{}` |", key.name.to_uppercase());
        assert!(readme.contains(&row), "README.md lacks the row {row}");
    }
}

#[test]
fn postgres_needs_an_encryption_key_and_a_file_keeps_that_of_sqlite() {
    let url = ("PORTICO_DATABASE_URL", "postgres://db.example/portico");
    let told = problems(from_variables(&[url]));
    assert!(told.contains("PORTICO_ENCRYPTION_KEY: is not set, and PostgreSQL needs it"), "{told}");
    assert!(from_variables(&[url, ("PORTICO_ENCRYPTION_KEY", KEY)]).is_ok());
    assert!(from_variables(&[]).expect("good").encryption_key.is_none());
    let named =
        |url| encryption::key_file(&from_variables(&[("PORTICO_DATABASE_URL", url)]).expect("good").database_url);
    assert_eq!(named("sqlite://data/portico.db"), Some(PathBuf::from("data/portico.key")));
    assert_eq!(named("sqlite:/var/lib/p/a.db?mode=rwc"), Some(PathBuf::from("/var/lib/p/portico.key")));
    assert_eq!(named("sqlite::memory:"), None);
}

#[test]
fn req_130_an_encryption_key_is_32_bytes_and_is_never_printed() {
    let hex = "0123456789abcdef".repeat(4);
    for good in [KEY, &hex] {
        let config = from_variables(&[("PORTICO_ENCRYPTION_KEY", good)]).expect("good");
        let shown: Vec<_> = KEYS.iter().map(|key| key.value_in(&config)).collect();
        let shown = format!("{config:?} {}", shown.join(" "));
        assert!(shown.contains("(given)") && !shown.contains(good), "{shown}");
    }
    for bad in ["hunter2", "", &KEY[4..], &format!("{hex}00")] {
        let told = problems(from_variables(&[("PORTICO_ENCRYPTION_KEY", bad)]));
        assert!(told.contains("PORTICO_ENCRYPTION_KEY: is not 32 bytes in base64"), "{told}");
        assert!(bad.is_empty() || !told.contains(bad), "{told}");
    }
    let path = std::env::temp_dir().join(format!("portico-encryption-key-{}", std::process::id()));
    std::fs::write(&path, format!("{KEY}\n")).expect("written");
    let named = path.to_str().expect("a path").to_owned();
    let config = from_variables(&[("PORTICO_ENCRYPTION_KEY_FILE", &named)]).expect("good");
    assert_eq!(config.encryption_key, KEY.parse().ok());
    std::fs::remove_file(&path).expect("removed");
}

#[test]
fn a_file_that_is_there_and_cannot_be_read_stops_the_start() {
    let folder = std::env::temp_dir().join(format!("portico-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("portico.toml");
    assert_eq!(sources::file_at(file.clone(), false).expect("none is needed"), None);
    assert!(sources::file_at(file.clone(), true).is_err(), "somebody named it");
    std::fs::write(&file, b"# caf\xe9\napp_review = \"before_live\"\n").expect("written");
    for unreadable in [file, folder.clone()] {
        let problem = sources::file_at(unreadable.clone(), false).expect_err("it is there").to_string();
        assert!(problem.contains("PORTICO_CONFIG") && problem.contains("portico"), "{problem}");
    }
    std::fs::remove_dir_all(&folder).expect("it goes");
}
