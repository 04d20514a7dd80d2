//! The choice of a token policy, with its consequences in words (PROTOCOL section 1, *Token policy*).

use domain::client::ClientType;
use domain::token_policy::{AccessFormat, LiveTokens, Refresh, TokenPolicies, TokenPolicy};
use leptos::prelude::*;

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
}

/// What a new app can choose among.
pub fn for_a_new_app(policies: &TokenPolicies) -> Vec<Choice> {
    let first = policies.first_choice();
    let note = |policy: &TokenPolicy| (!policy.fits(ClientType::Public)).then_some("For an app on a server only.");
    let choice =
        |policy: &TokenPolicy| Choice { chosen: policy.name == first, note: note(policy), policy: policy.clone() };
    policies.offered().map(choice).collect()
}

/// What an app with the policy `present` can choose among: what is offered and fits it, and what it has.
pub fn for_an_app(policies: &TokenPolicies, present: &str, client_type: ClientType) -> Vec<Choice> {
    let choice = |policy: TokenPolicy, note| Choice { chosen: policy.name == present, note, policy };
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
        let Choice { policy, chosen, note } = choice;
        let warning = policy.never_ends().then(|| {
            view! { <span class="small">"Whoever gets hold of one can use it until somebody revokes it."</span> }
        });
        let never_ends = policy.never_ends().then(|| view! { <Status meaning=Meaning::Warn word="Tokens never end"/> });
        view! {
            <label class="choice">
                <input type="radio" name="token_policy" value=policy.name.clone() checked=chosen/>
                <span>
                    <span class="choice-name"><b>{policy.name.clone()}</b>{never_ends}</span>
                    {warning}
                    <span class="soft small">{consequences(&policy)}</span>
                    {note.map(|note| view! { <span class="small">{note}</span> })}
                </span>
            </label>
        }
    });
    view! {
        <div class="choices-grid one">{cards.collect_view()}</div>
        <span class="field-error" data-error-for="token_policy" role="alert"></span>
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
        let public = for_an_app(&policies, "standard", ClientType::Public);
        assert_eq!(names(&public), [pair("standard", true)]);
        let kept = for_an_app(&policies, "fera", ClientType::Confidential);
        assert_eq!(names(&kept), [pair("fera", true), pair("featureos", false), pair("standard", false)]);
        assert!(kept[0].note.is_some_and(|note| note.starts_with("No longer offered")));
        let gone = for_an_app(&policies, "gold", ClientType::Confidential);
        assert!(gone[0].note.is_some_and(|note| note.contains("works as under standard")));
        assert_eq!(gone[0].policy.access_seconds, Some(86_400));
    }
}
