//! What an app may be: the rules of its form, for a new one and for a change. Each problem names its field.

use super::app_parts;
use super::{Actor, By, Settings};
use crate::client::{ActorMode, ActorModes, AppGrants, ClientType};
use crate::entity::app;
use crate::oauth::openid::OPENID;
use crate::portal::{AppFields, NewApp, ScopeChoice};
use crate::redirect_uri::RedirectUri;
use crate::scope::Catalogue;
use crate::typed::{MAX_LINE, MAX_NAME, deceives, is_email};

/// The longest homepage, in bytes, as a URL is written.
const MAX_HOMEPAGE: usize = 2000;

/// Fields (`name`, `redirect_uris.0` ..) and what is wrong with each.
type Problems = Vec<(String, String)>;

fn problem(problems: &mut Problems, field: &str, text: impl Into<String>) {
    problems.push((field.to_owned(), text.into()));
}

/// The addresses of a new app, read.
#[derive(Debug)]
pub(super) struct Addresses {
    pub(super) redirect: Vec<RedirectUri>,
    pub(super) post_logout: Vec<RedirectUri>,
}

/// The addresses of a new app, or what is wrong with it.
pub(super) fn new(new: &NewApp, catalogue: &Catalogue, settings: &Settings, by: &By) -> Result<Addresses, Problems> {
    let mut problems = Problems::new();
    name(&mut problems, &new.name, &new.description);
    contact(&mut problems, new.homepage.as_deref(), new.support_email.as_deref());
    let redirect = uris(&mut problems, "redirect_uris", &new.redirect_uris);
    let post_logout = uris(&mut problems, "post_logout_redirect_uris", &new.post_logout_redirect_uris);
    if new.redirect_uris.is_empty() && new.grants.allows_code() {
        problem(&mut problems, "redirect_uris", "Register at least one redirect URI.");
    }
    problems.extend(app_parts::scope_problems(&new.scopes, catalogue));
    problems.extend(about_a_person(&new.scopes, new.grants, new.actor_modes));
    let protocol = Protocol {
        client_type: new.auth_method.client_type(),
        pkce_required: new.pkce_required,
        actor_modes: new.actor_modes,
        grants: new.grants,
        token_policy: &new.token_policy,
        present_policy: None,
    };
    protocol.judge(&mut problems, settings, by);
    if problems.is_empty() { Ok(Addresses { redirect, post_logout }) } else { Err(problems) }
}

/// `openid` is about a person (PROTOCOL section 1, *Actor modes*): an app that never acts as one could not ask for it. What
/// is wrong with `scopes` in that.
pub(super) fn about_a_person(
    scopes: &[ScopeChoice],
    grants: AppGrants,
    actors: ActorModes,
) -> Option<(String, String)> {
    let row = scopes.iter().position(|choice| choice.token.as_str() == OPENID)?;
    let text = "openid is about a person: choose that people consent, and that the app acts as the person.";
    (!signs_people_in(grants, actors)).then(|| (format!("scopes.{row}"), text.to_owned()))
}

/// Whether an app can act as the person who consents.
const fn signs_people_in(grants: AppGrants, actors: ActorModes) -> bool {
    grants.allows_code() && actors.allows(ActorMode::Myself)
}

/// What an app is before a change.
pub(super) struct Present<'a> {
    pub(super) row: &'a app::Model,
    /// Whether it has a redirect URI.
    pub(super) addressed: bool,
    /// Whether it asks for `openid`, or would once an operator approves.
    pub(super) openid: bool,
}

/// What is wrong with a change.
pub(super) fn changed(fields: &AppFields, present: &Present<'_>, settings: &Settings, by: &By) -> Result<(), Problems> {
    let mut problems = Problems::new();
    name(&mut problems, &fields.name, &fields.description);
    contact(&mut problems, fields.homepage.as_deref(), fields.support_email.as_deref());
    if fields.grants.allows_code() && !present.addressed && !present.row.grants.allows_code() {
        problem(&mut problems, "grants", "People have to come back somewhere: register a redirect URI first.");
    }
    let before = signs_people_in(present.row.grants, present.row.actor_modes);
    if present.openid && before && !signs_people_in(fields.grants, fields.actor_modes) {
        let field = if fields.grants.allows_code() { "actor_modes" } else { "grants" };
        problem(&mut problems, field, "The app asks for openid, which is about a person: take that scope away first.");
    }
    let protocol = Protocol {
        client_type: present.row.auth_method.client_type(),
        pkce_required: fields.pkce_required,
        actor_modes: fields.actor_modes,
        grants: fields.grants,
        token_policy: &fields.token_policy,
        present_policy: Some(&present.row.token_policy),
    };
    protocol.judge(&mut problems, settings, by);
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// The choices that the protocol binds to each other.
struct Protocol<'a> {
    client_type: ClientType,
    pkce_required: bool,
    actor_modes: ActorModes,
    grants: AppGrants,
    token_policy: &'a str,
    /// The policy that the app has: it may be kept when it is no longer offered.
    present_policy: Option<&'a str>,
}

