//! The crate `openidconnect` as a relying party, unmodified: it knows the issuer and its registration, and discovers the rest.

use std::future::Future;
use std::pin::Pin;

use axum::Router;
use axum::body::Body;
use http::Request;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenVerifier, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse as _,
};

use super::request::{Answer, Form};
use super::world::{ISSUER, World};

/// Carries the crate's requests to the router.
struct Wire(Router);

impl<'c> AsyncHttpClient<'c> for Wire {
    type Error = std::convert::Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Self::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let answer = crate::harness::send(&self.0, Request::from_parts(parts, Body::from(body))).await;
            let mut response = HttpResponse::new(answer.body.into_bytes());
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            Ok(response)
        })
    }
}

/// The admin allows what `url` asks for; the answer that leads back to the client.
async fn allowed(world: &World, url: &openidconnect::url::Url) -> Answer {
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let mut browser = world.browser(&world.admin).await;
    let request = Form(pairs).and("organization", "target");
    let consent = browser.authorize(&request).await;
    browser.post(&consent, &world.allow()).await
}

#[tokio::test]
async fn req_089_req_101_a_relying_party_needs_the_issuer_alone() {
    let world = World::new().await;
    let wire = Wire(world.router());
    let party = world.openid_party("https://rp.example/cb").await;

    let issuer = IssuerUrl::new(ISSUER.to_owned()).expect("a URL");
    let metadata = CoreProviderMetadata::discover_async(issuer, &wire).await.expect("discovery");
    let secret = ClientSecret::new(party.secret.clone().expect("a secret"));
    let client = CoreClient::from_provider_metadata(metadata, ClientId::new(party.client_id.clone()), Some(secret))
        .set_redirect_uri(RedirectUrl::new(party.redirect.clone()).expect("a URL"));

    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let code_flow = CoreAuthenticationFlow::AuthorizationCode;
    let (url, state, nonce) = client
        .authorize_url(code_flow, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("profile".to_owned()))
        .add_scope(Scope::new("email".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    let answer = allowed(&world, &url).await;
    assert_eq!(answer.sent_once("state"), *state.secret());

    let code = AuthorizationCode::new(answer.sent_once("code"));
    let request = client.exchange_code(code).expect("a token endpoint").set_pkce_verifier(verifier);
    let tokens = request.request_async(&wire).await.expect("tokens");

    let now = time(&world);
    let verifier: CoreIdTokenVerifier<'_> =
        client.id_token_verifier().set_time_fn(move || now).set_issue_time_verifier_fn(|_| Ok(()));
    let id_token = tokens.id_token().expect("an ID token");
    let claims = id_token.claims(&verifier, &nonce).expect("a valid ID token");
    let subject = claims.subject().clone();
    assert_eq!(subject.as_str(), world.admin.id.to_string());
    let algorithm = id_token.signing_alg().expect("an algorithm");
    let key = id_token.signing_key(&verifier).expect("a published key");
    let hash = openidconnect::AccessTokenHash::from_token(tokens.access_token(), algorithm, key).expect("a hash");
    assert_eq!(claims.access_token_hash(), Some(&hash));

    let request = client.user_info(tokens.access_token().clone(), Some(subject)).expect("a userinfo endpoint");
    let me: CoreUserInfoClaims = request.request_async(&wire).await.expect("userinfo");
    assert_eq!(me.email().map(|email| email.as_str()), Some(world.admin.email.as_str()));
    assert_eq!(me.email_verified(), Some(false));

    let refresh = tokens.refresh_token().expect("a refresh token");
    let request = client.exchange_refresh_token(refresh).expect("a token endpoint");
    let refreshed = request.request_async(&wire).await.expect("refreshed");
    assert_ne!(refreshed.access_token().secret(), tokens.access_token().secret());

    let other = Nonce::new_random();
    assert!(id_token.claims(&verifier, &other).is_err(), "a nonce of another request is refused");
}

/// The moment of the world's clock, for the crate.
fn time(world: &World) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(world.store.now().unix_seconds(), 0).expect("a moment")
}
