//! `/apps/{id}/overview`: what it is called, how to connect it, how far it has come (PRODUCT A2, A13, section 5.1).

use std::collections::HashSet;

use domain::client::{ActorMode, AppGrants, AppStatus, ClientType, InstallStatus};
use domain::id::OrgId;
use domain::paths;
use domain::portal::{AppDetail, Checklist, Membership};
use domain::store::installs::InstallFilter;
use domain::token_policy::{LiveTokens, TokenPolicy};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::app_page::{open, tab_page};
use super::quickstart::{example, languages};
use super::review::review_card;
use super::test_install::{Target, TestInstall};
use crate::components::card::Card;
use crate::components::code_block::CodeBlock;
use crate::components::copy_button::CopyButton;
use crate::components::icon::{CHECK, Icon};
use crate::components::scope_list::ScopeList;
use crate::components::status::{Meaning, Status};
use crate::components::timestamp::When;
use crate::error::PortalError;
use crate::format::{percent_encoded, span_in_words};
use crate::pages::framed::{Framed, framed};
use crate::session::Developer;

/// The tab.
#[component]
pub fn Overview() -> impl IntoView {
    let language = use_query_map().read_untracked().get("lang").unwrap_or_default();
    framed(load(language))
}

async fn load(language: String) -> Result<Framed, PortalError> {
    let (developer, app) = open().await?;
    let settings = developer.store().settings();
    let issuer = settings.issuer.clone();
    let audience = settings.audiences.first().cloned().unwrap_or_default();
    let policy = settings.policies.of_app(&app.fields.token_policy, app.client_type);
    let review = developer.store().app_review(developer.org(), app.id).await?;
    let review = review_card(&app, review);
    let organization = installed_in(&developer, &app).await?;
    let ends = policy.access_seconds.is_some();
    let targets = targets(&developer, &app, &policy).await?;
    let test = matches!(app.status, AppStatus::Live | AppStatus::Draft).then(|| {
        let (client_id, draft) = (app.client_id.to_string(), app.status == AppStatus::Draft);
        view! { <TestInstall app=app.id client_id issuer=issuer.clone() targets ends draft/> }
    });
    let body = view! {
        <div class="columns">
            <div class="stack">
                <Connect app=app.clone() issuer=issuer.clone() organization/>
                <Quickstart app=app.clone() issuer audience language organization/>
                {test}
            </div>
            <div class="stack">
                {review}
                <GettingStarted app=app.clone()/>
                <Seen app=app.clone()/>
                <Facts app=app.clone() policy/>
            </div>
        </div>
    };
    tab_page(&developer, &app, "overview", body.into_any()).await
}

/// The organizations that the person may test in: the owner, and others that he administers; the owner first.
async fn targets(developer: &Developer, app: &AppDetail, policy: &TokenPolicy) -> Result<Vec<Target>, PortalError> {
    let here = developer.org();
    let mut memberships = developer.me().memberships.clone();
    memberships.retain(|membership| membership.organization.id == here || membership.role.administers_installs());
    memberships.sort_by_key(|membership| membership.organization.id != here);
    let in_use = match policy.live_tokens {
        LiveTokens::One => {
            let organizations = memberships.iter().map(|membership| membership.organization.id).collect();
            let in_use = developer.store().in_use(developer.org(), app.id, developer.user(), organizations).await;
            in_use.map_err(PortalError::internal)?
        }
        LiveTokens::Many => HashSet::new(),
    };
    let target = |membership: Membership| Target { in_use: in_use.contains(&membership.organization.id), membership };
    Ok(memberships.into_iter().map(target).collect())
}

/// An organization in whose name the app's own credentials get a token: its owner, where that installed it, or another.
async fn installed_in(developer: &Developer, app: &AppDetail) -> Result<Option<OrgId>, PortalError> {
    if !app.fields.grants.allows_client_credentials() {
        return Ok(None);
    }
    let active = InstallFilter { status: Some(InstallStatus::Active), ..InstallFilter::default() };
    let rows = developer.store().installs_of_app(developer.org(), app.id, active).await?.items;
    let places = rows.iter().filter(|row| row.actor == ActorMode::App).map(|row| row.organization.id);
    let places: Vec<_> = places.collect();
    Ok(places.iter().find(|id| **id == app.owner.id).or(places.first()).copied())
}

