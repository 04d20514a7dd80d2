//! What the form sends, and the JSON that it reads, by the browser's own hands.

use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::futures::JsFuture;
use web_sys::js_sys::{Array, Reflect};
use web_sys::{FormData, Headers, RequestInit, Response, UrlSearchParams};

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

/// The field `name` of the form.
pub(super) fn text_in(form: &FormData, name: &str) -> String {
    form.get(name).as_string().unwrap_or_default()
}

/// The form as a browser sends it.
pub(super) fn encoded(form: &FormData) -> String {
    UrlSearchParams::new_with_str_sequence_sequence(form).map(|form| form.to_string().into()).unwrap_or_default()
}

pub(super) fn get(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

pub(super) fn text_of(value: &JsValue, name: &str) -> String {
    get(value, name).as_string().unwrap_or_default()
}

/// The status of an answer to a page whose token is another one's by now (requirement 108).
const STALE: u16 = 403;

/// Calls a server function with a form and reads the JSON of its answer.
pub(super) async fn send(path: &str, form: &str) -> Result<JsValue, Refused> {
    let token = csrf::token().await.unwrap_or_default();
    let headers = Headers::new().map_err(Refused::unreachable)?;
    let kind = "application/x-www-form-urlencoded";
    for (name, value) in [("content-type", kind), ("accept", "application/json"), (csrf::HEADER, &token)] {
        headers.set(name, value).map_err(Refused::unreachable)?;
    }
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&JsValue::from_str(form));
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
