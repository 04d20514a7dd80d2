//! `/apps/new`: the wizard: name, type, redirect URIs, scopes, and the secret once (PRODUCT A1 to A7).

use domain::client::ClientType;
use domain::id::OrgId;
use domain::portal::{CreatedApp, NewApp as NewAppForm, ScopeLines};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::redirect_uris::{Rows, at_rows};
#[cfg(feature = "ssr")]
use super::scopes::by_token;
use crate::csrf::CsrfClient;
use crate::error::PortalError;

/// Registers an app of the current organization, which is `organization` where the page says so: an app never moves. The
/// answer is the only one that holds its first secret.
#[server(prefix = "/fn", endpoint = "apps/create", client = CsrfClient)]
pub async fn create_app(
    organization: Option<OrgId>,
    client_type: ClientType,
    fields: NewAppForm,
    uris: Vec<String>,
    scopes: ScopeLines,
    accepted_terms: Option<String>,
) -> Result<CreatedApp, PortalError> {
    crate::error::answer(async {
        let developer = crate::session::developer().await?;
        if organization.is_some_and(|shown| shown != developer.org()) {
            let here = &developer.organization().name;
            return Err(PortalError::conflict(format!(
                "Nothing was registered: in this browser you are in {here} now. Switch back in another tab and send this \
                 again, or reload the page to register the app for {here}."
            )));
        }
        let scopes = scopes.chosen();
        let sent: Vec<_> = scopes.iter().map(|choice| choice.token.clone()).collect();
        let Rows { uris, numbers } = Rows::of(uris);
        let app = NewAppForm { redirect_uris: uris, scopes, accepted_terms, ..of_type(client_type, fields) };
        let result = developer.store().create_app(developer.by(), developer.org(), app).await;
        let made = result.map_err(|problem| at_rows(by_token(problem, &sent), &numbers))?;
        if made.secret.is_none() {
            // Nothing is shown once: the app's page comes next.
            let said = "The app is registered. It is public, so it has no secret.";
            crate::session::say(crate::session::Said::good(said)).await;
        }
        Ok(made)
    })
    .await
}

/// What a public app cannot choose is out of sight in the form, and whatever stands there means nothing.
#[cfg(feature = "ssr")]
fn of_type(client_type: ClientType, fields: NewAppForm) -> NewAppForm {
    use domain::client::{AppGrants, AuthMethod};

    match client_type {
        ClientType::Confidential => fields,
        ClientType::Public => NewAppForm {
            auth_method: AuthMethod::None,
            grants: AppGrants::AuthorizationCode,
            pkce_required: true,
            ..fields
        },
    }
}

#[cfg(feature = "ssr")]
pub use page::*;

#[cfg(feature = "ssr")]
mod page {
    use domain::jwt::SigningAlgorithm;
    use domain::paths;
    use domain::policy_document::PolicyDocument;
    use domain::scope::CatalogueScope;
    use domain::store::AppReview;
    use domain::typed::{MAX_LINE, MAX_NAME};
    use leptos::prelude::*;

    use crate::components::csrf_field::CsrfField;
    use crate::components::field::{Field, RadioCard, TextArea};
    use crate::components::layout::Section;
    use crate::components::page_header::{Crumb, PageHeader};
    use crate::error::PortalError;
    use crate::pages::apps::form::{AppForm, Task};
    use crate::pages::apps::needs_script;
    use crate::pages::apps::policy::{Choice, PolicyChoice, for_a_new_app};
    use crate::pages::apps::protocol::{ActorChoice, AlgorithmChoice, GrantChoice, PkceCheck, SecretPlace};
    use crate::pages::apps::review::accept_terms;
    use crate::pages::apps::scope_picker::ScopePicker;
    use crate::pages::apps::uri_rows::{REDIRECT_URI, UriRows};
    use crate::pages::framed::{Framed, framed};
    use crate::session::{Developer, developer};

    /// The wizard's page.
    #[component]
    pub fn NewApp() -> impl IntoView {
        framed(load())
    }