/// The addresses, each with a copy button.
#[component]
fn Connect(app: AppDetail, issuer: String, organization: Option<OrgId>) -> impl IntoView {
    // The credentials say nothing of an organization: each request for such a token names one.
    let organization = organization.map(|id| ("Organization ID", "Copy organization ID", id.to_string()));
    let mut facts = vec![("Client ID", "Copy client ID", app.client_id.to_string())];
    facts.extend(organization);
    facts.extend([
        ("Token URL", "Copy token URL", format!("{issuer}{}", paths::TOKEN)),
        ("Metadata", "Copy metadata URL", format!("{issuer}{}", paths::AUTHORIZATION_SERVER_METADATA)),
    ]);
    let rows = facts.into_iter().map(|(name, label, value)| {
        view! {
            <dt>{name}</dt>
            <dd><code class="value">{value.clone()}</code><CopyButton text=value label=label.to_owned()/></dd>
        }
    });
    let chooses_actor = app.fields.actor_modes == domain::client::ActorModes::Both
        && !app.scopes.iter().any(|scope| scope.scope.token.as_str() == "openid");
    let authorize = app.fields.grants.allows_code().then(|| {
        let url = authorization_url(&app, &issuer);
        let head = view! { <span class="code-name">"Authorization URL"</span> }.into_any();
        view! {
            <CodeBlock code=url.replace('?', "\n  ?").replace('&', "\n  &") copies=url label="Copy authorization URL" head/>
            <p class="soft small">"Replace "<code>"STATE"</code>" by a value that only this browser knows, and "<code>"CHALLENGE"</code>" by the PKCE challenge. Add "<code>"organization"</code>{chooses_actor.then(|| view! { " or "<code>"actor"</code> })}" to choose for the person."</p>
        }
    });
    view! {
        <Card title="Connect">
            <dl class="facts">{rows.collect_view()}</dl>
            {authorize}
        </Card>
    }
}

/// The authorization URL with everything that is known; `STATE` and `CHALLENGE` are for the app to fill in.
fn authorization_url(app: &AppDetail, issuer: &str) -> String {
    let mut url = format!("{issuer}{}?response_type=code&client_id={}", paths::AUTHORIZE, app.client_id);
    if let Some(first) = app.redirect_uris.first() {
        url.push_str(&format!("&redirect_uri={}", percent_encoded(&first.uri)));
    }
    if !app.scopes.is_empty() {
        let tokens: Vec<String> = app.scopes.iter().map(|scope| percent_encoded(scope.scope.token.as_str())).collect();
        url.push_str(&format!("&scope={}", tokens.join("%20")));
    }
    url.push_str("&state=STATE&code_challenge=CHALLENGE&code_challenge_method=S256");
    url
}

/// The example, in the language of the URL.
#[component]
fn Quickstart(
    app: AppDetail,
    issuer: String,
    audience: String,
    language: String,
    organization: Option<OrgId>,
) -> impl IntoView {
    let languages = languages(&app);
    let chosen = languages.iter().map(|(word, _)| *word).find(|word| *word == language).unwrap_or("curl");
    let links = languages.iter().map(|&(word, name)| {
        let href = format!("{}?lang={word}#quickstart", paths::app(app.id, "overview"));
        view! { <a href=href aria-current=(word == chosen).then_some("true")>{name}</a> }
    });
    let head = links.collect_view().into_any();
    let lead = if app.fields.grants.allows_code() {
        "The authorization code flow with PKCE, with the real ids of this app."
    } else {
        "A token by the app's own credentials, with the real ids of this app."
    };
    view! {
        <div id="quickstart">
            <Card title="Quickstart" lead>
                <CodeBlock code=example(chosen, &issuer, &audience, &app, organization) label="Copy example" head/>
            </Card>
        </div>
    }
}

/// How far the app has come, and the next step; hidden beside it, how far it is after a test install on this page.
#[component]
fn GettingStarted(app: AppDetail) -> impl IntoView {
    let Checklist { installed, .. } = app.checklist;
    let after = (!installed).then(|| steps(&app, Checklist { installed: true, ..app.checklist }, "after-test"));
    let (done, lines) = steps(&app, app.checklist, if installed { "" } else { "before-test" });
    let (after_done, after_lines) = after.unzip();
    let aside = view! { <span class="small soft">{done}{after_done}</span> }.into_any();
    view! { <Card title="Getting started" aside>{lines}{after_lines}</Card> }
}

