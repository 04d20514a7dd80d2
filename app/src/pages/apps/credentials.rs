//! `/apps/{id}/credentials`: client secrets: several, shown once, rotated with a grace (PRODUCT A2, A7 to A11).

use domain::id::{AppId, SecretId};
use domain::portal::CreatedSecret;
use leptos::prelude::*;

use crate::csrf::CsrfClient;
use crate::error::PortalError;

/// What a rotation offers: seconds, its name, and what it is for.
pub const GRACES: [(i64, &str, &str); 5] = [
    (0, "Now", "The old ones stop at once."),
    (3_600, "1 hour", "For one deployment."),
    (86_400, "24 hours", "The usual choice."),
    (259_200, "3 days", "Over a weekend."),
    (604_800, "7 days", "For slow roll-outs."),
];

/// Makes one more secret. The answer is the only one that holds it.
#[server(prefix = "/fn", endpoint = "apps/credentials/create", client = CsrfClient)]
pub async fn create_secret(app: AppId, label: String) -> Result<CreatedSecret, PortalError> {
    crate::error::answer(async {
        let developer = crate::session::developer().await?;
        Ok(developer.store().create_secret(developer.by(), developer.org(), app, label.trim()).await?)
    })
    .await
}

/// Makes a new secret; the older ones stop after `grace_seconds`. Tokens and installs are untouched.
#[server(prefix = "/fn", endpoint = "apps/credentials/rotate", client = CsrfClient)]
pub async fn rotate_secret(app: AppId, label: String, grace_seconds: i64) -> Result<CreatedSecret, PortalError> {
    crate::error::answer(async {
        let developer = crate::session::developer().await?;
        let label = label.trim();
        Ok(developer.store().rotate_secret(developer.by(), developer.org(), app, label, grace_seconds).await?)
    })
    .await
}

/// Moves the deadline of a retiring secret to `grace_seconds` from now.
#[server(prefix = "/fn", endpoint = "apps/credentials/grace")]
pub async fn change_grace(app: AppId, secret: SecretId, grace_seconds: i64) -> Result<(), PortalError> {
    let page = domain::paths::app(app, "credentials");
    crate::error::settle(&page, async {
        let developer = crate::session::developer().await?;
        developer.store().change_grace(developer.by(), developer.org(), app, secret, grace_seconds).await?;
        Ok("The deadline was moved.")
    })
    .await
}

/// Ends a secret now. One that leaked takes every token of the app with it.
#[server(prefix = "/fn", endpoint = "apps/credentials/revoke")]
pub async fn revoke_secret(app: AppId, secret: SecretId, compromised: bool) -> Result<(), PortalError> {
    let page = domain::paths::app(app, "credentials");
    crate::error::settle(&page, async {
        let developer = crate::session::developer().await?;
        developer.store().revoke_secret(developer.by(), developer.org(), app, secret, compromised).await?;
        Ok(if compromised {
            "The secret and every token of the app have ended. Installs stay: organizations need not allow it again."
        } else {
            "The secret is revoked."
        })
    })
    .await
}

#[cfg(feature = "ssr")]
pub use page::*;

#[cfg(feature = "ssr")]
mod page {
    use domain::client::{ClientType, SecretStatus};
    use domain::id::AppId;
    use domain::portal::{AppDetail, SecretRow};
    use domain::typed::MAX_NAME;
    use leptos::prelude::*;
    use leptos::server_fn::ServerFn;

    use super::{ChangeGrace, GRACES, RevokeSecret};
    use crate::components::card::Card;
    use crate::components::code_block::CodeBlock;
    use crate::components::confirm::Confirm;
    use crate::components::copy_button::CopyButton;
    use crate::components::csrf_field::CsrfField;
    use crate::components::danger_zone::{DangerAct, DangerZone};
    use crate::components::empty_state::EmptyState;
    use crate::components::field::{Field, RadioCard};
    use crate::components::icon::{FINGERPRINT, Icon, KEY_ROUND, PLUS, ROTATE_CW};
    use crate::components::status::SecretState;
    use crate::components::table::{Table, Who};
    use crate::components::timestamp::{MaybeWhen, When};
    use crate::error::PortalError;
    use crate::pages::apps::app_page::{open, reach, tab_page};
    use crate::pages::apps::form::{AppForm, Subject, Task};
    use crate::pages::apps::quickstart::introspection;
    use crate::pages::apps::secrets_need_script;
    use crate::pages::framed::{Framed, framed};

    /// The grace that is chosen at first, in seconds (PRODUCT decision 2).
    const DEFAULT_GRACE: i64 = 86_400;
    /// The most live secrets of an app (PRODUCT decision 2).
    const MAX_LIVE: usize = 5;

    /// The tab.
    #[component]
    pub fn Credentials() -> impl IntoView {
        framed(load())
    }

