//! The choice of a token policy, with its consequences in words (PROTOCOL section 1, *Token policy*).

use domain::client::{ActorModes, AuthMethod, ClientType};
use domain::policy_document::PolicyDocument;
use domain::token_policy::{AccessFormat, LiveTokens, Refresh, STANDARD, TokenPolicies, TokenPolicy};
use leptos::prelude::*;

use crate::components::field::FieldError;
use crate::components::status::{Meaning, Status};
use crate::format::span_in_words;

/// One of the policies that a form shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    policy: TokenPolicy,
    /// Whether the form has it chosen at first.
    chosen: bool,
    /// A word about its standing here.
    note: Option<&'static str>,
    /// What the documents that it follows send; none where it follows none.
    documents: Option<String>,
}

impl Choice {
    fn new(policy: TokenPolicy, chosen: bool, note: Option<&'static str>) -> Self {
        let documents = of_documents(&PolicyDocument::of_policy(&policy.name));
        Self { policy, chosen, note, documents }
    }
}

/// What a new app can choose among.
pub fn for_a_new_app(policies: &TokenPolicies) -> Vec<Choice> {
    let first = policies.first_choice();
    let note = |policy: &TokenPolicy| match policy.name.as_str() {
        STANDARD => Some("Choose it unless documents that you follow ask for another."),
        _ if policy.fits(ClientType::Public) => None,
        _ => Some("For an app on a server only."),
    };
    let choice = |policy: &TokenPolicy| Choice::new(policy.clone(), policy.name == first, note(policy));
    policies.offered().map(choice).collect()
}

/// What an app with the policy `present` can choose among: what is offered and fits it, and what it has. `chosen` is what is
/// ticked. How it authenticates stays as it registered.
pub fn for_an_app(policies: &TokenPolicies, present: &str, chosen: &str, auth_method: AuthMethod) -> Vec<Choice> {
    let client_type = auth_method.client_type();
    let choice = |policy: TokenPolicy, note| {
        let asked = PolicyDocument::of_policy(&policy.name).auth_method;
        let mut choice = Choice::new(policy.clone(), policy.name == chosen, note);
        if let Some(sentence) = choice.documents.as_mut().filter(|_| asked != auth_method) {
            *sentence = format!("{sentence} {}", kept(auth_method));
        }
        choice
    };
    let fitting = policies.offered().filter(|policy| policy.fits(client_type) || policy.name == present);
    let mut choices: Vec<_> = fitting.map(|policy| choice(policy.clone(), None)).collect();
    if !policies.is_offered(present) {
        let note = match policies.get(present) {
            Some(_) => "No longer offered: this app may keep it, and cannot come back to it.",
            None => "This instance no longer has it: the app works as under standard.",
        };
        let policy = TokenPolicy { name: present.to_owned(), ..policies.of_app(present, client_type) };
        choices.insert(0, choice(policy, Some(note)));
    }
    choices
}

/// The policies as cards.
#[component]
pub fn PolicyChoice(
    /// The policies.
    choices: Vec<Choice>,
) -> impl IntoView {
    let cards = choices.into_iter().map(|choice| {
        let Choice { policy, chosen, note, documents } = choice;
        let sets = sets(&PolicyDocument::of_policy(&policy.name));
        let warning = policy.never_ends().then(|| {
            view! { <span class="small">"Whoever gets hold of one can use it until somebody revokes it."</span> }
        });
        let never_ends = policy.never_ends().then(|| view! { <Status meaning=Meaning::Warn word="Tokens never end"/> });
        view! {
            <label class="choice">
                <input type="radio" name="fields[token_policy]" value=policy.name.clone() data-sets=sets checked=chosen/>
                <span>
                    <span class="choice-name"><b>{policy.name.clone()}</b>{never_ends}</span>
                    {warning}
                    <span class="soft small">{consequences(&policy)}</span>
                    {documents.map(|sentence| view! { <span class="small">{sentence}</span> })}
                    {note.map(|note| view! { <span class="small">{note}</span> })}
                    <b class="small" role="status" data-preset=""></b>
                </span>
            </label>
        }
    });
    view! {
        <div class="choices-grid one" id="field-token_policy">{cards.collect_view()}</div>
        <FieldError id="token-policy-error" name="token_policy"/>
    }
}