/// How many steps are done, and the steps, each of the class `class`.
fn steps(app: &AppDetail, checklist: Checklist, class: &'static str) -> (AnyView, AnyView) {
    let Checklist { redirect_uri, secret, installed, called } = checklist;
    let page = |tab: &str| paths::app(app.id, tab);
    let secret_step =
        if app.client_type == ClientType::Public { "No secret needed: it is public" } else { "Secret in place" };
    let steps = [
        (true, "App registered", "", String::new()),
        (
            redirect_uri || !app.fields.grants.allows_code(),
            if app.fields.grants.allows_code() {
                "Redirect URI added"
            } else {
                "No redirect URI needed: nobody is sent anywhere"
            },
            "Add a redirect URI",
            page("redirect-uris"),
        ),
        (secret, secret_step, "Create a secret", page("credentials")),
        (
            installed,
            "First organization connected",
            "Try it in your organization",
            format!("{}#test-install", page("overview")),
        ),
        (called, "First API call", "See how to call the API", format!("{}#quickstart", page("overview"))),
    ];
    let done = steps.iter().filter(|(done, ..)| *done).count();
    let next = steps.iter().position(|(done, ..)| !done);
    let lines = steps.into_iter().enumerate().map(move |(index, (done, name, act, href))| {
        let now = next == Some(index);
        let (class, word) = match (done, now) {
            (true, _) => ("tick done", "Done: "),
            (false, true) => ("tick now", "Next: "),
            (false, false) => ("tick", "Later: "),
        };
        view! {
            <li>
                <span class=class>{done.then(|| view! { <Icon glyph=CHECK/> })}</span>
                <span>
                    <span class="visually-hidden">{word}</span>
                    <span class=if done || now { "" } else { "soft" }>{name}</span>
                    {now.then(|| view! { <a class="small" href=href>{act}</a> })}
                </span>
            </li>
        }
    });
    let count = view! { <span class=class>{format!("{done} of 5")}</span> }.into_any();
    (count, view! { <ol class=format!("steps {class}")>{lines.collect_view()}</ol> }.into_any())
}

/// What admins read before they install.
#[component]
fn Seen(app: AppDetail) -> impl IntoView {
    let empty = app.scopes.is_empty();
    let edit = paths::app(app.id, "scopes");
    let aside = view! { <a class="small" href=edit>"Change"</a> }.into_any();
    view! {
        <Card title="What it asks for" aside>
            {if empty {
                view! { <p class="soft">"No scopes yet: a token could only say whose it is."</p> }.into_any()
            } else {
                view! { <ScopeList scopes=app.scopes/> }.into_any()
            }}
        </Card>
    }
}

/// The rest.
#[component]
fn Facts(app: AppDetail, policy: TokenPolicy) -> impl IntoView {
    let kind = match app.client_type {
        ClientType::Confidential => "Confidential: keeps a secret",
        ClientType::Public => "Public: PKCE only",
    };
    let actor = match app.fields.actor_modes {
        domain::client::ActorModes::App => "Itself",
        domain::client::ActorModes::Myself => "The person who allows it",
        domain::client::ActorModes::Both => "Itself or the person, as each request says",
    };
    let grants = match app.fields.grants {
        AppGrants::AuthorizationCode => "People who allow it",
        AppGrants::ClientCredentials => "Its own credentials",
        AppGrants::Both => "People who allow it, or its own credentials",
    };
    let tokens = match policy.access_seconds {
        Some(seconds) => format!("End after {}", span_in_words(seconds)).into_any(),
        None => view! { <Status meaning=Meaning::Warn word="Never end"/> }.into_any(),
    };
    // Nobody is sent anywhere without a code.
    let pkce = app.fields.grants.allows_code().then(|| {
        view! { <dt>"PKCE"</dt><dd>{if app.fields.pkce_required { "Required" } else { "Accepted" }}</dd> }
    });
    view! {
        <Card title="Details">
            <dl class="facts narrow small">
                <dt>"Type"</dt><dd>{kind}</dd>
                <dt>"Acts as"</dt><dd>{actor}</dd>
                <dt>"Tokens by"</dt><dd>{grants}</dd>
                <dt>"Token policy"</dt><dd><code>{app.fields.token_policy}</code></dd>
                <dt>"Access tokens"</dt><dd>{tokens}</dd>
                {pkce}
                <dt>"Registered"</dt><dd><When at=app.created_at/></dd>
            </dl>
        </Card>
    }
}
