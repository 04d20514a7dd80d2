//! A partner, a target organization and an app between them, driven through the real verbs.

use std::sync::Arc;

use domain::client::{AuthMethod, Client};
use domain::id::{GrantId, OrgId, UserId};
use domain::oauth::authorize::{AuthorizationRequest, Outcome, evaluate};
use domain::oauth::gate::Visitor;
use domain::oauth::introspect::{Caller, Introspection};
use domain::oauth::params::Params;
use domain::oauth::token::{CodeRequest, RefreshRequest, TokenResponse};
use domain::pkce::CodeVerifier;
use domain::portal::{NewApp, ScopeChoice, ShownOnce};
use domain::role::Role;
use domain::scope::ScopeSet;
use domain::secret::{Interaction, Presented};
use domain::store::consent_decision::{DecideError, Decision};
use domain::store::grants::CreateGrantError;
use domain::store::tokens::TokenError;
use domain::store::{Actor, By, Store};

use crate::harness::{anonymous, by, member, organization, person};

/// A verifier that fits [`challenge`].
pub(crate) const VERIFIER: &str = "a-verifier-of-43-characters-or-more-0123456789";
/// The callback of every app here.
pub(crate) const CALLBACK: &str = "https://partner.example.com/callback";

/// Who takes part.
pub(crate) struct World {
    pub(crate) store: Store,
    /// The owner organization and its owner.
    pub(crate) partner: OrgId,
    pub(crate) maker: UserId,
    /// The target organization and its owner.
    pub(crate) target: OrgId,
    pub(crate) admin: UserId,
    /// A confidential app, with its secret.
    pub(crate) client: Client,
    pub(crate) secret: ShownOnce,
    /// The same as another process sees it, where there is one.
    pub(crate) other: Option<Arc<World>>,
}

/// A pending grant in one browser.
pub(crate) struct Waiting {
    pub(crate) id: GrantId,
    pub(crate) cookie: String,
}

impl World {
    /// `read` required, `write` and `delete` optional, both actor modes.
    pub(crate) async fn new(store: &Store) -> Self {
        Self::named(store, "").await
    }

    /// The same, beside others: the names end with `end`.
    pub(crate) async fn named(store: &Store, end: &str) -> Self {
        let maker = person(store, &format!("maker{end}")).await;
        let partner = organization(store, maker, &format!("Partner{end}")).await;
        let admin = person(store, &format!("admin{end}")).await;
        let target = organization(store, admin, &format!("Target{end}")).await;
        let new = new_app("Robot", &[("read", true), ("write", false), ("delete", false)]);
        let created = store.create_app(&by(maker), partner, new).await.expect("a new app");
        let client = store.client_of_app(created.id).await.expect("answers").expect("there");
        let secret = created.secret.expect("a confidential app has a secret");
        Self { store: store.clone(), partner, maker, target, admin, client, secret, other: None }
    }

    /// The same where every other one of those who come [`at_once`] asks the process of `other`.
    pub(crate) fn beside(self, other: Option<Store>) -> Arc<Self> {
        let seen = |store| Arc::new(self.by(store));
        Arc::new(Self { other: other.map(seen), ..self })
    }

    /// The same through another store.
    pub(crate) fn by(&self, store: Store) -> Self {
        let Self { partner, maker, target, admin, .. } = *self;
        let (client, secret) = (self.client.clone(), ShownOnce(self.secret.0.clone()));
        Self { store, partner, maker, target, admin, client, secret, other: None }
    }

    /// The app at an endpoint.
    pub(crate) fn app(&self) -> By {
        let actor = Actor::App { id: self.client.app, name: self.client.name.clone() };
        By { actor, source: domain::audit::Source::Api, ..anonymous() }
    }

    /// The client as it stands now.
    pub(crate) async fn reload(&mut self) {
        self.client = self.current().await;
    }

    async fn current(&self) -> Client {
        self.store.client_of_app(self.client.app).await.expect("answers").expect("there")
    }

    /// A validated request of the app, for all that it may ask for; `more` is added to the baseline.
    pub(crate) async fn request(&self, more: &str) -> AuthorizationRequest {
        let scope = self.client.scopes().to_string().replace(' ', "+");
        let all = if more.contains("&scope=") { String::new() } else { format!("&scope={scope}") };
        let server = self.store.server().await.expect("answers");
        let text = format!(
            "response_type=code&client_id={}&redirect_uri={CALLBACK}&state=s&code_challenge_method=S256&code_challenge={}{more}{all}",
            self.client.client_id,
            challenge(),
        );
        let params = Params::urlencoded(text.as_bytes()).expect("readable");
        match evaluate(&params, Some(&self.client), &server) {
            Outcome::Ask(request) => *request,
            other => panic!("the baseline is valid: {other:?}"),
        }
    }

    /// The request waits for a person.
    pub(crate) async fn wait(&self, more: &str) -> Waiting {
        self.wait_at(more, "203.0.113.7").await.expect("there is room")
    }

    pub(crate) async fn wait_at(&self, more: &str, address: &str) -> Result<Waiting, CreateGrantError> {
        let pending = self.store.create_grant(self.request(more).await, address.to_owned()).await?;
        Ok(Waiting { id: pending.id, cookie: pending.interaction.reveal() })
    }

    /// `user` chooses `organization` and allows with every optional scope; gives the code.
    pub(crate) async fn allow(
        &self,
        waiting: &Waiting,
        user: UserId,
        organization: OrgId,
    ) -> Result<String, DecideError> {
        self.store.consent_view(waiting.id, &self.cookie(waiting), user, false).await?;
        self.store.choose_organization(waiting.id, &self.cookie(waiting), user, organization).await?;
        self.decide(waiting, user, organization, "write delete admin").await
    }

