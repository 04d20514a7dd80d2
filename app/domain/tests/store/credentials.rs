//! `client_credentials`, and access tokens that are JWTs, whatever grant made them.

use std::sync::Arc;

use domain::client::{AppGrants, InstallStatus};
use domain::id::{AccessTokenId, InstallId, OrgId};
use domain::jwt::{SigningAlgorithm, TokenKind};
use domain::oauth::error::ErrorCode;
use domain::oauth::token::{ClientCredentialsRequest, TokenResponse};
use domain::organization::Status;
use domain::store::bearer::Verdict;
use domain::store::installs::InstallFilter;
use domain::store::tokens::TokenError;
use domain::store::{By, Store};
use domain::token_policy::{AccessFormat, LiveTokens, Refresh, TokenPolicy};

use crate::flow::{World, at_once, invalid_grant};
use crate::harness::{by, count, log, on_each_database};

const AUDIENCE: &str = "http://127.0.0.1:3000/api/v1";

pub(crate) fn asking(organization: &str) -> ClientCredentialsRequest {
    ClientCredentialsRequest { organization: Some(organization.to_owned()), scope: None, audience: AUDIENCE.to_owned() }
}

/// A world whose app has the grant, under `policy`.
pub(crate) async fn world(store: &Store, policy: TokenPolicy) -> World {
    let mut world = World::new(store).await;
    world.client.grants = AppGrants::Both;
    world.client.policy = policy;
    world
}

async fn own(world: &World, organization: &str) -> Result<TokenResponse, TokenError> {
    world.store.issue_for_client(&world.app(), &world.client, &asking(organization)).await
}

pub(crate) async fn own_token(world: &World) -> TokenResponse {
    own(world, &world.target.to_string()).await.expect("installed there")
}

fn code_of(answer: &Result<TokenResponse, TokenError>) -> Option<ErrorCode> {
    match answer {
        Err(TokenError::OAuth(error)) => Some(error.code),
        _ => None,
    }
}

/// The one install of the app in the target organization.
async fn install_of(world: &World) -> InstallId {
    let active = InstallFilter { status: Some(InstallStatus::Active), ..InstallFilter::default() };
    world.store.installs_in(world.target, active).await.expect("answers").items[0].id
}

async fn worth(world: &World, answer: &TokenResponse) -> Verdict {
    world.store.judge_bearer(&answer.access_token).await.expect("answers")
}

#[tokio::test]
async fn req_061_a_token_for_the_app_itself_is_a_jwt_with_a_row_and_an_event() {
    on_each_database(async |store, _clock| {
        let world = world(&store, TokenPolicy::apiera()).await;
        world.tokens("").await;
        let answer = own_token(&world).await;
        assert_eq!((answer.refresh_token.as_deref(), answer.expires_in), (None, Some(86_400)));
        assert_eq!(answer.scope, "read write delete".parse().expect("scopes"));
        let claims = store.verify(TokenKind::AccessToken, &answer.access_token).expect("signed by us");
        assert_eq!(
            (claims["sub"].as_str(), claims["client_id"].as_str()),
            (Some(world.client.client_id.as_str()), Some(world.client.client_id.as_str()))
        );
        assert_eq!(claims["org_id"], world.target.to_string());
        assert_eq!(claims["permissions"], serde_json::json!(["read", "write", "delete"]));
        let id: AccessTokenId = claims["jti"].as_str().expect("text").parse().expect("an id");
        let (install, hash) =
            (install_of(&world).await, "length(token_hash) = 0 AND grant_type = 'client_credentials'");
        assert_eq!(count(&store, "access_tokens", hash).await, 1, "nothing of the text is kept");
        let bearer = store.bearer(&answer.access_token).await.expect("answers").expect("live");
        assert_eq!((bearer.token, bearer.install, bearer.organization.id), (id, install, world.target));
        assert!(world.lives(&answer).await);
        let event = &log(&store, world.target).await[0];
        assert_eq!((event.action.as_str(), event.actor.as_str()), ("token.issued", world.client.name.as_str()));
        assert!(!format!("{event:?}").contains(&answer.access_token), "the event holds a hint alone");
    })
    .await;
}

