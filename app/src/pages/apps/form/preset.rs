//! A token policy that follows a platform's documents sets what an app of those documents needs, in the fields of a new
//! app that the person has not touched.

use leptos::ev::Event;
use leptos::wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::Reflect;
use web_sys::{Element, FormData, HtmlFormElement, HtmlInputElement};

use super::wire::text_in;

/// The policies' own field, which has what each of them sets in `data-sets`.
const POLICY: &str = "fields[token_policy]";
/// Whether the app is public: it has no secret, always has PKCE, and needs people; the form hides those fields.
const TYPE: &str = "client_type";
/// The mark of a control that the person changed himself.
const TOUCHED: &str = "data-touched";

/// The form heard that something changed.
pub(super) fn heard(event: &Event) {
    let Some(control) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let Some(form) = control.closest("form").ok().flatten().and_then(|form| form.dyn_into().ok()) else { return };
    match control.get_attribute("name").as_deref() {
        Some(POLICY | TYPE) => preset(&form),
        Some(name) if label(name).is_some() => _ = control.set_attribute(TOUCHED, ""),
        _ => {}
    }
}

/// What the page calls a field that a policy sets.
fn label(name: &str) -> Option<&'static str> {
    match name {
        "fields[auth_method]" => Some("How it sends its secret"),
        "fields[pkce_required]" => Some("Require PKCE"),
        "fields[grants]" => Some("How it gets its tokens"),
        "fields[actor_modes]" => Some("Who acts"),
        _ => None,
    }
}

/// Sets what the chosen policy sets, and says what became of it: the fields are further down.
fn preset(form: &HtmlFormElement) {
    let Ok(fields) = FormData::new_with_form(form) else { return };
    let public = text_in(&fields, TYPE) == "public";
    let Some(policy) = find(form, &format!("[name=\"{POLICY}\"]:checked")) else { return };
    let sets = policy.get_attribute("data-sets");
    let (mut changed, mut kept) = (Vec::new(), Vec::new());
    for (name, value) in sets.iter().flat_map(|sets| sets.split(' ')).filter_map(|set| set.split_once('=')) {
        // These are out of sight, and not its to choose.
        if public && name != "fields[actor_modes]" {
            continue;
        }
        // A box without its tick is not in the form's data.
        let present =
            Some(text_in(&fields, name)).filter(|text| !text.is_empty()).unwrap_or_else(|| "false".to_owned());
        let Some(label) = label(name).filter(|_| present != value) else { continue };
        if find(form, &format!("[name=\"{name}\"][{TOUCHED}]")).is_some() {
            kept.push(label);
        } else {
            set(form, name, value);
            changed.push(label);
        }
    }
    let said = [("Set below to go with it", changed), ("Left as you chose", kept)];
    let said = said.iter().filter(|(_, labels)| !labels.is_empty());
    let said: Vec<_> = said.map(|(what, labels)| format!("{what}: {}.", labels.join(", "))).collect();
    say(form, &policy, &said.join(" "));
}

/// Says it in the card of the chosen policy, and there alone.
fn say(form: &HtmlFormElement, policy: &Element, text: &str) {
    let here = policy.closest(".choice").ok().flatten();
    let Ok(places) = form.query_selector_all("[data-preset]") else { return };
    for place in (0..places.length()).filter_map(|index| places.item(index)) {
        let chosen = here.as_ref().is_some_and(|here| here.contains(Some(&place)));
        place.set_text_content(chosen.then_some(text));
    }
}

fn set(form: &HtmlFormElement, name: &str, value: &str) {
    let radio = find(form, &format!("[type=radio][name=\"{name}\"][value={value}]"));
    match (radio.and_then(|radio| radio.dyn_into::<HtmlInputElement>().ok()), find(form, &format!("[name=\"{name}\"]")))
    {
        (Some(radio), _) => radio.set_checked(true),
        (None, Some(control)) => match control.dyn_ref::<HtmlInputElement>() {
            Some(tick) => tick.set_checked(value == "true"),
            None => _ = Reflect::set(&control, &JsValue::from_str("value"), &JsValue::from_str(value)),
        },
        (None, None) => {}
    }
}

fn find(form: &HtmlFormElement, selector: &str) -> Option<Element> {
    form.query_selector(selector).ok().flatten()
}
