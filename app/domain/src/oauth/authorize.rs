//! The authorization request: a total function with a typed outcome (RFC 6749 section 4.1.1).
//!
//! [`evaluate`] first asks who is to be answered, and where. Until both are certain every problem is a [`Refusal`], a
//! page (requirement 3). From then on every problem is an error that travels to the [`Callback`].

use super::Server;
use super::error::{ErrorCode, OAuthError, invalid_request};
use super::openid::{self, PromptSet};
use super::params::Params;
pub use super::refusal::Refusal;
pub use super::response::{Asked, AuthorizationResponse, Callback, Delivery, ReplyTo, ResponseMode};
use crate::client::{ActorMode, AppStatus, Client, ClientId};
use crate::id::AppId;
use crate::pkce::{CodeChallenge, S256};
use crate::scope::ScopeSet;

/// The parameters that may come once, and that must be text. Several `resource` are `invalid_target`; what is not listed
/// is ignored, however often it comes and whatever it is (requirements 10, 11, 20 and 98).
const ONCE: [&str; 17] = [
    "actor",
    "audience",
    "code_challenge",
    "code_challenge_method",
    "id_token_hint",
    "max_age",
    "nonce",
    "organization",
    "prompt",
    "registration",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "store",
];

/// What becomes of an authorization request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Tell the person, here: nothing may leave.
    Refuse(Refusal),
    /// Tell the client, at a redirect URI that it registered.
    Reject(AuthorizationResponse),
    /// Ask a person.
    Ask(Box<AuthorizationRequest>),
}

/// A request that is valid in every part: what a person is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The app that asks.
    pub app: AppId,
    /// Whether it is a draft: then no error leaves before a sign-in has shown somebody who may test it.
    pub draft: bool,
    /// `redirect_uri` as it was sent; none when it was omitted. The token request must repeat it (requirement 44).
    pub redirect_uri: Option<String>,
    /// Where the answer goes.
    pub callback: Callback,
    /// `state`, byte for byte.
    pub state: Option<String>,
    /// Every scope that is asked for; never empty.
    pub scopes: ScopeSet,
    /// Those of `scopes` that the person may leave out.
    pub optional: ScopeSet,
    /// Who will act.
    pub actor: ActorMode,
    /// The S256 challenge, if one was sent.
    pub code_challenge: Option<CodeChallenge>,
    /// `organization` (alias `store`) as it was sent: an id, a slug or a domain.
    pub organization_hint: Option<String>,
    /// The audience that was named, one of the instance's; none means the default.
    pub resource: Option<String>,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// `nonce`, byte for byte.
    pub nonce: Option<String>,
    /// `prompt`.
    pub prompt: PromptSet,
    /// `max_age` in seconds.
    pub max_age: Option<i64>,
    /// `login_hint`, cut to what a form can show.
    pub login_hint: Option<String>,
    /// `id_token_hint` as it was sent; nobody has verified it yet.
    pub id_token_hint: Option<String>,
}

impl AuthorizationRequest {
    /// How its client is answered.
    pub fn reply_to(&self) -> ReplyTo {
        ReplyTo { callback: self.callback.clone(), mode: self.response_mode, state: self.state.clone() }
    }
}

/// Judges an authorization request. `client` is what [`client_id`] found.
pub fn evaluate(params: &Params, client: Option<&Client>, server: &Server) -> Outcome {
    let (client, callback) = match addressee(params, client) {
        Ok(certain) => certain,
        Err(refusal) => return Outcome::Refuse(refusal),
    };
    match request(params, client, callback.clone(), server) {
        Ok(request) => Outcome::Ask(Box::new(request)),
        Err(error) if client.status == AppStatus::Draft => Outcome::Refuse(Refusal::Draft(error.code)),
        Err(error) => {
            // A mode that cannot be read is told in the query.
            let mode = response_mode(params).unwrap_or(ResponseMode::Query);
            let to = ReplyTo { callback, mode, state: state(params).map(str::to_owned) };
            Outcome::Reject(AuthorizationResponse::error(to, &server.issuer, error))
        }
    }
}

/// The client whose request this claims to be, for the caller to load.
pub fn client_id(params: &Params) -> Result<ClientId, Refusal> {
    if params.is_repeated("client_id") {
        return Err(Refusal::ClientIdRepeated);
    }
    if params.is_unreadable("client_id") {
        return Err(Refusal::ClientUnknown);
    }
    let text = params.get("client_id").ok_or(Refusal::ClientIdMissing)?;
    text.parse().map_err(|_| Refusal::ClientUnknown)
}

