use uuid::Uuid;

use super::super::fixture::{client, other_client, redirect_uris};
use super::*;

const BYE: &str = "https://partner.example/bye?x=1";

fn user(number: u128) -> UserId {
    UserId(Uuid::from_u128(number))
}

fn hint_of(number: u128) -> HintFact {
    HintFact::Good(Hint { user: user(number), client_id: client().client_id })
}

fn request(pairs: &[(&str, &str)]) -> LogoutRequest {
    LogoutRequest::parse(&pairs.iter().copied().collect()).expect("readable")
}

/// One line of the table: what was sent, what is known, and what follows.
struct Line {
    hint: HintFact,
    client_id: Option<&'static str>,
    uri: Option<&'static str>,
    session: Option<u128>,
    expected: Decision,
}

impl Line {
    fn judge(&self) -> Decision {
        let mut pairs = Vec::new();
        pairs.extend(self.client_id.map(|id| ("client_id", id)));
        pairs.extend(self.uri.map(|uri| ("post_logout_redirect_uri", uri)));
        pairs.push(("state", "a b&c"));
        let request = request(&pairs);
        let (known, registered) = (client(), redirect_uris(&[BYE]));
        let found = request.client_of(&self.hint).filter(|id| **id == known.client_id).map(|_| &known);
        let registered = if found.is_some() { registered.as_slice() } else { &[] };
        request.evaluate(&LogoutFacts { hint: &self.hint, client: found, registered, session: self.session.map(user) })
    }
}

#[test]
fn req_102_every_combination_has_its_answer() {
    use Decision::{Ask, Gone, Refuse, SignOut};
    let there = || After::Redirect("https://partner.example/bye?x=1&state=a%20b%26c".to_owned());
    let (c1, zzz) = (Some("ptcapp_C1"), Some("ptcapp_zzz"));
    let (bye, evil) = (Some(BYE), Some("https://evil.example/"));
    let mut checked = 0;
    for (session, done, asked) in [
        (None, Gone as fn(After) -> Decision, Gone as fn(After) -> Decision),
        (Some(1), SignOut as fn(After) -> Decision, Ask as fn(After) -> Decision),
    ] {
        for (hint, client_id, uri, expected) in [
            // Nothing is named: a person who wants to sign out.
            (HintFact::None, None, None, asked(After::Page)),
            (HintFact::None, None, bye, Refuse(Refusal::ClientMissing)),
            (HintFact::None, None, evil, Refuse(Refusal::ClientMissing)),
            (HintFact::None, c1, None, asked(After::Page)),
            (HintFact::None, c1, bye, asked(there())),
            (HintFact::None, c1, evil, Refuse(Refusal::NotRegistered)),
            (HintFact::None, zzz, None, Refuse(Refusal::ClientUnknown)),
            (HintFact::None, zzz, bye, Refuse(Refusal::ClientUnknown)),
            // Whatever else is right, a hint that does not verify ends it.
            (HintFact::Bad, None, None, Refuse(Refusal::BadHint)),
            (HintFact::Bad, None, bye, Refuse(Refusal::BadHint)),
            (HintFact::Bad, c1, None, Refuse(Refusal::BadHint)),
            (HintFact::Bad, c1, bye, Refuse(Refusal::BadHint)),
            // The signed-in person's own.
            (hint_of(1), None, None, done(After::Page)),
            (hint_of(1), None, bye, done(there())),
            (hint_of(1), c1, bye, done(there())),
            (hint_of(1), c1, None, done(After::Page)),
            (hint_of(1), None, evil, Refuse(Refusal::NotRegistered)),
            (hint_of(1), c1, evil, Refuse(Refusal::NotRegistered)),
            (hint_of(1), zzz, None, Refuse(Refusal::OtherClient)),
            (hint_of(1), zzz, bye, Refuse(Refusal::OtherClient)),
            // Another person's.
            (hint_of(2), None, None, asked(After::Page)),
            (hint_of(2), None, bye, asked(there())),
            (hint_of(2), c1, bye, asked(there())),
            (hint_of(2), None, evil, Refuse(Refusal::NotRegistered)),
        ] {
            let line = Line { hint, client_id, uri, session, expected };
            let (hint, known) = (&line.hint, line.session);
            assert_eq!(line.judge(), line.expected, "{hint:?} {client_id:?} {uri:?} {known:?}");
            checked += 1;
        }
    }
    assert_eq!(checked, 48);
}

