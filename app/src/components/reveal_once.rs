//! A value that is shown once: copy it, take it as a file, then say that it is stored. Of a JWT not even a hash is kept.
//!
//! It exists in the answer of one server function, so it is drawn in the browser and never part of a page.

use leptos::prelude::*;

use super::alert::{Notice, Tone};
use super::copy_button::Copier;
use super::icon::{DOWNLOAD, Icon};
use crate::format::percent_encoded;

/// The value, its ways out and the acknowledgement; for use inside an island.
#[component]
pub fn RevealOnce(
    /// What it is, as in `client secret`.
    #[prop(into)]
    noun: String,
    /// The value.
    value: String,
    /// What the downloaded files hold: variable names in capitals and values, the shown one among them.
    variables: Vec<(&'static str, String)>,
    /// The files' name without its ending.
    #[prop(into)]
    file: String,
    /// Called when the person said that it is stored.
    #[prop(into)]
    done: Callback<()>,
) -> impl IntoView {
    let promise = format!("No more than a hash is kept: nobody, we included, can show this {noun} again.");
    let question = format!("I have stored the {noun} in a safe place");
    let stored = RwSignal::new(false);
    view! {
        <div class="reveal-once">
            <Notice tone=Tone::Once>
                <p><b>"Copy it now. "</b>{promise}</p>
            </Notice>
            <div class="reveal">
                <code tabindex="0" data-once="">{value.clone()}</code>
                <Copier text=value label=format!("Copy {noun}") main=true/>
            </div>
            <div class="row">
                <a class="button slight" download=format!("{file}.env") href=data_url("text/plain", &env_file(&variables))>
                    <Icon glyph=DOWNLOAD/>"Download .env"
                </a>
                <a class="button slight" download=format!("{file}.json") href=data_url("application/json", &json_file(&variables))>
                    <Icon glyph=DOWNLOAD/>"Download JSON"
                </a>
            </div>
            <div class="row spread acknowledge">
                <label class="check">
                    <input type="checkbox" name="stored" on:change=move |ev| stored.set(event_target_checked(&ev))/>
                    <span>{question}</span>
                </label>
                <button type="button" class="button" disabled=move || !stored.get() on:click=move |_| done.run(())>"Done"</button>
            </div>
        </div>
    }
}

/// `NAME=value` lines.
fn env_file(variables: &[(&'static str, String)]) -> String {
    variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

/// One JSON object with the names in small letters. Ids, URLs and secrets of ours hold nothing that JSON escapes.
fn json_file(variables: &[(&'static str, String)]) -> String {
    let members: Vec<String> =
        variables.iter().map(|(name, value)| format!("  \"{}\": \"{value}\"", name.to_ascii_lowercase())).collect();
    format!("{{\n{}\n}}\n", members.join(",\n"))
}

/// The text as an address that downloads it, without a request.
fn data_url(kind: &str, text: &str) -> String {
    format!("data:{kind};charset=utf-8,{}", percent_encoded(text))
}

#[cfg(test)]
mod tests {
    use super::{env_file, json_file};

    #[test]
    fn files_hold_every_variable() {
        let variables = [("OAUTH_CLIENT_ID", "ptcapp_1".to_owned()), ("OAUTH_CLIENT_SECRET", "ptcsec_2".to_owned())];
        assert_eq!(env_file(&variables), "OAUTH_CLIENT_ID=ptcapp_1\nOAUTH_CLIENT_SECRET=ptcsec_2\n");
        assert_eq!(
            json_file(&variables),
            "{\n  \"oauth_client_id\": \"ptcapp_1\",\n  \"oauth_client_secret\": \"ptcsec_2\"\n}\n"
        );
    }
}