#[tokio::test]
async fn req_061_an_organization_has_four_names_and_one_refusal() {
    on_each_database(async |store, _clock| {
        let world = world(&store, TokenPolicy::standard()).await;
        let refused = async |organization: &str| {
            let answer = own(&world, organization).await;
            match answer {
                Err(TokenError::OAuth(error)) => error,
                other => panic!("{organization}: {other:?}"),
            }
        };
        let expected = ClientCredentialsRequest::no_organization();
        assert_eq!(refused(&world.target.to_string()).await, expected, "not installed");
        world.tokens("&actor=self").await;
        assert_eq!(refused(&world.target.to_string()).await, expected, "installed as a person only");
        world.tokens("").await;
        let domain = Some("target.example".to_owned());
        store.set_organization(&By::operator(), &world.target.to_string(), domain, None).await.expect("set");
        for name in [&world.target.to_string(), &world.target.uuid().to_string(), "target", "target.example"] {
            let answer = own(&world, name).await.expect(name);
            assert!(world.lives(&answer).await, "{name}");
        }
        let stranger = OrgId(store.new_id()).to_string();
        for name in ["", " ", "nobody", "nobody.example", "org_", &stranger, &world.partner.to_string()] {
            assert_eq!(refused(name).await, expected, "{name}");
        }
        let missing = ClientCredentialsRequest { organization: None, ..asking("") };
        let missing = store.issue_for_client(&world.app(), &world.client, &missing).await;
        assert!(matches!(missing, Err(TokenError::OAuth(error)) if error == expected));
        let operator = By::operator();
        store.set_organization_status(&operator, world.target, Status::Suspended).await.expect("suspended");
        assert_eq!(refused("target").await, expected, "suspended");
        store.set_organization_status(&operator, world.target, Status::Active).await.expect("active");
        assert!(own(&world, "target").await.is_ok());
        let install = install_of(&world).await;
        store.revoke_install(&by(world.admin), world.target, install, None, true).await.expect("blocked");
        assert_eq!(refused("target").await, expected, "revoked and blocked");
    })
    .await;
}

#[tokio::test]
async fn req_118_tokens_of_the_app_itself_stand_outside_one_live_token() {
    on_each_database(async |store, _clock| {
        let world = world(&store, TokenPolicy::standard()).await;
        let first = world.tokens("").await;
        let (one, two) = (own_token(&world).await, own_token(&world).await);
        assert!(world.lives(&one).await && world.lives(&first).await, "they live beside each other");
        let second = world.tokens("").await;
        assert!(!world.lives(&first).await && world.lives(&second).await, "a code's pair ends the one before");
        let third = world.refresh(&second).await.expect("refreshed");
        assert!(world.lives(&one).await && world.lives(&two).await, "neither exchange nor refresh ends them");
        world.revoke(&one.access_token).await;
        assert!(!world.lives(&one).await && world.lives(&two).await && world.lives(&third).await, "it ends alone");
        assert!(own(&world, "target").await.is_ok(), "and leaves the install");
        world.revoke(third.refresh_token.as_deref().expect("a refresh token")).await;
        assert!(!world.lives(&two).await, "the end of the install is the end of all");
    })
    .await;
}

#[tokio::test]
async fn req_077_the_last_token_of_a_code_ends_the_install_whatever_the_app_got_by_itself() {
    on_each_database(async |store, _clock| {
        let world = world(&store, TokenPolicy::apiera()).await;
        let (first, second, own_one) = (world.tokens("").await, world.tokens("").await, own_token(&world).await);
        world.revoke(&first.access_token).await;
        assert!(!world.lives(&first).await && world.lives(&second).await && world.lives(&own_one).await);
        world.revoke(&second.access_token).await;
        assert!(!world.lives(&second).await && !world.lives(&own_one).await);
        assert_eq!(count(&store, "installs", "status = 'active'").await, 0);
        assert_eq!(code_of(&own(&world, "target").await), Some(ErrorCode::InvalidRequest));
    })
    .await;
}

#[tokio::test]
async fn req_088_a_jwt_is_dead_at_once_when_it_is_revoked_though_its_signature_holds() {
    on_each_database(async |store, clock| {
        let world = world(&store, TokenPolicy::apiera()).await;
        world.tokens("").await;
        let (kept, revoked) = (own_token(&world).await, own_token(&world).await);
        world.revoke(&revoked.access_token).await;
        assert_eq!(worth(&world, &revoked).await, Verdict::Worthless);
        assert!(store.verify(TokenKind::AccessToken, &revoked.access_token).is_ok());
        assert!(!world.lives(&revoked).await && world.lives(&kept).await);
        clock.advance(86_400);
        assert_eq!(worth(&world, &revoked).await, Verdict::Worthless, "revoked stays revoked");
        assert_eq!(
            worth(&world, &kept).await,
            Verdict::Expired { audience: AUDIENCE.to_owned(), audience_taken: false }
        );
        assert!(!world.lives(&kept).await);
    })
    .await;
}

