//! The request of a program: its parameters, and the client that proved who it is (RFC 6749 sections 2.3 and 3.2).

use std::sync::Arc;

use app::session::RequestFacts;
use axum::extract::Request;
use domain::client::{AuthMethod, Client};
use domain::oauth::client_auth::{Claim, Verify, claim, evaluate};
use domain::oauth::params::{Params, Unreadable};
use domain::store::cache::Claimant;
use http::request::Parts;
use http::{HeaderMap, Method, header};

use super::error::Failure;
use crate::limits::LimitKey;
use crate::state::AppState;
use crate::{address, web};

/// Which bodies an endpoint reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bodies {
    /// `application/x-www-form-urlencoded` (RFC 7009 section 2.1, RFC 7662 section 2.1).
    Form,
    /// A form, or a JSON object of strings (requirement 50).
    FormOrJson,
}

/// The parameters of a POST. The query is not read: what stands there ends up in logs (requirement 49).
pub(super) async fn read(request: Request, bodies: Bodies) -> Result<(Parts, Params), Failure> {
    let (parts, body) = request.into_parts();
    if parts.method != Method::POST {
        return Err(Failure::Method("POST, OPTIONS"));
    }
    if bodies == Bodies::Form && !web::is_form(&parts.headers) {
        return Err(Unreadable::NotForm.into());
    }
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let body = web::whole(body).await?;
    let params = Params::body(kind, &body)?;
    Ok((parts, params))
}

/// Who claims to ask.
pub(super) fn claim_of(headers: &HeaderMap, params: &Params) -> Result<Claim, Failure> {
    Ok(claim(headers.get_all(header::AUTHORIZATION).iter().map(http::HeaderValue::as_bytes), params)?)
}

/// The client that proved who it is; failures are counted per client and address (requirement 124).
pub(super) async fn authenticate(
    state: &AppState,
    facts: &RequestFacts,
    claim: &Claim,
) -> Result<Arc<Client>, Failure> {
    Ok(Limited::check(state, facts, claim)?.authenticate(claim).await?.client)
}

/// Whether `claimant` is who claims to ask, if `proves` says so of the secret.
pub(super) fn holds(claim: &Claim, claimant: &Claimant, proves: impl FnOnce(&str) -> bool) -> bool {
    match evaluate(claim, Some(&claimant.client)) {
        Ok(Verify::Nothing) => true,
        Ok(Verify::Secret(secret)) => proves(secret.expose()),
        Err(_) => false,
    }
}

/// Why `claimant` is not who claims to ask.
fn reason(claim: &Claim, claimant: Option<&Claimant>) -> &'static str {
    match claimant {
        None => "no client has the id",
        Some(claimant) if !claimant.client.enabled() => "the app is not in use",
        Some(claimant) if evaluate(claim, Some(&claimant.client)).is_err() => {
            "the app is registered for another way to send its secret"
        }
        Some(_) => "the secret is none of the app's live ones",
    }
}

/// The place where a caller's failures are counted.
pub(super) struct Limited<'a> {
    state: &'a AppState,
    key: LimitKey,
}

impl<'a> Limited<'a> {
    /// Whether the caller may try. Tries in parallel can outrun the limit by their number, which is harmless against 160
    /// random bits; counting tries before their outcome would refuse a busy client that never failed.
    pub(super) fn check(state: &'a AppState, facts: &RequestFacts, claim: &Claim) -> Result<Self, Failure> {
        let key = LimitKey::of(&[claim.client_id().as_str(), &address::bucket(facts.ip)]);
        state.limits.client.check(key, state.store.now()).map_err(Failure::TooMany)?;
        Ok(Self { state, key })
    }

    /// The client with his secret, once he proved who he is; a failure is counted.
    pub(super) async fn authenticate(&self, claim: &Claim) -> Result<Claimant, Failure> {
        self.proved(claim, self.state.store.claimant(claim).await?)
    }

    /// The same of a `claimant` who was read already.
    pub(super) fn proved(&self, claim: &Claim, claimant: Option<Claimant>) -> Result<Claimant, Failure> {
        let store = &self.state.store;
        let proves = |claimant: &Claimant| holds(claim, claimant, |secret| store.proves(claimant, secret));
        let claimant = match claimant {
            Some(claimant) if proves(&claimant) => return Ok(claimant),
            other => other,
        };
        // The client is told nothing, unless its secret is right (requirements 53 and 55); who runs the server can help its
        // developer. An id that nobody has is not logged: somebody may have mistaken a secret for it.
        let client = claimant.as_ref().map(|claimant| tracing::field::display(&claimant.client.client_id));
        tracing::info!(client_id = client, reason = reason(claim, claimant.as_ref()), "a client was not authenticated");
        match claimant {
            // Nothing was guessed: libraries try both ways in turn.
            Some(claimant)
                if claim
                    .sent_another_way(&claimant.client)
                    .is_some_and(|secret| store.accepts(&claimant, secret.expose())) =>
            {
                Err(claim.denied_that_way(&claimant.client).into())
            }
            _ => Err(self.failed(claim)),
        }
    }

    /// Counts a failed grant of `client` (requirement 124). Whoever proved who he is waits with what fails alone: strangers
    /// choose the codes that reach him, and must not shut him out with all whom he serves.
    pub(super) fn failed_grant(&self, client: &Client) -> Result<(), Failure> {
        let (limits, store) = (&self.state.limits, &self.state.store);
        let counted = if client.auth_method == AuthMethod::None { &limits.client } else { &limits.grant };
        counted.check(self.key, store.now()).map_err(Failure::TooMany)?;
        counted.count(self.key, store.now());
        Ok(())
    }

    /// Counts a failure, and answers it. A success takes none back: what is guessed between two successes is guessed all the
    /// same.
    pub(super) fn failed(&self, claim: &Claim) -> Failure {
        self.state.limits.client.count(self.key, self.state.store.now());
        Failure::Denied(claim.denied())
    }
}
