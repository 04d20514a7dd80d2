//! `/oauth/consent/{id}`: the organization picker, the consent page and the page of those who may not allow. Plain
//! HTML forms that post back to the same URL; no script (PRODUCT C1 to C4, C6; requirements 111, 116, 117).

use domain::client::ActorMode;
use domain::id::GrantId;
use domain::oauth::error::ErrorCode;
use domain::oauth::install::ABOUT_THE_PERSON;
use domain::paths;
use domain::portal::{AppScope, ConsentStep, ConsentView, NotPermitted, OrganizationChoice, OrganizationName};
use domain::review::host;
use domain::scope::Risk;
use domain::secret::{Interaction, Presented};
use domain::store::arrival::AccountChoice;
use domain::typed::MAX_LINE;
use http::request::Parts;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::framed::{ask_to_sign_in, id_in_path};
use super::problem::{ProblemPage, problem_of};
use super::search::with_query;
use crate::components::alert::{Notice, Tone};
use crate::components::csrf_field::CsrfField;
use crate::components::form_errors::FormErrors;
use crate::components::icon::{ARROW_LEFT_RIGHT, Icon};
use crate::components::layout::Alone;
use crate::components::mark::Mark;
use crate::components::scope_list::ScopeList;
use crate::components::status::{Meaning, Status};
use crate::cookies::{CookieNames, cookie};
use crate::error::{PortalError, set_status};
use crate::format::span_in_words;
use crate::forms::{FormProblem, Problem};
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
                    Ok(view) => consent(view).into_any(),
                    Err(PortalError::NotSignedIn) => ask_to_sign_in(),
                    Err(PortalError::NotFound) => view! { <ProblemPage problem=no_longer_open()/> }.into_any(),
                    Err(other) => view! { <ProblemPage problem=problem_of(&other)/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The pending grant, for the browser that started it and the person who is signed in there.
async fn load(change: bool) -> Result<ConsentView, PortalError> {
    let who = session::signed_in().await?;
    let grant: GrantId = id_in_path()?;
    let settings = who.store().settings();
    let parts = use_context::<Parts>().ok_or(PortalError::NotFound)?;
    let name = CookieNames::of(&settings.issuer).interaction(grant);
    let cookie = cookie(&parts.headers, &name).ok_or(PortalError::NotFound)?;
    let interaction = Presented::<Interaction>::parse(&settings.brand, cookie).map_err(|_| PortalError::NotFound)?;
    Ok(who.store().consent_view(grant, &interaction, who.user(), change).await?)
}

/// The page of a request that nobody here can answer.
pub fn no_longer_open() -> Problem {
    Problem {
        status: 404,
        title: "This request is no longer open".to_owned(),
        cause:
            "It was answered already, its ten minutes are over, or it began in another browser or with another account."
                .to_owned(),
        what_to_do: "Go back to the app and start again from there. Nothing was shared with it.".to_owned(),
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

fn consent(view: ConsentView) -> impl IntoView {
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
                    {step(&view)}
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

fn step(view: &ConsentView) -> AnyView {
    match &view.step {
        ConsentStep::Draft => draft(view).into_any(),
        ConsentStep::NoOrganization => no_organization(view).into_any(),
        ConsentStep::Pick { choices } => pick(view, choices).into_any(),
        ConsentStep::Decide { organization, scopes, left_out, others } => {
            decide(view, organization, scopes, left_out, *others).into_any()
        }
        ConsentStep::NotPermitted { organization, reason, ask, others } => {
            not_permitted(view, organization, *reason, ask, *others).into_any()
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

fn pick(view: &ConsentView, choices: &[OrganizationChoice]) -> impl IntoView + use<> {
    let here = paths::consent(view.id);
    let chosen = preselected(choices);
    let any = choices.iter().any(|choice| choice.not_permitted.is_none());
    let rows = choices.iter().map(|choice| choice_row(choice, chosen == Some(&choice.organization))).collect_view();
    view! {
        // Cancel belongs to a form of its own: Enter in the list continues.
        <form id="cancel" method="post" action=here.clone()>
            <CsrfField/>
        </form>
        <form class="stack" method="post" action=here>
            <CsrfField/>
            <fieldset class="choice-list">
                <legend>"Choose the organization that it will see"</legend>
                {rows}
            </fieldset>
            {(!any).then(|| view! { <p class="small">"You may not connect it to any of them. Choose one to see whom to ask."</p> })}
            <div class="decide">
                <button class="button" form="cancel" name="decision" value="deny">"Cancel"</button>
                <button class="button main-action" name="choose" value="1">"Continue"</button>
            </div>
        </form>
    }
}

/// The hinted organization, else the only permitted one: nothing else is chosen for the person.
fn preselected(choices: &[OrganizationChoice]) -> Option<&OrganizationName> {
    let mut permitted = choices.iter().filter(|choice| choice.not_permitted.is_none());
    if let Some(hinted) = choices.iter().find(|choice| choice.hinted) {
        return Some(&hinted.organization);
    }
    match (permitted.next(), permitted.next()) {
        (Some(only), None) => Some(&only.organization),
        _ => None,
    }
}

fn choice_row(choice: &OrganizationChoice, checked: bool) -> impl IntoView + use<> {
    let organization = choice.organization.clone();
    let note = match choice.not_permitted {
        Some(reason) => short_reason(reason).to_owned(),
        None => format!("You are {}", role_words(choice.role)),
    };
    view! {
        <label class="choice">
            <input type="radio" name="organization" value=organization.id.to_string() checked=checked required/>
            <Mark id=organization.id.to_string() name=organization.name.clone()/>
            <span class="choice-text">
                <b>{organization.name}</b>
                <span class="soft small">{note}</span>
            </span>
        </label>
    }
}

fn decide(
    view: &ConsentView,
    organization: &OrganizationName,
    scopes: &[AppScope],
    left_out: &[AppScope],
    others: bool,
) -> impl IntoView + use<> {
    let here = paths::consent(view.id);
    let (required, optional): (Vec<_>, Vec<_>) = scopes.iter().cloned().partition(|scope| scope.required);
    let typed = FormProblem::of_request();
    let reason = typed.value("reason");
    let optional = optional
        .into_iter()
        .map(|scope| {
            let checked =
                typed.fields.iter().any(|(name, token)| name == "scope" && token == scope.scope.token.as_str());
            optional_row(scope, checked)
        })
        .collect_view();
    let has_required = !required.is_empty();
    let has_optional = scopes.iter().any(|scope| !scope.required);
    view! {
        {has_required.then(|| view! {
            <div class="stack-s">
                <h2 class="minor">"It will be able to"</h2>
                <ScopeList scopes=required/>
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
                <textarea class="input" id="reason" name="reason" rows="2" maxlength=MAX_LINE>{reason}</textarea>
            </details>
            <div class="decide">
                <button class="button" name="decision" value="deny">"Cancel"</button>
                <button class="button main-action" name="decision" value="allow">"Allow"</button>
            </div>
        </form>
    }
}

/// What a scope does, why the maker wants it, and whether it needs a second thought.
fn scope_text(scope: AppScope) -> impl IntoView {
    let sensitive = scope.scope.risk == Risk::Sensitive;
    let purpose = (!scope.purpose.is_empty()).then(|| format!("“{}”", scope.purpose));
    view! {
        <span>
            {scope.scope.sentence}
            {sensitive.then(|| view! { " " <Status meaning=Meaning::Warn word="Sensitive"/> })}
            {purpose.map(|purpose| view! { <span class="purpose">{purpose}</span> })}
        </span>
    }
}

fn optional_row(scope: AppScope, checked: bool) -> impl IntoView {
    let token = scope.scope.token.to_string();
    view! {
        <label class="tick-row">
            <input type="checkbox" name="scope" value=token checked=checked/>
            {scope_text(scope)}
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
    format!("It learns this about you and nothing more, until you or an admin of {organization} disconnects it.")
}

fn actor_sentence(actor: ActorMode, organization: &str) -> String {
    match actor {
        ActorMode::App => format!("It acts as itself, until an admin of {organization} disconnects it."),
        ActorMode::Myself => {
            format!(
                "It acts as you, within your role in {organization}, until you or an admin of {organization} disconnects it."
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

fn not_permitted(
    view: &ConsentView,
    organization: &OrganizationName,
    reason: NotPermitted,
    ask: &[String],
    others: bool,
) -> impl IntoView + use<> {
    let here = paths::consent(view.id);
    let change = format!("{here}?change=1");
    let people = ask.iter().map(|person| view! { <li>{person.clone()}</li> }).collect_view();
    let has_people = !ask.is_empty();
    let whom = format!("Ask an owner or admin of {} to {}:", organization.name, remedy(reason));
    view! {
        <p>{long_reason(reason, &organization.name)}</p>
        {has_people.then(|| view! {
            <div class="stack-s">
                <h2 class="minor">"Whom to ask"</h2>
                <p>{whom}</p>
                <ul class="people">{people}</ul>
            </div>
        })}
        <p class="small soft">{format!("Nothing was shared with {}. When you return, it learns only that the request was not allowed: ", view.app.name)} <code class="value">{ErrorCode::AccessDenied.as_str()}</code> "."</p>
        <form class="stack-s" method="post" action=here>
            <CsrfField/>
            <input type="hidden" name="organization" value=organization.id.to_string()/>
            <button class="button main-action wide" name="decision" value="deny">"Return to app"</button>
        </form>
        {others.then(|| view! { <p class="small"><a href=change>"Choose another organization"</a></p> })}
    }
}

/// Why not, in one line of the picker.
const fn short_reason(reason: NotPermitted) -> &'static str {
    match reason {
        NotPermitted::NotLive => "May not test this draft",
        NotPermitted::Blocked => "Blocked this app",
        NotPermitted::NotOnAllowlist => "Installs only apps on its list",
        NotPermitted::OwnAppsOnly => "Installs only its own apps",
        NotPermitted::InstallSuspended => "Its install there is suspended",
        NotPermitted::AdminsInstall => "Only owners and admins install here",
        NotPermitted::AdminsFirst => "An admin has to install it first",
        NotPermitted::BeyondRole => "It asks for more than your role gives",
    }
}

/// Why not, in a sentence.
fn long_reason(reason: NotPermitted, organization: &str) -> String {
    match reason {
        NotPermitted::NotLive => {
            format!("This app is a draft, and {organization} is not one of the organizations that test it.")
        }
        NotPermitted::Blocked => {
            format!("{organization} has blocked this app. Nobody can connect it there, admins included.")
        }
        NotPermitted::NotOnAllowlist => {
            format!("{organization} installs only apps that are on its list, and this one is not on it.")
        }
        NotPermitted::OwnAppsOnly => format!("{organization} installs only apps that it makes itself."),
        NotPermitted::InstallSuspended => format!(
            "This app is installed in {organization} already, and that install is suspended. Once an owner or admin has revoked it, the app can be installed again."
        ),
        NotPermitted::AdminsInstall => {
            format!("This app acts as itself, and only owners and admins of {organization} install such an app.")
        }
        NotPermitted::AdminsFirst => format!(
            "In {organization}, an owner or admin has to install this app before members connect it to their own account."
        ),
        NotPermitted::BeyondRole => format!(
            "It asks for something that your role in {organization} does not give, and nobody grants what his own role does not have."
        ),
    }
}

/// What to ask for: the end of "Ask an owner or admin to ..".
const fn remedy(reason: NotPermitted) -> &'static str {
    match reason {
        NotPermitted::NotLive => "ask the people who make it for a test",
        NotPermitted::Blocked => "lift the block",
        NotPermitted::NotOnAllowlist => "put it on the list",
        NotPermitted::OwnAppsOnly => "change the install policy",
        NotPermitted::InstallSuspended => "revoke the suspended install under Installed apps",
        NotPermitted::AdminsInstall | NotPermitted::AdminsFirst | NotPermitted::BeyondRole => "install it",
    }
}

const fn role_words(role: domain::role::Role) -> &'static str {
    match role {
        domain::role::Role::Owner => "an owner",
        domain::role::Role::Admin => "an admin",
        domain::role::Role::Developer => "a developer",
        domain::role::Role::Member => "a member",
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

#[cfg(test)]
mod tests {
    use super::{host, is_loopback, lifetime_sentence, same_site};

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
