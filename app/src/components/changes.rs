//! What a change changed: the fields that differ, before and after.

use domain::time::Timestamp;
use leptos::prelude::*;
use leptos::serde_json::{self, Map, Value};

use crate::format::exact;

/// The difference of two JSON objects, field by field; nothing where there is none.
#[component]
pub fn Changes(
    /// What it was before, as JSON.
    before: Option<String>,
    /// What it is after, as JSON.
    after: Option<String>,
) -> impl IntoView {
    let changes = changes(before.as_deref(), after.as_deref());
    // Where there was nothing before, there is nothing to compare with.
    let compares = before.is_some();
    let line = move |Change { field, before, after }: Change| {
        let before = compares.then(|| view! { {shown(before, true)} " → " });
        view! { <dt>{field.replace('_', " ")}</dt> <dd>{before} {shown(after, false)}</dd> }
    };
    (!changes.is_empty())
        .then(|| view! { <dl class="changes small">{changes.into_iter().map(line).collect_view()}</dl> })
}

/// One field of a change.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    field: String,
    before: Option<String>,
    after: Option<String>,
}

/// The fields that differ between two JSON objects, by name; a value that is no object counts as one field.
fn changes(before: Option<&str>, after: Option<&str>) -> Vec<Change> {
    let (before, after) = (fields(before), fields(after));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let value = |fields: &Map<String, Value>, name: &str| fields.get(name).map(|value| plain(name, value));
    let change =
        |name: &String| Change { field: name.clone(), before: value(&before, name), after: value(&after, name) };
    names.into_iter().map(change).filter(|change| change.before != change.after).collect()
}

fn fields(json: Option<&str>) -> Map<String, Value> {
    let Some(text) = json else { return Map::new() };
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => fields,
        Ok(other) => Map::from_iter([("value".to_owned(), other)]),
        Err(_) => Map::from_iter([("value".to_owned(), Value::String(text.to_owned()))]),
    }
}

fn plain(field: &str, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) => items.iter().map(|item| plain(field, item)).collect::<Vec<_>>().join(", "),
        // Moments are kept as milliseconds.
        Value::Number(number) if field.ends_with("_at") => {
            number.as_i64().map_or_else(|| number.to_string(), |millis| exact(Timestamp(millis)))
        }
        other => other.to_string(),
    }
}

fn shown(value: Option<String>, old: bool) -> impl IntoView {
    match value {
        Some(text) if !text.is_empty() => {
            let class = if old { "value old" } else { "value" };
            view! { <code class=class>{text}</code> }.into_any()
        }
        _ => view! { <span class="soft">"nothing"</span> }.into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, changes};

    #[test]
    fn only_fields_that_differ_are_shown() {
        let found = changes(Some(r#"{"name":"A","pkce":true}"#), Some(r#"{"name":"B","pkce":true,"uris":["x","y"]}"#));
        let change = |field: &str, before: Option<&str>, after: &str| Change {
            field: field.to_owned(),
            before: before.map(str::to_owned),
            after: Some(after.to_owned()),
        };
        assert_eq!(found, [change("name", Some("A"), "B"), change("uris", None, "x, y")]);
        assert_eq!(changes(None, None), []);
        assert_eq!(
            changes(None, Some(r#"{"expires_at":0}"#)),
            [change("expires_at", None, "1 Jan 1970, 00:00:00 UTC")]
        );
    }
}