/// What the form of a new app sets with the policy: names of fields and their values.
fn sets(document: &PolicyDocument) -> String {
    format!(
        "fields[auth_method]={} fields[pkce_required]={} fields[grants]={} fields[actor_modes]={}",
        document.auth_method.as_str(),
        document.pkce_required,
        document.grants.as_str(),
        document.actor_modes.as_str()
    )
}

/// What a platform's documents send, which an app has to be registered for.
fn of_documents(document: &PolicyDocument) -> Option<String> {
    let platform = document.platform?;
    let secret = match document.auth_method {
        AuthMethod::ClientSecretBasic => "send the secret in the header",
        AuthMethod::ClientSecretPost => "send the secret in the body",
        AuthMethod::None => "send no secret",
    };
    let way = match (document.grants.allows_code(), document.pkce_required) {
        (false, _) => ", for tokens by the app\u{2019}s own credentials",
        (true, true) => " and a PKCE challenge",
        (true, false) => " and no PKCE challenge",
    };
    let actor = match document.actor_modes {
        ActorModes::App => "the app acts as itself",
        ActorModes::Myself => "the app acts as the person who allows it",
        ActorModes::Both => "the app acts as itself or as the person, as each request says",
    };
    Some(format!("{platform}\u{2019}s documents {secret}{way}; {actor}."))
}

/// Why an app that registered `method` does not take the requests of a document that sends the secret elsewhere.
const fn kept(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::ClientSecretBasic => "This app keeps to the header: register another one for those documents.",
        AuthMethod::ClientSecretPost => "This app keeps to the body: register another one for those documents.",
        AuthMethod::None => "This app has no secret: register another one for those documents.",
    }
}

/// What the policy means for the app, in sentences.
fn consequences(policy: &TokenPolicy) -> String {
    let mut sentences = vec![access(policy)];
    sentences.extend(refresh(policy));
    sentences.push(match policy.live_tokens {
        LiveTokens::One => "An install has one live token: a new consent ends the one before.".to_owned(),
        LiveTokens::Many => "An install can have several live tokens.".to_owned(),
    });
    sentences.push(format!("Authorization codes work for {}.", span_in_words(policy.code_seconds)));
    if policy.expires_at_in_response {
        sentences.push("The answer names the moment of the end as well (expires_at).".to_owned());
    }
    if policy.state_instead_of_response_type {
        sentences.push("An authorization link needs a state and may leave out response_type.".to_owned());
    }
    if policy.profile_includes_email {
        sentences.push("The scope profile includes the e-mail address; of the others only email does.".to_owned());
    }
    sentences.join(" ")
}

fn access(policy: &TokenPolicy) -> String {
    let end = policy.access_seconds.map(span_in_words);
    match (policy.access_format, end) {
        (AccessFormat::Opaque, Some(span)) => format!("Access tokens end after {span}."),
        (AccessFormat::Jwt(algorithm), Some(span)) => format!(
            "Access tokens are JWTs ({algorithm}) that end after {span}. A service that checks them without asking here \
             takes a revoked one until then."
        ),
        (_, None) => "Access tokens work until they are revoked.".to_owned(),
    }
}

