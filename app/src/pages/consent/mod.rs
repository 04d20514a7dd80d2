//! `/oauth/consent/{id}`: the organization picker, the consent page and the page of those who may not allow. Plain
//! HTML forms that post back to the same URL; no script (PRODUCT C1 to C4, C6; requirements 111, 116, 117).

mod decide;
mod not_permitted;
mod picker;

use domain::client::ActorMode;
use domain::id::GrantId;
use domain::oauth::error::ErrorCode;
use domain::oauth::install::ABOUT_THE_PERSON;
use domain::paths;
use domain::portal::{AppScope, ConsentStep, ConsentView, Membership};
use domain::review::host;
use domain::secret::{Interaction, Presented};
use domain::store::arrival::AccountChoice;
use domain::store::{Settings, Store};
use http::request::Parts;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use self::decide::{Asked, decide};
use self::not_permitted::{Whom, not_permitted};
use self::picker::pick;
use super::framed::{ask_to_sign_in, id_in_path};
use super::problem::{ProblemPage, problem_of};
use super::search::with_query;
use crate::components::alert::{Notice, Tone};
use crate::components::csrf_field::CsrfField;
use crate::components::form_errors::FormErrors;
use crate::components::icon::{ARROW_LEFT_RIGHT, Icon};
use crate::components::layout::Alone;
use crate::components::mark::Mark;
use crate::components::status::{Meaning, Status};
use crate::cookies::{CookieNames, cookie};
use crate::error::{PortalError, set_status};
use crate::forms::Problem;
use crate::session;

