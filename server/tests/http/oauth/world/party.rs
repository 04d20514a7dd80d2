//! The apps of the world, and the requests that they make.

use axum::body::Body;
use domain::client::{ActorModes, AuthMethod};
use domain::id::{AppId, OrgId};
use domain::portal::NewApp;
use domain::store::Store;
use http::{Request, StatusCode};

use super::super::request::{Form, with_header};
use super::{Person, VERIFIER, World, allow_in, basic, by, challenge, scopes};
use crate::harness::Answer;

/// A registered app, as its maker holds it.
#[derive(Clone)]
pub(crate) struct Party {
    pub(crate) app: AppId,
    pub(crate) client_id: String,
    pub(crate) secret: Option<String>,
    /// Its first redirect URI.
    pub(crate) redirect: String,
    pub(crate) method: AuthMethod,
    pub(crate) scope: String,
}

/// A pair of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// Registers an app with these scopes.
pub(super) async fn make(
    store: &Store,
    maker: &Person,
    owner: OrgId,
    name: &str,
    (method, actor_modes): (AuthMethod, ActorModes),
    uris: &[&str],
    words: &[&str],
) -> Party {
    let new = NewApp {
        name: name.to_owned(),
        auth_method: method,
        pkce_required: method != AuthMethod::ClientSecretPost,
        actor_modes,
        redirect_uris: uris.iter().map(|&uri| uri.to_owned()).collect(),
        scopes: scopes(words),
        ..NewApp::default()
    };
    register(store, maker, owner, new).await
}

/// Registers the app `new`; its requests ask for the required scopes.
pub(super) async fn register(store: &Store, maker: &Person, owner: OrgId, new: NewApp) -> Party {
    let required: Vec<_> = new.scopes.iter().filter(|scope| scope.required).map(|scope| scope.token.as_str()).collect();
    let (scope, method) = (required.join(" "), new.auth_method);
    let redirect = new.redirect_uris.first().cloned().unwrap_or_default();
    let made = store.create_app(&by(maker), owner, new).await.expect("an app");
    let (client_id, secret) = (made.client_id.to_string(), made.secret.map(|secret| secret.0));
    Party { app: made.id, client_id, secret, redirect, method, scope }
}

impl Party {
    /// A valid authorization request for Target.
    pub(crate) fn request(&self) -> Form {
        Form::of(&[
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect),
            ("scope", &self.scope),
            ("state", "s1"),
            ("organization", "target"),
            ("code_challenge", &challenge(VERIFIER)),
            ("code_challenge_method", "S256"),
        ])
    }

    /// The token request for `code`, without authentication.
    pub(crate) fn exchange(&self, code: &str) -> Form {
        Form::of(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect),
            ("code_verifier", VERIFIER),
        ])
    }

    /// Its header of HTTP Basic.
    pub(crate) fn basic(&self) -> String {
        basic(&self.client_id, self.secret.as_deref().expect("a confidential app"))
    }

    /// The admin allows `request` in Target: the redirect to the client.
    pub(crate) async fn consent(&self, world: &World, request: &Form) -> Answer {
        self.consent_with(world, request, &world.allow()).await
    }

    /// The admin answers `request` with `form`.
    pub(crate) async fn consent_with(&self, world: &World, request: &Form, form: &Form) -> Answer {
        let mut browser = world.browser(&world.admin).await;
        let consent = browser.authorize(request).await;
        let organization = form.get("organization");
        if request.get("organization") != "target" || organization != world.target.to_string() {
            let choice = Form::of(&[("choose", "1"), ("organization", organization)]);
            assert_eq!(browser.post(&consent, &choice).await.status, StatusCode::SEE_OTHER);
        }
        browser.post(&consent, form).await
    }

    /// A code for Target.
    pub(crate) async fn code(&self, world: &World) -> String {
        self.consent(world, &self.request()).await.sent_once("code")
    }

    pub(crate) async fn redeem(&self, world: &World, code: &str) -> Answer {
        world.send(self.exchange(code).post_as(self)).await
    }

    pub(crate) async fn tokens(&self, world: &World) -> Tokens {
        self.tokens_for(world, &self.request()).await
    }

    pub(crate) async fn tokens_for(&self, world: &World, request: &Form) -> Tokens {
        let code = self.consent(world, request).await.sent_once("code");
        self.redeem(world, &code).await.tokens()
    }

    pub(crate) async fn tokens_in(&self, world: &World, organization: OrgId) -> Tokens {
        let code = self.consent_with(world, &self.request(), &allow_in(organization)).await.sent_once("code");
        self.redeem(world, &code).await.tokens()
    }

    pub(crate) async fn refresh(&self, world: &World, token: &str) -> Answer {
        let form = Form::of(&[("grant_type", "refresh_token"), ("refresh_token", token)]);
        world.send(form.post_as(self)).await
    }

    pub(crate) async fn revoke(&self, world: &World, token: &str) -> Answer {
        world.send(Form::of(&[("token", token)]).post_to("/oauth/revoke", self)).await
    }

    pub(crate) async fn introspect(&self, world: &World, token: &str) -> Answer {
        world.send(Form::of(&[("token", token)]).post_to("/oauth/introspect", self)).await
    }
}

impl Form {
    /// The form at the token endpoint, with the authentication of `party`.
    pub(crate) fn post_as(&self, party: &Party) -> Request<Body> {
        self.post_to("/oauth/token", party)
    }

    /// The form at `path`, with the authentication of `party`.
    pub(crate) fn post_to(&self, path: &str, party: &Party) -> Request<Body> {
        let named = self.clone().and("client_id", &party.client_id);
        match (party.method, &party.secret) {
            (AuthMethod::ClientSecretBasic, _) => with_header(self.post(path), "authorization", &party.basic()),
            (AuthMethod::ClientSecretPost, Some(secret)) => named.and("client_secret", secret).post(path),
            _ => named.post(path),
        }
    }
}

impl Answer {
    /// The tokens of a successful token request.
    #[track_caller]
    pub(crate) fn tokens(&self) -> Tokens {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        Tokens { access: self.text("access_token"), refresh: self.text("refresh_token") }
    }
}
