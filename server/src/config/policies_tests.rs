use super::*;
use crate::config::{Config, ConfigError, Sources};

fn read_with(text: &str, offered: Option<&str>) -> Result<Config, ConfigError> {
    let variables = offered.map(|names| ("PORTICO_TOKEN_POLICIES_OFFERED".to_owned(), names.to_owned()));
    let file = Some((std::path::PathBuf::from("portico.toml"), text.to_owned()));
    Config::read(&Sources { file, variables: variables.into_iter().collect() })
}

fn policy(text: &str) -> TokenPolicy {
    let config = read_with(&format!("[token_policies.kiosk]\n{text}"), None).expect(text);
    config.token_policies.get("kiosk").expect("kept").clone()
}

fn problem(text: &str) -> String {
    read_with(text, None).expect_err(text).to_string()
}

#[test]
fn an_instance_has_the_shipped_policies_and_offers_each() {
    let config = Config::read(&Sources::default()).expect("defaults");
    assert_eq!(config.token_policies, TokenPolicies::default());
    let offered: Vec<_> = config.token_policies.offered().map(|policy| policy.name.as_str()).collect();
    assert_eq!(offered, ["standard", "featureos", "fera", "apiera", "financefeast"]);
}

#[test]
fn every_property_is_read() {
    let text = "access_format = \"jwt\"\nalgorithm = \"EdDSA\"\naccess_seconds = 60\nrefresh = \"rotating\"\n\
                refresh_grace_seconds = 0\nrefresh_idle_seconds = \"never\"\nrefresh_absolute_seconds = 7200\n\
                expires_at_in_response = true\nlive_tokens = \"many\"\ncode_seconds = 60\n\
                state_instead_of_response_type = true\nprofile_includes_email = true";
    let expected = TokenPolicy {
        name: "kiosk".to_owned(),
        code_seconds: 60,
        access_format: AccessFormat::Jwt(SigningAlgorithm::EdDsa),
        access_seconds: Some(60),
        refresh: Refresh::Rotating { grace_seconds: 0 },
        refresh_idle_seconds: None,
        refresh_absolute_seconds: Some(7200),
        expires_at_in_response: true,
        live_tokens: LiveTokens::Many,
        state_instead_of_response_type: true,
        profile_includes_email: true,
    };
    assert_eq!(policy(text), expected);
}

#[test]
fn what_a_table_does_not_name_stays_as_it_is() {
    assert_eq!(policy(""), TokenPolicy { name: "kiosk".to_owned(), ..TokenPolicy::standard() });
    let config = read_with("[token_policies.financefeast]\naccess_seconds = 3600", None).expect("good");
    let expected = TokenPolicy { access_seconds: Some(3600), ..TokenPolicy::financefeast() };
    assert_eq!(config.token_policies.get("financefeast"), Some(&expected));
    assert_eq!(config.token_policies.all().len(), 5);
}

#[test]
fn another_kind_of_refresh_begins_without_the_ends_of_the_one_before() {
    let none = policy("refresh = \"none\"");
    assert_eq!((none.refresh, none.refresh_idle_seconds), (Refresh::None, None));
    let endless = policy("access_seconds = \"never\"\nrefresh = \"none\"");
    assert!(endless.never_ends());
    let text = "[token_policies.fera]\naccess_seconds = 60\nrefresh = \"rotating\"";
    let config = read_with(text, None).expect("good");
    let fera = config.token_policies.get("fera").expect("there");
    assert_eq!(fera.refresh, Refresh::Rotating { grace_seconds: 30 });
    assert_eq!(fera.refresh_idle_seconds, Some(90 * 86_400));
}

#[test]
fn a_jwt_that_never_ends_stops_the_start() {
    for text in [
        "[token_policies.fera]\naccess_format = \"jwt\"",
        "[token_policies.apiera]\naccess_seconds = \"never\"",
        "[token_policies.kiosk]\naccess_format = \"jwt\"\nalgorithm = \"ES256\"\nrefresh = \"none\"\naccess_seconds = \"never\"",
    ] {
        let told = problem(text);
        assert!(told.contains("access_seconds (portico.toml): a JWT has to end, and this one never would"), "{told}");
        assert!(told.ends_with("Example: access_seconds = 86400"), "{told}");
    }
}

