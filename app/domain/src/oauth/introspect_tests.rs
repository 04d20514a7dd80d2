use uuid::Uuid;

use super::*;
use crate::client::InstallStatus;
use crate::oauth::error::ErrorCode;
use crate::oauth::fixture::{
    AUDIENCE, ISSUER, OTHER_AUDIENCE, client, organization, other_client, public_client, scopes, server, standing,
};
use crate::oauth::standing::Acting;
use crate::organization::Status;
use crate::role::Role;

const NOW: Timestamp = Timestamp(1_800_000_000_500);

fn facts() -> TokenFacts {
    TokenFacts {
        refresh: false,
        scopes: scopes("read posts:write"),
        audience: AUDIENCE.to_owned(),
        created_at: NOW.minus_seconds(10),
        expires_at: Some(NOW.plus_seconds(90)),
        ended_at: None,
        standing: standing(Acting::App),
        install: InstallId(Uuid::from_u128(3)),
        organization: organization(200),
        user: None,
    }
}

fn ask(caller: &Caller, facts: &TokenFacts) -> serde_json::Value {
    serde_json::to_value(evaluate(caller, facts, &client(), &server(), NOW)).expect("serialisable")
}

fn app(client: Client) -> Caller {
    Caller::App(Arc::new(client))
}

fn resource_server(audience: &str) -> Caller {
    Caller::ResourceServer { audience: audience.to_owned() }
}

fn inactive() -> serde_json::Value {
    serde_json::json!({"active": false})
}

#[test]
fn a_live_token_is_described_to_its_audience_and_to_its_own_client() {
    let expected = serde_json::json!({
        "active": true,
        "scope": "posts:write read",
        "client_id": "ptcapp_C1",
        "token_type": "Bearer",
        "exp": 1_800_000_090,
        "iat": 1_799_999_990,
        "sub": "ptcapp_C1",
        "aud": AUDIENCE,
        "iss": ISSUER,
        "organization": "org_00000000-0000-0000-0000-0000000000c8",
        "actor": "app",
        "install": "00000000-0000-0000-0000-000000000003",
    });
    assert_eq!(ask(&resource_server(AUDIENCE), &facts()), expected);
    assert_eq!(ask(&app(client()), &facts()), expected);
}

#[test]
fn self_names_the_person_and_is_limited_by_his_role() {
    let user = crate::id::UserId(Uuid::from_u128(9));
    let acting = Acting::Myself { status: Status::Active, role: Some(Role::Member) };
    let facts = TokenFacts { user: Some(user), standing: Standing { acting, ..facts().standing }, ..facts() };
    let answer = ask(&resource_server(AUDIENCE), &facts);
    assert_eq!(
        (&answer["sub"], &answer["actor"], &answer["scope"]),
        (&user.to_string().into(), &"self".into(), &"read".into())
    );
}

#[test]
fn a_token_that_never_ends_has_no_exp() {
    let answer = ask(&resource_server(AUDIENCE), &TokenFacts { expires_at: None, ..facts() });
    assert_eq!((answer["active"].as_bool(), answer.get("exp")), (Some(true), None));
}

#[test]
fn req_080_a_caller_outside_the_audience_learns_nothing() {
    assert_eq!(ask(&resource_server(OTHER_AUDIENCE), &facts()), inactive());
    assert_eq!(ask(&resource_server("https://id.example/api"), &facts()), inactive());
    assert_eq!(ask(&app(other_client()), &facts()), inactive());
    let unlisted = TokenFacts { audience: "https://gone.example/".to_owned(), ..facts() };
    assert_eq!(ask(&resource_server("https://gone.example/"), &unlisted), inactive());
}

#[test]
fn req_080_a_public_client_is_refused() {
    let claim = Claim::Public { client_id: client().client_id };
    let refused = Caller::client(Arc::new(public_client()), &claim).expect_err("refused");
    assert_eq!(refused.error.code, ErrorCode::InvalidClient);
    assert!(matches!(Caller::client(Arc::new(client()), &claim), Ok(Caller::App(own)) if own.app == client().app));
}

#[test]
fn req_081_a_refresh_token_is_active_to_its_own_client_only() {
    let refresh = TokenFacts { refresh: true, ..facts() };
    assert_eq!(ask(&resource_server(AUDIENCE), &refresh), inactive());
    assert_eq!(ask(&app(other_client()), &refresh), inactive());
    let own = ask(&app(client()), &refresh);
    assert_eq!((own["active"].as_bool(), own.get("token_type")), (Some(true), None));
}

#[test]
fn req_081_what_is_over_is_exactly_active_false() {
    for over in [
        TokenFacts { expires_at: Some(NOW), ..facts() },
        TokenFacts { ended_at: Some(NOW), ..facts() },
        TokenFacts { standing: Standing { install: InstallStatus::Revoked, ..facts().standing }, ..facts() },
        TokenFacts { standing: Standing { organization: Status::Suspended, ..facts().standing }, ..facts() },
    ] {
        assert_eq!(ask(&app(client()), &over), inactive(), "{over:?}");
    }
    assert_eq!(serde_json::to_string(&Introspection::INACTIVE).expect("serialisable"), r#"{"active":false}"#);
    assert_eq!(ask(&app(client()), &TokenFacts { expires_at: Some(Timestamp(NOW.0 + 1)), ..facts() })["active"], true);
}

#[test]
fn an_answer_is_read_back_as_what_it_was() {
    for facts in [facts(), TokenFacts { ended_at: Some(NOW), ..facts() }] {
        let answer = evaluate(&app(client()), &facts, &client(), &server(), NOW);
        let text = serde_json::to_string(&answer).expect("serialisable");
        assert_eq!(serde_json::from_str::<Introspection>(&text).expect("readable"), answer);
    }
}
