//! The consent page itself: what the app would see and do, and for how long (requirement 111).

use domain::client::ActorMode;
use domain::paths;
use domain::portal::{AppScope, ConsentView, OrganizationName, PresentInstall};
use domain::review::host;
use domain::scope::Risk;
use domain::typed::MAX_LINE;
use leptos::prelude::*;

use super::is_sign_in;
use crate::components::alert::{Notice, Tone};
use crate::components::csrf_field::CsrfField;
use crate::components::scope_list::{ScopeList, is_new};
use crate::components::status::{Meaning, Status};
use crate::components::timestamp::When;
use crate::format::{raw_text, span_in_words};
use crate::forms::FormProblem;

/// What the page asks, of [`ConsentStep::Decide`].
pub(super) struct Asked<'a> {
    pub(super) organization: &'a OrganizationName,
    pub(super) scopes: &'a [AppScope],
    pub(super) left_out: &'a [AppScope],
    pub(super) others: bool,
    pub(super) present: Option<&'a PresentInstall>,
}

pub(super) fn decide(view: &ConsentView, asked: Asked<'_>) -> impl IntoView + use<> {
    let Asked { organization, scopes, left_out, others, present } = asked;
    let granted = present.map(|present| present.scopes.clone());
    let here = paths::consent(view.id);
    let (required, optional): (Vec<_>, Vec<_>) = scopes.iter().cloned().partition(|scope| scope.required);
    let typed = FormProblem::of_request();
    let reason = typed.value("reason");
    let optional = optional
        .into_iter()
        .map(|scope| {
            let checked = typed.has("scope", scope.scope.token.as_str());
            let new = is_new(&scope, granted.as_ref());
            optional_row(scope, checked, new)
        })
        .collect_view();
    let has_required = !required.is_empty();
    let has_optional = scopes.iter().any(|scope| !scope.required);
    view! {
        {present.map(|present| installed_already(view, organization, present, has_optional))}
        {has_required.then(|| view! {
            <div class="stack-s">
                <h2 class="minor">"It will be able to"</h2>
                <ScopeList scopes=required granted/>
            </div>
        })}
        <form class="stack" method="post" action=here.clone()>
            <CsrfField/>
            <input type="hidden" name="organization" value=organization.id.to_string()/>
            {has_optional.then(|| view! {
                <fieldset class="optional-scopes">
                    <legend>"Only if you tick it"</legend>
                    {optional}
                </fieldset>
            })}
            {left_out_list(left_out, organization)}
            {sentences(view, organization, is_sign_in(view, scopes), others)}
            <details class="fold">
                <summary>"Add a note for the audit log"</summary>
                <label class="small soft" for="reason">"Why it is connected, for whoever reviews it later"</label>
                <textarea class="input" id="reason" name="reason" rows="2" maxlength=MAX_LINE>{raw_text(&reason)}</textarea>
            </details>
            <div class="decide">
                <button class="button" name="decision" value="deny">"Cancel"</button>
                <button class="button main-action" name="decision" value="allow">"Allow"</button>
            </div>
        </form>
    }
}

/// The app is here already: what becomes of what it has.
fn installed_already(
    view: &ConsentView,
    organization: &OrganizationName,
    present: &PresentInstall,
    chooses: bool,
) -> impl IntoView + use<> {
    let at = present.since;
    let since = format!("{} is installed in {} already (", view.app.name, organization.name);
    let token =
        if present.replaces { "a token that it has now ends, and the new one" } else { "it gets another token, which" };
    let ticked = if chooses { " and what you tick" } else { "" };
    let then = format!("If you allow it again, {token} may do what stands here{ticked}.");
    view! { <Notice tone=Tone::Info><p>{since} <When at/> "). " {then}</p></Notice> }
}

/// What a scope does, why the maker wants it, and whether it needs a second thought.
fn scope_text(scope: AppScope, new: bool) -> impl IntoView {
    let sensitive = scope.scope.risk == Risk::Sensitive;
    let purpose = (!scope.purpose.is_empty()).then(|| format!("“{}”", scope.purpose));
    view! {
        <span>
            {scope.scope.sentence}
            {new.then(|| view! { " " <span class="tag">"New"</span> })}
            {sensitive.then(|| view! { " " <Status meaning=Meaning::Warn word="Sensitive"/> })}
            {purpose.map(|purpose| view! { <span class="purpose">{purpose}</span> })}
        </span>
    }
}

fn optional_row(scope: AppScope, checked: bool, new: bool) -> impl IntoView {
    let token = scope.scope.token.to_string();
    view! {
        <label class="tick-row">
            <input type="checkbox" name="scope" value=token checked=checked/>
            {scope_text(scope, new)}
        </label>
    }
}

fn left_out_list(left_out: &[AppScope], organization: &OrganizationName) -> Option<impl IntoView + use<>> {
    let items = left_out.iter().map(|scope| view! { <li>{scope.scope.sentence.clone()}</li> }).collect_view();
    let sentence = format!("Your role in {} cannot grant this, so it is left out:", organization.name);
    (!left_out.is_empty()).then(|| {
        view! {
            <div class="left-out small">
                <p>{sentence}</p>
                <ul>{items}</ul>
            </div>
        }
    })
}