/// Who is to be answered, and where; nothing else is looked at before this is certain (requirement 3).
fn addressee<'a>(params: &Params, client: Option<&'a Client>) -> Result<(&'a Client, Callback), Refusal> {
    let client_id = client_id(params)?;
    let client = client.filter(|client| client.client_id == client_id).ok_or(Refusal::ClientUnknown)?;
    in_use(client)?;
    Ok((client, redirect_uri(params, client)?))
}

/// Requirement 19: whether requests of this client are answered at all.
pub fn in_use(client: &Client) -> Result<(), Refusal> {
    match client.status {
        AppStatus::Deleted => Err(Refusal::AppDeleted),
        AppStatus::Suspended => Err(Refusal::AppSuspended),
        AppStatus::Live | AppStatus::Draft if client.owner_active => Ok(()),
        AppStatus::Live | AppStatus::Draft => Err(Refusal::OwnerSuspended),
    }
}

/// RFC 6749 section 3.1.2.3; never omitted with `openid` (requirement 8).
fn redirect_uri(params: &Params, client: &Client) -> Result<Callback, Refusal> {
    if params.is_repeated("redirect_uri") {
        return Err(Refusal::RedirectUriRepeated);
    }
    if params.is_unreadable("redirect_uri") {
        return Err(Refusal::RedirectUriNotRegistered);
    }
    match params.get("redirect_uri") {
        Some(sent) => Callback::registered(client, sent).ok_or(Refusal::RedirectUriNotRegistered),
        None if openid::wanted(params, client) => Err(Refusal::RedirectUriMissing),
        None => Callback::only(client).ok_or(Refusal::RedirectUriMissing),
    }
}

/// Everything else, in this order: the first problem is the one that travels.
fn request(
    params: &Params,
    client: &Client,
    callback: Callback,
    server: &Server,
) -> Result<AuthorizationRequest, OAuthError> {
    params.once(&ONCE)?;
    not_by_reference(params)?;
    openid::sound_hint(params)?;
    params.readable(&ONCE)?;
    response_type(params, client)?;
    if !client.grants.allows_code() {
        return Err(OAuthError::new(
            ErrorCode::UnauthorizedClient,
            "This app gets its tokens by client_credentials only.",
        ));
    }
    mandatory_state(params, client)?;
    let response_mode = response_mode(params)?;
    let prompt = openid::prompt(params)?;
    let max_age = openid::max_age(params)?;
    let nonce = openid::nonce(params)?;
    let actor = actor(params, client)?;
    let scopes = scope(params, client, server)?;
    let code_challenge = code_challenge(params, client)?;
    Ok(AuthorizationRequest {
        app: client.app,
        draft: client.status == AppStatus::Draft,
        redirect_uri: params.get("redirect_uri").map(str::to_owned),
        callback,
        state: state(params).map(str::to_owned),
        optional: may_be_left_out(&scopes, client),
        scopes,
        actor,
        code_challenge,
        organization_hint: organization(params)?,
        resource: resource(params, server)?,
        response_mode,
        nonce,
        prompt,
        max_age,
        login_hint: openid::login_hint(params),
        id_token_hint: params.get("id_token_hint").map(str::to_owned),
    })
}

/// What of `scopes` the person may leave out. Not `openid`: a request with it is answered with an ID token, or with an
/// error (OpenID Connect Core section 3.1.3.3).
fn may_be_left_out(scopes: &ScopeSet, client: &Client) -> ScopeSet {
    let optional = scopes.intersection(&client.optional_scopes).difference(&client.required_scopes);
    optional.iter().filter(|scope| scope.as_str() != openid::OPENID).cloned().collect()
}

/// `state`; none where it is repeated, because neither would be the client's.
fn state(params: &Params) -> Option<&str> {
    params.get("state").filter(|_| !params.is_repeated("state"))
}

/// `OpenID` Connect Core sections 6 and 7.2.1 (requirement 16).
fn not_by_reference(params: &Params) -> Result<(), OAuthError> {
    for (name, code) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        if params.get(name).is_some() || params.is_unreadable(name) {
            return Err(OAuthError::new(code, format!("The parameter {name} is not supported.")));
        }
    }
    Ok(())
}

/// RFC 6749 section 3.1.1; the policy may have an absent one mean `code`.
fn response_type(params: &Params, client: &Client) -> Result<(), OAuthError> {
    match params.get("response_type") {
        Some("code") => Ok(()),
        Some(_) => Err(OAuthError::new(ErrorCode::UnsupportedResponseType, "The only response_type is code.")),
        None if client.policy.state_instead_of_response_type => Ok(()),
        None => Err(invalid_request("The parameter response_type is missing.")),
    }
}

/// Where the policy says so, `state` is mandatory (PROTOCOL section 1: `fera`).
fn mandatory_state(params: &Params, client: &Client) -> Result<(), OAuthError> {
    if client.policy.state_instead_of_response_type && params.get("state").is_none() {
        return Err(invalid_request("The parameter state is missing."));
    }
    Ok(())
}