impl Protocol<'_> {
    fn judge(&self, problems: &mut Problems, settings: &Settings, by: &By) {
        let public = self.client_type == ClientType::Public;
        if public && !self.pkce_required {
            problem(problems, "pkce_required", "A public app always needs PKCE.");
        }
        if public && self.grants.allows_client_credentials() {
            let text = "A public app has no credentials of its own: only people can give it tokens.";
            problem(problems, "grants", text);
        } else if self.grants.allows_client_credentials() && !self.actor_modes.allows(ActorMode::App) {
            let text = "With its own credentials an app acts as itself: choose \u{201c}The app itself\u{201d} or \
                        \u{201c}Either\u{201d} as well.";
            problem(problems, "grants", text);
        }
        self.policy(problems, settings, by);
    }

    /// Partners choose among what is offered, and keep what they have; the command line may choose any policy.
    fn policy(&self, problems: &mut Problems, settings: &Settings, by: &By) {
        let policies = &settings.policies;
        let kept = self.present_policy == Some(self.token_policy);
        let field = "token_policy";
        match policies.get(self.token_policy) {
            // One that the configuration no longer has works as `standard`.
            None if kept => {}
            None => {
                let names: Vec<_> = policies.all().iter().map(|policy| policy.name.as_str()).collect();
                let known = names.join(", ");
                problem(
                    problems,
                    field,
                    format!("There is no token policy {:?}; there are {known}.", self.token_policy),
                );
            }
            Some(policy) if !policy.fits(self.client_type) => {
                let text = "This token policy is for confidential apps: its refresh token stays the same, and a public \
                            app has no secret that would protect it.";
                problem(problems, field, text);
            }
            Some(policy) => {
                let operator = matches!(by.actor, Actor::Operator);
                if !kept && !operator && !policies.is_offered(&policy.name) {
                    problem(problems, field, "This token policy is not offered here any more.");
                }
            }
        }
    }
}

fn name(problems: &mut Problems, name: &str, description: &str) {
    match name.trim().chars().count() {
        0 => problem(problems, "name", "Give the app a name."),
        1..=MAX_NAME => {}
        _ => problem(problems, "name", format!("A name has at most {MAX_NAME} characters.")),
    }
    if name.chars().any(char::is_control) || deceives(name) {
        problem(problems, "name", "A name holds no control characters, and none that cannot be seen.");
    }
    if description.trim().chars().count() > MAX_LINE {
        problem(problems, "description", format!("A description has at most {MAX_LINE} characters."));
    }
}

fn contact(problems: &mut Problems, homepage: Option<&str>, support_email: Option<&str>) {
    let given = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    if let Some(homepage) = given(homepage) {
        match url::Url::parse(&homepage) {
            Ok(url) if url.as_str().len() > MAX_HOMEPAGE => {
                problem(problems, "homepage", format!("A homepage has at most {MAX_HOMEPAGE} letters as it is sent."));
            }
            Ok(url) if matches!(url.scheme(), "http" | "https") => {
                if url.password().is_some() || !url.username().is_empty() || homepage.contains(char::is_control) {
                    problem(
                        problems,
                        "homepage",
                        "A homepage holds no user name, no password and no control character.",
                    );
                }
            }
            _ => problem(problems, "homepage", "A homepage begins with https:// or http://."),
        }
    }
    // Pages make a `mailto:` of it.
    let mail = |text: &str| {
        let dotted = text.split_once('@').is_some_and(|(_, host)| host.contains('.'));
        dotted && is_email(text) && !text.contains(['"', '?', '&'])
    };
    if given(support_email).is_some_and(|text| !mail(&text)) {
        problem(problems, "support_email", "This is not an e-mail address.");
    }
}

fn uris(problems: &mut Problems, field: &str, rows: &[String]) -> Vec<RedirectUri> {
    app_parts::parse_uris(rows).unwrap_or_else(|bad| {
        problems.extend(bad.into_iter().map(|(row, text)| (format!("{field}.{row}"), text)));
        Vec::new()
    })
}