/// As whom it acts, for how long, and where the browser goes next.
fn sentences(
    view: &ConsentView,
    organization: &OrganizationName,
    sign_in: bool,
    others: bool,
) -> impl IntoView + use<> {
    let change = format!("{}?change=1", paths::consent(view.id));
    let elsewhere = homepage_elsewhere(view);
    let lifetime = lifetime_sentence(view.access_seconds, view.refreshes);
    let lifetime = match view.access_seconds {
        Some(_) => lifetime.into_any(),
        // What nothing ends but a person must not be overlooked.
        None => view! { <b>{lifetime}</b> }.into_any(),
    };
    let who_acts =
        if sign_in { sign_in_sentence(&organization.name) } else { actor_sentence(view.actor, &organization.name) };
    view! {
        <div class="stack-s small">
            <p class="soft">{who_acts} " " {lifetime}</p>
            <p class="soft">"You will be sent to " <b class="origin">{view.redirect_origin.clone()}</b> {on_this_device(view)}</p>
            {elsewhere.map(|sentence| view! { <Notice tone=Tone::Warn><p>{sentence}</p></Notice> })}
            {others.then(|| view! { <p><a href=change>"Choose another organization"</a></p> })}
        </div>
    }
}

fn sign_in_sentence(organization: &str) -> String {
    format!("It learns this about you and nothing more, until you or an admin of {organization} revokes it.")
}

fn actor_sentence(actor: ActorMode, organization: &str) -> String {
    match actor {
        ActorMode::App => format!("It acts as itself, until an admin of {organization} revokes it."),
        ActorMode::Myself => {
            format!(
                "It acts as you, within your role in {organization}, until you or an admin of {organization} revokes it."
            )
        }
    }
}

fn lifetime_sentence(access_seconds: Option<i64>, refreshes: bool) -> String {
    match access_seconds.map(span_in_words) {
        Some(span) if refreshes => format!("Each of its access tokens works for {span}, and it renews them by itself."),
        Some(span) => format!("Its access ends after {span}; then it has to come back here."),
        None => "Its access does not expire by itself: it ends when somebody ends it.".to_owned(),
    }
}

fn is_loopback(origin: &str) -> bool {
    matches!(host(origin).as_str(), "localhost" | "127.0.0.1" | "[::1]")
}

fn on_this_device(view: &ConsentView) -> &'static str {
    if is_loopback(&view.redirect_origin) { ", a program on this device." } else { "." }
}

/// PRODUCT C8: the homepage is what the maker says, the redirect origin is what the browser does.
fn homepage_elsewhere(view: &ConsentView) -> Option<String> {
    let homepage = host(view.homepage.as_deref()?);
    let same = same_site(&homepage, &host(&view.redirect_origin));
    (!same && !is_loopback(&view.redirect_origin))
        .then(|| format!("That is another site than {homepage}, which the app names as its own."))
}

/// Whether two hosts are the same, or one lies under the other. Under a host without a dot, such as `com`, lie sites of
/// everybody.
fn same_site(one: &str, other: &str) -> bool {
    // The root's own dot belongs to no name.
    let (one, other) = (one.trim_end_matches('.'), other.trim_end_matches('.'));
    let under = |host: &str, parent: &str| {
        parent.contains('.') && host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'))
    };
    one == other || under(one, other) || under(other, one)
}

#[cfg(test)]
mod tests {
    use domain::review::host;

    use super::{is_loopback, lifetime_sentence, same_site};

    #[test]
    fn req_111_the_lifetime_is_said_in_words() {
        assert!(lifetime_sentence(Some(86_400), true).contains("24 hours, and it renews them by itself"));
        assert!(lifetime_sentence(Some(864_000), false).contains("ends after 10 days"));
        assert!(lifetime_sentence(None, false).contains("does not expire"));
    }

    #[test]
    fn req_111_the_host_is_what_stands_between_scheme_and_path() {
        for (url, shown) in [
            ("https://a.example/x?y", "a.example"),
            ("https://a.example", "a.example"),
            ("https://A.Example:8443/", "a.example"),
            ("https://b\u{fc}cher.example", "xn--bcher-kva.example"),
            ("https://bank.example@evil.example/", "evil.example"),
            ("com.example.app:", "com.example.app:"),
        ] {
            assert_eq!(host(url), shown, "{url}");
        }
        for (origin, loopback) in [
            ("http://127.0.0.1:8080", true),
            ("http://localhost:8080", true),
            ("http://[::1]:1", true),
            ("https://127.0.0.1.evil.example", false),
            ("https://localhost.evil.example", false),
        ] {
            assert_eq!(is_loopback(origin), loopback, "{origin}");
        }
    }

    #[test]
    fn a_homepage_is_of_the_same_site_by_its_host_and_not_by_its_spelling() {
        for (homepage, target, same) in [
            ("https://Example.com", "https://example.com", true),
            ("https://example.com:443/about", "https://example.com:8443", true),
            ("https://example.com.", "https://example.com", true),
            ("https://b\u{fc}cher.example", "https://xn--bcher-kva.example", true),
            ("https://www.example.com", "https://example.com", true),
            ("https://example.com", "https://app.example.com", true),
            ("https://example.com", "https://badexample.com", false),
            ("https://example.com", "https://example.com.evil.example", false),
            ("https://app.example.com", "https://www.example.com", false),
            ("https://com", "https://evil.com", false),
            ("https://com.", "https://evil.com.", false),
            ("https://bank.example@evil.example", "https://bank.example", false),
            ("https://example.com", "com.example.app:", false),
        ] {
            assert_eq!(same_site(&host(homepage), &host(target)), same, "{homepage} and {target}");
        }
    }
}