    async fn load() -> Result<Framed, PortalError> {
        let (developer, app) = open().await?;
        let identity = view! { <Identity app=app.clone()/> };
        let body = if app.client_type == ClientType::Public {
            view! {
                {identity}
                <section class="card">
                    <EmptyState glyph=FINGERPRINT title="A public app has no secret"
                        text="It could not keep one. Each exchange is protected by PKCE: the code is worth nothing without the verifier that only the app knows."/>
                </section>
            }
            .into_any()
        } else {
            let reach = reach(&developer, app.id).await?;
            let secrets = developer.store().secrets_of(developer.org(), app.id).await?;
            let issuer = developer.store().settings().issuer.clone();
            view! { {identity}{secrets_need_script()}<Secrets app=app.clone() secrets issuer reach/> }.into_any()
        };
        tab_page(&developer, &app, "credentials", body).await
    }

    /// The client id and how it is presented.
    #[component]
    fn Identity(app: AppDetail) -> impl IntoView {
        let client_id = app.client_id.to_string();
        view! {
            <Card title="Identity">
                <dl class="facts">
                    <dt>"Client ID"</dt>
                    <dd><code class="value">{client_id.clone()}</code><CopyButton text=client_id label="Copy client ID".to_owned()/></dd>
                    <dt>"Authentication"</dt>
                    <dd><code class="value">{app.auth_method.as_str()}</code></dd>
                    <dt>"Token policy"</dt>
                    <dd><span class="value">{app.fields.token_policy}</span></dd>
                </dl>
            </Card>
        }
    }

    #[component]
    fn Secrets(app: AppDetail, secrets: Vec<SecretRow>, issuer: String, reach: String) -> impl IntoView {
        let live = |secret: &&SecretRow| matches!(secret.status, SecretStatus::Active | SecretStatus::Retiring);
        let usable = secrets.iter().filter(live).count();
        let full = usable >= MAX_LIVE;
        let (id, name) = (app.id, app.client_id.to_string());
        let command = introspection(&issuer, &app);
        let count = format!("{usable} of {MAX_LIVE} live");
        // One that was revoked before anybody knew that it had leaked gave tokens as well.
        let (mut leaked, ended): (Vec<_>, Vec<_>) = secrets.iter().cloned().partition(|secret| live(&secret));
        leaked.extend(ended);
        let rows = secrets.into_iter().map(move |secret| view! { <Line app=id secret/> }).collect_view();
        let aside = view! { <span class="small soft">{count}</span> }.into_any();
        view! {
            <Card title="Client secrets" aside flush=true
                lead="Only hashes are kept. A new secret is shown once; afterwards its prefix and last four characters are all that anybody sees.">
                <Tools app=id client_id=name issuer full/>
                <Table caption="Client secrets" columns=vec!["Secret", "Status", "Created", "Last used", ""]>{rows}</Table>
            </Card>
            <Card title="Try a secret" lead="Introspection answers an app for its own tokens; a wrong secret gets invalid_client.">
                <CodeBlock code=command label="Copy example" head=view! { <span class="code-name">"Shell"</span> }.into_any()/>
            </Card>
            {(!leaked.is_empty()).then(|| view! { <Leak app=id secrets=leaked reach/> })}
        }
    }

    /// Rotate and create: two folds, of which one is open at a time.
    #[component]
    fn Tools(app: AppId, client_id: String, issuer: String, full: bool) -> impl IntoView {
        if full {
            return view! { <p class="tools soft">"Five live secrets are the most: revoke one before you make another."</p> }.into_any();
        }
        let of = || view! { <Subject app client_id=client_id.clone() issuer=issuer.clone()/> }.into_any();
        let (of_rotate, of_create) = (of(), of());
        let choices = GRACES.map(|(seconds, title, text)| {
            view! { <RadioCard name="grace_seconds" value=seconds.to_string() title text checked=seconds == DEFAULT_GRACE/> }
        });
        view! {
            <div class="tools">
                <details class="tool" name="secret-tools">
                    <summary class="button main-action"><Icon glyph=ROTATE_CW/>"Rotate secret"</summary>
                    <div class="tool-sheet">
                        <p class="soft">"A new secret is made, and the older ones stop after the time that you choose. You can change it later. Tokens and installs are not touched."</p>
                        <AppForm task=Task::RotateSecret label="Make the new secret".to_owned() danger=false>
                            {of_rotate}
                            <Label id="rotate-label"/>
                            <fieldset class="stack-s">
                                <legend>"The older secrets stop after"</legend>
                                <div class="choices-grid five">{choices.into_iter().collect_view()}</div>
                            </fieldset>
                        </AppForm>
                    </div>
                </details>
                <details class="tool" name="secret-tools">
                    <summary class="button"><Icon glyph=PLUS/>"Create another"</summary>
                    <div class="tool-sheet">
                        <p class="soft">"One more secret; those that exist stay as they are."</p>
                        <AppForm task=Task::CreateSecret label="Create secret".to_owned() danger=false>{of_create}<Label id="create-label"/></AppForm>
                    </div>
                </details>
            </div>
        }
        .into_any()
    }

