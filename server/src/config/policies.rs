//! `[token_policies.<name>]`: tables of the file that change a shipped token policy or add one (PROTOCOL section 1, *Token
//! policy*). A table begins with the shipped policy of its name, or with `standard`; what it does not name stays.

use std::fmt::Write as _;
use std::path::Path;

use domain::jwt::SigningAlgorithm;
use domain::token_policy::{AccessFormat, LiveTokens, Refresh, TokenPolicies, TokenPolicy};
use toml::{Table, Value};

use super::Problem;

/// The table of the file.
pub(super) const TABLE: &str = "token_policies";

/// A property of a policy: how its value is read and shown.
struct Property {
    name: &'static str,
    /// A good value, as TOML.
    example: &'static str,
    set: fn(&mut TokenPolicy, &Value) -> Result<(), String>,
    show: fn(&TokenPolicy) -> Option<Value>,
}

/// The properties; what another one depends on stands before it.
const PROPERTIES: &[Property] = &[
    Property {
        name: "access_format",
        example: "\"opaque\"",
        set: set_format,
        show: |policy| Some(format_word(policy).into()),
    },
    Property {
        name: "algorithm",
        example: "\"RS256\"",
        set: set_algorithm,
        show: |policy| match policy.access_format {
            AccessFormat::Opaque => None,
            AccessFormat::Jwt(algorithm) => Some(algorithm.as_str().into()),
        },
    },
    Property {
        name: "access_seconds",
        example: "86400",
        set: |policy, value| seconds_or_never(value).map(|seconds| policy.access_seconds = seconds),
        show: |policy| Some(shown_seconds(policy.access_seconds)),
    },
    Property {
        name: "refresh",
        example: "\"rotating\"",
        set: set_refresh,
        show: |policy| Some(refresh_word(policy).into()),
    },
    Property {
        name: "refresh_grace_seconds",
        example: "30",
        set: |policy, value| match &mut policy.refresh {
            Refresh::Rotating { grace_seconds } => seconds(value).map(|seconds| *grace_seconds = seconds),
            Refresh::None | Refresh::Persistent => Err("only refresh = \"rotating\" has a grace".to_owned()),
        },
        show: |policy| match policy.refresh {
            Refresh::Rotating { grace_seconds } => Some(grace_seconds.into()),
            Refresh::None | Refresh::Persistent => None,
        },
    },
    Property {
        name: "refresh_idle_seconds",
        example: "7776000",
        set: |policy, value| seconds_or_never(value).map(|seconds| policy.refresh_idle_seconds = seconds),
        show: |policy| (policy.refresh != Refresh::None).then(|| shown_seconds(policy.refresh_idle_seconds)),
    },
    Property {
        name: "refresh_absolute_seconds",
        example: "31536000",
        set: |policy, value| seconds_or_never(value).map(|seconds| policy.refresh_absolute_seconds = seconds),
        show: |policy| (policy.refresh != Refresh::None).then(|| shown_seconds(policy.refresh_absolute_seconds)),
    },
    Property {
        name: "expires_at_in_response",
        example: "true",
        set: |policy, value| truth(value).map(|truth| policy.expires_at_in_response = truth),
        show: |policy| Some(policy.expires_at_in_response.into()),
    },
    Property {
        name: "live_tokens",
        example: "\"one\"",
        set: |policy, value| {
            policy.live_tokens = match value.as_str() {
                Some("one") => LiveTokens::One,
                Some("many") => LiveTokens::Many,
                _ => return Err(format!("{value} is neither one nor many")),
            };
            Ok(())
        },
        show: |policy| Some(if policy.live_tokens == LiveTokens::One { "one" } else { "many" }.into()),
    },
    Property {
        name: "code_seconds",
        example: "300",
        set: |policy, value| seconds(value).map(|seconds| policy.code_seconds = seconds),
        show: |policy| Some(policy.code_seconds.into()),
    },
    Property {
        name: "state_instead_of_response_type",
        example: "true",
        set: |policy, value| truth(value).map(|truth| policy.state_instead_of_response_type = truth),
        show: |policy| Some(policy.state_instead_of_response_type.into()),
    },
    Property {
        name: "profile_includes_email",
        example: "true",
        set: |policy, value| truth(value).map(|truth| policy.profile_includes_email = truth),
        show: |policy| Some(policy.profile_includes_email.into()),
    },
];

const fn format_word(policy: &TokenPolicy) -> &'static str {
    match policy.access_format {
        AccessFormat::Opaque => "opaque",
        AccessFormat::Jwt(_) => "jwt",
    }
}

const fn refresh_word(policy: &TokenPolicy) -> &'static str {
    match policy.refresh {
        Refresh::None => "none",
        Refresh::Persistent => "persistent",
        Refresh::Rotating { .. } => "rotating",
    }
}

fn shown_seconds(seconds: Option<i64>) -> Value {
    seconds.map_or_else(|| Value::from("never"), Value::from)
}

fn set_format(policy: &mut TokenPolicy, value: &Value) -> Result<(), String> {
    policy.access_format = match (value.as_str(), policy.access_format) {
        (Some("opaque"), _) => AccessFormat::Opaque,
        (Some("jwt"), AccessFormat::Jwt(algorithm)) => AccessFormat::Jwt(algorithm),
        (Some("jwt"), AccessFormat::Opaque) => AccessFormat::Jwt(SigningAlgorithm::Rs256),
        _ => return Err(format!("{value} is neither opaque nor jwt")),
    };
    Ok(())
}

