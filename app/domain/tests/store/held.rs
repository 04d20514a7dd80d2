//! Tokens of both actor modes, written past the verbs: to see what else ends them.

use domain::client::ActorMode;
use domain::entity;
use domain::id::{AccessTokenId, CodeId, FamilyId, OrgId, RefreshTokenId, UserId};
use domain::store::Store;

use crate::harness::{app, count, insert, install, organization};

/// A code, an access and a refresh token of each mode.
pub(crate) struct Held;

impl Held {
    /// How many live of mode `self`, and of mode `app`.
    pub(crate) async fn live(&self, store: &Store) -> (i64, i64) {
        let mut live = (0, 0);
        for table in ["codes", "access_tokens", "refresh_tokens"] {
            live.0 += count(store, table, "actor = 'self' AND revoked_at IS NULL").await;
            live.1 += count(store, table, "actor = 'app' AND revoked_at IS NULL").await;
        }
        assert_eq!(count(store, "refresh_tokens", "revoked_at IS NOT NULL AND sealed_answer IS NOT NULL").await, 0);
        live
    }
}

/// Tokens of both modes by `user`, in an organization of his own.
pub(crate) async fn tokens_of_both_modes(store: &Store, user: UserId) -> Held {
    let place = organization(store, user, "Tokens").await;
    tokens_of(store, user, place).await
}

/// Tokens of both modes by `user` in `place`.
pub(crate) async fn tokens_of(store: &Store, user: UserId, place: OrgId) -> Held {
    let robot = app(store, place, "Robot").await;
    for actor in [ActorMode::App, ActorMode::Myself] {
        let install_id = install(store, robot, place, user, actor).await;
        let acts_as = (actor == ActorMode::Myself).then_some(user);
        let family_id = FamilyId(store.new_id());
        let access_token_id = AccessTokenId(store.new_id());
        let (now, scopes) = (store.now(), "read".parse::<domain::scope::ScopeSet>().expect("a scope"));
        let audience = "http://127.0.0.1:3000/api/v1".to_owned();
        let code = entity::code::Model {
            id: CodeId(store.new_id()),
            code_hash: vec![0; 32],
            app_id: robot,
            install_id,
            organization_id: place,
            actor,
            user_id: user,
            redirect_uri: None,
            code_challenge: None,
            nonce: None,
            authenticated_at: None,
            scopes: scopes.clone(),
            audience: audience.clone(),
            family_id,
            created_at: now,
            expires_at: now.plus_seconds(300),
            used_at: None,
            access_token_id: None,
            revoked_at: None,
        };
        insert(store, code).await;
        let access = entity::access_token::Model {
            id: access_token_id,
            token_hash: vec![0; 32],
            hint: "ptcot_…0000".to_owned(),
            app_id: robot,
            install_id,
            organization_id: place,
            grant_type: domain::client::GrantType::AuthorizationCode,
            jwt: false,
            actor,
            user_id: acts_as,
            family_id,
            scopes: scopes.clone(),
            audience: audience.clone(),
            created_at: now,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
            request_id: None,
            told: None,
        };
        insert(store, access).await;
        let refresh = entity::refresh_token::Model {
            id: RefreshTokenId(store.new_id()),
            token_hash: vec![0; 32],
            hint: "ptcor_…0000".to_owned(),
            app_id: robot,
            install_id,
            organization_id: place,
            actor,
            user_id: acts_as,
            family_id,
            scopes,
            audience,
            access_token_id,
            created_at: now,
            family_created_at: now,
            expires_at: None,
            used_at: None,
            successor_id: None,
            sealed_answer: Some(vec![1]),
            revoked_at: None,
        };
        insert(store, refresh).await;
    }
    Held
}