    async fn load() -> Result<Framed, PortalError> {
        let developer = developer().await?;
        let catalogue = developer.store().catalogue().await.map_err(PortalError::internal)?.0;
        let issuer = developer.store().settings().issuer.clone();
        let begins = match developer.store().settings().app_review {
            AppReview::Off => "",
            AppReview::BeforeLive => " It begins as a draft, which you submit for review when it is ready.",
        };
        let lead = format!("{} will own it.{begins}", developer.organization().name);
        let policies = &developer.store().settings().policies;
        // What stands in the form at first is that of the policy which is chosen at first.
        let first = PolicyDocument::of_policy(policies.first_choice());
        let policies = for_a_new_app(policies);
        let (at_once, organization) = (at_once(&developer), developer.org().to_string());
        // Where apps are reviewed, they are accepted with the submission.
        let settings = developer.store().settings();
        let terms = settings.terms.clone().filter(|_| settings.app_review == AppReview::Off);
        let page = view! {
            <PageHeader title="New app" lead crumbs=vec![Crumb::new(paths::APPS, "Apps")]/>
            {needs_script()}
            <div class="wizard">
                <AppForm task=Task::Create label="Register app".to_owned() danger=false>
                    <CsrfField/>
                    <input type="hidden" name="issuer" value=issuer/>
                    <input type="hidden" name="organization" value=organization/>
                    <Steps catalogue policies first at_once/>
                    {terms.map(|terms| view! { <section class="card step"><div class="body">{accept_terms(terms)}</div></section> })}
                </AppForm>
            </div>
        };
        Ok(Framed::new(&developer, Section::Apps, "New app", page))
    }

    /// What becomes of an app that nobody needs to allow.
    fn at_once(developer: &Developer) -> String {
        let organization = &developer.organization().name;
        if developer.role().administers_installs() {
            format!("With its own credentials alone, it is installed into {organization} as soon as it is registered.")
        } else {
            format!(
                "With its own credentials alone, it has no token until it is installed into {organization}, with the button \
                 Test install on its page: by you within your role, or by an owner or admin."
            )
        }
    }

    /// Everything on one page: nothing is typed twice, and nothing is lost when a part is refused.
    #[component]
    fn Steps(
        catalogue: Vec<CatalogueScope>,
        policies: Vec<Choice>,
        first: PolicyDocument,
        at_once: String,
    ) -> impl IntoView {
        let PolicyDocument { auth_method, pkce_required, actor_modes, grants, .. } = first;
        view! {
            <Step number=1 title="What it is" text="People see this before they decide.">
                <Field label="Name" name="fields[name]" required=true maxlength=MAX_NAME hint=format!("At most {MAX_NAME} characters.")/>
                <TextArea label="Description" name="fields[description]" maxlength=MAX_LINE
                    hint="One line: what it does for the organization that installs it."/>
            </Step>
            <Step number=2 title="How long its tokens live"
                text="The token policy. One that follows a platform\u{2019}s documents also sets the fields below that you have not touched. It can be changed later; tokens that exist keep their end.">
                <PolicyChoice choices=policies/>
            </Step>
            <Step number=3 title="Where it runs" text="This decides how it proves who it is when it exchanges a code.">
                <div class="choices-grid">
                    <RadioCard name="client_type" value="confidential" title="On a server" checked=true
                        text="Confidential: it keeps a client secret, and sends it with each exchange."/>
                    <RadioCard name="client_type" value="public" title="On a device or in a browser"
                        text="Public: no secret, because it could not keep one. PKCE protects each exchange."/>
                </div>
                <div class="stack-s of-server">
                    <SecretPlace chosen=auth_method/>
                    <PkceCheck checked=pkce_required public=false/>
                </div>
            </Step>
            <Step number=4 title="How it gets its tokens" text="An app on a device needs people; an app on a server can do without.">
                <div class="stack-s of-server">
                    <GrantChoice chosen=grants/>
                    <p class="soft small">{at_once}</p>
                </div>
                <p class="of-device">"People allow it. A public app has no credentials of its own."</p>
                <AlgorithmChoice chosen=SigningAlgorithm::Rs256/>
            </Step>
            <Step number=5 title="Where people come back to"
                text="Compared character by character: https, or http on a loopback address. Leave it empty for an app that has its own credentials alone.">
                <UriRows uris=Vec::new() wrong=Vec::new() noun=REDIRECT_URI.to_owned()/>
            </Step>
            <Step number=6 title="What it may do" text="Ask for what you need: admins read each line, and your reason for it.">
                <ScopePicker catalogue chosen=Vec::new()/>
            </Step>
            <Step number=7 title="Who acts" text="An app may act as itself, as the person who allows it, or leave the choice to each request.">
                <ActorChoice chosen=actor_modes/>
            </Step>
        }
    }

    /// A numbered part of the form.
    #[component]
    fn Step(number: u8, title: &'static str, text: &'static str, children: Children) -> impl IntoView {
        view! {
            <fieldset class="card step">
                <legend class="visually-hidden">{title}</legend>
                <div class="step-head">
                    <span class="step-number" aria-hidden="true">{number}</span>
                    <div><h2>{title}</h2><p class="soft">{text}</p></div>
                </div>
                <div class="body">{children()}</div>
            </fieldset>
        }
    }
}