fn set_algorithm(policy: &mut TokenPolicy, value: &Value) -> Result<(), String> {
    let words: Vec<_> = SigningAlgorithm::ALL.iter().map(|word| word.as_str()).collect();
    let algorithm = value.as_str().and_then(|word| word.parse().ok());
    let algorithm = algorithm.ok_or_else(|| format!("{value} is none of {}", words.join(", ")))?;
    if policy.access_format == AccessFormat::Opaque {
        return Err("only access_format = \"jwt\" has an algorithm".to_owned());
    }
    policy.access_format = AccessFormat::Jwt(algorithm);
    Ok(())
}

/// Another kind of refresh begins without the ends of the one before; `rotating` with those of `standard`.
fn set_refresh(policy: &mut TokenPolicy, value: &Value) -> Result<(), String> {
    let standard = TokenPolicy::standard();
    let (refresh, idle) = match value.as_str() {
        Some("none") => (Refresh::None, None),
        Some("persistent") => (Refresh::Persistent, None),
        Some("rotating") => (standard.refresh, standard.refresh_idle_seconds),
        _ => return Err(format!("{value} is none of none, persistent, rotating")),
    };
    if std::mem::discriminant(&refresh) != std::mem::discriminant(&policy.refresh) {
        policy.refresh = refresh;
        policy.refresh_idle_seconds = idle;
        policy.refresh_absolute_seconds = None;
    }
    Ok(())
}

fn seconds(value: &Value) -> Result<i64, String> {
    value.as_integer().ok_or_else(|| format!("{value} is not a whole number of seconds"))
}

fn seconds_or_never(value: &Value) -> Result<Option<i64>, String> {
    if value.as_str() == Some("never") {
        return Ok(None);
    }
    value.as_integer().map(Some).ok_or_else(|| format!("{value} is neither a whole number of seconds nor \"never\""))
}

fn truth(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("{value} is neither true nor false"))
}

/// The policies of the file, and every problem of each.
pub(super) fn read(place: &Path, value: &Value, problems: &mut Vec<Problem>) -> Vec<TokenPolicy> {
    let Some(tables) = value.as_table() else {
        problems.push(not_a_table(TABLE, place));
        return Vec::new();
    };
    let policy = |(name, value): (&String, &Value)| {
        let Some(table) = value.as_table() else {
            problems.push(not_a_table(&format!("{TABLE}.{name}"), place));
            return None;
        };
        Some(one(place, name, table, problems))
    };
    tables.iter().filter_map(policy).collect()
}

fn not_a_table(key: &str, place: &Path) -> Problem {
    Problem {
        key: format!("{key} ({})", place.display()),
        cause: "a token policy is a table".to_owned(),
        example: "[token_policies.kiosk]".to_owned(),
    }
}

fn one(place: &Path, name: &str, table: &Table, problems: &mut Vec<Problem>) -> TokenPolicy {
    let shipped = TokenPolicy::shipped().into_iter().find(|policy| policy.name == name);
    let mut policy = shipped.unwrap_or_else(|| TokenPolicy { name: name.to_owned(), ..TokenPolicy::standard() });
    let called = |property: &str| format!("{TABLE}.{name}.{property} ({})", place.display());
    let mut bad: Vec<&str> = Vec::new();
    for property in PROPERTIES {
        let Some(value) = table.get(property.name) else { continue };
        if let Err(cause) = (property.set)(&mut policy, value) {
            let example = format!("{} = {}", property.name, property.example);
            problems.push(Problem { key: called(property.name), cause, example });
            bad.push(property.name);
        }
    }
    for unknown in table.keys().filter(|key| !PROPERTIES.iter().any(|property| property.name == **key)) {
        let names: Vec<_> = PROPERTIES.iter().map(|property| property.name).collect();
        let cause = format!("a token policy has no such property; there are {}", names.join(", "));
        problems.push(Problem { key: called(unknown), cause, example: "access_seconds = 86400".to_owned() });
    }
    // What cannot even be read says nothing about sense.
    for problem in policy.problems().into_iter().filter(|problem| !bad.contains(&problem.property)) {
        let (key, example) = if problem.property == "name" {
            (format!("{TABLE}.{name} ({})", place.display()), format!("[{TABLE}.{}]", problem.example))
        } else {
            (called(problem.property), format!("{} = {}", problem.property, problem.example))
        };
        problems.push(Problem { key, cause: problem.cause, example });
    }
    policy
}

/// The policies as `portico config check` prints them: tables that could stand in the file.
pub fn printed(policies: &TokenPolicies) -> String {
    let mut text = String::new();
    for policy in policies.all() {
        let offered = if policies.is_offered(&policy.name) {
            "Partners may choose it."
        } else {
            "Only the command line may choose it."
        };
        _ = writeln!(text, "\n# A token policy. {offered}\n[{TABLE}.{}]", policy.name);
        for property in PROPERTIES {
            if let Some(value) = (property.show)(policy) {
                _ = writeln!(text, "{} = {value}", property.name);
            }
        }
    }
    text
}

#[cfg(test)]
#[path = "policies_tests.rs"]
mod tests;