fn refresh(policy: &TokenPolicy) -> Vec<String> {
    let mut sentences = match policy.refresh {
        Refresh::None if policy.never_ends() => vec!["No refresh token is needed.".to_owned()],
        Refresh::None => vec!["There is no refresh token: the app asks again.".to_owned()],
        Refresh::Persistent => vec!["The refresh token stays the same until the install is revoked.".to_owned()],
        Refresh::Rotating { grace_seconds: 0 } => vec![
            "The refresh token changes each time, and the one before ends at once: a second use of it ends all tokens."
                .to_owned(),
        ],
        Refresh::Rotating { grace_seconds } => vec![format!(
            "The refresh token changes each time; for {grace_seconds} seconds the one before gives the same answer again, \
             later its use ends all tokens."
        )],
    };
    if let Some(idle) = policy.refresh_idle_seconds {
        sentences.push(format!("A refresh token that lies idle for {} ends.", span_in_words(idle)));
    }
    if let Some(absolute) = policy.refresh_absolute_seconds {
        sentences.push(format!("After {} a person has to consent again.", span_in_words(absolute)));
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_consequences_say_when_tokens_end_and_what_follows() {
        let say = |policy: &TokenPolicy| consequences(policy);
        let standard = say(&TokenPolicy::standard());
        assert!(standard.starts_with("Access tokens end after 24 hours. The refresh token changes each time; for 30"));
        assert!(standard.contains("idle for 90 days ends. An install has one live token"), "{standard}");
        assert!(standard.ends_with("Authorization codes work for 5 minutes."), "{standard}");
        let featureos = say(&TokenPolicy::featureos());
        assert!(featureos.contains("stays the same until the install is revoked. An install has one"), "{featureos}");
        let fera = say(&TokenPolicy::fera());
        assert!(fera.starts_with("Access tokens work until they are revoked. No refresh token is needed."), "{fera}");
        assert!(fera.contains("needs a state and may leave out response_type"), "{fera}");
        let apiera = say(&TokenPolicy::apiera());
        assert!(apiera.starts_with("Access tokens are JWTs (RS256) that end after 24 hours."), "{apiera}");
        let financefeast = say(&TokenPolicy::financefeast());
        assert!(financefeast.contains("10 days") && financefeast.contains("expires_at"), "{financefeast}");
        assert!(financefeast.contains("profile includes the e-mail address; of the others only email does."));
        assert!(!standard.contains("e-mail"), "{standard}");
        let strict = TokenPolicy {
            refresh: Refresh::Rotating { grace_seconds: 0 },
            refresh_absolute_seconds: Some(30 * 86_400),
            code_seconds: 600,
            ..TokenPolicy::standard()
        };
        assert!(say(&strict).contains("the one before ends at once") && say(&strict).contains("After 30 days"));
        assert!(say(&strict).contains("Authorization codes work for 10 minutes."));
    }

    #[test]
    fn a_form_shows_what_is_offered_and_what_the_app_has() {
        let offered = vec!["featureos".to_owned(), "standard".to_owned()];
        let policies = TokenPolicies::new(Vec::new(), offered).expect("good");
        let names = |choices: &[Choice]| {
            choices.iter().map(|choice| (choice.policy.name.clone(), choice.chosen)).collect::<Vec<_>>()
        };
        let pair = |name: &str, chosen| (name.to_owned(), chosen);
        assert_eq!(names(&for_a_new_app(&policies)), [pair("featureos", false), pair("standard", true)]);
        let public = for_an_app(&policies, "standard", "standard", AuthMethod::None);
        assert_eq!(names(&public), [pair("standard", true)]);
        let kept = for_an_app(&policies, "fera", "fera", AuthMethod::ClientSecretBasic);
        assert_eq!(names(&kept), [pair("fera", true), pair("featureos", false), pair("standard", false)]);
        assert!(kept[0].note.is_some_and(|note| note.starts_with("No longer offered")));
        let typed = for_an_app(&policies, "fera", "standard", AuthMethod::ClientSecretBasic);
        assert_eq!(names(&typed), [pair("fera", false), pair("featureos", false), pair("standard", true)]);
        let gone = for_an_app(&policies, "gold", "gold", AuthMethod::ClientSecretBasic);
        assert!(gone[0].note.is_some_and(|note| note.contains("works as under standard")));
        assert_eq!(gone[0].policy.access_seconds, Some(86_400));
    }

    #[test]
    fn a_policy_that_follows_documents_says_what_they_send_and_any_other_nothing() {
        let kiosk = TokenPolicy { name: "kiosk".to_owned(), ..TokenPolicy::standard() };
        let offered = ["standard", "kiosk", "featureos", "fera", "apiera", "financefeast"].map(str::to_owned);
        let policies = TokenPolicies::new(vec![kiosk], offered.to_vec()).expect("good");
        let says = |choices: Vec<Choice>| choices.into_iter().map(|choice| choice.documents).collect::<Vec<_>>();
        let new = says(for_a_new_app(&policies));
        assert_eq!(new[..2], [None, None]);
        assert_eq!(
            new[3].as_deref(),
            Some("Fera\u{2019}s documents send the secret in the body and no PKCE challenge; the app acts as itself.")
        );
        assert!(new[4].as_deref().is_some_and(|apiera| apiera.contains("body, for tokens by the app\u{2019}s own")));
        let header = says(for_an_app(&policies, "standard", "standard", AuthMethod::ClientSecretBasic));
        let warns = |said: &Option<String>| said.as_deref().is_some_and(|said| said.contains("keeps to the header"));
        assert_eq!(header.iter().map(warns).collect::<Vec<_>>(), [false, false, false, true, true, true]);
        assert_eq!(
            sets(&PolicyDocument::of_policy("apiera")),
            "fields[auth_method]=client_secret_post fields[pkce_required]=true fields[grants]=client_credentials \
             fields[actor_modes]=app"
        );
    }
}
