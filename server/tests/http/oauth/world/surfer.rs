//! The browsers of the world.

use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};

use super::super::request::Form;
use super::{ISSUER, Person};
use crate::harness::{Answer, Browser, PASSWORD};

/// A person at a browser, who fills forms.
pub(crate) struct Surfer {
    browser: Browser,
    csrf: Option<String>,
}

impl Surfer {
    /// Nobody, at `browser`.
    pub(super) const fn new(browser: Browser) -> Self {
        Self { browser, csrf: None }
    }

    pub(crate) async fn sign_in(&mut self, person: &Person) {
        let answer = self.browser.sign_in(&person.email, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{} signs in: {answer:?}", person.email);
        self.csrf = None;
    }

    /// The token of this session's forms.
    pub(crate) async fn csrf(&mut self) -> String {
        if self.csrf.is_none() {
            self.csrf = Some(self.browser.token("/account").await);
        }
        self.csrf.clone().unwrap_or_default()
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.browser.get(path).await
    }

    /// Its cookies, by name.
    pub(crate) fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.browser.jar.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A form of ours, with the token.
    pub(crate) async fn post(&mut self, path: &str, form: &Form) -> Answer {
        let form = form.clone().with("csrf", &self.csrf().await);
        let request = self.prepared(form.post(path));
        self.browser.send(request).await
    }

    /// Sends `request` with this browser's cookies and nothing else.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let request = self.prepared(request);
        Browser::new(self.browser.router.clone(), ISSUER).send(request).await
    }

    /// Sends `request` with this browser's cookies, and keeps those of the answer.
    pub(crate) async fn follow(&mut self, request: Request<Body>) -> Answer {
        let request = self.prepared(request);
        self.browser.send(request).await
    }

    /// `request` with this browser's cookies.
    pub(crate) fn prepared(&self, mut request: Request<Body>) -> Request<Body> {
        let cookies = self.browser.request(Method::GET, "/", Body::empty());
        request.headers_mut().extend::<HeaderMap>(cookies.headers().clone());
        request
    }

    /// Follows an authorization request: the path of the consent page.
    #[track_caller]
    pub(crate) fn authorize<'a>(&'a mut self, request: &Form) -> impl Future<Output = String> + use<'a> {
        let request = self.prepared(request.get_request("/oauth/authorize"));
        async move {
            let answer = self.browser.send(request).await;
            assert!(answer.location().starts_with("/oauth/consent/"), "{answer:?}");
            answer.location().to_owned()
        }
    }

    /// Presents the interaction cookie of the grant at `from` as that of the grant at `to`.
    pub(crate) fn rename_cookie(&mut self, from: &str, to: &str) {
        let name = |path: &str| format!("portico_interaction_{}", path.trim_start_matches("/oauth/consent/"));
        let value = self.browser.jar.remove(&name(from)).expect("an interaction cookie");
        self.browser.jar.insert(name(to), value);
    }
}