#[test]
fn each_bad_property_names_its_key_its_problem_and_an_example() {
    for (property, line, cause) in [
        ("access_format", "access_format = \"RS256\"", "\"RS256\" is neither opaque nor jwt"),
        ("algorithm", "access_format = \"jwt\"\nalgorithm = \"HS256\"", "\"HS256\" is none of RS256, ES256, EdDSA"),
        ("algorithm", "algorithm = \"RS256\"", "only access_format = \"jwt\" has an algorithm"),
        ("access_seconds", "access_seconds = 0", "0 is not a whole number from 1 to"),
        ("access_seconds", "access_seconds = -60", "-60 is not a whole number from 1 to"),
        ("access_seconds", "access_seconds = \"24h\"", "\"24h\" is neither a whole number of seconds nor \"never\""),
        ("access_seconds", "access_seconds = 1.5", "1.5 is neither a whole number of seconds nor"),
        ("refresh", "refresh = \"always\"", "\"always\" is none of none, persistent, rotating"),
        ("refresh", "access_seconds = \"never\"", "access tokens that never end need no refresh tokens"),
        ("refresh_grace_seconds", "refresh_grace_seconds = 301", "301 is not a whole number from 0 to 300"),
        (
            "refresh_grace_seconds",
            "refresh = \"none\"\nrefresh_grace_seconds = 30",
            "only refresh = \"rotating\" has a grace",
        ),
        ("refresh_grace_seconds", "refresh = \"persistent\"\nrefresh_grace_seconds = 0", "only refresh = \"rotating\""),
        ("refresh_idle_seconds", "refresh_idle_seconds = 0", "0 is not a whole number from 1 to"),
        ("refresh_idle_seconds", "refresh = \"none\"\nrefresh_idle_seconds = 60", "the policy has no refresh tokens"),
        ("refresh_absolute_seconds", "refresh_absolute_seconds = -1", "-1 is not a whole number from 1 to"),
        ("expires_at_in_response", "expires_at_in_response = \"yes\"", "\"yes\" is neither true nor false"),
        ("live_tokens", "live_tokens = 1", "1 is neither one nor many"),
        ("code_seconds", "code_seconds = 601", "601 is not a whole number from 1 to 600"),
        ("code_seconds", "code_seconds = \"never\"", "\"never\" is not a whole number of seconds"),
        ("state_instead_of_response_type", "state_instead_of_response_type = 1", "1 is neither true nor false"),
        ("profile_includes_email", "profile_includes_email = []", "[] is neither true nor false"),
        ("lifetime", "lifetime = 5", "a token policy has no such property; there are access_format, algorithm"),
    ] {
        let told = problem(&format!("[token_policies.kiosk]\n{line}"));
        assert!(told.contains(&format!("token_policies.kiosk.{property} (portico.toml): {cause}")), "{line}: {told}");
        assert!(told.contains("1 problem:") && told.contains("Example: "), "{line}: {told}");
    }
    assert!(problem("token_policies = 3").contains("token_policies (portico.toml): a token policy is a table"));
    assert!(
        problem("[token_policies]\nkiosk = 3")
            .contains("token_policies.kiosk (portico.toml): a token policy is a table")
    );
    let told = problem("[token_policies.\"Kiosk 1\"]");
    assert!(told.contains("token_policies.Kiosk 1 (portico.toml): \"Kiosk 1\" is not 1 to 40 lower-case"), "{told}");
}

#[test]
fn the_offer_comes_from_the_file_or_the_environment_and_names_what_there_is() {
    let kiosk = "token_policies_offered = [\"kiosk\", \"fera\"]\n[token_policies.kiosk]\naccess_seconds = 60";
    let offered =
        |config: Config| config.token_policies.offered().map(|policy| policy.name.clone()).collect::<Vec<_>>();
    assert_eq!(offered(read_with(kiosk, None).expect("good")), ["kiosk", "fera"]);
    assert_eq!(offered(read_with(kiosk, Some("standard, kiosk")).expect("good")), ["standard", "kiosk"]);
    let unknown = read_with("", Some("standard,gold")).expect_err("unknown").to_string();
    assert!(
        unknown.contains(
            "PORTICO_TOKEN_POLICIES_OFFERED: names \"gold\", and there is no such token policy; there are standard"
        ),
        "{unknown}"
    );
    assert!(unknown.ends_with("Example: PORTICO_TOKEN_POLICIES_OFFERED=standard,fera"), "{unknown}");
    let nothing = read_with("token_policies_offered = []", None).expect_err("nothing").to_string();
    assert!(nothing.contains("token_policies_offered (portico.toml): offers nothing"), "{nothing}");
}

#[test]
fn what_is_printed_can_be_read_back() {
    let kiosk =
        "[token_policies.kiosk]\naccess_format = \"jwt\"\nalgorithm = \"ES256\"\nrefresh_absolute_seconds = 9000";
    let config = read_with(kiosk, None).expect("good");
    let printed = printed(&config.token_policies);
    let again = read_with(&printed, None).expect("its own words");
    assert_eq!(again.token_policies.all(), config.token_policies.all());
    assert!(
        printed.contains("# A token policy. Only the command line may choose it.\n[token_policies.kiosk]"),
        "{printed}"
    );
    assert!(printed.contains("# A token policy. Partners may choose it.\n[token_policies.fera]"), "{printed}");
}