    /// `user` allows for `organization` and ticks `optional`.
    pub(crate) async fn decide(
        &self,
        waiting: &Waiting,
        user: UserId,
        organization: OrgId,
        optional: &str,
    ) -> Result<String, DecideError> {
        let optional = optional.parse().expect("scopes");
        let decision = Decision::Allow { organization, optional, reason: None };
        let visitor = self.visitor(user);
        let answer = self.store.decide(&by(user), waiting.id, &self.cookie(waiting), visitor, decision).await?;
        let code = answer.pairs().into_iter().find(|(name, _)| *name == "code").map(|(_, code)| code.to_owned());
        Ok(code.expect("a code"))
    }

    /// `user`, who signed in a moment ago.
    pub(crate) fn visitor(&self, user: UserId) -> Visitor {
        Visitor { user, authenticated_at: self.store.now() }
    }

    /// The whole consent of the admin, for actor `app` or as `more` says.
    pub(crate) async fn code(&self, more: &str) -> String {
        let waiting = self.wait(more).await;
        self.allow(&waiting, self.admin, self.target).await.expect("the admin may")
    }

    pub(crate) fn cookie(&self, waiting: &Waiting) -> Presented<Interaction> {
        Presented::parse(&self.store.settings().brand, &waiting.cookie).expect("well formed")
    }

    /// As the endpoint does it: a client that changed meanwhile is read again.
    pub(crate) async fn exchange(&self, code: &str) -> Result<TokenResponse, TokenError> {
        let mut client = self.client.clone();
        loop {
            match self.store.exchange(&self.app(), &client, &code_request(code)).await {
                Err(TokenError::ClientChanged) => client = self.current().await,
                answer => return answer,
            }
        }
    }

    /// The same.
    pub(crate) async fn refresh(&self, answer: &TokenResponse) -> Result<TokenResponse, TokenError> {
        let mut client = self.client.clone();
        loop {
            match self.store.refresh(&self.app(), &client, &refresh_request(answer)).await {
                Err(TokenError::ClientChanged) => client = self.current().await,
                answer => return answer,
            }
        }
    }

    /// Consent and exchange.
    pub(crate) async fn tokens(&self, more: &str) -> TokenResponse {
        self.exchange(&self.code(more).await).await.expect("a fresh code")
    }

    pub(crate) async fn revoke(&self, token: &str) {
        self.store.revoke_token(&self.app(), &self.client, token).await.expect("answers");
    }

    /// What introspection tells the app of its own token: its scopes, or none when inactive.
    pub(crate) async fn scopes_of(&self, token: &str) -> Option<ScopeSet> {
        match self.store.introspect(&Caller::App(Arc::new(self.client.clone())), token).await.expect("answers") {
            Introspection::Active(active) => Some(active.scope),
            Introspection::Inactive(_) => None,
        }
    }

    /// Whether the access token works, by both of the ways to ask, which must agree.
    pub(crate) async fn lives(&self, answer: &TokenResponse) -> bool {
        let introspected = self.scopes_of(&answer.access_token).await;
        let bearer = self.store.bearer(&answer.access_token).await.expect("answers").map(|bearer| bearer.scopes);
        assert_eq!(introspected, bearer, "introspection and the API agree");
        bearer.is_some()
    }

    /// A member of the target organization.
    pub(crate) async fn member(&self, name: &str, role: Role) -> UserId {
        member(&self.store, self.target, name, role).await
    }
}

/// The refresh token of an answer that has one.
pub(crate) fn refresh_token(answer: &TokenResponse) -> &str {
    answer.refresh_token.as_deref().expect("a refresh token")
}

/// The challenge of [`VERIFIER`].
pub(crate) fn challenge() -> String {
    VERIFIER.parse::<CodeVerifier>().expect("a verifier").challenge().to_string()
}

pub(crate) fn code_request(code: &str) -> CodeRequest {
    CodeRequest {
        code: code.into(),
        redirect_uri: Some(CALLBACK.to_owned()),
        code_verifier: Some(VERIFIER.into()),
        resource: None,
    }
}

pub(crate) fn refresh_request(answer: &TokenResponse) -> RefreshRequest {
    RefreshRequest { refresh_token: refresh_token(answer).into(), scope: None, resource: None }
}

/// Whether a token request was refused with `invalid_grant`.
pub(crate) fn invalid_grant<T>(answer: &Result<T, TokenError>) -> bool {
    matches!(answer, Err(TokenError::OAuth(error)) if error.code == domain::oauth::error::ErrorCode::InvalidGrant)
}

/// A confidential app as the wizard sends it.
pub(crate) fn new_app(name: &str, scopes: &[(&str, bool)]) -> NewApp {
    NewApp {
        name: name.to_owned(),
        description: "It does one thing".to_owned(),
        auth_method: AuthMethod::ClientSecretBasic,
        redirect_uris: vec![CALLBACK.to_owned()],
        scopes: scopes.iter().map(|&(token, required)| choice(token, required)).collect(),
        ..NewApp::default()
    }
}

pub(crate) fn choice(token: &str, required: bool) -> ScopeChoice {
    ScopeChoice { token: token.parse().expect("a scope"), purpose: "To do it".to_owned(), required }
}

/// Runs `count` of the same thing at the same time.
pub(crate) async fn at_once<T: Send + 'static, F>(
    world: &Arc<World>,
    count: usize,
    task: impl Fn(Arc<World>) -> F,
) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..count {
        let other = world.other.as_ref().filter(|_| number % 2 == 1);
        tasks.spawn(task(other.unwrap_or(world).clone()));
    }
    tasks.join_all().await
}
