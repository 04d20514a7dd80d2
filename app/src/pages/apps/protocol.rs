//! The fields of an app that the protocol reads: who acts, how it gets its tokens, PKCE, the algorithm of its ID tokens.

use domain::client::{ActorModes, AppGrants, AuthMethod};
use domain::jwt::SigningAlgorithm;
use leptos::prelude::*;

use crate::components::field::{FieldError, RadioCard};

/// Who acts with its tokens.
#[component]
pub fn ActorChoice(
    /// What is chosen at first.
    chosen: ActorModes,
) -> impl IntoView {
    view! {
        <div class="choices-grid" id="field-actor_modes">
            <RadioCard name="fields[actor_modes]" value="both" title="Either" checked=chosen == ActorModes::Both text="Each authorization request says which."/>
            <RadioCard name="fields[actor_modes]" value="app" title="The app itself" checked=chosen == ActorModes::App
                text="A bot of its own, installed by an admin; it stays when people leave."/>
            <RadioCard name="fields[actor_modes]" value="self" title="The person" checked=chosen == ActorModes::Myself
                text="Acts as whoever allows it, never beyond that person's role."/>
        </div>
        <FieldError id="actor-modes-error" name="actor_modes"/>
    }
}

/// By which grants it gets its tokens.
#[component]
pub fn GrantChoice(
    /// What is chosen at first.
    chosen: AppGrants,
) -> impl IntoView {
    view! {
        <div class="choices-grid" id="field-grants">
            <RadioCard name="fields[grants]" value="authorization_code" title="People allow it" checked=chosen == AppGrants::AuthorizationCode
                text="Somebody is sent here, decides, and comes back with a code."/>
            <RadioCard name="fields[grants]" value="client_credentials" title="With its own credentials" checked=chosen == AppGrants::ClientCredentials
                text="It sends its secret and the organization; nobody is asked. Each organization has to have it installed."/>
            <RadioCard name="fields[grants]" value="both" title="Both ways" checked=chosen == AppGrants::Both
                text="People install it, and afterwards it can also get tokens with its own credentials."/>
        </div>
        <FieldError id="grants-error" name="grants"/>
    }
}

/// Whether a request without a challenge is refused.
#[component]
pub fn PkceCheck(
    /// Whether it is ticked at first.
    checked: bool,
    /// Whether the app is known to be public: then there is nothing to choose.
    public: bool,
) -> impl IntoView {
    let text = if public {
        "A public app always needs it."
    } else {
        "Refuse authorization requests without a code challenge. Recommended; without it a stolen code is protected by the \
         secret alone."
    };
    // What is disabled is not sent.
    let sent = public.then(|| view! { <input type="hidden" name="fields[pkce_required]" value="true"/> });
    view! {
        <div class="field">
            <label class="check">
                <input type="checkbox" id="field-pkce_required" name="fields[pkce_required]" value="true" checked=checked || public disabled=public/>
                <span><b>"Require PKCE"</b>" "<span class="soft">{text}</span></span>
            </label>
            {sent}
            <FieldError id="pkce-error" name="pkce_required"/>
        </div>
    }
}

/// With which algorithm its ID tokens are signed.
#[component]
pub fn AlgorithmChoice(
    /// What is chosen at first.
    chosen: SigningAlgorithm,
) -> impl IntoView {
    let options = SigningAlgorithm::ALL.iter().map(|algorithm| {
        let word = algorithm.as_str();
        view! { <option value=word selected=*algorithm == chosen>{word}</option> }
    });
    view! {
        <div class="field">
            <label for="id-token-alg">"ID tokens are signed with"</label>
            <p class="hint" id="id-token-alg-hint">"For apps that ask for the scope openid. Every library reads RS256."</p>
            <select class="input" id="id-token-alg" name="fields[id_token_signed_response_alg]" aria-describedby="id-token-alg-hint">{options.collect_view()}</select>
        </div>
    }
}

/// How a confidential app sends its secret.
#[component]
pub fn SecretPlace(
    /// What is chosen at first.
    chosen: AuthMethod,
) -> impl IntoView {
    let body = chosen == AuthMethod::ClientSecretPost;
    view! {
        <div class="field">
            <label for="auth-method">"How it sends its secret"</label>
            <p class="hint" id="auth-method-hint">"An app on a server keeps to one way; libraries begin with the header."</p>
            <select class="input" id="auth-method" name="fields[auth_method]" aria-describedby="auth-method-hint">
                <option value="client_secret_basic" selected=!body>"In the header (client_secret_basic)"</option>
                <option value="client_secret_post" selected=body>"In the body (client_secret_post)"</option>
            </select>
        </div>
    }
}