/// OAuth 2.0 Multiple Response Type Encoding Practices, section 2.1 (requirement 30). Of two modes neither counts.
fn response_mode(params: &Params) -> Result<ResponseMode, OAuthError> {
    let Some(word) = params.get("response_mode").filter(|_| !params.is_repeated("response_mode")) else {
        return Ok(ResponseMode::Query);
    };
    word.parse().map_err(|_| invalid_request("The response_mode is query or form_post."))
}

/// PROTOCOL section 1, *Actor modes*.
fn actor(params: &Params, client: &Client) -> Result<ActorMode, OAuthError> {
    let named: Option<ActorMode> = match params.get("actor").map(str::parse) {
        Some(Err(_)) => return Err(invalid_request("The parameter actor is app or self.")),
        named => named.and_then(Result::ok),
    };
    let mode = match named {
        Some(ActorMode::App) if openid::wanted(params, client) => {
            return Err(invalid_request("A request with openid is about the person: its actor is self."));
        }
        None if openid::wanted(params, client) => ActorMode::Myself,
        named => named.unwrap_or(client.actor_modes.default_mode()),
    };
    if client.actor_modes.allows(mode) {
        return Ok(mode);
    }
    Err(OAuthError::new(ErrorCode::UnauthorizedClient, format!("This app may not act as {mode}.")))
}

/// RFC 6749 section 3.3 (requirement 14): never more than the app has, and never nothing.
fn scope(params: &Params, client: &Client, server: &Server) -> Result<ScopeSet, OAuthError> {
    let invalid = |description: String| OAuthError::new(ErrorCode::InvalidScope, description);
    let Some(text) = params.get("scope") else {
        let required = client.required_scopes.intersection(&server.catalogue.tokens());
        return Some(required).filter(|scopes| !scopes.is_empty()).ok_or_else(|| {
            invalid("This app has no required scopes: name those that you need in the parameter scope.".to_owned())
        });
    };
    let asked: ScopeSet = text.parse().map_err(|_| invalid("The parameter scope is malformed.".to_owned()))?;
    if asked.is_empty() {
        return Err(invalid("The parameter scope names no scope.".to_owned()));
    }
    let allowed = client.scopes().intersection(&server.catalogue.tokens());
    let beyond = asked.difference(&allowed);
    if beyond.is_empty() { Ok(asked) } else { Err(invalid(format!("This app may not ask for: {beyond}."))) }
}

/// RFC 7636 section 4.3 (requirements 32 and 33). An omitted method means `plain`, which is not offered.
fn code_challenge(params: &Params, client: &Client) -> Result<Option<CodeChallenge>, OAuthError> {
    match (params.get("code_challenge"), params.get("code_challenge_method")) {
        (Some(challenge), Some(S256)) => match challenge.parse() {
            Ok(challenge) => Ok(Some(challenge)),
            Err(problem) => Err(invalid_request(format!("The parameter code_challenge is malformed: {problem}."))),
        },
        (Some(_), _) => Err(invalid_request("The only code_challenge_method is S256, and it must be named.")),
        (None, Some(_)) => Err(invalid_request("The parameter code_challenge is missing.")),
        (None, None) if client.needs_challenge() => {
            Err(invalid_request("This app must send a code_challenge (PKCE, S256)."))
        }
        (None, None) => Ok(None),
    }
}

/// `organization`, or its alias `store`: here a hint, which the person confirms; at the token endpoint a condition.
pub(super) fn organization(params: &Params) -> Result<Option<String>, OAuthError> {
    match (params.get("organization"), params.get("store")) {
        (Some(organization), Some(store)) if organization != store => {
            Err(invalid_request("The parameters organization and store differ: send one of them."))
        }
        (organization, store) => Ok(organization.or(store).map(str::to_owned)),
    }
}

/// RFC 8707 section 2: one audience, known to the instance. Also for the token endpoint.
pub(super) fn resource(params: &Params, server: &Server) -> Result<Option<String>, OAuthError> {
    let invalid = |description| Err(OAuthError::new(ErrorCode::InvalidTarget, description));
    if params.is_repeated("resource") {
        return invalid("A token has one audience: name one resource, once.");
    }
    if params.is_unreadable("resource") {
        return invalid("The audience is unknown here.");
    }
    let (resource, audience) = (params.get("resource"), params.get("audience"));
    let Some(named) = resource.or(audience) else { return Ok(None) };
    if audience.is_some_and(|audience| audience != named) {
        return invalid("A token has one audience.");
    }
    if !server.audiences.iter().any(|known| known == named) {
        return invalid("The audience is unknown here.");
    }
    Ok(Some(named.to_owned()))
}

#[cfg(test)]
#[path = "authorize_tests.rs"]
mod tests;