#[tokio::test]
async fn req_086_only_a_token_that_was_ours_is_told_that_it_has_expired() {
    on_each_database(async |store, clock| {
        let world = world(&store, TokenPolicy::apiera()).await;
        let jwt = world.tokens("").await;
        let opaque = World {
            client: {
                let mut client = world.client.clone();
                client.policy = TokenPolicy::standard();
                client
            },
            ..world
        };
        let opaque_one = own_token(&opaque).await;
        let id_token = store
            .sign(
                SigningAlgorithm::Rs256,
                TokenKind::IdToken,
                &store.verify(TokenKind::AccessToken, &jwt.access_token).expect("ours"),
            )
            .await
            .expect("signed");
        clock.advance(86_399);
        assert!(opaque.lives(&jwt).await && opaque.lives(&opaque_one).await);
        clock.advance(1);
        let expired = Verdict::Expired { audience: AUDIENCE.to_owned(), audience_taken: false };
        assert_eq!(worth(&opaque, &jwt).await, expired);
        assert_eq!(worth(&opaque, &opaque_one).await, expired);
        let mut forged = opaque_one.access_token.clone();
        forged.replace_range(30..31, if &forged[30..31] == "a" { "b" } else { "a" });
        let cut = &jwt.access_token[..jwt.access_token.len() - 1];
        for text in [forged.as_str(), cut, &id_token, "x", "a.b.c", "..", ""] {
            assert_eq!(store.judge_bearer(text).await.expect("answers"), Verdict::Worthless, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn req_061_codes_and_refreshes_give_jwts_too_where_the_policy_says_so() {
    on_each_database(async |store, clock| {
        let policy = TokenPolicy {
            access_format: AccessFormat::Jwt(SigningAlgorithm::Es256),
            refresh: Refresh::Rotating { grace_seconds: 30 },
            refresh_idle_seconds: Some(86_400),
            live_tokens: LiveTokens::One,
            ..TokenPolicy::apiera()
        };
        let world = world(&store, policy).await;
        let first = world.tokens("&actor=self").await;
        let claims = store.verify(TokenKind::AccessToken, &first.access_token).expect("signed by us");
        assert_eq!(
            (claims["sub"].as_str(), claims["actor"].as_str()),
            (Some(world.admin.to_string().as_str()), Some("self"))
        );
        clock.advance(5);
        let next = world.refresh(&first).await.expect("refreshed");
        assert!(store.verify(TokenKind::AccessToken, &next.access_token).is_ok());
        assert!(!world.lives(&first).await && world.lives(&next).await);
        let again = world.refresh(&first).await.expect("a retry");
        assert_eq!(again.access_token, next.access_token, "the very same answer");
        let limited = world.scopes_of(&next.access_token).await.expect("live");
        assert_eq!(limited, "read write delete".parse().expect("scopes"));
        let admin = domain::role::Role::Admin;
        let heir = world.member("heir", domain::role::Role::Owner).await;
        assert_ne!(heir, world.admin);
        let set_role = async |role| {
            let changed = store.set_member(&By::operator(), world.target, world.admin, Some(role)).await;
            changed.expect("another owner is there");
        };
        set_role(domain::role::Role::Member).await;
        let limited = world.scopes_of(&next.access_token).await.expect("live");
        assert_eq!(limited, "read".parse().expect("scopes"), "what it says is not what it may do");
        set_role(admin).await;
        assert_eq!(world.scopes_of(&next.access_token).await.expect("live").len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn req_119_a_revoked_install_racing_the_apps_own_credentials_leaves_no_live_token() {
    on_each_database(async |store, _clock| {
        let world = Arc::new(world(&store, TokenPolicy::standard()).await);
        for round in 0..100 {
            world.tokens("").await;
            let install = install_of(&world).await;
            let other = world.clone();
            let revoked = tokio::spawn(async move {
                other.store.revoke_install(&by(other.admin), other.target, install, None, false).await
            });
            let answers = at_once(&world, 50, |world| async move { own(&world, "target").await }).await;
            revoked.await.expect("no panic").expect("it was there");
            for answer in &answers {
                match answer {
                    Ok(answer) => assert!(!world.lives(answer).await, "{round}"),
                    refused => assert_eq!(code_of(refused), Some(ErrorCode::InvalidRequest), "{round}: {refused:?}"),
                }
            }
            assert_eq!(count(&store, "access_tokens", "revoked_at IS NULL").await, 0, "{round}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_50_requests_at_once_each_has_its_own_live_token_and_its_event() {
    on_each_database(async |store, _clock| {
        let world = Arc::new(world(&store, TokenPolicy::standard()).await);
        let pair = world.tokens("").await;
        let answers = at_once(&world, 50, |world| async move { own(&world, "target").await }).await;
        let mut texts: Vec<_> = answers.into_iter().map(|answer| answer.expect("installed").access_token).collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), 50);
        let own_rows = "grant_type = 'client_credentials' AND revoked_at IS NULL";
        assert_eq!(count(&store, "access_tokens", own_rows).await, 50);
        assert_eq!(count(&store, "access_tokens", "told ->> 'after' LIKE '%client_credentials%'").await, 50);
        assert!(world.lives(&pair).await);
        assert!(!invalid_grant(&world.refresh(&pair).await));
    })
    .await;
}