    /// Both tools have one: `id` tells them apart.
    #[component]
    fn Label(id: &'static str) -> impl IntoView {
        view! { <Field id label="Label" name="label" hint="What you will know it by, such as Production 2026." maxlength=MAX_NAME/> }
    }

    /// One secret.
    #[component]
    fn Line(app: AppId, secret: SecretRow) -> impl IntoView {
        let mark = view! { <span class="mark glyph-mark" aria-hidden="true"><Icon glyph=KEY_ROUND/></span> }.into_any();
        let label = if secret.label.is_empty() { "Unnamed".to_owned() } else { secret.label };
        let hint = view! { <code>{secret.hint}</code> }.into_any();
        let by = if secret.created_by.is_empty() { "the command line".to_owned() } else { secret.created_by };
        let id = secret.id.to_string();
        let acts = match secret.status {
            SecretStatus::Active => view! { <Revoke app id/> }.into_any(),
            SecretStatus::Retiring => view! { <Grace app id=id.clone()/><Revoke app id/> }.into_any(),
            SecretStatus::Expired | SecretStatus::Revoked => ().into_any(),
        };
        view! {
            <tr>
                <td class="lead"><Who mark name=label.into_any() note=hint/></td>
                <td class="state"><SecretState status=secret.status end=secret.expires_at/></td>
                <td data-label="Created"><span><When at=secret.created_at/><span class="soft small under">"by "{by}</span></span></td>
                <td data-label="Last used"><MaybeWhen at=secret.last_used_at never="Never used"/></td>
                <td class="acts"><div class="acts-row">{acts}</div></td>
            </tr>
        }
    }

    #[component]
    fn Revoke(app: AppId, id: String) -> impl IntoView {
        view! {
            <Confirm label="Revoke\u{2026}" danger=true>
                <p>"It is refused from now on. Tokens that were issued with it stay."</p>
                <form method="post" action=RevokeSecret::url()>
                    <CsrfField/>
                    <input type="hidden" name="app" value=app.to_string()/>
                    <input type="hidden" name="secret" value=id/>
                    <input type="hidden" name="compromised" value="false"/>
                    <button class="button danger">"Revoke secret"</button>
                </form>
            </Confirm>
        }
    }

    #[component]
    fn Grace(app: AppId, id: String) -> impl IntoView {
        let choices = GRACES.map(|(seconds, name, _)| {
            view! { <button class="button slight" name="grace_seconds" value=seconds.to_string()>{name}</button> }
        });
        view! {
            <Confirm label="Change grace\u{2026}">
                <p>"From now on it still works for"</p>
                <form class="row" method="post" action=ChangeGrace::url()>
                    <CsrfField/>
                    <input type="hidden" name="app" value=app.to_string()/>
                    <input type="hidden" name="secret" value=id/>
                    {choices.into_iter().collect_view()}
                </form>
            </Confirm>
        }
    }

    /// The red path (PRODUCT A11).
    #[component]
    fn Leak(app: AppId, secrets: Vec<SecretRow>, reach: String) -> impl IntoView {
        let buttons = secrets.into_iter().map(|secret| {
            let named = if secret.label.is_empty() {
                secret.hint.clone()
            } else {
                format!("{} ({})", secret.label, secret.hint)
            };
            let label = match secret.status {
                SecretStatus::Active | SecretStatus::Retiring => named,
                SecretStatus::Expired | SecretStatus::Revoked => format!("{named}, which has ended"),
            };
            view! { <button class="button danger" name="secret" value=secret.id.to_string()>{label}</button> }
        });
        let consequence = format!(
            "It stops working at once, and with it every access token, refresh token and code of the app. {reach} \
             Installs stay: organizations need not allow it again, but the app has to run the flow anew in each. \
             Cannot be undone.",
        );
        view! {
            <DangerZone>
                <DangerAct title="A secret has leaked"
                    consequence>
                    <Confirm label="Revoke as compromised\u{2026}" danger=true>
                        <p>"Which one leaked? This ends it and all tokens of the app now."</p>
                        <form class="stack-s" method="post" action=RevokeSecret::url()>
                            <CsrfField/>
                            <input type="hidden" name="app" value=app.to_string()/>
                            <input type="hidden" name="compromised" value="true"/>
                            {buttons.collect_view()}
                        </form>
                    </Confirm>
                </DangerAct>
            </DangerZone>
        }
    }
}