/// The page of one pending grant.
#[component]
pub fn Consent() -> impl IntoView {
    if let Some(choice) = use_context::<AccountChoice>() {
        return select_account(choice).into_any();
    }
    let change = use_query_map().read_untracked().get("change").is_some();
    view! {
        <Suspense>
            {Suspend::new(async move {
                match load(change).await {
                    Ok((view, memberships)) => consent(view, memberships).into_any(),
                    Err(PortalError::NotSignedIn) => ask_to_sign_in(),
                    Err(PortalError::NotFound) => view! { <ProblemPage problem=no_longer_open()/> }.into_any(),
                    Err(other) => view! { <ProblemPage problem=problem_of(&other)/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The pending grant, for the browser that started it and the person who is signed in there, and what he is where.
async fn load(change: bool) -> Result<(ConsentView, Vec<Membership>), PortalError> {
    let who = session::signed_in().await?;
    let grant: GrantId = id_in_path()?;
    let settings = who.store().settings();
    let interaction = interaction(settings, grant).ok_or(PortalError::NotFound)?;
    let view = who.store().consent_view(grant, &interaction, who.user(), change).await?;
    Ok((view, who.me().memberships.clone()))
}

/// What the browser holds of the pending grant that it started.
fn interaction(settings: &Settings, grant: GrantId) -> Option<Presented<Interaction>> {
    let parts = use_context::<Parts>()?;
    let name = CookieNames::of(&settings.issuer).interaction(grant);
    Presented::<Interaction>::parse(&settings.brand, cookie(&parts.headers, &name)?).ok()
}

/// The app whose request goes on at `next`, where this browser started it.
pub(super) async fn app_that_asks(next: &str) -> Option<String> {
    let grant = paths::grant_of(next)?;
    let store = use_context::<Store>()?;
    let interaction = interaction(store.settings(), grant)?;
    // A page for signing in comes without a name rather than not at all.
    store.app_that_asks(grant, &interaction).await.ok().flatten()
}

/// The page of a request that nobody here can answer.
pub fn no_longer_open() -> Problem {
    Problem {
        status: 404,
        title: "This request is no longer open".to_owned(),
        cause:
            "It was answered already, its ten minutes are over, it began in another browser or with another account, or many \
             others began at your address before anybody had signed in."
                .to_owned(),
        what_to_do: "Go back to the app and start again from there. If you allowed it before, what you allowed stands under My apps, or under Installed apps of your organization.".to_owned(),
        error_code: Some(ErrorCode::InvalidRequest.as_str().to_owned()),
    }
}

/// `prompt=select_account`: this account, or another one.
fn select_account(choice: AccountChoice) -> impl IntoView {
    let here = paths::consent(choice.grant);
    let another = with_query(paths::SIGN_IN, &[("next", &here), ("again", "1")]);
    let title = format!("Which account for {}?", choice.app);
    view! {
        <Alone title=title.clone()>
            <section class="card entry">
                <div class="body">
                    <h1>{title}</h1>
                    <p>{format!("You are signed in as {} ({}).", choice.person, choice.email)}</p>
                    <form class="stack" method="post" action=here>
                        <CsrfField/>
                        <button class="button main-action wide" name="account" value="keep">{format!("Continue as {}", choice.person)}</button>
                        <a class="button wide" href=another>"Use another account"</a>
                        <button class="button slight wide" name="decision" value="deny">"Cancel"</button>
                    </form>
                </div>
            </section>
        </Alone>
    }
}

fn consent(view: ConsentView, memberships: Vec<Membership>) -> impl IntoView {
    let title = title(&view);
    let organization = match &view.step {
        ConsentStep::Decide { organization, .. } | ConsentStep::NotPermitted { organization, .. } => {
            Some(organization.clone())
        }
        ConsentStep::Draft | ConsentStep::NoOrganization | ConsentStep::Pick { .. } => None,
    };
    let app = view.app.clone();
    view! {
        <Alone title=title.clone()>
            <section class="card consent">
                <div class="body">
                    <div class="pair">
                        <Mark id=app.id.to_string() name=app.name.clone() logo=app.logo.clone() large=true/>
                        {organization.map(|organization| view! {
                            <Icon glyph=ARROW_LEFT_RIGHT/>
                            <Mark id=organization.id.to_string() name=organization.name large=true/>
                        })}
                    </div>
                    <header class="consent-head">
                        <h1>{title}</h1>
                        {maker(&view)}
                    </header>
                    <FormErrors/>
                    {hint_missed(&view)}
                    {step(&view, &memberships)}
                    {details(&view)}
                </div>
            </section>
            <p class="small soft">{format!("Signed in as {} ({}).", view.person, view.email)}</p>
            {(view.step != ConsentStep::Draft).then(|| other_account(&view))}
        </Alone>
    }
}

fn title(view: &ConsentView) -> String {
    let app = &view.app.name;
    match &view.step {
        ConsentStep::Draft => format!("{app} is not live yet"),
        ConsentStep::NoOrganization => format!("{app} needs an organization"),
        ConsentStep::Pick { .. } => format!("Where should {app} work?"),
        ConsentStep::Decide { organization, scopes, .. } if is_sign_in(view, scopes) => {
            format!("Sign in to {app} as a member of {}", organization.name)
        }
        ConsentStep::Decide { organization, .. } => match view.actor {
            ActorMode::App => format!("{app} wants to work in {}", organization.name),
            ActorMode::Myself => format!("{app} wants to act as you in {}", organization.name),
        },
        ConsentStep::NotPermitted { organization, .. } => format!("You cannot connect {app} to {}", organization.name),
    }
}

/// Whether the app only wants to know who the person is: OpenID Connect and nothing else.
fn is_sign_in(view: &ConsentView, scopes: &[AppScope]) -> bool {
    let about_the_person = |scope: &AppScope| ABOUT_THE_PERSON.contains(&scope.scope.token.as_str());
    view.actor == ActorMode::Myself && scopes.iter().all(about_the_person)
}

/// The request is this person's from the moment at which he opened it, so nobody else can answer it here.
fn other_account(view: &ConsentView) -> impl IntoView + use<> {
    let here = paths::consent(view.id);
    let sign_out = with_query(paths::SIGN_OUT, &[("next", &here)]);
    let why = format!(
        "This request belongs to {} now, and another account cannot answer it. Return to the app, sign out here, and start again from the app.",
        view.email
    );
    view! {
        <details class="fold">
            <summary>"Use another account"</summary>
            <form class="stack-s" method="post" action=here>
                <CsrfField/>
                <p class="small soft">{why}</p>
                <div><button class="button slight" name="decision" value="deny">"Return to app"</button></div>
                <p class="small"><a href=sign_out>"Sign out"</a></p>
            </form>
        </details>
    }
}

/// Who made the app, and where to read about it.
fn maker(view: &ConsentView) -> impl IntoView + use<> {
    let homepage = view.homepage.clone().map(|url| {
        let shown = host(&url);
        view! { " · " <a href=url rel="noopener noreferrer">{shown}</a> }
    });
    let badge = view.approved.map(|approved| {
        let (meaning, word) = reviewed(approved);
        view! { <p><Status meaning word/></p> }
    });
    view! {
        <p class="soft small">{format!("Made by {}", view.owner.name)} {homepage}</p>
        {badge}
    }
}

/// Where apps are reviewed, whether somebody looked at the name and the makers of this one (requirement 111).
const fn reviewed(approved: bool) -> (Meaning, &'static str) {
    if approved { (Meaning::Good, "Reviewed by this site") } else { (Meaning::Warn, "Not reviewed by this site") }
}

/// The request names an organization that is not one of the choices. Which of the reasons it is stays untold: strangers
/// learn of no organization that it exists.
fn hint_missed(view: &ConsentView) -> Option<impl IntoView + use<>> {
    let asks =
        matches!(view.step, ConsentStep::Pick { .. } | ConsentStep::Decide { .. } | ConsentStep::NotPermitted { .. });
    let sentence = format!(
        "{} asks for an organization that is not known here, that you are not a member of, or where it is not live yet. Check which one you connect it to instead.",
        view.app.name
    );
    (asks && view.hint_missed).then(|| view! { <Notice tone=Tone::Warn><p>{sentence}</p></Notice> })
}

fn step(view: &ConsentView, memberships: &[Membership]) -> AnyView {
    match &view.step {
        ConsentStep::Draft => draft(view).into_any(),
        ConsentStep::NoOrganization => no_organization(view).into_any(),
        ConsentStep::Pick { choices } => pick(view, choices).into_any(),
        ConsentStep::Decide { organization, scopes, left_out, others, present } => {
            let asked = Asked { organization, scopes, left_out, others: *others, present: present.as_ref() };
            decide(view, asked).into_any()
        }
        ConsentStep::NotPermitted { organization, reason, ask, others } => {
            let mut memberships = memberships.iter();
            let here = memberships.find(|membership| membership.organization.id == organization.id);
            let whom = Whom::of(here.map(|membership| membership.role), ask, &view.email);
            not_permitted(view, organization, *reason, whom, *others).into_any()
        }
    }
}

/// Nothing leaves: who may not test a draft gets this page, and the app gets no answer (PROTOCOL section 1, *Approval*).
fn draft(view: &ConsentView) -> impl IntoView + use<> {
    set_status(http::StatusCode::FORBIDDEN);
    let who = format!(
        "It is a draft: only {} and the organizations that test it can connect it. You are not a member of any of them.",
        view.owner.name
    );
    view! {
        <p>{who}</p>
        <p class="small soft">"Nothing was shared, and the app was told nothing. If you are to test it, ask the people who make it, and quote "<code class="value">{ErrorCode::UnauthorizedClient.as_str()}</code>"."</p>
    }
}

fn no_organization(view: &ConsentView) -> impl IntoView + use<> {
    let here = paths::consent(view.id);
    let make = with_query(paths::NEW_ORGANIZATION, &[("next", &here)]);
    view! {
        <p>"An app is installed in an organization, and you are not a member of one yet. Create one, and you come back to this page."</p>
        <p class="small soft">{format!("Nothing was shared with {}. When you cancel, it learns only that the request was not allowed: ", view.app.name)} <code class="value">{ErrorCode::AccessDenied.as_str()}</code> "."</p>
        <form class="decide" method="post" action=here>
            <CsrfField/>
            <button class="button" name="decision" value="deny">"Cancel"</button>
            <a class="button main-action" href=make>"Create an organization"</a>
        </form>
    }
}

/// For developers: the same facts in the words of the protocol.
fn details(view: &ConsentView) -> impl IntoView + use<> {
    let scopes = match &view.step {
        ConsentStep::Decide { scopes, .. } => {
            scopes.iter().map(|scope| scope.scope.token.as_str()).collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    };
    let has_scopes = !scopes.is_empty();
    view! {
        <details class="fold">
            <summary>"Technical details"</summary>
            <dl class="facts small">
                <dt>"Client ID"</dt>
                <dd><code class="value">{view.client_id.to_string()}</code></dd>
                {has_scopes.then(|| view! { <dt>"Scopes"</dt> <dd><code class="value">{scopes}</code></dd> })}
                <dt>"Actor"</dt>
                <dd><code class="value">{view.actor.as_str()}</code></dd>
                <dt>"Redirects to"</dt>
                <dd><code class="value">{view.redirect_origin.clone()}</code></dd>
                {view.support_email.clone().map(|email| {
                    let href = format!("mailto:{email}");
                    view! { <dt>"Support"</dt> <dd><a class="value" href=href>{email}</a></dd> }
                })}
            </dl>
        </details>
    }
}