#[test]
fn req_102_a_post_logout_redirect_uri_is_equal_or_it_is_none() {
    let (known, registered) = (client(), redirect_uris(&[BYE, "http://127.0.0.1/bye"]));
    for wrong in [
        "https://partner.example/bye",
        "https://partner.example/bye?x=1&y=2",
        "https://partner.example/bye?x=1#",
        "https://partner.example/bye?x=1 ",
        "https://partner.example:443/bye?x=1",
        "HTTPS://partner.example/bye?x=1",
        "https://partner.example/bye/?x=1",
        "https://u@partner.example/bye?x=1",
        "http://127.0.0.1:8080/bye",
        "//partner.example/bye?x=1",
    ] {
        let request = request(&[("client_id", "ptcapp_C1"), ("post_logout_redirect_uri", wrong)]);
        let facts = LogoutFacts {
            hint: &HintFact::None,
            client: Some(&known),
            registered: &registered,
            session: Some(user(1)),
        };
        assert_eq!(request.evaluate(&facts), Decision::Refuse(Refusal::NotRegistered), "{wrong}");
    }
}

#[test]
fn req_019_req_102_nobody_is_sent_to_an_app_that_is_stopped_or_to_a_draft_of_strangers() {
    let registered = redirect_uris(&[BYE]);
    let sent = |client: &Client, hint: &HintFact| {
        let request = request(&[("client_id", "ptcapp_C1"), ("post_logout_redirect_uri", BYE)]);
        let facts = LogoutFacts { hint, client: Some(client), registered: &registered, session: None };
        matches!(request.evaluate(&facts), Decision::Gone(After::Redirect(_)))
    };
    let (none, own) = (HintFact::None, hint_of(1));
    assert!(sent(&client(), &none) && sent(&client(), &own));
    let draft = Client { status: AppStatus::Draft, ..client() };
    assert!(!sent(&draft, &none) && sent(&draft, &own));
    for stopped in [
        Client { status: AppStatus::Suspended, ..client() },
        Client { status: AppStatus::Deleted, ..client() },
        Client { owner_active: false, ..client() },
    ] {
        assert!(!sent(&stopped, &none) && !sent(&stopped, &own), "{stopped:?}");
    }
}

#[test]
fn req_010_req_102_a_repeated_parameter_refuses() {
    for name in PARAMETERS {
        let twice: Params = [(name, "a"), (name, "b")].into_iter().collect();
        assert_eq!(LogoutRequest::parse(&twice), Err(Refusal::Repeated), "{name}");
    }
    let malformed: Params = [("client_id", "a b")].into_iter().collect();
    assert_eq!(LogoutRequest::parse(&malformed), Err(Refusal::ClientUnknown));
}

#[test]
fn req_012_req_102_empty_parameters_are_absent_and_the_others_travel_on() {
    let params: Params =
        [("id_token_hint", ""), ("state", "s"), ("client_id", "ptcapp_C1"), ("other", "x"), ("ui_locales", "de")]
            .into_iter()
            .collect();
    let request = LogoutRequest::parse(&params).expect("readable");
    assert_eq!(request.pairs(), [("client_id", "ptcapp_C1".to_owned()), ("state", "s".to_owned())]);
    assert_eq!(request.client_of(&HintFact::None), Some(&client().client_id));
    assert_ne!(request.client_of(&HintFact::None), Some(&other_client().client_id));
}

#[test]
fn req_024_req_102_state_stands_in_the_address_once() {
    for (registered, state, expected) in [
        ("https://a.example/", Some("x"), "https://a.example/?state=x"),
        ("https://a.example/?state=fixed&a=1", Some("x"), "https://a.example/?a=1&state=x"),
        ("https://a.example/?state=fixed", None, "https://a.example/?state=fixed"),
        ("com.example.app:/bye", Some("é<"), "com.example.app:/bye?state=%C3%A9%3C"),
    ] {
        assert_eq!(location(registered, state), expected);
    }
}
