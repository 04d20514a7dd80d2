//! What the form sends and reads: JSON by the browser's own hands.

use std::fmt::Write as _;

use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::futures::JsFuture;
use web_sys::js_sys::{Array, JSON, Reflect};
use web_sys::{FormData, Headers, RequestInit, Response};

use crate::csrf;
use crate::error::PortalError;

/// Why the server refused, as its JSON says it.
pub(super) struct Refused {
    pub(super) message: String,
    fields: Array,
}

impl Refused {
    /// What `PortalError` wrote.
    fn read(answer: &JsValue) -> Self {
        let message = text_of(answer, "message");
        Self { message, fields: get(answer, "fields").dyn_into().unwrap_or_default() }
    }

    /// Not even an answer.
    fn unreachable(_: JsValue) -> Self {
        Self { message: PortalError::Unreachable.to_string(), fields: Array::new() }
    }

    /// What is wrong with the field `name`.
    pub(super) fn of_field(&self, name: &str) -> Option<String> {
        let pair = self
            .fields
            .iter()
            .map(|pair| Array::from(&pair))
            .find(|pair| pair.get(0).as_string().as_deref() == Some(name))?;
        pair.get(1).as_string()
    }
}

/// The fields of the form, read once.
pub(super) struct Fields(pub(super) FormData);

impl Fields {
    pub(super) fn text(&self, name: &str) -> String {
        self.0.get(name).as_string().unwrap_or_default()
    }

    fn texts(&self, name: &str) -> Vec<String> {
        self.0.get_all(name).iter().filter_map(|value| value.as_string()).collect()
    }

    /// The field as a JSON string.
    pub(super) fn json(&self, name: &str) -> String {
        quoted(&self.text(name))
    }

    /// The rows of redirect URIs as JSON; empty rows at the end are left out, so that row numbers stay true.
    pub(super) fn redirect_uris(&self) -> String {
        self.uris(1)
    }

    /// The same, where there may be none: a single empty row is none.
    pub(super) fn uris_or_none(&self) -> String {
        self.uris(0)
    }

    fn uris(&self, least: usize) -> String {
        let mut rows = self.texts("redirect_uri");
        while rows.len() > least && rows.last().is_some_and(|row| row.trim().is_empty()) {
            rows.pop();
        }
        list(rows.iter().map(|row| quoted(row.trim())))
    }

    /// The ticked scopes as JSON, each with its purpose and need.
    pub(super) fn scopes(&self) -> String {
        list(self.texts("scope").iter().map(|token| {
            let purpose = self.text(&format!("purpose:{token}"));
            let required = self.text(&format!("need:{token}")) != "optional";
            object(&[
                ("token", &quoted(token)),
                ("purpose", &quoted(purpose.trim())),
                ("required", bool_json(required)),
            ])
        }))
    }
}

/// Text as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    JSON::stringify(&JsValue::from_str(text)).map(String::from).unwrap_or_default()
}

/// JSON values as a JSON array.
fn list(values: impl Iterator<Item = String>) -> String {
    let mut text = String::from("[");
    for (index, value) in values.enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&value);
    }
    text.push(']');
    text
}

/// Names and JSON values as a JSON object.
pub(super) fn object(members: &[(&str, &str)]) -> String {
    let mut text = String::from("{");
    for (index, (name, value)) in members.iter().enumerate() {
        _ = write!(text, "{}\"{name}\":{value}", if index > 0 { "," } else { "" });
    }
    text.push('}');
    text
}

pub(super) const fn bool_json(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

pub(super) fn get(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

pub(super) fn text_of(value: &JsValue, name: &str) -> String {
    get(value, name).as_string().unwrap_or_default()
}

/// Calls a server function that takes JSON.
pub(super) async fn call(path: &str, body: &str) -> Result<JsValue, Refused> {
    send(path, "application/json", body).await
}

/// The status of an answer to a page whose token is another one's by now (requirement 108).
const STALE: u16 = 403;

/// Calls a server function and reads the JSON of its answer.
pub(super) async fn send(path: &str, kind: &str, body: &str) -> Result<JsValue, Refused> {
    let token = csrf::token().await.unwrap_or_default();
    let headers = Headers::new().map_err(Refused::unreachable)?;
    for (name, value) in [("content-type", kind), ("accept", "application/json"), (csrf::HEADER, &token)] {
        headers.set(name, value).map_err(Refused::unreachable)?;
    }
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(body));
    let response = JsFuture::from(window().fetch_with_str_and_init(path, &init)).await.map_err(Refused::unreachable)?;
    let response: Response = response.dyn_into().map_err(Refused::unreachable)?;
    let answer = JsFuture::from(response.json().map_err(Refused::unreachable)?).await.map_err(Refused::unreachable)?;
    if response.ok() {
        return Ok(answer);
    }
    if response.status() == STALE {
        csrf::refused();
    }
    Err(Refused::read(&answer))
}
