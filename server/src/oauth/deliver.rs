//! The way out to a client: the only place from which an authorization response leaves (RFC 6749 section 4.1.2; OAuth
//! 2.0 Form Post Response Mode).

use app::components::icon::SIGN;
use app::session::{RequestFacts, Theme};
use axum::response::{Html, IntoResponse, Response};
use domain::oauth::authorize::{Asked, AuthorizationResponse, Delivery};
use http::StatusCode;
use http::header::{self, HeaderValue};
use leptos::config::LeptosOptions;

use crate::state::AppState;
use crate::web::LeadsOn;

/// Sends `response` to its client, in the mode that it asked for.
pub(super) fn deliver(
    state: &AppState,
    facts: Option<&RequestFacts>,
    response: &AuthorizationResponse,
    asked: Asked,
) -> Response {
    if let Some(problem) = response.problem() {
        tracing::info!(error = problem.code.as_str(), "an authorization request was answered with an error");
    }
    match response.delivery(asked) {
        Delivery::Redirect(location) => see_other(&location),
        Delivery::FormPost { action, fields } => {
            let options = <LeptosOptions as axum::extract::FromRef<AppState>>::from_ref(state);
            let style = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
            let nonce = facts.map_or("", |facts| facts.nonce.as_str());
            let theme = facts.and_then(|facts| facts.theme).map(Theme::as_str).unwrap_or_default();
            let look = Look { style: &style, theme, nonce };
            let page = form_page(&look, &response.callback().origin(), &action, &fields);
            let mut page = Html(page).into_response();
            // The form leads to the client, and so would its redirects (requirement 106).
            page.extensions_mut().insert(LeadsOn);
            page.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            page
        }
    }
}

/// 303 (requirement 26); what it leads to is nobody's to keep, because it may hold a code.
pub(crate) fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(location) else {
        // Unreachable: every part of a location is percent-encoded or was registered in ASCII.
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    (
        StatusCode::SEE_OTHER,
        [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
    )
        .into_response()
}

/// What the page has of its document: the style sheet, the person's theme, the nonce of its script.
struct Look<'a> {
    style: &'a str,
    theme: &'a str,
    nonce: &'a str,
}

/// The page whose form is posted by itself; without a script, by its button (requirement 30).
fn form_page(look: &Look<'_>, origin: &str, action: &str, fields: &[(&str, String)]) -> String {
    let hidden = |(name, value): &(&str, String)| {
        format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value))
    };
    let fields: String = fields.iter().map(hidden).collect();
    let (style, theme, nonce) = (escaped(look.style), escaped(look.theme), escaped(look.nonce));
    let (origin, action) = (escaped(origin), escaped(action));
    format!(
        "<!DOCTYPE html><html lang=\"en\" data-theme=\"{theme}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Back to the app · Portico</title>\
         <link rel=\"stylesheet\" href=\"{style}\"></head><body><div class=\"alone\">\
         <header class=\"alone-top\"><span class=\"brand\"><svg class=\"sign\" viewBox=\"0 0 32 32\" \
         aria-hidden=\"true\">{SIGN}</svg>Portico</span></header><main class=\"alone-main\" id=\"main\">\
         <section class=\"card entry\"><div class=\"body\"><h1>Back to the app</h1>\
         <p>The answer is for <b class=\"origin\">{origin}</b>. It is sent there by itself; if nothing happens, press the \
         button.</p>\
         <form class=\"stack\" id=\"answer\" method=\"post\" action=\"{action}\">{fields}\
         <button class=\"button main-action wide\">Continue</button></form></div></section></main><footer class=\"alone-foot\"></footer></div>\
         <script nonce=\"{nonce}\">document.getElementById(\"answer\").submit()</script></body></html>"
    )
}

/// `text` inside an attribute or between tags.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // A form's reader makes one line break of several spellings; a reference keeps the one that was sent.
            '\r' => safe.push_str("&#13;"),
            '\n' => safe.push_str("&#10;"),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::{Look, escaped, form_page};

    #[test]
    fn req_030_what_a_client_sent_cannot_leave_its_attribute() {
        let fields = [("state", "\"><script>alert(1)</script>'&\r\n".to_owned())];
        let look = Look { style: "/s.css", theme: "", nonce: "n" };
        let page = form_page(&look, "https://a.example", "https://a.example/cb?x=\"y\"", &fields);
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert!(
            page.contains("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;&#13;&#10;\""),
            "{page}"
        );
        assert!(page.contains("action=\"https://a.example/cb?x=&quot;y&quot;\""), "{page}");
        assert_eq!(escaped("é 😀"), "é 😀");
    }
}
