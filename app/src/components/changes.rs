//! What a change changed: the fields that differ, before and after.

use leptos::prelude::*;
use leptos::serde_json::{self, Map, Value};

/// The difference of two JSON objects behind a fold; nothing where there is none.
#[component]
pub fn Changes(
    /// What it was before, as JSON.
    before: Option<String>,
    /// What it is after, as JSON.
    after: Option<String>,
) -> impl IntoView {
    let changes = changes(before.as_deref(), after.as_deref());
    let line = |Change { field, before, after }: Change| {
        view! { <dt>{field}</dt> <dd>{shown(before, true)}" → "{shown(after, false)}</dd> }
    };
    (!changes.is_empty()).then(|| {
        view! {
            <details class="fold">
                <summary>"What changed"</summary>
                <dl class="changes small">{changes.into_iter().map(line).collect_view()}</dl>
            </details>
        }
    })
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
    let change = |name: &String| Change {
        field: name.clone(),
        before: before.get(name).map(plain),
        after: after.get(name).map(plain),
    };
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

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
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
    }
}
