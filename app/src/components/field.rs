//! Labelled controls. Those of a form that was refused show what was typed, and what is wrong with it.

use leptos::prelude::*;

use crate::format::raw_text;
use crate::forms::FormProblem;

/// What is wrong with a control, tied to it by id.
#[component]
pub fn FieldError(
    /// The control's `aria-describedby` names it.
    #[prop(into)]
    id: String,
    /// The field, as errors name it: an island puts later errors here.
    #[prop(into)]
    name: String,
) -> impl IntoView {
    let message = FormProblem::of_request().error(&name);
    view! { <span class="field-error" id=id role="alert" data-error-for=name>{message}</span> }
}

/// What the controls of lines and texts have in common.
struct Control {
    id: String,
    field: String,
    hint_id: String,
    error_id: String,
    described_by: String,
    value: String,
    invalid: Option<&'static str>,
}

impl Control {
    /// The control `name`, which `value` stands in unless something was typed. A field of a group, `group[field]`, is called
    /// like itself alone by errors.
    fn new(id: Option<String>, name: &str, value: String, hinted: bool) -> Self {
        let problem = FormProblem::of_request();
        let field = name.rsplit('[').next().unwrap_or(name).trim_end_matches(']').to_owned();
        let id = id.unwrap_or_else(|| format!("field-{field}"));
        let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
        let described_by = if hinted { format!("{hint_id} {error_id}") } else { error_id.clone() };
        let value = problem.typed(name).unwrap_or(value);
        let invalid = problem.error(&field).map(|_| "true");
        Self { id, field, hint_id, error_id, described_by, value, invalid }
    }
}

/// A one-line text control with its label, hint and error.
#[component]
pub fn Field(
    /// The label.
    #[prop(into)]
    label: String,
    /// The control's name in the form, stable.
    #[prop(into)]
    name: String,
    /// The control's id, where another form of the page has a control of this name; `field-<name>` without.
    #[prop(optional, into)]
    id: Option<String>,
    /// Its type: `text`, `email`, `password`, `url`.
    #[prop(optional, into)]
    kind: Option<String>,
    /// What stands in it at first.
    #[prop(optional, into)]
    value: String,
    /// A sentence under the label.
    #[prop(optional, into)]
    hint: Option<String>,
    /// The token of HTML's `autocomplete`.
    #[prop(optional, into)]
    autocomplete: Option<String>,
    /// Whether the browser insists on it.
    #[prop(optional)]
    required: bool,
    /// Whether it has the focus at first.
    #[prop(optional)]
    autofocus: bool,
    /// The most characters.
    #[prop(optional)]
    maxlength: Option<usize>,
    /// An example, shown while it is empty.
    #[prop(optional, into)]
    placeholder: Option<String>,
) -> impl IntoView {
    let Control { id, field, hint_id, error_id, described_by, value, invalid } =
        Control::new(id, &name, value, hint.is_some());
    let kind = kind.unwrap_or_else(|| "text".to_owned());
    view! {
        <div class="field">
            <label for=id.clone()>{label}{(!required).then(|| view! { <span class="optional">" Optional"</span> })}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <input class="input" id=id name=name type=kind value=value
                autocomplete=autocomplete required=required autofocus=autofocus maxlength=maxlength
                placeholder=placeholder aria-describedby=described_by aria-invalid=invalid/>
            <FieldError id=error_id name=field/>
        </div>
    }
}

/// A text control of several lines.
#[component]
pub fn TextArea(
    /// The label.
    #[prop(into)]
    label: String,
    /// The control's name in the form, stable.
    #[prop(into)]
    name: String,
    /// What stands in it at first.
    #[prop(optional, into)]
    value: String,
    /// A sentence under the label.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Whether the browser insists on it.
    #[prop(optional)]
    required: bool,
    /// The most characters.
    #[prop(optional)]
    maxlength: Option<usize>,
) -> impl IntoView {
    let Control { id, field, hint_id, error_id, described_by, value, invalid } =
        Control::new(None, &name, value, hint.is_some());
    view! {
        <div class="field">
            <label for=id.clone()>{label}{(!required).then(|| view! { <span class="optional">" Optional"</span> })}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            <textarea class="input" id=id name=name rows="3" required=required maxlength=maxlength
                aria-describedby=described_by aria-invalid=invalid>{raw_text(&value)}</textarea>
            <FieldError id=error_id name=field/>
        </div>
    }
}

/// One of several choices as a card: a radio button, its name and one line about it.
#[component]
pub fn RadioCard(
    /// The group's name in the form.
    #[prop(into)]
    name: String,
    /// The value that it stands for.
    #[prop(into)]
    value: String,
    /// Its name.
    #[prop(into)]
    title: String,
    /// One line about it.
    #[prop(into)]
    text: String,
    /// Whether it is chosen at first.
    #[prop(optional)]
    checked: bool,
) -> impl IntoView {
    view! {
        <label class="choice">
            <input type="radio" name=name value=value checked=checked/>
            <span><b>{title}</b><span class="soft small">{text}</span></span>
        </label>
    }
}
